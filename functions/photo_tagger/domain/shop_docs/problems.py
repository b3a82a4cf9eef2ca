"""What is wrong with a doc, in words for the people who keep it."""

from dataclasses import dataclass, field
from typing import Final

MOST_PROBLEMS: Final = 50
"""So many are told at once; a doc with more of them is not read further."""

_MOST_QUOTED: Final = 60
"""Characters of the doc that are repeated in a sentence."""


@dataclass(frozen=True)
class DocProblem:
    """What stands on a line of a doc, and what was expected there; no line if it is the whole."""

    line: int | None
    said: str
    expected: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.said}. Expected: {self.expected}."


class DocProblemsError(Exception):
    """A doc cannot be used; `problems` has everything that must be mended, in order of lines."""

    def __init__(self, problems: list[DocProblem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass
class Problems:
    """What is found while a doc is read."""

    found: list[DocProblem] = field(default_factory=list)

    def add(self, line: int | None, said: str, expected: str) -> None:
        """Note one more; reading goes on. Raises DocProblemsError if these are enough."""
        self.found.append(DocProblem(line, said, expected))
        if len(self.found) == MOST_PROBLEMS:
            said = f"these are {MOST_PROBLEMS} problems, and there may be more"
            self.found.append(DocProblem(None, said, "these mended first"))
            raise self.error()

    def error(self) -> DocProblemsError:
        """All of them by line, those of the whole doc first."""
        return DocProblemsError(sorted(self.found, key=lambda problem: problem.line or 0))


def quoted(text: str) -> str:
    """A piece of the doc for a sentence: in one line, cut where it is long."""
    shown = "".join(
        letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split())
    )
    return f'"{shown}"' if len(shown) <= _MOST_QUOTED else f'"{shown[:_MOST_QUOTED]}…"'
