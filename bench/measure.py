"""One small copy, timed in this process: `python -m bench.measure WAY PHOTO WARM_UP_PHOTO`.

Prints a Measurement as JSON, or null if this way cannot read the photo.
"""

import io
import json
import os
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.ways import WAYS


@dataclass(frozen=True)
class Measurement:
    """What one copy took of the processor and of memory, and what came out."""

    milliseconds: float
    megabytes: float
    size: tuple[int, int]
    colour: tuple[float, ...]


def measure(way_name: str, photo: Path, warm_up: Path) -> Measurement | None:
    """Processor time of the second copy that this process makes; its memory is all it ever had.

    On one core, as the function has: with 1024 MB it gets about 0.6 of one. What the function
    holds besides the imaging, pydantic above all, is held whichever way makes the copy.
    """
    import photo_tagger.domain.rules  # noqa: F401 - for its memory

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    way = WAYS[way_name]()
    try:
        way.copy(warm_up)
    except way.cannot_read:
        return None
    started = time.process_time()
    jpeg = way.copy(photo)
    seconds = time.process_time() - started
    megabytes = _peak_megabytes()
    size, colour = _seen(jpeg)
    return Measurement(seconds * 1000, megabytes, size, colour)


def _peak_megabytes() -> float:
    """What the process held at most; `ru_maxrss` would begin with what its parent held.

    Source: proc_pid_status(5), VmHWM, in kB.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) / 1024


def _seen(jpeg: bytes) -> tuple[tuple[int, int], tuple[float, ...]]:
    """A picture's size and mean colour."""
    from PIL import Image, ImageStat

    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.size, tuple(round(mean, 1) for mean in ImageStat.Stat(picture).mean)


if __name__ == "__main__":
    found = measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    json.dump(found and asdict(found), sys.stdout)
