"""Nothing that one of the engines does not know: AWS, Step Functions Local 2.0.0, moto, ministack.

Lists what this workflow is made of, and no more: whoever needs another field or another type of
state finds out first whether all engines have it, and whether the checks here read it.
"""

import json
from collections.abc import Iterator
from typing import Any

from .machine import Machine, Node, check, entries, strings_in, word
from .paths import handed_on, is_path, rules_in, trouble_with

_STATE = {"Comment", "Type"}
FIELDS = {
    "Task": _STATE
    | {"Resource", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch", "Next", "End"}
    | {"TimeoutSeconds", "TimeoutSecondsPath"},
    "Choice": _STATE | {"Choices", "Default"},
    "Pass": _STATE | {"Parameters", "Result", "ResultPath", "Next", "End"},
    "Wait": _STATE | {"SecondsPath", "Next", "End"},
    "Succeed": _STATE,
    "Fail": _STATE | {"Error", "Cause"},
}
"""The fields of each type of state. Not here, and not in Step Functions Local: all that came with
JSONata in November 2024 (QueryLanguage, Arguments, Output, Assign)."""
ENTRY_FIELDS = {
    "Retry": {"Comment", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate"}
    | {"MaxDelaySeconds", "JitterStrategy"},
    "Catch": {"Comment", "ErrorEquals", "ResultPath", "Next"},
}
RESOURCES = (
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
)
_ORDERS = ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_VALUES = (
    *(f"{kind}{order}" for kind in ("Numeric", "String", "Timestamp") for order in _ORDERS),
    "BooleanEquals",
)
COMPARISONS = {
    *_VALUES,
    *(f"{name}Path" for name in _VALUES),
    *("IsBoolean", "IsNull", "IsNumeric", "IsPresent", "IsString", "IsTimestamp", "StringMatches"),
}


@check
def only_what_every_engine_knows(machine: Machine) -> Iterator[str]:
    """Types of states, their fields, and what they call."""
    for field in sorted(machine.definition.keys() - {"Comment", "StartAt", "States"}):
        yield f"The workflow has the field {field}, which not every engine has: do without it."
    for name, state in machine.states.items():
        kind = word(state, "Type")
        if kind not in FIELDS:
            yield f"{name} is a {kind or 'state without a Type'}: make it {_one_of(FIELDS)}."
            continue
        yield from _unknown(name, state, FIELDS[kind])
        for field in ("Parameters", "ResultSelector"):
            if not isinstance(state.get(field, {}), dict):
                yield f"{name} has no object in its {field}: make it one."
        for field in ("Retry", "Catch", "Choices"):
            yield from _no_list(name, state, field)
        for field, known in ENTRY_FIELDS.items():
            for place, entry in enumerate(entries(state, field), 1):
                yield from _unknown(f"{name}, {field} {place},", entry, known)
        if kind == "Task" and word(state, "Resource") not in RESOURCES:
            yield f"{name} calls {state.get('Resource')}: call a function, {_one_of(RESOURCES)}."


@check
def rules_are_whole(machine: Machine) -> Iterator[str]:
    """Each rule of a Choice is one comparison of one variable, or And, Or, Not."""
    for name, state in machine.states.items():
        for rule in rules_in(state):
            for field in ("And", "Or"):
                yield from _no_list(name, rule, field)
            tests = sorted(rule.keys() & {*COMPARISONS, "And", "Or", "Not"})
            unknown = sorted(rule.keys() - {*tests, "Variable", "Next", "Comment"})
            compares = len(tests) == 1 and tests[0] in COMPARISONS
            if unknown:
                yield f"{name} has a rule with {unknown[0]}, which is no comparison: correct it."
            elif len(tests) != 1 or compares != ("Variable" in rule):
                yield (
                    f"{name} has a rule of {', '.join(rule)}: make it one comparison of one "
                    "Variable, or one And, Or or Not."
                )
            elif "Next" in rule and not any(rule is outer for outer in entries(state, "Choices")):
                yield f"{name} has a Next in a rule within a rule: only the outer rule leads on."


@check
def paths_are_plain_jsonpath(machine: Machine) -> Iterator[str]:
    """No JSONata; a path stands where a path is read, and is one that the checks can follow."""
    for name, state in machine.states.items():
        for _, text in strings_in(state):
            if "{%" in text:
                yield f"{name} has the JSONata {text}: write it as JSONPath."
        for field in ("Parameters", "ResultSelector"):
            yield from (f"{name}, {field}, {words}." for words in _misread(state.get(field)))
            for key, expression in handed_on(state.get(field)):
                if trouble := trouble_with(expression):
                    yield f"{name}, {field}, {key}: {expression} {trouble}: correct it."
        for rule in rules_in(state):
            for key in ("Variable", *(key for key in rule if key.endswith("Path"))):
                yield from _no_path(name, rule, key)
        yield from _no_path(name, state, "TimeoutSecondsPath")
        yield from _no_path(name, state, "SecondsPath")


@check
def no_field_stands_twice(machine: Machine) -> Iterator[str]:
    """JSON would keep the last of them, and say nothing."""
    twice: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> Node:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    json.loads(machine.text, object_pairs_hook=note)
    for name in twice:
        yield f"{name} stands twice in one object of the definition: take one out."


def _no_path(where: str, node: Node, field: str) -> Iterator[str]:
    if field in node and not is_path(word(node, field)):
        yield f"{where} has the {field} {node[field]}, which is no plain path: give it one."


def _no_list(where: str, node: Node, field: str) -> Iterator[str]:
    if field in node and (not entries(node, field) or len(entries(node, field)) < len(node[field])):
        yield f"{where} has no list of objects as its {field}: make it one."


def _unknown(where: str, node: Node, known: set[str]) -> Iterator[str]:
    for field in sorted(node.keys() - known):
        yield f"{where} has the field {field}, which not every engine has: do without it."


def _misread(template: Any) -> Iterator[str]:
    """Fields whose value and name do not agree on whether it is a path."""
    for key, value in template.items() if isinstance(template, dict) else ():
        if key.endswith(".$") and not isinstance(value, str):
            yield f"{key} is no path: give it one, or take the .$ away"
        elif not key.endswith(".$") and isinstance(value, str) and value.startswith(("$.", "$$")):
            yield f"{key} is the very text {value}: put .$ behind the name"
        yield from _misread(value)
    for value in template if isinstance(template, list) else ():
        yield from _misread(value)


def _one_of(names: Any) -> str:
    return " or ".join(names)
