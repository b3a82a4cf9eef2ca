"""From a photo to a checked reading."""

from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import from_json

from photo_tagger.domain.draft import (
    FIELD_NAMES,
    Confidence,
    Draft,
    FieldName,
    NotAProduct,
    Note,
    Reading,
    Usage,
)
from photo_tagger.domain.style import Checked, StyleDoc, check_reading
from photo_tagger.texts import Texts
from reader.model import Answer
from reader.prompt import answer_schema, asked_again, instructions, question, version

_TRIES = 2

_WHOLE = frozenset({"end_turn", "stop_sequence"})
_WITHHELD = frozenset({"refusal", "content_filtered", "guardrail_intervened"})
"""Why a model stops; for any other reason its answer is not whole.
Source: Converse's StopReason, and the models' own "refusal"."""


class Model(Protocol):
    """Whatever answers a question about a picture."""

    def ask(
        self, *, system: str, messages: list[dict[str, Any]], schema: dict[str, Any]
    ) -> Answer: ...


class _Listing(BaseModel):
    """The model's JSON, as it must be."""

    model_config = ConfigDict(extra="forbid")

    title: str
    alt_text: str
    tags: list[str]
    category: str
    description: str
    confidence: Confidence
    not_a_product: NotAProduct

    @field_validator("confidence", mode="before")
    @classmethod
    def _within_bounds(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {
            name: min(1.0, max(0.0, value)) if isinstance(value, int | float) else value
            for name, value in given.items()
        }


def read_photo(
    model: Model, *, jpeg: bytes, file_name: str, hints: list[str], style: StyleDoc, say: Texts
) -> Reading:
    """Ask the model and check its answer against the style doc.

    An answer that is cut short, withheld or no valid JSON is asked for once more, naming the fault.
    If that fails too, the reading has what there is, with no confidence in it, so that a person
    fills in the rest: what a model says is never a fault of the system.
    """
    messages = [question(jpeg=jpeg, file_name=file_name, hints=hints, style=style)]
    usage: list[Usage] = []
    said: list[str] = []
    for _ in range(_TRIES):
        answer = model.ask(system=instructions(), messages=messages, schema=answer_schema(style))
        usage.append(answer.usage)
        said.append(answer.text)
        listing = _parsed(answer)
        if isinstance(listing, _Listing):
            draft = Draft.model_validate({name: getattr(listing, name) for name in FIELD_NAMES})
            checked = check_reading(draft, listing.confidence, style, say)
            return _reading(checked, listing.not_a_product, style, usage)
        messages = [*messages, *listing]
    return _reading(_what_there_is(said, style, say), "no", style, usage)


def better_of(earlier: Reading, later: Reading) -> Reading:
    """Field by field the draft that its reader was surer of, and what was noted on it.

    Both readers' usage is kept.
    """
    is_later = {
        name: getattr(later.confidence, name) >= getattr(earlier.confidence, name)
        for name in FIELD_NAMES
    }

    def is_kept(note: Note, *, of_later: bool) -> bool:
        if note.field is None:
            return of_later in is_later.values()
        return is_later[note.field] is of_later

    surer = {name: later if is_later[name] else earlier for name in FIELD_NAMES}
    return Reading(
        draft=Draft(**{name: getattr(surer[name].draft, name) for name in FIELD_NAMES}),
        confidence=Confidence(
            **{name: getattr(surer[name].confidence, name) for name in FIELD_NAMES}
        ),
        not_a_product=later.not_a_product,
        notes=[
            *(note for note in earlier.notes if is_kept(note, of_later=False)),
            *(note for note in later.notes if is_kept(note, of_later=True)),
        ],
        style_version=later.style_version,
        prompt_version=later.prompt_version,
        usage=[*earlier.usage, *later.usage],
    )


def _parsed(answer: Answer) -> _Listing | list[dict[str, Any]]:
    """The listing, or the messages that ask for it again."""
    if answer.stop_reason in _WITHHELD:
        return asked_again(answer.text, "withheld")
    if answer.stop_reason not in _WHOLE:
        return asked_again(answer.text, "cut_off")
    try:
        return _Listing.model_validate_json(answer.text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its beginning"
        return asked_again(answer.text, "malformed", where=where, what=first["msg"])


def _what_there_is(said: list[str], style: StyleDoc, say: Texts) -> Checked:
    """The fields that can be read from answers which could not be used, the later answer first."""
    found: dict[str, Any] = {}
    for text in reversed(said):
        found = _readable_fields(text) | found
    if not found:
        note = Note(text=say("note.no_answer"))
        return Checked(Draft(), Confidence(), [note])
    checked = check_reading(Draft(**found), Confidence(), style, say)
    note = Note(text=say("note.unfinished"))
    return Checked(checked.draft, checked.confidence, [note, *checked.notes])


def _readable_fields(text: str) -> dict[str, Any]:
    """The fields of a listing in a JSON text that may break off anywhere."""
    try:
        given = from_json(text, allow_partial=True)
    except ValueError:
        return {}
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name in FIELD_NAMES if _is_right(name, given.get(name))}


def _is_right(name: FieldName, value: Any) -> bool:
    try:
        Draft.model_validate({name: value}, strict=True)
    except ValidationError:
        return False
    return True


def _reading(
    checked: Checked, not_a_product: NotAProduct, style: StyleDoc, usage: list[Usage]
) -> Reading:
    return Reading(
        draft=checked.draft,
        confidence=checked.confidence,
        not_a_product=not_a_product,
        notes=checked.notes,
        style_version=style.version,
        prompt_version=version(),
        usage=usage,
    )
