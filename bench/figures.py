"""What the measurements of bench/compare.py say, as rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.measure import Measurement

OURS, RIVAL = "Resize", "pyvips"
GOAL_RATIO = 1.1
"""So many times as long as pyvips may Resize take for a JPEG, and with less memory."""

_SAME_COLOUR = 3.0
"""Of 255: encoders and profiles round differently."""


@dataclass(frozen=True)
class Photo:
    """One photo, with each way's measurements, one a round; none where it cannot be read."""

    name: str
    has_goal: bool
    measured: Mapping[str, Sequence[Measurement]]

    def time(self, way: str) -> str:
        """The median in ms."""
        took = [found.milliseconds for found in self.measured[way]]
        return f"{median(took):.0f}" if took else "cannot read it"

    def memory(self, way: str) -> str:
        """The median of the peaks in MB."""
        found = self.measured[way]
        return f"{_peak(found):.0f}" if found else "-"

    def ratios(self) -> list[float]:
        """Resize's time by pyvips's, round by round; empty where pyvips cannot read the photo."""
        if not self.measured[RIVAL]:
            return []
        rounds = zip(self.measured[OURS], self.measured[RIVAL], strict=True)
        return [ours.milliseconds / rival.milliseconds for ours, rival in rounds]

    def ratio(self) -> str:
        """The median ratio, with the lowest and the highest."""
        ratios = self.ratios()
        if not ratios:
            return "-"
        return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"

    def goal(self) -> str:
        """Whether the medians meet the goal, and in how many rounds it was met."""
        ratios = self.ratios()
        if not self.has_goal or not ratios:
            return "none"
        ours, rivals = self.measured[OURS], self.measured[RIVAL]
        rounds = [
            ratio <= GOAL_RATIO and one.megabytes < other.megabytes
            for ratio, one, other in zip(ratios, ours, rivals, strict=True)
        ]
        missed = ["time"] if median(ratios) > GOAL_RATIO else []
        if _peak(ours) >= _peak(rivals):
            missed.append("memory")
        verdict = f"missed: {' and '.join(missed)}" if missed else "met"
        return f"{verdict} ({sum(rounds)} of {len(rounds)} rounds)"

    def disagreement(self) -> str:
        """What is not the same picture from all ways; empty when all is well."""
        first = {way: found[0] for way, found in self.measured.items() if found}
        ours = first[OURS]
        for way, other in first.items():
            apart = max(abs(a - b) for a, b in zip(ours.colour, other.colour, strict=True))
            if other.size != ours.size or apart > _SAME_COLOUR:
                return (
                    f"{self.name}: {way} made another picture, {other.size} {other.colour}, "
                    f"than {OURS}, {ours.size} {ours.colour}"
                )
        return ""


def _peak(found: Sequence[Measurement]) -> float:
    return median(one.megabytes for one in found)


def rows(photos: Sequence[Photo]) -> list[list[str]]:
    """The table, its head first."""
    ways = list(photos[0].measured)
    head = [
        "photo",
        *(f"{way} ms" for way in ways),
        f"{OURS} / {RIVAL}",
        *(f"{way} MB" for way in ways),
        "goal",
    ]
    return [head] + [
        [
            photo.name,
            *(photo.time(way) for way in ways),
            photo.ratio(),
            *(photo.memory(way) for way in ways),
            photo.goal(),
        ]
        for photo in photos
    ]


def markdown(table: list[list[str]]) -> str:
    """The table for docs/bench.md."""
    head, *body = table
    lines = [head, ["---"] + ["---:"] * (len(head) - 2) + ["---"], *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
