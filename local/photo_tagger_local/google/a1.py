"""Ranges in A1 notation, as Sheets takes them: `Listings`, `'My tab'!B:B`, `Listings!2:5`."""

import re
from dataclasses import dataclass

_TAB = re.compile(r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^'!]+))(?:!(?P<cells>.*))?", re.DOTALL)
_CELLS = re.compile(r"\$?([A-Za-z]*)\$?(\d*)(?::\$?([A-Za-z]*)\$?(\d*))?")


class BadRangeError(Exception):
    """No range of this sheet; the message is the range."""


@dataclass(frozen=True)
class Range:
    """Rows and columns from 0; the ends are not part of it, None is as far as there is anything."""

    tab: str | None
    start_row: int = 0
    end_row: int | None = None
    start_column: int = 0
    end_column: int | None = None


def range_of(text: str, tabs: list[str]) -> Range:
    """The range meant, of a sheet with these tabs. Raises BadRangeError."""
    found = _TAB.fullmatch(text)
    if not found:
        raise BadRangeError(text)
    tab = (found["quoted"] or "").replace("''", "'") or found["plain"]
    if tab in tabs:
        return Range(tab) if found["cells"] is None else _cells(text, tab, found["cells"])
    if found["quoted"] or found["cells"] is not None:
        raise BadRangeError(text)
    return _cells(text, None, text)


def _cells(text: str, tab: str | None, cells: str) -> Range:
    found = _CELLS.fullmatch(cells)
    if not found or not any(found.groups()):
        raise BadRangeError(text)
    first_column, first_row, last_column, last_row = found.groups()
    if last_column is None:
        if not first_column or not first_row:
            raise BadRangeError(text)
        last_column, last_row = first_column, first_row
    return Range(
        tab,
        start_row=int(first_row or 1) - 1,
        end_row=int(last_row) if last_row else None,
        start_column=_place(first_column) if first_column else 0,
        end_column=_place(last_column) + 1 if last_column else None,
    )


def _place(letters: str) -> int:
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
