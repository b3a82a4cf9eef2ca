"""The shop's style doc, and what it says about a draft."""

import re
from dataclasses import dataclass, field
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from photo_tagger.domain.draft import Confidence, Draft, FieldName

ALT_TEXT_LIMIT = 125
"""Characters; longer alt text is cut off or split by common screen readers."""


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
    categories: list[str] = Field(min_length=1)
    tags: list[str] = Field(min_length=1)
    preferred_words: dict[str, str] = Field(default_factory=dict)
    avoid_words: list[str] = Field(default_factory=list)
    language: str = "English"
    tone: str = "plain and friendly"
    limits: Limits = Field(default_factory=Limits)


@dataclass
class Checked:
    """A draft after the style doc was applied, with what was changed in words."""

    draft: Draft
    confidence: Confidence
    notes: list[str] = field(default_factory=list)


def check_reading(draft: Draft, confidence: Confidence, style: StyleDoc) -> Checked:
    """Apply the style doc to what a model wrote: nothing it says is trusted.

    Tags and a category that are not on the shop's lists are dropped and count as no confidence, as
    does a text with a word to avoid or one that is too long (it is kept, for the owner to shorten).
    Preferred words are put in place. Each repair leaves a note.
    """
    checked = Checked(draft.model_copy(deep=True), confidence.model_copy())
    _keep_listed_tags(checked, style)
    _keep_listed_category(checked, style)
    for name in ("title", "alt_text", "description"):
        _prefer_words(checked, name, style)
        _doubt_text(checked, name, style)
    return checked


def problems(draft: Draft, style: StyleDoc) -> dict[FieldName, str]:
    """What a person must mend before these fields can go to the store, by field."""
    found: dict[FieldName, str] = {}
    for name in ("title", "alt_text", "description"):
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
        checked.notes.append(f"Tags not on the shop's list were left out: {', '.join(dropped)}.")
    if dropped or not kept:
        checked.confidence.tags = 0.0
    checked.draft.tags = kept


def _keep_listed_category(checked: Checked, style: StyleDoc) -> None:
    if checked.draft.category in style.categories:
        return
    if checked.draft.category not in ("", "unsure"):
        checked.notes.append(
            f"The category “{checked.draft.category}” is not on the shop's list and was left out."
        )
    checked.draft.category = ""
    checked.confidence.category = 0.0


def _prefer_words(checked: Checked, name: FieldName, style: StyleDoc) -> None:
    text = getattr(checked.draft, name)
    for unwanted, preferred in style.preferred_words.items():
        text, count = _word(unwanted).subn(partial(_in_the_case_of, preferred), text)
        if count:
            checked.notes.append(f"{_label(name)}: “{unwanted}” became “{preferred}”.")
    setattr(checked.draft, name, text)


def _in_the_case_of(preferred: str, found: re.Match[str]) -> str:
    """`preferred`, with a capital where the word it replaces has one."""
    capital = found.group()[0].isupper()
    return preferred[0].upper() + preferred[1:] if capital and preferred else preferred


def _doubt_text(checked: Checked, name: FieldName, style: StyleDoc) -> None:
    text = getattr(checked.draft, name)
    limit = getattr(style.limits, name)
    doubts = [f"uses “{word}”" for word in style.avoid_words if _word(word).search(text)]
    if len(text) > limit:
        doubts.append(f"is {len(text)} characters long, {limit} at most")
    if not text.strip():
        doubts.append("is empty")
    if doubts:
        checked.notes.append(f"{_label(name)} {' and '.join(doubts)}: please look at it.")
        setattr(checked.confidence, name, 0.0)


def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)


def _label(name: FieldName) -> str:
    return name.replace("_", " ").capitalize()
