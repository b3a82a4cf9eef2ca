"""Every state, arrow, retry, catch and timeout of the workflow is taken by a case."""

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest

from photo_tagger_local.graph.arrows import Arrow, Kind

from .cases import CASES, Case
from .coverage import coverage, untaken
from .stories import Story
from .workflow import the_definition


@pytest.fixture(scope="module")
def stories(story: Callable[[Case], Story]) -> list[Story]:
    return [story(case) for case in CASES.values()]


def missing(definition: dict[str, Any], stories: list[Story]) -> list[str]:
    covered = coverage(definition, stories)
    return [item.missing for item, cases in covered.items() if not cases]


def test_the_cases_take_all_there_is(stories: list[Story]) -> None:
    found = missing(the_definition(), stories)
    assert not found, "\n".join(found)


def test_every_function_is_checked_for_what_it_is_handed() -> None:
    tasks = {name for name, state in the_definition()["States"].items() if state["Type"] == "Task"}
    assert {state for case in CASES.values() for state in case.handed} == tasks


def with_a_state(states: dict[str, Any]) -> None:
    states["AddHint"]["Next"] = "CountRounds"
    states["CountRounds"] = {"Type": "Pass", "Next": "ReadPhoto"}


def with_a_rule(states: dict[str, Any]) -> None:
    rule = {"Variable": "$.decision.action", "StringEquals": "postponed", "Next": "NotifyOwner"}
    states["Decision"]["Choices"].append(rule)


def with_a_default(states: dict[str, Any]) -> None:
    states["Decision"]["Default"] = "FlagPhoto"


def with_a_retry(states: dict[str, Any]) -> None:
    states["SaveDraft"]["Retry"].append({"ErrorEquals": ["ConfigError"], "MaxAttempts": 2})


def with_an_error_retried(states: dict[str, Any]) -> None:
    states["WriteToStore"]["Retry"][1]["ErrorEquals"].append("StoreRefusedUsError")


def with_more_tries(states: dict[str, Any]) -> None:
    states["WriteToStore"]["Retry"][1]["MaxAttempts"] = 7


def with_a_catch(states: dict[str, Any]) -> None:
    states["QualityGate"]["Catch"] = [{"ErrorEquals": ["BadDocumentError"], "Next": "FlagPhoto"}]


def with_an_error_caught(states: dict[str, Any]) -> None:
    states["Resize"]["Catch"][0]["ErrorEquals"].append("Runtime.OutOfMemory")


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (with_a_state, ["enters CountRounds", "goes on from AddHint to CountRounds"]),
        (with_a_rule, ["takes rule 5 of Decision, to NotifyOwner"]),
        (with_a_default, ["takes default of Decision, to FlagPhoto"]),
        (
            with_a_retry,
            [
                "retries SaveDraft for ConfigError (retry 3)",
                "meets ConfigError in SaveDraft once more than the 2 retries (retry 3)",
            ],
        ),
        (with_an_error_retried, ["retries WriteToStore for StoreRefusedUsError (retry 2)"]),
        (
            with_more_tries,
            [
                "meets StoreUnavailableError in WriteToStore once more than the 7 retries"
                " (retry 2)",
            ],
        ),
        (with_a_catch, ["takes catch 1 of QualityGate, to FlagPhoto"]),
        (with_an_error_caught, ["has Runtime.OutOfMemory caught in Resize (catch 1)"]),
    ],
)
def test_what_is_added_without_a_case_is_named(
    stories: list[Story], change: Callable[[dict[str, Any]], None], sentences: list[str]
) -> None:
    definition = deepcopy(the_definition())
    change(definition["States"])
    found = missing(definition, stories)
    for sentence in sentences:
        assert f"No case {sentence}: add one (docs/testing.md says how)." in found


def test_an_arrow_that_no_case_takes_is_untaken(stories: list[Story]) -> None:
    way = ("IsReadable", "FlagPhoto")
    rest = [story for story in stories if way not in pairwise(story.path)]
    assert untaken(coverage(the_definition(), rest)) == [Arrow(*way, Kind.RULE, 0)]
    assert untaken(coverage(the_definition(), stories)) == []
