"""Thousands of damaged photos through Resize: a copy or a sentence each. Run as `make mutations`.

With words, only the files that have all of them in their description, for a second look.
"""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.damage import Mutant, damaged, mutants
from bench.judge import Bounds, Decoder, Outcome, Verdict, verdicts
from bench.originals import originals
from resize.picture import UnreadablePhotoError, small_copy

EACH = 23
"""So many files of each original in each way: about eleven thousand."""

KEPT = Path(".local/mutations")
_MAX_EDGE = 40
"""Below the originals' size, so that they are shrunk as photos are."""


def copy_of(data: bytes) -> None:
    """Resize's copy of one file, held against what is promised of it."""
    copy = small_copy(io.BytesIO(data), _MAX_EDGE)
    with Image.open(io.BytesIO(copy.jpeg)) as picture:
        picture.load()
        kind, mode, edge = picture.format, picture.mode, max(picture.size)
    measured = copy.measurements
    if (kind, mode) != ("JPEG", "RGB") or edge > _MAX_EDGE:
        raise WrongCopyError(f"{kind} {mode} of {edge} px for {measured}")
    if not (0 <= measured.mean_luminance <= 255 and measured.sharpness >= 0):
        raise WrongCopyError(str(measured))


class WrongCopyError(Exception):
    """What was made is not the small copy that was promised."""


RESIZE = Decoder(copy_of, UnreadablePhotoError)


def main(words: list[str]) -> int:
    """Try all mutants with these words in them; 1 if one of them was more than Resize can take."""
    console = Console()
    if sys.platform != "linux":
        console.print("The mutations need Linux, which bounds a process's memory and tells it.")
        return 2
    wholes = originals()
    chosen = [
        mutant
        for mutant in mutants(wholes, range(EACH))
        if all(word in str(mutant) for word in words)
    ]
    files = ((mutant, damaged(mutant, wholes)) for mutant in chosen)
    judged = verdicts(RESIZE, files, Bounds(), len(os.sched_getaffinity(0)))
    found = dict(track(judged, "damaging", total=len(chosen), console=console))
    console.print(_table(found))
    wrong = {mutant: found[mutant] for mutant in chosen if found[mutant].outcome is Outcome.OTHER}
    for mutant, path in _keep(wrong, wholes):
        console.print(f"{mutant}: {wrong[mutant].reason}\n  {path}", markup=False, highlight=False)
    return bool(wrong)


def _keep(wrong: Iterable[Mutant], wholes: dict[str, bytes]) -> Iterator[tuple[Mutant, Path]]:
    """Write the files down for a second look."""
    for mutant in wrong:
        KEPT.mkdir(parents=True, exist_ok=True)
        path = KEPT / str(mutant).replace(",", "").replace(" ", "-")
        path.write_bytes(damaged(mutant, wholes))
        yield mutant, path


def _table(found: dict[Mutant, Verdict]) -> Table:
    table = Table("format", *("files", *Outcome, "longest s", "peak MB"))
    for column in table.columns[1:]:
        column.justify = "right"
    formats = dict.fromkeys(mutant.format for mutant in found)
    for name in formats:
        _add_row(table, name, [found[mutant] for mutant in found if mutant.format == name])
    table.add_section()
    _add_row(table, "all", list(found.values()))
    return table


def _add_row(table: Table, name: str, group: list[Verdict]) -> None:
    outcomes = [verdict.outcome for verdict in group]
    table.add_row(
        name,
        str(len(group)),
        *(str(outcomes.count(outcome)) for outcome in Outcome),
        f"{max((verdict.seconds for verdict in group), default=0):.2f}",
        f"{max((verdict.peak_megabytes for verdict in group), default=0):.0f}",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
