"""Names beside the photos that fail a check by the most."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from photo_tagger_cli.check.measures import Measure
from photo_tagger_cli.check.names import shown
from photo_tagger_cli.check.photos import Checked

_MOST = 6
_LONGEST = 30
_DOT = 9  # pixels
_INK = "#7a2a14"
_OFFSETS = [(side * 8, up * 10) for up in (0, 1, -1, 2, -2, 3, -3) for side in (1, -1)]
"""Where a name is tried, in points from its dot: right and left of it, then higher and lower."""


def name_the_worst(
    axes: Axes,
    measure: Measure,
    photos: list[Checked],
    values: list[float],
    heights: list[float],
) -> None:
    """Names for the worst few, worst first, each where it hides no dot and no other name."""
    within = axes.get_window_extent()
    dots = [axes.transData.transform(dot) for dot in zip(values, heights, strict=True)]
    taken = [Bbox.from_bounds(x - _DOT / 2, y - _DOT / 2, _DOT, _DOT) for x, y in dots]
    failing = [index for index, value in enumerate(values) if measure.fails(value)]
    failing.sort(key=lambda index: measure.distance(values[index]), reverse=True)
    for index in failing[:_MOST]:
        label = axes.annotate(
            short_name(photos[index].file), (values[index], heights[index]), (0, 0),
            textcoords="offset points", fontsize=7.5, color=_INK, va="center", zorder=5,
            path_effects=[withStroke(linewidth=2, foreground="white")],
            arrowprops={"arrowstyle": "-", "color": _INK, "linewidth": 0.5, "shrinkB": 4},
        )  # fmt: skip
        for offset in _OFFSETS:
            label.set_position(offset)
            label.set_horizontalalignment("left" if offset[0] > 0 else "right")
            box = _text_box(label)
            if _fits(box, within, taken):
                taken.append(box)
                break
        else:
            label.remove()


def short_name(file: str) -> str:
    """The file's name without its folders, its middle left out where it is long."""
    name = shown(Path(file).name)
    if len(name) <= _LONGEST:
        return name
    half = (_LONGEST - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def _text_box(label: Annotation) -> Bbox:
    """Where its letters are, without the line to the dot."""
    label.get_window_extent()  # puts the text in its place
    return Text.get_window_extent(label)


def _fits(box: Bbox, within: Bbox, taken: list[Bbox]) -> bool:
    inside = within.x0 <= box.x0 and box.x1 <= within.x1 and within.y0 - 2 <= box.y0
    return inside and box.y1 <= within.y1 + 2 and not any(box.overlaps(other) for other in taken)
