"""Status changes of executions, as EventBridge tells of them."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from photo_tagger.aws.audit import AuditTrail
from photo_tagger.aws.clients import client
from photo_tagger.aws.executions import last_state
from photo_tagger.domain.ids import photo_of
from photo_tagger.domain.lifecycle import MACHINE

_ADMIN = "admin"
"""Who redrives: the event does not say which admin. AWS CloudTrail does."""


class StatusChange(BaseModel):
    """An execution ended badly, or was redriven. `moment` is ISO 8601 in UTC."""

    event_id: str
    moment: str
    execution_arn: str
    photo_id: str
    status: str
    state: str | None
    error: str
    cause: str

    @property
    def redriven(self) -> bool:
        """Whether the execution goes on, after somebody redrove it."""
        return self.status == "RUNNING"


def status_change(event: dict[str, Any]) -> StatusChange:
    """The change that an event tells of, with the state it came in."""
    detail = event["detail"]
    redriven = detail["status"] == "RUNNING"
    milliseconds = detail["redriveDate" if redriven else "stopDate"]
    return StatusChange(
        event_id=event["id"],
        moment=datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="microseconds"),
        execution_arn=detail["executionArn"],
        photo_id=photo_of(detail["name"]),
        status=detail["status"],
        state=last_state(client("stepfunctions"), detail["executionArn"]),
        error=detail.get("error") or "",
        cause=detail.get("cause") or "",
    )


def note(change: StatusChange, trail: AuditTrail) -> None:
    """Put the change on the photo's audit trail, once however often it is told."""
    after = {"execution_arn": change.execution_arn, "state": change.state}
    if not change.redriven:
        after["error"] = change.error or None
    trail.note(
        change.photo_id,
        f"{change.moment}#{change.event_id}",
        "redriven" if change.redriven else change.status.lower(),
        _ADMIN if change.redriven else MACHINE,
        after,
    )
