"""Photos that lie in the drop bucket but were never started."""

import json
from typing import Any
from urllib.parse import quote_plus

from photo_tagger.aws.clients import client
from photo_tagger.aws.drafts import DraftReader
from photo_tagger.domain.ids import photo_id

PHOTO_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".gif",
    ".heic",
    ".heif",
    ".avif",
    ".tif",
    ".tiff",
    ".bmp",
)
"""What the drop bucket's notifications let through, in lower case."""


def start_forgotten(drafts: DraftReader, *, bucket: str, queue_url: str) -> int:
    """Queue every photo in the bucket that has no execution on record; answers how many.

    The message is what S3 would have sent, so a photo found twice is started once all the same.
    """
    started = 0
    for entry in _current_versions(bucket):
        if not entry["Key"].lower().endswith(PHOTO_SUFFIXES):
            continue
        record = drafts.find(photo_id(bucket, entry["Key"], entry["VersionId"]))
        if record and record.execution_arn:
            continue
        client("sqs").send_message(QueueUrl=queue_url, MessageBody=_event(bucket, entry))
        started += 1
    return started


def _current_versions(bucket: str) -> list[dict[str, Any]]:
    pages = client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [entry for page in pages for entry in page.get("Versions", []) if entry["IsLatest"]]


def _event(bucket: str, entry: dict[str, Any]) -> str:
    item = {
        "key": quote_plus(entry["Key"], safe="/"),
        "size": entry["Size"],
        "versionId": entry["VersionId"],
    }
    return json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": item}}]})
