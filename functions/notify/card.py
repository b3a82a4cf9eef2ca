"""The mail for one draft: photo, five fields, links."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from photo_tagger.domain.draft import FIELD_NAMES
from photo_tagger.domain.photo import PHOTO_HEADER, PhotoRecord
from photo_tagger.mails import compose, new_picture_id, templates, thread
from photo_tagger.texts import Texts

_SUBJECT_LENGTH = 120


@dataclass(frozen=True)
class Card:
    """What the mail tells. `url` opens the draft and `list_url` all drafts, for its one reader."""

    record: PhotoRecord
    image: bytes
    url: str
    list_url: str
    reader_note: str
    reminder: bool
    say: Texts


def card_mail(card: Card, *, sender: str, recipient: str) -> EmailMessage:
    """The complete message: plain text, HTML and the photo inside."""
    picture = new_picture_id()
    content = {**_content(card), "picture": picture}
    return compose(
        sender=sender,
        recipient=recipient,
        subject=_subject(card),
        text=templates("notify").get_template("card.txt").render(content),
        html=templates("notify").get_template("card.html").render(content),
        pictures={picture: card.image},
        headers={PHOTO_HEADER: card.record.photo_id, **thread(card.record.photo_id)},
    )


def _subject(card: Card) -> str:
    """The same for all mails about a photo, so that they are one thread."""
    record = card.record
    name = record.first_title or (record.draft.title if record.draft else "")
    sentence = card.say("card.subject", name=name.strip() or record.file_name)
    subject = " ".join(sentence.split())[:_SUBJECT_LENGTH]
    return f"Re: {subject}" if card.reminder or record.round > 1 else subject


def _content(card: Card) -> dict[str, Any]:
    record = card.record
    if record.draft is None or record.confidence is None or record.threshold is None:
        raise ValueError(f"{record.photo_id} has no draft to mail")
    unsure = set(record.confidence.below(record.threshold))
    values = record.draft.model_dump()
    values["tags"] = ", ".join(record.draft.tags)
    return {
        "fields": [
            {
                "label": card.say(f"fields.{name}"),
                "text": values[name] if values[name].strip() else card.say("card.empty"),
                "unsure": name in unsure,
                "notes": record.notes_on(name),
            }
            for name in FIELD_NAMES
        ],
        "record": record,
        "file_name": " ".join(record.file_name.split()),
        "say": card.say,
        "subject": _subject(card),
        "url": card.url,
        "list_url": card.list_url,
        "reader_note": card.reader_note,
        "reminder": card.reminder,
    }
