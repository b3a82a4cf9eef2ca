"""What is mended about ministack, so that executions behave here as they do in AWS.

Each mend replaces or wraps one function of one pinned version, from outside. `apply` puts them
all in place, before ministack's server starts. One function is rewritten as a whole
(`run_execution`, from `stepfunctions._run_execution`): a walk that can begin at any state cannot
be had by wrapping it.

What the mends must remember, they keep in ministack's own record of the execution, which it
saves: `definition` (as at the start), `waits` (task tokens: see `wait_for_answer`) and the
fields of redrives. Where an execution is, is read from its history: the last state entered, and
that state's input.

Limits: a Parallel or Map state is resumed or redriven as a whole; a Wait state waits anew.
"""

from __future__ import annotations

import asyncio
import base64
import contextvars
import email.utils
import importlib.metadata
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import hypercorn.asyncio
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, responses
from ministack.services import lambda_svc, ses, sqs
from ministack.services import stepfunctions as sfn

WRITTEN_FOR = "1.5.33"
_REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")

Record = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]


class MendError(Exception):
    """The mends do not fit the ministack that is installed. The message says what to do."""


def apply() -> None:
    """Put every mend in place; call it before ministack's main.

    Raises:
        MendError: another version of ministack is installed than the mends were written for.
    """
    installed = importlib.metadata.version("ministack")
    if installed != WRITTEN_FOR:
        raise MendError(
            f"The local AWS was written for ministack {WRITTEN_FOR}, and {installed} is installed: "
            f"install ministack=={WRITTEN_FOR}, or check each mend in {__file__} against the new "
            "version, run tests/local/test_emulator.py, and raise WRITTEN_FOR."
        )
    for mend in (
        resume_where_it_stopped,
        answer_task_tokens,
        resolve_timeout_paths,
        start_once_per_name,
        redrive,
        take_turns,
        name_resources,
        count_loopback_as_secure,
        redeliver_after_stop,
        stop_in_order,
    ):
        mend()


# --- one walk through the states, from any of them ------------------------------------------------

_stopping = threading.Event()
_walk: contextvars.ContextVar[int | None] = contextvars.ContextVar("walk", default=None)
_task: contextvars.ContextVar[tuple[Record, Record]] = contextvars.ContextVar("task")


def _check_still_mine(execution: Record) -> None:
    """End this thread, without a trace, when the execution is no longer this walk's to move.

    That is so when the emulator is stopping (what happens to a function now is not the
    function's fault), and when the execution was aborted, also if it was redriven since.
    """
    if _walk.get() is None:
        return
    moved_on = _walk.get() != execution.get("redriveCount", 0)
    if _stopping.is_set() or execution["status"] != "RUNNING" or moved_on:
        raise SystemExit


def resume_where_it_stopped() -> None:
    """Let executions go on over a restart.

    AWS has no restarts: a Standard execution runs for up to a year. ministack loads what was
    RUNNING as FAILED with States.ServiceRestart. Mended: a wait for a task token goes on with its
    token and its deadline, and is not dispatched again; any other state runs again from its
    recorded input, without a new StateEntered event.
    """
    load, add_event, fail = sfn.load_persisted_state, sfn._add_event, sfn._fail_execution

    def load_and_keep_running(data: Record) -> None:
        running = [e for e in data["executions"].all_values() if _can_go_on(e)]
        for execution in running:
            execution["status"] = "HELD"  # load fails what is RUNNING
        load(data)
        for execution in running:
            execution["status"] = "RUNNING"
        threading.Thread(target=_resume, args=(running,), daemon=True).start()

    def add_event_if_mine(execution: Record, kind: str, details: Record | None = None) -> Any:
        _check_still_mine(execution)
        if kind == "TaskScheduled" and "resumedToken" in _task.get()[1]:
            return None
        return add_event(execution, kind, details)

    def fail_if_mine(execution: Record, error: str, cause: str) -> None:
        _check_still_mine(execution)
        _walk.set(None)
        _close_waits(execution)
        fail(execution, error, cause)

    sfn.load_persisted_state = load_and_keep_running
    sfn._run_execution = run_execution
    sfn._add_event = add_event_if_mine
    sfn._fail_execution = fail_if_mine


def _can_go_on(execution: Record) -> bool:
    is_child = execution.get("mapRunArn") or execution.get("sync")
    return execution["status"] == "RUNNING" and not is_child


def _resume(executions: list[Record]) -> None:
    """Walk on with each execution, once the endpoint that its functions call is up."""
    asyncio.run(app._wait_for_port(int(os.environ["GATEWAY_PORT"])))
    for execution in executions:
        _start_walk(execution)


def _start_walk(execution: Record) -> None:
    _, _, _, region, account, *_ = execution["executionArn"].split(":")
    context = contextvars.copy_context()
    context.run(responses._request_account_id.set, account)
    context.run(responses._request_region.set, region)
    threading.Thread(
        target=context.run, args=(run_execution, execution["executionArn"]), daemon=True
    ).start()


def run_execution(arn: str) -> None:
    """Walk an execution to its end, from the state it is in (see `resume_where_it_stopped`)."""
    execution = sfn._executions[arn]
    _walk.set(execution.get("redriveCount", 0))
    machine = sfn._state_machines.get(execution["stateMachineArn"], {})
    definition = json.loads(execution.setdefault("definition", machine.get("definition", "{}")))
    context = {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": arn,
            "Input": json.loads(execution["input"]),
            "Name": execution["name"],
            "StartTime": execution["startDate"],
            "RedriveCount": execution.get("redriveCount", 0),
        },
        "StateMachine": {
            "Id": execution["stateMachineArn"],
            "Name": execution["stateMachineArn"].rsplit(":", 1)[-1],
        },
        "variables": {},
    }
    try:
        _walk_states(execution, definition, context)
    except sfn._ExecutionError as error:
        sfn._fail_execution(execution, error.error, error.cause)
    except Exception as error:  # noqa: BLE001 - as AWS: whatever breaks fails the execution
        sfn.logger.exception("Unexpected error in execution %s", arn)
        sfn._fail_execution(execution, "States.Runtime", str(error))


def _walk_states(execution: Record, definition: Record, context: Record) -> None:
    cursor = _last_entered(execution)
    name, data = cursor or (definition["StartAt"], context["Execution"]["Input"])
    _close_waits(execution, keep=_open_wait(execution, name, context) if cursor else None)
    while name:
        state = definition["States"][name]
        context["State"] = {"Name": name, "EnteredTime": sfn.now_iso(), "RetryCount": 0}
        if cursor is None:
            _add_state_event(execution, state, "Entered", name=name, input=json.dumps(data))
        cursor = None
        data, next_name = _execute_state(state, data, execution, context)
        _add_state_event(execution, state, "Exited", name=name, output=json.dumps(data))
        _close_waits(execution)
        name = next_name
    _succeed(execution, json.dumps(data))


def _add_state_event(execution: Record, state: Record, what: str, **details: str) -> None:
    sfn._add_event(execution, f"{state['Type']}State{what}", {f"state{what}EventDetails": details})


def _execute_state(
    state: Record, data: Any, execution: Record, context: Record
) -> tuple[Any, str | None]:
    """Run one state; returns its output and the next state's name (None: the last one)."""
    kind = state["Type"]
    if kind == "Succeed":
        selected = sfn._apply_input_path(state, data, context)
        return sfn._apply_output_path(state, selected, context), None
    if kind == "Fail":
        raise sfn._ExecutionError(*sfn._fail_state_error(state, data, context))
    handler = getattr(sfn, f"_execute_{kind.lower()}")
    of_execution = (execution,) if kind in ("Task", "Parallel", "Map") else ()
    output, next_name = handler(state, data, *of_execution, context)
    return output, next_name


def _succeed(execution: Record, output: str) -> None:
    _check_still_mine(execution)
    _walk.set(None)
    execution.update(status="SUCCEEDED", output=output, stopDate=sfn.now_iso())
    details = {"executionSucceededEventDetails": {"output": output}}
    sfn._add_event(execution, "ExecutionSucceeded", details)
    sfn._emit_execution_status_event(execution)


def _last_entered(execution: Record) -> tuple[str, Any] | None:
    """Name and input of the state that an execution is in; None before the first state."""
    for event in reversed(execution["events"]):
        if event["type"].endswith("StateEntered"):
            details = event["stateEnteredEventDetails"]
            return details["name"], json.loads(details["input"])
    return None


# --- task tokens ----------------------------------------------------------------------------------

_NO_TIMEOUT = 99_999_999  # seconds: AWS's default for a Task
_waits_lock = threading.Lock()
_answered: dict[str, threading.Event] = {}


def answer_task_tokens() -> None:
    """Wait for task tokens, and answer those who send them, as AWS does.

    AWS: a task whose dispatch fails, fails with that error; each attempt has a token of its own;
    TimeoutSeconds runs from the dispatch on; SendTask* for a token that is closed answers
    TaskTimedOut, and for one never given InvalidToken (Step Functions API reference, SendTask*;
    developer guide, "Wait for a Callback with Task Token"). ministack swallows a failed dispatch,
    uses one token for all attempts, and answers TaskDoesNotExist to both.
    """
    execute, stop = sfn._execute_task, sfn._stop_execution

    def execute_noted(state: Record, data: Any, execution: Record, context: Record) -> Any:
        _task.set((execution, context))
        return execute(state, data, execution, context)

    def stop_and_close_waits(data: Record) -> Any:
        response = stop(data)
        execution = sfn._executions.get(data.get("executionArn"))
        if execution and execution["status"] == "ABORTED":
            _close_waits(execution)
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
    execution, context = _task.get()
    resumed = context.pop("resumedToken", None)
    token = resumed or token
    timeout = state.get("TimeoutSeconds", _NO_TIMEOUT)
    new = {"open": True, "dispatched": False, "answer": None}
    new |= {"state": context["State"]["Name"], "deadline": time.time() + timeout}
    wait = execution.setdefault("waits", {}).setdefault(token, new)
    answered = _answered.setdefault(token, threading.Event())
    try:
        if not resumed:
            _dispatch(resource.replace(".waitForTaskToken", ""), parameters, timeout, wait)
        if not wait["answer"]:
            answered.wait(max(0.0, wait["deadline"] - time.time()))
        _check_still_mine(execution)
        return _result(wait)
    except sfn._ExecutionError:
        context["Task"]["Token"] = sfn.new_uuid()
        raise
    finally:
        _answered.pop(token, None)


def _dispatch(resource: str, parameters: Any, timeout: int, wait: Record) -> None:
    try:
        sfn._invoke_resource_with_timeout(resource, parameters, timeout)
    except sfn._ExecutionError:
        _check_still_mine(_task.get()[0])
        with _waits_lock:
            wait["open"] = False
        if not wait["answer"]:
            raise
    wait["dispatched"] = True


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
    _, wait = _find_wait(token)
    if wait is None:
        return _error("InvalidToken", "Invalid Token: 'Invalid token'")
    try:
        json.loads((answer or {}).get("output", "{}"))
    except json.JSONDecodeError:
        return _error("InvalidOutput", "Invalid Output: 'The output is not valid JSON'")
    with _waits_lock:
        if not wait["open"] or wait["answer"]:
            return _error("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        wait["answer"] = answer
    if answer and token in _answered:
        _answered[token].set()
    return responses.json_response({})


def _find_wait(token: str | None) -> tuple[Record, Record] | tuple[None, None]:
    for execution in sfn._executions.values():
        if wait := execution.get("waits", {}).get(token):
            return execution, wait
    return None, None


def _open_wait(execution: Record, state: str, context: Record) -> str | None:
    """The token that this state waits for, noted in the context for `wait_for_answer`."""
    for token, wait in execution.get("waits", {}).items():
        if wait["state"] == state and wait["open"] and (wait["dispatched"] or wait["answer"]):
            context["resumedToken"] = token
            return str(token)
    return None


def _close_waits(execution: Record, keep: str | None = None) -> None:
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


# --- start and redrive ----------------------------------------------------------------------------


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
        return _extend(describe(data), lambda answer: answer | _redrives(execution, in_full=True))

    def list_with_redrives(data: Record) -> Any:
        def extend(answer: Record) -> Record:
            for item in answer["executions"]:
                item |= _redrives(sfn._executions[item["executionArn"]], in_full=False)
            return answer

        return _extend(list_all(data), extend)

    sfn.handle_request = handle_with_redrive
    sfn._describe_execution = describe_with_redrives
    sfn._list_executions = list_with_redrives


def _redrive_execution(data: Record) -> Any:
    execution = sfn._executions.get(data.get("executionArn"))
    if execution is None:
        return _error("ExecutionDoesNotExist", "Execution Does Not Exist")
    client_token = data.get("clientToken")
    if client_token and client_token == execution.get("redriveToken"):
        return responses.json_response({"redriveDate": execution["redriveDate"]})
    if reason := _not_redrivable(execution):
        return _error("ExecutionNotRedrivable", reason)
    count = execution.get("redriveCount", 0) + 1
    execution |= dict.fromkeys(("stopDate", "output", "error", "cause"))
    execution |= {"status": "RUNNING", "redriveCount": count, "redriveDate": sfn.now_iso()}
    execution["redriveToken"] = client_token
    details = {"executionRedrivenEventDetails": {"redriveCount": count}}
    sfn._add_event(execution, "ExecutionRedriven", details)
    sfn._emit_execution_status_event(execution)
    _start_walk(execution)
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


# --- functions, queues and the process ------------------------------------------------------------


def take_turns() -> None:
    """Let function tasks of executions wait for a place instead of being turned away.

    AWS: about 1,000 places; a function beyond them fails with Lambda.TooManyRequestsException.
    ministack: LAMBDA_ACCOUNT_CONCURRENCY places, and what is beyond fails with Lambda.Unknown,
    AWS's name for a function that died. Mended: tasks share WORKFLOW_PLACES of the places, so
    that a burst (a bulk redrive, a cleared queue) cannot start hundreds of processes; the name is
    AWS's. A function that is itself a task must not wait for another execution's tasks.
    """
    call = sfn._call_lambda
    places = threading.BoundedSemaphore(int(os.environ["WORKFLOW_PLACES"]))

    def call_in_turn(function: str, event: Any) -> Any:
        with places:
            try:
                return call(function, event)
            except sfn._ExecutionError as error:
                if error.error == "Lambda.Unknown" and "TooManyRequestsException" in error.cause:
                    error.error = "Lambda.TooManyRequestsException"
                raise

    sfn._call_lambda = call_in_turn


def name_resources() -> None:
    """Check three more actions against the resources that AWS checks them against.

    AWS (Service Authorization Reference): ssm:GetParametersByPath on the parameter ARN of the
    path, exactly as asked for (so a grant on parameter/pt/config/* needs the path /pt/config/ with
    its slash); ses:SendRawEmail on the identity of the sender; states:SendTask* on the state
    machine whose execution waits. ministack checks these on "*", so no scoped role may call them.
    """
    named = iam_actions.extract_resource_arn

    def extract(*request: Any) -> Any:
        service, _, _, headers, body, query, region, account = request
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action == "GetParametersByPath":
            return f"arn:aws:ssm:{region}:{account}:parameter{json.loads(body)['Path']}"
        if action.startswith("SendTask"):
            execution, _ = _find_wait(json.loads(body).get("taskToken"))
            return execution["stateMachineArn"] if execution else "*"
        if service == "ses" and (sender := _sender(query)):
            return f"arn:aws:ses:{region}:{account}:identity/{sender}"
        return named(*request)

    iam_actions.extract_resource_arn = extract


def _sender(query: Record) -> str | None:
    """The identity that a SendRawEmail call sends as: the address if verified, else its domain."""
    source, data = (query.get(k, [""]) for k in ("Source", "RawMessage.Data"))
    if not data[0]:
        return None
    header = email.message_from_bytes(base64.b64decode(data[0])).get("From", "")
    address = email.utils.parseaddr(source[0] or header)[1]
    return address if address in ses._identities else address.rpartition("@")[2]


def count_loopback_as_secure() -> None:
    """Let policies that refuse plain http pass calls on this machine.

    AWS: aws:SecureTransport is true for https, which every SDK uses (IAM user guide, global
    condition keys). ministack is spoken to by http on 127.0.0.1, and says false.
    """
    resolve = iam_evaluator._resolve_condition_key

    def resolve_key(key: str, request: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, request)

    iam_evaluator._resolve_condition_key = resolve_key


def redeliver_after_stop() -> None:
    """Give messages that were in flight at a stop to their consumers again, at the start.

    AWS has no restarts. ministack keeps such messages hidden for the rest of their visibility
    timeout (half an hour for the ready queue), although whoever received them has ended. Mended:
    they are visible at once, and that receive does not count towards the dead-letter queue.
    """
    load = sqs.load_persisted_state

    def load_and_redeliver(data: Record) -> None:
        load(data)
        now = time.time()
        for queue in sqs._queues.all_values():
            for message in queue["messages"]:
                if message["visible_at"] > now and message.get("receive_count"):
                    message["visible_at"] = now
                    message["receive_count"] -= 1

    sqs.load_persisted_state = load_and_redeliver


def stop_in_order() -> None:
    """On SIGTERM: first executions stand still, then functions end, then the state is saved.

    ministack saves last, when the functions in flight have already failed for want of an endpoint
    (and their executions with them), and leaves their processes behind.
    """
    serve, execute = hypercorn.asyncio.serve, lambda_svc._execute_function

    async def serve_until_told(application: Any, config: Any) -> None:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)

        async def stand_still() -> None:
            await told.wait()
            _stopping.set()
            await asyncio.to_thread(lambda_runtime.reset)

        await serve(application, config, shutdown_trigger=stand_still)

    def execute_unless_stopping(function: Record, event: Any) -> Any:
        if _stopping.is_set():
            body = {"errorType": "ServiceException", "errorMessage": "The local AWS is stopping."}
            return {"error": True, "body": body, "log": ""}
        return execute(function, event)

    hypercorn.asyncio.serve = serve_until_told  # type: ignore[assignment]
    lambda_svc._execute_function = execute_unless_stopping


def _error(code: str, message: str) -> Any:
    return responses.error_response_json(code, message, 400)


def _extend(response: Response, change: Callable[[Record], Record]) -> Any:
    """Change the body of an answer that is not an error."""
    status, _, body = response
    if status != 200:
        return response
    return responses.json_response(change(json.loads(body)))
