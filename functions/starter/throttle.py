"""Start an execution and stay with it until it has left the machine phase."""

import json
import time
from collections.abc import Callable
from typing import Any

from photo_tagger.aws.clients import client
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain import lifecycle
from photo_tagger.domain.photo import SCHEMA_VERSION, PhotoRecord
from photo_tagger.domain.start import StartRequest
from photo_tagger.observability import count, logger

_POLL_SECONDS = 0.5
_LONGEST_POLL_SECONDS = 5.0
_DESCRIBE_EVERY = 8
_RETRY_AFTER_SECONDS = 20
_MARGIN_MILLISECONDS = 15_000


class Deadline:
    """The moment to let go: a little before Lambda would end the function."""

    def __init__(self, remaining_milliseconds: Callable[[], int]) -> None:
        self._remaining = remaining_milliseconds

    def passed(self) -> bool:
        """Whether less time is left than an orderly return takes."""
        return self._remaining() < _MARGIN_MILLISECONDS


class Throttle:
    """At most as many photos between start and draft as this function has places."""

    def __init__(self, drafts: Drafts, *, state_machine_arn: str, queue_url: str) -> None:
        self._drafts = drafts
        self._state_machine_arn = state_machine_arn
        self._queue_url = queue_url

    def take(self, photo: PhotoRecord, message: dict[str, Any], deadline: Deadline) -> None:
        """Start a dropped photo and hold its place. A failed start comes back soon, then raises."""
        self._run(photo.photo_id, lambda: self._accepted(photo), message, deadline)

    def take_again(
        self, request: StartRequest, message: dict[str, Any], deadline: Deadline
    ) -> None:
        """Start a photo that is on record, as `take` does."""
        self._run(request.photo_id, lambda: self._requeued(request), message, deadline)

    def _run(
        self,
        photo_id: str,
        accept: Callable[[], PhotoRecord],
        message: dict[str, Any],
        deadline: Deadline,
    ) -> None:
        logger.append_keys(photo_id=photo_id)
        try:
            record = accept()
            if record.left_the_machine and record.execution_arn:
                logger.info("nothing to start", extra={"status": record.status})
                return
            execution_arn = self._start(record)
        except Exception:
            self._bring_back_soon(message)
            raise
        self._hold(photo_id, execution_arn, deadline)

    def _accepted(self, photo: PhotoRecord) -> PhotoRecord:
        self._drafts.create(photo)
        return self._drafts.get(photo.photo_id)

    def _requeued(self, request: StartRequest) -> PhotoRecord:
        record = self._drafts.get(request.photo_id)
        if record.execution_arn and self._running(record.execution_arn):
            return record
        try:
            record, _ = self._drafts.change(
                request.photo_id,
                lambda current: lifecycle.requeued(
                    current, start=request.start, by_user=request.by_user
                ),
            )
        except lifecycle.SupersededError as error:
            logger.warning(str(error))
        return record

    def _start(self, record: PhotoRecord) -> str:
        """The execution's ARN. One that exists counts as started: the message came twice."""
        states = client("stepfunctions")
        arn = self._execution_arn(record.execution_name)
        try:
            states.start_execution(
                stateMachineArn=self._state_machine_arn,
                name=record.execution_name,
                input=json.dumps(execution_input(record)),
            )
        except states.exceptions.ExecutionAlreadyExists:
            logger.info("already started")
        self._drafts.change(record.photo_id, lambda current: lifecycle.started(current, arn))
        return arn

    def _execution_arn(self, name: str) -> str:
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

    def _hold(self, photo_id: str, execution_arn: str, deadline: Deadline) -> None:
        pause, polls = _POLL_SECONDS, 0
        while not deadline.passed():
            if self._drafts.get(photo_id).left_the_machine:
                return
            polls += 1
            if polls % _DESCRIBE_EVERY == 0 and not self._running(execution_arn):
                return
            time.sleep(pause)
            pause = min(pause * 1.2, _LONGEST_POLL_SECONDS)
        logger.warning("let go before the photo had a draft; it goes on by itself")
        count("ThrottleLetGo")

    def _running(self, execution_arn: str) -> bool:
        """A failed execution never updates its record, so its status is asked for too."""
        states = client("stepfunctions")
        try:
            answer = states.describe_execution(executionArn=execution_arn)
        except states.exceptions.ExecutionDoesNotExist:
            return False  # closed for more than 90 days
        return bool(answer["status"] == "RUNNING")

    def _bring_back_soon(self, message: dict[str, Any]) -> None:
        client("sqs").change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=message["receiptHandle"],
            VisibilityTimeout=_RETRY_AFTER_SECONDS,
        )


def execution_input(record: PhotoRecord) -> dict[str, Any]:
    """What the execution begins with; a photo that was set aside is read where it lies."""
    return {
        "schema_version": SCHEMA_VERSION,
        "photo_id": record.photo_id,
        "source": (record.flagged or record.source).model_dump(),
        "requeued": record.starts > 1,
        "attempt": {"round": record.round + 1},
    }
