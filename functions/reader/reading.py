"""From a photo to a checked reading."""

from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from photo_tagger.domain.draft import FIELD_NAMES, Confidence, Draft, NotAProduct, Reading, Usage
from photo_tagger.domain.style import StyleDoc, check_reading
from reader.model import Answer
from reader.prompt import answer_schema, instructions, question

_TRIES = 2


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
    model: Model, *, jpeg: bytes, file_name: str, hints: list[str], style: StyleDoc
) -> Reading:
    """Ask the model and check its answer against the style doc.

    An answer that is cut short or no valid JSON is asked for once more, naming the fault. If that
    fails too the reading is empty with no confidence, so that a person fills it in: what a model
    says is never a fault of the system.
    """
    messages = [question(jpeg=jpeg, file_name=file_name, hints=hints, style=style)]
    usage: list[Usage] = []
    for _ in range(_TRIES):
        answer = model.ask(system=instructions(), messages=messages, schema=answer_schema(style))
        usage.append(answer.usage)
        listing = _parsed(answer)
        if isinstance(listing, _Listing):
            return _checked(listing, style, usage)
        messages = [*messages, *_asked_again(answer, fault=listing)]
    return Reading(
        draft=Draft(),
        confidence=Confidence(),
        not_a_product="no",
        notes=["The reader gave no usable answer: please fill in the fields."],
        style_version=style.version,
        usage=usage,
    )


def better_of(earlier: Reading, later: Reading) -> Reading:
    """Field by field the draft that its reader was surer of; both readers' usage and notes."""
    fields, confidence = {}, {}
    for name in FIELD_NAMES:
        before, after = getattr(earlier.confidence, name), getattr(later.confidence, name)
        surer = later if after >= before else earlier
        fields[name] = getattr(surer.draft, name)
        confidence[name] = max(before, after)
    return Reading(
        draft=Draft.model_validate(fields),
        confidence=Confidence.model_validate(confidence),
        not_a_product=later.not_a_product,
        notes=list(dict.fromkeys([*earlier.notes, *later.notes])),
        style_version=later.style_version,
        usage=[*earlier.usage, *later.usage],
    )


def _parsed(answer: Answer) -> _Listing | str:
    """The listing, or what is wrong with the answer."""
    if answer.stop_reason == "max_tokens":
        return "The answer was cut off. Answer again, shorter."
    try:
        return _Listing.model_validate_json(answer.text)
    except ValidationError as error:
        first = error.errors()[0]
        return (
            f"The answer does not fit the schema at {first['loc']}: {first['msg']}. Answer again."
        )


def _asked_again(answer: Answer, *, fault: str) -> list[dict[str, Any]]:
    return [
        {"role": "assistant", "content": [{"text": answer.text or "(nothing)"}]},
        {"role": "user", "content": [{"text": fault}]},
    ]


def _checked(listing: _Listing, style: StyleDoc, usage: list[Usage]) -> Reading:
    draft = Draft.model_validate({name: getattr(listing, name) for name in FIELD_NAMES})
    checked = check_reading(draft, listing.confidence, style)
    return Reading(
        draft=checked.draft,
        confidence=checked.confidence,
        not_a_product=listing.not_a_product,
        notes=checked.notes,
        style_version=style.version,
        usage=usage,
    )
