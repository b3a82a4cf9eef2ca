"""Plays the owner: opens the link in the real mail and posts the real form."""

import re
from collections.abc import Iterator
from typing import Literal

import httpx
from bs4 import BeautifulSoup, Tag

from photo_tagger.domain.photo import PHOTO_HEADER
from photo_tagger_local.inbox import Inbox, StoredMail

Decide = Literal["approve", "reject"]
_LINK = re.compile(r"https?://\S+/r/[\w-]+")
_TIMEOUT_SECONDS = 60.0


class ReviewError(Exception):
    """A mail or a review page is not what an owner could use."""


class Reviewer:
    """Decides every draft that is mailed to an inbox, each mail once."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._last_seen = ""

    def mailed(self) -> set[str]:
        """The ids of all photos that a mail has come about."""
        return {
            str(mail.message[PHOTO_HEADER])
            for mail in self._inbox.messages()
            if PHOTO_HEADER in mail.message
        }

    def decide_new(self, decide: Decide) -> Iterator[str]:
        """Decide what came since the last call; yields the photo ids.

        Raises ReviewError at a mail that cannot be answered; the next call goes on after it.
        """
        for mail in self._inbox.messages(after=self._last_seen):
            self._last_seen = mail.id
            photo_id = str(mail.message.get(PHOTO_HEADER, ""))
            if not photo_id:
                continue
            try:
                post_decision(link_in(mail), decide)
            except ReviewError as error:
                raise ReviewError(f"{photo_id}: {error}") from error
            yield photo_id


def link_in(mail: StoredMail) -> str:
    """The review link of a card, from its plain text. Raises ReviewError."""
    body = mail.message.get_body(("plain",))
    found = _LINK.search(body.get_content()) if body else None
    if found is None:
        raise ReviewError(f"the mail “{mail.message['Subject']}” has no review link")
    return found.group()


def post_decision(link: str, decide: Decide) -> None:
    """Open the page, fill the form in as it stands, and post it. Raises ReviewError.

    A rejection takes the first reason offered. A draft with an empty or unlisted field cannot be
    approved as it stands; its category is then set to the first one offered.
    """
    with httpx.Client(follow_redirects=True, timeout=_TIMEOUT_SECONDS, trust_env=False) as browser:
        page = browser.get(link)
        form = BeautifulSoup(page.text, "html.parser").select_one(f'form[action$="/{decide}"]')
        if form is None:
            return  # decided already, through another mail of this round
        address = page.url.join(str(form["action"]))
        answer = browser.post(address, data=filled_in(form))
    if answer.status_code != httpx.codes.OK:
        raise ReviewError(f"the review page answered {answer.status_code} to {decide}")


def filled_in(form: Tag) -> dict[str, str | list[str]]:
    """What a browser would send if the first radio button and nothing else were touched."""
    fields: dict[str, str | list[str]] = {}
    for field in form.select("input[name], textarea[name]"):
        name, kind = str(field["name"]), field.get("type")
        if kind == "checkbox" and not field.has_attr("checked"):
            continue
        if kind == "checkbox":
            fields[name] = [*fields.get(name, []), str(field["value"])]
        elif kind == "radio":
            fields.setdefault(name, str(field["value"]))
        else:
            fields[name] = str(field.get("value", "")) or field.get_text()
    for select in form.select("select[name]"):
        chosen = select.select_one("option[selected]") or select.select_one("option")
        value = chosen.get("value", chosen.get_text()) if chosen else ""
        fields[str(select["name"])] = str(value) or select.select("option")[1].get_text()
    return fields
