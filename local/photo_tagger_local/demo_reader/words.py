"""Comparing words of two people: lower case, singular, without punctuation."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ES_PLURAL = re.compile(r"(ss|x|ch|sh)es$")


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """The text's words, comparable: "Dishes & Toys" -> ("dish", "toy")."""
    return tuple(_singular(word) for word in _WORD.findall(text.lower()) if word != "and")


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if _ES_PLURAL.search(word):
        return word[:-2]
    return word.removesuffix("s")


def position(phrase: str, inside: Sequence[str]) -> int | None:
    """Where the phrase's words stand together in a row of tokens; None if they do not."""
    wanted = tokens(phrase)
    last = len(inside) - len(wanted)
    starts = (i for i in range(last + 1) if tuple(inside[i : i + len(wanted)]) == wanted)
    return next(starts, None) if wanted else None


def same(one: str, other: str) -> bool:
    """Whether two phrases are the same but for case, number and punctuation."""
    return tokens(one) == tokens(other)


def any_same(phrase: str, others: Iterable[str]) -> bool:
    """Whether the phrase is the same as one of the others."""
    return any(same(phrase, other) for other in others)
