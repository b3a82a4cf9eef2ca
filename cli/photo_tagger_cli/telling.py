"""Sentences and addresses on a terminal, or in a file."""

import textwrap

from rich.console import Console
from rich.text import Text

_INDENT = "  "
_STYLES = {"FAILED": "red", "TIMED_OUT": "red", "ABORTED": "yellow", "SUCCEEDED": "green"}


class Teller:
    """Prints to standard output, each line as soon as it is known."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, soft_wrap=True)

    def headline(self, photo_id: str, status: str, more: str) -> None:
        """One line about a photo: its status, which is AWS's word or ours, and more of it."""
        styled = (status, _STYLES.get(status, ""))
        self._console.print(Text.assemble((photo_id, "bold"), _INDENT, styled, " ", more))

    def paragraph(self, text: str) -> None:
        """Indented, and folded between words where it does not fit on a terminal's line."""
        width = self._console.width if self._console.is_terminal else len(text) + len(_INDENT)
        folded = textwrap.fill(
            text,
            width=max(width, 20),
            initial_indent=_INDENT,
            subsequent_indent=_INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
        self._console.print(folded)

    def address(self, url: str) -> None:
        """In one piece, so that it can be clicked, however narrow the terminal."""
        self._console.print(f"{_INDENT}{url}", style="dim")

    def line(self, text: str = "") -> None:
        """A line that belongs to no photo."""
        self._console.print(text)
