"""What is written beside an arrow: when an execution takes it, in a few plain words."""

import re
from typing import Any

from .arrows import Arrow, Kind

WHOLE_ERROR_NAMES = 2
"""A catcher of more errors than this names the first of them and counts the rest."""

_SIGNS = {
    "Equals": "=",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "Matches": "like",
}
_COMPARISON = re.compile(r"(?:String|Numeric|Boolean|Timestamp)([A-Za-z]+?)(?:Path)?")
_TEST = re.compile(r"Is([A-Z]\w*)")


def label_of(definition: dict[str, Any], arrow: Arrow) -> str:
    """The words for an arrow, or nothing for one that is simply the next step."""
    state = definition["States"].get(arrow.source, {})
    if arrow.kind is Kind.RULE:
        return _condition(state["Choices"][arrow.number])
    if arrow.kind is Kind.DEFAULT:
        return "else"
    if arrow.kind is Kind.CATCH:
        return _errors(state["Catch"][arrow.number]["ErrorEquals"])
    return ""


def _errors(names: list[str]) -> str:
    if "States.ALL" in names:
        return "any error"
    words = [name.rpartition(".")[2] for name in names]
    if len(words) > WHOLE_ERROR_NAMES:
        words[1:] = [f"{len(words) - 1} more"]
    return f"error: {' or '.join(words)}"


def _condition(rule: dict[str, Any]) -> str:
    if "And" in rule:
        parts = [(_condition(part), len(part.get("Or", ())) > 1) for part in rule["And"]]
        return " and ".join(
            f"({words})" if is_or and " or " in words else words for words, is_or in parts
        )
    if "Or" in rule:
        return _any_of(rule["Or"])
    if "Not" in rule:
        words = _condition(rule["Not"])
        plain = "Variable" in rule["Not"] and " = " in words
        return words.replace(" = ", " ≠ ", 1) if plain else f"not ({words})"
    variable, comparison, operand = _comparison(rule)
    return _said(_words(variable), comparison, operand)


def _any_of(rules: list[dict[str, Any]]) -> str:
    """One sentence for comparisons of one variable, or of all the fields of one object."""
    if all("Variable" in rule for rule in rules):
        variables, comparisons, operands = zip(*map(_comparison, rules), strict=True)
        if len(set(variables)) == len(set(comparisons)) == 1:
            values = " or ".join(map(_value, operands))
            return _said(_words(variables[0]), comparisons[0], values)
        parents = {variable.rpartition(".")[0] for variable in variables}
        if len(rules) > 2 and len(parents) == len(set(comparisons)) == len(set(operands)) == 1:
            return _said(f"any {_words(parents.pop())}", comparisons[0], operands[0])
    return " or ".join(map(_condition, rules))


def _comparison(rule: dict[str, Any]) -> tuple[str, str, Any]:
    """The variable, the operator and the operand of a rule that compares."""
    operator = next(key for key in rule if key not in ("Variable", "Next", "Comment"))
    return rule["Variable"], operator, rule[operator]


def _said(subject: str, operator: str, operand: Any) -> str:
    if operator == "BooleanEquals" and isinstance(operand, bool):
        return subject if operand else f"not {subject}"
    if test := _TEST.fullmatch(operator):
        return f"{subject} is {'' if operand else 'not '}{test[1].lower()}"
    comparison = _COMPARISON.fullmatch(operator)
    sign = _SIGNS.get(comparison[1], operator) if comparison else operator
    return f"{subject} {sign} {_value(operand)}"


def _value(operand: Any) -> str:
    return _words(operand) if str(operand).startswith("$") else str(operand)


def _words(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")
