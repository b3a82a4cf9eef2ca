"""The measures of an evaluation; every expected figure is worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from photo_tagger.domain.draft import Confidence, Draft, Note, Reading, Usage
from photo_tagger_cli.evaluation import measure
from photo_tagger_cli.evaluation.answers import NoProduct, Product
from photo_tagger_cli.evaluation.judging import ReadPhoto, has_one, judge
from photo_tagger_cli.evaluation.scores import (
    Prediction,
    Retrieval,
    Share,
    bins,
    brier_score,
    calibration,
    expected_calibration_error,
)

FOUR = [
    Prediction(0.9, right=True),
    Prediction(0.7, right=True),
    Prediction(0.7, right=False),
    Prediction(0.1, right=False),
]
CHAIR = Product(
    category="Furniture", tags=["chair", "brown"], product=["chair", "armchair"], colour=["brown"]
)
SURE = dict.fromkeys(("title", "alt_text", "tags", "category", "description"), 0.8)


def read(answer: Product | NoProduct, **said: Any) -> ReadPhoto:
    """A photo whose draft is right in all of CHAIR's fields, unless `said` has something else."""
    draft = {
        "title": "Brown chair",
        "alt_text": "A brown armchair",
        "tags": ["chair"],
        "category": "Furniture",
        "description": "Chairs in brown.",
    }
    return ReadPhoto(
        "a.jpg",
        answer,
        Reading(
            draft=Draft.model_validate(draft | said.get("draft", {})),
            confidence=Confidence.model_validate(SURE | said.get("confidence", {})),
            not_a_product=said.get("kind", "no"),
            notes=said.get("notes", []),
            style_version="1",
            prompt_version="2",
            usage=said.get("usage", []),
        ),
    )


def test_brier_score() -> None:
    # (0.01 + 0.09 + 0.49 + 0.01) / 4
    assert brier_score(FOUR) == pytest.approx(0.15)


def test_expected_calibration_error() -> None:
    # 0.1: one, none right; 0.7: two, half of them right; 0.9: one, right
    # 1/4 * 0.1 + 2/4 * 0.2 + 1/4 * 0.1
    assert expected_calibration_error(bins(FOUR)) == pytest.approx(0.15)


def test_who_is_sure_and_always_right_has_no_error_and_who_is_always_wrong_has_all_of_it() -> None:
    assert calibration([Prediction(1.0, right=True)] * 3).brier == 0
    assert calibration([Prediction(1.0, right=False)] * 3).expected_calibration_error == 1


@pytest.mark.parametrize(
    ("confidence", "index"),
    [(0.0, 0), (0.19, 0), (0.2, 1), (0.4, 2), (0.6, 3), (0.8, 4), (1.0, 4)],
)
def test_a_bin_begins_with_its_lower_end_and_the_last_has_both(
    confidence: float, index: int
) -> None:
    counts = [each.count for each in bins([Prediction(confidence, right=True)])]
    assert counts.index(1) == index
    assert sum(counts) == 1


def test_the_share_that_is_right_is_what_a_reader_must_beat() -> None:
    # half of them right: always saying 0.5 scores 0.25
    scores = calibration(FOUR)
    assert scores.right == Share(count=2, of=4)
    assert scores.brier_of_share == 0.25
    assert [each.count for each in scores.bins] == [1, 0, 0, 2, 1]


def test_of_nothing_there_is_no_measure() -> None:
    scores = calibration([])
    assert (scores.brier, scores.brier_of_share, scores.expected_calibration_error) == (None,) * 3
    assert Share(count=0, of=0).share is None
    nothing = Retrieval(true_positives=0, false_positives=0, false_negatives=0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)


def test_precision_recall_and_f1() -> None:
    found = Retrieval(true_positives=3, false_positives=1, false_negatives=2)
    assert (found.precision, found.recall) == (0.75, 0.6)
    assert found.f1 == pytest.approx(2 / 3)


def test_nothing_found_of_something_is_a_recall_of_none() -> None:
    found = Retrieval(true_positives=0, false_positives=0, false_negatives=2)
    assert (found.precision, found.recall, found.f1) == (None, 0, 0)


@pytest.mark.parametrize("text", ["A CHAIR", "two chairs.", "chair-like", "Swivel chair: brown"])
def test_a_word_is_found_whole_in_any_case_and_number(text: str) -> None:
    assert has_one(["stool", "chair"], text)


@pytest.mark.parametrize("text", ["armchair", "chairman", "hair", ""])
def test_a_part_of_another_word_does_not_count(text: str) -> None:
    assert not has_one(["stool", "chair"], text)


def test_words_of_an_answer_are_no_patterns() -> None:
    assert not has_one(["c.air", ".*"], "chair")
    assert has_one(["t-shirt (long)"], "a T-shirt (long) in red")


def test_a_text_is_wrong_without_the_product_or_without_the_colour() -> None:
    verdicts = judge(CHAIR, Draft(title="Brown table", alt_text="Red chair", description="Brown"))
    assert [verdicts[name].right for name in ("title", "alt_text", "description")] == [False] * 3
    assert verdicts["title"].expected == "chair/armchair"
    assert verdicts["alt_text"].expected == "brown"


@pytest.mark.parametrize(
    ("expected", "drafted", "right"),
    [
        (["chair", "brown"], ["chair"], True),
        (["chair", "brown"], ["chair", "sofa"], False),
        (["chair"], [], False),
        ([], [], True),
        ([], ["chair"], False),
    ],
)
def test_tags_are_right_if_each_of_them_fits(
    expected: list[str], drafted: list[str], right: bool
) -> None:
    answer = Product(category="Furniture", tags=expected)
    assert judge(answer, Draft(tags=drafted))["tags"].right is right


def test_what_an_answer_does_not_tell_is_not_judged() -> None:
    assert judge(Product(category="Furniture"), Draft()).keys() == {"category"}


def test_agreement_counts_a_product_that_was_set_aside_as_wrong_in_all() -> None:
    photos = [
        read(CHAIR),
        read(CHAIR, draft={"title": "Red chair", "category": "Lighting"}),
        read(CHAIR, kind="other"),
        read(Product(category="Furniture", tags=[]), kind="other"),
        read(NoProduct(not_a_product="person")),
    ]
    shares = measure.agreement(photos)
    assert shares["title"] == Share(count=1, of=3)
    assert shares["description"] == Share(count=2, of=3)
    assert shares["category"] == Share(count=1, of=4)
    assert shares["tags"] == Share(count=2, of=4)
    words = measure.words(photos)["title"]
    assert (words.product, words.colour) == (Share(count=2, of=3), Share(count=1, of=3))


def test_tags_are_counted_over_all_products_together() -> None:
    photos = [
        read(CHAIR, draft={"tags": ["chair", "sofa"]}),  # one found, one wrong, one missing
        read(CHAIR, kind="other"),  # two missing
        read(Product(category="Furniture"), draft={"tags": ["sofa"]}),  # not told
        read(NoProduct(not_a_product="person")),
    ]
    assert measure.tags(photos) == Retrieval(true_positives=1, false_positives=1, false_negatives=3)


def test_no_product_is_what_is_to_be_found() -> None:
    photos = [
        read(NoProduct(not_a_product="receipt"), kind="receipt"),
        read(NoProduct(not_a_product="receipt"), kind="other"),
        read(NoProduct(not_a_product="person")),
        read(CHAIR, kind="other"),
        read(CHAIR),
    ]
    scores = measure.not_a_product(photos)
    assert scores.retrieval == Retrieval(true_positives=2, false_positives=1, false_negatives=1)
    assert scores.kind_right == Share(count=1, of=2)


def test_calibration_is_about_the_drafts_of_products() -> None:
    photos = [
        read(CHAIR),
        read(CHAIR, draft={"category": "Lighting"}),
        read(CHAIR, kind="other"),
        read(NoProduct(not_a_product="person")),
    ]
    scores = measure.calibrations(photos)
    assert scores["category"].right == Share(count=1, of=2)
    # (0.2^2 + 0.8^2) / 2
    assert scores["category"].brier == pytest.approx(0.34)
    assert scores["all"].right == Share(count=9, of=10)


def test_routing_tells_what_the_threshold_lets_through() -> None:
    photos = [
        read(CHAIR),
        read(CHAIR, draft={"category": "Lighting", "title": "Lamp"}),
        read(NoProduct(not_a_product="person")),
        read(CHAIR, confidence={"tags": 0.59}),
        read(CHAIR, confidence={"tags": 0.59}, draft={"title": "Lamp"}),
        read(CHAIR, kind="other"),
    ]
    routing = measure.routing(photos, 0.6)
    assert routing.ready == Share(count=3, of=5)
    assert routing.ready_but_wrong == Share(count=2, of=3)
    assert {name for name, count in routing.wrong_fields.items() if count} == {"title", "category"}
    assert routing.no_product == 1
    assert routing.right_in_review == Share(count=1, of=2)
    assert measure.routing(photos, 0.59).ready.count == 5
    assert measure.routing(photos, 0.81).ready.count == 0


def test_style_counts_each_draft_once_for_each_field() -> None:
    notes = [
        Note(field="title", text="too long"),
        Note(field="title", text="a word to avoid"),
        Note(text="the reader did not finish"),
    ]
    scores = measure.style([read(CHAIR, notes=notes), read(CHAIR), read(CHAIR, kind="other")])
    assert scores.without_a_note == Share(count=1, of=2)
    assert scores.noted == {"title": 1, "whole_draft": 1}


def test_cost_is_known_only_if_every_call_has_one() -> None:
    known = Usage(model="m", input_tokens=2000, output_tokens=100, cost_usd=0.0025)
    unknown = Usage(model="n", input_tokens=10, output_tokens=1)
    cost = measure.cost([read(CHAIR, usage=[known, known]), read(CHAIR, usage=[known])])
    assert (cost.photos, cost.calls, cost.input_tokens) == (2, 3, 6000)
    assert cost.cost_usd == 0.0075
    assert measure.cost([read(CHAIR, usage=[known, unknown])]).cost_usd is None


def test_a_set_without_products_has_all_figures_there_can_be() -> None:
    photos = [read(NoProduct(not_a_product="other"), kind="other")]
    assert measure.agreement(photos)["title"] == Share(count=0, of=0)
    assert measure.tags(photos).f1 is None
    assert measure.calibrations(photos)["all"].brier is None
    assert measure.routing(photos, 0.6).ready.share is None
    assert measure.not_a_product(photos).retrieval.f1 == 1


@pytest.mark.parametrize(
    ("photo", "told"),
    [
        (read(CHAIR), []),
        (read(CHAIR, kind="other"), [("not_a_product", "a product (Furniture)", "other")]),
        (read(NoProduct(not_a_product="receipt"), kind="receipt"), []),
        (
            read(NoProduct(not_a_product="receipt")),
            [("not_a_product", "receipt", "a product: Brown chair")],
        ),
        (
            read(NoProduct(not_a_product="receipt"), kind="other"),
            [("not_a_product", "receipt", "other")],
        ),
        (
            read(CHAIR, draft={"tags": ["sofa", "chair"]}),
            [("tags", "chair, brown", "sofa, chair")],
        ),
    ],
)
def test_mistakes_say_what_was_expected_and_what_was_drafted(
    photo: ReadPhoto, told: list[tuple[str, str, str]]
) -> None:
    mistakes = measure.told(photo).mistakes
    assert [(each.field, each.expected, each.drafted) for each in mistakes] == told
