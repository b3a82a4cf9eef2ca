"""From the original in S3 to the small copy in S3."""

import hashlib
import tempfile
from typing import IO, Any, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel

from photo_tagger.aws.clients import client
from photo_tagger.aws.objects import is_missing
from photo_tagger.aws.small_copies import small_copy_key
from photo_tagger.domain.photo import StoredObject
from photo_tagger.domain.rules import Measurements
from photo_tagger.texts import Texts
from resize.claims import Claims
from resize.file_size import check_size
from resize.picture import UnreadablePhotoError, small_copy

_IN_MEMORY = 32 * 1024 * 1024


class Resized(BaseModel):
    """What the console shows of Resize; `problem` is for the owner, where there is one."""

    verdict: Literal["ok", "unreadable", "duplicate"]
    problem: str | None = None
    image_key: str | None = None
    sha256: str | None = None
    duplicate_of: str | None = None
    measurements: Measurements | None = None


class Resizer:
    """Makes the bounded copy of a photo and notes whose bytes they are."""

    def __init__(self, claims: Claims, resized_bucket: str) -> None:
        self._claims = claims
        self._resized_bucket = resized_bucket

    def run(self, photo_id: str, source: StoredObject, max_edge: int, say: Texts) -> Resized:
        """Copy and measure one version of one object, at most `max_edge` pixels a side."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            try:
                sha256 = _fetch(source, file)
                copy = small_copy(file, max_edge)
            except UnreadablePhotoError as error:
                return Resized(verdict="unreadable", problem=error.said(say))
        image_key = small_copy_key(photo_id)
        owner = self._claims.claim(sha256, photo_id, image_key)
        if owner != photo_id:
            return Resized(verdict="duplicate", sha256=sha256, duplicate_of=owner)
        client("s3").put_object(
            Bucket=self._resized_bucket, Key=image_key, Body=copy.jpeg, ContentType="image/jpeg"
        )
        return Resized(
            verdict="ok", image_key=image_key, sha256=sha256, measurements=copy.measurements
        )


def _fetch(source: StoredObject, file: IO[bytes]) -> str:
    """Read the object into `file` (rewound) and return its SHA-256 in hex."""
    answer = _unless_deleted(source)
    check_size(answer["ContentLength"])
    digest = hashlib.sha256()
    for chunk in answer["Body"].iter_chunks(1 << 20):
        digest.update(chunk)
        file.write(chunk)
    file.seek(0)
    return digest.hexdigest()


def _unless_deleted(source: StoredObject) -> dict[str, Any]:
    """S3's answer with this version, unless staff deleted it or, with a marker on top, the file.

    The version is asked for first: only that answer tells a missing bucket from a missing file.
    """
    s3 = client("s3")
    try:
        answer = s3.get_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
        s3.head_object(Bucket=source.bucket, Key=source.key)
    except ClientError as error:
        if is_missing(error):
            raise UnreadablePhotoError("photo.deleted") from error
        raise
    return dict(answer)
