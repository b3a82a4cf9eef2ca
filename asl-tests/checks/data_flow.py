"""Whether what a state reads has been written, on every way that leads to it.

The shape of the state's data is followed from the execution's input through every state, all ways
round, until nothing changes any more. Where two ways meet, only what both bring is left.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from .machine import Machine, Node, check, entries, word
from .paths import handed_on, is_path, paths_in, read_in, words_of

Shape = dict[str, "Shape"] | None
"""What lies below each field: nothing below a plain value, and None where anything may be."""

ANSWER: Shape = {"Payload": None}
"""What lambda:invoke brings, but for its metadata."""
FAULT: Shape = {"Error": {}, "Cause": {}}
"""What a catcher is handed."""
DEEPEST = 8
"""Below that may be anything: in a loop, what a state hands on of its own input nests for ever."""
FLAGS = "FlagPhoto"


class Way(NamedTuple):
    """One way into a state, with the shape of what it brings."""

    source: str
    target: str
    shape: Shape


@check
def what_is_read_was_written(machine: Machine) -> Iterator[str]:
    """Whatever a state reads of its input or of its answer."""
    ways = _ways(machine)
    for name, state in machine.states.items():
        coming = [way for way in ways if way.target == name]
        for field, path in dict.fromkeys(read_in(state)):
            if path.startswith("$$"):
                continue
            for way in coming:
                if not _has(way.shape, path):
                    yield (
                        f"{name} reads {path} in its {field}, which nobody wrote on a way that "
                        f"comes from {way.source}: correct this path, or the one it is written to."
                    )
                    break
        for key, expression in handed_on(state.get("ResultSelector")):
            for path in paths_in(expression):
                if not _has(_answer(machine, state), path):
                    yield f"{name} keeps {path} as {key}, which no answer has: correct the path."


@check
def the_flagger_finds_its_reasons(machine: Machine) -> Iterator[str]:
    """It is handed the whole state, and looks in it where the ways to it put them."""
    ways = [way for way in _ways(machine) if way.target == FLAGS]
    paths = [f"$.{path}" for path in machine.reasons_read]
    for path in paths:
        if not any(_has(way.shape, path) for way in ways):
            yield f"{FLAGS} looks for a reason in {path}, which no way to it wrote: write it there."
    for way in ways:
        if not any(_has(way.shape, path) for path in paths):
            yield (
                f"{FLAGS} finds no reason when it is come to from {way.source}: write one to "
                f"{' or '.join(paths)}."
            )
    for name, state in machine.states.items():
        whole = any(path == "$" for _, path in read_in(state))
        if whole and name != FLAGS:
            yield f"{name} is handed the whole state: hand over what it reads, field by field."
        if name == FLAGS and not whole:
            yield f"{FLAGS} is not handed the whole state, where it looks for reasons: hand it $."


def _ways(machine: Machine) -> list[Way]:
    """Every way into a state, and what it surely brings."""
    start = Way(
        "the start", word(machine.definition, "StartAt"), _shape_of(machine.execution_input)
    )
    inputs: dict[str, Shape] = {}
    todo = [start]
    while todo:
        way = todo.pop(0)
        if way.target not in machine.states:
            continue
        known = way.target in inputs
        shape = _common(inputs[way.target], way.shape) if known else way.shape
        if not known or shape != inputs[way.target]:
            inputs[way.target] = shape
            todo += _onward(machine, way.target, shape)
    return [start, *(way for name in inputs for way in _onward(machine, name, inputs[name]))]


def _onward(machine: Machine, name: str, shape: Shape) -> Iterator[Way]:
    state = machine.states[name]
    yield Way(name, word(state, "Next"), _with(shape, state, _result(machine, state, shape)))
    for node in [{"Next": state.get("Default")}, *entries(state, "Choices")]:
        yield Way(name, word(node, "Next"), shape)
    for catcher in entries(state, "Catch"):
        yield Way(name, word(catcher, "Next"), _with(shape, catcher, FAULT))


def _answer(machine: Machine, task: Node) -> Shape:
    """What a Task's function, or whoever answers its token, brings."""
    waits = word(task, "Resource").endswith(".waitForTaskToken")
    return _shape_of(machine.token_answer) if waits else ANSWER


def _result(machine: Machine, state: Node, shape: Shape) -> Shape:
    """What a Task or a Pass has for its ResultPath."""
    if state.get("Type") == "Task":
        answer = _answer(machine, state)
        return _filled(state["ResultSelector"], answer) if "ResultSelector" in state else answer
    if "Result" in state:
        return _shape_of(state["Result"])
    return _filled(state["Parameters"], shape) if "Parameters" in state else shape


def _filled(template: Any, shape: Shape) -> Shape:
    """The shape of Parameters or a ResultSelector once its paths are followed."""
    if not isinstance(template, dict):
        return {}
    return {
        key.removesuffix(".$"): (_at(shape, value) if key.endswith(".$") else _filled(value, shape))
        for key, value in template.items()
    }


def _at(shape: Shape, expression: Any) -> Shape:
    """The shape of what a path leads to; that of an intrinsic function's value is not known."""
    if not is_path(str(expression)):
        return None
    for name in words_of(expression):
        shape = shape if shape is None else shape.get(name, {})
    return shape


def _has(shape: Shape, path: str) -> bool:
    for name in words_of(path):
        if shape is None:
            return True
        if name not in shape:
            return False
        shape = shape[name]
    return True


def _with(shape: Shape, node: Node, result: Shape) -> Shape:
    """The state's data once a node has written a result to its ResultPath, a single field."""
    field = word(node, "ResultPath").removeprefix("$.")
    return {**(shape or {}), field: result}


def _common(one: Shape, other: Shape, depth: int = DEEPEST) -> Shape:
    """What two shapes both have."""
    if depth == 0:
        return None
    if one is None:
        return other
    if other is None:
        return one
    return {name: _common(one[name], other[name], depth - 1) for name in one if name in other}


def _shape_of(value: Any) -> Shape:
    if not isinstance(value, dict):
        return {}
    return {name: _shape_of(below) for name, below in value.items()}
