"""A mail scanner opens every link of every mail, and what it finds there, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from photo_tagger.domain.photo import PHOTO_HEADER

SITE = "https://review.example"
SOFA, DECIDED, HELD = "sofa", "decided", "held"
LOOKING = {"GetItem", "BatchGetItem", "Query", "GetObject", "GetParametersByPath"}
"""What the review page may ask AWS for while nobody presses a button."""


def waiting(aws: Any, name: str) -> str:
    photo_id: str = aws.record(f"{name}.jpg", name.encode())
    aws.save_draft(photo_id)
    aws.await_owner(photo_id, f"token of {name}")
    return photo_id


@pytest.fixture
def mails(aws: Any, answer: Any) -> list[EmailMessage]:
    """Every kind of mail there is, to every reviewer."""
    aws.set("cards_per_hour", "2")
    waiting(aws, SOFA)
    decided = waiting(aws, DECIDED)
    waiting(aws, HELD)
    dark = aws.record("dark.jpg", b"dark")
    state = {"gate": {"reasons": ["Too dark."]}, "resized": {"image_key": f"{dark}.jpg"}}
    aws.call("Flagger", {"step": "FlagPhoto", "photo_id": dark, "state": state})
    for task in ("burst", "flags", "weekly"):
        aws.call("Digest", {"task": task})
    sent: list[EmailMessage] = aws.new_mails()
    key = next(aws.link_key(mail) for mail in sent if mail[PHOTO_HEADER] == decided)
    assert answer.approve(key).status == 303
    answer.cookies.clear()
    return sent


class Scanner:
    """Opens addresses, and all that they lead to; `keeps_cookies` as a browser would."""

    def __init__(self, answer: Any, *, keeps_cookies: bool) -> None:
        self._answer = answer
        self._keeps_cookies = keeps_cookies
        self.seen: dict[str, str] = {}

    def follow(self, addresses: set[str]) -> None:
        while addresses:
            found = {other for address in addresses for other in self._open(address)}
            addresses = found - self.seen.keys()

    def _open(self, address: str) -> Iterator[str]:
        path = address.removeprefix(SITE)
        for method in ("HEAD", "GET"):
            if not self._keeps_cookies:
                self._answer.cookies.clear()
            answered = self._answer.request(method, path)
            assert answered.status < 500, (method, path)
        is_page = answered.headers["content-type"].startswith("text/html")
        self.seen[address] = answered.text if is_page else ""
        for found in _leads_to(answered.page) if is_page else ():
            yield urljoin(address, found).partition("#")[0]


def _leads_to(page: BeautifulSoup) -> Iterator[str]:
    """Links and pictures, and forms as if they were links: with each of their buttons."""
    for element in page.select("[href], [src]"):
        yield str(element.get("href") or element["src"])
    for form in page.select("form"):
        fields = [(str(field["name"]), _value(field)) for field in form.select("[name]")]
        yield str(form["action"])
        for button in form.select("button"):
            pressed = [(str(button["name"]), _value(button))] if button.get("name") else []
            yield f"{str(form['action']).partition('?')[0]}?{urlencode([*pressed, *fields])}"


def _value(field: Tag) -> str:
    return str(field.get("value") or field.get_text())


def links(mail: EmailMessage) -> set[str]:
    """Every address of ours in the mail, of its HTML and of its text."""
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    page = BeautifulSoup(html.get_content(), "html.parser")
    written = {str(link["href"]) for link in page.select("a[href]")}
    written |= {word for word in text.get_content().split() if word.startswith("https://")}
    assert written, mail["Subject"]
    return {address.partition("#")[0] for address in written if address.startswith(SITE)}


def test_scanners_with_and_without_cookies_that_follow_everything_change_nothing(
    aws: Any, answer: Any, boto: Any, mails: list[EmailMessage]
) -> None:
    addresses = {address for mail in mails for address in links(mail)}
    assert {urlsplit(address).path[:3] for address in addresses} == {"/r/", "/q/"}
    before, calls = aws.dump(), len(boto.names())

    told = {}
    for keeps_cookies in (True, False):
        scanner = Scanner(answer, keeps_cookies=keeps_cookies)
        scanner.follow(addresses)
        told[keeps_cookies] = " ".join(scanner.seen.values())

    asked_for = set(boto.names()[calls:])
    assert asked_for <= LOOKING
    assert aws.dump() == before
    assert aws.messages(aws.ready_queue) == []
    statuses = sorted(record["status"] for record in aws.rows("DraftsTable"))
    assert statuses == ["approved", "flagged", "waiting", "waiting"]
    for text in told.values():
        assert "Check this draft" in text
        assert "Approved by" in text
        assert "2 drafts wait for you" in text
    assert "The photo was set aside:" in told[True]  # what the list leads to
    assert "The photo was set aside:" not in told[False]
