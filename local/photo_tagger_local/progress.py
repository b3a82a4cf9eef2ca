"""Where each photo is, seen from the executions themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from photo_tagger.domain.ids import photo_of

_RUNNING = "RUNNING"
_HISTORY_TAIL = 20
_ERROR_LENGTH = 300


@dataclass(frozen=True)
class Step:
    """One photo arrived at a state, or its execution ended with a status.

    `error` is what an execution that did not succeed says of it, in a line.
    """

    photo_id: str
    at: str
    ended: bool
    error: str = ""


class Progress:
    """Follows all executions of the state machine; each look yields what is new since the last."""

    def __init__(self, states: Any, state_machine_arn: str) -> None:
        self._states = states
        self._state_machine_arn = state_machine_arn
        self._seen: dict[str, int] = {}
        self._ended: set[str] = set()

    def look(self) -> Iterator[Step]:
        """What moved. Every state entered since the last look is told, in order."""
        for execution in self._executions():
            arn, status = execution["executionArn"], execution["status"]
            if arn in self._ended and status != _RUNNING:
                continue
            photo = photo_of(execution["name"])
            yield from self._entered(arn, photo)
            if status == _RUNNING:
                self._ended.discard(arn)
            else:
                self._ended.add(arn)
                yield Step(photo, status, ended=True, error=self._error(arn))

    def _error(self, arn: str) -> str:
        execution = self._states.describe_execution(executionArn=arn)
        told = f"{execution.get('error', '')} {execution.get('cause', '')}"
        return " ".join(told.split())[:_ERROR_LENGTH]

    def _executions(self) -> list[dict[str, Any]]:
        pages = self._states.get_paginator("list_executions").paginate(
            stateMachineArn=self._state_machine_arn
        )
        found = [execution for page in pages for execution in page["executions"]]
        return sorted(found, key=lambda execution: str(execution["startDate"]))

    def _entered(self, arn: str, photo: str) -> Iterator[Step]:
        history = self._states.get_execution_history(
            executionArn=arn, reverseOrder=True, maxResults=_HISTORY_TAIL
        )
        entered = [
            (event["id"], event["stateEnteredEventDetails"]["name"])
            for event in reversed(history["events"])
            if "stateEnteredEventDetails" in event
        ]
        last = self._seen.get(arn, 0)
        for event_id, state in entered:
            if event_id > last:
                yield Step(photo, state, ended=False)
                self._seen[arn] = event_id
