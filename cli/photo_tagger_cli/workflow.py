"""The executions of one stack: one per photo, named as the photo.

The execution of a photo that was started anew has a number behind the id.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from photo_tagger_cli.aws import AwsError
from photo_tagger_cli.statuses import RUNNING, SUCCEEDED

_ENDS = {
    "ExecutionSucceeded": (SUCCEEDED, "executionSucceededEventDetails"),
    "ExecutionFailed": ("FAILED", "executionFailedEventDetails"),
    "ExecutionTimedOut": ("TIMED_OUT", "executionTimedOutEventDetails"),
    "ExecutionAborted": ("ABORTED", "executionAbortedEventDetails"),
}
_NO_SUCH = frozenset({"ExecutionDoesNotExist", "InvalidArn", "ValidationException"})
"""What AWS says of a name that is unknown, has odd letters, or is too long."""


@dataclass(frozen=True)
class Execution:
    """One line of the list; `since` is when it ended, or for a running one when it began."""

    arn: str
    photo_id: str
    since: datetime


@dataclass(frozen=True)
class Standing:
    """Where an execution stands, or what it ended with.

    `state` is empty before the first state. `event` is the number of its last event.
    """

    status: str
    state: str
    event: int
    awaits_answer: bool
    error: str
    cause: str


class NoSuchExecutionError(Exception):
    """There is no execution of that name."""


class NotRedrivableError(Exception):
    """AWS will not redrive it; the message is AWS's reason."""


class Workflow:
    """The state machine of one stack, as Step Functions tells of it."""

    def __init__(self, states: Any, prefix: str) -> None:
        """Raises AwsError when there is no such stack."""
        self._states = states
        self._arn = self._find(f"{prefix}-photo")

    def executions(self, status: str) -> Iterator[Execution]:
        """Those of one status, newest first, asked for as they are taken."""
        pages = self._states.get_paginator("list_executions").paginate(
            stateMachineArn=self._arn, statusFilter=status, PaginationConfig={"PageSize": 500}
        )
        for page in pages:
            for item in page["executions"]:
                since = item.get("stopDate") or item["startDate"]
                yield Execution(item["executionArn"], item["name"], since)

    def standing(self, photo_id: str) -> Standing:
        """Where a photo's execution stands, by its history, which is never behind."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=self._arn_of(photo_id), reverseOrder=True, includeExecutionData=False
        )
        return standing_in(event for page in pages for event in page["events"])

    def check_redrivable(self, photo_id: str) -> None:
        """Raises NotRedrivableError and NoSuchExecutionError."""
        try:
            answer = self._states.describe_execution(executionArn=self._arn_of(photo_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in _NO_SUCH:
                raise NoSuchExecutionError(photo_id) from error
            raise
        if answer["redriveStatus"] != "REDRIVABLE":
            raise NotRedrivableError(answer.get("redriveStatusReason", ""))

    def redrive(self, photo_id: str, failure: Standing) -> None:
        """Redrive this very failure. A second call for it does nothing. Raises NotRedrivableError.

        AWS knows a token again for 15 minutes.
        """
        try:
            self._states.redrive_execution(
                executionArn=self._arn_of(photo_id), clientToken=f"photo-tagger-{failure.event}"
            )
        except self._states.exceptions.ExecutionNotRedrivable as error:
            raise NotRedrivableError(error.response["Error"]["Message"]) from error

    def _find(self, name: str) -> str:
        for page in self._states.get_paginator("list_state_machines").paginate():
            for machine in page["stateMachines"]:
                if machine["name"] == name:
                    return str(machine["stateMachineArn"])
        raise AwsError(
            f"there is no state machine {name} in {self._states.meta.region_name}: see that the "
            "stack is deployed, that AWS_REGION is its region, and --prefix its prefix."
        )

    def _arn_of(self, photo_id: str) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{photo_id}"


def standing_in(newest_first: Iterable[dict[str, Any]]) -> Standing:
    """What a history tells, read only as far back as the state that was entered last."""
    events = iter(newest_first)
    last = event = next(events)
    while event and "stateEnteredEventDetails" not in event:
        event = next(events, {})
    status, details = _ENDS.get(last["type"], (RUNNING, ""))
    ended_with = last.get(details, {})
    return Standing(
        status=status,
        state=event["stateEnteredEventDetails"]["name"] if event else "",
        event=last["id"],
        awaits_answer=last["type"] == "TaskSubmitted",
        error=ended_with.get("error", ""),
        cause=ended_with.get("cause", ""),
    )
