"""The workflow broken in every way that is known here, one way at a time."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Definition = dict[str, Any]
Place = tuple[str | int, ...]
"""The keys that lead to a node of the definition."""

_OPERATORS = {
    "StringEquals": "StringGreaterThan",
    "BooleanEquals": "IsBoolean",
    "NumericLessThanPath": "NumericLessThanEqualsPath",
}
_NUMBERS = ("IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "TimeoutSeconds")
_PATHS = ("TimeoutSecondsPath", "SecondsPath", "NumericLessThanPath", "Variable")
_DROPPED = (
    *(
        "Default",
        "TimeoutSeconds",
        "TimeoutSecondsPath",
        "SecondsPath",
        "ResultPath",
        "ResultSelector",
        "Result",
    ),
    *("Parameters", "Retry", "Catch", "IntervalSeconds", "MaxAttempts", "BackoffRate"),
    *("MaxDelaySeconds", "JitterStrategy", "End"),
)
_EMPTIED = ("Choices", "Or", "And", "Retry", "Catch", "ErrorEquals")
"""Lists of which each member is left out in turn."""


@dataclass(frozen=True)
class Mutant:
    """One broken definition. `state` is where it is broken; empty for the start."""

    state: str
    what: str
    definition: Definition


def mutants(definition: Definition) -> Iterator[Mutant]:
    """All of them, in the order of the definition."""
    for start in list(definition["States"])[1:3]:
        yield _with(definition, ("StartAt",), lambda _, start=start: start, f"starts at {start}")
    for place, node in _nodes(definition["States"], ("States",)):
        key = place[-1]
        if key in ("Next", "Default"):
            yield from _retargeted(definition, place, node)
        if key in _DROPPED:
            yield _without(definition, place)
        if key in _EMPTIED:
            yield from (_without(definition, (*place, number)) for number in range(len(node)))
            yield from _swapped(definition, place, node)
        if key in ("Parameters", "Payload", "ResultSelector"):
            yield from _fields_broken(definition, place, node)
        yield from _value_changed(definition, place, node)


def _value_changed(definition: Definition, place: Place, node: Any) -> Iterator[Mutant]:
    def become(value: Any) -> Mutant:
        return _with(definition, place, lambda _: value, f"is {value!r}")

    key = place[-1]
    if key in _NUMBERS:
        yield become(node * 10)
        yield become(node // 10 if key == "TimeoutSeconds" else node - 1)
    elif key == "ErrorEquals":
        yield become(["States.ALL"])
    elif key == "JitterStrategy":
        yield become("NONE")
    elif key == "ResultPath":
        yield from map(become, ("$.elsewhere", "$", None))
    elif key in _PATHS:
        yield become(f"{node.rpartition('.')[0]}.elsewhere")
    elif key == "Result":
        yield become(f"not {node}")
    elif key == "Resource":
        yield (
            become(node.removesuffix(".waitForTaskToken"))
            if "wait" in node
            else become(f"{node}.waitForTaskToken")
        )
    elif key == "Type" and node == "Succeed":
        yield become("Fail")
    elif key == "BooleanEquals":
        yield become(not node)
    elif key == "StringEquals":
        yield become(f"not {node}")
    elif isinstance(key, str) and isinstance(node, str) and "States.Math" in node:
        yield become(node.replace(", 1)", ", 2)"))
    if key in _OPERATORS:
        yield _renamed(definition, place, _OPERATORS[key])
    elif key in ("And", "Or"):
        yield _renamed(definition, place, "Or" if key == "And" else "And")
    elif key == "Not":
        yield _with(definition, place[:-1], lambda rule: rule["Not"], "is not negated")


def _retargeted(definition: Definition, place: Place, target: str) -> Iterator[Mutant]:
    """To where the target itself leads, to the state itself, and to an end."""
    state = definition["States"][target]
    after = state.get("Next") or state.get("Default") or "FlagPhoto"
    for other in dict.fromkeys((after, place[1], "Expired")):
        if other != target:
            yield _with(definition, place, lambda _, other=other: other, f"leads to {other}")


def _swapped(definition: Definition, place: Place, members: list[Any]) -> Iterator[Mutant]:
    """Neighbouring rules change places, unless no input fits both."""
    if place[-1] != "Choices":
        return
    for number, (one, other) in enumerate(pairwise(members)):
        if _words_for(one) and _words_for(other) and not _words_for(one) & _words_for(other):
            continue

        def swap(rules: list[Any], number: int = number) -> list[Any]:
            rules[number], rules[number + 1] = rules[number + 1], rules[number]
            return rules

        yield _with(definition, place, swap, f"has {number + 1} and {number + 2} swapped")


def _words_for(rule: dict[str, Any]) -> set[str]:
    """The words that a rule wants of the one variable its Choice compares with words."""
    return {
        comparison["StringEquals"]
        for comparison in rule.get("Or", [rule])
        if "StringEquals" in comparison
    }


def _fields_broken(
    definition: Definition, place: Place, fields: dict[str, Any]
) -> Iterator[Mutant]:
    """Each field left out, changed, and given the value of the one before it."""
    names = [name for name in fields if not isinstance(fields[name], dict)]
    for before, name in zip([*names[-1:], *names], names, strict=False):
        yield _without(definition, (*place, name))
        if not name.endswith(".$"):
            yield _with(definition, (*place, name), lambda old: f"not {old}", "is changed")
        elif before.endswith(".$") and before != name:
            other = fields[before]
            yield _with(definition, (*place, name), lambda _, other=other: other, f"reads {other}")


def _nodes(node: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """Every node below, with the way to it."""
    children = node.items() if isinstance(node, dict) else ()
    children = enumerate(node) if isinstance(node, list) else children
    for key, child in children:
        yield (*place, key), child
        yield from _nodes(child, (*place, key))


def _with(definition: Definition, place: Place, change: Callable[[Any], Any], what: str) -> Mutant:
    mutated = deepcopy(definition)
    parent = _at(mutated, place[:-1])
    parent[place[-1]] = change(parent[place[-1]])
    return _mutant(place, what, mutated)


def _without(definition: Definition, place: Place) -> Mutant:
    mutated = deepcopy(definition)
    left_out = _at(mutated, place[:-1]).pop(place[-1])
    what = "is left out"
    if isinstance(left_out, str):
        what = f"is left out ({left_out})"
    return _mutant(place, what, mutated)


def _renamed(definition: Definition, place: Place, name: str) -> Mutant:
    mutated = deepcopy(definition)
    parent = _at(mutated, place[:-1])
    value = parent.pop(place[-1])
    parent[name] = True if name.startswith("Is") else value
    return _mutant(place, f"becomes {name}", mutated)


def _mutant(place: Place, what: str, mutated: Definition) -> Mutant:
    state = str(place[1]) if place[0] == "States" else ""
    where = " ".join(
        f"{key + 1}" if isinstance(key, int) else key for key in place if key != "States"
    )
    return Mutant(state, f"{where} {what}", mutated)


def _at(node: Any, place: Place) -> Any:
    for key in place:
        node = node[key]
    return node
