"""A Google Sheet on a laptop, over the Sheets API."""

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from photo_tagger_local.google.accounts import Accounts
from photo_tagger_local.google.sheets import SheetsServer
from photo_tagger_local.google.spreadsheet import Spreadsheet
from photo_tagger_local.stores.played import ShownProduct, products_page

SHEET_ID: Final = "1PhotoTaggerOnThisComputer"
_TAB = "Listings"
_ABOVE = ("Title", "Status")


class PlayedSheet:
    """One sheet and its service account; the rows are kept in a file of the folder."""

    def __init__(self, folder: Path) -> None:
        spreadsheet = Spreadsheet("Shop listings", folder / "sheet.json")
        self.server = SheetsServer(SHEET_ID, spreadsheet, Accounts())

    def app(self) -> Starlette:
        """The API; `/` and the sheet's own address show its rows."""
        address = f"/spreadsheets/d/{SHEET_ID}/edit"
        pages = [Route(path, self._page) for path in ("/", address)]
        return Starlette(routes=[*self.server.routes(), *pages])

    def parameters(self, root: str) -> dict[str, str]:
        """What template.yaml is to be told."""
        return {"StoreTarget": "sheet", "StoreUrl": f"{root}/spreadsheets/d/{SHEET_ID}/edit"}

    def secret(self, root: str) -> str:
        """The service account's key file."""
        return self.server.accounts.key_file(root)

    async def _page(self, _: Request) -> Response:
        rows = [
            row for tab in self.server.spreadsheet.tabs if tab.title == _TAB for row in tab.shown()
        ]
        return products_page("Google Sheet", [_shown(rows[0], row) for row in reversed(rows[1:])])


def _shown(header: list[str], row: list[str]) -> ShownProduct:
    told = dict(zip(header, row, strict=False))
    facts = [f"{name}: {text}" for name, text in told.items() if text and name not in _ABOVE]
    return ShownProduct(told.get("Title", ""), told.get("Status", ""), facts, [])
