"""The pages put together: who may see what, and where each button leads."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from zoneinfo import ZoneInfo

from ack_handler.decisions import Decisions
from ack_handler.forms import BadFormError, Form
from ack_handler.history import events
from ack_handler.pages import Page, Pages, list_address, see_other
from ack_handler.queue import TABS, Buttons, Done, View, look
from ack_handler.review import Place, Review
from ack_handler.visitor import Door, TurnedAwayError, Visitor
from photo_tagger.aws.config import ShopConfig
from photo_tagger.aws.documents import style_doc
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.links import Links
from photo_tagger.domain.photo import Outcome
from photo_tagger.domain.style import StyleDoc
from photo_tagger.environment import Environment
from photo_tagger.texts import Texts

_PHOTO_ID = re.compile(r"[a-z0-9-]{1,80}")


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    ack_table: str
    links_table: str
    resized_bucket: str
    rules_bucket: str
    ready_queue_url: str
    config_path: str


class Site:
    """The review pages for one request."""

    def __init__(self, settings: Settings, config: ShopConfig, say: Texts, zone: ZoneInfo) -> None:
        @cache
        def style() -> StyleDoc:
            return style_doc(settings.rules_bucket)

        self._say = say
        self._zone = zone
        self._drafts = Drafts(settings.drafts_table, settings.audit_table, settings.ack_table)
        self._door = Door(Links(settings.links_table), config.reviewers)
        self.pages = Pages(say, zone, style, config.reader_note)
        decisions = Decisions(self._drafts, style, say, config)
        self._review = Review(
            self._drafts, decisions, self.pages, resized_bucket=settings.resized_bucket
        )
        self._buttons = Buttons(self._drafts, decisions, settings.ready_queue_url)

    # By the link of a mail

    def linked_page(self, key: str) -> Page:
        """The link's draft, and the cookie that opens the list."""
        visitor = self._door.by_link(key)
        return _remembered(self._review.page(_linked_place(visitor)), visitor)

    def linked_photo(self, key: str) -> Page:
        """The small copy of the link's photo."""
        return self._review.photo(_linked_place(self._door.by_link(key)).photo_id)

    def decide_linked(self, key: str, action: str, form: Form) -> Page:
        """Take a decision on the link's draft."""
        place = _linked_place(self._door.by_link(key))
        return self._decide(place, action, form)

    def list_by_link(self, key: str, query: Mapping[str, str]) -> Page:
        """The list, and the cookie that opens it from now on."""
        visitor = self._door.by_link(key)
        return _remembered(self._list(query), visitor)

    # From the list, by the cookie

    def list(self, cookies: Sequence[str], query: Mapping[str, str]) -> Page:
        """One page of the list."""
        self._door.by_cookie(cookies)
        return self._list(query)

    def press(self, cookies: Sequence[str], query: Mapping[str, str], form: Form) -> Page:
        """Do what a button of the list says, and come back to the list."""
        visitor = self._door.by_cookie(cookies)
        done = self._buttons.press(form, visitor.name)
        return see_other(_after(done, _view(query)))

    def page(self, cookies: Sequence[str], photo_id: str) -> Page:
        """A draft of the list, or what became of it."""
        return self._review.page(_listed_place(self._door.by_cookie(cookies), photo_id))

    def photo(self, cookies: Sequence[str], photo_id: str) -> Page:
        """The small copy of a photo in the list."""
        self._door.by_cookie(cookies)
        return self._review.photo(photo_id)

    def history(self, cookies: Sequence[str], photo_id: str) -> Page:
        """What was done with a photo."""
        self._door.by_cookie(cookies)
        record = self._drafts.find(photo_id)
        if record is None:
            raise TurnedAwayError(404, "unknown")
        rows = self._drafts.audit.rows(photo_id)
        return self.pages.history(record, events(rows, self._say, self._zone))

    def decide(self, cookies: Sequence[str], photo_id: str, action: str, form: Form) -> Page:
        """Take a decision on a draft of the list."""
        visitor = self._door.by_cookie(cookies)
        return self._decide(_listed_place(visitor, photo_id, _round(form)), action, form)

    def _decide(self, place: Place, action: str, form: Form) -> Page:
        if action == "try-anyway":
            done = self._buttons.try_anyway(place.photo_id, place.reviewer)
            return see_other(_after(done, View("flagged")))
        return self._review.decide(place, action, form)

    def _list(self, query: Mapping[str, str]) -> Page:
        numbers = {name: _number(query, name) for name in ("done", "left")}
        said = [
            self._say.count(f"queue.{name}", number) for name, number in numbers.items() if number
        ]
        last = query.get("last", "")
        seen = last if _PHOTO_ID.fullmatch(last) else None
        return self.pages.queue(look(self._drafts, _view(query)), " ".join(said), seen)


def _remembered(page: Page, visitor: Visitor) -> Page:
    page.cookies.append(visitor.cookie())
    return page


def _linked_place(visitor: Visitor) -> Place:
    link, address = visitor.link, f"/r/{visitor.key}"
    if link.photo_id is None:
        raise TurnedAwayError(404, "unknown")
    return Place(link.photo_id, link.round, visitor.name, address, address, link.ends_at)


def _listed_place(visitor: Visitor, photo_id: str, round_: int | None = None) -> Place:
    back = list_address(View(), done=1, last=photo_id)
    return Place(photo_id, round_, visitor.name, f"/photo/{photo_id}", back)


def _round(form: Form) -> int:
    """The round that the form was shown for."""
    text = form.get("round", [""])[0]
    if not text.isdecimal():
        raise BadFormError(400, "damaged")
    return int(text)


def _view(query: Mapping[str, str]) -> View:
    """What the address asks for; anything that is not there counts as not said."""
    tab = next((tab for tab in TABS if tab == query.get("show")), TABS[0])
    outcome = next((each for each in Outcome if each == query.get("outcome")), None)
    return View(tab, outcome, _number(query, "page") or 1)


def _number(query: Mapping[str, str], name: str) -> int:
    """A small number in the address; 0 for anything else."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 5 else 0


def _after(done: Done, view: View) -> str:
    """The list, with what was done; where that was one photo, it can be seen from there."""
    last = done.decided[0] if len(done.decided) == 1 else None
    return list_address(view, done=len(done.decided), left=len(done.left), last=last)
