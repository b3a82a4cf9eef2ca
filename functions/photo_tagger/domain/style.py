"""The shop's style doc, and what it says about a draft."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from photo_tagger.domain.draft import Confidence, Draft, FieldName, Note
from photo_tagger.domain.title_format import follows

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


def check_reading(draft: Draft, confidence: Confidence, style: StyleDoc) -> Checked:
    """Apply the style doc to what a model wrote: nothing it says is trusted.

    Tags and a category that are not on the shop's lists are dropped and count as no confidence, as
    does a text that is too long, uses a word to avoid or, as a title, has another form than the
    shop's: it is kept, for the owner to mend. Preferred words are put in place, and "image of" is
    taken off the beginning of an alt text. Each repair and each doubt leaves a note.
    """
    checked = Checked(draft.model_copy(deep=True), confidence.model_copy())
    _keep_listed_tags(checked, style)
    _keep_listed_category(checked, style)
    _in_one_line(checked, "title")
    _in_one_line(checked, "alt_text")
    _begin_with_the_product(checked)
    for name in TEXT_FIELDS:
        _prefer_words(checked, name, style)
        _doubt_text(checked, name, style)
    return checked


def problems(draft: Draft, style: StyleDoc) -> dict[FieldName, str]:
    """What a person must mend before these fields can go to the store, by field."""
    found: dict[FieldName, str] = {}
    for name in TEXT_FIELDS:
        problem = _text_problem(getattr(draft, name), getattr(style.limits, name))
        if problem:
            found[name] = problem
    if draft.category not in style.categories:
        found["category"] = "Choose one of the shop's categories."
    unknown = [tag for tag in draft.tags if tag not in style.tags]
    if unknown:
        found["tags"] = f"Not on the shop's list of tags: {', '.join(unknown)}."
    return found


def _text_problem(text: str, limit: int) -> str | None:
    if not text.strip():
        return "Please write something here."
    if len(text) > limit:
        return f"Too long: {len(text)} characters, {limit} at most."
    return None


def _keep_listed_tags(checked: Checked, style: StyleDoc) -> None:
    kept = [tag for tag in dict.fromkeys(checked.draft.tags) if tag in style.tags]
    dropped = [tag for tag in checked.draft.tags if tag not in style.tags]
    if dropped:
        _note(checked, "tags", f"Left out, not on the shop's list: {', '.join(dropped)}.")
    if dropped or not kept:
        checked.confidence.tags = 0.0
    checked.draft.tags = kept


def _keep_listed_category(checked: Checked, style: StyleDoc) -> None:
    if checked.draft.category in style.categories:
        return
    if checked.draft.category not in ("", "unsure"):
        text = f"“{checked.draft.category}” is not on the shop's list and was left out."
        _note(checked, "category", text)
    checked.draft.category = ""
    checked.confidence.category = 0.0


def _in_one_line(checked: Checked, name: TextField) -> None:
    setattr(checked.draft, name, " ".join(getattr(checked.draft, name).split()))


def _begin_with_the_product(checked: Checked) -> None:
    found = _PICTURE_WORDS.match(checked.draft.alt_text)
    if not found:
        return
    rest = checked.draft.alt_text[found.end() :]
    checked.draft.alt_text = rest[:1].upper() + rest[1:]
    _note(checked, "alt_text", f"“{found.group().strip()}” was left out at the beginning.")


def _prefer_words(checked: Checked, name: TextField, style: StyleDoc) -> None:
    """All words at once, so that none replaces what another has put in place.

    Where the preferred words stand already they are left alone: with "sofa bed" for "bed", a sofa
    bed stays one.
    """
    preferred = {old.casefold(): new for old, new in style.preferred_words.items()}
    if not preferred:
        return
    replaced: dict[str, str] = {}

    def in_place(found: re.Match[str]) -> str:
        new = preferred.get(found.group().casefold())
        if new is None:
            return found.group()
        replaced[found.group()] = new
        return new[0].upper() + new[1:] if found.group()[0].isupper() else new

    known = sorted({*preferred.values(), *style.preferred_words}, key=len, reverse=True)
    text = _words(known).sub(in_place, getattr(checked.draft, name))
    setattr(checked.draft, name, text)
    for old, new in replaced.items():
        _note(checked, name, f"“{old}” became “{new}”.")


def _doubt_text(checked: Checked, name: TextField, style: StyleDoc) -> None:
    text = getattr(checked.draft, name)
    limit = getattr(style.limits, name)
    doubts = [f"uses “{word}”" for word in style.avoid_words if _words([word]).search(text)]
    if len(text) > limit:
        doubts.append(f"is {len(text)} characters long, {limit} at most")
    if not text.strip():
        doubts.append("is empty")
    elif name == "title" and not follows(style.title_format, text):
        doubts.append(f"has another form than “{style.title_format}”")
    if doubts:
        _note(checked, name, f"Please look at it: it {' and '.join(doubts)}.")
        setattr(checked.confidence, name, 0.0)


def _note(checked: Checked, name: FieldName, text: str) -> None:
    checked.notes.append(Note(field=name, text=text))


def _words(words: list[str]) -> re.Pattern[str]:
    """Finds any of the words, whole and in any case, the first of the list where several fit."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
