"""Every step of a photo's life, as a change to its record.

Each function takes the record as it was just read and returns the change to write, or None when
there is nothing left to do (the step was taken before: a retry, a redrive, a second click). The
write happens only if nobody else wrote in between; otherwise the step is worked out again.
"""

from typing import Any

from photo_tagger.domain.draft import Draft, Reading
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

MACHINE = "photo-tagger"
"""Who did it, where no person did."""


class SupersededError(Exception):
    """The round a step belongs to is over; the record has moved on."""


def started(record: PhotoRecord, execution_arn: str) -> Change | None:
    """The photo's execution exists."""
    if record.execution_arn == execution_arn:
        return None
    return _by_machine("started", execution_arn=execution_arn)


def requeued(record: PhotoRecord, *, start: int, by_user: str) -> Change | None:
    """Somebody wants the photo taken through once more, whatever the machine thought of it.

    `start` is the number of the execution that is asked for: None when it was asked for before.
    Raises SupersededError for a photo that is or was in the store, or whose bytes are another's.
    """
    if record.starts >= start:
        return None
    if record.status in (Status.LISTED, Status.WITHDRAWN, Status.DUPLICATE):
        raise SupersededError(f"{record.photo_id} is {record.status}: there is nothing to redo")
    return Change(
        action="requeued",
        by_user=by_user,
        values={
            "status": Status.PROCESSING,
            "outcome": None,
            "starts": start,
            "execution_arn": None,
            "flag_reasons": [],
            "set_aside": False,
        },
    )


def draft_saved(
    record: PhotoRecord,
    *,
    round_: int,
    outcome: Outcome,
    reading: Reading,
    threshold: float,
    image_key: str,
) -> Change | None:
    """A reading became the draft of a round. What earlier rounds spent stays on the bill."""
    if record.round >= round_:
        return None
    return _by_machine(
        "drafted",
        round=round_,
        outcome=outcome,
        draft=reading.draft.model_dump(),
        first_title=record.first_title or reading.draft.title,
        confidence=reading.confidence.model_dump(),
        threshold=threshold,
        notes=[note.model_dump() for note in reading.notes],
        style_version=reading.style_version,
        prompt_version=reading.prompt_version,
        usage=[usage.model_dump() for usage in (*record.usage, *reading.usage)],
        image_key=image_key,
        store_words=None,
    )


def owner_awaited(
    record: PhotoRecord,
    *,
    round_: int,
    step: int,
    mailed_to: list[str],
    task_token: str,
    held: bool = False,
) -> Change | None:
    """The execution waits on a new task token; with nobody to mail, the photo is parked.

    `held`: nobody is mailed yet, and the next mail that tells of many photos tells of this one,
    too. None when this round is decided already.
    """
    if record.round != round_:
        raise SupersededError(f"round {round_} is over; the photo is in round {record.round}")
    if record.decision_of(round_):
        return None
    wait = {"step": step, "mail_held": held, "task_token": task_token}
    if held:
        return _by_machine("held", status=Status.WAITING, **wait)
    if not mailed_to:
        return _by_machine("parked", status=Status.PARKED, **wait)
    return _by_machine(
        "mailed" if step == 0 else "reminded",
        status=Status.WAITING,
        mailed_to=mailed_to,
        **wait,
    )


def held_mail_sent(
    record: PhotoRecord, *, round_: int, step: int, mailed_to: list[str]
) -> Change | None:
    """The mail of many told of this wait. None when it is over, or was told of before."""
    if (record.round, record.step) != (round_, step):
        return None
    if record.status is not Status.WAITING or not record.mail_held:
        return None
    return _by_machine("mailed", mail_held=False, mailed_to=mailed_to)


def decided(record: PhotoRecord, decision: Decision) -> Change | None:
    """A reviewer decided. None when this round has a decision, whoever made it.

    Raises SupersededError when nobody is asked for that decision any more.
    """
    if record.round != decision.round:
        raise SupersededError(f"round {decision.round} is over")
    if record.decision_of(decision.round):
        return None
    if record.status not in (Status.WAITING, Status.PARKED):
        raise SupersededError(f"{record.photo_id} is {record.status}: nobody is asked")
    statuses = {
        "approved": Status.APPROVED,
        "edited": Status.EDITED,
        "rejected": Status.REJECTED,
        "try_again": Status.PROCESSING,
    }
    values: dict[str, Any] = {
        "decision": decision.model_dump(),
        "status": statuses[decision.action],
    }
    if decision.action == "try_again":
        values["outcome"] = None
        values["hints"] = [*record.hints, decision.hint]
    ack = {
        "photo_id": record.photo_id,
        "ack_ts": decision.decided_at,
        "round": decision.round,
        "action": decision.action,
        "by_user": decision.by_user,
        "store_target": decision.store_target,
        "reject_reason": decision.reject_reason,
        "hint": decision.hint,
    }
    return Change(action=decision.action, by_user=decision.by_user, values=values, ack=ack)


def undone(record: PhotoRecord, *, round_: int, by_user: str, at: str) -> Change | None:
    """A reviewer takes an approval back. None when that was done before.

    Raises SupersededError when there is none, or it is on its way to the store.
    """
    decision = record.decision_of(round_)
    if decision and decision.undone:
        return None
    if decision is None or not can_be_undone(record):
        raise SupersededError(f"{record.photo_id} has no approval that can be taken back")
    return Change(
        action="undone",
        by_user=by_user,
        values={
            "status": Status.PROCESSING,
            "decision": decision.model_copy(update={"undone": True}).model_dump(),
        },
        ack={
            "photo_id": record.photo_id,
            "ack_ts": at,
            "round": round_,
            "action": "undone",
            "by_user": by_user,
            "store_target": decision.store_target,
            "reject_reason": None,
            "hint": None,
        },
    )


def can_be_undone(record: PhotoRecord) -> bool:
    """Whether the record's approval waits out its grace time."""
    return (
        record.status in (Status.APPROVED, Status.EDITED)
        and record.decision is not None
        and record.decision.grace_seconds > 0
        and record.store_round < record.round
    )


def store_begun(record: PhotoRecord) -> Change | None:
    """The grace time is over: from here the approval cannot be taken back."""
    if not can_be_undone(record):
        return None
    return _by_machine("sent", store_round=record.round)


def store_looked_at(record: PhotoRecord, found: InStore) -> Change | None:
    """What the store says of the photo's product, before anything is written in this round.

    None when that is on record: what a later try finds may be what an earlier one wrote.
    """
    if record.in_store and record.in_store.round == found.round:
        return None
    return _by_machine("looked_up", in_store=found.model_dump())


def listed(record: PhotoRecord, listing: Listing) -> Change | None:
    """The store has the listing; what was there before it stays in the audit trail."""
    if record.status is Status.LISTED:
        return None
    before = record.in_store.fields if record.in_store else None
    approved = approved_fields(record)
    written: dict[str, Any] = {name: getattr(approved, name) for name in listing.written}
    after = InStore(
        round=record.round,
        product_id=listing.id,
        fields=(before or Draft()).model_copy(update=written),
    )
    return _by_machine(
        "listed",
        status=Status.LISTED,
        listing=listing.model_dump(),
        in_store=after.model_dump(),
    )


def withdrawn(record: PhotoRecord, *, after: InStore, by_user: str) -> Change | None:
    """An admin took the listing back; `after` is what the store says since.

    Raises SupersededError for a photo that is not in the store.
    """
    if record.status is Status.WITHDRAWN:
        return None
    if record.status is not Status.LISTED:
        raise SupersededError(f"{record.photo_id} is {record.status}: it is not in the store")
    return Change(
        action="withdrawn",
        by_user=by_user,
        values={"status": Status.WITHDRAWN, "in_store": after.model_dump()},
    )


def reopened(record: PhotoRecord, *, round_: int, store_words: str | None) -> Change | None:
    """The decided fields become the draft of the next round.

    The store refused them, in its words; or the approval was taken back, and there are none.
    """
    if record.round > round_:
        return None
    decided_fields = _decided_fields(record)
    return _by_machine(
        "reopened",
        round=round_ + 1,
        status=Status.PROCESSING,
        outcome=Outcome.NEEDS_REVIEW,
        draft=decided_fields.model_dump(),
        notes=[],
        store_words=store_words,
    )


def flagged(
    record: PhotoRecord,
    *,
    reasons: list[str],
    flagged: StoredObject | None,
    image_key: str | None,
    rejected: bool,
) -> Change | None:
    """The photo is set aside, as the gate's verdict or a reviewer's.

    The original lies in the flagged bucket; None for one that was deleted before it could be moved.
    `image_key` is the small copy's, None where none could be made.
    """
    if record.set_aside:
        return None
    values = {
        "flagged": flagged.model_dump() if flagged else None,
        "flag_reasons": reasons,
        "set_aside": True,
        "image_key": image_key or record.image_key,
    }
    if rejected:
        return _by_machine("moved", **values)
    return _by_machine("flagged", status=Status.FLAGGED, outcome=Outcome.FLAGGED, **values)


def duplicate_found(record: PhotoRecord, original: str) -> Change | None:
    """The same bytes came before, as another photo."""
    if record.status is Status.DUPLICATE:
        return None
    return _by_machine("duplicate", status=Status.DUPLICATE, duplicate_of=original)


def expired(record: PhotoRecord, *, round_: int) -> Change | None:
    """Nobody answered for the longest time a draft waits."""
    if record.decision_of(round_) or record.status is Status.EXPIRED:
        return None
    return _by_machine("expired", status=Status.EXPIRED)


def approved_fields(record: PhotoRecord) -> Draft:
    """The fields that a person released for the store.

    Raises ValueError when no approval is on record: nothing reaches the store without one.
    """
    if record.decision and record.decision.undone:
        raise ValueError(f"the approval of {record.photo_id} was taken back")
    return _decided_fields(record)


def _decided_fields(record: PhotoRecord) -> Draft:
    decision = record.decision_of(record.round)
    if decision is None or decision.action not in ("approved", "edited") or not decision.fields:
        raise ValueError(f"{record.photo_id} has no approval in round {record.round}")
    return decision.fields


def _by_machine(action: str, **values: object) -> Change:
    return Change(action=action, by_user=MACHINE, values=values)
