"""A decision is taken once: on record first, then told to the execution that waits."""

from collections.abc import Callable
from contextlib import suppress

from ack_handler.forms import BadFormError, Form, another_try, approval, rejection
from photo_tagger.aws.config import ShopConfig
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.task_tokens import ExecutionNotToldError, answer
from photo_tagger.clock import now
from photo_tagger.domain import lifecycle
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.photo import Change, Decision, PhotoRecord
from photo_tagger.domain.style import StyleDoc, problems
from photo_tagger.observability import count, logger
from photo_tagger.texts import Texts


class Decisions:
    """Takes what reviewers decide; `style` reads the style doc of the day."""

    def __init__(
        self, drafts: Drafts, style: Callable[[], StyleDoc], say: Texts, config: ShopConfig
    ) -> None:
        self._drafts = drafts
        self._config = config
        self._style = style
        self._say = say

    def problems(self, fields: Draft) -> dict[FieldName, str]:
        """What must be mended before these fields can go to the store."""
        return problems(fields, self._style(), self._say)

    def approve(self, record: PhotoRecord, fields: Draft, reviewer: str) -> Change | None:
        """Approve these fields, which must have no problems."""
        decision = approval(
            record,
            fields,
            reviewer,
            grace_seconds=self._config.grace_seconds,
            store_target=self._config.store_target,
        )
        return self._take(record, decision)

    def other(self, record: PhotoRecord, action: str, form: Form, reviewer: str) -> Change | None:
        """Reject or ask for another try, by the button's name. Raises BadFormError."""
        if action == "reject":
            return self._take(record, rejection(record, form, reviewer, self._say))
        if action == "try-again":
            return self._take(record, another_try(record, form, reviewer))
        raise BadFormError(404, "no_button")

    def undo(self, record: PhotoRecord, reviewer: str) -> None:
        """Take an approval back, if it still can be; the execution finds that out by itself."""
        with suppress(lifecycle.SupersededError):
            self._drafts.change(
                record.photo_id,
                lambda current: lifecycle.undone(
                    current, round_=record.round, by_user=reviewer, at=now()
                ),
            )

    def _take(self, record: PhotoRecord, decision: Decision) -> Change | None:
        """None when somebody else was faster, or the round is over."""
        try:
            record, change = self._drafts.change(
                record.photo_id, lambda current: lifecycle.decided(current, decision)
            )
        except lifecycle.SupersededError:
            return None
        if change:
            _resume(record, decision)
        return change


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
