"""S3's event notifications, as SQS carries them."""

import json
import re
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

from photo_tagger.clock import now
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.photo import PhotoRecord, Status, StoredObject

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a name could break a mail's lines with, or steer a terminal."""


def dropped_photos(body: str) -> list[PhotoRecord]:
    """The photos a message tells of, as the records they begin with.

    Keys arrive URL-encoded. The test event that S3 sends when notifications are set up has none.
    """
    message = json.loads(body)
    return [_record(entry["s3"]) for entry in message.get("Records", [])]


def _record(entry: dict[str, dict[str, str | int]]) -> PhotoRecord:
    bucket = str(entry["bucket"]["name"])
    key = unquote_plus(str(entry["object"]["key"]))
    version_id = str(entry["object"]["versionId"])
    moment = now()
    return PhotoRecord(
        photo_id=photo_id(bucket, key, version_id),
        source=StoredObject(bucket=bucket, key=key, version_id=version_id),
        file_name=_CONTROL.sub(" ", PurePosixPath(key).name),
        size=int(entry["object"].get("size", 0)),
        status=Status.PROCESSING,
        received_at=moment,
        updated_at=moment,
    )
