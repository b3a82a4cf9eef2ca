"""One walk through the states of an execution, from any of them.

Where an execution is, is read from its history: the last state entered, and that state's input.

Limits: a Parallel or Map state is resumed or redriven as a whole; a Wait state waits anew.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import threading
from typing import Any

from ministack import app
from ministack.core import responses
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.executions import (
    Record,
    check_still_mine,
    endpoint_up,
    state_changed,
    task,
    walk,
)
from photo_tagger_local.aws.mends.task_tokens import close_waits, open_wait


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
            start_walk(execution)

    def add_event_if_mine(execution: Record, kind: str, details: Record | None = None) -> Any:
        check_still_mine(execution)
        if kind == "TaskScheduled" and "resumedToken" in task.get()[1]:
            return None
        event = add_event(execution, kind, details)
        state_changed.set()
        return event

    def fail_if_mine(execution: Record, error: str, cause: str) -> None:
        check_still_mine(execution)
        walk.set(None)
        close_waits(execution)
        fail(execution, error, cause)

    sfn.load_persisted_state = load_and_keep_running
    sfn._run_execution = run_execution
    sfn._add_event = add_event_if_mine
    sfn._fail_execution = fail_if_mine
    threading.Thread(target=_wait_for_endpoint, daemon=True).start()


def _can_go_on(execution: Record) -> bool:
    is_child = execution.get("mapRunArn") or execution.get("sync")
    return execution["status"] == "RUNNING" and not is_child


def _wait_for_endpoint() -> None:
    asyncio.run(app._wait_for_port(int(os.environ["GATEWAY_PORT"])))
    endpoint_up.set()


def start_walk(execution: Record) -> None:
    _, _, _, region, account, *_ = execution["executionArn"].split(":")
    context = contextvars.copy_context()
    context.run(responses._request_account_id.set, account)
    context.run(responses._request_region.set, region)
    threading.Thread(
        target=context.run, args=(run_execution, execution["executionArn"]), daemon=True
    ).start()


def run_execution(arn: str) -> None:
    """Walk an execution to its end, from the state it is in (see `resume_where_it_stopped`)."""
    endpoint_up.wait()
    _wait_for_the_request_that_began_this()
    execution = sfn._executions[arn]
    walk.set(execution.get("redriveCount", 0))
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


def _wait_for_the_request_that_began_this() -> None:
    """Its handling is one piece on the event loop, and the journal's line for it is the end."""
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), app._MAIN_LOOP).result()


def _walk_states(execution: Record, definition: Record, context: Record) -> None:
    cursor = _last_entered(execution)
    name, data = cursor or (definition["StartAt"], context["Execution"]["Input"])
    close_waits(execution, keep=open_wait(execution, name, context) if cursor else None)
    while name:
        state = definition["States"][name]
        context["State"] = {"Name": name, "EnteredTime": sfn.now_iso(), "RetryCount": 0}
        if cursor is None:
            _add_state_event(execution, state, "Entered", name=name, input=json.dumps(data))
        cursor = None
        data, next_name = _execute_state(state, data, execution, context)
        _add_state_event(execution, state, "Exited", name=name, output=json.dumps(data))
        close_waits(execution)
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
    check_still_mine(execution)
    walk.set(None)
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
