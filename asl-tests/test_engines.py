"""What the engines have in common, as far as it can be seen without Docker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from photo_tagger_local.ports import HOST, Ports

from .cases import CASES, GIVEN
from .engines import StepFunctionsLocal, _hurried
from .workflow import MOCKS_FILE, the_definition


@pytest.fixture(scope="module")
def another_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of Step Functions' API, not AWS's own, that reads MockConfigFile.json too.

    Its histories leave out the calls of mocked tasks, and it repeats the first mocked response.
    """
    port = Ports.free().aws
    state = tmp_path_factory.mktemp("server")
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFN_MOCK_CONFIG": str(MOCKS_FILE),
        "STATE_DIR": str(state),
        "PATH": os.environ["PATH"],
    }
    with Path(state / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "ministack.app"], env=settings, stdout=log, stderr=log
        )
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.terminate()
        server.wait(20)


def test_the_client_of_step_functions_local_speaks_to_a_server(another_server: str) -> None:
    names = ["SureDraftIsApprovedAndListed", "TooDarkIsFlagged", "UnreadableIsFlagged"]
    engine = StepFunctionsLocal(the_definition(), another_server, dict.fromkeys(names, GIVEN))
    for name in names:
        case, told = CASES[name], engine.story(name, GIVEN)
        assert " ".join(told.path) == case.path
        assert (told.status, told.output) == (case.status, case.output)


def test_only_the_waits_between_tries_are_shortened_for_step_functions_local() -> None:
    before, after = the_definition()["States"], _hurried(the_definition())["States"]
    assert before["WriteToStore"]["Retry"][1] == {
        "ErrorEquals": ["StoreUnavailableError"],
        "IntervalSeconds": 5,
        "MaxAttempts": 10,
        "BackoffRate": 2,
        "MaxDelaySeconds": 120,
        "JitterStrategy": "FULL",
    }
    assert after["WriteToStore"]["Retry"][1] == {
        "ErrorEquals": ["StoreUnavailableError"],
        "IntervalSeconds": 1,
        "MaxAttempts": 10,
        "BackoffRate": 1,
    }
    for name, state in before.items():
        rest = {field: value for field, value in state.items() if field != "Retry"}
        assert rest.items() <= after[name].items()
