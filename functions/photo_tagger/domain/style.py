"""The shop's style doc, and what it says about a draft."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from photo_tagger.domain.draft import Confidence, Draft, FieldName, Note
from photo_tagger.domain.title_format import follows, in_words
from photo_tagger.texts import Texts

ALT_TEXT_LIMIT = 125
"""Characters; longer alt text is cut off or split by common screen readers."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

TextField = Literal["title", "alt_text", "description"]
TEXT_FIELDS: Final[tuple[TextField, ...]] = ("title", "alt_text", "description")

_PICTURE_WORDS = re.compile(
    r"\s*(?:an?|the)?\s*(?:image|photo|photograph|picture)\s+(?:of|showing)\s+", re.IGNORECASE
)
"""How an alt text must not begin: a screen reader says already that it is a picture.
Source: www.w3.org/WAI/tutorials/images/tips"""


class Limits(BaseModel):
    """Most characters a field may have."""

    model_config = ConfigDict(extra="forbid")

    title: int = Field(default=80, ge=10, le=250)
    alt_text: int = Field(default=ALT_TEXT_LIMIT, ge=20, le=ALT_TEXT_LIMIT)
    description: int = Field(default=600, ge=40, le=5000)


class StyleDoc(BaseModel):
    """How the shop writes: mirrored from Drive to `style.json`."""

    model_config = ConfigDict(extra="forbid")

    version: str
    title_format: str = "{colour} {product}"
    categories: list[Word] = Field(min_length=1)
    tags: list[Word] = Field(min_length=1)
    preferred_words: dict[Word, Word] = Field(default_factory=dict)
    avoid_words: list[Word] = Field(default_factory=list)
    language: str = "English"
    tone: str = "plain and friendly"
    limits: Limits = Field(default_factory=Limits)


@dataclass
class Checked:
    """A draft after the style doc was applied, with what was changed in words."""

    draft: Draft
    confidence: Confidence
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class _Check:
    """What is checked by which style doc, and who puts the notes into words."""

    of: Checked
    style: StyleDoc
    say: Texts

    def note(self, name: FieldName, sentence: str, **values: object) -> None:
        self.of.notes.append(Note(field=name, text=self.say(f"note.{sentence}", **values)))


def check_reading(draft: Draft, confidence: Confidence, style: StyleDoc, say: Texts) -> Checked:
    """Apply the style doc to what a model wrote: nothing it says is trusted.

    Tags and a category that are not on the shop's lists are dropped and count as no confidence, as
    does a text that is too long, uses a word to avoid or, as a title, has another form than the
    shop's: it is kept, for the owner to mend. Preferred words are put in place, and "image of" is
    taken off the beginning of an alt text. Each repair and each doubt leaves a note.
    """
    checked = Checked(draft.model_copy(deep=True), confidence.model_copy())
    check = _Check(checked, style, say)
    _keep_listed_tags(check)
    _keep_listed_category(check)
    _in_one_line(check, "title")
    _in_one_line(check, "alt_text")
    _begin_with_the_product(check)
    for name in TEXT_FIELDS:
        _prefer_words(check, name)
        _doubt_text(check, name)
    return checked


def problems(draft: Draft, style: StyleDoc, say: Texts) -> dict[FieldName, str]:
    """What a person must mend before these fields can go to the store, by field."""
    found: dict[FieldName, str] = {}
    for name in TEXT_FIELDS:
        problem = _text_problem(getattr(draft, name), getattr(style.limits, name), say)
        if problem:
            found[name] = problem
    if draft.category not in style.categories:
        found["category"] = say("form.category")
    unknown = [tag for tag in draft.tags if tag not in style.tags]
    if unknown:
        found["tags"] = say("form.tags", tags=", ".join(unknown))
    return found


def _text_problem(text: str, limit: int, say: Texts) -> str | None:
    if not text.strip():
        return say("form.empty")
    if len(text) > limit:
        return say("form.too_long", length=len(text), limit=limit)
    return None


def _keep_listed_tags(check: _Check) -> None:
    draft, listed = check.of.draft, check.style.tags
    kept = [tag for tag in dict.fromkeys(draft.tags) if tag in listed]
    dropped = [tag for tag in draft.tags if tag not in listed]
    if dropped:
        check.note("tags", "tags_left_out", tags=", ".join(dropped))
    if dropped or not kept:
        check.of.confidence.tags = 0.0
    draft.tags = kept


def _keep_listed_category(check: _Check) -> None:
    category = check.of.draft.category
    if category in check.style.categories:
        return
    if category not in ("", "unsure"):
        check.note("category", "category_left_out", category=category)
    check.of.draft.category = ""
    check.of.confidence.category = 0.0


def _in_one_line(check: _Check, name: TextField) -> None:
    setattr(check.of.draft, name, " ".join(getattr(check.of.draft, name).split()))


def _begin_with_the_product(check: _Check) -> None:
    found = _PICTURE_WORDS.match(check.of.draft.alt_text)
    if not found:
        return
    rest = check.of.draft.alt_text[found.end() :]
    check.of.draft.alt_text = rest[:1].upper() + rest[1:]
    check.note("alt_text", "beginning_left_out", words=found.group().strip())


def _prefer_words(check: _Check, name: TextField) -> None:
    """All words at once, so that none replaces what another has put in place.

    Where the preferred words stand already they are left alone: with "sofa bed" for "bed", a sofa
    bed stays one.
    """
    preferred = {old.casefold(): new for old, new in check.style.preferred_words.items()}
    if not preferred:
        return
    replaced: dict[str, str] = {}

    def in_place(found: re.Match[str]) -> str:
        new = preferred.get(found.group().casefold())
        if new is None:
            return found.group()
        replaced[found.group()] = new
        return new[0].upper() + new[1:] if found.group()[0].isupper() else new

    known = sorted({*preferred.values(), *check.style.preferred_words}, key=len, reverse=True)
    text = _words(known).sub(in_place, getattr(check.of.draft, name))
    setattr(check.of.draft, name, text)
    for old, new in replaced.items():
        check.note(name, "preferred", old=old, new=new)


def _doubt_text(check: _Check, name: TextField) -> None:
    text = getattr(check.of.draft, name)
    limit = getattr(check.style.limits, name)
    doubts: list[tuple[str, dict[str, object]]] = [
        ("uses", {"word": word}) for word in check.style.avoid_words if _words([word]).search(text)
    ]
    if len(text) > limit:
        doubts.append(("too_long", {"length": len(text), "limit": limit}))
    if not text.strip():
        doubts.append(("empty", {}))
    elif name == "title" and not follows(check.style.title_format, text):
        doubts.append(("title_format", {"form": in_words(check.style.title_format)}))
    for sentence, values in doubts:
        check.note(name, sentence, **values)
        setattr(check.of.confidence, name, 0.0)


def _words(words: list[str]) -> re.Pattern[str]:
    """Finds any of the words, whole and in any case, the first of the list where several fit."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
