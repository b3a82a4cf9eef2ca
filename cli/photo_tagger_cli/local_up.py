"""`photo-tagger local up`: everything started, photos dropped, progress shown until Ctrl-C."""

import signal
import time
from datetime import datetime
from itertools import groupby
from pathlib import Path

from rich.console import Console

from photo_tagger_local.ports import Ports
from photo_tagger_local.progress import Progress, Step
from photo_tagger_local.run import LocalRun, Options

_LOOK_SECONDS = 0.5


def local_up(
    state: Path,
    port: int,
    *,
    photos: Path | None,
    bedrock: bool,
    parameters: dict[str, str],
    store: str,
    drive: Path | None,
) -> int:
    """Stay up until SIGINT or SIGTERM; 0 then. `parameters` are the template's."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    console.print("Starting …")
    try:
        options = Options(state, Ports.from_first(port), bedrock, parameters, store, drive)
        with LocalRun(options) as run:
            _welcome(console, run, time.monotonic() - started, bedrock=bedrock)
            progress = run.progress()
            _going_on(console, list(progress.look()))
            _drop(console, run, photos, drive)
            _follow(console, run, progress)
    except KeyboardInterrupt:
        console.print(f"\nEnded. Everything is kept in {state}; the same command goes on there.")
    return 0


def _welcome(console: Console, run: LocalRun, seconds: float, *, bedrock: bool) -> None:
    stays = "Photos go to Amazon Bedrock; all else stays" if bedrock else "Everything stays"
    console.print(f"Up after {seconds:.1f} s. {stays} on this computer.\n")
    console.print(f"  Inbox         {run.addresses['inbox']}   drafts are mailed here")
    console.print(f"  Review page   {run.addresses['review']}        opened by the mails")
    console.print(f"  Shop          {run.addresses['shop']}    what was approved")
    console.print(f"  AWS endpoint  {run.addresses['aws']}         for --endpoint-url\n")


def _going_on(console: Console, earlier: list[Step]) -> None:
    """In one line what an earlier run with this state left; its story was told then.

    A photo's latest step counts: one that was re-queued has an execution that ended besides.
    """
    latest = {step.photo_id: step for step in earlier}
    ended = sum(step.ended for step in latest.values())
    if latest:
        console.print(
            f"Going on: {len(latest) - ended} photos wait or are on their way, "
            f"{ended} came to an end before."
        )


def _drop(console: Console, run: LocalRun, photos: Path | None, drive: Path | None) -> None:
    if drive:
        console.print(f"{drive} plays the Google Drive folder: put photos into it.")
        if photos is None:
            return
    if photos is None:
        bucket = run.outputs["DropBucket"]
        console.print(f"No --photos given: upload some to s3://{bucket} at the AWS endpoint.")
        return
    dropped = run.drop(photos)
    console.print(f"{len(dropped.photo_ids)} photos in {photos}; the new ones are on their way.")
    for name in dropped.ignored:
        console.print(f"Not a photo we take, left out: {name}", style="yellow")
    console.print("Ctrl-C ends this.\n")


def _follow(console: Console, run: LocalRun, progress: Progress) -> None:
    while True:
        began = time.monotonic()
        steps = list(progress.look())
        for photo_id, moves in groupby(steps, key=lambda step: step.photo_id):
            _tell(console, run, photo_id, list(moves))
        time.sleep(max(_LOOK_SECONDS, time.monotonic() - began))


def _tell(console: Console, run: LocalRun, photo_id: str, moves: list[Step]) -> None:
    path = " > ".join(move.at for move in moves if not move.ended)
    if any(move.ended for move in moves):
        path = f"{path}  [{moves[-1].at}] {moves[-1].error or _end(run, photo_id)}".strip()
    console.print(f"{datetime.now():%H:%M:%S}  {photo_id:<40} {path}")


def _end(run: LocalRun, photo_id: str) -> str:
    record = run.record(photo_id)
    if record is None:
        return ""
    told = record.flag_reasons or ([record.listing.url] if record.listing else [])
    return " ".join([str(record.status), *told])
