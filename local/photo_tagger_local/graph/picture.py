"""What is where in the picture of a workflow: its boxes, its lines and the words beside them."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any

from .arrows import Arrow, Kind, arrows_of
from .geometry import Box, Point, text_width
from .labels import label_of
from .layout import Layout, layout_of
from .placing import Label, Run, placed
from .routes import Axis, Routes, is_step

NAME_SIZE = 13
BOX_HEIGHT = 40
PADDING = 20
"""Between a state's name and its left and right end."""
SLANT = 14
"""How far the sides of a Choice, and those of a Pass, lean inwards."""
LONGEST_NAME, LONGEST_LABEL = 30, 64
"""Letters shown of a state's name and of an arrow's label; the tooltips have all."""
PORT = 12
"""Where an arrow meets a state's side if another is in the middle already: above or below it."""
ROW_GAP, LANE_GAP, TRACK = 38, 30, 14
"""Least distances: between two rows, two lanes, two lines that run side by side."""
STUB = 24
"""From a state to the middle of the mark of a start or an end."""
MARK = 6
"""The radius of that mark."""
MORE_ROOM = 12
"""The gaps along an arrow whose label finds no place grow by this, and all is tried again."""
MOST_TRIES = 20
"""After so many, a label may lie over a line: it has none that is its own."""

Room = Counter[int]
"""By how much gaps are broader than they need be for the lines in them."""


@dataclass(frozen=True)
class Picture:
    """Where everything is."""

    layout: Layout
    boxes: dict[str, Box]
    lines: dict[Arrow, list[Point]]
    """The corners of each arrow, from its source to its tip."""
    labels: dict[Arrow, Label]

    @property
    def extent(self) -> Box:
        """The box around all of it."""
        boxes = [*self.boxes.values(), *(label.box for label in self.labels.values())]
        corners = [corner for box in boxes for corner in box.corners]
        return Box.around(*corners, *(point for line in self.lines.values() for point in line))


def picture_of(definition: dict[str, Any]) -> Picture:
    """Arrange the picture of a definition. The same definition gives the same picture."""
    layout = layout_of(definition)
    routes = _routes(definition, layout)
    words = {arrow: label_of(definition, arrow) for arrow in routes.found}
    more: tuple[Room, Room] = (Counter(), Counter())
    for _ in range(MOST_TRIES):
        boxes, lines, own_runs = _arranged(definition, routes, more)
        labels, crowded = _labels(words, boxes, lines, own_runs)
        if not crowded:
            break
        for arrow in crowded:
            columns, rows = routes.gaps_along(arrow)
            more[0].update(dict.fromkeys(columns, MORE_ROOM))
            more[1].update(dict.fromkeys(rows, MORE_ROOM))
    return Picture(layout, boxes, lines, labels)


def shown_name(name: str) -> str:
    """A state's name as far as it is shown."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _breadth(name: str) -> float:
    return text_width(shown_name(name), NAME_SIZE) + 2 * PADDING


def _routes(definition: dict[str, Any], layout: Layout) -> Routes:
    """The ways of all arrows that lead from a state to a state: the straightest are found first."""
    lanes = sorted({lane for _, lane in layout.cells.values()})
    breadths = [
        max(_breadth(name) for name, cell in layout.cells.items() if cell[1] == lane)
        for lane in lanes
    ]
    rows = 1 + max(row for row, _ in layout.cells.values())
    arrows = list(arrows_of(definition))
    main_steps = set(pairwise(layout.main_way))
    routes = Routes(
        columns=Axis(breadths, (0,)),
        rows=Axis([BOX_HEIGHT] * rows, (-PORT, 0, PORT)),
        cells={name: (lanes.index(lane), row) for name, (row, lane) in layout.cells.items()},
        unshared={arrow for arrow in arrows if (arrow.source, arrow.target) in main_steps},
    )
    for arrow in arrows:
        if arrow.kind is Kind.START:
            routes.keep_free(arrow.target, below=False)
        elif arrow.kind is Kind.END:
            routes.keep_free(arrow.source, below=True)

    def turn(arrow: Arrow) -> tuple[bool, bool, int]:
        row, lane = layout.cells[arrow.source]
        end_row, end_lane = layout.cells[arrow.target]
        return arrow in layout.backward, (lane, end_lane) != (0, 0), abs(end_row - row)

    for arrow in sorted(filter(is_step, arrows), key=turn):
        routes.find(arrow)
    return routes


Lines = dict[Arrow, list[Point]]


def _arranged(
    definition: dict[str, Any], routes: Routes, more: tuple[Room, Room]
) -> tuple[dict[str, Box], Lines, dict[Arrow, list[Run]]]:
    """The boxes, the lines, and the runs that each arrow shares with no other."""
    xs = routes.columns.positions(routes.upright_lines(), LANE_GAP, TRACK, more[0])
    ys = routes.rows.positions(routes.level_lines(), ROW_GAP, TRACK, more[1])
    boxes = {}
    for name in routes.cells:
        column, row = routes.middle_of(name)
        x, y, half = xs[column], ys[row], _breadth(name) / 2
        boxes[name] = Box(x - half, y - BOX_HEIGHT / 2, x + half, y + BOX_HEIGHT / 2)

    def met(name: str, inside: Point, outside: Point) -> Point:
        return _side(definition["States"][name]["Type"], boxes[name], inside, outside)

    lines, own_runs = {}, {}
    for arrow, way in routes.found.items():
        points = [(xs[column], ys[row]) for column, row in way]
        points[0] = met(arrow.source, points[0], points[1])
        points[-1] = met(arrow.target, points[-1], points[-2])
        runs = list(_runs(points, [True] * len(way)))
        lines[arrow] = [points[0], *(end for _, end in runs)]
        own_runs[arrow] = list(_runs(points, routes.own_part(arrow))) or runs
    for arrow in arrows_of(definition):
        if arrow.kind is Kind.START:
            x, top = boxes[arrow.target].middle[0], boxes[arrow.target].top
            lines[arrow] = [(x, top - STUB), (x, top)]
        elif arrow.kind is Kind.END:
            x, bottom = boxes[arrow.source].middle[0], boxes[arrow.source].bottom
            lines[arrow] = [(x, bottom), (x, bottom + STUB - MARK)]
    return boxes, lines, own_runs


def _side(kind: str, box: Box, inside: Point, outside: Point) -> Point:
    """Where the line from a point inside of a state to one outside meets the state's shape."""
    (x, y), height = inside, box.bottom - box.top
    if outside[0] == x:
        return x, box.top if outside[1] < y else box.bottom
    to_right = outside[0] > x
    below = (y - box.middle[1]) / height
    inset = 0.0
    if kind == "Choice":
        inset = SLANT * abs(below) * 2
    elif kind == "Pass":
        inset = SLANT * (0.5 + below if to_right else 0.5 - below)
    elif kind in ("Succeed", "Fail"):
        inset = height * (0.5 - sqrt(0.25 - below**2))
    return (box.right - inset if to_right else box.left + inset), y


def _runs(points: list[Point], wanted: list[bool]) -> Iterator[Run]:
    """The longest straight stretches of the wanted steps from point to point."""
    start: Point | None = None
    for number, (point, after) in enumerate(pairwise(points)):
        if not wanted[number]:
            continue
        start = start or point
        last = number + 2 >= len(points) or not wanted[number + 1]
        if last or 0 not in (points[number + 2][0] - start[0], points[number + 2][1] - start[1]):
            yield start, after
            start = None


def _labels(
    words: dict[Arrow, str], boxes: dict[str, Box], lines: Lines, runs: dict[Arrow, list[Run]]
) -> tuple[dict[Arrow, Label], list[Arrow]]:
    """A place for each label, and the arrows whose label is not clear of all else."""
    obstacles = [box.grown(4) for box in boxes.values()]
    obstacles += [Box.around(*ends).grown(3) for line in lines.values() for ends in pairwise(line)]
    marked = [line for arrow, line in lines.items() if not is_step(arrow)]
    obstacles += [Box.around(*line).grown(2 * MARK) for line in marked]
    labels, crowded = {}, []
    for arrow, text in words.items():
        if text:
            shown = textwrap.shorten(text, LONGEST_LABEL, placeholder=" …")
            labels[arrow], is_clear = placed(shown, runs[arrow], obstacles)
            obstacles.append(labels[arrow].box.grown(3))
            if not is_clear:
                crowded.append(arrow)
    return labels, crowded
