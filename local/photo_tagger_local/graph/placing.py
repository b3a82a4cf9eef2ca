"""Finds a free place beside an arrow for the words that belong to it."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import copysign

from .geometry import Box, Point, text_width

LABEL_SIZE = 12
LINE_HEIGHT = 15
DISTANCE = 6
"""Between the words and their arrow."""
SHORTEST_LINE = 10
"""A line of words is not wrapped to fewer letters than this."""

Run = tuple[Point, Point]
"""A straight stretch of an arrow, from its source on."""


@dataclass(frozen=True)
class Label:
    """Words beside an arrow."""

    lines: list[str]
    box: Box
    anchor: str
    """What of the box each line of text keeps to: its `start`, `middle` or `end`."""


def placed(words: str, runs: Sequence[Run], obstacles: Sequence[Box]) -> tuple[Label, bool]:
    """The best place beside one of the runs, and whether it keeps off all obstacles.

    If none does, it is the one that meets the fewest.
    """
    places = [label for _, label in sorted(_places(words, runs), key=lambda place: place[0])]
    for label in places:
        if not any(map(label.box.overlaps, obstacles)):
            return label, True
    return min(places, key=lambda label: sum(map(label.box.overlaps, obstacles))), False


def _places(words: str, runs: Sequence[Run]) -> Iterator[tuple[float, Label]]:
    """All places to try, each with how bad it is: many lines, far from the source, overhanging."""
    for lines in _wraps(words):
        width = max(text_width(line, LABEL_SIZE) for line in lines)
        height = LINE_HEIGHT * len(lines)
        for number, run in enumerate(runs):
            for bad, (x, y), anchor in _spots(run, width, height):
                left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
                box = Box(left, y - height / 2, left + width, y + height / 2)
                yield 10 * len(lines) + 4 * number + bad, Label(lines, box, anchor)


def _wraps(words: str) -> Iterable[list[str]]:
    """The words in one line, in two, in three ...: each as narrow as it can be."""
    narrowest = {}
    for letters in range(max(len(words), SHORTEST_LINE), SHORTEST_LINE - 1, -1):
        lines = textwrap.wrap(words, letters, break_long_words=False, break_on_hyphens=False)
        narrowest[len(lines)] = lines
    return narrowest.values()


def _spots(run: Run, width: float, height: float) -> Iterator[tuple[float, Point, str]]:
    """Along one run: how bad, the point that the anchor and the middle line of text keep to."""
    (x1, y1), (x2, y2) = run
    if y1 == y2:
        overhang = max(0.0, width - abs(x2 - x1)) / 8
        beside = copysign(width / 2 + 2 * DISTANCE, x2 - x1)
        for bad, x in enumerate((x1 + beside, (x1 + x2) / 2, x2 - beside)):
            yield bad + overhang, (x, y1 - height / 2 - DISTANCE), "middle"
            yield bad + overhang + 2, (x, y1 + height / 2 + DISTANCE), "middle"
    else:
        overhang = max(0.0, height - abs(y2 - y1)) / 4
        for bad, part in enumerate((0.5, 0.3, 0.7, 0.15, 0.85)):
            y = y1 + (y2 - y1) * part
            yield bad + overhang, (x1 + DISTANCE, y), "start"
            yield bad + overhang + 0.5, (x1 - DISTANCE, y), "end"
