"""Which thread may move an execution, and what it is at."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

Record = dict[str, Any]

stopping = threading.Event()
"""Set when the emulator has been told to stop: executions stand still from then on."""

endpoint_up = threading.Event()
"""Set when the endpoint that functions call answers; no execution moves before."""

state_changed = threading.Event()
"""Set when a request was answered or an execution moved on: there may be something to save."""

walk: contextvars.ContextVar[int | None] = contextvars.ContextVar("walk", default=None)
"""The redrive count of the execution that this thread walks; None in any other thread."""

task: contextvars.ContextVar[tuple[Record, Record]] = contextvars.ContextVar("task")
"""The execution and the context object of the Task state that this thread is in."""


def check_still_mine(execution: Record) -> None:
    """End this thread, without a trace, when the execution is no longer this walk's to move.

    That is so when the emulator is stopping (what happens to a function now is not the
    function's fault), and when the execution was aborted, also if it was redriven since.
    """
    if walk.get() is None:
        return
    moved_on = walk.get() != execution.get("redriveCount", 0)
    if stopping.is_set() or execution["status"] != "RUNNING" or moved_on:
        raise SystemExit
