"""The store that is a Google Sheet: a row for each photo. docs/stores/sheet.md describes it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from photo_tagger.aws.config import ConfigError
from photo_tagger.domain.draft import FieldName
from photo_tagger.domain.photo import Listing
from store_writer.secrets import StoreSecret
from store_writer.sheet_tab import (
    FIELD_COLUMNS,
    HEADER_RANGE,
    TAB,
    Cells,
    Tab,
    fields_of,
    is_photo_heading,
    new_tab,
    text_of,
    texts_of,
)
from store_writer.sheets_api import NoSuchTabError, SheetsApi
from store_writer.store import (
    Found,
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)

NEW: Final = "new"
WITHDRAWN: Final = "withdrawn"

_ADDRESS = re.compile(r"(https?://\S+?/spreadsheets/(?:u/\d+/)?d/)?([\w-]{20,})(?:[/?#]\S*)?")
_GOOGLES = "https://docs.google.com/spreadsheets/d/"


@dataclass(frozen=True)
class _Row:
    """A row of the tab, with the tab as it was at the same moment; the first row is 0."""

    tab: Tab
    place: int
    cells: Cells


class Sheet:
    """One row for each photo in the tab `Listings`, found by its Photo column."""

    def __init__(self, store_url: str, secret: StoreSecret) -> None:
        """Raises ConfigError for an address that is no sheet's, GoogleKeyError for no key."""
        found = _ADDRESS.fullmatch(store_url.strip())
        if not found:
            raise ConfigError(
                f"store_url is {store_url}: it must be the address of a Google Sheet, as your "
                "browser shows it"
            )
        self._address = f"{found[1] or _GOOGLES}{found[2]}/edit"
        self._api = SheetsApi(found[2], secret)
        self._tab: Tab | None = None

    def find(self, product: Product) -> Found | None:
        """The photo's row."""
        return self._found(product.photo_id)

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        """The photo's row; None when somebody deleted it."""
        return self._found(photo_id)

    def write(
        self, product: Product, found: Found | None, names: list[FieldName]
    ) -> Listing | Refused:
        """Append the photo's row, or write into the one found. Nothing is refused here."""
        row = found and self._change(
            product.photo_id, lambda row: _what_to_write(product, row.cells, names)
        )
        if row:
            url = self._url(row.tab, row.place)
        else:
            tab = self._ready_tab()
            url = self._url(tab, self._append(tab, _new_row(product)))
        return Listing(id=product.photo_id, url=url, store_target="sheet")

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        """Set the row's Status; the row stays."""
        self._change(
            photo_id,
            lambda row: {} if row.cells["Status"] == WITHDRAWN else {"Status": WITHDRAWN},
        )

    def put_back(self, listing: Listing, photo_id: str, fields: dict[FieldName, object]) -> None:
        """Give a row that was somebody's before us its texts again, without our picture."""
        cells: Cells = {FIELD_COLUMNS[name]: text_of(value) for name, value in fields.items()}
        cells["Picture"] = ""
        self._change(
            photo_id,
            lambda row: cells | ({"Status": WITHDRAWN} if row.cells["Status"] == NEW else {}),
        )

    def check(self) -> list[str]:
        """Key, sheet, the right to edit it, and the tab's columns. Changes nothing."""
        title, first_tab = self._api.title_and_first_tab()
        self._api.edit_nothing(first_tab)
        email = self._api.email
        return [
            f"Google takes the key in {self._api.secret_name}: it is that of {email}.",
            f"The sheet is “{title}”, and {email} may edit it.",
            self._check_tab(),
        ]

    def _check_tab(self) -> str:
        tab = self._read_tab()
        if tab is None:
            return f"It has no tab {TAB}: the first photo makes it."
        if tab.locked:
            raise StoreRefusedUsError(
                f"in the tab {TAB}, cells are protected against {self._api.email}: in Data > "
                "Protect sheets and ranges, let that address edit them"
            )
        missing = f"; the first photo adds {', '.join(tab.missing)}" if tab.missing else ""
        return f"Of our columns, the tab {TAB} has: {', '.join(tab.places) or 'none'}{missing}."

    # Rows

    def _found(self, photo_id: str) -> Found | None:
        row = self._row(photo_id)
        if row is None:
            return None
        return Found(photo_id, self._url(row.tab, row.place), fields_of(row.cells))

    def _row(self, photo_id: str) -> _Row | None:
        """The photo's row as it stands now, the first if somebody copied it."""
        tab = self._read_tab()
        if tab is None or "Photo" in tab.missing:
            return None
        (photos,) = self._api.values([tab.photos_range()], "COLUMNS")
        if not _is_photo_column(photos):
            raise StoreUnavailableError(f"columns of the tab {TAB} were moved while it was read")
        if photo_id not in photos:
            return None
        place = photos.index(photo_id)
        number = place + 1
        ranges = [HEADER_RANGE, f"'{TAB}'!{number}:{number}"]
        header, values = self._api.values(ranges, "ROWS")
        row_tab = Tab(tab.id, header, tab.width)
        cells = row_tab.cells(values)
        if cells.get("Photo") != photo_id:
            raise StoreUnavailableError(f"the row of {photo_id} was moved while it was read")
        return _Row(row_tab, place, cells)

    def _append(self, tab: Tab, cells: Cells) -> int:
        photos = self._api.write([tab.with_row(cells)], tab)
        if not _is_photo_column(photos) or cells["Photo"] not in photos:
            raise _moved(f"the row of {cells['Photo']}")
        return photos.index(cells["Photo"])

    def _change(self, photo_id: str, changes: Callable[[_Row], Cells]) -> _Row | None:
        """Write into the photo's row, read right before; None when there is none."""
        self._ready_tab()
        row = self._row(photo_id)
        if row is None:
            return None
        cells = changes(row)
        if cells:
            written = cells | {"Written at": _now()}
            photos = self._api.write(row.tab.with_changes(row.place, written), row.tab)
            there = photos[row.place : row.place + 1]
            if not _is_photo_column(photos) or there != [photo_id]:
                raise _moved(f"row {row.place + 1}, which was that of {photo_id},")
        return row

    def _url(self, tab: Tab, place: int) -> str:
        return f"{self._address}#gid={tab.id}&range=A{place + 1}"

    # The tab

    def _ready_tab(self) -> Tab:
        """The tab with all our columns; makes what is missing."""
        tab = self._tab or self._read_tab() or self._made_tab()
        if tab.missing:
            self._api.update(tab.with_missing_columns())
            tab = self._api.tab()
        return tab

    def _made_tab(self) -> Tab:
        try:
            self._api.update(new_tab())
        except StoreRefusedUsError:
            # Another photo may have been first.
            if self._read_tab() is None:
                raise
        return self._api.tab()

    def _read_tab(self) -> Tab | None:
        try:
            self._tab = self._api.tab()
        except NoSuchTabError:
            self._tab = None
        return self._tab


def _new_row(product: Product) -> Cells:
    return texts_of(product.fields) | {
        "Photo": product.photo_id,
        "Product": _product_name(product),
        "Picture": product.picture_url(),
        "Status": NEW,
        "Written at": _now(),
    }


def _what_to_write(product: Product, row: Cells, names: list[FieldName]) -> Cells:
    """Those fields, and what is empty of the rest; a Status of the shop's own stays."""
    texts = texts_of(product.fields)
    cells: Cells = {FIELD_COLUMNS[name]: texts[FIELD_COLUMNS[name]] for name in names}
    if not row["Product"] and _product_name(product):
        cells["Product"] = _product_name(product)
    if not row["Picture"]:
        cells["Picture"] = product.picture_url()
    if row["Status"] in ("", WITHDRAWN):
        cells["Status"] = NEW
    return cells


def _product_name(product: Product) -> str:
    return "" if product.key.kind == "photo" else product.key.value


def _is_photo_column(texts: list[str]) -> bool:
    """Whether nobody has moved the columns since we saw their headings."""
    return is_photo_heading("".join(texts[:1]))


def _moved(what: str) -> StoreRefusedUsError:
    return StoreRefusedUsError(
        f"somebody moved rows or columns of the tab {TAB} at the moment of a write: {what} may "
        "have been written into the wrong cells. File > Version history shows them; put them "
        "right, then redrive"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
