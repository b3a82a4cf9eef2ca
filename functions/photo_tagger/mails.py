"""Complete mails: plain text, HTML, and the pictures inside."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Not every server on the way takes 8-bit text or long lines."""


@cache
def templates(package: str) -> Environment:
    """The mail templates of one function's package; what goes into HTML is escaped."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def new_picture_id() -> str:
    """The id under which the HTML has a picture: `<img src="cid:...">`."""
    return make_msgid(domain="photo-tagger").strip("<>")


def compose(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    pictures: Mapping[str, bytes],
    headers: Mapping[str, str],
) -> EmailMessage:
    """One message; `pictures` are JPEGs by their ids, `headers` go beside the usual ones."""
    mail = EmailMessage(policy=_SEVEN_BIT)
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = recipient
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> "))
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    part: Any = mail.get_payload(1)
    for picture, jpeg in pictures.items():
        part.add_related(
            jpeg,
            maintype="image",
            subtype="jpeg",
            cid=f"<{picture}>",
            disposition="inline",
            filename="photo.jpg",
        )
    return mail
