"""The review of one draft: what its address leads to now, and what a button does."""

import time
from dataclasses import dataclass

from ack_handler.decisions import Decisions
from ack_handler.forms import BadFormError, Form, draft_in
from ack_handler.pages import DraftPage, Page, Pages, picture, see_other
from ack_handler.visitor import TurnedAwayError
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.small_copies import SmallCopyGoneError, read_small_copy
from photo_tagger.domain.draft import Draft
from photo_tagger.domain.photo import PhotoRecord, Status
from photo_tagger.observability import logger


@dataclass(frozen=True)
class Place:
    """One round of one photo, as a reviewer came to it: through a mail's link or from the list.

    `address` is what the page's forms go to, `back` where a decision leads; `ends_at` is the end of
    the link in seconds since 1970.
    """

    photo_id: str
    round: int | None
    reviewer: str
    address: str
    back: str
    ends_at: float = float("inf")

    def shows(self, record: PhotoRecord) -> bool:
        """Whether the photo is still in this round; without one, whatever it is in counts."""
        return self.round in (None, record.round)


class Review:
    """The review of single drafts."""

    def __init__(
        self, drafts: Drafts, decisions: Decisions, pages: Pages, *, resized_bucket: str
    ) -> None:
        self._drafts = drafts
        self._decisions = decisions
        self._pages = pages
        self._resized_bucket = resized_bucket

    def page(self, place: Place) -> Page:
        """The draft with its forms, or what became of it."""
        record = self._record(place)
        return self._closed_page(record, place) or self._pages.draft(
            DraftPage(record, record.draft or Draft(), place.address)
        )

    def photo(self, photo_id: str) -> Page:
        """The small copy. Raises TurnedAwayError."""
        record = self._drafts.find(photo_id)
        if record is None or record.image_key is None:
            raise TurnedAwayError(404, "no_picture")
        try:
            return picture(read_small_copy(self._resized_bucket, record.image_key))
        except SmallCopyGoneError as error:
            raise TurnedAwayError(410, "no_picture") from error

    def decide(self, place: Place, action: str, form: Form) -> Page:
        """Take one decision, once; then show what stands on record."""
        record = self._record(place)
        if action == "undo":
            return self._undo(record, place)
        closed = self._closed_page(record, place)
        if closed:
            return closed
        logger.append_keys(photo_id=record.photo_id)
        fields = draft_in(form) if action == "approve" else record.draft or Draft()
        shown = DraftPage(record, fields, place.address)
        try:
            if action == "approve":
                found = self._decisions.problems(fields)
                if found:
                    return self._pages.draft(shown, found=found, status=422)
                change = self._decisions.approve(record, fields, place.reviewer)
            else:
                change = self._decisions.other(record, action, form, place.reviewer)
        except BadFormError as error:
            return self._pages.draft(shown, trouble=error, status=error.status)
        if change:
            return see_other(place.back)
        record = self._record(place)
        return self._closed_page(record, place) or self._pages.draft(shown)

    def _undo(self, record: PhotoRecord, place: Place) -> Page:
        """Take an approval back; the page says whether it was in time."""
        if place.shows(record):
            self._decisions.undo(record, place.reviewer)
        return see_other(place.address)

    def _record(self, place: Place) -> PhotoRecord:
        record = self._drafts.find(place.photo_id)
        if record is None:
            raise TurnedAwayError(404, "unknown")
        return record

    def _closed_page(self, record: PhotoRecord, place: Place) -> Page | None:
        """The page of a round that has nothing left to decide, or None."""
        if not place.shows(record):
            return self._pages.problem(410, "replaced")
        decision = record.decision_of(record.round)
        if decision:
            return self._pages.decided(record, decision, place.reviewer, place.address)
        if record.status is Status.FLAGGED:
            return self._pages.flagged(record, place.address)
        if place.ends_at < time.time() or record.status is Status.EXPIRED:
            return self._pages.problem(410, "ended")
        if record.status not in (Status.WAITING, Status.PARKED):
            return self._pages.problem(410, "replaced")
        return None
