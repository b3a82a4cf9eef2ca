"""What an execution carries stays far below what Step Functions carries, whatever the draft."""

import json
from typing import Any

from photo_tagger.domain.draft import FIELD_NAMES, Usage
from photo_tagger.domain.style import Limits, StyleDoc
from photo_tagger.texts import Texts
from reader.model import MAX_TOKENS, Answer
from reader.reading import better_of, read_photo

from .cases import CASES
from .engines import Moto
from .workflow import cases_mocked, responses, the_definition

LIMIT = 256 * 1024
"""Bytes of a state's input or output.
Source: docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
CHARACTER = "🛋"
"""Takes twelve bytes as JSON writes it, and at least a token of the model's answer."""
TAGS = [f"{CHARACTER}{number}" for number in range(200)]


class TalkativeModel:
    """Answers as much as it may: every field longer than allowed, and all of the shop's tags."""

    def ask(self, **_: Any) -> Answer:
        texts = ("title", "alt_text", "description")
        share = (MAX_TOKENS - 2 * len(TAGS)) // len(texts)
        listing = dict.fromkeys(texts, CHARACTER * share) | {
            "tags": [*TAGS, *(f"{tag} unknown" for tag in TAGS)],
            "category": CHARACTER,
            "confidence": dict.fromkeys(FIELD_NAMES, 0.4),
            "not_a_product": "no",
        }
        return Answer(
            text=json.dumps(listing),
            stop_reason="end_turn",
            usage=Usage(model="a-model", input_tokens=200_000, output_tokens=MAX_TOKENS),
        )


def largest_reading() -> Any:
    """What the reader makes of two such answers to an unsure photo."""
    style = StyleDoc(
        version="7",
        categories=["Furniture"],
        tags=TAGS,
        preferred_words={f"word{number}": "other" for number in range(100)},
        avoid_words=[CHARACTER],
        limits=Limits(title=250, description=5000),
    )
    reading = read_photo(
        TalkativeModel(), jpeg=b"", file_name="", hints=[], style=style, say=Texts("en")
    )
    return better_of(reading, reading)


def test_the_largest_draft_leaves_most_of_the_room_free() -> None:
    case = CASES["UnsureTitleNeedsReview"]
    answers = {state: responses(name) for state, name in cases_mocked()[case.name].items()}
    for answer in answers["ReadPhoto"]:
        answer["Return"]["Payload"] |= largest_reading().model_dump()
    told = Moto(the_definition()).run(case.name, case.given, answers)
    assert told.status == "SUCCEEDED", told.cause
    carried = [json.loads(visit.given) for visit in told.visits]
    handed = [parameters for visit in told.visits for parameters in visit.handed]
    largest = max(len(json.dumps(document)) for document in (*carried, *handed, told.output))
    assert LIMIT / 10 < largest < LIMIT / 2, "the draft is no longer large, or too large"
