"""Complete mails: plain text, HTML, and the pictures inside."""

import hashlib
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
    """The mail templates of one function's package; what goes into HTML is escaped.

    In plain text, values of several lines go through the filter `indented`.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["indented"] = _indented
    return environment


def _indented(text: str) -> str:
    """Every line set in, so that no value can pass for a line of the mail's own."""
    return "\n".join(f"  {line}" for line in text.splitlines())


def new_picture_id() -> str:
    """The id under which the HTML has a picture: `<img src="cid:...">`."""
    return make_msgid(domain="photo-tagger").strip("<>")


def thread(name: str) -> dict[str, str]:
    """The headers that make all mails of one name a thread, the first one among them.

    All of them answer a mail that never was: SES gives every mail a Message-ID of its own, so that
    none can name an earlier one. Gmail wants the same subject besides, but for a "Re: ".
    """
    # Short, since a header of one long word is folded into something that is no id any more.
    root = f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@photo-tagger>"
    return {"In-Reply-To": root, "References": root}


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
