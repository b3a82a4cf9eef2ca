"""The arrows of a state machine: every way that leads from one state to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

START = ""
"""Where the first arrow comes from."""
END = ""
"""Where the arrow of a final state leads."""


class Kind(StrEnum):
    """What makes an execution take an arrow."""

    START = "start"
    NEXT = "next"
    RULE = "rule"
    DEFAULT = "default"
    CATCH = "catch"
    END = "end"


@dataclass(frozen=True)
class Arrow:
    """One way from a state to a state.

    `number` tells the rules of a Choice, and the entries of a Catch, apart: their index, from 0.
    """

    source: str
    target: str
    kind: Kind
    number: int = 0


def arrows_of(definition: dict[str, Any]) -> Iterator[Arrow]:
    """All arrows of a definition in Amazon States Language (JSON), in the order they stand there.

    Covers what the workflow is made of: Task, Choice, Pass, Wait, Succeed and Fail.
    """
    yield Arrow(START, definition["StartAt"], Kind.START)
    for name, state in definition["States"].items():
        for number, rule in enumerate(state.get("Choices", ())):
            yield Arrow(name, rule["Next"], Kind.RULE, number)
        if "Default" in state:
            yield Arrow(name, state["Default"], Kind.DEFAULT)
        if "Next" in state:
            yield Arrow(name, state["Next"], Kind.NEXT)
        for number, catcher in enumerate(state.get("Catch", ())):
            yield Arrow(name, catcher["Next"], Kind.CATCH, number)
        if state.get("End") or state["Type"] in ("Succeed", "Fail"):
            yield Arrow(name, END, Kind.END)
