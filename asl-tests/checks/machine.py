"""What the checks look at, and how they look at it without falling over a broken definition."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any

from flagger.reasons import flag_reasons
from photo_tagger.domain.photo import Decision
from photo_tagger.texts import Texts
from photo_tagger_local.packages import build_function_module
from photo_tagger_local.template import read_template
from tests.static.reach import Reach, Source, read_modules

from ..workflow import given

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
MACHINE = "PhotoStateMachine"
Node = dict[str, Any]

_DECISION = Decision(
    round=1, action="approved", by_user="owner@shop.example", decided_at="2026-01-02T03:04:05+00:00"
)


@dataclass(frozen=True)
class Machine:
    """A definition, the template that deploys it, and what the functions' code tells."""

    definition: Node
    text: str
    """The definition as it stands in its file."""
    template: Node
    handlers: dict[str, str]
    """The text of each function's handler.py, by folder."""
    errors: dict[str, frozenset[str]]
    """The exception classes of ours that may leave a function, by folder."""
    execution_input: Any
    """What the starter hands to an execution."""
    token_answer: Any
    """What an answered task token brings."""
    reasons_read: tuple[str, ...]
    """Where the flagger looks for reasons: paths into the state that FlagPhoto hands over."""

    @property
    def states(self) -> dict[str, Node]:
        """Every state by name."""
        states = self.definition.get("States")
        named = states.items() if isinstance(states, dict) else []
        return {name: state for name, state in named if isinstance(state, dict)}

    @property
    def tasks(self) -> dict[str, Node]:
        """Every Task by name."""
        return {name: state for name, state in self.states.items() if state.get("Type") == "Task"}

    @property
    def bound(self) -> Node:
        """The template's value for each substitution."""
        properties = self.template["Resources"][MACHINE]["Properties"]
        bound: Node = properties.get("DefinitionSubstitutions", {})
        return bound

    def function_of(self, task: Node) -> str | None:
        """The logical id of the function that a Task invokes, if it leads to one."""
        named = re.fullmatch(r"\$\{(\w+)}", str(dig(task, "Parameters", "FunctionName")))
        function = dig(self.bound.get(named[1]), "Ref") if named else None
        return function if function in self.template["Resources"] else None

    def folder_of(self, task: Node) -> str | None:
        """The folder of the function that a Task invokes, if it leads to one."""
        function = self.function_of(task)
        return _folder_of(function) if function else None


Check = Callable[[Machine], list[str]]


def check(rules: Callable[[Machine], Iterator[str]]) -> Check:
    """A check: what is wrong with a machine, a sentence each; nothing when all is well."""

    @wraps(rules)
    def sentences(machine: Machine) -> list[str]:
        return list(rules(machine))

    return sentences


@cache
def the_machine() -> Machine:
    """The workflow as it is in this checkout."""
    template = read_template(ROOT / "template.yaml")
    properties = template["Resources"][MACHINE]["Properties"]
    text = (ROOT / properties["DefinitionUri"]).read_text("utf-8")
    source = Source(read_modules(FUNCTIONS))
    folders = [path.parent.name for path in FUNCTIONS.glob("*/handler.py")]
    return Machine(
        definition=json.loads(text),
        text=text,
        template=template,
        handlers={name: (FUNCTIONS / name / "handler.py").read_text("utf-8") for name in folders},
        errors={
            name: frozenset(error.rpartition(".")[2] for error in Reach(source, name).errors)
            for name in folders
        },
        execution_input=given(),
        token_answer=_DECISION.for_the_workflow(),
        reasons_read=_paths_read_by(partial(flag_reasons, say=Texts("en"))),
    )


def dig(node: Any, *keys: str) -> Any:
    """What lies under the keys, one below the other; None where one is missing."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def word(node: Node, key: str) -> str:
    """A field's text; empty if it has none."""
    value = node.get(key)
    return value if isinstance(value, str) else ""


def number(node: Node, key: str) -> float | None:
    """A field's number, if it has one."""
    value = node.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def entries(node: Node, key: str) -> list[Node]:
    """A field's list of objects (Retry, Catch, Choices, And, Or), or what there is of it."""
    value = node.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def error_names(entry: Node) -> list[str]:
    """The error names of an entry of Retry or Catch."""
    names = entry.get("ErrorEquals")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def strings_in(node: Any) -> Iterator[tuple[str, str]]:
    """Every text below a node, with the name of the field it is the value of."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if isinstance(value, str):
            yield key, value
        yield from strings_in(value)
    for value in node if isinstance(node, list) else ():
        if isinstance(value, str):
            yield "", value
        yield from strings_in(value)


@cache
def _folder_of(logical_id: str) -> str:
    folder: str = build_function_module(FUNCTIONS).folder_of(logical_id)
    return folder


class _Spy(dict[str, Any]):
    """An empty state that notes the paths it is asked for."""

    def __init__(self, asked: list[str], above: str = "") -> None:
        super().__init__()
        self._asked = asked
        self._above = above

    def __contains__(self, key: object) -> bool:
        self._asked.append(f"{self._above}{key}")
        return False

    def get(self, key: str, default: Any = None) -> Any:
        if isinstance(default, dict):
            return _Spy(self._asked, f"{self._above}{key}.")
        self._asked.append(f"{self._above}{key}")
        return default


def _paths_read_by(reasons: Callable[[Node], list[str]]) -> tuple[str, ...]:
    asked: list[str] = []
    with contextlib.suppress(ValueError):
        reasons(_Spy(asked))
    return tuple(dict.fromkeys(asked))
