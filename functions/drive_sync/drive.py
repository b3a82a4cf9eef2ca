"""What is asked of Google Drive, each question one call, and its errors by name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final

from google.auth.exceptions import RefreshError, TransportError
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload
from httplib2 import HttpLib2Error
from pydantic import BaseModel, Field

from drive_sync.errors import (
    DriveBusyError,
    DriveDownError,
    DriveKeyRefusedError,
    DriveRefusedError,
    NoDownloadError,
    NotInDriveError,
)
from photo_tagger.domain.lines import in_one_line
from photo_tagger.google import ServiceAccount

FOLDER: Final = "application/vnd.google-apps.folder"
SHORTCUT: Final = "application/vnd.google-apps.shortcut"
DOC: Final = "application/vnd.google-apps.document"
SHEET: Final = "application/vnd.google-apps.spreadsheet"

_SCOPE = "drive.readonly"
_PAGE = 1000
_RETRIES = 5
"""Where it may help to ask again, Google's client waits up to 2, 4, 8, 16, 32 seconds before."""

_SLOW_DOWN = frozenset(
    {
        "dailyLimitExceeded",
        "downloadQuotaExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
"""Drive's reasons in a 403. Source: Drive API guide, "Resolve errors"."""

_SAID = 200
_FIELDS = (
    "id,name,mimeType,md5Checksum,size,modifiedTime,parents,trashed,driveId,"
    "shortcutDetails(targetId,targetMimeType)"
)


class Target(BaseModel):
    """What a shortcut leads to."""

    file_id: str = Field(alias="targetId")
    mime_type: str = Field(alias="targetMimeType")


class DriveFile(BaseModel):
    """A file, a folder or a shortcut. Only what has bytes of its own has `md5` and `size`."""

    file_id: str = Field(alias="id")
    name: str
    mime_type: str = Field(alias="mimeType")
    md5: str = Field(default="", alias="md5Checksum")
    size: int = 0
    modified: str = Field(default="", alias="modifiedTime")
    parents: list[str] = []
    trashed: bool = False
    drive_id: str | None = Field(default=None, alias="driveId")
    leads_to: Target | None = Field(default=None, alias="shortcutDetails")


class FileChange(BaseModel):
    """That a file changed; without `file` it is gone, or we may not see it any more."""

    file_id: str = Field(default="", alias="fileId")
    file: DriveFile | None = None


class Changes(BaseModel):
    """What changed, and the token to ask for what will change."""

    changes: list[FileChange]
    page_token: str


class Drive:
    """Drive as the service account sees it."""

    def __init__(self, account: ServiceAccount, secret_name: str) -> None:
        self.email = account.email
        self._secret_name = secret_name
        self._api = account.service("drive", _SCOPE)

    def file(self, file_id: str) -> DriveFile:
        """One file's metadata. Raises NotInDriveError."""
        request = self._api.files().get(fileId=file_id, supportsAllDrives=True, fields=_FIELDS)
        return DriveFile.model_validate(self._answer(request))

    def children(self, folder_ids: Sequence[str], drive_id: str | None) -> Iterator[DriveFile]:
        """What lies in some folders of one drive (None: of somebody's own), trash left out."""
        parents = " or ".join(f"'{folder_id}' in parents" for folder_id in folder_ids)
        where = {"corpora": "drive", "driveId": drive_id} if drive_id else {}
        request = self._api.files().list(
            q=f"({parents}) and trashed = false",
            pageSize=_PAGE,
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields=f"nextPageToken,files({_FIELDS})",
            **where,
        )
        while request is not None:
            answer = self._answer(request)
            yield from map(DriveFile.model_validate, answer["files"])
            request = self._api.files().list_next(request, answer)

    def start_token(self, drive_id: str | None) -> str:
        """The token to ask for what changes from now on."""
        where = {"driveId": drive_id} if drive_id else {}
        request = self._api.changes().getStartPageToken(supportsAllDrives=True, **where)
        return str(self._answer(request)["startPageToken"])

    def changes(self, page_token: str, drive_id: str | None) -> Changes:
        """What changed since, in one call for each thousand. Raises NotInDriveError for a token
        that Drive does not know any more."""
        where = {"driveId": drive_id} if drive_id else {}
        request = self._api.changes().list(
            pageToken=page_token,
            pageSize=_PAGE,
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields=f"nextPageToken,newStartPageToken,changes(fileId,file({_FIELDS}))",
            **where,
        )
        changes: list[Any] = []
        while True:
            answer = self._answer(request, unknown=(400, 404, 410))
            changes += answer["changes"]
            if "newStartPageToken" in answer:
                token = answer["newStartPageToken"]
                return Changes.model_validate({"changes": changes, "page_token": token})
            request = self._api.changes().list_next(request, answer)

    def exported(self, file_id: str, mime_type: str) -> bytes:
        """A Google Doc or Sheet as a file of another type."""
        request = self._api.files().export(fileId=file_id, mimeType=mime_type)
        return bytes(self._answer(request))

    def download(self, file_id: str, into: IO[bytes], chunk_bytes: int) -> Iterator[None]:
        """Write a file's content into `into`, and yield after each chunk of at most so many bytes.

        Raises NotInDriveError and NoDownloadError.
        """
        request = self._api.files().get_media(fileId=file_id, supportsAllDrives=True)
        download = MediaIoBaseDownload(into, request, chunksize=chunk_bytes)
        done = False
        while not done:
            try:
                with self._errors_by_name():
                    _, done = download.next_chunk(num_retries=_RETRIES)
            except DriveRefusedError as error:
                raise NoDownloadError(str(error)) from error
            yield

    def _answer(self, request: Any, *, unknown: tuple[int, ...] = (404,)) -> Any:
        with self._errors_by_name(unknown):
            return request.execute(num_retries=_RETRIES)

    @contextmanager
    def _errors_by_name(self, unknown: tuple[int, ...] = (404,)) -> Iterator[None]:
        try:
            yield
        except HttpError as error:
            raise self._named(error, unknown) from error
        except RefreshError as error:
            if error.retryable:
                raise DriveDownError("Google's sign-in does not answer") from error
            raise self._key_refused(str(error.args[0])) from error
        except (TransportError, HttpLib2Error, OSError) as error:
            raise DriveDownError(in_one_line(f"{type(error).__name__}: {error}", _SAID)) from error

    def _named(self, error: HttpError, unknown: tuple[int, ...]) -> Exception:
        status, said = error.status_code, in_one_line(str(error.reason), _SAID).rstrip(".")
        details = error.error_details if isinstance(error.error_details, list) else []
        reasons = {str(detail.get("reason")) for detail in details}
        if status in unknown:
            return NotInDriveError(said)
        if status == 429 or (status == 403 and reasons & _SLOW_DOWN):
            return DriveBusyError(said)
        if status >= 500:
            return DriveDownError(f"{status} {said}")
        if status == 401:
            return self._key_refused(said)
        return DriveRefusedError(f"{status} {said}")

    def _key_refused(self, said: str) -> DriveKeyRefusedError:
        said = in_one_line(said, _SAID).rstrip(".")
        return DriveKeyRefusedError(f"the key of {self.email} in {self._secret_name} ({said})")
