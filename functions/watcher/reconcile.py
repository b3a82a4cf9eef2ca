"""What got lost between two steps: photos that were not started, decisions that were not told."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from photo_tagger.aws.clients import client
from photo_tagger.aws.drafts import DraftReader
from photo_tagger.aws.task_tokens import answer
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.lifecycle import MACHINE
from photo_tagger.domain.photo import Status
from photo_tagger.domain.photo_files import PHOTO_SUFFIXES
from photo_tagger.domain.start import StartRequest

_DECIDED = (Status.APPROVED, Status.EDITED, Status.REJECTED, Status.PROCESSING)
"""The statuses of open photos with a decision in their round; PROCESSING is another try,
or an approval that was taken back."""


def start_forgotten(drafts: DraftReader, *, bucket: str, queue_url: str) -> int:
    """Queue every photo in the bucket that is not on record; answers how many.

    Its event was lost, or its message expired. The message is what S3 would have sent, so a photo
    found twice is started once all the same.
    """
    started = 0
    for entries in _current_photos(bucket):
        ids = {photo_id(bucket, entry["Key"], entry["VersionId"]): entry for entry in entries}
        for name in sorted(ids.keys() - drafts.known(list(ids))):
            _queue(queue_url, _event(bucket, ids[name]))
            started += 1
    return started


def start_cut_off(drafts: DraftReader, *, queue_url: str) -> int:
    """Queue every photo whose start ended between its record and its execution; how many."""
    started = 0
    for record in drafts.open_photos(Status.PROCESSING):
        if record.execution_arn is None:
            request = StartRequest(photo_id=record.photo_id, start=record.starts, by_user=MACHINE)
            _queue(queue_url, request.message())
            started += 1
    return started


def resume_decided(drafts: DraftReader) -> int:
    """Tell executions of decisions that they were not told of; answers how many.

    Those that were told, have gone on or have failed answer that their wait is over.
    """
    resumed = 0
    for status in _DECIDED:
        for record in drafts.open_photos(status):
            decision = record.decision_of(record.round)
            if decision and record.task_token and answer(record.task_token, decision):
                resumed += 1
    return resumed


def _current_photos(bucket: str) -> Iterator[list[dict[str, Any]]]:
    pages = client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in pages:
        yield [
            entry
            for entry in page.get("Versions", [])
            if entry["IsLatest"] and entry["Key"].lower().endswith(PHOTO_SUFFIXES)
        ]


def _queue(queue_url: str, body: str) -> None:
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=body)


def _event(bucket: str, entry: dict[str, Any]) -> str:
    item = {
        "key": quote_plus(entry["Key"], safe="/"),
        "size": entry["Size"],
        "versionId": entry["VersionId"],
    }
    return json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": item}}]})
