"""What became of one execution, as its history tells."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TOKEN = "<a task token>"
_FAILURES = {"TaskFailed": "taskFailedEventDetails", "TaskTimedOut": "taskTimedOutEventDetails"}


@dataclass
class Visit:
    """One stay in a state.

    `handed` holds what the function was handed at each try, `seconds` how long each try could
    have taken, `errors` what went wrong, in order.
    """

    state: str
    given: str
    handed: list[dict[str, Any]] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def retried(self) -> list[str]:
        """The errors after which the task was tried again."""
        return self.errors[: max(len(self.handed) - 1, 0)]

    @property
    def error(self) -> str:
        """The error that the last try ended with; empty if it ended well."""
        return self.errors[-1] if self.errors and len(self.errors) == len(self.handed) else ""


@dataclass(frozen=True)
class Story:
    """One execution from its start to its end; `output` is None unless it succeeded."""

    case: str
    visits: list[Visit]
    status: str
    output: Any
    error: str
    cause: str

    @property
    def path(self) -> list[str]:
        """The states, in the order they were entered."""
        return [visit.state for visit in self.visits]

    @property
    def retries(self) -> list[tuple[str, str]]:
        """Each retry: the state, and the error it was for."""
        return [(visit.state, error) for visit in self.visits for error in visit.retried]

    def visits_to(self, state: str) -> list[Visit]:
        """The visits to one state, in order."""
        return [visit for visit in self.visits if visit.state == state]

    def tries_of(self, state: str) -> int:
        """How often the state's task was called."""
        return sum(len(visit.handed) for visit in self.visits_to(state))


def story_of(case: str, described: dict[str, Any], events: Iterable[dict[str, Any]]) -> Story:
    """The story in DescribeExecution's answer and GetExecutionHistory's events, oldest first."""
    visits: list[Visit] = []
    for event in events:
        if "stateEnteredEventDetails" in event:
            entered = event["stateEnteredEventDetails"]
            visits.append(Visit(entered["name"], entered["input"]))
        elif event["type"] == "TaskScheduled":
            scheduled = event["taskScheduledEventDetails"]
            visits[-1].handed.append(_without_token(json.loads(scheduled["parameters"])))
            visits[-1].seconds.append(scheduled["timeoutInSeconds"])
        elif event["type"] in _FAILURES:
            visits[-1].errors.append(event[_FAILURES[event["type"]]]["error"])
    return Story(
        case=case,
        visits=visits,
        status=described["status"],
        output=json.loads(described["output"]) if "output" in described else None,
        error=described.get("error", ""),
        cause=described.get("cause", ""),
    )


def _without_token(parameters: dict[str, Any]) -> dict[str, Any]:
    payload = parameters["Payload"]
    if payload.get("task_token"):
        parameters = {**parameters, "Payload": {**payload, "task_token": TOKEN}}
    return parameters
