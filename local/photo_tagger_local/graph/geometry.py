"""Boxes, and how much room words need. All lengths are in points of the picture."""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, *points: Point) -> "Box":
        """The smallest box with all the points in it."""
        xs, ys = zip(*points, strict=True)
        return cls(min(xs), min(ys), max(xs), max(ys))

    @property
    def middle(self) -> Point:
        """The point in the middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def corners(self) -> tuple[Point, Point]:
        """The upper left and the lower right corner."""
        return (self.left, self.top), (self.right, self.bottom)

    def grown(self, by: float) -> "Box":
        """This box with a margin around."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def overlaps(self, other: "Box") -> bool:
        """Whether the two have an area in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


FIRST_BROAD_LETTER = "\u0590"
"""Behind Latin, Greek and Cyrillic: a letter from here on may be as broad as the font is high."""

_EM = {"iIjl.,:;|!' ": 0.32, "frt()[]-<": 0.44, "mwMW@%": 0.95, "ABCDGHKNOQRUVXYZ=<>≤≥≠+…": 0.75}
"""How broad letters are, as parts of the font's size: those of DejaVu Sans, the broadest of the
fonts that browsers take for `sans-serif`, so that every other one needs less."""


def text_width(text: str, size: float) -> float:
    """The most room that words need in any usual sans-serif font."""

    def em_of(letter: str) -> float:
        other = 0.62 if letter < FIRST_BROAD_LETTER else 1.0
        return next((em for letters, em in _EM.items() if letter in letters), other)

    return size * sum(map(em_of, text))
