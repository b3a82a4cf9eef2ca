"""The plot of `photo-tagger check`: what it shows of photos and thresholds."""

from __future__ import annotations

import random
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from photo_tagger.domain.rules import Measurements, RulesDoc, judge
from photo_tagger.texts import Texts
from photo_tagger_cli.check.measures import measures
from photo_tagger_cli.check.photos import Checked, Measured, verdict
from photo_tagger_cli.check.plot import draw
from photo_tagger_cli.check.plot_names import short_name
from photo_tagger_cli.check.plot_places import stacked
from photo_tagger_cli.check.rules import Rules

DOC = RulesDoc.model_validate({"version": "3", "sharpness": {"min": 8}})
GOOD = {"width": 800, "height": 600, "mean_luminance": 120.0, "sharpness": 90.0}


def photo(name: str = "sofa.jpg", **changes: Any) -> Checked:
    measured = Measurements.model_validate(GOOD | changes)
    return verdict(Measured(file=name, sha256=name, measurements=measured), DOC, {})


def drawn(*photos: Checked, doc: RulesDoc = DOC) -> Figure:
    return draw(list(photos), Rules(doc, "rules.json, version 3"))


def dots(axes: Axes) -> dict[str, list[float]]:
    """The values in one row, by what the dots' shape says."""
    return {
        str(dots.get_label()): [float(x) for x, _ in dots.get_offsets()]  # type: ignore[misc]
        for dots in axes.collections
    }


def names(axes: Axes) -> list[str]:
    """The names that stand in a row, and no other words of it."""
    words = [text for text in axes.texts if isinstance(text, Annotation) and text.arrow_patch]
    return [text.get_text() for text in words]


def test_every_threshold_is_drawn_at_its_value_with_its_number() -> None:
    figure = drawn(photo())
    lines = [[float(line.get_xdata()[0]) for line in axes.lines] for axes in figure.axes]
    assert lines == [[40, 254], [8], [400], [0.4, 2.5]]
    words = [{text.get_text() for text in axes.texts} for axes in figure.axes]
    assert {"min 40", "max 254"} <= words[0]
    assert "min 8" in words[1]


def test_the_failing_side_is_shaded_up_to_the_end_of_the_axis() -> None:
    figure = drawn(photo(mean_luminance=20))
    brightness = figure.axes[0]
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in brightness.patches]
    assert spans == [(0, 40), (254, 255)]


def test_a_failing_photo_has_another_shape_where_it_fails_and_a_hollow_one_elsewhere() -> None:
    rows = [dots(axes) for axes in drawn(photo(), photo("dark.jpg", mean_luminance=20)).axes]
    assert rows[0] == {"passes": [120], "fails another check": [], "fails this check": [20]}
    assert rows[1] == {"passes": [90], "fails another check": [90], "fails this check": []}
    figure = drawn(photo("dark.jpg", mean_luminance=20))
    shapes = {len(marks.get_paths()[0].vertices) for marks in figure.axes[0].collections[1:]}
    assert len(shapes) == 2


def test_failing_photos_are_named_beside_their_dots_as_they_are_called() -> None:
    figure = drawn(photo("good.jpg"), photo("photos/a $x^2$ \x1b.jpg", sharpness=1))
    assert names(figure.axes[1]) == ["a $x^2$ \\x1b.jpg"]
    (label,) = [text for text in figure.axes[1].texts if "x^2" in text.get_text()]
    assert label.get_parse_math() is False
    assert names(figure.axes[0]) == []


def test_of_many_failing_photos_the_worst_are_named() -> None:
    many = [photo(f"{number:03}.jpg", sharpness=7 - number / 100) for number in range(500)]
    assert names(drawn(*many).axes[1])[0] == "499.jpg"
    assert 2 <= len(names(drawn(*many).axes[1])) <= 6


def test_title_and_caption_say_how_many_pass_by_which_rules_and_what_is_not_drawn() -> None:
    broken = Checked(file="b.jpg", verdict="unreadable", reasons=["The file is empty."])
    copy = Checked(file="c.jpg", verdict="duplicate", duplicate_of="sofa.jpg")
    figure = drawn(photo(), photo("dark.jpg", mean_luminance=20), broken, copy)
    assert [text.get_text() for text in figure.texts] == [
        "1 of 4 photos pass the quality gate",
        "Rules: rules.json, version 3.  Not drawn: 1 unreadable, 1 duplicate",
    ]


def test_nothing_readable_still_gives_a_plot() -> None:
    figure = drawn(Checked(file="b.jpg", verdict="unreadable"))
    assert [axes.get_title(loc="right") for axes in figure.axes] == ["no photo"] * 4


def test_extreme_photos_and_rules_stay_on_the_axes() -> None:
    doc = RulesDoc.model_validate({"version": "1", "sharpness": {"min": 0}, "min_edge_px": 9000})
    far = [photo(sharpness=0, width=1, height=30000), photo(sharpness=60000, mean_luminance=255)]
    figure = drawn(*far, doc=doc)
    for axes in figure.axes:
        left, right = axes.get_xlim()
        values = [value for row in dots(axes).values() for value in row]
        limits = [float(line.get_xdata()[0]) for line in axes.lines]
        assert left <= min(values + limits) <= max(values + limits) <= right


def test_the_rows_fail_exactly_what_the_gate_fails() -> None:
    rows, chance = measures(DOC), random.Random(5)  # noqa: S311 - for variety
    failed = 0
    for _ in range(300):
        measured = Measurements(
            width=chance.choice([200, 399, 400, 401, 1000]),
            height=chance.choice([400, 1000]),
            mean_luminance=chance.choice([39.9, 40, 120, 254, 254.1]),
            sharpness=chance.choice([7.9, 8, 8.1]),
        )
        failing = sum(row.fails(row.value(measured)) for row in rows)
        assert failing == len(judge(measured, DOC, Texts("en")))
        failed += failing
    assert failed > 100


def test_dots_that_would_hide_each_other_are_stacked_about_the_middle() -> None:
    assert stacked([], 1) == []
    assert stacked([5.5], 1) == [0]
    assert stacked([5.2, 9.0, 5.1], 1) == pytest.approx([0.13, 0, -0.13])
    high = stacked([0.5] * 300, 1)
    assert len(set(high)) == 300
    assert max(map(abs, high)) <= 0.81


def test_a_long_name_loses_its_middle() -> None:
    assert short_name("x/" + "a" * 30) == "a" * 30
    assert short_name("a" * 20 + "b" * 20) == "a" * 14 + "…" + "b" * 14
