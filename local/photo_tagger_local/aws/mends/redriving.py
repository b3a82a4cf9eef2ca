"""Redriving executions, and all that is told about redrives.

Sources: Step Functions API reference, RedriveExecution, DescribeExecution (with the words of each
redriveStatusReason) and ListExecutions; developer guide, "Restarting state machine executions
with redrive". AWS does not document the message of ExecutionNotRedrivable: here it is the reason.

Limits: a Parallel or Map state is redriven as a whole, and Map Runs not at all. Executions are
never too many to be running at once (AWS: ExecutionLimitExceeded, at a million). Express state
machines are redriven like Standard ones. A deleted state machine takes its executions with it at
once, so none is ever in DELETING status.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core import responses
from ministack.services import eventbridge
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.answers import error, extend
from photo_tagger_local.aws.mends.executions import Record
from photo_tagger_local.aws.mends.walking import start_walk

_UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")
_REDRIVABLE_PERIOD = timedelta(days=14)
_LONGEST_EXECUTION = timedelta(days=365)
_HISTORY_LIMIT = 24_999
_TOKENS_KEPT = 10
_TOKEN_SECONDS = 15 * 60
_PAGE, _LONGEST_PAGE = 100, 1000


def redrive() -> None:
    """Add RedriveExecution, and what descriptions, lists and events tell about redrives.

    AWS: an unsuccessful Standard execution goes on at the state that did not succeed, with that
    state's input, the definition it started with, its ARN and its history. ministack does not
    know the action, tells nothing of redrives, and lists a thousand executions where AWS lists a
    hundred.
    """
    handle, describe, list_all = sfn.handle_request, sfn._describe_execution, sfn._list_executions
    put_events = eventbridge._put_events

    async def handle_with_redrive(
        method: str, path: str, headers: Record, body: bytes, query: Record
    ) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return sfn._finalize_response(_redrive_execution(json.loads(body)))
        return await handle(method, path, headers, body, query)

    def describe_with_redrives(data: Record) -> Any:
        execution = sfn._executions.get(data.get("executionArn"))
        return extend(describe(data), lambda answer: answer | _told(execution) | _status(execution))

    def put_with_redrives(data: Record, allow_aws_source: bool = False) -> Any:
        if allow_aws_source:
            for entry in data["Entries"]:
                if entry["Source"] == "aws.states":
                    entry["Detail"] = json.dumps(_with_redrives(json.loads(entry["Detail"])))
        return put_events(data, allow_aws_source)

    sfn._execution_sort_key = _place_in_list
    sfn.handle_request = handle_with_redrive
    sfn._describe_execution = describe_with_redrives
    sfn._list_executions = lambda data: _list_executions(data, list_all)
    eventbridge._put_events = put_with_redrives


def _redrive_execution(data: Record) -> Any:
    execution = sfn._executions.get(data.get("executionArn"))
    if execution is None:
        return error("ExecutionDoesNotExist", "Execution Does Not Exist")
    tokens = _fresh_tokens(execution)
    client_token = data.get("clientToken")
    if client_token in tokens:
        return responses.json_response({"redriveDate": tokens[client_token]["date"]})
    if reason := _not_redrivable(execution):
        return error("ExecutionNotRedrivable", reason)
    now, count = sfn.now_iso(), execution.get("redriveCount", 0) + 1
    if client_token:
        tokens[client_token] = {"date": now, "used": time.time()}
    execution |= dict.fromkeys(("stopDate", "output", "error", "cause"))
    execution |= {"status": "RUNNING", "redriveCount": count, "redriveDate": now}
    execution["redriveTokens"] = dict(list(tokens.items())[-_TOKENS_KEPT:])
    details = {"executionRedrivenEventDetails": {"redriveCount": count}}
    sfn._add_event(execution, "ExecutionRedriven", details)
    sfn._emit_execution_status_event(execution)
    start_walk(execution)
    return responses.json_response({"redriveDate": now})


def _fresh_tokens(execution: Record) -> Record:
    """The client tokens that redrove this execution and are answered with that same redrive."""
    oldest = time.time() - _TOKEN_SECONDS
    used = execution.get("redriveTokens", {}).items()
    return {token: redriven for token, redriven in used if redriven["used"] > oldest}


def _not_redrivable(execution: Record) -> str | None:
    """Why AWS refuses to redrive this execution, in its words; None when it does not."""
    if execution["status"] not in _UNSUCCESSFUL:
        return f"Execution is {execution['status']} and cannot be redriven"
    if len(execution["events"]) >= _HISTORY_LIMIT:
        return "Execution history event limit exceeded"
    if _age(execution["startDate"]) > _LONGEST_EXECUTION:
        return "Execution has exceeded the max execution time"
    if _age(execution["stopDate"]) > _REDRIVABLE_PERIOD:
        return "Execution redrivable period exceeded"
    return None


def _age(moment: str) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(moment)


def _told(execution: Record) -> Record:
    """What lists and descriptions tell of an execution's redrives."""
    if not execution.get("redriveCount"):
        return {"redriveCount": 0}
    return {key: execution[key] for key in ("redriveCount", "redriveDate")}


def _status(execution: Record) -> Record:
    """Whether it can be redriven now, which only descriptions and events tell."""
    reason = _not_redrivable(execution)
    if reason:
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return {"redriveStatus": "REDRIVABLE"}


def _with_redrives(detail: Record) -> Record:
    """The detail of a status change event; what has no value is null there."""
    execution = sfn._executions.get(detail["executionArn"])
    told = {"redriveDate": None, "redriveStatusReason": None, **_told(execution)}
    told["redriveDate"] = sfn._iso_to_epoch_ms(told["redriveDate"])
    return detail | told | _status(execution)


def _place_in_list(listed: Record) -> tuple[str, str]:
    """Lists begin with what started, was redriven or ended last; the ARN breaks ties."""
    arn = listed["executionArn"]
    begun = sfn._executions[arn].get("redriveDate") or listed["startDate"]
    return listed["stopDate"] or begun, arn


def _list_executions(data: Record, list_all: Any) -> Any:
    """One page of the list: the redrive filter comes before the page is cut."""
    if data.get("statusFilter") == "PENDING_REDRIVE" and data.get("stateMachineArn"):
        return error(
            "ValidationException", "PENDING_REDRIVE can be asked for together with mapRunArn only"
        )
    size = min(data.get("maxResults") or _PAGE, _LONGEST_PAGE)
    wanted = {"REDRIVEN": {True}, "NOT_REDRIVEN": {False}}.get(
        data.get("redriveFilter", ""), {True, False}
    )

    def page(answer: Record) -> Record:
        for item in answer["executions"]:
            item |= _told(sfn._executions[item["executionArn"]])
        found = [item for item in answer["executions"] if (item["redriveCount"] > 0) in wanted]
        if len(found) <= size:
            return {"executions": found}
        token = sfn._encode_execution_token(found[size - 1])
        return {"executions": found[:size], "nextToken": token}

    return extend(list_all(data | {"maxResults": len(sfn._executions) + 1}), page)
