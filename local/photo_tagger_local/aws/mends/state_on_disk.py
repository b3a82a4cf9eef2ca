"""All state on disk while the emulator runs: a kill at any moment loses nothing it has answered.

A snapshot holds every service's state at one moment. It is written beside the last one and put
in its place by one rename, so on disk there is always one that is complete. What was answered
since is in the journal (see `journal`) as far as it may not be lost, and is done again at the
start.

One moment for all services is what makes a snapshot safe to start from, and the event loop gives
it: every request is handled on it without a pause (but for mail, which waits for its server), so
while it takes the copy no request is halfway, and no function can call anything. Only threads that
walk executions go on beside it. They may note the end of a function whose calls are all in the
copy, and nothing else; their service is copied by one call into C, which no other thread can
interrupt.

A deployment is saved whole or not at all: no snapshot is taken while a stack is being changed,
so after a kill the stack is as it was before, and can be deployed again. Nobody is told that one is
complete before it is saved: what S3 then holds in its buckets would be in the way of the next try.

After a kill, the state that an execution was in runs again from its input, as after an orderly
stop; the rows that its function wrote are there, since they are in the journal.

Limits. What is neither a row nor moves an execution (messages, parameters, secrets, log lines)
is as old as the snapshot: a second, or ten times what a snapshot costs where that is more. A wait
for a token that began after it begins anew, with a new token. S3 writes each object through at
once and is always newest; an object whose write was cut off is the old one, or is there without
its notification (the product's reconcile finds it). No fsync: this is about the process, not about
the machine's power.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ministack import app
from ministack.services import cloudformation, lambda_svc
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.executions import Record, state_changed
from photo_tagger_local.aws.mends.journal import Journal, do_again, keep

_PAUSE_SECONDS = 1.0
_PAUSE_PER_COST = 9
"""A snapshot may take a tenth of the time."""

_TRIES = 100
_EXECUTION_STORES = (
    "state_machines",
    "executions",
    "tags",
    "activities",
    "state_machine_versions",
    "state_machine_aliases",
    "map_runs",
)

_logger = logging.getLogger(__name__)
_writing = threading.Lock()
_saved: Record = {"stacks": {}}
"""As `_stacks_now` was in the snapshot that is on disk."""


class Snapshot(NamedTuple):
    """Each service's state, pickled, and the number of the journal that goes on from there."""

    stacks: Record
    states: dict[str, bytes]
    journal: int


def save_while_running() -> None:
    """Save all state about once a second, and at an orderly stop.

    AWS keeps what it has answered. ministack saves at an orderly stop only, one file a service.
    """
    load, answer, describe = app._load_persisted_state, app.app, cloudformation.handle_request
    journal = Journal(_path().parent)

    async def answer_and_note(*request: Any) -> None:
        try:
            await answer(*request)
        finally:
            state_changed.set()

    def load_then_keep_saving() -> None:
        load()
        do_again(journal.entries_since(_loaded().get("journal", 0)))
        keep(journal)
        lambda_svc.get_state()  # forgets the code that nothing uses any more
        lambda_svc._prune_orphan_code_blobs = _keep_code
        threading.Thread(target=_keep_saving, args=(journal,), daemon=True).start()

    def save_once(_: Any) -> None:
        if (snapshot := _take(journal)) is not None:
            _write(snapshot, journal)

    async def save_stacks_and_describe(*request: Any) -> Any:
        if _stacks_now() != _saved["stacks"]:
            save_once(None)
        return await describe(*request)

    app.app = answer_and_note
    cloudformation.handle_request = save_stacks_and_describe
    sfn.get_state = _executions_as_they_are
    app.load_state = lambda service: _loaded().get(service)
    app.save_all = save_once
    app._load_persisted_state = load_then_keep_saving


def _keep_code(_: set[str]) -> None:
    """Forget no function's code while running: the snapshot on disk may still name it."""


def _executions_as_they_are() -> Record:
    """Step Functions' stores themselves, not copies: pickle copies each in one uninterrupted go."""
    return {store: getattr(sfn, f"_{store}") for store in _EXECUTION_STORES}


def _keep_saving(journal: Journal) -> None:
    while True:
        state_changed.wait()
        state_changed.clear()
        taking = asyncio.run_coroutine_threadsafe(_take_timed(journal), app._MAIN_LOOP)
        snapshot, cost = taking.result()
        if snapshot is not None:
            started = time.thread_time()
            try:
                _write(snapshot, journal)
            except OSError:  # a full disk: the last snapshot and the journals since still stand
                _logger.exception("The state could not be saved, and will be tried again")
                state_changed.set()
            cost += time.thread_time() - started
        time.sleep(max(_PAUSE_SECONDS, _PAUSE_PER_COST * cost))


async def _take_timed(journal: Journal) -> tuple[Snapshot | None, float]:
    started = time.thread_time()
    return _take(journal), time.thread_time() - started


def _take(journal: Journal) -> Snapshot | None:
    """Every service's state at this moment, None while a deployment runs. On the event loop."""
    if any(_is_being_changed(stack) for stack in cloudformation._stacks.all_values()):
        return None
    services = app._build_persistence_save_dict()
    states = {service: _pickled(get_state) for service, get_state in services.items()}
    return Snapshot(_stacks_now(), states, journal.begin_next())


def _stacks_now() -> Record:
    """When each stack was last changed, and what came of that."""
    stacks = cloudformation._stacks.all_values()
    return {stack["StackId"]: (stack["StackStatus"], stack["LastUpdatedTime"]) for stack in stacks}


def _is_being_changed(stack: Record) -> bool:
    status = str(stack["StackStatus"])
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def _pickled(get_state: Any) -> bytes:
    for _ in range(_TRIES):
        try:
            return pickle.dumps(get_state())
        except RuntimeError as error:  # a thread added to a dict while Python code copied it
            changed = error
    raise changed


def _write(snapshot: Snapshot, journal: Journal) -> None:
    with _writing:
        if journal.number > snapshot.journal:  # the one of the orderly stop is newer
            return
        path = _path()
        new = path.with_suffix(".new")
        new.write_bytes(pickle.dumps(snapshot.states | {"journal": pickle.dumps(snapshot.journal)}))
        new.replace(path)
        _saved["stacks"] = snapshot.stacks
        journal.forget_before(snapshot.journal)


@cache
def _loaded() -> Record:
    """What the last snapshot holds: the state of each service, and where its journal begins."""
    if not _path().exists():
        return {}
    # What lies in this directory is run anyway: the functions' code is in it.
    snapshot = pickle.loads(_path().read_bytes())  # noqa: S301
    return {name: pickle.loads(content) for name, content in snapshot.items()}  # noqa: S301


def _path() -> Path:
    return Path(os.environ["STATE_DIR"]) / "snapshot"
