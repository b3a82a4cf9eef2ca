"""The measures that a plot shows, a row each: their axis, their limits, a photo's value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from photo_tagger.domain.rules import Measurements, RulesDoc


@dataclass(frozen=True)
class Measure:
    """One row of the plot; `low` and `high` are the limits, where there is one.

    `ends` is the part of the axis that shows in any case, `ticks` where numbers stand.
    """

    name: str
    unit: str
    scale: Literal["linear", "log", "symlog"]
    ends: tuple[float, float]
    ticks: tuple[float, ...]
    value: Callable[[Measurements], float]
    low: float
    high: float | None = None

    def fails(self, value: float) -> bool:
        """Whether the value is past a limit; a limit itself is allowed."""
        return value < self.low or (self.high is not None and value > self.high)

    def distance(self, value: float) -> float:
        """How far past the nearer limit, for sorting: a factor on a log axis, else a difference."""
        limit = self.low if value < self.low or self.high is None else self.high
        if self.scale == "linear":
            return abs(value - limit)
        small, large = sorted((abs(value), abs(limit)))
        return large / max(small, 1e-9)


def measures(rules: RulesDoc) -> list[Measure]:
    """Every check of the quality gate, in its order."""
    light, shape = rules.mean_luminance, rules.aspect_ratio
    return [
        Measure(
            "Brightness",
            "mean, 0 is black, 255 is white",
            "linear",
            (0, 255),
            (0, 50, 100, 150, 200, 250),
            lambda measured: measured.mean_luminance,
            light.min,
            light.max,
        ),
        Measure(
            "Sharpness",
            "log scale",
            "symlog",
            (0, 1000),
            (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000),
            lambda measured: measured.sharpness,
            rules.sharpness.min,
        ),
        Measure(
            "Shorter side",
            "pixels, log scale",
            "log",
            (100, 5000),
            (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000),
            lambda measured: min(measured.width, measured.height),
            rules.min_edge_px,
        ),
        Measure(
            "Width by height",
            "1 is a square, log scale",
            "log",
            (0.25, 4),
            (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 20),
            lambda measured: measured.width / measured.height,
            shape.min,
            shape.max,
        ),
    ]
