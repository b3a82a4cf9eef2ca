"""Copies of Drive's files in the drop bucket."""

import hashlib
import io
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from drive_sync.drive import Drive, DriveFile
from drive_sync.photos import prefix_of
from photo_tagger.aws.clients import client
from photo_tagger.aws.objects import is_missing

_CHUNK: Final = 8 * 2**20
_MD5: Final = "drive-md5"
_FILE_ID: Final = "drive-id"
_PATIENCE: Final = 30
"""Seconds that S3 may take to answer a part of 8 MB."""

_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class ChangedMeanwhileError(Exception):
    """The file, or its copy, is no longer what it was when the copying began."""


class OutOfTimeError(Exception):
    """The run has to end before the file is copied."""


class Copies:
    """The drop bucket, and the bucket for what was set aside."""

    def __init__(self, drop_bucket: str, flagged_bucket: str) -> None:
        self._drop_bucket = drop_bucket
        self._flagged_bucket = flagged_bucket

    def of(self, file_id: str) -> dict[str, str]:
        """The ETags of what lies in the drop bucket of a file, by key."""
        listed = client("s3").list_objects_v2(Bucket=self._drop_bucket, Prefix=prefix_of(file_id))
        return {entry["Key"]: entry["ETag"] for entry in listed.get("Contents", [])}

    def is_of(self, key: str, md5: str) -> bool:
        """Whether the object in the drop bucket has the content of that md5."""
        try:
            copy = client("s3").head_object(Bucket=self._drop_bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return _has(copy, md5)

    def was_set_aside(self, flagged_key: str, md5: str) -> bool:
        """Whether the object in the flagged bucket has the content of that md5."""
        try:
            original = client("s3").head_object(Bucket=self._flagged_bucket, Key=flagged_key)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return _has(original, md5)

    def make(
        self,
        drive: Drive,
        file: DriveFile,
        key: str,
        replaces: str | None,
        has_time: Callable[[], bool],
    ) -> None:
        """Copy a file's content chunk by chunk, if it is what its md5 says.

        `replaces` is the ETag of what lies at the key; None: nothing does. Raises
        ChangedMeanwhileError, OutOfTimeError, and what Drive.download raises; no copy is left then.
        """
        condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        target = {"Bucket": self._drop_bucket, "Key": key}
        described = {
            "ContentType": file.mime_type,
            "Metadata": {_FILE_ID: file.file_id, _MD5: file.md5},
        }
        upload = _Upload(target, described, condition)
        try:
            _receive(drive, file, upload, has_time)
            upload.end()
        except BaseException:
            upload.abort()
            raise


class _Upload:
    """One object: a single put if it fits into one chunk, else a part for each."""

    def __init__(
        self, target: dict[str, str], described: dict[str, Any], condition: dict[str, str]
    ) -> None:
        self._target = target
        self._described = described
        self._condition = condition
        self._held = b""
        self._upload_id = ""
        self._parts: list[dict[str, Any]] = []

    def add(self, chunk: bytes) -> None:
        """More of the content. The first chunk is held back until there is a second."""
        if self._held:
            self._send(self._held)
        self._held = chunk

    def end(self) -> None:
        """Make the object appear. Raises ChangedMeanwhileError where another did so before."""
        try:
            if self._upload_id:
                self._complete()
            else:
                self._put()
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                raise ChangedMeanwhileError(self._target["Key"]) from error
            raise

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._upload_id:
            s3 = client("s3", read_seconds=_PATIENCE)
            s3.abort_multipart_upload(UploadId=self._upload_id, **self._target)

    def _put(self) -> None:
        s3 = client("s3", read_seconds=_PATIENCE)
        s3.put_object(Body=self._held, **self._target, **self._described, **self._condition)

    def _complete(self) -> None:
        self._send(self._held)
        s3 = client("s3", read_seconds=_PATIENCE)
        s3.complete_multipart_upload(
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
            **self._target,
            **self._condition,
        )

    def _send(self, chunk: bytes) -> None:
        s3 = client("s3", read_seconds=_PATIENCE)
        if not self._upload_id:
            begun = s3.create_multipart_upload(**self._target, **self._described)
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        sent = s3.upload_part(
            Body=chunk, PartNumber=number, UploadId=self._upload_id, **self._target
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


def _receive(drive: Drive, file: DriveFile, upload: _Upload, has_time: Callable[[], bool]) -> None:
    received, digest = io.BytesIO(), hashlib.md5(usedforsecurity=False)
    for _ in drive.download(file.file_id, received, _CHUNK):
        chunk = received.getvalue()
        received.seek(0)
        received.truncate()
        digest.update(chunk)
        upload.add(chunk)
        if not has_time():
            raise OutOfTimeError(file.file_id)
    if digest.hexdigest() != file.md5:
        raise ChangedMeanwhileError(file.file_id)


def _has(described: dict[str, Any], md5: str) -> bool:
    return bool(described["Metadata"].get(_MD5) == md5)
