"""The way of each arrow between the states: level and upright, never through a state.

States stand in cells. Between the cells, and around them all, run tracks; each arrow takes the
cheapest way along them. Arrows from one state may part on their way, arrows to one state may join,
all others keep off each other's lines and only cross.
"""

import heapq
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .arrows import END, START, Arrow

TRACKS = 4
"""Lines for arrows in each gap between two lanes or rows."""

BEND, CROSSING, OFF_MIDDLE, OVERLAP = 60, 150, 20, 100_000
"""What a bend, a crossing, an end off the middle of a state's side, and an overlap cost, in points
of length. An overlap is for when there is no other way."""
GAP, STEP = 30, 14
"""How far bands, and tracks, are taken to be apart while the ways are sought."""
SHARED = 0.7
"""A line that is there already costs this part of a new one."""

Node = tuple[int, int]
"""A crossing of two lines: the number of the upright one, and of the level one."""
Edge = tuple[Node, Node]


@dataclass(frozen=True)
class Axis:
    """The lines that cut one direction: some through each band (lane or row), `TRACKS` per gap."""

    sizes: Sequence[float]
    """How broad each band is."""
    ports: tuple[float, ...]
    """The lines through a band, as distances from its middle."""

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.line(len(self.sizes), 0)

    def line(self, band: int, port: int) -> int:
        """The number of a line through a band."""
        return self.tracks(band).stop + port

    def tracks(self, gap: int) -> range:
        """The numbers of the lines in the gap before a band, or behind the last one."""
        first = gap * (TRACKS + len(self.ports))
        return range(first, first + TRACKS)

    def gaps_of(self, lines: Iterable[int]) -> set[int]:
        """The numbers of the gaps in which lines run; those through a band run in none."""
        places = (divmod(line, TRACKS + len(self.ports)) for line in lines)
        return {gap for gap, number in places if number < TRACKS}

    def positions(
        self, used: Container[int], gap: float, step: float, more: Mapping[int, float]
    ) -> list[float]:
        """Where each line is.

        Bands are at least a gap apart and the tracks in use a step; `more` gaps have more room.
        """
        found: list[float] = []
        reached = 0.0
        for band, size in enumerate([*self.sizes, 0]):
            tracks = self.tracks(band)
            in_use = [line for line in tracks if line in used]
            breadth = max(gap, step * (len(in_use) + 1)) + more.get(band, 0)
            for line in tracks:
                number = sum(other <= line for other in in_use)
                found.append(reached + breadth * number / (len(in_use) + 1))
            reached += breadth
            if band < len(self.sizes):
                found += [reached + size / 2 + port for port in self.ports]
                reached += size
        return found


@dataclass
class Routes:
    """Finds a way for one arrow after the other."""

    columns: Axis
    rows: Axis
    cells: dict[str, Node]
    """Column and row of each state."""
    unshared: Collection[Arrow]
    """Arrows whose lines no other may join."""
    found: dict[Arrow, list[Node]] = field(default_factory=dict)
    _on_edge: dict[Edge, list[Arrow]] = field(default_factory=lambda: defaultdict(list))
    _at_node: dict[Node, list[tuple[Arrow, Node, Node]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __post_init__(self) -> None:
        self._x = self.columns.positions(range(self.columns.count), GAP, STEP, {})
        self._y = self.rows.positions(range(self.rows.count), GAP, STEP, {})
        self._blocked = {node for name in self.cells for node in self._nodes_of(name)}

    def keep_free(self, state: str, below: bool) -> None:
        """No arrow may pass right below, or right above, a state."""
        column, row = self.cells[state]
        x = self.columns.line(column, 0)
        self._blocked |= {(x, y) for y in self.rows.tracks(row + below)}

    def find(self, arrow: Arrow) -> None:
        """Find the way of an arrow, given those found before, and keep it in `found`."""
        inside = set(self._nodes_of(arrow.target))
        goal = self.middle_of(arrow.target)
        queue: list[tuple[float, float, Node, Node, tuple[Node, ...]]] = []
        for node, heading, cost in self._exits(arrow.source):
            heapq.heappush(queue, (cost, cost, node, heading, (node,)))
        done = set()
        while queue:
            _, cost, node, heading, way = heapq.heappop(queue)
            if (node, heading) in done:
                continue
            done.add((node, heading))
            if node in inside and len(way) > 1:
                self._keep(arrow, list(way))
                return
            for turn in self._headings(heading, first=len(way) == 1):
                after = (node[0] + turn[0], node[1] + turn[1])
                if self._is_open(after, turn, arrow.target):
                    total = cost + self._cost(arrow, node, after, heading, turn)
                    likely = total + SHARED * self._length(after, goal)
                    heapq.heappush(queue, (likely, total, after, turn, (*way, after)))
        raise AssertionError(f"no way for {arrow}: the outermost tracks are always free")

    def own_part(self, arrow: Arrow) -> list[bool]:
        """For each step of an arrow's way, whether it shares it with no other arrow."""
        return [len(self._on_edge[edge]) == 1 for edge in pairwise(self.found[arrow])]

    def gaps_along(self, arrow: Arrow) -> tuple[set[int], set[int]]:
        """The gaps between columns, and those between rows, through which its own part leads."""
        steps = zip(pairwise(self.found[arrow]), self.own_part(arrow), strict=True)
        nodes = [node for edge, is_own in steps if is_own for node in edge]
        return (
            self.columns.gaps_of(column for column, _ in nodes),
            self.rows.gaps_of(row for _, row in nodes),
        )

    def upright_lines(self) -> set[int]:
        """The numbers of the upright lines on which arrows run."""
        return {a[0] for a, b in self._on_edge if a[0] == b[0]}

    def level_lines(self) -> set[int]:
        """The numbers of the level lines on which arrows run."""
        return {a[1] for a, b in self._on_edge if a[1] == b[1]}

    def middle_of(self, name: str) -> Node:
        """The node in the middle of a state."""
        return self._nodes_of(name)[1]

    def _nodes_of(self, name: str) -> list[Node]:
        """The nodes inside a state: its upper, middle and lower line."""
        column, row = self.cells[name]
        x = self.columns.line(column, 0)
        return [(x, self.rows.line(row, port)) for port in range(len(self.rows.ports))]

    def _exits(self, name: str) -> Iterator[tuple[Node, Node, float]]:
        """Where an arrow may leave a state, in which direction, and what that costs."""
        _, middle, low = self._nodes_of(name)
        yield low, (0, 1), 0
        for side in ((-1, 0), (1, 0)):
            yield middle, side, 0
            yield low, side, OFF_MIDDLE

    @staticmethod
    def _headings(heading: Node, first: bool) -> Iterator[Node]:
        yield heading
        if not first:
            yield heading[1], heading[0]
            yield -heading[1], -heading[0]

    def _is_open(self, node: Node, heading: Node, target: str) -> bool:
        """Whether an arrow to a target may come to a node, with that heading."""
        if not (0 <= node[0] < len(self._x) and 0 <= node[1] < len(self._y)):
            return False
        if node not in self._blocked:
            return True
        upper, middle, lower = self._nodes_of(target)
        if heading[0]:
            return node in (upper, middle)
        return node == (upper if heading[1] > 0 else lower)

    def _length(self, one: Node, other: Node) -> float:
        across = abs(self._x[one[0]] - self._x[other[0]])
        return across + abs(self._y[one[1]] - self._y[other[1]])

    def _cost(self, arrow: Arrow, node: Node, after: Node, heading: Node, turn: Node) -> float:
        """What it costs to go on from a node to the one after it, having come with a heading."""
        on_it = self._on_edge.get((node, after), ())
        against = self._on_edge.get((after, node), ())
        cost = self._length(node, after) * (SHARED if on_it else 1)
        cost += OVERLAP * (len(against) + sum(not self._may_share(arrow, other) for other in on_it))
        cost += BEND * (heading != turn)
        if turn[0] and after in self._blocked:
            cost += OFF_MIDDLE * (after != self.middle_of(arrow.target))
        for other, came, went in self._at_node.get(node, ()):
            if not self._may_share(arrow, other):
                crosses = heading == turn and came == went and heading[0] != came[0]
                cost += CROSSING if crosses else OVERLAP
        return cost

    def _may_share(self, one: Arrow, other: Arrow) -> bool:
        """Whether two arrows may run on one line: from one source, or to one target, not both."""
        if one in self.unshared or other in self.unshared:
            return False
        return (one.source == other.source) != (one.target == other.target)

    def _keep(self, arrow: Arrow, way: list[Node]) -> None:
        self.found[arrow] = way
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(way)]
        for edge in pairwise(way):
            self._on_edge[edge].append(arrow)
        for node, came, went in zip(way[1:], steps, steps[1:], strict=False):
            self._at_node[node].append((arrow, came, went))


def is_step(arrow: Arrow) -> bool:
    """Whether an arrow leads from a state to a state."""
    return arrow.source != START and arrow.target != END
