"""A burst of drafts: one mail that tells of every photo whose own mail was held back."""

from functools import partial
from typing import Any

from digest.mailing import Letter, Mailing, name_of
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain import lifecycle
from photo_tagger.domain.lines import in_one_line
from photo_tagger.domain.photo import PhotoRecord, Status

_LISTED = 200
"""Photos by name in one mail, which stays short enough to be shown whole."""

_DESCRIBED = 10
_DESCRIPTION_LENGTH = 160


def mail_what_was_held(drafts: Drafts, mailing: Mailing) -> int:
    """Mail every reviewer once, then mark the photos as told of; answers how many.

    Mail first: if this ends in between, the next run mails again of what is not marked. Marked
    first, a photo whose mail then failed would wait unseen until its reminder. A photo that was
    decided meanwhile is not listed.
    """
    entries = drafts.in_status(Status.WAITING)
    records = drafts.records([entry.photo_id for entry in entries if entry.mail_held])
    held = [record for record in records if record.status is Status.WAITING and record.mail_held]
    if not held:
        return 0
    mailed_to = mailing.to_each_reviewer(_letter(held, mailing))
    for record in held:
        drafts.change(
            record.photo_id,
            partial(
                lifecycle.held_mail_sent,
                round_=record.round,
                step=record.step,
                mailed_to=mailed_to,
            ),
        )
    return len(held)


def _letter(held: list[PhotoRecord], mailing: Mailing) -> Letter:
    photos = [
        _told(record, described=number < _DESCRIBED) for number, record in enumerate(held[:_LISTED])
    ]
    return Letter(
        template="burst",
        subject=mailing.say.count("queue.waiting", len(held)),
        content={"photos": photos, "more": len(held) - len(photos)},
    )


def _told(record: PhotoRecord, *, described: bool) -> dict[str, Any]:
    alt_text = record.draft.alt_text if described and record.draft else ""
    return {"name": name_of(record), "text": in_one_line(alt_text, _DESCRIPTION_LENGTH)}
