"""Google Drive v3 for one folder on disk: listing, reading, exporting, and the feed of changes.

Speaks as the API reference has it, and only what is used: unknown parameters and fields are refused
by the discovery document that Google's own client carries.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from photo_tagger_local.google.accounts import Accounts, api_error
from photo_tagger_local.google.discovery import (
    BadFieldsError,
    document,
    mask_of,
    masked,
    parameters,
)
from photo_tagger_local.google.drive_folder import DOC, SHEET, DriveFolder
from photo_tagger_local.google.drive_query import BadQueryError, query

API: Final = document("drive.v3")
_EXPORTS = {DOC: ("text/markdown", "text/plain"), SHEET: ("text/csv",)}
_MOST = 1000
_FEW = 100

Call = Callable[[Request], Response]


class DriveServer:
    """One Drive, with hooks to make it fail and to count what it is asked."""

    def __init__(self, folder: DriveFolder, accounts: Accounts) -> None:
        self.folder = folder
        self.accounts = accounts
        self.calls: Counter[str] = Counter()
        """How often each method was called, failures included; `files.media` reads content."""
        self.shared = True
        """Whether the folder is shared with the service account."""
        self.drive_id: str | None = None
        """The shared drive that the folder is in, if any."""
        self.before: Callable[[str, Request], Response | None] = lambda call, request: None
        """Asked before each call: may change something, or answer instead."""

    def app(self) -> Starlette:
        """The API, and the token endpoint of its account."""
        routes = [
            self._route("/changes/startPageToken", "changes.getStartPageToken", self._start),
            self._route("/changes", "changes.list", self._changes),
            self._route("/files", "files.list", self._list),
            self._route("/files/{file_id}", "files.get", self._get),
            self._route("/files/{file_id}/export", "files.export", self._export),
        ]
        return Starlette(routes=[*self.accounts.routes(), *routes])

    def fail(self, call: str, answer: Response, times: int = 1_000_000) -> None:
        """Answer like this to so many calls of a method."""
        left = [times]

        def before(name: str, _: Request) -> Response | None:
            if name != call or not left[0]:
                return None
            left[0] -= 1
            return answer

        self.before = before

    def mend(self) -> None:
        """Fail no more."""
        self.before = lambda call, request: None

    def _route(self, path: str, method: str, answer: Call) -> Route:
        resource, _, name = method.partition(".")
        described = API["resources"][resource]["methods"][name]
        known = parameters(API, described)

        @self.accounts.only_with("drive", "drive.readonly")
        async def endpoint(request: Request) -> Response:
            call = "files.media" if request.query_params.get("alt") == "media" else method
            self.calls[call] += 1
            unknown = set(request.query_params) - known
            if unknown:
                said = f"Unknown name {sorted(unknown)[0]!r}"
                return api_error(400, "badRequest", said, "INVALID_ARGUMENT")
            return await run_in_threadpool(self._answered, call, answer, request)

        return Route(f"/drive/v3{path}", endpoint)

    def _answered(self, call: str, answer: Call, request: Request) -> Response:
        instead = self.before(call, request)
        if instead is not None:
            return instead
        self.folder.look()
        file_id = request.path_params.get("file_id")
        if file_id and not self._visible(file_id, request):
            return api_error(404, "notFound", f"File not found: {file_id}.")
        try:
            return answer(request)
        except BadFieldsError as error:
            return api_error(400, "invalidParameter", f"Invalid field selection {error}")
        except (BadQueryError, ValueError, LookupError):
            return api_error(400, "invalid", "Invalid Value")

    def _visible(self, file_id: str, request: Request) -> bool:
        in_reach = self.drive_id is None or request.query_params.get("supportsAllDrives") == "true"
        exports = request.url.path.endswith("/export")
        return self.shared and (in_reach or exports) and self.folder.knows(file_id)

    def _resource(self, file_id: str) -> dict[str, Any]:
        drive = {"driveId": self.drive_id} if self.drive_id else {}
        return self.folder.resource(file_id) | drive

    def _in_reach(self, request: Request) -> bool:
        """Whether a request that lists asks for where the folder is."""
        asked = request.query_params
        if not self.shared:
            return False
        if self.drive_id is None:
            return "driveId" not in asked
        both = ("supportsAllDrives", "includeItemsFromAllDrives")
        return all(asked.get(name) == "true" for name in both) and (
            asked.get("driveId") == self.drive_id
        )

    def _list(self, request: Request) -> Response:
        asked = request.query_params
        meant = query(asked.get("q", "trashed = false"))
        found = [
            file
            for file in map(self._resource, (item["id"] for item in self.folder.resources()))
            if self._in_reach(request) and meant(file)
        ]
        found.sort(key=lambda file: str(file["id"]))
        first = _page_start(asked.get("pageToken"), asked.get("q", ""))
        size = _page_size(request)
        answer = {"kind": "drive#fileList", "incompleteSearch": False}
        if first + size < len(found):
            answer["nextPageToken"] = _page_token(first + size, asked.get("q", ""))
        shown = "kind,nextPageToken,incompleteSearch,files(kind,id,name,mimeType)"
        return _json(request, answer | {"files": found[first : first + size]}, "FileList", shown)

    def _get(self, request: Request) -> Response:
        file = self._resource(request.path_params["file_id"])
        if request.query_params.get("alt") != "media":
            return _json(request, file, "File", "kind,id,name,mimeType")
        if "md5Checksum" not in file:
            said = "Only files with binary content can be downloaded."
            return api_error(
                403, "fileNotDownloadable", f"{said} Use Export with Docs Editors files."
            )
        return self._content(file, request.headers.get("range", ""))

    def _content(self, file: dict[str, Any], wanted: str) -> Response:
        size = self.folder.path(file["id"]).stat().st_size
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        first = int(start or 0)
        if wanted and first >= size:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        last = min(int(end or size - 1), size - 1)
        with self.folder.path(file["id"]).open("rb") as content:
            content.seek(first)
            body = content.read(last - first + 1)
        headers = {"Content-Range": f"bytes {first}-{last}/{size}"} if wanted else {}
        return Response(body, 206 if wanted else 200, headers, media_type=file["mimeType"])

    def _export(self, request: Request) -> Response:
        file = self._resource(request.path_params["file_id"])
        kinds = _EXPORTS.get(file["mimeType"])
        if kinds is None:
            said = "Export only supports Docs Editors files."
            return api_error(403, "fileNotExportable", said)
        kind = request.query_params["mimeType"]
        if kind not in kinds:
            said = "The requested conversion is not supported."
            return api_error(400, "badRequest", said)
        return Response(self.folder.path(file["id"]).read_bytes(), media_type=kind)

    def _start(self, request: Request) -> Response:
        token = {"kind": "drive#startPageToken", "startPageToken": str(self.folder.look() + 1)}
        return _json(request, token, "StartPageToken", "kind,startPageToken")

    def _changes(self, request: Request) -> Response:
        first = int(request.query_params["pageToken"]) - 1
        end = self.folder.look()
        if not 0 <= first <= end:
            raise ValueError(first)
        changed = self.folder.changes(first) if self._in_reach(request) else []
        size = _page_size(request)
        answer: dict[str, Any] = {"kind": "drive#changeList"}
        if len(changed) > size:
            # Where the next page begins: the rest of the log, of which this page told the first.
            answer["nextPageToken"] = str(self.folder.number_of(changed[size], first) + 1)
        else:
            answer["newStartPageToken"] = str(end + 1)
        answer["changes"] = [self._change(file_id) for file_id in changed[:size]]
        shown = "kind,nextPageToken,newStartPageToken,changes"
        return _json(request, answer, "ChangeList", shown)

    def _change(self, file_id: str) -> dict[str, Any]:
        return {
            "kind": "drive#change",
            "changeType": "file",
            "fileId": file_id,
            "removed": False,
            "file": self._resource(file_id),
        }


def busy() -> Response:
    """How Drive says that it was asked too much."""
    said = "User Rate Limit Exceeded. Rate of requests for user exceed configured project quota."
    return api_error(403, "userRateLimitExceeded", said)


def down() -> Response:
    """How Drive says that something is wrong on its side."""
    return api_error(503, "backendError", "Backend Error")


def _json(request: Request, answer: dict[str, Any], schema: str, shown: str) -> Response:
    mask = mask_of(request.query_params.get("fields", shown), API, schema)
    return JSONResponse(masked(answer, mask))


def _page_size(request: Request) -> int:
    return min(int(request.query_params.get("pageSize", _FEW)), _MOST)


def _page_token(start: int, asked: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, asked]).encode()).decode()


def _page_start(token: str | None, asked: str) -> int:
    """Where a page begins. A token belongs to one question."""
    if token is None:
        return 0
    start, asked_then = json.loads(base64.urlsafe_b64decode(token))
    if asked_then != asked:
        raise ValueError(token)
    return int(start)
