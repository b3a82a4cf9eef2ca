"""Waiting for task tokens, answering those who send them, and how long a task may take.

A wait is on record in its execution, under `waits` and its token, and is saved with it.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.answers import error
from photo_tagger_local.aws.mends.executions import Record, check_still_mine, task

_NO_TIMEOUT = 99_999_999  # seconds: AWS's default for a Task
_waits_lock = threading.Lock()
_answered: dict[str, threading.Event] = {}


def answer_task_tokens() -> None:
    """Wait for task tokens, and answer those who send them, as AWS does.

    AWS: a task whose dispatch fails, fails with that error; each attempt has a token of its own;
    TimeoutSeconds runs from the dispatch on; SendTask* for a token that is closed answers
    TaskTimedOut, and for one never given InvalidToken (Step Functions API reference, SendTask*;
    developer guide, "Wait for a Callback with Task Token"); TaskSubmitted in the history says that
    a dispatch is done. ministack swallows a failed dispatch, uses one token for all attempts,
    writes no TaskSubmitted, and answers TaskDoesNotExist to both.
    """
    execute, stop = sfn._execute_task, sfn._stop_execution

    def execute_noted(state: Record, data: Any, execution: Record, context: Record) -> Any:
        task.set((execution, context))
        return execute(state, data, execution, context)

    def stop_and_close_waits(data: Record) -> Any:
        response = stop(data)
        execution = sfn._executions.get(data.get("executionArn"))
        if execution and execution["status"] == "ABORTED":
            close_waits(execution)
        return response

    sfn._execute_task = execute_noted
    sfn._invoke_with_callback = wait_for_answer
    sfn._stop_execution = stop_and_close_waits
    sfn._send_task_success = lambda data: _take_answer(data, {"output": data.get("output", "{}")})
    sfn._send_task_failure = lambda data: _take_answer(
        data, {"error": data.get("error", ""), "cause": data.get("cause", "")}
    )
    sfn._send_task_heartbeat = lambda data: _take_answer(data, None)


def wait_for_answer(resource: str, parameters: Any, token: str, state: Record) -> Any:
    """Dispatch a waitForTaskToken task, unless it is resumed, and wait until its token is answered.

    Raises:
        _ExecutionError: the dispatch failed, the answer was a failure, or nobody answered in time.
    """
    execution, context = task.get()
    resumed = context.pop("resumedToken", None)
    token = resumed or token
    timeout = state.get("TimeoutSeconds", _NO_TIMEOUT)
    new = {"open": True, "dispatched": False, "answer": None}
    new |= {"state": context["State"]["Name"], "deadline": time.time() + timeout}
    wait = execution.setdefault("waits", {}).setdefault(token, new)
    answered = _answered.setdefault(token, threading.Event())
    try:
        if not resumed:
            _dispatch(resource, parameters, timeout, wait)
        if not wait["answer"]:
            answered.wait(max(0.0, wait["deadline"] - time.time()))
        check_still_mine(execution)
        return _result(wait)
    except sfn._ExecutionError:
        context["Task"]["Token"] = sfn.new_uuid()
        raise
    finally:
        _answered.pop(token, None)


def _dispatch(resource: str, parameters: Any, timeout: int, wait: Record) -> None:
    try:
        sfn._invoke_resource_with_timeout(
            resource.removesuffix(".waitForTaskToken"), parameters, timeout
        )
    except sfn._ExecutionError:
        check_still_mine(task.get()[0])
        with _waits_lock:
            wait["open"] = False
        if not wait["answer"]:
            raise
    wait["dispatched"] = True
    kind, _, how = resource.removeprefix("arn:aws:states:::").partition(":")
    details = {"resourceType": kind, "resource": how}
    sfn._add_event(task.get()[0], "TaskSubmitted", {"taskSubmittedEventDetails": details})


def _result(wait: Record) -> Any:
    """The output that was sent; its wait stays on record until the state is left."""
    with _waits_lock:
        answer = wait["answer"]
        wait["open"] = bool(answer and "output" in answer)
    if answer is None:
        raise sfn._ExecutionError("States.Timeout", "Task timed out waiting for callback")
    if "output" not in answer:
        raise sfn._ExecutionError(answer["error"], answer["cause"])
    return json.loads(answer["output"])


def _take_answer(data: Record, answer: Record | None) -> Any:
    """Record the answer in its wait; None is a heartbeat, which leaves the wait open."""
    token = data.get("taskToken")
    _, wait = find_wait(token)
    if wait is None:
        return error("InvalidToken", "Invalid Token: 'Invalid token'")
    try:
        json.loads((answer or {}).get("output", "{}"))
    except json.JSONDecodeError:
        return error("InvalidOutput", "Invalid Output: 'The output is not valid JSON'")
    with _waits_lock:
        if not wait["open"] or wait["answer"]:
            return error("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        wait["answer"] = answer
    if answer and token in _answered:
        _answered[token].set()
    return responses.json_response({})


def find_wait(token: str | None) -> tuple[Record, Record] | tuple[None, None]:
    for execution in sfn._executions.values():
        if wait := execution.get("waits", {}).get(token):
            return execution, wait
    return None, None


def open_wait(execution: Record, state: str, context: Record) -> str | None:
    """The token that this state waits for, noted in the context for `wait_for_answer`."""
    for token, wait in execution.get("waits", {}).items():
        if wait["state"] == state and wait["open"] and (wait["dispatched"] or wait["answer"]):
            context["resumedToken"] = token
            return str(token)
    return None


def close_waits(execution: Record, keep: str | None = None) -> None:
    with _waits_lock:
        for token, wait in list(execution.get("waits", {}).items()):
            wait["open"] = token == keep
            if token != keep and token in _answered:
                _answered[token].set()


def resolve_timeout_paths() -> None:
    """Resolve TimeoutSecondsPath of a Task from the state's input.

    AWS: the path must select a positive integer, else the execution fails with States.Runtime
    (Amazon States Language, Task state). ministack ignores the field and waits for ever.
    """
    execute = sfn._execute_task

    def execute_with_timeout(state: Record, data: Any, execution: Record, context: Record) -> Any:
        path = state.get("TimeoutSecondsPath")
        if path is None:
            return execute(state, data, execution, context)
        selected = sfn._apply_input_path(state, data, context)
        seconds = sfn._resolve_path_or_ctx(path, selected, context)
        if type(seconds) is not int or seconds <= 0:
            raise sfn._ExecutionError(
                "States.Runtime",
                f"TimeoutSecondsPath {path} must select a positive integer, not {seconds!r}",
            )
        return execute(state | {"TimeoutSeconds": seconds}, data, execution, context)

    sfn._execute_task = execute_with_timeout
