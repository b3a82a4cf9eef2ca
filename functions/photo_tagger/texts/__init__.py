"""Every sentence that an owner reads: one file per language, and who says them.

A sentence has a name ("gate.too_dark") and places in braces for what changes. A sentence with a
number in it has two forms, `one` and `other`, as English and German want them.
"""

import string
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Language = Literal["en", "de"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de")


class Texts:
    """The sentences of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._sentences = _sentences(language)

    def __call__(self, name: str, /, **values: object) -> str:
        """The sentence of that name, with values in its places. Raises KeyError for no such one."""
        return self._sentences[name].format(**values)

    def count(self, name: str, number: int, /, **values: object) -> str:
        """The form of the sentence that goes with a number, which stands in it as `count`."""
        form = "one" if number == 1 else "other"
        return self(f"{name}.{form}", count=number, **values)


class SaidError(Exception):
    """What went wrong, as the name of a sentence with its values; `str` has it in English."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name, values)
        self._name = name
        self._values = values

    def said(self, say: Texts) -> str:
        """The sentence in the shop's language."""
        return say(self._name, **self._values)

    def __str__(self) -> str:
        return self.said(Texts("en"))


def places(sentence: str) -> set[str]:
    """The names in a sentence's braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@cache
def _sentences(language: Language) -> dict[str, str]:
    text = (files(__package__) / f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(text)))


def _flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
