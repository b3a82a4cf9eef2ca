"""What was answered since the last snapshot, so that a new start can do it again.

A write is in the journal before its caller has the answer: rows of DynamoDB, state machines, and
what moves executions from outside (a start, an answered token, a redrive). So is each step of a
walk through an execution, before the step has any effect. Done again in the same order on the
state of the snapshot, it comes to the same rows, and each execution goes on in the state it was
in.

What does not fit the saved state any more is refused as it would be by AWS: the answer to a token
that was made after the snapshot, for instance. The state that waits runs again with a new token,
and its function finds the decision in the row.

The journal is a row of numbered files, each begun at the moment of a snapshot.
"""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import IO, Any

from ministack.core import responses
from ministack.services import dynamodb
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.executions import Record, walk

_JOURNALED = frozenset(
    {
        "BatchWriteItem",
        "DeleteItem",
        "PutItem",
        "TransactWriteItems",
        "UpdateItem",
        "CreateStateMachine",
        "UpdateStateMachine",
        "RedriveExecution",
        "SendTaskFailure",
        "SendTaskSuccess",
        "StartExecution",
        "StopExecution",
    }
)
_SERVICES = {"dynamodb": dynamodb, "stepfunctions": sfn}
_logger = logging.getLogger(__name__)


class Journal:
    """The files of one state directory; `number` is that of the file that is written now."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.number = max(self._numbers(), default=0) + 1
        self._file: IO[bytes] | None = None
        self._writing = threading.Lock()

    def note(self, entry: Record) -> None:
        """Write one entry; every later start finds it, however this process ends."""
        with self._writing:
            if self._file is None:
                self._file = self._path(self.number).open("ab")
            self._file.write(json.dumps(entry).encode() + b"\n")
            self._file.flush()

    def begin_next(self) -> int:
        """Close the file that is written now, and return the next one's number."""
        with self._writing:
            if self._file is not None:
                self._file.close()
            self._file = None
            self.number += 1
            return self.number

    def entries_since(self, number: int) -> list[Record]:
        """Everything noted in the file of this number and later ones, oldest first."""
        lines = [
            line
            for each in sorted(self._numbers())
            if each >= number
            for line in self._path(each).read_bytes().split(b"\n")[:-1]  # complete lines only
        ]
        return [json.loads(line) for line in lines]

    def forget_before(self, number: int) -> None:
        """Delete the files that a snapshot of this number makes needless."""
        for each in self._numbers():
            if each < number:
                self._path(each).unlink()

    def _numbers(self) -> list[int]:
        return [int(path.suffix[1:]) for path in self._directory.glob("journal.*")]

    def _path(self, number: int) -> Path:
        return self._directory / f"journal.{number}"


def do_again(entries: list[Record]) -> None:
    """Give the services what they were given after the snapshot, before any new request."""
    for entry in entries:
        with responses.request_scope(*entry["scope"]):
            if "event" in entry:
                _walk_again(entry["execution"], entry["event"])
            else:
                _request_again(entry)


def _request_again(entry: Record) -> None:
    handle = _SERVICES[entry["service"]].handle_request
    headers = {"x-amz-target": entry["target"]}
    body = json.dumps(entry["body"]).encode()
    status, *_ = _result_of(handle("POST", "/", headers, body, {}))
    if status != 200:
        _logger.info("%s does not fit the saved state and is left out", entry["target"])


def _result_of(handling: Any) -> Any:
    """The result of a handler that never pauses, as none of these does."""
    try:
        handling.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a handler paused that cannot be waited for")


def _walk_again(arn: str, event: Record) -> None:
    """Put an event into an execution's history, unless the snapshot has it."""
    execution = sfn._executions.get(arn)
    if execution is None or execution["status"] != "RUNNING":
        return
    events = execution["events"]
    if event["id"] > len(events):
        events.append(event | {"id": len(events) + 1})


def keep(journal: Journal) -> None:
    """From now on, note every write of the services that must forget none, and every step."""
    add_event = sfn._add_event

    def add_and_note(execution: Record, kind: str, details: Record | None = None) -> Any:
        event = add_event(execution, kind, details)
        if event and walk.get() is not None:
            journal.note(_scope() | {"execution": execution["executionArn"], "event": event})
        return event

    sfn._add_event = add_and_note
    for name, service in _SERVICES.items():
        service.handle_request = _noting(journal, name, service.handle_request)


def _noting(journal: Journal, service: str, handle: Any) -> Any:
    async def handle_and_note(
        method: str, path: str, headers: Record, body: bytes, query: Record
    ) -> Any:
        answer = await handle(method, path, headers, body, query)
        target = headers.get("x-amz-target", "")
        action = target.rpartition(".")[2]
        if action in _JOURNALED and answer[0] == 200:
            told = json.loads(body)
            if action == "StartExecution":  # under the same name again, if it was made up here
                told["name"] = json.loads(answer[2])["executionArn"].rpartition(":")[2]
            journal.note(_scope() | {"service": service, "target": target, "body": told})
        return answer

    return handle_and_note


def _scope() -> Record:
    return {"scope": (responses.get_account_id(), responses.get_region())}
