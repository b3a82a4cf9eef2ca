"""The played owner: what it does when a page refuses its answer."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from photo_tagger.domain.photo import PHOTO_HEADER
from photo_tagger_local.inbox import Inbox
from photo_tagger_local.ports import HOST, Ports
from photo_tagger_local.reviewer import Reviewer, ReviewError
from photo_tagger_local.web import WebServer

FORM = '<form action="/r/{key}/approve" method="post"><input name="title" value="Sofa"></form>'
Pages = tuple[Inbox, Ports, list[str]]


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    """An inbox, and review pages of which the one behind the key "bad" refuses every answer."""
    approved: list[str] = []

    def show(request: Request) -> HTMLResponse:
        return HTMLResponse(FORM.format(key=request.path_params["key"]))

    def take(request: Request) -> HTMLResponse:
        key = request.path_params["key"]
        if key == "bad":
            return HTMLResponse("Please look at the fields marked below.", 422)
        approved.append(key)
        return HTMLResponse("Approved")

    routes = [Route("/r/{key}", show), Route("/r/{key}/approve", take, methods=["POST"])]
    ports = Ports.free()
    inbox, server = Inbox(tmp_path, ports.smtp), WebServer(Starlette(routes=routes), ports.review)
    inbox.start()
    server.start()
    yield inbox, ports, approved
    server.stop()
    inbox.stop()


def mail_link(ports: Ports, key: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail[PHOTO_HEADER] = "a@shop.example", "b@shop.example", key
    mail.set_content(f"Approve:\nhttp://{HOST}:{ports.review}/r/{key}\n")
    with smtplib.SMTP(HOST, ports.smtp) as smtp:
        smtp.send_message(mail)


def test_a_refused_answer_is_told_and_the_other_mails_are_answered(pages: Pages) -> None:
    inbox, ports, approved = pages
    for key in ("first", "bad", "last"):
        mail_link(ports, key)
    reviewer = Reviewer(inbox)

    with pytest.raises(ReviewError, match=r"bad: .* 422"):
        list(reviewer.decide_new("approve"))
    assert approved == ["first"]
    assert list(reviewer.decide_new("approve")) == ["last"]
    assert list(reviewer.decide_new("approve")) == []
    assert approved == ["first", "last"]
