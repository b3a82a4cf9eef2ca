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


# Each adds something to the states, and answers what is then missing.


def a_state(states: dict[str, Any]) -> list[str]:
    states["AddHint"]["Next"] = "CountRounds"
    states["CountRounds"] = {"Type": "Pass", "Next": "ReadPhoto"}
    return ["enters CountRounds", "goes on from AddHint to CountRounds"]


def a_rule(states: dict[str, Any]) -> list[str]:
    rule = {"Variable": "$.decision.action", "StringEquals": "later", "Next": "NotifyOwner"}
    states["Decision"]["Choices"].append(rule)
    return [f"takes rule {len(states['Decision']['Choices'])} of Decision, to NotifyOwner"]


def a_default(states: dict[str, Any]) -> list[str]:
    states["Decision"]["Default"] = "FlagPhoto"
    return ["takes default of Decision, to FlagPhoto"]


def a_retry(states: dict[str, Any]) -> list[str]:
    states["WriteToStore"]["Retry"].append({"ErrorEquals": ["ConfigError"], "MaxAttempts": 2})
    number = len(states["WriteToStore"]["Retry"])
    return [
        f"retries WriteToStore for ConfigError (retry {number})",
        f"meets ConfigError in WriteToStore once more than the 2 retries (retry {number})",
    ]


def an_error_to_retry(states: dict[str, Any]) -> list[str]:
    states["WriteToStore"]["Retry"][1]["ErrorEquals"].append("StoreRefusedUsError")
    return ["retries WriteToStore for StoreRefusedUsError (retry 2)"]


def more_tries(states: dict[str, Any]) -> list[str]:
    retrier = states["WriteToStore"]["Retry"][1]
    retrier["MaxAttempts"] += 1
    times, errors = retrier["MaxAttempts"], " or ".join(retrier["ErrorEquals"])
    return [f"meets {errors} in WriteToStore once more than the {times} retries (retry 2)"]


def a_catch(states: dict[str, Any]) -> list[str]:
    states["QualityGate"]["Catch"] = [{"ErrorEquals": ["BadDocumentError"], "Next": "FlagPhoto"}]
    return ["takes catch 1 of QualityGate, to FlagPhoto"]


def an_error_to_catch(states: dict[str, Any]) -> list[str]:
    states["Resize"]["Catch"][0]["ErrorEquals"].append("Runtime.OutOfMemory")
    return ["has Runtime.OutOfMemory caught in Resize (catch 1)"]


@pytest.mark.parametrize(
    "add",
    [
        a_state,
        a_rule,
        a_default,
        a_retry,
        an_error_to_retry,
        more_tries,
        a_catch,
        an_error_to_catch,
    ],
)
def test_what_is_added_without_a_case_is_named(
    stories: list[Story], add: Callable[[dict[str, Any]], list[str]]
) -> None:
    definition = deepcopy(the_definition())
    sentences = add(definition["States"])
    found = missing(definition, stories)
    for sentence in sentences:
        assert f"No case {sentence}: add one (docs/testing.md says how)." in found


def test_two_rules_that_cannot_be_told_apart_are_refused(stories: list[Story]) -> None:
    definition = deepcopy(the_definition())
    rules = definition["States"]["Decision"]["Choices"]
    rules.append({"Variable": "$.decision.action", "StringEquals": "x", "Next": rules[0]["Next"]})
    with pytest.raises(ValueError, match="Decision leads to GraceTime by more than one rule"):
        coverage(definition, stories)


def test_an_arrow_that_no_case_takes_is_untaken(stories: list[Story]) -> None:
    way = ("IsReadable", "FlagPhoto")
    rest = [story for story in stories if way not in pairwise(story.path)]
    assert untaken(coverage(the_definition(), rest)) == [Arrow(*way, Kind.RULE, 0)]
    assert untaken(coverage(the_definition(), stories)) == []
