"""JSONPaths and intrinsic functions, as far as this workflow uses them: `$`, `$.a.b`, `$$.a.b`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from .machine import Node, entries, word

INTRINSICS = frozenset(
    f"States.{name}"
    for name in [
        "Array",
        "ArrayContains",
        "ArrayGetItem",
        "ArrayLength",
        "ArrayPartition",
        "ArrayRange",
        "ArrayUnique",
        "Base64Decode",
        "Base64Encode",
        "Format",
        "Hash",
        "JsonMerge",
        "JsonToString",
        "MathAdd",
        "MathRandom",
        "StringSplit",
        "StringToJson",
        "UUID",
    ]
)
"""All that there are for JSONPath, since August 2022: Step Functions Local 2.0.0 (May 2024) is
younger. Step Functions developer guide, "Intrinsic functions for JSONPath states"."""

_PATH = r"\$\$?(?:\.[A-Za-z_]\w*)*"
_TEXT = r"'(?:\\.|[^'\\])*'"
_VALUE = r"(?<![\w.])(?:-?\d+(?:\.\d+)?|true|false|null)\b"
_TOKEN = re.compile(rf"{_PATH}(?![\w.\[])|{_TEXT}|{_VALUE}")
_CALL = re.compile(r"(States\.\w+)\(#?(?:, ?#)*\)")


@cache
def is_path(text: str) -> bool:
    """Whether it is one plain path."""
    return re.fullmatch(_PATH, text) is not None


@cache
def paths_in(expression: str) -> tuple[str, ...]:
    """The paths in a path or an intrinsic function."""
    return tuple(token for token in _TOKEN.findall(expression) if token.startswith("$"))


@cache
def trouble_with(expression: str) -> str:
    """Why it is neither a plain path nor an intrinsic function; empty when it is one."""
    if is_path(expression):
        return ""
    rest, unknown = _TOKEN.sub("#", expression), set()
    while call := _CALL.search(rest):
        unknown |= {call[1]} - INTRINSICS
        rest = rest.replace(call[0], "#", 1)
    if rest != "#" or not expression.startswith("States."):
        return "is neither a plain path nor an intrinsic function"
    return f"uses {', '.join(sorted(unknown))}, which does not exist" if unknown else ""


def words_of(path: str) -> tuple[str, ...]:
    """`a`, `b` of `$.a.b`."""
    return tuple(path.lstrip("$").split(".")[1:])


def handed_on(template: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Each key of Parameters or a ResultSelector that takes a value from a path, dotted, and that
    path or intrinsic function."""
    for key, value in template.items() if isinstance(template, dict) else ():
        if key.endswith(".$"):
            if isinstance(value, str):
                yield f"{above}{key[:-2]}", value
        else:
            yield from handed_on(value, f"{above}{key}.")
    for value in template if isinstance(template, list) else ():
        yield from handed_on(value, above)


def rules_in(choice: Node) -> Iterator[Node]:
    """Every rule of a Choice, those inside And, Or and Not too."""
    todo = entries(choice, "Choices")
    while todo:
        rule = todo.pop(0)
        yield rule
        todo += [*entries(rule, "And"), *entries(rule, "Or")]
        if isinstance(rule.get("Not"), dict):
            todo.append(rule["Not"])


def read_in(state: Node) -> Iterator[tuple[str, str]]:
    """Every path that a state reads of its input, with the field that reads it."""
    for key in ("Parameters", "TimeoutSecondsPath", "SecondsPath"):
        value = state.get(key)
        expressions = [value] if isinstance(value, str) else [e for _, e in handed_on(value)]
        yield from ((key, path) for expression in expressions for path in paths_in(expression))
    for rule in rules_in(state):
        for key in rule:
            if (key == "Variable" and "IsPresent" not in rule) or key.endswith("Path"):
                yield key, word(rule, key)
