"""What a call costs, by the price table; the sums are worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from photo_tagger_local.template import read_template
from reader.prices import cost_usd

PARAMETERS = read_template(Path(__file__).parents[2] / "template.yaml")["Parameters"]


@pytest.mark.parametrize(
    ("model_id", "dollars"),
    [
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", 0.0025),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", 0.00275),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", 0.00275),
        ("global.anthropic.claude-sonnet-4-6", 0.0075),
        ("apac.anthropic.claude-sonnet-4-6", 0.00825),
    ],
)
def test_2000_tokens_in_and_100_out_cost(model_id: str, dollars: float) -> None:
    assert cost_usd(model_id, input_tokens=2000, output_tokens=100) == dollars


@pytest.mark.parametrize("model_id", ["demo-reader", "", "global.", "global.someone.else-v1:0"])
def test_a_model_that_is_not_listed_has_no_known_cost(model_id: str) -> None:
    assert cost_usd(model_id, input_tokens=2000, output_tokens=100) is None


@pytest.mark.parametrize("parameter", ["ModelId", "EscalationModelId"])
def test_the_models_that_the_template_names_are_listed(parameter: str) -> None:
    assert cost_usd(PARAMETERS[parameter]["Default"], input_tokens=1, output_tokens=0)
