"""The states that only write a photo's record, each under its own name."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain import lifecycle
from photo_tagger.domain.draft import Reading
from photo_tagger.domain.photo import Listing, Outcome


class _SaveDraft(BaseModel):
    photo_id: str
    round: int
    outcome: Outcome
    image_key: str
    reading: dict[str, Any]


class _ReopenReview(BaseModel):
    photo_id: str
    round: int
    store_words: str | None


class _ExpireDraft(BaseModel):
    photo_id: str
    round: int


class _RecordListing(BaseModel):
    photo_id: str
    listing: Listing


class _SkipDuplicate(BaseModel):
    photo_id: str
    duplicate_of: str


class Recorder:
    """Writes steps of a photo's life. Taking a step twice changes nothing."""

    def __init__(self, drafts: Drafts, waits: Callable[[], list[int]]) -> None:
        self._drafts = drafts
        self._waits = waits

    def save_draft(self, event: dict[str, Any]) -> dict[str, Any]:
        """The reading becomes the draft of its round; answers the waits that follow."""
        request = _SaveDraft.model_validate(event)
        self._drafts.change(
            request.photo_id,
            lambda record: lifecycle.draft_saved(
                record,
                round_=request.round,
                outcome=request.outcome,
                reading=Reading.model_validate(request.reading),
                threshold=request.reading["threshold"],
                image_key=request.image_key,
            ),
        )
        return self._review(request.round)

    def reopen_review(self, event: dict[str, Any]) -> dict[str, Any]:
        """The fields that the store refused, or that were taken back, begin a new round."""
        request = _ReopenReview.model_validate(event)
        self._drafts.change(
            request.photo_id,
            lambda record: lifecycle.reopened(
                record, round_=request.round, store_words=request.store_words
            ),
        )
        return self._review(request.round + 1)

    def expire_draft(self, event: dict[str, Any]) -> dict[str, Any]:
        """Close the draft, or answer with the decision that came at the last moment."""
        request = _ExpireDraft.model_validate(event)
        record, _ = self._drafts.change(
            request.photo_id, lambda record: lifecycle.expired(record, round_=request.round)
        )
        decision = record.decision_of(request.round)
        return {
            "action": decision.action if decision else "expired",
            "by_user": decision.by_user if decision else lifecycle.MACHINE,
            "round": request.round,
            "grace_seconds": decision.grace_seconds if decision else 0,
        }

    def record_listing(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the store made of the draft."""
        request = _RecordListing.model_validate(event)
        record, _ = self._drafts.change(
            request.photo_id, lambda record: lifecycle.listed(record, request.listing)
        )
        return {"status": record.status}

    def skip_duplicate(self, event: dict[str, Any]) -> dict[str, Any]:
        """The same bytes came before."""
        request = _SkipDuplicate.model_validate(event)
        record, _ = self._drafts.change(
            request.photo_id,
            lambda record: lifecycle.duplicate_found(record, request.duplicate_of),
        )
        return {"status": record.status}

    def _review(self, round_: int) -> dict[str, Any]:
        waits = self._waits()
        return {
            "round": round_,
            "step": 0,
            "last_step": len(waits) - 1,
            "waits": waits,
            "wait_seconds": waits[0],
        }
