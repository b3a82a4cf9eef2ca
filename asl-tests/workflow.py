"""The workflow under test: its definition, and the mocked responses to its tasks."""

import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from photo_tagger.domain.photo import PhotoRecord
from starter.throttle import execution_input

HERE = Path(__file__).parent
DEFINITION_FILE = HERE.parent / "statemachines" / "photo.asl.json"
MOCKS_FILE = HERE / "MockConfigFile.json"
MACHINE = "PhotoTagger"
"""The machine's name in MockConfigFile.json."""


_MOMENT = "2026-01-02T03:04:05.000000+00:00"
PHOTO = PhotoRecord.model_validate(
    {
        "photo_id": "white-sofa-0a1b2c3d4e5f",
        "source": {"bucket": "pt-photo-drop", "key": "White sofa.jpg", "version_id": "v1"},
        "file_name": "White sofa.jpg",
        "size": 1234,
        "status": "processing",
        "received_at": _MOMENT,
        "updated_at": _MOMENT,
    }
)
"""The photo that all cases are about, as it was dropped."""


def given(*, requeued: bool = False) -> dict[str, Any]:
    """What the starter gives the photo's first execution, or a later one."""
    return execution_input(PHOTO.model_copy(update={"starts": 2 if requeued else 1}))


@cache
def the_definition() -> dict[str, Any]:
    """The definition as an engine can run it."""
    return runnable(json.loads(DEFINITION_FILE.read_text("utf-8")))


def runnable(definition: dict[str, Any]) -> dict[str, Any]:
    """The same with a made-up name where the template puts each function's."""
    return json.loads(re.sub(r"\$\{(\w+)Function}", r"\1", json.dumps(definition)))


@cache
def the_mocks() -> dict[str, Any]:
    """MockConfigFile.json."""
    return json.loads(MOCKS_FILE.read_text("utf-8"))


def cases_mocked() -> dict[str, dict[str, str]]:
    """For each case the name of the mocked response for each state."""
    return the_mocks()["StateMachines"][MACHINE]["TestCases"]


def responses(name: str) -> list[dict[str, Any]]:
    """A mocked response as a list: what the first call gets, the second, and so on. A copy."""
    listed: list[dict[str, Any]] = []
    for calls, answer in the_mocks()["MockedResponses"][name].items():
        first, _, last = calls.partition("-")
        listed += [deepcopy(answer) for _ in range(int(first), int(last or first) + 1)]
    return listed


def mocked(name: str, call: int = 0) -> Any:
    """What a mocked response returns: a function's answer, or the answer to a task token."""
    answer = responses(name)[call]["Return"]
    return answer.get("Payload", answer)
