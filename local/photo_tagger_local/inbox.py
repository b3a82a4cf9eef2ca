"""The owner's mailbox on a laptop: a mail server that keeps everything, and pages to read it."""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from photo_tagger_local.ports import HOST
from photo_tagger_local.web import listen, page

_LIST_LIMIT = 200
_SOURCE_LIMIT = 200_000  # characters
_START_SECONDS = 30.0

_ID = re.compile(r"[0-9]{8}")
_CID_ADDRESS = re.compile(r"""(?<=["'(=])\s*cid:([^"'\s)>]+)""", re.IGNORECASE)
_HEAD_TAG = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
_BASE_TAG = '<base target="_blank">'
_SHOWN_IMAGE_TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp"}

_MAIL_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-DNS-Prefetch-Control": "off",
}
_PART_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class StoredMail:
    """One mail as the server took it in."""

    id: str
    """Eight digits; a later mail has a higher number."""
    received: datetime
    """When the server took it in, UTC."""
    recipients: tuple[str, ...]
    """The addresses of the envelope, which the headers need not name."""
    message: EmailMessage


class Inbox:
    """An SMTP server on 127.0.0.1 that keeps each mail as a file, and the pages that show them.

    A mail is `<id>.eml`, byte for byte as received, and `<id>.json`, its envelope. The envelope is
    written last: a mail without one was never acknowledged to its sender and does not exist.
    """

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._last_number = int(max(self._ids(".eml"), default="0"))
        self._smtp_port = smtp_port
        self._controller: Controller | None = None

    def start(self) -> None:
        """Return once the server takes mail. Raises PortTakenError when the port is in use."""
        # aiosmtpd notices a taken port too, but only after its whole time to start.
        listen(self._smtp_port).close()
        self._controller = Controller(
            self,
            hostname=HOST,
            port=self._smtp_port,
            server_hostname="localhost",
            ready_timeout=_START_SECONDS,
        )
        self._controller.start()

    def stop(self) -> None:
        """Close the port. The mails stay. Harmless when not started."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Store one mail and answer its sender; aiosmtpd calls this when a mail is complete."""
        content = envelope.original_content or b""
        mail_id = self._store(content, envelope.mail_from or "", envelope.rcpt_tos)
        return f"250 2.0.0 Stored as {mail_id}"

    def messages(self, after: str = "") -> list[StoredMail]:
        """Every mail, newest last; or those that came after the mail with this id."""
        return [self._load(mail_id) for mail_id in self._ids() if mail_id > after]

    def routes(self) -> list[Route]:
        """The pages: the list, one mail, its HTML body, and its inline parts."""
        return [
            Route("/inbox", self._list_page),
            Route("/inbox/{id}", self._mail_page),
            Route("/inbox/{id}/html", self._html_body),
            Route("/inbox/{id}/part/{cid:path}", self._part),
        ]

    def _store(self, content: bytes, sender: str, recipients: list[str]) -> str:
        with self._lock:
            self._last_number += 1
            mail_id = f"{self._last_number:08d}"
        self._content_path(mail_id).write_bytes(content)
        envelope = {
            "received": datetime.now(UTC).isoformat(),
            "sender": sender,
            "recipients": recipients,
        }
        temporary = self._envelope_path(mail_id).with_suffix(".tmp")
        temporary.write_text(json.dumps(envelope), encoding="utf-8")
        temporary.replace(self._envelope_path(mail_id))
        return mail_id

    def _ids(self, suffix: str = ".json") -> list[str]:
        files = self._folder.glob(f"*{suffix}")
        return sorted(path.stem for path in files if _ID.fullmatch(path.stem))

    def _load(self, mail_id: str) -> StoredMail:
        envelope = json.loads(self._envelope_path(mail_id).read_text(encoding="utf-8"))
        content = self._content_path(mail_id).read_bytes()
        return StoredMail(
            id=mail_id,
            received=datetime.fromisoformat(envelope["received"]),
            recipients=tuple(envelope["recipients"]),
            message=_parsed(content),
        )

    def _load_requested(self, request: Request) -> StoredMail:
        mail_id = request.path_params["id"]
        if not _ID.fullmatch(mail_id) or not self._envelope_path(mail_id).exists():
            raise HTTPException(404, "There is no such mail in the inbox.")
        return self._load(mail_id)

    def _content_path(self, mail_id: str) -> Path:
        return self._folder / f"{mail_id}.eml"

    def _envelope_path(self, mail_id: str) -> Path:
        return self._folder / f"{mail_id}.json"

    def _list_page(self, request: Request) -> Response:
        ids = self._ids()
        rows = [self._row(mail_id) for mail_id in reversed(ids[-_LIST_LIMIT:])]
        return page("inbox.html", rows=rows, total=len(ids))

    def _row(self, mail_id: str) -> dict[str, str]:
        envelope = json.loads(self._envelope_path(mail_id).read_text(encoding="utf-8"))
        received = datetime.fromisoformat(envelope["received"])
        return {"id": mail_id, "received": _local_time(received), **self._shown_headers(mail_id)}

    def _shown_headers(self, mail_id: str) -> dict[str, str]:
        with self._content_path(mail_id).open("rb") as file:
            headers = BytesHeaderParser().parse(file)
        return {
            "from": _header(headers, "From"),
            "to": _header(headers, "To"),
            "subject": _header(headers, "Subject").strip() or "(no subject)",
        }

    def _mail_page(self, request: Request) -> Response:
        mail = self._load_requested(request)
        html_part, text_part = _body(mail.message, "html"), _body(mail.message, "plain")
        views = ["html"] * bool(html_part) + ["text"] * bool(text_part) + ["source"]
        view = request.query_params.get("view")
        source = self._content_path(mail.id).read_bytes().decode("utf-8", "replace")
        return page(
            "mail.html",
            mail=mail,
            received=_local_time(mail.received),
            headers=self._shown_headers(mail.id),
            files=_file_names(mail.message),
            views=views,
            view=view if view in views else views[0],
            text=_decoded(text_part) if text_part else "",
            source=source[:_SOURCE_LIMIT],
            source_is_cut=len(source) > _SOURCE_LIMIT,
        )

    def _html_body(self, request: Request) -> Response:
        mail = self._load_requested(request)
        part = _body(mail.message, "html")
        if part is None:
            raise HTTPException(404, "This mail has no HTML part.")
        body = _shown_html(_decoded(part), mail.id).encode("utf-8", "replace")
        return HTMLResponse(body, headers=_MAIL_HEADERS)

    def _part(self, request: Request) -> Response:
        mail = self._load_requested(request)
        content_id = request.path_params["cid"]
        for part in mail.message.walk():
            if content_id and _content_id(part) == content_id:
                return _part_response(part)
        raise HTTPException(404, "This mail has no such part.")


def _local_time(moment: datetime) -> str:
    return f"{moment.astimezone():%a %d %b %Y, %H:%M:%S}"


def _parsed(content: bytes) -> EmailMessage:
    """The mail; or, when its form trips the parser up, all of its source as one plain text.

    The parser reads a header when it is asked for, and some broken ones make it raise errors of
    many kinds. So each is asked for here, once, and nothing that uses the mail has to expect one.
    """
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        for part in message.walk():
            part.items()
    except Exception:  # noqa: BLE001
        message = EmailMessage()
        message.set_content(content.decode("utf-8", "replace"))
    return message


def _header(headers: Message, name: str) -> str:
    """A header as text; as it was sent, when the parser trips over it."""
    found = (value for key, value in headers.raw_items() if key.lower() == name.lower())
    sent = str(next(found, ""))
    try:
        return str(email.policy.default.header_fetch_parse(name, sent))
    except Exception:  # noqa: BLE001
        return sent


def _content_id(part: Message[Any, Any]) -> str:
    return str(part.get("Content-ID", "")).strip().removeprefix("<").removesuffix(">")


def _body(message: EmailMessage, kind: str) -> EmailMessage | None:
    return cast("EmailMessage | None", message.get_body(preferencelist=(kind,)))


def _file_names(message: EmailMessage) -> list[str]:
    return [name for part in message.walk() if (name := part.get_filename())]


def _decoded(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101 - so for every part that is not multipart
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _shown_html(body: str, mail_id: str) -> str:
    """The body with its inline images led to our own address and its links to a new tab."""

    def part_address(match: re.Match[str]) -> str:
        content_id = unquote(html.unescape(match[1]))
        return f"/inbox/{mail_id}/part/{quote(content_id, safe='', errors='replace')}"

    body = _CID_ADDRESS.sub(part_address, body)
    if _HEAD_TAG.search(body):
        return _HEAD_TAG.sub(lambda match: match[0] + _BASE_TAG, body, count=1)
    return "<!doctype html>" + _BASE_TAG + body


def _part_response(part: Message[Any, Any]) -> Response:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise HTTPException(404, "This part holds no file.")
    content_type = part.get_content_type()
    if content_type in _SHOWN_IMAGE_TYPES:
        return Response(content, media_type=content_type, headers=_PART_HEADERS)
    headers = {**_PART_HEADERS, "Content-Disposition": "attachment"}
    return Response(content, media_type="application/octet-stream", headers=headers)
