"""What was set aside since yesterday, in one mail; and files in Google Drive that are no photos."""

import math
from contextlib import suppress
from typing import Any

from digest.mailing import Letter, Mailing, file_name_of
from photo_tagger.aws.audit import AuditTrail
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.small_copies import SmallCopyGoneError, read_small_copy, small_copy_key
from photo_tagger.clock import on_record
from photo_tagger.domain.lines import in_one_line
from photo_tagger.domain.photo import PhotoRecord, Status
from photo_tagger.domain.photo_files import MAX_BYTES
from photo_tagger.mails import new_picture_id
from photo_tagger.texts import Texts

_LISTED = 20
_FILES_LISTED = 50
_NAME_LENGTH = 120
_PICTURE_BYTES = 4_000_000
"""All pictures of a mail. In a mail they take a third more, and SES takes 10 MB."""

_REASON_LENGTH = 300


def mail_what_was_flagged(drafts: Drafts, mailing: Mailing, resized_bucket: str) -> int:
    """Mail every reviewer of what was flagged within the last day and still is; how many photos.

    The files in Google Drive that were not taken as photos within that day are named along with it.

    What was flagged within the hour may be in the next mail, too. A mail that fails, all tries
    included, is not made good: what was set aside stays in the list that the links lead to.
    """
    since = on_record(mailing.days_ago(1))
    entries = drafts.in_status(Status.FLAGGED, since=since)
    records = drafts.records([entry.photo_id for entry in entries])
    flagged = [record for record in records if record.status is Status.FLAGGED]
    files = _files_not_taken(drafts.audit, mailing)
    if flagged or files:
        mailing.to_each_reviewer(_letter(flagged, files, mailing, resized_bucket))
    return len(flagged)


def _files_not_taken(trail: AuditTrail, mailing: Mailing) -> list[dict[str, str]]:
    """Name and reason of each, once: from this hour yesterday up to this hour."""
    end = on_record(mailing.days_ago(0))
    rows = {
        row["photo_id"]: row["after"]
        for row in trail.since(mailing.days_ago(1))
        if row["action"] == "not_taken" and row["ts"] < end
    }
    return [_why(file, mailing.say) for file in rows.values()]


def _why(file: dict[str, Any], say: Texts) -> dict[str, str]:
    size, limit = math.ceil(file["size"] / 2**20), MAX_BYTES // 2**20
    return {
        "name": in_one_line(file["name"], _NAME_LENGTH),
        "why": say(f"not_taken.{file['reason']}", size=size, limit=limit),
    }


def _letter(
    flagged: list[PhotoRecord],
    files: list[dict[str, str]],
    mailing: Mailing,
    resized_bucket: str,
) -> Letter:
    listed = flagged[:_LISTED]
    pictures = _pictures(listed, resized_bucket)
    ids = {photo_id: new_picture_id() for photo_id in pictures}
    return Letter(
        template="flags",
        subject=(
            mailing.say.count("set_aside.subject", len(flagged))
            if flagged
            else mailing.say.count("not_taken.subject", len(files))
        ),
        content={
            "photos": [_told(record, ids.get(record.photo_id)) for record in listed],
            "more": len(flagged) - len(listed),
            "files": files[:_FILES_LISTED],
            "more_files": max(len(files) - _FILES_LISTED, 0),
        },
        pictures={ids[photo_id]: jpeg for photo_id, jpeg in pictures.items()},
    )


def _pictures(records: list[PhotoRecord], resized_bucket: str) -> dict[str, bytes]:
    """The small copies by photo id, as many as one mail can carry.

    A photo that could not be opened has none.
    """
    pictures: dict[str, bytes] = {}
    room = _PICTURE_BYTES
    for record in records:
        with suppress(SmallCopyGoneError):
            jpeg = read_small_copy(resized_bucket, small_copy_key(record.photo_id))
            if len(jpeg) <= room:
                pictures[record.photo_id] = jpeg
                room -= len(jpeg)
    return pictures


def _told(record: PhotoRecord, picture: str | None) -> dict[str, Any]:
    return {
        "photo_id": record.photo_id,
        "name": file_name_of(record),
        "reasons": [in_one_line(reason, _REASON_LENGTH) for reason in record.flag_reasons],
        "picture": picture,
    }
