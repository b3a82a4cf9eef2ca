"""The pages a reviewer sees, and the headers that keep them safe."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from ack_handler.forms import MAX_ROUNDS, MAX_WORDS, reject_reasons
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.photo import Decision, PhotoRecord
from photo_tagger.domain.style import StyleDoc
from photo_tagger.texts import Texts
from photo_tagger.texts.dates import moment

Page = Response[Any]

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


class Pages:
    """Pages in the shop's language, by its clock."""

    def __init__(self, say: Texts, zone: ZoneInfo) -> None:
        self._say = say
        self._zone = zone

    def review(
        self,
        *,
        record: PhotoRecord,
        fields: Draft,
        found: dict[FieldName, str],
        message: str,
        status: int,
        style: StyleDoc,
        reader_note: str,
        key: str,
    ) -> Page:
        """The draft, with the forms to approve, edit, reject or ask for another try."""
        unsure = record.confidence.below(record.threshold or 0) if record.confidence else []
        return self._page(
            status,
            "review.html",
            title=self._say("review.heading"),
            record=record,
            fields=fields,
            found=found,
            unsure=unsure,
            message=message,
            style=style,
            reader_note=reader_note,
            address=f"/r/{key}",
            reject_reasons=reject_reasons(self._say),
            may_try_again=record.round < MAX_ROUNDS,
            max_words=MAX_WORDS,
        )

    def decided(self, record: PhotoRecord, decision: Decision, reader: str, key: str) -> Page:
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
            listing_url=_web_address(record),
            address=f"/r/{key}",
        )

    def problem(self, status: int, name: str) -> Page:
        """A plain page with one sentence."""
        return self.trouble(status, self._say(f"problem.{name}_text"), heading=name)

    def trouble(self, status: int, message: str, heading: str = "did_not_work") -> Page:
        """A plain page with a sentence that came up on the way."""
        title = self._say(f"problem.{heading}")
        return self._page(status, "problem.html", title=title, message=message)

    def _page(self, status: int, template: str, **content: Any) -> Page:
        html = _templates().get_template(template).render(content, say=self._say)
        return Response(status, "text/html; charset=utf-8", html, dict(_HEADERS))


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


def _web_address(record: PhotoRecord) -> str | None:
    """The listing's address if it may stand in a link: a store could answer anything."""
    url = record.listing.url if record.listing else ""
    return url if urlsplit(url).scheme in ("http", "https") else None


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("ack_handler"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
