"""One Google Sheet: tabs of cells, the requests of `batchUpdate` that change them, and ranges."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from photo_tagger_local.google.a1 import Range, range_of

Cell = dict[str, Any]
"""`CellData` as the API has it, as far as somebody wrote it."""

_MOST_IN_A_CELL = 50_000
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to "
    "remove protection if you need to edit."
)


class BadSheetRequestError(Exception):
    """A request that Sheets does not take, in its words."""


@dataclass
class SheetTab:
    """One tab; `rows` are as many as there is anything in, `height` and `width` as many as shown.

    `locked`: the rows, by their numbers from 0, that we may not edit.
    """

    id: int
    title: str
    rows: list[list[Cell]] = field(default_factory=list)
    height: int = 1000
    width: int = 26
    frozen: int = 0
    locked: list[int] = field(default_factory=list)

    def shown(self) -> list[list[str]]:
        """What the cells display."""
        return [[formatted(cell) for cell in row] for row in self.rows]

    def type_in(self, *rows: list[str]) -> None:
        """Rows as a person types them, under what is there: numbers and formulas become such."""
        self.rows += [[typed(text) for text in row] for row in rows]

    def cell(self, row: int, column: int) -> Cell:
        """A cell to be changed, within the grid."""
        while len(self.rows) <= row:
            self.rows.append([])
        while len(self.rows[row]) <= column:
            self.rows[row].append({})
        return self.rows[row][column]

    def last_row_with_data(self) -> int:
        """From 0; -1 where there is none. Formats are no data."""
        with_data = [
            number
            for number, row in enumerate(self.rows)
            if any("userEnteredValue" in cell for cell in row)
        ]
        return max(with_data, default=-1)


class Spreadsheet:
    """A sheet with its tabs, kept in a file if there is one. `most_cells` is Google's limit."""

    def __init__(self, title: str, file: Path | None = None) -> None:
        self.title = title
        self.tabs = [SheetTab(0, "Sheet1")]
        self.most_cells = 10_000_000
        self._file = file
        if file and file.exists():
            kept = json.loads(file.read_text("utf-8"))
            self.tabs = [SheetTab(**tab) for tab in kept["tabs"]]

    def tab(self, title: str) -> SheetTab:
        """The tab of this name."""
        return next(tab for tab in self.tabs if tab.title == title)

    def within(self, text: str) -> tuple[SheetTab, Range]:
        """The tab and the cells that a range means. Raises BadRangeError."""
        found = range_of(text, [tab.title for tab in self.tabs])
        tab = self.tab(found.tab) if found.tab else self.tabs[0]
        if found.start_row >= tab.height or found.start_column >= tab.width:
            raise BadSheetRequestError(
                f"Range ({text}) exceeds grid limits. Max rows: {tab.height}, "
                f"max columns: {tab.width}"
            )
        return tab, found

    def carry_out(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """All of the requests with their replies, or none. Raises BadSheetRequestError."""
        if not requests:
            raise BadSheetRequestError("Must specify at least one request.")
        before = copy.deepcopy(self.tabs)
        try:
            replies = [self._carry_out(number, request) for number, request in enumerate(requests)]
        except BadSheetRequestError:
            self.tabs = before
            raise
        self._keep()
        return replies

    def _carry_out(self, number: int, request: dict[str, Any]) -> dict[str, Any]:
        ((kind, told),) = request.items()
        does = {
            "addSheet": self._add_sheet,
            "appendCells": self._append_cells,
            "appendDimension": self._append_dimension,
            "findReplace": self._find_replace,
            "repeatCell": self._repeat_cell,
            "updateCells": self._update_cells,
        }[kind]
        try:
            return does(told) or {}
        except BadSheetRequestError as error:
            raise BadSheetRequestError(f"Invalid requests[{number}].{kind}: {error}") from error

    def _add_sheet(self, told: dict[str, Any]) -> dict[str, Any]:
        asked = told["properties"]
        title, tab_id = asked["title"], asked["sheetId"]
        if title.casefold() in [tab.title.casefold() for tab in self.tabs]:
            raise BadSheetRequestError(
                f'A sheet with the name "{title}" already exists. Please enter another name.'
            )
        if tab_id in [tab.id for tab in self.tabs]:
            raise BadSheetRequestError(f"Sheet with id {tab_id} already exists.")
        grid = asked.get("gridProperties", {})
        tab = SheetTab(tab_id, title, frozen=grid.get("frozenRowCount", 0))
        self._make_sure_of_room(tab.height * tab.width)
        self.tabs.append(tab)
        return {"addSheet": {"properties": properties(tab, len(self.tabs) - 1)}}

    def _append_cells(self, told: dict[str, Any]) -> None:
        tab = self._by_id(told["sheetId"])
        start = tab.last_row_with_data() + 1
        self._make_sure_of_room(max(0, start + len(told["rows"]) - tab.height) * tab.width)
        tab.height = max(tab.height, start + len(told["rows"]))
        for number, row in enumerate(told["rows"]):
            self._put(tab, start + number, 0, row, told["fields"])

    def _append_dimension(self, told: dict[str, Any]) -> None:
        tab = self._by_id(told["sheetId"])
        columns = told["dimension"] == "COLUMNS"
        self._make_sure_of_room(told["length"] * (tab.height if columns else tab.width))
        if columns:
            tab.width += told["length"]
        else:
            tab.height += told["length"]

    def _update_cells(self, told: dict[str, Any]) -> None:
        start = told["start"]
        tab = self._by_id(start["sheetId"])
        for number, row in enumerate(told["rows"]):
            place = start.get("rowIndex", 0) + number
            self._put(tab, place, start.get("columnIndex", 0), row, told["fields"])

    def _repeat_cell(self, told: dict[str, Any]) -> None:
        """Formats of whole columns are not kept: they show nowhere here."""
        self._by_id(told["range"]["sheetId"])
        if "userEnteredValue" in told["fields"]:
            raise BadSheetRequestError("this server repeats formats only")

    def _find_replace(self, told: dict[str, Any]) -> dict[str, Any]:
        tab = self._by_id(told["range"]["sheetId"])
        if any(told["find"] in text for row in tab.shown() for text in row):
            raise BadSheetRequestError("this server finds nothing to replace")
        return {"findReplace": {}}

    def _put(self, tab: SheetTab, row: int, column: int, told: dict[str, Any], fields: str) -> None:
        cells = told.get("values", [])
        for what, place, end in (("row", row, tab.height), ("column", column, tab.width)):
            last = place if what == "row" else place + len(cells) - 1
            if last >= end:
                raise BadSheetRequestError(
                    f"Attempting to write {what}: {last}, beyond the last requested {what} of: "
                    f"{end - 1}"
                )
        if row in tab.locked:
            raise BadSheetRequestError(_PROTECTED)
        for number, cell in enumerate(cells):
            _make_sure_of_length(cell)
            there = tab.cell(row, column + number)
            for name in fields.split(","):
                there.pop(name, None)
                if name in cell:
                    there[name] = cell[name]

    def _by_id(self, tab_id: int) -> SheetTab:
        for tab in self.tabs:
            if tab.id == tab_id:
                return tab
        raise BadSheetRequestError(f"No grid with id: {tab_id}")

    def _make_sure_of_room(self, more: int) -> None:
        if sum(tab.height * tab.width for tab in self.tabs) + more > self.most_cells:
            raise BadSheetRequestError(
                "This action would increase the number of cells in the workbook above the limit "
                f"of {self.most_cells} cells."
            )

    def _keep(self) -> None:
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps({"tabs": [asdict(tab) for tab in self.tabs]}))
            new.replace(self._file)


def typed(text: str) -> Cell:
    """What Sheets makes of a text that somebody types (or that is sent as USER_ENTERED)."""
    if not text:
        return {}
    if text.startswith("="):
        return {"userEnteredValue": {"formulaValue": text}}
    if _NUMBER.fullmatch(text):
        return {"userEnteredValue": {"numberValue": float(text)}}
    return {"userEnteredValue": {"stringValue": text.removeprefix("'")}}


def formatted(cell: Cell) -> str:
    """What a cell displays. Formulas are not worked out here: they all show an error."""
    value = cell.get("userEnteredValue", {})
    if "formulaValue" in value:
        return "#ERROR!"
    if "numberValue" in value:
        return f"{value['numberValue']:g}"
    return str(value.get("stringValue", ""))


def properties(tab: SheetTab, index: int) -> dict[str, Any]:
    """`SheetProperties`."""
    grid = {"rowCount": tab.height, "columnCount": tab.width}
    return {
        "sheetId": tab.id,
        "title": tab.title,
        "index": index,
        "sheetType": "GRID",
        "gridProperties": grid | ({"frozenRowCount": tab.frozen} if tab.frozen else {}),
    }


def _make_sure_of_length(cell: Cell) -> None:
    if len(cell.get("userEnteredValue", {}).get("stringValue", "")) > _MOST_IN_A_CELL:
        raise BadSheetRequestError(
            f"Your input contains more than the maximum of {_MOST_IN_A_CELL} characters in a "
            "single cell."
        )
