"""The workflow as a graph: all its arrows, and a drawing that shows each of them legibly."""

import json
import re
import subprocess
import sys
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import ImageFont

from photo_tagger_local.graph.arrows import END, START, Arrow, Kind, arrows_of
from photo_tagger_local.graph.drawing import drawing
from photo_tagger_local.graph.geometry import Box
from photo_tagger_local.graph.labels import label_of

ROOT = Path(__file__).parents[2]
WORKFLOW_FILE = ROOT / "statemachines/photo.asl.json"
WORKFLOW: dict[str, Any] = json.loads(WORKFLOW_FILE.read_text())
PICTURE_FILE = ROOT / "docs/images/workflow.svg"

MAIN_WAY = [
    *("Resize", "IsReadable", "QualityGate", "IsUsable", "ReadPhoto", "RouteByConfidence"),
    *("DraftReady", "SaveDraft", "NotifyOwner", "Decision", "GraceTime"),
    *("WriteToStore", "StoreAnswer", "RecordListing"),
]
"""What happens to a good photo whose owner approves it."""

SMALL = {
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Next": "Which",
            "Catch": [
                {"ErrorEquals": ["States.Timeout"], "Next": "Broken"},
                {"ErrorEquals": ["States.ALL"], "Next": "Broken"},
            ],
        },
        "Which": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.size", "NumericLessThan": 3, "Next": "Rest"},
                {"Variable": "$.size", "NumericLessThan": 9, "Next": "Work"},
            ],
            "Default": "Note",
        },
        "Note": {"Type": "Pass", "Next": "Sure"},
        "Rest": {"Type": "Wait", "Seconds": 5, "Next": "Work"},
        "Sure": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.sure", "BooleanEquals": True, "Next": "Good"}],
        },
        "Good": {"Type": "Succeed"},
        "Broken": {"Type": "Fail"},
        "Unreached": {"Type": "Task", "End": True},
    },
}

Shown = tuple[str, str, str, int]


def shown(arrow: Arrow) -> Shown:
    return arrow.source, arrow.target, arrow.kind, arrow.number


def larger_workflow() -> dict[str, Any]:
    """The workflow with more ways: after each Task a question, whose answers lead on and back."""
    states = json.loads(json.dumps(WORKFLOW["States"]))
    tasks = [name for name, state in states.items() if "Next" in state and state["Type"] == "Task"]
    for earlier, name in pairwise(tasks):
        after, question = states[name]["Next"], f"{name}Asked"
        states[name]["Next"] = question
        states[question] = {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.answer", "StringEquals": "once more", "Next": earlier},
                {"Variable": "$.answer", "StringEquals": "give up", "Next": f"{name}GivenUp"},
            ],
            "Default": after,
        }
        states[f"{name}GivenUp"] = {"Type": "Succeed"}
    return {"StartAt": WORKFLOW["StartAt"], "States": states}


class Picture:
    """What a reader of the SVG finds in it."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(re.sub(' xmlns="[^"]*"', "", svg))  # noqa: S314, our own text
        groups = self.root.findall("g")
        self.states = {g.attrib["data-state"]: g for g in groups if "data-state" in g.attrib}
        self.arrows: dict[Shown, ET.Element] = {
            (
                g.attrib["data-source"],
                g.attrib["data-target"],
                g.attrib["data-kind"],
                int(g.attrib["data-number"]),
            ): g
            for g in groups
            if "data-source" in g.attrib
        }

    def untaken(self) -> tuple[set[Shown], set[str]]:
        """The arrows and the states that are marked."""
        return (
            {key for key, g in self.arrows.items() if "untaken" in g.attrib["class"].split()},
            {key for key, g in self.states.items() if "untaken" in g.attrib["class"].split()},
        )

    def box(self, state: str) -> Box:
        shape = self.states[state].find("*[@class='shape']")
        assert shape is not None
        if shape.tag == "polygon":
            numbers = [float(number) for number in shape.attrib["points"].split()]
            return Box.around(*zip(numbers[::2], numbers[1::2], strict=True))
        x, y, width, height = (float(shape.attrib[key]) for key in ("x", "y", "width", "height"))
        return Box(x, y, x + width, y + height)

    def line(self, arrow: Shown) -> list[Box]:
        """The pieces of an arrow's line, each as the box around it."""
        path = self.arrows[arrow].find("path")
        assert path is not None
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
        points = zip(numbers[::2], numbers[1::2], strict=True)
        return [Box.around(*ends).grown(0.5) for ends in pairwise(points)]

    def marks(self) -> list[Box]:
        """Where the marks for a start and an end are."""
        circles = [
            tuple(float(c.attrib[k]) for k in ("cx", "cy", "r")) for c in self.root.iter("circle")
        ]
        return [Box(x, y, x, y).grown(radius) for x, y, radius in circles]

    def labels(self) -> list[tuple[Shown, Box]]:
        """The lines of text beside the arrows, as broad as in a common font."""
        font = ImageFont.load_default(12)
        found = []
        for arrow, group in self.arrows.items():
            for text in group.findall("text"):
                width = font.getlength(text.text or "")
                x, y = float(text.attrib["x"]), float(text.attrib["y"])
                left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.attrib["text-anchor"]]
                found.append((arrow, Box(left, y - 9, left + width, y + 3)))
        return found


def run_along(one: list[Box], other: list[Box]) -> bool:
    """Whether two lines have a stretch in common: they do more than cross."""
    return any(
        a.overlaps(b) and (a.right - a.left > 1) == (b.right - b.left > 1)
        for a, b in product(one, other)
    )


def test_every_kind_of_state_has_its_arrows() -> None:
    assert list(map(shown, arrows_of(SMALL))) == [
        (START, "Work", "start", 0),
        ("Work", "Which", "next", 0),
        ("Work", "Broken", "catch", 0),
        ("Work", "Broken", "catch", 1),
        ("Which", "Rest", "rule", 0),
        ("Which", "Work", "rule", 1),
        ("Which", "Note", "default", 0),
        ("Note", "Sure", "next", 0),
        ("Rest", "Work", "next", 0),
        ("Sure", "Good", "rule", 0),
        ("Good", END, "end", 0),
        ("Broken", END, "end", 0),
        ("Unreached", END, "end", 0),
    ]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Variable": "$.a.verdict", "StringEquals": "unreadable"}, "verdict = unreadable"),
        ({"Variable": "$.a.step", "NumericLessThanPath": "$.b.last_step"}, "step < last step"),
        ({"Variable": "$.size", "NumericGreaterThanEquals": 3}, "size ≥ 3"),
        ({"Variable": "$.name", "StringMatches": "a*"}, "name like a*"),
        ({"Variable": "$.can_try", "BooleanEquals": True}, "can try"),
        ({"Variable": "$.can_try", "BooleanEquals": False}, "not can try"),
        ({"Variable": "$.hint", "IsPresent": True}, "hint is present"),
        ({"Variable": "$.hint", "IsNull": False}, "hint is not null"),
        ({"Not": {"Variable": "$.kind", "StringEquals": "no"}}, "kind ≠ no"),
        ({"Not": {"Variable": "$.on", "BooleanEquals": True}}, "not (on)"),
        (
            {
                "Or": [
                    {"Variable": "$.action", "StringEquals": "approved"},
                    {"Variable": "$.action", "StringEquals": "edited"},
                ]
            },
            "action = approved or edited",
        ),
        (
            {
                "And": [
                    {"Variable": "$.on", "BooleanEquals": True},
                    {
                        "Or": [
                            {"Variable": "$.a", "NumericLessThan": 1},
                            {"Variable": "$.b", "NumericLessThan": 2},
                        ]
                    },
                ]
            },
            "on and (a < 1 or b < 2)",
        ),
        (
            {
                "Or": [
                    {"Variable": f"$.r.confidence.{field}", "NumericLessThanPath": "$.r.threshold"}
                    for field in ("title", "tags", "category")
                ]
            },
            "any confidence < threshold",
        ),
    ],
)
def test_a_rule_is_said_in_a_few_plain_words(rule: dict[str, Any], words: str) -> None:
    definition = {"States": {"Which": {"Type": "Choice", "Choices": [rule]}}}
    assert label_of(definition, Arrow("Which", "There", Kind.RULE)) == words


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["States.Timeout"], "error: Timeout"),
        (["BusyError", "Lambda.Unknown"], "error: BusyError or Unknown"),
        (["Lambda.Unknown", "A", "B", "C"], "error: Unknown or 3 more"),
        (["States.ALL"], "any error"),
    ],
)
def test_a_catcher_is_said_by_its_errors(names: list[str], words: str) -> None:
    definition = {"States": {"Work": {"Type": "Task", "Catch": [{"ErrorEquals": names}]}}}
    assert label_of(definition, Arrow("Work", "There", Kind.CATCH)) == words


@pytest.mark.parametrize("definition", [WORKFLOW, SMALL], ids=["workflow", "small"])
def test_every_state_and_every_arrow_is_drawn(definition: dict[str, Any]) -> None:
    picture = Picture(drawing(definition))
    assert set(picture.states) == set(definition["States"])
    assert set(picture.arrows) == set(map(shown, arrows_of(definition)))
    for arrow in arrows_of(definition):
        words = " ".join(text.text or "" for text in picture.arrows[shown(arrow)].findall("text"))
        assert words == label_of(definition, arrow)
    for name, state in definition["States"].items():
        assert picture.states[name].findtext("text") == name
        assert state.get("Comment", state["Type"]) in picture.states[name].findtext("title", "")
    assert picture.untaken() == (set(), set())
    assert "not taken" not in "".join(picture.root.itertext())


def test_what_is_not_taken_is_marked_and_nothing_else() -> None:
    untaken = {
        arrow
        for arrow in arrows_of(WORKFLOW)
        if arrow.target == "Expired" or (arrow.source, arrow.target) == ("Resize", "FlagPhoto")
    }
    picture = Picture(drawing(WORKFLOW, untaken))
    assert picture.untaken() == (set(map(shown, untaken)), {"Expired"})
    assert picture.root.findtext("g[@class='legend untaken']/text") == "not taken"
    assert "Not taken: Resize → FlagPhoto; Decision → Expired." in picture.root.findtext("desc", "")
    style = picture.root.findtext("style", "")
    for part in ("line", "shape"):
        rule = re.search(rf"\.untaken \.{part} {{(.*?)}}", style)
        assert rule
        assert "stroke-dasharray" in rule[1], "not by colour alone"


def test_what_the_definition_says_is_text_and_never_markup() -> None:
    evil = """<script>alert("1")</script> & 'so' ]]>"""
    definition = {
        "Comment": evil,
        "StartAt": evil,
        "States": {
            evil: {
                "Type": "Choice",
                "Comment": f"{evil}\0",
                "Choices": [{"Variable": "$.a", "StringEquals": evil, "Next": f"{evil}2"}],
            },
            f"{evil}2": {"Type": "Succeed"},
        },
    }
    picture = Picture(drawing(definition))
    assert set(picture.states) == {evil, f"{evil}2"}
    assert picture.root.findtext("title") == evil
    assert picture.root.find(".//script") is None


@pytest.mark.parametrize(
    "definition",
    [WORKFLOW, SMALL, larger_workflow()],
    ids=["workflow", "small", "larger"],
)
def test_no_box_line_or_label_hides_another(definition: dict[str, Any]) -> None:
    picture = Picture(drawing(definition))
    boxes = {name: picture.box(name) for name in picture.states}
    labels = picture.labels()
    lines = [(arrow, piece) for arrow in picture.arrows for piece in picture.line(arrow)]
    assert labels
    for one, other in combinations(boxes, 2):
        assert not boxes[one].overlaps(boxes[other]), (one, other)
    for arrow, piece in lines:
        hidden = [name for name in boxes if boxes[name].overlaps(piece) and name not in arrow]
        assert not hidden, (arrow, hidden)
    for arrow, label in labels:
        assert not [name for name in boxes if boxes[name].overlaps(label)], arrow
        assert not [other for other, piece in lines if piece.overlaps(label)], arrow
        assert not [mark for mark in picture.marks() if mark.grown(2).overlaps(label)], arrow
    for (arrow, label), (other_arrow, other) in combinations(labels, 2):
        assert arrow == other_arrow or not label.overlaps(other), (arrow, other_arrow)


def test_two_arrows_between_the_same_states_are_two_lines() -> None:
    picture = Picture(drawing(SMALL))
    first, second = (picture.line(("Work", "Broken", "catch", number)) for number in (0, 1))
    assert not run_along(first, second)


def test_the_way_of_a_good_photo_is_one_straight_line_down() -> None:
    picture = Picture(drawing(WORKFLOW))
    middles = [picture.box(name).middle for name in MAIN_WAY]
    assert len({round(x) for x, _ in middles}) == 1
    assert sorted(middles, key=lambda middle: middle[1]) == middles
    main = {arrow for arrow in picture.arrows if arrow[:2] in pairwise(MAIN_WAY)}
    for arrow, other in product(main, set(picture.arrows) - main):
        assert not run_along(picture.line(arrow), picture.line(other)), (arrow, other)
    others = set(picture.states) - set(MAIN_WAY)
    assert all(abs(picture.box(name).middle[0] - middles[0][0]) > 50 for name in others)


def test_the_ways_back_go_up_and_all_others_down() -> None:
    picture = Picture(drawing(WORKFLOW))
    up = {
        source
        for source, target, kind, _ in picture.arrows
        if kind not in ("start", "end") and picture.box(source).top >= picture.box(target).top
    }
    assert up == {"Escalate", "AddHint", "WaitLonger", "ReopenReview"}


def test_the_picture_in_the_docs_is_of_the_workflow_as_it_is() -> None:
    assert PICTURE_FILE.read_text(encoding="utf-8") == drawing(WORKFLOW), (
        "docs/images/workflow.svg is not what the workflow is now: run `make drawing`"
    )


def test_the_command_writes_the_drawing() -> None:
    command = [sys.executable, "-m", "photo_tagger_local.graph", str(WORKFLOW_FILE)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.decode() == drawing(WORKFLOW)
