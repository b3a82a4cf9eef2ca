"""The quality gate's verdicts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from photo_tagger.domain.rules import Measurements, RulesDoc, judge
from photo_tagger.texts import Texts

RULES = RulesDoc.model_validate(
    {
        "version": "3",
        "mean_luminance": {"min": 40, "max": 252},
        "sharpness": {"min": 60},
        "min_edge_px": 400,
        "aspect_ratio": {"min": 0.4, "max": 2.5},
    }
)


def measured(**changes: Any) -> Measurements:
    good = {"width": 800, "height": 600, "mean_luminance": 120.0, "sharpness": 300.0}
    return Measurements.model_validate(good | changes)


def test_a_good_photo_has_no_reason_against_it() -> None:
    assert judge(measured(), RULES, Texts("en")) == []


@pytest.mark.parametrize(
    ("changes", "words", "number", "limit"),
    [
        ({"mean_luminance": 12.4}, "dark", "12", "40"),
        ({"mean_luminance": 253.6}, "bright", "254", "252"),
        ({"sharpness": 3.2}, "blurry", "3", "60"),
        ({"width": 399, "height": 500}, "small", "399", "400"),
        ({"width": 500, "height": 399}, "small", "399", "400"),
        ({"width": 2000, "height": 500}, "shape", "4.00", "2.5"),
        ({"width": 500, "height": 2000}, "shape", "0.25", "0.4"),
    ],
)
def test_each_reason_names_number_and_limit(
    changes: dict[str, Any], words: str, number: str, limit: str
) -> None:
    (reason,) = judge(measured(**changes), RULES, Texts("en"))
    assert words in reason
    assert number in re.findall(r"[\d.]*\d", reason)
    assert limit in re.findall(r"[\d.]*\d", reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"mean_luminance": 40.0},
        {"mean_luminance": 252.0},
        {"sharpness": 60.0},
        {"width": 400, "height": 400},
        {"width": 1000, "height": 400},
        {"width": 400, "height": 1000},
    ],
)
def test_a_photo_right_at_a_limit_passes(changes: dict[str, Any]) -> None:
    assert judge(measured(**changes), RULES, Texts("en")) == []


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"mean_luminance": 39.7}, "39.7"),
        ({"mean_luminance": 252.4}, "252.4"),
        ({"sharpness": 59.96}, "59.96"),
        ({"width": 2504, "height": 1000}, "2.504"),
    ],
)
def test_a_number_just_past_its_limit_is_not_rounded_onto_it(
    changes: dict[str, Any], shown: str
) -> None:
    (reason,) = judge(measured(**changes), RULES, Texts("en"))
    assert shown in reason


def test_all_reasons_are_told_at_once() -> None:
    reasons = judge(
        Measurements(width=300, height=10, mean_luminance=1, sharpness=0), RULES, Texts("en")
    )
    assert [reason.split(":")[0] for reason in reasons] == [
        "Too dark",
        "Too blurry",
        "Too small",
        "Odd shape",
    ]


def test_an_unknown_rule_is_refused_and_not_ignored() -> None:
    with pytest.raises(ValidationError, match="min_edge"):
        RulesDoc.model_validate({"version": "1", "min_edge": 300})
