"""The pages a reviewer sees, and the headers that keep them safe."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from ack_handler.forms import MAX_ROUNDS, MAX_WORDS, REJECT_REASONS
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.photo import Decision, PhotoRecord
from photo_tagger.domain.style import StyleDoc

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


def review(
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
    return _page(
        status,
        "review.html",
        title="Check this draft",
        record=record,
        fields=fields,
        found=found,
        unsure=unsure,
        message=message,
        style=style,
        reader_note=reader_note,
        address=f"/r/{key}",
        reject_reasons=REJECT_REASONS,
        may_try_again=record.round < MAX_ROUNDS,
        max_words=MAX_WORDS,
    )


def decided(record: PhotoRecord, decision: Decision, reader: str, key: str) -> Page:
    """What was decided, by whom, when, and how far it has come."""
    return _page(
        200,
        "decided.html",
        title="Decided",
        record=record,
        decision=decision,
        by_you=decision.by_user == reader,
        listing_url=_web_address(record),
        address=f"/r/{key}",
    )


def unknown_link() -> Page:
    """The key opens nothing."""
    return problem(
        404,
        "This link does not work",
        "Please open the link in the mail again, without changing it.",
    )


def replaced() -> Page:
    """A newer draft of the same photo exists."""
    return problem(
        410,
        "There is a newer draft",
        "This photo was drafted again. Please open the newest mail about it.",
    )


def ended() -> Page:
    """The link's time is over."""
    return problem(
        410,
        "This draft was closed",
        "Nobody answered for a long time, so it was put away. To use the photo, upload it again.",
    )


def problem(status: int, title: str, message: str) -> Page:
    """A plain page with one sentence."""
    return _page(status, "problem.html", title=title, message=message)


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


def _page(status: int, template: str, **content: Any) -> Page:
    html = _templates().get_template(template).render(content)
    return Response(status, "text/html; charset=utf-8", html, dict(_HEADERS))


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
