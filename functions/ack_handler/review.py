"""What a link leads to, and what a decision does: decide first, resume second."""

import time
from collections.abc import Callable

from ack_handler import pages
from ack_handler.forms import (
    BadFormError,
    Form,
    another_try,
    approval,
    draft_in,
    rejection,
)
from ack_handler.pages import Page, Pages
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.links import Links
from photo_tagger.aws.small_copies import SmallCopyGoneError, read_small_copy
from photo_tagger.aws.task_tokens import ExecutionNotToldError, answer
from photo_tagger.domain import lifecycle
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.links import ReviewLink
from photo_tagger.domain.photo import Decision, PhotoRecord, Status
from photo_tagger.domain.style import StyleDoc, problems
from photo_tagger.observability import count, logger
from photo_tagger.texts import Texts


class Review:
    """The review of one draft through one mailed link."""

    def __init__(
        self,
        drafts: Drafts,
        links: Links,
        *,
        resized_bucket: str,
        style: Callable[[], StyleDoc],
        reader_note: str,
        say: Texts,
        shown: Pages,
    ) -> None:
        self._drafts = drafts
        self._links = links
        self._resized_bucket = resized_bucket
        self._style = style
        self._reader_note = reader_note
        self._say = say
        self._pages = shown

    def page(self, key: str) -> Page:
        """The draft with its forms, or what became of it."""
        link = self._open(key)
        if link is None:
            return self._pages.problem(404, "unknown")
        record = self._drafts.get(str(link.photo_id))
        return self._closed_page(record, link, key) or self._form_page(record, key)

    def photo(self, key: str) -> Page:
        """The small copy of the link's photo."""
        link = self._open(key)
        if link is None:
            return self._pages.problem(404, "unknown")
        record = self._drafts.get(str(link.photo_id))
        try:
            return pages.picture(read_small_copy(self._resized_bucket, str(record.image_key)))
        except SmallCopyGoneError:
            return self._pages.problem(410, "no_picture")

    def decide(self, key: str, action: str, form: Form) -> Page:
        """Take one decision, once; then show what stands on record."""
        link = self._open(key)
        if link is None:
            return self._pages.problem(404, "unknown")
        record = self._drafts.get(str(link.photo_id))
        closed = self._closed_page(record, link, key)
        if closed:
            return closed
        logger.append_keys(photo_id=record.photo_id)
        fields = draft_in(form) if action == "approve" else None
        found = problems(fields, self._style(), self._say) if fields else {}
        if found:
            return self._form_page(record, key, fields, found)
        try:
            decision = self._decision(record, action, form, fields, link.reviewer)
        except BadFormError as error:
            return self._form_page(record, key, message=error.said(self._say), status=error.status)
        return self._take(decision, record.photo_id, link, key)

    def _take(self, decision: Decision, photo_id: str, link: ReviewLink, key: str) -> Page:
        try:
            record, change = self._drafts.change(
                photo_id, lambda current: lifecycle.decided(current, decision)
            )
        except lifecycle.SupersededError:
            record, change = self._drafts.get(photo_id), None
        if change:
            _resume(record, decision)
            return pages.see_other(f"/r/{key}")
        return self._closed_page(record, link, key) or self._form_page(record, key)

    def _open(self, key: str) -> ReviewLink | None:
        link = self._links.find(key)
        if link is None:
            logger.warning("a link that does not exist was opened")
            count("LinkFailures")
        return link

    def _closed_page(self, record: PhotoRecord, link: ReviewLink, key: str) -> Page | None:
        """The page of a link that has nothing left to decide, or None."""
        if (link.round or 0) < record.round:
            return self._pages.problem(410, "replaced")
        decision = record.decision_of(link.round or 0)
        if decision:
            return self._pages.decided(record, decision, link.reviewer, key)
        if link.ends_at < time.time() or record.status is Status.EXPIRED:
            return self._pages.problem(410, "ended")
        if record.status not in (Status.WAITING, Status.PARKED):
            return self._pages.problem(410, "replaced")
        return None

    def _decision(
        self, record: PhotoRecord, action: str, form: Form, fields: Draft | None, reviewer: str
    ) -> Decision:
        if fields is not None:
            return approval(record, fields, reviewer)
        if action == "reject":
            return rejection(record, form, reviewer, self._say)
        if action == "try-again":
            return another_try(record, form, reviewer)
        raise BadFormError(404, "no_button")

    def _form_page(
        self,
        record: PhotoRecord,
        key: str,
        fields: Draft | None = None,
        found: dict[FieldName, str] | None = None,
        message: str = "",
        status: int = 200,
    ) -> Page:
        return self._pages.review(
            record=record,
            fields=fields or record.draft or Draft(),
            found=found or {},
            message=self._say("review.look_below") if found else message,
            status=422 if found else status,
            style=self._style(),
            reader_note=self._reader_note,
            key=key,
        )


def _resume(record: PhotoRecord, decision: Decision) -> None:
    """Send the decision to the waiting execution; if that fails, it is still safe on record."""
    try:
        if answer(str(record.task_token), decision):
            return
        logger.warning("the wait is over; the decision is on record")
    except ExecutionNotToldError as error:
        code = str(error)
        logger.error(
            "the decision is on record but the execution was not told", extra={"code": code}
        )
    count("ResumeFailures")
