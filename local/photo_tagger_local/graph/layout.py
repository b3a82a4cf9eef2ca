"""Where each state stands: its row and its lane, from the definition alone.

Lane 0 is the main way of an execution, from top to bottom. Right of it (1, 2, ...) are the states
from which it comes back to the main way, left of it (-1, -2, ...) those from which it does not.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .arrows import END, Arrow, Kind, arrows_of


@dataclass(frozen=True)
class Layout:
    """The cell of each state, and which arrows lead back up."""

    cells: dict[str, tuple[int, int]]
    """Row and lane, by the state's name. No two states share a cell."""
    backward: frozenset[Arrow]
    """The arrows that close a loop."""
    main_way: list[str]
    """The states of lane 0, in order."""


def layout_of(definition: dict[str, Any]) -> Layout:
    """Place the states of a definition."""
    names = list(definition["States"])
    arrows = [arrow for arrow in arrows_of(definition) if arrow.kind is not Kind.START]
    steps = [arrow for arrow in arrows if arrow.target != END]
    backward = _loops([definition["StartAt"], *names], steps)
    forward = [arrow for arrow in steps if arrow not in backward]
    rows = _rows(names, forward)
    main_way = _main_way(definition["StartAt"], forward, {arrow.source for arrow in backward})
    lanes = _lanes(names, rows, main_way, forward, backward)
    cells = {name: (rows[name], lanes[name]) for name in names}
    return Layout(cells, frozenset(backward), main_way)


def _loops(roots: Iterable[str], steps: list[Arrow]) -> set[Arrow]:
    """The arrows to a state that one has already come through, seen from the first root on."""
    backward: set[Arrow] = set()
    seen: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        seen.add(name)
        for arrow in steps:
            if arrow.source == name and arrow.target in (*way, name):
                backward.add(arrow)
            elif arrow.source == name and arrow.target not in seen:
                visit(arrow.target, (*way, name))

    for root in roots:
        if root not in seen:
            visit(root, ())
    return backward


def _rows(names: list[str], forward: list[Arrow]) -> dict[str, int]:
    """Each state below all that lead to it: the length of the longest way there."""
    rows = dict.fromkeys(names, 0)
    for _ in names:
        for arrow in forward:
            rows[arrow.target] = max(rows[arrow.target], rows[arrow.source] + 1)
    return rows


def _main_way(start: str, forward: list[Arrow], leads_back: set[str]) -> list[str]:
    """The longest way to an end that takes no catcher; of two as long, the one of the default."""
    longest: dict[str, list[str]] = {}

    def way_from(name: str) -> list[str]:
        if name not in longest:
            ahead = [a for a in forward if a.source == name and a.kind is not Kind.CATCH]
            ahead.sort(key=lambda arrow: arrow.kind is not Kind.DEFAULT)
            ways = [way_from(arrow.target) for arrow in ahead]
            best = max(ways, key=lambda way: (way[-1] not in leads_back, len(way)), default=[])
            longest[name] = [name, *best]
        return longest[name]

    return way_from(start)


def _lanes(
    names: list[str],
    rows: dict[str, int],
    main_way: list[str],
    forward: list[Arrow],
    backward: set[Arrow],
) -> dict[str, int]:
    """A lane for each state: the innermost whose rows are free, from its first source down to it.

    Those with a short way get the inner lanes, so that long arrows pass outside.
    """
    returning = _reaching(main_way, [*forward, *backward])
    first_source = {
        name: min((rows[a.source] for a in forward if a.target == name), default=rows[name] - 1)
        for name in names
    }
    leads_back = {arrow.source for arrow in backward}
    lanes = dict.fromkeys(main_way, 0)
    taken: dict[int, set[int]] = defaultdict(set)
    for name in sorted(
        (name for name in names if name not in lanes),
        key=lambda name: (name in leads_back, rows[name] - first_source[name]),
    ):
        side = 1 if name in returning else -1
        own = set(range(first_source[name] + 1, rows[name] + 1))
        lane = side
        while taken[lane] & own:
            lane += side
        taken[lane] |= own
        lanes[name] = lane
    return lanes


def _reaching(goals: list[str], steps: list[Arrow]) -> set[str]:
    """The states from which an arrow or more lead to one of the goals."""
    reaching = set(goals)
    while more := {a.source for a in steps if a.target in reaching} - reaching:
        reaching |= more
    return reaching
