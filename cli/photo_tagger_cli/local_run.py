"""`photo-tagger local run`: a folder of photos taken through without a person."""

import contextlib
import json
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from photo_tagger.domain.photo import ENDED, PhotoRecord, Status
from photo_tagger_local.ports import Ports
from photo_tagger_local.reviewer import Reviewer, ReviewError
from photo_tagger_local.run import A_MAIL_EACH, Dropped, LocalRun, Options

Decide = Literal["approve", "reject", "none"]
_LOOK_SECONDS = 0.3
_QUIET_SECONDS = 120.0
_RUNNING = "RUNNING"
_ENDED_WELL = "SUCCEEDED"


def local_run(
    photos: Path, *, decide: Decide, as_json: bool, state: Path | None, bedrock: bool
) -> int:
    """0 if every photo reached an end (with `none`: waits for its owner, or reached an end)."""
    told = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    with contextlib.ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run = stack.enter_context(LocalRun(Options(folder, Ports.free(), bedrock, A_MAIL_EACH)))
        dropped = run.drop(photos)
        told.print(f"{len(dropped.photo_ids)} photos on their way …")
        _see_through(run, dropped, decide, told)
        rows = [_row(run, name, photo_id) for name, photo_id in dropped.photo_ids.items()]
    (_print_json if as_json else _print_table)(rows, dropped.ignored)
    return 0 if all(_reached(row, decide) for row in rows) else 1


def _see_through(run: LocalRun, dropped: Dropped, decide: Decide, told: Console) -> None:
    """Return when every photo is through, or when nothing has moved for two minutes."""
    reviewer, progress = Reviewer(run.inbox), run.progress()
    waiting_for = set(dropped.photo_ids.values())
    last_move = time.monotonic()
    while waiting_for and time.monotonic() - last_move < _QUIET_SECONDS:
        for step in progress.look():
            told.print(f"  {step.photo_id:<40} {step.at} {step.error}".rstrip())
            last_move = time.monotonic()
            if step.ended:
                waiting_for.discard(step.photo_id)
        if decide == "none":
            waiting_for -= reviewer.mailed()
        else:
            _decide(reviewer, decide, told)
        time.sleep(_LOOK_SECONDS)
    for photo_id in sorted(waiting_for):
        told.print(f"  {photo_id:<40} has not moved for {_QUIET_SECONDS:.0f} s")


def _decide(reviewer: Reviewer, decide: Literal["approve", "reject"], told: Console) -> None:
    """Answer every new mail. One that cannot be answered is told, and its photo goes on waiting."""
    try:
        for photo_id in reviewer.decide_new(decide):
            told.print(f"  {photo_id:<40} {decide}")
    except ReviewError as error:
        told.print(f"  {error}")


def _row(run: LocalRun, name: str, photo_id: str) -> dict[str, Any]:
    record = run.record(photo_id)
    return {
        "file": name,
        "photo_id": photo_id,
        "execution_arn": record and record.execution_arn,
        "execution_status": _execution_status(run, record),
        "outcome": record and record.outcome,
        "status": record and record.status,
        "fields": _fields(record),
        "confidence": record.confidence.model_dump() if record and record.confidence else None,
        "flag_reasons": record.flag_reasons if record else [],
        "listing": record.listing.model_dump() if record and record.listing else None,
        "seconds_to_draft": _seconds_to_draft(run, record) if record else None,
    }


def _execution_status(run: LocalRun, record: PhotoRecord | None) -> str | None:
    if record is None or record.execution_arn is None:
        return None
    states = run.aws.client("stepfunctions")
    return str(states.describe_execution(executionArn=record.execution_arn)["status"])


def _fields(record: PhotoRecord | None) -> dict[str, Any] | None:
    """As decided, where a person decided on fields; else as drafted."""
    if record is None:
        return None
    fields = (record.decision.fields if record.decision else None) or record.draft
    return fields.model_dump() if fields else None


def _seconds_to_draft(run: LocalRun, record: PhotoRecord) -> float | None:
    """From the starter's first sight of the photo to its first saved draft."""
    drafted = [
        row["ts"].partition("#")[0]
        for row in run.audit_trail(record.photo_id)
        if row["action"] == "drafted"
    ]
    if not drafted:
        return None
    took = datetime.fromisoformat(drafted[0]) - datetime.fromisoformat(record.received_at)
    return round(took.total_seconds(), 2)


def _reached(row: dict[str, Any], decide: Decide) -> bool:
    if decide == "none" and row["execution_status"] == _RUNNING:
        return bool(row["status"] == Status.WAITING)
    return row["execution_status"] == _ENDED_WELL and row["status"] in ENDED


def _print_json(rows: list[dict[str, Any]], ignored: list[str]) -> None:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    statuses = Counter(str(row["status"]) for row in rows)
    totals = {"photos": len(rows), "status": dict(statuses), "ignored": ignored}
    print(json.dumps({"totals": totals}, ensure_ascii=False))


def _print_table(rows: list[dict[str, Any]], ignored: list[str]) -> None:
    table = Table("Photo", "Outcome", "Status", "Title or reason", "To draft", box=None)
    for row in rows:
        seconds = row["seconds_to_draft"]
        table.add_row(
            row["file"],
            row["outcome"] or "",
            row["status"] or "not started",
            " ".join(row["flag_reasons"]) or (row["fields"] or {}).get("title", ""),
            f"{seconds:.1f} s" if seconds is not None else "",
        )
    console = Console(highlight=False, markup=False)
    console.print(table)
    for name in ignored:
        console.print(f"Not a photo we take, left out: {name}")
    statuses = Counter(str(row["status"]) for row in rows)
    total = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    console.print(f"{len(rows)} photos: {total}")
