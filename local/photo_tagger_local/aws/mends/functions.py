"""Functions: as tasks of executions, and behind a Function URL."""

from __future__ import annotations

import os
import threading
from typing import Any

from ministack.services import lambda_svc
from ministack.services import stepfunctions as sfn


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


def hand_over_cookies() -> None:
    """Tell a function behind a Function URL which cookies came with the request.

    AWS: as the list `cookies` of the event, not among its headers. ministack: as a header only.
    """
    build = lambda_svc._build_function_url_event

    def build_with_cookies(*arguments: Any, **named: Any) -> dict[str, Any]:
        event: dict[str, Any] = build(*arguments, **named)
        sent = event["headers"].pop("cookie", "")
        if sent:
            event["cookies"] = sent.split("; ")
        return event

    lambda_svc._build_function_url_event = build_with_cookies
