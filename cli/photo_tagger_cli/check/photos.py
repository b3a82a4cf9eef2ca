"""The verdict on local files, by the very code of Resize and QualityGate."""

import contextlib
import hashlib
import multiprocessing
import os
import signal
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from photo_tagger.domain.rules import Measurements, RulesDoc, judge
from photo_tagger.texts import Texts
from photo_tagger_cli.check.names import shown
from photo_tagger_local.errors import CommandError
from photo_tagger_local.photo_files import PhotoFiles, is_taken, photos_in
from photo_tagger_local.template import ROOT, read_template
from resize.file_size import check_size
from resize.picture import UnreadablePhotoError, small_copy

_FEW = 8
"""So many photos are read sooner than further processes have started."""

Verdict = Literal["ok", "fails", "unreadable", "duplicate"]


class Checked(BaseModel):
    """One photo: what it measures, and every reason why it would be set aside.

    `measurements` and `sha256` are there if it can be read; a duplicate is not judged.
    """

    file: str
    verdict: Verdict
    reasons: list[str] = []
    duplicate_of: str | None = None
    sha256: str | None = None
    measurements: Measurements | None = None


class Measured(BaseModel):
    """What is known of a file before it is compared with others: measurements, or a problem."""

    file: str
    sha256: str | None = None
    measurements: Measurements | None = None
    problem: str | None = None


def find_photos(given: Iterable[Path]) -> PhotoFiles:
    """The photos named, and those in the folders named, each once and in that order.

    Raises CommandError for what is not there, and if there is no photo at all.
    """
    found = PhotoFiles([], [])
    for path in given:
        if path.is_dir():
            inside = photos_in(path)
            found.photos.extend(inside.photos)
            found.ignored.extend(inside.ignored)
        elif path.is_file():
            (found.photos if is_taken(path) else found.ignored).append(path)
        else:
            raise CommandError(f"there is no file or folder {shown(path)}")
    if not found.photos:
        left_out = ", ".join(shown(path) for path in found.ignored[:5])
        more = f" (no photos we take: {left_out})" if left_out else ""
        raise CommandError(f"no photo to check{more}")
    return PhotoFiles(list(dict.fromkeys(found.photos)), list(dict.fromkeys(found.ignored)))


def check_photos(photos: list[Path], rules: RulesDoc) -> Iterator[Checked]:
    """The verdict on each photo, in order, each as soon as it is known."""
    owners: dict[str, str] = {}
    for measured in _measure_all(photos):
        checked = verdict(measured, rules, owners)
        if checked.verdict == "ok" and checked.sha256:
            owners[checked.sha256] = checked.file
        yield checked


def verdict(measured: Measured, rules: RulesDoc, owners: dict[str, str]) -> Checked:
    """What Resize and QualityGate make of a file, `owners` being the photos that passed before.

    A photo that the gate refused holds nothing back: its copy is judged like any other.
    """
    checked = Checked(file=measured.file, verdict="ok", sha256=measured.sha256)
    if measured.problem:
        checked.verdict, checked.reasons = "unreadable", [measured.problem]
    elif measured.sha256 in owners:
        checked.verdict, checked.duplicate_of = "duplicate", owners[measured.sha256]
    elif measured.measurements:
        checked.measurements = measured.measurements
        checked.reasons = judge(measured.measurements, rules, Texts("en"))
        checked.verdict = "fails" if checked.reasons else "ok"
    return checked


def measure(path: Path, max_edge: int) -> Measured:
    """What Resize would find out about one file. Raises CommandError if it may not be opened."""
    name = str(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be read: {error.strerror}") from error
    with file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damages; the verdict tells what matters
        try:
            check_size(os.fstat(file.fileno()).st_size)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            measurements = small_copy(file, max_edge).measurements
        except UnreadablePhotoError as error:
            return Measured(file=name, problem=str(error))
    return Measured(file=name, sha256=sha256, measurements=measurements)


def _measure_all(photos: list[Path]) -> Iterator[Measured]:
    """Each photo measured, in order: by all cores at once where there are many photos."""
    measure_one = partial(measure, max_edge=_default_max_edge())
    if len(photos) <= _FEW:
        yield from map(measure_one, photos)
        return
    with contextlib.ExitStack() as stack:
        pool = ProcessPoolExecutor(
            mp_context=multiprocessing.get_context("spawn"), initializer=_leave_ctrl_c_to_the_parent
        )
        stack.callback(pool.shutdown, cancel_futures=True)
        try:
            yield from pool.map(measure_one, photos)
        except BrokenProcessPool as error:
            raise CommandError(
                "a process died while it opened a photo, perhaps for want of memory: "
                "check fewer photos at a time to see which one"
            ) from error


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _default_max_edge() -> int:
    """The longest edge that Resize measures at, in pixels, unless an admin sets another."""
    return int(read_template(ROOT / "template.yaml")["Parameters"]["MaxEdge"]["Default"])
