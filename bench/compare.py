"""Resize beside pyvips and plain Pillow, in time and memory. Run as `make bench`."""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.figures import GOAL_RATIO, Photo, markdown, rows
from bench.kinds import KINDS, SIZES, WARM_UP, Kind, path_of
from bench.measure import Measurement
from bench.ways import WAYS

PHOTOS = Path(".local/bench")
DOCUMENT = Path("docs/bench.md")
_FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
_WIDTH = 150
_PACKAGES = ("pillow", "pillow_heif", "pyvips", "pyvips-binary")


def main(arguments: list[str]) -> int:
    """Compare, and tell it; 1 if the ways did not make the same pictures."""
    asked = _asked(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    if sys.platform != "linux":
        console.print("The comparison needs Linux: it pins processes and reads their memory.")
        return 2
    _python("bench.photos", str(PHOTOS), *map(str, asked.megapixels))
    photos = _compared(asked.megapixels, asked.rounds, console)
    table, setting = rows(photos), _setting(asked.rounds)
    console.print(_shown(table))
    console.print(setting, highlight=False)
    console.print(
        f"Goal: for a JPEG at most {GOAL_RATIO} times pyvips's time, with less memory. "
        "The ratio is the median of the rounds', in brackets the lowest and the highest."
    )
    if asked.write:
        figures = f"{setting}\n\n{markdown(table)}\n"
        DOCUMENT.write_text(_FIGURES.sub(lambda _: figures, DOCUMENT.read_text()))
    disagreements = [photo.disagreement() for photo in photos if photo.disagreement()]
    for words in disagreements:
        console.print(words, highlight=False)
    return bool(disagreements)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of which the median counts (7)")
    sizes = [size for size in SIZES if size != WARM_UP]
    parser.add_argument(
        "--megapixels", type=int, nargs="+", choices=sizes, default=sizes, help="of the photos"
    )
    parser.add_argument("--write", action="store_true", help=f"the figures into {DOCUMENT}, too")
    return parser.parse_args(arguments)


def _compared(megapixels: list[int], rounds: int, console: Console) -> list[Photo]:
    """All measurements; the ways take turns, so that a slow moment of the machine meets all."""
    chosen = [(kind, size) for size in megapixels for kind in KINDS]
    measured: dict[tuple[Kind, int], dict[str, list[Measurement]]] = {
        photo: {way: [] for way in WAYS} for photo in chosen
    }
    turns = list(_turns(chosen, rounds))
    for kind, size, way in track(turns, "comparing", console=console):
        answer = _python(
            "bench.measure",
            way,
            str(path_of(PHOTOS, kind, size)),
            str(path_of(PHOTOS, kind, WARM_UP)),
        )
        if found := json.loads(answer):
            measured[kind, size][way].append(Measurement(**found))
    return [
        Photo(f"{kind.name}, {size} MP", kind.has_goal, measured[kind, size])
        for kind, size in chosen
    ]


def _turns(chosen: list[tuple[Kind, int]], rounds: int) -> Iterator[tuple[Kind, int, str]]:
    """Each way on each photo in each round; another one begins each time."""
    ways = list(WAYS)
    for number in range(rounds):
        first = number % len(ways)
        for kind, size in chosen:
            for way in ways[first:] + ways[:first]:
                yield kind, size, way


def _python(module: str, *words: str) -> str:
    """What a fresh Python prints; what it tells of its progress is for the terminal."""
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def _setting(rounds: int) -> str:
    """The machine, the versions, the day."""
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    packages = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: medians of {rounds} on one core of {os.cpu_count()} "
        f"({names[0] if names else 'unknown'}), Python {sys.version.split()[0]}, {packages}."
    )


def _shown(table: list[list[str]]) -> Table:
    head, *body = table
    shown = Table(*head)
    for column in shown.columns[1:-1]:
        column.justify = "right"
    for cells in body:
        shown.add_row(*cells)
    return shown


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
