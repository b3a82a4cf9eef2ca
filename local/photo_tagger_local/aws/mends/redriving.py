"""Redriving an execution, and what is told about redrives."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.answers import error, extend
from photo_tagger_local.aws.mends.executions import Record
from photo_tagger_local.aws.mends.walking import start_walk

_REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")


def redrive() -> None:
    """Add RedriveExecution, and what DescribeExecution and ListExecutions tell about redrives.

    AWS: a FAILED, TIMED_OUT or ABORTED Standard execution goes on at the state that did not
    succeed, with that state's input, the definition it started with, its ARN and its history
    (API reference, RedriveExecution; developer guide, "Restarting state machine executions with
    redrive"). ministack does not know the action.
    """
    handle, describe, list_all = sfn.handle_request, sfn._describe_execution, sfn._list_executions

    async def handle_with_redrive(
        method: str, path: str, headers: Record, body: bytes, query: Record
    ) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return sfn._finalize_response(_redrive_execution(json.loads(body)))
        return await handle(method, path, headers, body, query)

    def describe_with_redrives(data: Record) -> Any:
        execution = sfn._executions.get(data.get("executionArn"))
        return extend(describe(data), lambda answer: answer | _redrives(execution, in_full=True))

    def list_with_redrives(data: Record) -> Any:
        def with_redrives(answer: Record) -> Record:
            for item in answer["executions"]:
                item |= _redrives(sfn._executions[item["executionArn"]], in_full=False)
            return answer

        return extend(list_all(data), with_redrives)

    sfn.handle_request = handle_with_redrive
    sfn._describe_execution = describe_with_redrives
    sfn._list_executions = list_with_redrives


def _redrive_execution(data: Record) -> Any:
    execution = sfn._executions.get(data.get("executionArn"))
    if execution is None:
        return error("ExecutionDoesNotExist", "Execution Does Not Exist")
    client_token = data.get("clientToken")
    if client_token and client_token == execution.get("redriveToken"):
        return responses.json_response({"redriveDate": execution["redriveDate"]})
    if reason := _not_redrivable(execution):
        return error("ExecutionNotRedrivable", reason)
    count = execution.get("redriveCount", 0) + 1
    execution |= dict.fromkeys(("stopDate", "output", "error", "cause"))
    execution |= {"status": "RUNNING", "redriveCount": count, "redriveDate": sfn.now_iso()}
    execution["redriveToken"] = client_token
    details = {"executionRedrivenEventDetails": {"redriveCount": count}}
    sfn._add_event(execution, "ExecutionRedriven", details)
    sfn._emit_execution_status_event(execution)
    start_walk(execution)
    return responses.json_response({"redriveDate": execution["redriveDate"]})


def _not_redrivable(execution: Record) -> str | None:
    """Why AWS refuses to redrive this execution; None when it does not."""
    if execution["status"] in _REDRIVABLE:
        return None
    return f"Execution is {execution['status']} and cannot be redriven"


def _redrives(execution: Record, *, in_full: bool) -> Record:
    told = {"redriveCount": execution.get("redriveCount", 0)}
    if told["redriveCount"]:
        told["redriveDate"] = execution["redriveDate"]
    if not in_full:
        return told
    reason = _not_redrivable(execution)
    if reason:
        return told | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return told | {"redriveStatus": "REDRIVABLE"}
