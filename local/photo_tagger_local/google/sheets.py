"""Google Sheets v4 for one sheet: the methods that are used, as the API reference has them.

Unknown parameters, fields and parts of a request are refused by the discovery document that
Google's own client carries.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from photo_tagger_local.google.a1 import BadRangeError, Range
from photo_tagger_local.google.accounts import Accounts
from photo_tagger_local.google.discovery import (
    BadFieldsError,
    document,
    mask_of,
    masked,
    parameters,
)
from photo_tagger_local.google.spreadsheet import (
    BadSheetRequestError,
    Cell,
    SheetTab,
    Spreadsheet,
    formatted,
    properties,
)

API: Final = document("sheets.v4")
_PROJECT = "100000000001"
_MINUTE = 60.0

Call = Callable[[Request, dict[str, Any]], dict[str, Any]]


class SheetsServer:
    """One sheet, with hooks to make it fail and to count what it is asked."""

    def __init__(self, sheet_id: str, spreadsheet: Spreadsheet, accounts: Accounts) -> None:
        self.id = sheet_id
        self.spreadsheet = spreadsheet
        self.accounts = accounts
        self.calls: Counter[str] = Counter()
        """How often each method was called, failures included."""
        self.shared = "writer"
        """What the service account may do with the sheet: `writer`, `reader`, or nothing."""
        self.enabled = True
        """Whether the Sheets API is enabled in the service account's project."""
        self.per_minute = 60
        """How many reads, and how many writes, Google allows in a minute."""
        self.before: Callable[[str], Response | None] = lambda method: None
        """Asked before each call: may change something, or answer instead."""
        self._lately: dict[bool, deque[float]] = {False: deque(), True: deque()}

    def routes(self) -> list[Route]:
        """The API, and the token endpoint of its account."""
        root = "/v4/spreadsheets/{sheet_id}"
        return [
            *self.accounts.routes(),
            self._route(f"{root}/values:batchGet", "values.batchGet", self._batch_get),
            self._route(f"{root}:batchUpdate", "batchUpdate", self._batch_update),
            self._route(root, "get", self._get),
        ]

    def app(self) -> Starlette:
        """The API alone."""
        return Starlette(routes=self.routes())

    def fail(self, method: str, answer: Response, times: int = 1) -> None:
        """Answer like this to the next calls of a method."""
        left = [times]

        def before(name: str) -> Response | None:
            if name != method or not left[0]:
                return None
            left[0] -= 1
            return answer

        self.before = before

    def _route(self, path: str, name: str, answer: Call) -> Route:
        described = _method(name)
        writes = name == "batchUpdate"
        scopes = ("spreadsheets",) if writes else ("spreadsheets", "spreadsheets.readonly")

        @self.accounts.only_with(*scopes)
        async def endpoint(request: Request) -> Response:
            self.calls[name] += 1
            refused = self.before(name) or self._refused(request, writes=writes)
            if refused:
                return refused
            try:
                body = _body(await request.body(), described)
                return self._answered(answer, request, body, described)
            except BadRangeError as error:
                return error_of(400, f"Unable to parse range: {error}", "INVALID_ARGUMENT")
            except (BadSheetRequestError, BadFieldsError) as error:
                return error_of(400, str(error), "INVALID_ARGUMENT")

        return Route(path, endpoint, methods=[described["httpMethod"]])

    def _refused(self, request: Request, *, writes: bool) -> Response | None:
        if not self.enabled:
            return not_enabled()
        if not self._has_quota(writes=writes):
            return over_quota(writes=writes)
        if request.path_params["sheet_id"] != self.id:
            return error_of(404, "Requested entity was not found.", "NOT_FOUND")
        if self.shared != "writer" and (writes or self.shared != "reader"):
            return error_of(403, "The caller does not have permission", "PERMISSION_DENIED")
        return None

    def _has_quota(self, *, writes: bool) -> bool:
        lately, now = self._lately[writes], time.monotonic()
        while lately and lately[0] < now - _MINUTE:
            lately.popleft()
        if len(lately) >= self.per_minute:
            return False
        lately.append(now)
        return True

    def _answered(
        self, answer: Call, request: Request, body: dict[str, Any], described: dict[str, Any]
    ) -> Response:
        unknown = set(request.query_params) - parameters(API, described)
        if unknown:
            raise BadSheetRequestError(f"Unknown name {sorted(unknown)[0]!r}")
        mask = None
        if fields := request.query_params.get("fields"):
            mask = mask_of(fields, API, described["response"]["$ref"])
        told = answer(request, body)
        return JSONResponse(masked(told, mask) if mask else told)

    # Methods

    def _get(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        asked = request.query_params
        with_data = "fields" in asked or asked.get("includeGridData") == "true"
        return self._resource(asked.getlist("ranges"), with_data=with_data)

    def _batch_get(self, request: Request, _: dict[str, Any]) -> dict[str, Any]:
        asked = request.query_params
        if asked.get("valueRenderOption", "FORMATTED_VALUE") != "FORMATTED_VALUE":
            raise BadSheetRequestError("this server renders FORMATTED_VALUE only")
        columns = asked.get("majorDimension") == "COLUMNS"
        found = [self._values(text, columns=columns) for text in asked.getlist("ranges")]
        return {"spreadsheetId": self.id, "valueRanges": found}

    def _batch_update(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        replies = self.spreadsheet.carry_out(body.get("requests", []))
        answer: dict[str, Any] = {"spreadsheetId": self.id, "replies": replies}
        if body.get("includeSpreadsheetInResponse"):
            with_data = body.get("responseIncludeGridData", False)
            ranges = body.get("responseRanges", [])
            answer["updatedSpreadsheet"] = self._resource(ranges, with_data=with_data)
        return answer

    # Answers

    def _resource(self, ranges: list[str], *, with_data: bool) -> dict[str, Any]:
        within = [self.spreadsheet.within(text) for text in ranges]
        sheets = []
        for index, tab in enumerate(self.spreadsheet.tabs):
            data = [found for owner, found in within if owner is tab]
            if ranges and not data:
                continue
            sheet: dict[str, Any] = {"properties": properties(tab, index)}
            if tab.locked:
                sheet["protectedRanges"] = [_protected(tab, row) for row in tab.locked]
            if with_data:
                sheet["data"] = [_grid_data(tab, found) for found in data or [Range(tab.title)]]
            sheets.append(sheet)
        return {
            "spreadsheetId": self.id,
            "properties": {"title": self.spreadsheet.title},
            "sheets": sheets,
        }

    def _values(self, text: str, *, columns: bool) -> dict[str, Any]:
        tab, found = self.spreadsheet.within(text)
        rows = [[formatted(cell) for cell in row] for row in _cells(tab, found)]
        if columns:
            width = max(map(len, rows), default=0)
            rows = [list(line) for line in zip(*(_padded(row, width) for row in rows), strict=True)]
        values = _without_empty_end([_without_empty_end(row) for row in rows])
        answer: dict[str, Any] = {
            "range": text,
            "majorDimension": "COLUMNS" if columns else "ROWS",
        }
        return answer | ({"values": values} if values else {})


def error_of(
    status: int, message: str, name: str, details: list[dict[str, Any]] | None = None
) -> Response:
    """An error as Sheets words it; `name` is the canonical one, as NOT_FOUND."""
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    return JSONResponse({"error": error | ({"details": details} if details else {})}, status)


def over_quota(*, writes: bool) -> Response:
    """What Sheets answers beyond its quota for a minute."""
    kind = "Write" if writes else "Read"
    message = (
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute "
        f"per user' of service 'sheets.googleapis.com' for consumer 'project_number:{_PROJECT}'."
    )
    info = {
        "quota_limit": f"{kind}RequestsPerMinutePerUser",
        "quota_metric": f"sheets.googleapis.com/{kind.lower()}_requests",
        "quota_limit_value": "60",
    }
    return error_of(429, message, "RESOURCE_EXHAUSTED", [_info("RATE_LIMIT_EXCEEDED", info)])


def not_enabled() -> Response:
    """What Sheets answers while the API is not enabled in the service account's project."""
    page = (
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview"
        f"?project={_PROJECT}"
    )
    message = (
        f"Google Sheets API has not been used in project {_PROJECT} before or it is disabled. "
        f"Enable it by visiting {page} then retry. If you enabled this API recently, wait a few "
        "minutes for the action to propagate to our systems and retry."
    )
    info = {"service": "sheets.googleapis.com", "consumer": f"projects/{_PROJECT}"}
    return error_of(403, message, "PERMISSION_DENIED", [_info("SERVICE_DISABLED", info)])


def _info(reason: str, metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }


def _method(name: str) -> dict[str, Any]:
    resource: dict[str, Any] = API["resources"]["spreadsheets"]
    *path, last = name.split(".")
    for part in path:
        resource = resource["resources"][part]
    described: dict[str, Any] = resource["methods"][last]
    return described


def _body(content: bytes, described: dict[str, Any]) -> dict[str, Any]:
    """The request's JSON, made sure of against its schema. Raises BadSheetRequestError."""
    if "request" not in described:
        return {}
    body: dict[str, Any] = json.loads(content)
    _check(body, described["request"], "")
    return body


def _check(value: Any, schema: dict[str, Any], path: str) -> None:
    if "$ref" in schema:
        schema = API["schemas"][schema["$ref"]]
    if schema["type"] == "array":
        for number, item in enumerate(value):
            _check(item, schema["items"], f"{path}[{number}]")
    elif schema["type"] == "object":
        for name, part in value.items():
            if name not in schema["properties"]:
                raise BadSheetRequestError(
                    f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot "
                    "find field."
                )
            _check(part, schema["properties"][name], f"{path}.{name}".strip("."))
    elif not isinstance(value, _TYPES[schema["type"]]):
        raise BadSheetRequestError(f"Invalid value at '{path}' ({schema['type']}), {value!r}")


_TYPES: Final[dict[str, Any]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def _cells(tab: SheetTab, found: Range) -> list[list[Cell]]:
    rows = tab.rows[found.start_row : found.end_row]
    return [row[found.start_column : found.end_column] for row in rows]


def _grid_data(tab: SheetTab, found: Range) -> dict[str, Any]:
    rows = [
        {"values": [_with_display(cell) for cell in row]} if row else {}
        for row in _cells(tab, found)
    ]
    start = {"startRow": found.start_row, "startColumn": found.start_column}
    data: dict[str, Any] = {name: place for name, place in start.items() if place}
    return data | ({"rowData": rows} if rows else {})


def _with_display(cell: Cell) -> Cell:
    text = formatted(cell)
    return cell | ({"formattedValue": text} if text else {})


def _protected(tab: SheetTab, row: int) -> dict[str, Any]:
    cells = {"sheetId": tab.id, "startRowIndex": row, "endRowIndex": row + 1}
    return {"protectedRangeId": 1 + row, "range": cells}


def _padded(row: list[str], width: int) -> list[str]:
    return row + [""] * (width - len(row))


def _without_empty_end(items: list[Any]) -> list[Any]:
    last = max((place for place, item in enumerate(items) if item), default=-1)
    return items[: last + 1]
