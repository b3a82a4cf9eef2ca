"""Starting an execution."""

from __future__ import annotations

from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.executions import Record


def start_once_per_name() -> None:
    """Answer a repeated StartExecution with the running execution.

    AWS: same name and same input as a running execution: its ARN and start date; another input,
    or one that is closed: ExecutionAlreadyExists (API reference, StartExecution). ministack
    refuses always.
    """
    start = sfn._start_execution

    def start_or_find(data: Record) -> Any:
        prefix = data.get("stateMachineArn", "").replace(":stateMachine:", ":execution:")
        found = sfn._executions.get(f"{prefix}:{data.get('name')}")
        if found and found["status"] == "RUNNING" and found["input"] == data.get("input", "{}"):
            started = {key: found[key] for key in ("executionArn", "startDate")}
            return responses.json_response(started)
        return start(data)

    sfn._start_execution = start_or_find
