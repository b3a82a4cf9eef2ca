"""The inbox: real mail in over SMTP, pages out over HTTP."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import httpx
import pytest

from photo_tagger_local.console import create_console_app
from photo_tagger_local.inbox import Inbox
from photo_tagger_local.shop import Shop
from photo_tagger_local.web import PortTakenError, WebServer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
HOSTILE = "<script>alert(1)</script>"
Send = Callable[..., None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def inbox(tmp_path: Path, port: int) -> Iterator[Inbox]:
    inbox = Inbox(tmp_path / "inbox", port)
    inbox.start()
    yield inbox
    inbox.stop()


@pytest.fixture
def send(inbox: Inbox, port: int) -> Send:
    def send(
        mail: EmailMessage | bytes, recipients: tuple[str, ...] = ("owner@shop.test",)
    ) -> None:
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("tagger@shop.test", recipients, content)

    return send


@pytest.fixture
def browser(inbox: Inbox, tmp_path: Path) -> Iterator[httpx.Client]:
    server = WebServer(create_console_app(inbox, Shop(tmp_path / "shop", "key"), {}), 0)
    server.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield client
    server.stop()


def draft_mail(html: str | None = None, cid: str = "photo@shop") -> EmailMessage:
    """A mail as the owner gets it: plain text, HTML, and the photo inline."""
    mail = EmailMessage()
    mail["Subject"] = "Draft: Blue cup – bitte prüfen"
    mail["From"] = "Photo tagger <tagger@shop.test>"
    mail["To"] = "Owner <owner@shop.test>"
    mail.set_content("Open http://127.0.0.1/r/abc to decide.\n")
    body = (
        html or f'<html><head></head><body><img src="cid:{cid}"><a href="/x">Go</a></body></html>'
    )
    mail.add_alternative(body, subtype="html")
    html_part = mail.get_payload(1)
    assert isinstance(html_part, EmailMessage)
    html_part.add_related(PNG, "image", "png", cid=f"<{cid}>", filename="blue-cup.png")
    return mail


def test_a_mail_is_kept_as_received(inbox: Inbox, send: Send, tmp_path: Path) -> None:
    mail = draft_mail()
    send(mail, ("owner@shop.test", "hidden@shop.test"))
    (stored,) = inbox.messages()
    assert stored.recipients == ("owner@shop.test", "hidden@shop.test")
    assert stored.message["Subject"] == "Draft: Blue cup – bitte prüfen"
    assert stored.received.tzinfo is not None
    on_disk = (tmp_path / "inbox" / f"{stored.id}.eml").read_bytes()
    assert on_disk == mail.as_bytes(policy=SMTP)


def test_mails_stay_in_order_across_a_restart(inbox: Inbox, send: Send, tmp_path: Path) -> None:
    for subject in ("one", "two"):
        send(f"Subject: {subject}\r\n\r\nhello".encode())
    inbox.stop()
    (tmp_path / "inbox" / "00000003.eml").write_bytes(b"Subject: cut short by a crash\r\n\r\n")
    (tmp_path / "inbox" / "notes.eml").write_bytes(b"not ours")
    second_port = free_port()
    again = Inbox(tmp_path / "inbox", second_port)
    again.start()
    with smtplib.SMTP("127.0.0.1", second_port) as client:
        client.sendmail("a@shop.test", ["b@shop.test"], b"Subject: three\r\n\r\nhello")
    again.stop()
    mails = again.messages()
    assert [mail.message["Subject"] for mail in mails] == ["one", "two", "three"]
    assert [mail.id for mail in mails] == ["00000001", "00000002", "00000004"]


def test_a_taken_port_is_an_error(inbox: Inbox, port: int, tmp_path: Path) -> None:
    second = Inbox(tmp_path / "inbox", port)
    with pytest.raises(PortTakenError, match=str(port)):
        second.start()
    second.stop()


def test_the_list_shows_the_newest_first(browser: httpx.Client, send: Send) -> None:
    send(b"Subject: older\r\nFrom: a@shop.test\r\nTo: b@shop.test\r\n\r\nhello")
    send(b"\r\nno headers at all")
    listing = browser.get("/inbox").text
    assert listing.index("(no subject)") < listing.index("older")
    assert "a@shop.test" in listing
    assert 'http-equiv="refresh"' in listing


def test_a_mail_shows_headers_and_each_view(browser: httpx.Client, send: Send) -> None:
    send(draft_mail())
    shown = browser.get("/inbox/00000001").text
    for text in ("bitte prüfen", "owner@shop.test", "Photo tagger", "blue-cup.png"):
        assert text in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    text_view = browser.get("/inbox/00000001?view=text").text
    assert "Open http://127.0.0.1/r/abc to decide." in text_view
    assert "<iframe" not in text_view
    assert "Content-Type: multipart/alternative" in browser.get("/inbox/00000001?view=source").text


def test_a_plain_mail_has_no_html_view(browser: httpx.Client, send: Send) -> None:
    send(b"Subject: plain\r\n\r\njust text")
    assert "just text" in browser.get("/inbox/00000001?view=html").text
    assert browser.get("/inbox/00000001/html").status_code == 404


def test_the_html_body_is_shown_with_its_inline_image(browser: httpx.Client, send: Send) -> None:
    send(draft_mail())
    body = browser.get("/inbox/00000001/html")
    assert 'src="/inbox/00000001/part/photo%40shop"' in body.text
    assert body.text.startswith('<html><head><base target="_blank">')
    policy = body.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    image = browser.get("/inbox/00000001/part/photo%40shop")
    assert image.content == PNG
    assert image.headers["content-type"] == "image/png"
    assert image.headers["x-content-type-options"] == "nosniff"


def test_hostile_text_is_escaped_everywhere(browser: httpx.Client, send: Send) -> None:
    mail = EmailMessage()
    mail["Subject"] = HOSTILE
    mail["From"] = f'"{HOSTILE}" <x@evil.test>'
    mail["To"] = f'"{HOSTILE}" <owner@shop.test>'
    mail.set_content(HOSTILE)
    mail.add_attachment(b"x", "image", "png", filename=f"{HOSTILE}.png")
    send(mail)
    paths = ["/inbox", "/inbox/00000001?view=text", "/inbox/00000001?view=source"]
    for path in paths:
        shown = browser.get(path).text
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown


def test_a_script_cannot_be_served_as_an_inline_part(browser: httpx.Client, send: Send) -> None:
    mail = draft_mail()
    related = mail.get_payload(1)
    assert isinstance(related, EmailMessage)
    related.add_related(HOSTILE.encode(), "text", "html", cid="<page>")
    related.add_related(b"<svg onload='x'/>", "image", "svg+xml", cid="<drawing>")
    send(mail)
    for cid in ("page", "drawing"):
        part = browser.get(f"/inbox/00000001/part/{cid}")
        assert part.headers["content-type"] == "application/octet-stream"
        assert part.headers["content-disposition"] == "attachment"
        assert "sandbox" in part.headers["content-security-policy"]


def test_addresses_never_become_files(browser: httpx.Client, send: Send, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "inbox" / "notes.json").write_text("{}")
    send(b"Subject: x\r\n\r\nbody")
    for path in (
        "/inbox/%2e%2e%2f00000001",
        "/inbox/%2e%2e%2fsecret",
        "/inbox/..%2F..%2Fsecret/html",
        "/inbox/notes",
        "/inbox/99999999",
        "/inbox/00000001/part/%2e%2e%2f%2e%2e%2f00000001.json",
        "/inbox/00000001/part/%2Fetc%2Fpasswd",
        "/inbox/00000001/part/",
    ):
        assert browser.get(path).status_code == 404, path


def test_a_content_id_stays_inside_its_attribute(browser: httpx.Client, send: Send) -> None:
    send(draft_mail('<img src="cid:../../shop%22&quot;%3Ex"><p>acid:rain</p>'))
    body = browser.get("/inbox/00000001/html").text
    assert 'src="/inbox/00000001/part/..%2F..%2Fshop%22%22%3Ex"' in body
    assert "<p>acid:rain</p>" in body
    assert body.startswith('<!doctype html><base target="_blank">')


@pytest.mark.parametrize(
    "mail",
    [
        b"From: \xff\xfe <a@b>\r\nSubject: \xe9t\xe9 =?utf-8?b?7Q==?=\r\n\r\n\xff\xfe",
        b"Content-Type: text/html; charset=nonsense\r\nSubject: x\r\n\r\n<p>\xff",
        b"Content-Type: multipart/mixed\r\nSubject: no boundary\r\n\r\nhello",
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-ID: <[\r\n\r\nx",
        b"From: <\r\nTo: =?utf-8?q?=0A?=\r\nSubject: =?utf-8?q?=ZZ?= \r\n\r\nhello",
        b"Content-Type: *\xe9*1*=%;x*\r\nSubject: x\r\n\r\nhello",
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
    ],
)
def test_broken_mails_break_nothing(
    browser: httpx.Client, inbox: Inbox, send: Send, mail: bytes
) -> None:
    send(mail)
    (stored,) = inbox.messages()
    assert stored.recipients == ("owner@shop.test",)
    stored.message.items()
    for path in ("/inbox", "/inbox/00000001", "/inbox/00000001?view=source"):
        assert browser.get(path).status_code == 200
    assert browser.get("/inbox/00000001/html").status_code in {200, 404}
    assert browser.get("/inbox/00000001/part/x").status_code == 404
