"""`make asl-mutants` breaks what it says it breaks, and tells who noticed."""

import pytest

from .checks import the_machine
from .mutants import mutants
from .mutate import noticed_by

BROKEN = {mutant.what: mutant for mutant in mutants(the_machine().definition)}


def test_every_mutant_is_another_workflow() -> None:
    definition = the_machine().definition
    assert len(BROKEN) == len(list(mutants(definition)))
    assert all(mutant.definition != definition for mutant in BROKEN.values())


@pytest.mark.parametrize(
    ("what", "noticed"),
    [
        (
            "RouteByConfidence Choices 2 And 2 Or 1 NumericLessThanPath"
            " becomes NumericLessThanEqualsPath",
            "AsSureAsTheThresholdIsReady",
        ),
        ("NotifyOwner Next leads to Expired", "SureDraftIsApprovedAndListed"),
        ("WriteToStore Retry 2 is left out", "every_error_is_tried_again_or_known_not_to_be"),
        (
            "Resize Catch 1 ErrorEquals 1 is left out (Lambda.Unknown)",
            "no_fault_is_caught",
        ),
        ("QualityGate ResultPath is '$.elsewhere'", "what_is_read_was_written"),
        ("SaveDraft TimeoutSeconds is left out", "every_task_has_a_timeout"),
    ],
)
def test_what_is_broken_is_noticed(what: str, noticed: str) -> None:
    assert noticed_by(BROKEN[what]) == noticed


def test_rules_that_no_input_fits_both_are_not_swapped() -> None:
    """That would change nothing, and be noticed by nobody."""
    swapped = {what for what in BROKEN if "swapped" in what}
    assert swapped == {
        "RouteByConfidence Choices has 1 and 2 swapped",
        "RouteByConfidence Choices has 2 and 3 swapped",
    }
