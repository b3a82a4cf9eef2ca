"""The states that only write the record, each taken once and again."""

from __future__ import annotations

from typing import Any

import pytest

from photo_tagger.aws.drafts import NoSuchPhotoError

LISTING = {"id": "41", "url": "https://shop.example/41", "store_target": "api"}
WAITS = [86400, 172800, 345600, 25920000]
FIRST_WAIT = {"step": 0, "last_step": 3, "waits": WAITS, "wait_seconds": 86400}


def step(aws: Any, name: str, photo: str, **more: Any) -> Any:
    return aws.call("Recorder", {"step": name, "photo_id": photo, **more})


def twice(aws: Any, name: str, photo: str, **more: Any) -> Any:
    """Takes a step, then again as a retry would: same answer, no further write."""
    first = step(aws, name, photo, **more)
    before = aws.dump()
    assert step(aws, name, photo, **more) == first
    assert aws.dump() == before
    return first


class TestSaveDraft:
    def test_puts_the_reading_on_record_and_answers_the_waits(self, aws: Any) -> None:
        name = aws.record()
        answer = aws.save_draft(name)
        before = aws.dump()
        assert aws.save_draft(name) == answer
        assert aws.dump() == before
        assert answer == {"round": 1, **FIRST_WAIT}
        record = aws.photo(name)
        assert record.draft.title == "White sofa"
        assert (record.outcome, record.status, record.round) == ("needs_review", "processing", 1)
        assert record.confidence.category == 0.4
        assert record.threshold == 0.6
        assert record.usage[0].input_tokens == 10

    def test_is_audited_with_before_and_after(self, aws: Any) -> None:
        name = aws.record()
        aws.save_draft(name)
        row = aws.audit(name)[-1]
        assert row["action"] == "drafted"
        assert row["before"]["draft"] is None
        assert row["after"]["draft"]["title"] == "White sofa"

    def test_waits_are_those_of_the_settings_at_that_time(self, aws: Any) -> None:
        name = aws.record()
        aws.set("wait_seconds", "5, 6")
        answer = aws.save_draft(name)
        assert (answer["waits"], answer["last_step"], answer["wait_seconds"]) == ([5, 6], 1, 5)

    def test_an_open_photo_is_in_the_index_and_an_ended_one_is_not(self, aws: Any) -> None:
        name = aws.record()
        aws.save_draft(name)
        (row,) = [row for row in aws.rows("DraftsTable") if row["photo_id"] == name]
        assert row["open_status"] == "processing"
        assert row["open_since"] == row["updated_at"]
        step(aws, "SkipDuplicate", name, duplicate_of="other")
        (row,) = [row for row in aws.rows("DraftsTable") if row["photo_id"] == name]
        assert "open_status" not in row
        assert "open_since" not in row


def test_a_duplicate_is_noted(aws: Any) -> None:
    name = aws.record()
    assert twice(aws, "SkipDuplicate", name, duplicate_of="first-1") == {"status": "duplicate"}
    assert aws.photo(name).duplicate_of == "first-1"


class TestAfterTheDecision:
    def test_a_listing_is_noted(self, aws: Any, answer: Any) -> None:
        waiting = aws.waiting_photo()
        answer.approve(waiting.ann)
        assert twice(aws, "RecordListing", waiting.photo, listing=LISTING) == {"status": "listed"}
        assert aws.photo(waiting.photo).listing.url == "https://shop.example/41"

    def test_refused_fields_become_the_draft_of_the_next_round(self, aws: Any, answer: Any) -> None:
        waiting = aws.waiting_photo()
        answer.approve(waiting.ann, title="A title that the store does not like")
        result = twice(
            aws, "ReopenReview", waiting.photo, round=1, store_words="title: not this one"
        )
        assert result == {"round": 2, **FIRST_WAIT}
        record = aws.photo(waiting.photo)
        assert record.draft.title == "A title that the store does not like"
        assert (record.round, record.store_words) == (2, "title: not this one")


class TestExpireDraft:
    def test_closes_a_draft_that_nobody_answered(self, aws: Any) -> None:
        waiting = aws.waiting_photo()
        result = twice(aws, "ExpireDraft", waiting.photo, round=1)
        told = {"action": "expired", "by_user": "photo-tagger", "round": 1, "grace_seconds": 0}
        assert result == told
        assert aws.photo(waiting.photo).status == "expired"

    def test_hands_over_a_decision_that_came_at_the_last_moment(
        self, aws: Any, answer: Any
    ) -> None:
        aws.set("grace_seconds", "60")
        waiting = aws.waiting_photo()
        answer.approve(waiting.bob)
        result = twice(aws, "ExpireDraft", waiting.photo, round=1)
        told = {"action": "approved", "by_user": "bob@shop.example", "round": 1}
        assert result == told | {"grace_seconds": 60}
        assert aws.photo(waiting.photo).status == "approved"


def test_a_photo_without_a_record_is_a_fault_that_names_it(aws: Any) -> None:
    with pytest.raises(NoSuchPhotoError, match="nowhere-1"):
        step(aws, "SkipDuplicate", "nowhere-1", duplicate_of="x")


def test_a_step_that_does_not_exist_is_a_fault(aws: Any) -> None:
    with pytest.raises(KeyError, match="Guess"):
        step(aws, "Guess", aws.record())
