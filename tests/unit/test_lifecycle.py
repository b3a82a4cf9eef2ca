"""Every step of a photo's life, taken once, twice and out of turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from photo_tagger.domain import lifecycle
from photo_tagger.domain.draft import Confidence, Draft, Note, Reading, Usage
from photo_tagger.domain.lifecycle import MACHINE, SupersededError
from photo_tagger.domain.photo import (
    Change,
    Decision,
    InStore,
    Listing,
    Outcome,
    PhotoRecord,
    Status,
    StoredObject,
)

Step = Callable[[PhotoRecord], Change | None]
FIELDS = Draft(title="White sofa", alt_text="A sofa", category="Furniture", description="Soft.")
EDITED = FIELDS.model_copy(update={"title": "White linen sofa"})
FIRST = "t1"
NOTE = Note(field="title", text="A note.")
LISTING = Listing(id="41", url="https://shop.example/41", store_target="webhook")
FLAGGED = StoredObject(bucket="flagged", key="sofa/original", version_id="f1")


def reading(title: str = "White sofa") -> Reading:
    return Reading(
        draft=FIELDS.model_copy(update={"title": title}),
        confidence=Confidence(title=0.8),
        not_a_product="no",
        notes=[NOTE],
        style_version="7",
        prompt_version="2",
        usage=[Usage(model="m", input_tokens=10, output_tokens=2)],
    )


def decision(
    action: str = "approved", *, round_: int = 1, by_user: str = "ann", grace_seconds: int = 0
) -> Decision:
    more: dict[str, dict[str, Any]] = {
        "approved": {"fields": FIELDS},
        "edited": {"fields": EDITED},
        "rejected": {"reject_reason": "We do not sell this"},
        "try_again": {"hint": "it is linen"},
    }
    return Decision.model_validate(
        {
            "round": round_,
            "action": action,
            "by_user": by_user,
            "decided_at": f"2026-01-0{round_}T00:00:00+00:00",
            "grace_seconds": grace_seconds,
            **more[action],
        }
    )


def started(arn: str = "arn:1") -> Step:
    return lambda record: lifecycle.started(record, arn)


def saved(round_: int = 1, title: str = "White sofa") -> Step:
    return lambda record: lifecycle.draft_saved(
        record,
        round_=round_,
        outcome=Outcome.DRAFT_READY,
        reading=reading(title),
        threshold=0.6,
        image_key="sofa.jpg",
    )


def awaited(
    round_: int = 1,
    step: int = 0,
    *,
    parked: bool = False,
    held: bool = False,
    token: str = FIRST,
) -> Step:
    mailed_to = [] if parked or held else ["ann", "bob"]
    return lambda record: lifecycle.owner_awaited(
        record, round_=round_, step=step, mailed_to=mailed_to, task_token=token, held=held
    )


def told_of_many(round_: int = 1, step: int = 0) -> Step:
    return lambda record: lifecycle.held_mail_sent(
        record, round_=round_, step=step, mailed_to=["bob"]
    )


def decided(action: str = "approved", **more: Any) -> Step:
    return lambda record: lifecycle.decided(record, decision(action, **more))


def undone(round_: int = 1) -> Step:
    return lambda record: lifecycle.undone(
        record, round_=round_, by_user="bob", at="2026-01-02T00:00:00+00:00"
    )


def listed() -> Step:
    return lambda record: lifecycle.listed(record, LISTING)


def reopened(round_: int = 1) -> Step:
    return lambda record: lifecycle.reopened(record, round_=round_, store_words="title: too long")


def flagged(*, rejected: bool = False, copy: StoredObject = FLAGGED) -> Step:
    return lambda record: lifecycle.flagged(
        record, reasons=["Too dark"], flagged=copy, image_key=None, rejected=rejected
    )


def requeued(start: int = 2) -> Step:
    return lambda record: lifecycle.requeued(record, start=start, by_user="the admin")


def duplicate() -> Step:
    return lambda record: lifecycle.duplicate_found(record, "sofa-first")


def expired(round_: int = 1) -> Step:
    return lambda record: lifecycle.expired(record, round_=round_)


def taken(record: PhotoRecord, *steps: Step) -> PhotoRecord:
    """The record after these steps, each of which has to have something to do."""
    for step in steps:
        change = step(record)
        assert change is not None
        record = PhotoRecord.model_validate(record.model_dump() | change.values)
    return record


@pytest.fixture
def new(photo_record: Callable[..., PhotoRecord]) -> PhotoRecord:
    return photo_record()


@pytest.fixture
def waiting(new: PhotoRecord) -> PhotoRecord:
    return taken(new, started(), saved(), awaited())


STEPS: list[tuple[list[Step], Step, str, dict[str, Any]]] = [
    ([], started(), "started", {"status": "processing", "execution_arn": "arn:1"}),
    ([], saved(), "drafted", {"status": "processing", "outcome": "draft_ready", "round": 1}),
    (
        [saved()],
        awaited(),
        "mailed",
        {"status": "waiting", "task_token": "t1", "step": 0, "mailed_to": ["ann", "bob"]},
    ),
    (
        [saved(), awaited()],
        awaited(step=1, token="t2"),
        "reminded",
        {"status": "waiting", "task_token": "t2", "step": 1},
    ),
    (
        [saved(), awaited()],
        awaited(step=2, parked=True, token="t3"),
        "parked",
        {"status": "parked", "task_token": "t3", "step": 2},
    ),
    (
        [saved()],
        awaited(held=True),
        "held",
        {"status": "waiting", "task_token": "t1", "mail_held": True, "mailed_to": []},
    ),
    (
        [saved(), awaited(held=True)],
        told_of_many(),
        "mailed",
        {"status": "waiting", "task_token": "t1", "mail_held": False, "mailed_to": ["bob"]},
    ),
    ([saved(), awaited()], decided("approved"), "approved", {"status": "approved"}),
    ([saved(), awaited()], decided("edited"), "edited", {"status": "edited"}),
    ([saved(), awaited()], decided("rejected"), "rejected", {"status": "rejected"}),
    (
        [saved(), awaited()],
        decided("try_again"),
        "try_again",
        {"status": "processing", "outcome": None, "hints": ["it is linen"]},
    ),
    (
        [saved(), awaited(step=2, parked=True)],
        decided("approved"),
        "approved",
        {"status": "approved"},
    ),
    ([saved(), awaited(), decided()], listed(), "listed", {"status": "listed"}),
    (
        [saved(), awaited(), decided("edited")],
        reopened(),
        "reopened",
        {"status": "processing", "round": 2, "outcome": "needs_review"},
    ),
    ([], flagged(), "flagged", {"status": "flagged", "outcome": "flagged"}),
    (
        [saved(), awaited(), decided("rejected")],
        flagged(rejected=True),
        "moved",
        {"status": "rejected", "outcome": "draft_ready"},
    ),
    (
        [flagged()],
        requeued(),
        "requeued",
        {"status": "processing", "outcome": None, "starts": 2, "flag_reasons": []},
    ),
    (
        [started(), saved(), awaited(), decided("rejected"), flagged(rejected=True)],
        requeued(),
        "requeued",
        {"status": "processing", "execution_arn": None, "set_aside": False},
    ),
    ([], duplicate(), "duplicate", {"status": "duplicate", "duplicate_of": "sofa-first"}),
    ([saved(), awaited(parked=True)], expired(), "expired", {"status": "expired"}),
]
WAITS = ("mailed", "reminded", "held", "parked")
"""Each has a new token, so taking one twice is a write: see TestWaiting."""

DECISIONS = ("approved", "edited", "rejected", "try_again")


@pytest.mark.parametrize(("before", "step", "action", "expected"), STEPS)
def test_each_step_leads_where_the_lifecycle_says(
    new: PhotoRecord, before: list[Step], step: Step, action: str, expected: dict[str, Any]
) -> None:
    record = taken(new, *before)
    change = step(record)
    assert change is not None
    assert change.action == action
    after = taken(record, step).model_dump()
    assert {name: after[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("before", "step"),
    [pytest.param(before, step, id=name) for before, step, name, _ in STEPS if name not in WAITS],
)
def test_a_step_taken_twice_has_nothing_left_to_do(
    new: PhotoRecord, before: list[Step], step: Step
) -> None:
    assert step(taken(new, *before, step)) is None


@pytest.mark.parametrize(("before", "step", "action", "expected"), STEPS)
def test_each_step_is_signed_and_only_a_persons_is_acknowledged(
    new: PhotoRecord, before: list[Step], step: Step, action: str, expected: dict[str, Any]
) -> None:
    change = step(taken(new, *before))
    assert change is not None
    people = {"requeued": "the admin"} | dict.fromkeys(DECISIONS, "ann")
    assert change.by_user == people.get(action, MACHINE)
    assert (change.ack is not None) == (action in DECISIONS)


class TestSavingADraft:
    def test_keeps_all_of_the_reading(self, new: PhotoRecord) -> None:
        record = taken(new, saved())
        assert record.draft == FIELDS
        assert record.confidence == Confidence(title=0.8)
        assert (record.threshold, record.notes) == (0.6, [NOTE])
        assert (record.style_version, record.prompt_version) == ("7", "2")
        assert record.image_key == "sofa.jpg"

    def test_what_earlier_rounds_spent_stays_on_the_bill(self, waiting: PhotoRecord) -> None:
        record = taken(waiting, decided("try_again"), saved(2, "Linen sofa"))
        assert record.draft is not None
        assert record.draft.title == "Linen sofa"
        assert len(record.usage) == 2

    def test_of_an_earlier_round_comes_too_late(self, waiting: PhotoRecord) -> None:
        later = taken(waiting, decided("try_again"), saved(2))
        assert saved(1)(later) is None

    def test_forgets_the_words_of_the_store(self, waiting: PhotoRecord) -> None:
        record = taken(waiting, decided("edited"), reopened(), awaited(2))
        assert record.store_words == "title: too long"
        record = taken(record, decided("try_again", round_=2), saved(3))
        assert record.store_words is None


class TestWaiting:
    def test_a_redriven_wait_replaces_the_token(self, waiting: PhotoRecord) -> None:
        assert taken(waiting, awaited(token="t2")).task_token == "t2"

    @pytest.mark.parametrize("parked", [True, False])
    @pytest.mark.parametrize("action", DECISIONS)
    def test_a_round_that_is_decided_takes_no_new_token(
        self, waiting: PhotoRecord, action: str, parked: bool
    ) -> None:
        record = taken(waiting, decided(action))
        assert awaited(step=1, parked=parked, token="t2")(record) is None
        assert record.task_token == "t1"

    def test_a_round_that_is_over_cannot_be_awaited(self, waiting: PhotoRecord) -> None:
        later = taken(waiting, decided("try_again"), saved(2))
        with pytest.raises(SupersededError, match="round 1"):
            awaited(1)(later)

    def test_a_round_that_has_no_draft_yet_cannot_be_awaited(self, waiting: PhotoRecord) -> None:
        with pytest.raises(SupersededError):
            awaited(2)(waiting)

    def test_a_parked_photo_can_go_back_to_waiting(self, waiting: PhotoRecord) -> None:
        record = taken(waiting, awaited(step=2, parked=True), awaited(step=2))
        assert record.status is Status.WAITING

    @pytest.mark.parametrize("next_wait", [awaited(step=1), awaited(step=1, parked=True)])
    def test_a_wait_with_a_mail_of_its_own_or_none_is_held_no_more(
        self, new: PhotoRecord, next_wait: Step
    ) -> None:
        assert not taken(new, saved(), awaited(held=True), next_wait).mail_held

    def test_who_was_mailed_before_stands_while_a_reminder_is_held(
        self, waiting: PhotoRecord
    ) -> None:
        assert taken(waiting, awaited(step=1, held=True)).mailed_to == ["ann", "bob"]


class TestTellingOfMany:
    @pytest.mark.parametrize(
        "meanwhile",
        [
            [told_of_many()],
            [awaited()],
            [awaited(step=1, held=True)],
            [decided("approved")],
            [decided("try_again")],
            [decided("try_again"), saved(2), awaited(2, held=True)],
            [awaited(parked=True)],
        ],
    )
    def test_a_wait_that_is_over_or_was_told_of_stays_as_it_is(
        self, new: PhotoRecord, meanwhile: list[Step]
    ) -> None:
        record = taken(new, saved(), awaited(held=True), *meanwhile)
        assert told_of_many()(record) is None


class TestDeciding:
    @pytest.mark.parametrize("second", DECISIONS)
    @pytest.mark.parametrize("first", DECISIONS)
    def test_the_first_decision_stands(self, waiting: PhotoRecord, first: str, second: str) -> None:
        record = taken(waiting, decided(first))
        assert lifecycle.decided(record, decision(second, by_user="bob")) is None
        assert record.decision == decision(first)

    def test_a_round_that_is_over_takes_no_decision(self, waiting: PhotoRecord) -> None:
        later = taken(waiting, decided("try_again"), saved(2))
        with pytest.raises(SupersededError):
            decided("rejected")(later)

    def test_the_next_round_takes_one_again(self, waiting: PhotoRecord) -> None:
        later = taken(waiting, decided("try_again"), saved(2), awaited(2))
        record = taken(later, decided("approved", round_=2))
        assert record.decision_of(2) == decision("approved", round_=2)
        assert record.decision_of(1) is None

    def test_an_expired_draft_takes_none(self, waiting: PhotoRecord) -> None:
        with pytest.raises(SupersededError):
            decided("approved")(taken(waiting, expired()))

    def test_hints_of_earlier_rounds_are_kept(self, waiting: PhotoRecord) -> None:
        record = taken(waiting, decided("try_again"), saved(2), awaited(2))
        record = taken(record, decided("try_again", round_=2))
        assert record.hints == ["it is linen", "it is linen"]

    def test_another_try_puts_the_photo_back_into_the_machine(self, waiting: PhotoRecord) -> None:
        assert waiting.left_the_machine
        assert not taken(waiting, decided("try_again")).left_the_machine

    def test_leaves_a_row_for_the_ack_table(self, waiting: PhotoRecord) -> None:
        change = decided("rejected")(waiting)
        assert change is not None
        assert change.ack == {
            "photo_id": waiting.photo_id,
            "ack_ts": "2026-01-01T00:00:00+00:00",
            "round": 1,
            "action": "rejected",
            "by_user": "ann",
            "store_target": None,
            "reject_reason": "We do not sell this",
            "hint": None,
        }

    def test_the_workflow_is_told_no_word_that_was_written(self) -> None:
        told = decision("try_again").for_the_workflow()
        assert told == {"action": "try_again", "by_user": "ann", "round": 1, "grace_seconds": 0}

    def test_nobody_decides_on_a_photo_that_is_drafted_anew(self, waiting: PhotoRecord) -> None:
        with pytest.raises(SupersededError):
            decided("approved")(taken(waiting, requeued()))


class TestUndoing:
    @pytest.fixture
    def approved(self, waiting: PhotoRecord) -> PhotoRecord:
        return taken(waiting, decided("approved", grace_seconds=60))

    def test_takes_the_approval_back_and_keeps_what_was_decided(
        self, approved: PhotoRecord
    ) -> None:
        record = taken(approved, undone())
        assert record.status is Status.PROCESSING
        assert record.decision is not None
        assert record.decision.undone
        with pytest.raises(ValueError, match="taken back"):
            lifecycle.approved_fields(record)

    def test_is_acknowledged_in_the_name_of_who_did_it(self, approved: PhotoRecord) -> None:
        change = undone()(approved)
        assert change is not None
        assert change.ack is not None
        assert (change.ack["action"], change.ack["by_user"]) == ("undone", "bob")

    def test_twice_is_once(self, approved: PhotoRecord) -> None:
        assert undone()(taken(approved, undone())) is None

    def test_is_too_late_once_the_store_is_written_to(self, approved: PhotoRecord) -> None:
        begun = taken(approved, lifecycle.store_begun)
        assert lifecycle.store_begun(begun) is None
        with pytest.raises(SupersededError):
            undone()(begun)
        assert lifecycle.approved_fields(begun) == begun.decision.fields

    def test_the_store_is_not_begun_with_what_was_taken_back(self, approved: PhotoRecord) -> None:
        assert lifecycle.store_begun(taken(approved, undone())) is None

    @pytest.mark.parametrize("action", ["rejected", "try_again"])
    def test_only_an_approval_can_be_taken_back(self, waiting: PhotoRecord, action: str) -> None:
        with pytest.raises(SupersededError):
            undone()(taken(waiting, decided(action, grace_seconds=60)))

    def test_without_a_grace_time_there_is_none(self, waiting: PhotoRecord) -> None:
        approved = taken(waiting, decided("approved"))
        assert lifecycle.store_begun(approved) is None
        with pytest.raises(SupersededError):
            undone()(approved)

    def test_the_next_round_begins_with_the_decided_fields(self, approved: PhotoRecord) -> None:
        record = taken(
            approved,
            undone(),
            lambda record: lifecycle.reopened(record, round_=1, store_words=None),
            awaited(2),
            decided("approved", round_=2, grace_seconds=60),
        )
        assert record.draft == approved.decision.fields
        assert lifecycle.can_be_undone(record)


class TestRequeueing:
    def test_begins_the_next_round_and_keeps_what_earlier_ones_spent(
        self, waiting: PhotoRecord
    ) -> None:
        record = taken(waiting, decided("rejected"), flagged(rejected=True), requeued())
        record = taken(record, started("arn:2"), saved(2, "Linen sofa"), awaited(2, token="t2"))
        assert (record.round, record.status, len(record.usage)) == (2, Status.WAITING, 2)
        assert record.decision_of(2) is None

    def test_leads_back_to_where_the_original_lies(self, new: PhotoRecord) -> None:
        record = taken(new, flagged(), requeued())
        assert record.flagged == FLAGGED

    @pytest.mark.parametrize(
        "steps", [[duplicate()], [saved(), awaited(), decided("approved"), listed()]]
    )
    def test_is_not_for_what_is_in_the_store_or_another_photos(
        self, new: PhotoRecord, steps: list[Step]
    ) -> None:
        with pytest.raises(SupersededError):
            requeued()(taken(new, *steps))

    def test_a_photo_set_aside_again_can_be_requeued_again(self, new: PhotoRecord) -> None:
        record = taken(new, flagged(), requeued(), flagged(), requeued(3))
        assert record.execution_name == f"{new.photo_id}-3"


class TestBeingOpen:
    def test_a_rejected_photo_is_open_until_it_was_moved(self, waiting: PhotoRecord) -> None:
        rejected = taken(waiting, decided("rejected"))
        assert rejected.is_open
        assert not taken(rejected, flagged(rejected=True)).is_open

    @pytest.mark.parametrize("step", [flagged(), duplicate(), expired()])
    def test_an_end_closes_a_photo(self, new: PhotoRecord, step: Step) -> None:
        assert new.is_open
        assert not taken(new, step).is_open


class TestReopening:
    def test_the_decided_fields_are_the_next_draft(self, waiting: PhotoRecord) -> None:
        record = taken(waiting, decided("edited"), reopened())
        assert record.draft == EDITED
        assert record.notes == []
        assert record.store_words == "title: too long"
        assert record.decision_of(record.round) is None

    @pytest.mark.parametrize("before", [[], [decided("rejected")], [decided("try_again")]])
    def test_needs_an_approval(self, waiting: PhotoRecord, before: list[Step]) -> None:
        with pytest.raises(ValueError, match="no approval"):
            reopened()(taken(waiting, *before))


class TestExpiring:
    @pytest.mark.parametrize("action", DECISIONS)
    def test_a_decision_at_the_last_moment_wins(self, waiting: PhotoRecord, action: str) -> None:
        assert expired()(taken(waiting, decided(action))) is None

    def test_is_an_end(self, waiting: PhotoRecord) -> None:
        assert taken(waiting, expired()).left_the_machine


class TestApprovedFields:
    @pytest.mark.parametrize(("action", "fields"), [("approved", FIELDS), ("edited", EDITED)])
    def test_are_those_of_the_decision(
        self, waiting: PhotoRecord, action: str, fields: Draft
    ) -> None:
        assert lifecycle.approved_fields(taken(waiting, decided(action))) == fields

    @pytest.mark.parametrize(
        "steps",
        [
            [],
            [decided("rejected")],
            [decided("try_again")],
            [decided("edited"), reopened()],
            [expired()],
        ],
    )
    def test_do_not_exist_without_an_approval_of_this_round(
        self, waiting: PhotoRecord, steps: list[Step]
    ) -> None:
        with pytest.raises(ValueError, match="no approval"):
            lifecycle.approved_fields(taken(waiting, *steps))

    def test_do_not_exist_for_a_decision_without_fields(self, waiting: PhotoRecord) -> None:
        bare = decision("approved").model_copy(update={"fields": None})
        record = waiting.model_copy(update={"decision": bare})
        with pytest.raises(ValueError, match="no approval"):
            lifecycle.approved_fields(record)


class TestLeavingTheMachine:
    def test_a_photo_at_work_has_not(self, new: PhotoRecord) -> None:
        assert not new.left_the_machine
        assert not taken(new, started()).left_the_machine

    @pytest.mark.parametrize("step", [saved(), flagged(), duplicate()])
    def test_a_photo_with_a_draft_or_an_end_has(self, new: PhotoRecord, step: Step) -> None:
        assert taken(new, step).left_the_machine


def test_a_token_is_in_no_repr(waiting: PhotoRecord) -> None:
    record = taken(waiting, awaited(token="AAAAsecret"))
    assert record.task_token == "AAAAsecret"
    assert "AAAAsecret" not in repr(record)
    assert "AAAAsecret" not in str(record)


class TestWhatTheStoreSays:
    THERE = InStore(round=1, product_id="41", fields=Draft(title="Our own words"))

    def test_is_noted_once_a_round(self, photo_record: Any) -> None:
        record = photo_record(round=1)
        change = lifecycle.store_looked_at(record, self.THERE)
        assert change is not None
        assert (change.action, change.by_user) == ("looked_up", MACHINE)
        noted = photo_record(round=1, **change.values)
        later = self.THERE.model_copy(update={"fields": FIELDS})
        assert lifecycle.store_looked_at(noted, later) is None
        assert lifecycle.store_looked_at(noted, later.model_copy(update={"round": 2}))

    def test_changes_by_what_was_written_alone(self, photo_record: Any) -> None:
        record = photo_record(
            round=1,
            status="approved",
            decision=decision().model_dump(),
            in_store=self.THERE.model_dump(),
        )
        listing = LISTING.model_copy(update={"written": ["category"], "created": False})
        change = lifecycle.listed(record, listing)
        assert change is not None
        fields = Draft(title="Our own words", category="Furniture")
        assert change.values["in_store"]["fields"] == fields.model_dump()

    def test_is_the_approved_fields_of_a_new_product(self, photo_record: Any) -> None:
        record = photo_record(round=1, status="approved", decision=decision().model_dump())
        change = lifecycle.listed(record, LISTING)
        assert change is not None
        assert change.values["in_store"] == {
            "round": 1,
            "product_id": "41",
            "fields": FIELDS.model_dump(),
        }


class TestTakingAListingBack:
    AFTER = InStore(round=1)

    def test_is_on_record_with_who_did_it(self, photo_record: Any) -> None:
        record = photo_record(status="listed", listing=LISTING.model_dump())
        change = lifecycle.withdrawn(record, after=self.AFTER, by_user="ann")
        assert change is not None
        assert (change.action, change.by_user) == ("withdrawn", "ann")
        assert change.values["status"] == "withdrawn"

    def test_is_done_once(self, photo_record: Any) -> None:
        record = photo_record(status="withdrawn")
        assert lifecycle.withdrawn(record, after=self.AFTER, by_user="ann") is None

    @pytest.mark.parametrize("status", ["waiting", "approved", "rejected", "flagged"])
    def test_needs_a_listing(self, photo_record: Any, status: str) -> None:
        with pytest.raises(SupersededError, match="it is not in the store"):
            lifecycle.withdrawn(photo_record(status=status), after=self.AFTER, by_user="ann")
