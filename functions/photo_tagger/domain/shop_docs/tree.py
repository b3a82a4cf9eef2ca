"""A doc as it was written, whatever its format: each piece with its line, counted from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Scalar:
    """One piece of text as written, numbers too; no text is an empty value.

    `is_word` is false for what JSON writes without quotes: true and false.
    """

    line: int
    text: str | None
    is_word: bool = True


@dataclass(frozen=True)
class Items:
    """A list."""

    line: int
    nodes: list[Node]


@dataclass(frozen=True)
class Fields:
    """Names with their values, in the order of the doc; a name may come more than once."""

    line: int
    pairs: list[tuple[Scalar, Node]]


Node: TypeAlias = Scalar | Items | Fields
