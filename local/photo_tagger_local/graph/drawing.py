"""A state machine drawn as SVG: one picture for the command, the local console and the README.

It needs nothing from outside: no fonts, no scripts. It is all one SVG text, with a light ground of
its own, so that it is legible on a page of any colour.
"""

import re
from collections.abc import Collection
from itertools import pairwise
from math import dist
from typing import Any
from xml.etree import ElementTree as ET

from .arrows import END, START, Arrow, Kind, arrows_of
from .geometry import Box, Point
from .labels import label_of
from .picture import MARK, NAME_SIZE, SLANT, Picture, picture_of, shown_name
from .placing import LABEL_SIZE, LINE_HEIGHT

MARGIN = 28
CORNER = 9
"""The radius of a bend."""
HEAD = 8
"""The length of an arrow's head."""
LEGEND = 30
"""The height of the line that says what red means."""
UNTAKEN_WORDS = "not taken"

STYLE = f"""
.workflow text {{ font-family: "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1e293b; }}
.workflow .name {{ font-size: {NAME_SIZE}px; font-weight: 500; text-anchor: middle; }}
.workflow .label {{ font-size: {LABEL_SIZE}px; fill: #475569; }}"""
STYLE += """
.workflow .casing { fill: none; stroke: #fff; stroke-width: 3.5; }
.workflow .ground { fill: #fff; stroke: #d5dce5; }
.workflow .line { fill: none; stroke: #7c8aa0; stroke-width: 1.75; }
.workflow .main .line { stroke: #334155; stroke-width: 2.25; }
.workflow .head, .workflow .mark { fill: #7c8aa0; }
.workflow .main .head, .workflow .main .mark { fill: #334155; }
.workflow .ring { fill: #fff; stroke: #7c8aa0; stroke-width: 1.5; }
.workflow .main .ring { stroke: #334155; }
.workflow .shape { stroke-width: 1.5; stroke-linejoin: round; fill: #e8f1fd; stroke: #4a86d8; }
.workflow .choice .shape { fill: #fff4d6; stroke: #cf9a1b; }
.workflow .pass .shape { fill: #f3f5f8; stroke: #94a3b8; }
.workflow .waiting .shape { fill: #f1e9fd; stroke: #8b5fd3; }
.workflow .succeed .shape { fill: #e4f5ea; stroke: #3c9a63; }
.workflow .fail .shape { fill: #e2e8f0; stroke: #334155; stroke-width: 3; }
.workflow .hourglass { fill: none; stroke: #8b5fd3; stroke-width: 1.5; stroke-linejoin: round; }
.workflow .untaken .line { stroke: #d1242f; stroke-width: 1.5; stroke-dasharray: 6 4; }
.workflow .untaken .head, .workflow .untaken .mark { fill: #d1242f; }
.workflow .untaken .label, .workflow .untaken .name { fill: #b3121d; }
.workflow .untaken .ring { stroke: #d1242f; }
.workflow .untaken .shape { fill: #fff; stroke: #d1242f; stroke-dasharray: 6 4; }
.workflow .untaken .hourglass { stroke: #d1242f; }
"""


def drawing(definition: dict[str, Any], untaken: Collection[Arrow] = ()) -> str:
    """The SVG text of a definition in Amazon States Language (JSON).

    Arrows in `untaken`, and the states to which no other arrow leads, are red and dashed; a legend
    says so. Each state's group has `data-state`; each arrow's has `data-source`, `data-target`,
    `data-kind` and `data-number`, as the `Arrow` has.
    """
    picture = picture_of(definition)
    svg = _page(definition, picture, untaken)
    taken = [arrow for arrow in picture.lines if arrow not in untaken]
    for arrow in picture.lines:
        if arrow in untaken:
            _draw_arrow(svg, definition, picture, arrow, ["untaken"])
    if untaken:
        casing = " ".join(_bent(picture.lines[arrow]) for arrow in taken)
        ET.SubElement(svg, "path", {"class": "casing", "d": casing})
    for arrow in taken:
        _draw_arrow(svg, definition, picture, arrow, [])
    for name in definition["States"]:
        _draw_state(svg, definition["States"][name], name, picture, untaken)
    ET.indent(svg)
    return _without_control_characters(ET.tostring(svg, encoding="unicode")) + "\n"


def _page(definition: dict[str, Any], picture: Picture, untaken: Collection[Arrow]) -> ET.Element:
    extent = picture.extent.grown(MARGIN)
    bottom = extent.bottom + (LEGEND if untaken else 0)
    width, height = extent.right - extent.left, bottom - extent.top
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "workflow",
            "role": "img",
            "viewBox": _numbers(extent.left, extent.top, width, height),
            "width": _numbers(width),
            "height": _numbers(height),
        },
    )
    ET.SubElement(svg, "title").text = definition.get("Comment", "A state machine")
    states = definition["States"]
    said = f"{len(states)} states. The main way: {', '.join(picture.layout.main_way)}."
    if untaken:
        named = "; ".join(_way(arrow) for arrow in arrows_of(definition) if arrow in untaken)
        said += f" {UNTAKEN_WORDS.capitalize()}: {named}."
    ET.SubElement(svg, "desc").text = said
    ET.SubElement(svg, "style").text = STYLE
    ground = Box(extent.left, extent.top, extent.right, bottom).grown(-1)
    _rectangle(svg, ground, "ground", radius=14)
    if untaken:
        x, y = extent.left + MARGIN, bottom - LEGEND
        legend = ET.SubElement(svg, "g", {"class": "legend untaken"})
        ET.SubElement(legend, "path", {"class": "line", "d": _bent([(x, y), (x + 36, y)])})
        _text(legend, UNTAKEN_WORDS, (x + 44, y + 4), "label", "start")
    return svg


def _draw_arrow(
    svg: ET.Element,
    definition: dict[str, Any],
    picture: Picture,
    arrow: Arrow,
    marks: list[str],
) -> None:
    line = picture.lines[arrow]
    classes = ["arrow", arrow.kind, *marks]
    if _is_main(picture, arrow):
        classes.append("main")
    group = ET.SubElement(
        svg,
        "g",
        {
            "class": " ".join(classes),
            "data-source": arrow.source,
            "data-target": arrow.target,
            "data-kind": arrow.kind,
            "data-number": str(arrow.number),
        },
    )
    words = label_of(definition, arrow)
    ET.SubElement(group, "title").text = f"{_way(arrow)}: {words}" if words else _way(arrow)
    before, tip = line[-2:]
    back = HEAD / dist(before, tip)
    neck = (tip[0] + (before[0] - tip[0]) * back, tip[1] + (before[1] - tip[1]) * back)
    ET.SubElement(group, "path", {"class": "line", "d": _bent([*line[:-1], neck])})
    across = ((tip[1] - neck[1]) / 2, (neck[0] - tip[0]) / 2)
    wings = [(neck[0] + sign * across[0], neck[1] + sign * across[1]) for sign in (1, -1)]
    _polygon(group, [tip, *wings], "head")
    if arrow.kind is Kind.START:
        _circle(group, line[0], MARK, "mark")
    if arrow.kind is Kind.END:
        middle = (tip[0], tip[1] + MARK)
        _circle(group, middle, MARK, "ring")
        _circle(group, middle, MARK / 2, "mark")
    if label := picture.labels.get(arrow):
        x = {"start": label.box.left, "middle": label.box.middle[0], "end": label.box.right}
        for number, text in enumerate(label.lines):
            y = label.box.top + LINE_HEIGHT * (number + 0.75)
            _text(group, text, (x[label.anchor], y), "label", label.anchor)


def _is_main(picture: Picture, arrow: Arrow) -> bool:
    """Whether an arrow is a piece of the straight way down."""
    way = [START, *picture.layout.main_way, END]
    return (arrow.source, arrow.target) in pairwise(way) and len(picture.lines[arrow]) == 2


def _draw_state(
    svg: ET.Element,
    state: dict[str, Any],
    name: str,
    picture: Picture,
    untaken: Collection[Arrow],
) -> None:
    kind, box = state["Type"], picture.boxes[name]
    waits = kind == "Wait" or "waitForTaskToken" in state.get("Resource", "")
    classes = ["state", kind.lower()]
    if waits:
        classes.append("waiting")
    leading_here = {arrow for arrow in picture.lines if arrow.target == name}
    if leading_here and leading_here <= set(untaken):
        classes.append("untaken")
    group = ET.SubElement(svg, "g", {"class": " ".join(classes), "data-state": name})
    ET.SubElement(group, "title").text = f"{name}: {state.get('Comment', kind)}"
    (left, top), (right, bottom) = box.corners
    (x, y) = box.middle
    if kind == "Choice":
        tips = [(left, y), (left + SLANT, top), (right - SLANT, top)]
        tips += [(right, y), (right - SLANT, bottom), (left + SLANT, bottom)]
        _polygon(group, tips, "shape")
    elif kind == "Pass":
        tips = [(left + SLANT, top), (right, top), (right - SLANT, bottom), (left, bottom)]
        _polygon(group, tips, "shape")
    else:
        is_end = kind in ("Succeed", "Fail")
        _rectangle(group, box, "shape", radius=(bottom - top) / 2 if is_end else 6)
    if waits:
        glass = [(left + 8, y - 6), (left + 15, y - 6), (left + 8, y + 6), (left + 15, y + 6)]
        _polygon(group, glass, "hourglass")
    _text(group, shown_name(name), (x + 4 * waits, y + NAME_SIZE / 3), "name", "middle")


def _way(arrow: Arrow) -> str:
    return f"{arrow.source or 'Start'} → {arrow.target or 'End'}"


def _bent(points: list[Point]) -> str:
    """The path of a line with its bends rounded."""
    steps = [f"M{_numbers(*points[0])}"]
    for before, bend, after in zip(points, points[1:], points[2:], strict=False):
        first, second = (_towards(bend, other) for other in (before, after))
        steps.append(f"L{_numbers(*first)}Q{_numbers(*bend, *second)}")
    steps.append(f"L{_numbers(*points[-1])}")
    return "".join(steps)


def _towards(bend: Point, other: Point) -> Point:
    """Where the rounding of a bend begins: half the way to the next one at most."""
    part = min(0.5, CORNER / (dist(bend, other) or 1))
    return bend[0] + (other[0] - bend[0]) * part, bend[1] + (other[1] - bend[1]) * part


def _polygon(parent: ET.Element, points: list[Point], css: str) -> None:
    corners = " ".join(_numbers(*point) for point in points)
    ET.SubElement(parent, "polygon", {"class": css, "points": corners})


def _rectangle(parent: ET.Element, box: Box, css: str, radius: float) -> None:
    numbers = {
        "x": box.left,
        "y": box.top,
        "width": box.right - box.left,
        "height": box.bottom - box.top,
        "rx": radius,
    }
    written = {name: _numbers(number) for name, number in numbers.items()}
    ET.SubElement(parent, "rect", {"class": css, **written})


def _circle(parent: ET.Element, middle: Point, radius: float, css: str) -> None:
    numbers = {"cx": middle[0], "cy": middle[1], "r": radius}
    written = {name: _numbers(number) for name, number in numbers.items()}
    ET.SubElement(parent, "circle", {"class": css, **written})


def _text(parent: ET.Element, words: str, at: Point, css: str, anchor: str) -> None:
    place = {"x": _numbers(at[0]), "y": _numbers(at[1]), "text-anchor": anchor}
    ET.SubElement(parent, "text", {"class": css, **place}).text = words


def _numbers(*numbers: float) -> str:
    return " ".join(f"{number:.1f}".removesuffix(".0") for number in numbers)


def _without_control_characters(text: str) -> str:
    """XML has no way to write these."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
