"""The mail for one draft: photo, five fields, links."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from photo_tagger.domain.draft import FIELD_NAMES
from photo_tagger.domain.photo import PHOTO_HEADER, PhotoRecord
from photo_tagger.texts import Texts

_SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Not every server on the way takes 8-bit text or long lines."""

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
    picture = make_msgid(domain="photo-tagger")
    content = {**_content(card), "picture": picture.strip("<>")}
    mail = EmailMessage(policy=_SEVEN_BIT)
    mail["Subject"] = _subject(card)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> "))
    mail["Auto-Submitted"] = "auto-generated"
    mail[PHOTO_HEADER] = card.record.photo_id
    mail.set_content(_templates().get_template("card.txt").render(content))
    mail.add_alternative(_templates().get_template("card.html").render(content), subtype="html")
    html: Any = mail.get_payload(1)
    html.add_related(
        card.image,
        maintype="image",
        subtype="jpeg",
        cid=picture,
        disposition="inline",
        filename="photo.jpg",
    )
    return mail


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


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("notify"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
