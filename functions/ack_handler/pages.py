"""The pages a reviewer sees, and the headers that keep them safe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from ack_handler.forms import MAX_ROUNDS, MAX_WORDS, BadFormError, reject_reasons
from ack_handler.history import Event
from ack_handler.queue import TABS, Queue, View
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.lifecycle import can_be_undone
from photo_tagger.domain.photo import Decision, Outcome, PhotoRecord, Status
from photo_tagger.domain.style import StyleDoc
from photo_tagger.texts import Texts
from photo_tagger.texts.dates import moment

Page = Response[Any]

_STORE_SECONDS = 15 * 60
"""Longer than a store that is down for a moment takes, with all tries (WriteToStore's Retry)."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class DraftPage:
    """A draft with the fields as they stand in its form; `address` is what the form goes to."""

    record: PhotoRecord
    fields: Draft
    address: str


class Pages:
    """Pages in the shop's language, by its clock. `style` reads the style doc of the day."""

    def __init__(
        self, say: Texts, zone: ZoneInfo, style: Callable[[], StyleDoc], reader_note: str
    ) -> None:
        self._say = say
        self._zone = zone
        self._style = style
        self._reader_note = reader_note

    def draft(
        self,
        shown: DraftPage,
        *,
        found: dict[FieldName, str] | None = None,
        trouble: BadFormError | None = None,
        status: int = 200,
    ) -> Page:
        """The draft, with the forms to approve, edit, reject or ask for another try.

        `found` is what must be mended, by field; `trouble` what is wrong with another form.
        """
        message = self._say("review.look_below") if found else ""
        return self._page(
            status,
            "review.html",
            title=self._say("review.heading"),
            record=shown.record,
            fields=shown.fields,
            found=found or {},
            unsure=_unsure(shown.record),
            message=trouble.said(self._say) if trouble else message,
            style=self._style(),
            reader_note=self._reader_note,
            address=shown.address,
            reject_reasons=reject_reasons(self._say),
            may_try_again=shown.record.round < MAX_ROUNDS,
            max_words=MAX_WORDS,
        )

    def decided(self, record: PhotoRecord, decision: Decision, reader: str, address: str) -> Page:
        """What was decided, by whom, when, and how far it has come."""
        by_you = decision.by_user == reader
        return self._page(
            200,
            "decided.html",
            title=self._say("decided.page"),
            record=record,
            decision=decision,
            by_you=by_you,
            who=self._say("decided.you") if by_you else decision.by_user,
            when=moment(self._say, decision.decided_at, self._zone),
            until=self._end_of_grace(record, decision),
            is_late=_is_late(record, decision),
            listing_url=_web_address(record),
            import_file=_import_file(record),
            address=address,
        )

    def _end_of_grace(self, record: PhotoRecord, decision: Decision) -> str | None:
        """Until when an approval can be taken back, None if it cannot be."""
        if not can_be_undone(record):
            return None
        end = datetime.fromisoformat(decision.decided_at) + timedelta(
            seconds=decision.grace_seconds
        )
        return moment(self._say, end.isoformat(), self._zone)

    def flagged(self, record: PhotoRecord, address: str) -> Page:
        """Why a photo was set aside, and the button to have it drafted all the same."""
        title = self._say("flagged.heading")
        return self._page(410, "flagged.html", title=title, record=record, address=address)

    def queue(self, queue: Queue, message: str, last: str | None) -> Page:
        """One page of the list of all drafts; `last` is the photo that the message is about."""
        return self._page(
            200,
            "queue.html",
            title=self._say("queue.heading"),
            queue=queue,
            message=message,
            last=last,
            tabs=TABS,
            outcomes=(Outcome.DRAFT_READY, Outcome.NEEDS_REVIEW),
            unsure=_unsure,
            since=lambda record: moment(self._say, record.updated_at, self._zone),
            leads_to=list_address,
            to_view=View,
            reject_reasons=reject_reasons(self._say),
        )

    def history(self, record: PhotoRecord, events: Sequence[Event]) -> Page:
        """What was done with a photo, oldest first."""
        title = self._say("history.heading")
        return self._page(200, "history.html", title=title, record=record, events=events)

    def refused(self, error: BadFormError) -> Page:
        """Why a form was not taken."""
        return self._plain(error.status, error.said(self._say))

    def problem(self, status: int, name: str) -> Page:
        """A plain page with one sentence."""
        return self._plain(status, self._say(f"problem.{name}_text"), heading=name)

    def _plain(self, status: int, message: str, heading: str = "did_not_work") -> Page:
        title = self._say(f"problem.{heading}")
        return self._page(status, "problem.html", title=title, message=message)

    def _page(self, status: int, template: str, **content: Any) -> Page:
        html = _templates().get_template(template).render(content, say=self._say)
        return Response(status, "text/html; charset=utf-8", html, dict(_HEADERS))


def list_address(view: View, **more: object) -> str:
    """Where the list shows that view; `more` are further parameters of the address."""
    given = {"show": view.tab, "outcome": view.outcome, "page": view.page, **more}
    return "/queue?" + urlencode({name: value for name, value in given.items() if value})


def picture(jpeg: bytes) -> Page:
    """The photo itself."""
    return Response(200, "image/jpeg", jpeg, dict(_HEADERS))


def see_other(address: str) -> Page:
    """Leads to a page after a form was taken, so that reloading it posts nothing."""
    return Response(303, "text/plain; charset=utf-8", "", {**_HEADERS, "Location": address})


def style_sheet() -> Page:
    """The one style sheet."""
    css = (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    return Response(200, "text/css; charset=utf-8", css, dict(_HEADERS))


def _is_late(record: PhotoRecord, decision: Decision) -> bool:
    """Whether the store should have had an approved draft by now."""
    expected = timedelta(seconds=decision.grace_seconds + _STORE_SECONDS)
    passed = datetime.now(UTC) - datetime.fromisoformat(decision.decided_at)
    return record.status in (Status.APPROVED, Status.EDITED) and passed > expected


def _unsure(record: PhotoRecord) -> list[FieldName]:
    return record.confidence.below(record.threshold or 0) if record.confidence else []


def _web_address(record: PhotoRecord) -> str | None:
    """The listing's address if it may stand in a link: a store could answer anything."""
    url = record.listing.url if record.listing else ""
    return url if urlsplit(url).scheme in ("http", "https") else None


def _import_file(record: PhotoRecord) -> str | None:
    """The file in which a listing waits for somebody to import it; None where it is in the shop."""
    listing = record.listing
    if listing is None or not listing.store_target.endswith("-csv"):
        return None
    return listing.id.partition("#")[0]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("ack_handler"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
