"""One Google Sheet through the Sheets API, and what its errors mean."""

import random
import time
import uuid
from functools import lru_cache
from typing import Any

import urllib3
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from photo_tagger.google import ServiceAccount
from store_writer.secrets import StoreSecret
from store_writer.sent_once import SentOnce
from store_writer.sheet_tab import HEADER_RANGE, TAB, Request, Tab, column_or_row
from store_writer.store import StoreRefusedUsError, StoreUnavailableError

_TAB_FIELDS = (
    "sheets(properties(sheetId,title,gridProperties(columnCount)),"
    "protectedRanges(range,warningOnly,requestingUserCanEdit),"
    "data(rowData(values(formattedValue))))"
)
_PHOTOS_FIELDS = (
    "updatedSpreadsheet(sheets(properties(sheetId),data(rowData(values(formattedValue)))))"
)
_PAUSES = 2
_PAUSE_SECONDS = (4.0, 12.0)
"""Of a quota that is filled again each minute; the function has 60 seconds in all."""

_MAY_BE_AT_WORK_SECONDS = 145.0
"""Google gives a request up after 180 seconds, and we give an answer up after 35."""


class NoSuchTabError(Exception):
    """The sheet has no tab for listings."""


class SheetsApi:
    """The sheet with this id, in the name of the service account whose key the secret holds."""

    def __init__(self, sheet_id: str, secret: StoreSecret) -> None:
        """Raises GoogleKeyError."""
        account, self._api = _client(secret.whole, secret.name)
        self.email = account.email
        self.secret_name = secret.name
        self._id = sheet_id
        # Connections of an earlier run of a warm function may be dead by now.
        self._api.close()

    def title_and_first_tab(self) -> tuple[str, int]:
        """The sheet's title, and the id of its first tab."""
        fields = "properties(title),sheets(properties(sheetId))"
        sheet = self._call(self._api.get(spreadsheetId=self._id, fields=fields))
        return sheet["properties"]["title"], sheet["sheets"][0]["properties"]["sheetId"]

    def tab(self) -> Tab:
        """The tab for listings with its first row. Raises NoSuchTabError."""
        request = self._api.get(spreadsheetId=self._id, ranges=[HEADER_RANGE], fields=_TAB_FIELDS)
        sheets = self._call(request)["sheets"]
        return next(Tab.of(sheet) for sheet in sheets if sheet["properties"]["title"] == TAB)

    def values(self, ranges: list[str], dimension: str) -> list[list[str]]:
        """For each range its one row or column, as displayed; `dimension` is ROWS or COLUMNS."""
        request = self._api.values().batchGet(
            spreadsheetId=self._id, ranges=ranges, majorDimension=dimension
        )
        found = self._call(request)["valueRanges"]
        return [(values.get("values") or [[]])[0] for values in found]

    def update(self, requests: list[Request]) -> None:
        """Carry out all of the requests, or none."""
        body = {"requests": requests}
        self._call(self._api.batchUpdate(spreadsheetId=self._id, body=body, fields="spreadsheetId"))

    def write(self, requests: list[Request], tab: Tab) -> list[str]:
        """As `update`; answers the Photo column of the tab as it stands right after."""
        body = {
            "requests": requests,
            "includeSpreadsheetInResponse": True,
            "responseIncludeGridData": True,
            "responseRanges": [tab.photos_range()],
        }
        answer = self._call(
            self._api.batchUpdate(spreadsheetId=self._id, body=body, fields=_PHOTOS_FIELDS)
        )
        sheets = answer["updatedSpreadsheet"]["sheets"]
        return next(
            column_or_row(sheet) for sheet in sheets if sheet["properties"]["sheetId"] == tab.id
        )

    def edit_nothing(self, tab_id: int) -> None:
        """Replace a text that is nowhere, in one cell: only who may edit the sheet is let."""
        one_cell = {
            "sheetId": tab_id,
            "startRowIndex": 0,
            "endRowIndex": 1,
            "startColumnIndex": 0,
            "endColumnIndex": 1,
        }
        text = uuid.uuid4().hex
        self.update([{"findReplace": {"find": text, "replacement": text, "range": one_cell}}])

    def _call(self, request: Any) -> Any:
        """The answer. Waits a little for quota; nothing else is tried again here."""
        pauses = _PAUSES
        while True:
            try:
                return request.execute()
            except HttpError as error:
                if error.status_code != 429 or not pauses:
                    raise self._fault(error) from error
            except RefreshError as error:
                raise self._no_token(error) from error
            except urllib3.exceptions.HTTPError as error:
                raise _no_answer(error, writes=request.method == "POST") from error
            pauses -= 1
            time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311

    def _fault(self, error: HttpError) -> Exception:
        said = f"Google answered {error.status_code}: {error.reason}"
        if error.status_code in (408, 429) or error.status_code >= 500:
            return StoreUnavailableError(said)
        if error.reason.startswith("Unable to parse range"):
            return NoSuchTabError(said)
        mend = self._mend(error)
        return StoreRefusedUsError(f"{said} ({mend})" if mend else said)

    def _mend(self, error: HttpError) -> str:
        """What to do about it, where Google's words do not say."""
        if "SERVICE_DISABLED" in str(error.error_details):
            return ""
        if error.status_code == 403:
            return f"share the sheet with {self.email} as Editor"
        if error.status_code == 404:
            return f"see whether store_url is the sheet's address: its id is {self._id}"
        if "protected" in error.reason:
            return f"in Data > Protect sheets and ranges, let {self.email} edit those cells"
        if "number of cells" in error.reason:
            return "make a new sheet, share it, and set store_url to its address"
        return ""

    def _no_token(self, error: RefreshError) -> Exception:
        said = f"Google gives no token for the key in {self.secret_name}: {error.args[0]}"
        if error.retryable:
            return StoreUnavailableError(said)
        return StoreRefusedUsError(
            f"{said} (make a new key for {self.email} and put it into the secret)"
        )


@lru_cache(maxsize=1)
def _client(key_file: str, secret_name: str) -> tuple[ServiceAccount, Any]:
    """Google's client, which takes a second to make with this function's share of a processor."""
    account = ServiceAccount(key_file, secret_name)
    return account, account.service("sheets", "spreadsheets", http=SentOnce()).spreadsheets()


def _no_answer(error: urllib3.exceptions.HTTPError, *, writes: bool) -> StoreUnavailableError:
    """What was written without an answer may come to be later than the next look."""
    late = writes and isinstance(error, urllib3.exceptions.ReadTimeoutError)
    wait = _MAY_BE_AT_WORK_SECONDS if late else 0
    return StoreUnavailableError(f"Google did not answer: {error}", wait)
