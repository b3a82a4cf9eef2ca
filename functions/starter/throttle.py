"""Start an execution and stay with it until it has left the machine phase."""

import json
import time
from collections.abc import Callable
from typing import Any

from photo_tagger.aws.clients import client
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain import lifecycle
from photo_tagger.domain.photo import SCHEMA_VERSION, PhotoRecord
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

    def run(self, photo: PhotoRecord, message: dict[str, Any], deadline: Deadline) -> None:
        """Start the photo and hold its place. A failed start comes back soon, then raises."""
        logger.append_keys(photo_id=photo.photo_id)
        try:
            self._drafts.create(photo)
            execution_arn = self._start(photo)
        except Exception:
            self._bring_back_soon(message)
            raise
        self._hold(photo.photo_id, execution_arn, deadline)

    def _start(self, photo: PhotoRecord) -> str:
        """The execution's ARN. One that exists counts as started: the message came twice."""
        states = client("stepfunctions")
        arn = self._execution_arn(photo.photo_id)
        try:
            states.start_execution(
                stateMachineArn=self._state_machine_arn,
                name=photo.photo_id,
                input=json.dumps(_execution_input(photo)),
            )
        except states.exceptions.ExecutionAlreadyExists:
            logger.info("already started")
        self._drafts.change(photo.photo_id, lambda record: lifecycle.started(record, arn))
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
        answer = client("stepfunctions").describe_execution(executionArn=execution_arn)
        return bool(answer["status"] == "RUNNING")

    def _bring_back_soon(self, message: dict[str, Any]) -> None:
        client("sqs").change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=message["receiptHandle"],
            VisibilityTimeout=_RETRY_AFTER_SECONDS,
        )


def _execution_input(photo: PhotoRecord) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "photo_id": photo.photo_id,
        "source": photo.source.model_dump(),
        "attempt": {"round": 1},
    }
