"""Each case of MockConfigFile.json, run on an engine and held against what must become of it."""

from collections.abc import Callable

import pytest

from .cases import CASES, Case
from .stories import Story
from .workflow import cases_mocked, responses


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_case(case: Case, story: Callable[[Case], Story]) -> None:
    told = story(case)
    assert " ".join(told.path) == case.path
    assert (told.status, told.error) == (case.status, case.error), told.cause
    assert told.output == (case.output or None)
    assert told.retries == list(case.retries)
    for state, handed in case.handed.items():
        visits = told.visits_to(state)
        assert [visit.handed[-1]["Payload"] for visit in visits] == handed, state
    if case.waits:
        waits = [visit.seconds for visit in told.visits_to("NotifyOwner")]
        assert waits == [[seconds] for seconds in case.waits]
    for state, name in cases_mocked()[case.name].items():
        assert told.tries_of(state) == len(responses(name)), f"{name}: not every answer was used"


def test_whoever_changes_a_mocked_response_has_a_copy() -> None:
    [first, *_] = responses("OwnerNeverAnswers")
    first["Throw"]["Error"] = "Changed"
    assert "Changed" not in str(responses("OwnerNeverAnswers"))


def test_every_case_is_mocked_and_every_mocked_case_is_asserted() -> None:
    assert sorted(CASES) == sorted(cases_mocked()), (
        "a case needs an entry in MockConfigFile.json and one in cases.py, both of its name"
    )
