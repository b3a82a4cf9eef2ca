"""What came from outside is text wherever it goes: pages, their headers, mails and log lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup

ATTACK = (
    '=HYPERLINK("https://evil.example","x")\r\nSet-Cookie: evil=1\r\nBcc: all@evil.example\r\n\r\n'
    "\"'><img src=x onerror=alert(1)><script>alert(1)</script><!-- {{ 7*7 }} {body} %s \x1b[2J"
)
SEEN = "alert(1)</script>"
"""A piece of it that no page may swallow, and that stands in a page only if it was escaped."""


def attacked(page: BeautifulSoup) -> bool:
    """Whether anything of the attack became more than text."""
    addresses = [
        str(element.get(name))
        for element in page.find_all(True)
        for name in ("href", "src", "action")
        if element.get(name)
    ]
    return bool(
        page.find_all(["script", "iframe", "object"])
        or page.select("[onerror], [onload]")
        or [address for address in addresses if "evil" in address or address == "x"]
    )


def text_of(page: BeautifulSoup) -> str:
    """All that can be read: text, fields, and what stands for a picture."""
    values = [str(element.get(name, "")) for element in page.find_all(True) for name in _SPOKEN]
    return "\n".join([page.get_text(), *values])


_SPOKEN = ("value", "alt", "aria-label")


def shows_it(answered: Any, status: int = 200) -> bool:
    """The page is there, shows the attack as text, and no header has anything of it."""
    assert answered.status == status
    assert "evil" not in json.dumps([answered.headers, answered.set_cookies])
    assert not attacked(answered.page)
    return SEEN in text_of(answered.page)


@pytest.fixture
def photo(aws: Any) -> str:
    """A draft whose every word is an attack, by the name of its file, the notes, and the shop."""
    aws.put_document("style.json", {"version": "1", "categories": [ATTACK], "tags": [ATTACK]})
    fields = ("title", "alt_text", "category", "description")
    draft = dict.fromkeys(fields, ATTACK) | {"tags": [ATTACK]}
    name: str = aws.record(f"{ATTACK}.jpg")
    notes = [{"field": "title", "text": ATTACK}, {"field": None, "text": ATTACK}]
    aws.save_draft(name, draft=draft, notes=notes)
    return name


def test_a_draft_of_attacks_is_text_on_every_page_and_in_every_mail(
    aws: Any, answer: Any, log: Any, photo: str
) -> None:
    first = aws.mailed(photo)
    assert shows_it(answer.get(first.ann))
    assert shows_it(answer.request("GET", f"/q/{first.ann}"))
    assert shows_it(answer.request("GET", f"/photo/{photo}"))

    kept = answer.approve(first.ann, title=ATTACK, description=ATTACK * 50)
    assert shows_it(kept, status=422)
    assert answer.post(first.ann, "try-again", hint=ATTACK).status == 303
    assert shows_it(answer.get(first.ann))

    aws.save_draft(photo, round_=2)
    second = aws.mailed(photo, round_=2)
    assert answer.approve(second.ann, title="Sofa", tags=[ATTACK], category=ATTACK).status == 422
    aws.put_document("style.json", {"version": "2", "categories": ["Furniture"], "tags": ["sofa"]})
    assert answer.approve(second.ann, description=ATTACK, tags=["sofa"]).status == 303
    reopened = {"step": "ReopenReview", "photo_id": photo, "round": 2, "store_words": ATTACK}
    aws.call("Recorder", reopened)
    third = aws.mailed(photo, round_=3)
    assert SEEN in answer.get(third.ann).page.find(role="alert").get_text()
    assert shows_it(answer.get(third.ann))
    rejected = answer.post(third.ann, "reject", reason="Something else", own_words=ATTACK)
    assert rejected.status == 303
    assert shows_it(answer.get(third.ann))

    history = answer.request("GET", f"/photo/{photo}/history")
    assert shows_it(history)
    told = [str(words.get_text()) for words in history.page.select("q, ins")]
    assert sum(SEEN in words for words in told) == 4  # hint, edit, the store's, the reason
    _assert_no_line_is_broken(log)


def test_a_photo_set_aside_with_attacks_is_text(aws: Any, answer: Any, log: Any) -> None:
    waiting = aws.waiting_photo()
    dark = aws.record(f"{ATTACK}.jpg", b"dark")
    state = {"gate": {"reasons": [ATTACK]}, "resized": {"image_key": f"{dark}.jpg"}}
    aws.call("Flagger", {"step": "FlagPhoto", "photo_id": dark, "state": state})
    aws.call("Digest", {"task": "flags"})

    answer.get(waiting.ann)
    for path in ("/queue?show=flagged", f"/photo/{dark}/history"):
        assert shows_it(answer.request("GET", path))
    assert shows_it(answer.request("GET", f"/photo/{dark}"), status=410)
    mail = aws.new_mails()[0]
    assert mail["Bcc"] is None
    html = BeautifulSoup(mail.get_body(("html",)).get_content(), "html.parser")
    assert not attacked(html)
    assert SEEN in text_of(html)
    _assert_no_line_is_broken(log)


@pytest.mark.parametrize("path", ["/r/{}", "/q/{}", "/photo/{}", "/queue?show={}", "/{}"])
def test_an_address_is_no_way_in(aws: Any, answer: Any, log: Any, path: str) -> None:
    answer.get(aws.waiting_photo().ann)
    answered = answer.request("GET", path.format(ATTACK))
    assert not attacked(answered.page)
    assert "evil" not in json.dumps([answered.headers, answered.set_cookies, answered.html])
    _assert_no_line_is_broken(log)


def _assert_no_line_is_broken(log: Any) -> None:
    lines = log.text().splitlines()
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict)
