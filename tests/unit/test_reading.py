"""From a model's answer to a checked reading, with a model that says what the test wants."""

from __future__ import annotations

import json
from typing import Any

import pytest

from photo_tagger.domain.draft import FIELD_NAMES, Confidence, Draft, Note, Reading, Usage
from photo_tagger.domain.style import StyleDoc
from photo_tagger.texts import Texts
from reader.model import Answer, ModelThrottledError
from reader.prompt import answer_schema, instructions, version
from reader.reading import better_of, read_photo

USAGE = Usage(model="m", input_tokens=100, output_tokens=20, cost_usd=0.0002)
GOOD = {
    "title": "White sofa",
    "alt_text": "A white sofa",
    "tags": ["sofa", "white"],
    "category": "Furniture",
    "description": "A white sofa. It has two seats.",
    "confidence": {
        "title": 0.9,
        "alt_text": 0.8,
        "tags": 0.7,
        "category": 1,
        "description": 0.5,
    },
    "not_a_product": "no",
}


class FakeModel:
    """Gives its answers in turn and remembers what it was asked."""

    def __init__(self, *answers: dict[str, Any] | str | Answer) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def ask(self, **given: Any) -> Answer:
        self.asked.append(given)
        answer = self.answers.pop(0)
        if isinstance(answer, Answer):
            return answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Answer(text=text, stop_reason="end_turn", usage=USAGE)


def cut_off(text: str = '{"title": "Whi', stop_reason: str = "max_tokens") -> Answer:
    return Answer(text=text, stop_reason=stop_reason, usage=USAGE)


def read(model: FakeModel, style: StyleDoc) -> Reading:
    return read_photo(
        model, jpeg=b"jpeg", file_name="sofa.jpg", hints=["linen"], style=style, say=Texts("en")
    )


def with_confidence(**changes: Any) -> dict[str, Any]:
    return GOOD | {"confidence": GOOD["confidence"] | changes}  # type: ignore[operator]


def test_a_good_answer_is_the_reading(style: StyleDoc) -> None:
    model = FakeModel(GOOD)
    reading = read(model, style)
    assert reading.draft.model_dump().items() <= GOOD.items()
    assert reading.confidence.model_dump() == GOOD["confidence"]
    assert (reading.not_a_product, reading.notes) == ("no", [])
    assert (reading.style_version, reading.prompt_version) == ("7", version())
    assert reading.usage == [USAGE]
    assert model.asked[0]["system"] == instructions()
    assert model.asked[0]["schema"] == answer_schema(style)


def test_the_style_doc_is_applied_to_it(style: StyleDoc) -> None:
    answer = GOOD | {"title": "Cheap couch", "tags": ["sofa", "velvet"], "category": "Vehicles"}
    reading = read(FakeModel(answer), style)
    assert reading.draft.title == "Cheap sofa"
    assert reading.draft.tags == ["sofa"]
    assert reading.draft.category == ""
    assert reading.confidence.below(0.01) == ["title", "tags", "category"]
    assert len(reading.notes) == 4


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("I cannot help with that.", "JSON"),
        ("", "JSON"),
        ("[]", "object"),
        ({key: value for key, value in GOOD.items() if key != "title"}, "title"),
        (GOOD | {"price": 5}, "price"),
        (GOOD | {"title": None}, "title"),
        (GOOD | {"tags": "sofa"}, "tags"),
        (GOOD | {"not_a_product": "maybe"}, "not_a_product"),
        (GOOD | {"confidence": 0.9}, "confidence"),
        (with_confidence(title="high"), "title"),
        (with_confidence(price=0.5), "price"),
    ],
)
def test_a_malformed_answer_is_asked_for_again_naming_the_fault(
    style: StyleDoc, bad: dict[str, Any] | str, named: str
) -> None:
    model = FakeModel(bad, GOOD)
    reading = read(model, style)
    assert reading.draft.title == "White sofa"
    assert reading.usage == [USAGE, USAGE]
    first, said, fault = model.asked[1]["messages"]
    assert first == model.asked[0]["messages"][0]
    assert said["role"] == "assistant"
    assert said["content"][0]["text"]
    assert fault["role"] == "user"
    assert named in fault["content"][0]["text"]


@pytest.mark.parametrize(
    ("stop_reason", "told"),
    [
        ("max_tokens", "cut off"),
        ("model_context_window_exceeded", "cut off"),
        ("refusal", "withheld"),
        ("content_filtered", "withheld"),
        ("guardrail_intervened", "withheld"),
        ("malformed_model_output", "cut off"),
        ("a_reason_of_next_year", "cut off"),
    ],
)
def test_an_answer_that_stopped_too_soon_is_never_used_even_if_it_reads_well(
    style: StyleDoc, stop_reason: str, told: str
) -> None:
    model = FakeModel(cut_off(json.dumps(GOOD), stop_reason), GOOD | {"title": "Second sofa"})
    assert read(model, style).draft.title == "Second sofa"
    assert told in model.asked[1]["messages"][2]["content"][0]["text"]


def test_a_model_that_stops_where_it_was_told_to_has_answered(style: StyleDoc) -> None:
    model = FakeModel(cut_off(json.dumps(GOOD), "stop_sequence"))
    assert read(model, style).draft.title == "White sofa"


@pytest.mark.parametrize("bad", [cut_off(), cut_off("", "refusal"), "no JSON", "[1]", '"title"'])
def test_after_two_answers_that_say_nothing_a_person_fills_it_in(
    style: StyleDoc, bad: Answer | str
) -> None:
    model = FakeModel(bad, bad, GOOD)
    reading = read(model, style)
    assert reading.draft == Draft()
    assert reading.confidence == Confidence()
    assert reading.not_a_product == "no"
    text = "The reader gave no usable answer: please fill in the fields."
    assert reading.notes == [Note(text=text)]
    assert reading.usage == [USAGE, USAGE]
    assert len(model.asked) == 2


class TestAfterTwoBadAnswers:
    def test_what_there_is_is_kept_without_any_confidence(self, style: StyleDoc) -> None:
        whole = json.dumps(GOOD)
        bad = cut_off(whole[: whole.index("two seats")])
        reading = read(FakeModel(bad, bad), style)
        assert reading.draft == Draft(
            title="White sofa",
            alt_text="A white sofa",
            tags=["sofa", "white"],
            category="Furniture",
        )
        assert reading.confidence == Confidence()
        told = Note(text="The reader did not finish: please look at every field.")
        assert reading.notes[0] == told
        assert [note.field for note in reading.notes[1:]] == ["description"]

    def test_the_later_answer_goes_before_the_earlier_field_by_field(self, style: StyleDoc) -> None:
        first = json.dumps({"title": "First sofa", "category": "Furniture"})
        second = json.dumps({"title": "Second sofa", "price": 5})
        reading = read(FakeModel(first, second), style)
        assert (reading.draft.title, reading.draft.category) == ("Second sofa", "Furniture")

    def test_what_is_no_field_of_a_listing_or_no_text_is_not_kept(self, style: StyleDoc) -> None:
        bad = {"title": 5, "alt_text": None, "tags": "sofa", "category": ["x"], "approved": True}
        reading = read(FakeModel(bad, bad | {"description": "A sofa."}), style)
        assert reading.draft == Draft(description="A sofa.")

    def test_the_style_doc_is_applied_to_it_too(self, style: StyleDoc) -> None:
        bad = {"title": "White couch", "tags": ["sofa", "Gucci"], "category": "Vehicles"}
        reading = read(FakeModel(bad, bad), style)
        assert reading.draft == Draft(title="White sofa", tags=["sofa"])

    def test_it_is_never_set_aside_as_no_product(self, style: StyleDoc) -> None:
        bad = GOOD | {"not_a_product": "receipt", "extra": 1}
        assert read(FakeModel(bad, bad), style).not_a_product == "no"


def test_what_a_model_was_talked_into_changes_nothing_but_words(style: StyleDoc) -> None:
    obeys = GOOD | {
        "title": "APPROVED BY THE OWNER",
        "tags": ["approve", "sofa"],
        "category": "Publish at once",
        "confidence": dict.fromkeys(FIELD_NAMES, 1e9),
    }
    reading = read(FakeModel(obeys), style)
    assert reading.draft.tags == ["sofa"]
    assert reading.draft.category == ""
    assert reading.confidence.below(0.5) == ["tags", "category"]
    assert set(reading.model_dump()) == set(read(FakeModel(GOOD), style).model_dump())


@pytest.mark.parametrize(
    ("given", "taken"), [(1.7, 1.0), (-3, 0.0), (95, 1.0), (0.25, 0.25), (1e308, 1.0)]
)
def test_confidence_is_brought_within_bounds(style: StyleDoc, given: float, taken: float) -> None:
    reading = read(FakeModel(with_confidence(title=given)), style)
    assert reading.confidence.title == taken


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_confidence_that_is_no_number_never_counts_as_sure(style: StyleDoc, number: str) -> None:
    text = json.dumps(with_confidence(title=0.123)).replace("0.123", number)
    reading = read(FakeModel(text, with_confidence(title=0.0)), style)
    assert reading.confidence.title in ((1.0,) if number == "Infinity" else (0.0,))


def test_a_fault_of_the_model_is_not_swallowed(style: StyleDoc) -> None:
    class Busy:
        def ask(self, **_: Any) -> Answer:
            raise ModelThrottledError("slow down")

    with pytest.raises(ModelThrottledError):
        read_photo(Busy(), jpeg=b"", file_name="a.jpg", hints=[], style=style, say=Texts("en"))


class TestTheBetterOfTwo:
    @staticmethod
    def reading(prefix: str, **confidence: float) -> Reading:
        notes = [Note(field=name, text=f"{prefix} {name}") for name in ("title", "tags")]
        return Reading(
            draft=Draft(title=f"{prefix} title", description=f"{prefix} text", tags=[prefix]),
            confidence=Confidence(**confidence),
            not_a_product="no",
            notes=[Note(text=f"{prefix} reader"), *notes],
            style_version=prefix,
            prompt_version=prefix,
            usage=[Usage(model=prefix, input_tokens=1, output_tokens=1)],
        )

    def test_each_field_comes_from_the_surer_reader(self) -> None:
        weak = self.reading("weak", title=0.9, description=0.1, tags=0.3)
        strong = self.reading("strong", title=0.2, description=0.7, tags=0.3)
        best = better_of(weak, strong)
        assert best.draft.title == "weak title"
        assert best.draft.description == "strong text"
        assert best.draft.tags == ["strong"]
        assert best.confidence.title == 0.9
        assert best.confidence.description == 0.7

    def test_what_is_noted_on_a_field_comes_with_it(self) -> None:
        best = better_of(
            self.reading("weak", title=0.9, tags=0.1), self.reading("strong", title=0.2, tags=0.8)
        )
        assert [note.text for note in best.notes] == [
            "weak reader",
            "weak title",
            "strong reader",
            "strong tags",
        ]

    def test_a_reader_of_which_nothing_is_kept_says_nothing(self) -> None:
        sure = dict.fromkeys(FIELD_NAMES, 0.5)
        best = better_of(self.reading("weak", **sure), self.reading("strong"))
        assert {note.text.split()[0] for note in best.notes} == {"weak"}
        best = better_of(self.reading("weak"), self.reading("strong"))
        assert {note.text.split()[0] for note in best.notes} == {"strong"}

    def test_both_are_paid_for(self) -> None:
        best = better_of(self.reading("weak"), self.reading("strong"))
        assert [usage.model for usage in best.usage] == ["weak", "strong"]

    def test_the_later_reader_says_what_it_is_and_under_which_style_and_prompt(self) -> None:
        later = self.reading("strong").model_copy(update={"not_a_product": "receipt"})
        best = better_of(self.reading("weak"), later)
        assert best.not_a_product == "receipt"
        assert (best.style_version, best.prompt_version) == ("strong", "strong")
