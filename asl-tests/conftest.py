"""The engine that the cases run on: moto's, or Step Functions Local at SFN_LOCAL_ENDPOINT."""

import os
from collections.abc import Callable

import pytest

from .cases import CASES, Case
from .engines import Engine, Moto, StepFunctionsLocal
from .stories import Story
from .workflow import the_definition


@pytest.fixture(scope="session")
def engine() -> Engine:
    endpoint = os.environ.get("SFN_LOCAL_ENDPOINT")
    if not endpoint:
        return Moto(the_definition())
    given = {case.name: case.given for case in CASES.values()}
    return StepFunctionsLocal(the_definition(), endpoint, given)


@pytest.fixture(scope="session")
def story(engine: Engine) -> Callable[[Case], Story]:
    """Runs a case, once a session."""
    told: dict[str, Story] = {}

    def tell(case: Case) -> Story:
        if case.name not in told:
            told[case.name] = engine.story(case.name, case.given)
        return told[case.name]

    return tell
