"""The tab of a Google Sheet that holds the listings: its columns and rows, and how to write them.

Cells are written as strings by their type (`stringValue`), so that none can become a formula, and
are plain text by format, so that none becomes one when somebody edits it.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from photo_tagger.domain.draft import Draft, FieldName

TAB: Final = "Listings"
HEADER_RANGE: Final = f"'{TAB}'!1:1"
Column = Literal[
    "Photo",
    "Product",
    "Title",
    "Alt text",
    "Tags",
    "Category",
    "Description",
    "Picture",
    "Status",
    "Written at",
]
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
FIELD_COLUMNS: Final[dict[FieldName, Column]] = {
    "title": "Title",
    "alt_text": "Alt text",
    "tags": "Tags",
    "category": "Category",
    "description": "Description",
}

Cells = dict[Column, str]
Request = dict[str, Any]


@dataclass(frozen=True)
class Tab:
    """The tab as its first row tells; `width` is how many columns there are, empty ones too.

    `locked`: somebody has protected cells below the first row, and does not let us edit them.
    """

    id: int
    header: list[str]
    width: int
    locked: bool = False

    @classmethod
    def of(cls, sheet: dict[str, Any]) -> "Tab":
        """A `Sheet` of the API, with the data of its first row."""
        properties = sheet["properties"]
        return cls(
            id=properties["sheetId"],
            header=_without_empty_end(column_or_row(sheet)),
            width=properties["gridProperties"]["columnCount"],
            locked=any(map(_locks_rows, sheet.get("protectedRanges", []))),
        )

    @property
    def places(self) -> dict[Column, int]:
        """Where our columns are, the first being 0, whatever their order."""
        headings = [_plain(heading) for heading in self.header]
        return {name: headings.index(_plain(name)) for name in COLUMNS if _plain(name) in headings}

    @property
    def missing(self) -> list[Column]:
        """Our columns that the tab does not have."""
        return [name for name in COLUMNS if name not in self.places]

    def photos_range(self) -> str:
        """The range of the Photo column, in A1 notation."""
        letters = letters_of(self.places["Photo"])
        return f"'{TAB}'!{letters}:{letters}"

    def cells(self, row: list[str]) -> Cells:
        """What a row says in our columns; the API leaves empty cells at the end out."""
        return {name: row[place] if place < len(row) else "" for name, place in self.places.items()}

    def with_missing_columns(self) -> list[Request]:
        """Requests that add what is missing behind the last heading."""
        start, missing = len(self.header), self.missing
        beyond = start + len(missing) - self.width
        more = {"sheetId": self.id, "dimension": "COLUMNS", "length": beyond}
        return [
            *([{"appendDimension": more}] if beyond > 0 else []),
            _written(self.id, 0, start, list(missing)),
            _as_plain_text(self.id, start, len(missing)),
        ]

    def with_row(self, cells: Cells) -> Request:
        """A request that appends a row; it never takes the place of another."""
        by_place = {place: cells[name] for name, place in self.places.items()}
        texts = [by_place.get(place, "") for place in range(max(by_place) + 1)]
        rows = [{"values": list(map(_cell, texts))}]
        return {"appendCells": {"sheetId": self.id, "rows": rows, "fields": "userEnteredValue"}}

    def with_changes(self, row: int, cells: Cells) -> list[Request]:
        """Requests that write these cells of a row, the first being 0, and no others."""
        return [_written(self.id, row, self.places[name], [text]) for name, text in cells.items()]


def new_tab() -> list[Request]:
    """Requests that make the tab with its headings."""
    tab_id = secrets.randbelow(2**31 - 1) + 1
    frozen = {"frozenRowCount": 1}
    properties = {"sheetId": tab_id, "title": TAB, "gridProperties": frozen}
    return [
        {"addSheet": {"properties": properties}},
        _written(tab_id, 0, 0, list(COLUMNS)),
        _as_plain_text(tab_id, 0, len(COLUMNS)),
    ]


def texts_of(fields: Draft) -> Cells:
    """The fields as cells."""
    return {column: text_of(getattr(fields, name)) for name, column in FIELD_COLUMNS.items()}


def text_of(value: object) -> str:
    """One field as a cell; tags are separated by commas."""
    return ", ".join(value) if isinstance(value, list) else str(value)


def fields_of(cells: Cells) -> Draft:
    """The fields that a row says; empty where a column is missing."""
    texts = {name: cells.get(column, "") for name, column in FIELD_COLUMNS.items()}
    tags = [tag.strip() for tag in texts["tags"].split(",") if tag.strip()]
    return Draft.model_validate({**texts, "tags": tags})


def column_or_row(sheet: dict[str, Any]) -> list[str]:
    """The texts of a `Sheet`'s data, of which one column or one row was asked for."""
    (data,) = sheet.get("data", [{}])
    return [
        cell.get("formattedValue", "")
        for row in data.get("rowData", [])
        for cell in row.get("values", [{}])
    ]


def is_photo_heading(text: str) -> bool:
    """Whether this is the heading of the Photo column."""
    return _plain(text) == _plain("Photo")


def letters_of(place: int) -> str:
    """A column as Sheets names it: 0 is A, 26 is AA."""
    before, letter = divmod(place, 26)
    return (letters_of(before - 1) if before else "") + chr(ord("A") + letter)


def _without_empty_end(texts: list[str]) -> list[str]:
    last = max((place for place, text in enumerate(texts) if text), default=-1)
    return texts[: last + 1]


def _plain(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _locks_rows(protected: dict[str, Any]) -> bool:
    if protected.get("warningOnly") or protected.get("requestingUserCanEdit"):
        return False
    below_the_first = 2
    return int(protected.get("range", {}).get("endRowIndex", below_the_first)) >= below_the_first


def _cell(text: str) -> dict[str, Any]:
    return {"userEnteredValue": {"stringValue": text}} if text else {}


def _written(tab_id: int, row: int, column: int, texts: list[str]) -> Request:
    return {
        "updateCells": {
            "start": {"sheetId": tab_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": list(map(_cell, texts))}],
            "fields": "userEnteredValue",
        }
    }


def _as_plain_text(tab_id: int, start: int, columns: int) -> Request:
    return {
        "repeatCell": {
            "range": {
                "sheetId": tab_id,
                "startRowIndex": 1,
                "startColumnIndex": start,
                "endColumnIndex": start + columns,
            },
            "cell": {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}},
            "fields": "userEnteredFormat.numberFormat",
        }
    }
