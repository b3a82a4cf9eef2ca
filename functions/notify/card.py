"""The mail for one draft: photo, five fields, links."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from photo_tagger.domain.draft import FIELD_NAMES
from photo_tagger.domain.photo import PHOTO_HEADER, PhotoRecord
from photo_tagger.mails import compose, new_picture_id, templates
from photo_tagger.texts import Texts

_SUBJECT_LENGTH = 120


@dataclass(frozen=True)
class Card:
    """What the mail tells. `url` opens the review page for its one reader."""

    record: PhotoRecord
    image: bytes
    url: str
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
        headers={PHOTO_HEADER: card.record.photo_id},
    )


def _subject(card: Card) -> str:
    draft = card.record.draft
    name = (draft.title if draft else "").strip() or card.record.file_name
    sentence = "card.subject_reminder" if card.reminder else "card.subject"
    return " ".join(card.say(sentence, name=name).split())[:_SUBJECT_LENGTH]


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
                "text": values[name],
                "unsure": name in unsure,
                "notes": record.notes_on(name),
            }
            for name in FIELD_NAMES
        ],
        "record": record,
        "say": card.say,
        "subject": _subject(card),
        "url": card.url,
        "reader_note": card.reader_note,
        "reminder": card.reminder,
    }
