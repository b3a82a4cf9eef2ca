"""Failed executions, as the admin reads of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from watcher.failures import failure_in

ARN = "arn:aws:states:ap-southeast-1:123456789012:execution:pt-photo:sofa-0123456789ab"


def event(**changes: Any) -> str:
    detail = {
        "executionArn": ARN,
        "stateMachineArn": ARN.rsplit(":", 1)[0].replace("execution", "stateMachine"),
        "name": "sofa-0123456789ab",
        "status": "FAILED",
        "error": "StoreRefusedUsError",
        "cause": "the store answered 401",
    }
    return json.dumps({"detail-type": "Step Functions Execution Status Change",
                       "detail": detail | changes})  # fmt: skip


def test_a_failure_names_photo_status_and_error_and_says_what_to_mend() -> None:
    failure = failure_in(event())
    assert failure.photo_id == "sofa-0123456789ab"
    assert failure.status == "FAILED"
    assert failure.error == "StoreRefusedUsError"
    assert "the store answered 401. Mend the key" in failure.words


@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED"])
def test_an_end_without_an_error_is_told_too(status: str) -> None:
    failure = failure_in(event(status=status, error=None, cause=None))
    assert failure.status == status
    assert failure.error
    assert "somebody stopped it, or its time ran out" in failure.words


def test_a_long_cause_is_cut() -> None:
    assert len(failure_in(event(cause="x" * 40_000)).words) < 1000
