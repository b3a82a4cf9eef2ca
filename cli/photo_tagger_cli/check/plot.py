"""Where photos lie against each threshold: a row of dots for each measure."""

from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from photo_tagger_cli.check.measures import Measure, measures
from photo_tagger_cli.check.photos import Checked
from photo_tagger_cli.check.plot_names import name_the_worst
from photo_tagger_cli.check.plot_places import stacked
from photo_tagger_cli.check.rules import Rules

_INK, _GREY, _PALE = "#22303c", "#6b7780", "#cfd6db"
_PASSES, _FAILS, _LIMIT, _SHADE = "#2a7fb8", "#c8401e", "#8a2c12", "#fbe9e2"
_DOTS_ACROSS = 110
"""So many dots lie side by side in a row before they stack."""
_FEW = 60
"""More dots than these are smaller."""

_STYLES: dict[str, dict[str, Any]] = {
    "passes": {"marker": "o", "facecolor": _PASSES, "edgecolor": "white"},
    "fails another check": {"marker": "o", "facecolor": "white", "edgecolor": _GREY},
    "fails this check": {"marker": "X", "facecolor": _FAILS, "edgecolor": "white"},
}
_FONTS: Any = {
    "font.size": 9,
    "text.color": _INK,
    "text.parse_math": False,  # a "$" in a name is a "$"
    "axes.labelcolor": _INK,
    "xtick.color": _GREY,
}


def draw(photos: list[Checked], rules: Rules) -> Figure:
    """The plot of all photos that have measurements; the others are counted below it."""
    drawn = [photo for photo in photos if photo.measurements]
    with matplotlib.rc_context(_FONTS):
        figure = Figure(figsize=(10, 8), dpi=100, facecolor="white")
        rows = figure.subplots(4, 1)
        figure.subplots_adjust(left=0.03, right=0.97, top=0.83, bottom=0.095, hspace=0.85)
        _head_and_foot(figure, photos, rules)
        for axes, measure in zip(rows, measures(rules.doc), strict=True):
            _row(axes, measure, drawn)
    return figure


def _head_and_foot(figure: Figure, photos: list[Checked], rules: Rules) -> None:
    passing = sum(photo.verdict == "ok" for photo in photos)
    noun = "photo passes" if len(photos) == 1 else "photos pass"
    title = f"{passing} of {len(photos)} {noun} the quality gate"
    figure.text(0.03, 0.955, title, fontsize=17, fontweight="bold", va="center")
    not_drawn = [
        f"{count} {verdict}"
        for verdict in ("unreadable", "duplicate")
        if (count := sum(photo.verdict == verdict for photo in photos))
    ]
    caption = f"Rules: {rules.source}"
    if not_drawn:
        caption += f".  Not drawn: {', '.join(not_drawn)}"
    figure.text(0.03, 0.025, caption, color=_GREY)
    handles = [
        Line2D(
            [],
            [],
            linestyle="",
            markersize=8,
            marker=style["marker"],
            markerfacecolor=style["facecolor"],
            markeredgecolor=style["edgecolor"],
            label=name,
        )
        for name, style in _STYLES.items()
    ]
    figure.legend(
        handles=handles, loc="center left", bbox_to_anchor=(0.02, 0.912), ncols=3, frameon=False,
        handletextpad=0.2, columnspacing=1.6,
    )  # fmt: skip


def _row(axes: Axes, measure: Measure, photos: list[Checked]) -> None:
    values = [measure.value(photo.measurements) for photo in photos if photo.measurements]
    _axis(axes, measure, values)
    _limits(axes, measure)
    failing = sum(map(measure.fails, values))
    axes.set_title(measure.name, loc="left", fontsize=11, fontweight="bold", color=_INK, pad=17)
    axes.annotate(
        measure.unit, (0, 1), (110, 18), xycoords="axes fraction", textcoords="offset points",
        color=_GREY,
    )  # fmt: skip
    told = f"{failing} of {len(values)} fail" if failing else "all pass"
    axes.set_title(
        told if values else "no photo", loc="right", color=_FAILS if failing else _GREY, pad=17
    )
    start, end = _along(axes, list(axes.get_xlim()))
    heights = stacked(_along(axes, values), (end - start) / _DOTS_ACROSS)
    few = len(values) <= _FEW
    size = 34 if few else 20
    for name, style in _STYLES.items():
        is_cross = style["marker"] == "X"
        chosen = [i for i, value in enumerate(values) if _style(measure, value, photos[i]) == name]
        axes.scatter(
            [values[i] for i in chosen], [heights[i] for i in chosen],
            s=size * (1.7 if is_cross else 1), label=name, zorder=4 if is_cross else 3,
            linewidths=0.7 if few or name != "passes" else 0, clip_on=False, **style,
        )  # fmt: skip
    name_the_worst(axes, measure, photos, values, heights)


def _along(axes: Axes, values: list[float]) -> list[float]:
    """Where values lie along the axis as it is drawn, be it linear or not."""
    return [float(axes.transScale.transform((value, 0))[0]) for value in values]


def _style(measure: Measure, value: float, photo: Checked) -> str:
    if measure.fails(value):
        return "fails this check"
    return "passes" if photo.verdict == "ok" else "fails another check"


def _axis(axes: Axes, measure: Measure, values: list[float]) -> None:
    """Wide enough for the measure's usual values, its limits and every photo."""
    limits = [limit for limit in (measure.low, measure.high) if limit is not None]
    shown = [*values, *limits, *measure.ends]
    low, high = min(shown), max(shown)
    if measure.scale == "symlog":
        axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    else:
        axes.set_xscale(measure.scale)
    if measure.scale != "linear":
        low, high = (low / 1.1 if measure.scale == "log" else low), high * 1.1
    axes.set_xlim(low, high)
    axes.set_ylim(-1, 1)
    ticks = [tick for tick in measure.ticks if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{tick:g}" for tick in ticks])
    axes.yaxis.set_major_locator(NullLocator())
    axes.tick_params(axis="x", length=3, color=_PALE)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(_PALE)


def _limits(axes: Axes, measure: Measure) -> None:
    """A line at each limit with its number, and shade where photos fail."""
    left, right = axes.get_xlim()
    for word, limit, edge in (("min", measure.low, left), ("max", measure.high, right)):
        if limit is None:
            continue
        axes.axvspan(*sorted((limit, edge)), color=_SHADE, linewidth=0, zorder=0)
        axes.axvline(limit, color=_LIMIT, linewidth=1.2, linestyle=(0, (4, 2)), zorder=2)
        axes.annotate(
            f"{word} {limit:g}", (limit, 1), (0, 3), xycoords=axes.get_xaxis_transform(),
            textcoords="offset points", ha="center", color=_LIMIT, fontsize=8, fontweight="bold",
        )  # fmt: skip
