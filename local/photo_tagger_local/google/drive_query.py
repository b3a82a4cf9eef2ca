"""The part of Drive's search language (`q`) that is used here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|!=|=|\(|\)|[A-Za-z]+)")

File = dict[str, Any]
Test = Callable[[File], bool]


class BadQueryError(Exception):
    """`q` is not understood."""


def query(text: str) -> Test:
    """Whether a file is meant: `'<id>' in parents`, `trashed = false`, and, or, not, brackets.

    Raises BadQueryError.
    """
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if not found:
            raise BadQueryError(text)
        tokens.append(found[1])
        at = found.end()
    test = _either(tokens)
    if tokens:
        raise BadQueryError(text)
    return test


def _either(tokens: list[str]) -> Test:
    tests = [_all(tokens)]
    while tokens and tokens[0] == "or":
        tokens.pop(0)
        tests.append(_all(tokens))
    return lambda file: any(test(file) for test in tests)


def _all(tokens: list[str]) -> Test:
    tests = [_one(tokens)]
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        tests.append(_one(tokens))
    return lambda file: all(test(file) for test in tests)


def _one(tokens: list[str]) -> Test:
    word = _next(tokens)
    if word == "not":
        other = _one(tokens)
        return lambda file: not other(file)
    if word == "(":
        inner = _either(tokens)
        if _next(tokens) != ")":
            raise BadQueryError(")")
        return inner
    if word.startswith("'"):
        if (_next(tokens), _next(tokens)) != ("in", "parents"):
            raise BadQueryError(word)
        parent = re.sub(r"\\(.)", r"\1", word[1:-1])
        return lambda file: parent in file.get("parents", [])
    if word == "trashed" and _next(tokens) == "=":
        trashed = {"true": True, "false": False}[_next(tokens)]
        return lambda file: file["trashed"] is trashed
    raise BadQueryError(word)


def _next(tokens: list[str]) -> str:
    if not tokens:
        raise BadQueryError("it ends too early")
    return tokens.pop(0)
