"""Decoders tried on files that may break them: in processes of their own, within bounds.

Linux only: memory is bounded and told by the kernel's own accounts.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Generic, TypeVar

Job = TypeVar("Job")
_SENTENCE_LENGTH = 20


class Outcome(StrEnum):
    """What became of a file."""

    COPY = "copy"
    REFUSED = "refused"
    OTHER = "anything else"


@dataclass(frozen=True)
class Verdict:
    """An outcome, in words where it is no copy, with the time and the memory it took."""

    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    peak_megabytes: float = 0.0


@dataclass(frozen=True)
class Bounds:
    """What a decoder may take: memory of the whole process, time for one file."""

    megabytes: int = 1024
    seconds: float = 30.0


class Decoder:
    """What is tried: `decode` returns for a good file and raises `refusal` for a bad one."""

    def __init__(self, decode: Callable[[bytes], object], refusal: type[Exception]) -> None:
        self._decode = decode
        self._refusal = refusal

    def judge(self, data: bytes) -> Verdict:
        """Try one file here and now, without bounds."""
        try:
            self._decode(data)
        except self._refusal as error:
            return _refused(error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever escapes is what we are after
            return Verdict(Outcome.OTHER, _told(error))
        return Verdict(Outcome.COPY)


def verdicts(
    decoder: Decoder, files: Iterable[tuple[Job, bytes]], bounds: Bounds, processes: int
) -> Iterator[tuple[Job, Verdict]]:
    """Try all files, each within the bounds; a process that dies or hangs is replaced."""
    waiting = iter(files)
    workers: list[_Worker[Job]] = [_Worker(decoder, bounds) for _ in range(processes)]
    try:
        busy = [worker for worker in workers if worker.begin(waiting)]
        while busy:
            soonest = min(worker.deadline for worker in busy)
            wait([worker.pipe for worker in busy], max(0.0, soonest - time.monotonic()))
            for worker in list(busy):
                if worker.pipe.poll() or worker.deadline <= time.monotonic():
                    yield worker.finish()
                    if not worker.begin(waiting):
                        busy.remove(worker)
    finally:
        for worker in workers:
            worker.stop()


class _Worker(Generic[Job]):
    """A process that judges one file at a time."""

    def __init__(self, decoder: Decoder, bounds: Bounds) -> None:
        self._decoder = decoder
        self._bounds = bounds
        self._start()

    def _start(self) -> None:
        # spawn: a forked copy would begin with all that the parent holds
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._decoder, self._bounds), daemon=True
        )
        self._process.start()
        theirs.close()
        self.pipe.recv()

    def begin(self, files: Iterator[tuple[Job, bytes]]) -> bool:
        """Take the next file; False if there is none."""
        for job, data in files:
            self._job = job
            self.deadline = time.monotonic() + self._bounds.seconds
            self.pipe.send_bytes(data)
            return True
        return False

    def finish(self) -> tuple[Job, Verdict]:
        """The verdict, which is there or will not come."""
        if not self.pipe.poll():
            self.stop()
            reason = f"no end after {self._bounds.seconds:g} s"
            verdict = Verdict(Outcome.OTHER, reason, self._bounds.seconds)
            self._start()
            return self._job, verdict
        try:
            return self._job, self.pipe.recv()
        except EOFError:
            self._process.join()
            verdict = Verdict(Outcome.OTHER, _death(self._process.exitcode))
            self.stop()
            self._start()
            return self._job, verdict

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection, decoder: Decoder, bounds: Bounds) -> None:
    """A worker's life: a verdict for each file that comes through the pipe."""
    warnings.simplefilter("ignore")
    # What the decoders' libraries write about damaged files is not for the terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    room = bounds.megabytes * 2**20 - _kilobytes("VmRSS") * 2**10
    most = _kilobytes("VmSize") * 2**10 + room
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            data = pipe.recv_bytes()
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            started = time.perf_counter()
            verdict = decoder.judge(data)
            seconds = time.perf_counter() - started
            peak = _kilobytes("VmHWM") / 1024
            pipe.send(Verdict(verdict.outcome, verdict.reason, seconds, peak))


def _refused(error: Exception) -> Verdict:
    """A refusal is good if it says something, and was not for want of memory."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, MemoryError):
            return Verdict(Outcome.OTHER, f"more memory than there is: {_told(cause)}")
        cause = cause.__cause__
    sentence = str(error)
    if len(sentence) < _SENTENCE_LENGTH or not sentence.endswith("."):
        return Verdict(Outcome.OTHER, f"refused without a sentence: {sentence!r}")
    return Verdict(Outcome.REFUSED, sentence)


def _told(error: BaseException) -> str:
    """The exception and where it was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return f"{type(error).__name__} ({' '.join(str(error).split())}) in {place}"


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"died by {signal.Signals(-exit_code).name}"
    return f"ended with exit code {exit_code}"


def _kilobytes(field: str) -> int:
    """A line of the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise LookupError(field)
