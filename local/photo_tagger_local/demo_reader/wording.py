"""Putting what was seen into words, in the shop's style. English only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALT_TEXT_LIMIT = 125
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Seen:
    """What there is to say: `colour` and `background` are None where the reader cannot tell."""

    noun: str
    colour: str | None
    background: str | None
    category: str | None

    @property
    def thing(self) -> str:
        """The product with its colour: "white sofa"."""
        return f"{self.colour} {self.noun}" if self.colour else self.noun


def title(seen: Seen, style: Mapping[str, Any]) -> str:
    """The shop's title format, filled in. What cannot be seen in a photo (a brand) is left out."""
    known = {
        "colour": seen.colour,
        "color": seen.colour,
        "product": seen.noun,
        "category": seen.category,
    }
    pattern = style.get("title_format") or "{colour} {product}"
    filled = _PLACEHOLDER.sub(lambda match: known.get(match[1].lower()) or "", pattern)
    return _finish(filled, style, "title")


def alt_text(seen: Seen, style: Mapping[str, Any]) -> str:
    """One line for who cannot see the photo, 125 characters at most."""
    behind = f" against a {seen.background} background" if seen.background else ""
    return _finish(seen.thing + behind, style, "alt_text", ALT_TEXT_LIMIT)


def description(seen: Seen, style: Mapping[str, Any]) -> str:
    """A sentence or two, of nothing but what is seen."""
    text = f"{_with_article(seen.thing)}."
    if seen.background:
        text += f" Photographed against a {seen.background} background."
    return _finish(text, style, "description")


def _with_article(thing: str) -> str:
    if thing.endswith("s") and not thing.endswith(("ss", "us")):
        return thing
    return f"{'an' if thing[0].lower() in 'aeiou' else 'a'} {thing}"


def _finish(text: str, style: Mapping[str, Any], field: str, limit: int | None = None) -> str:
    for old, new in (style.get("preferred_words") or {}).items():
        text = _replace_word(text, old, new)
    for word in style.get("avoid_words") or []:
        text = _replace_word(text, word, "")
    text = re.sub(r"[ \t]+([.,;:])", r"\1", re.sub(r"\s+", " ", text))
    text = re.sub(r"\(\s*\)|\[\s*\]", "", text).strip(" -–—|/,;:")
    text = re.sub(r"(?:^|\. )\w", lambda match: match[0].upper(), text)
    limits = [limit, (style.get("limits") or {}).get(field)]
    return _shorten(text, min((number for number in limits if number), default=len(text)))


def _replace_word(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text, flags=re.IGNORECASE)


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: limit + 1].rsplit(" ", 1)[0][:limit].rstrip(" ,;:-")
