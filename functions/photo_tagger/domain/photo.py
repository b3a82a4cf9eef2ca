"""The record of one photo: the row in `pt-drafts`, the source of truth for its life."""

from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from photo_tagger.domain.draft import (
    FIELD_NAMES,
    Confidence,
    Draft,
    FieldName,
    Note,
    Usage,
)

SCHEMA_VERSION: Final = 1

PHOTO_HEADER: Final = "X-Tagger-Photo"
"""The mail header that names the photo, for whoever sorts these mails by rule.

Short, so that the longest photo id fits into its line: a folded one is read with a space before it.
"""


class Status(StrEnum):
    """Where a photo stands. The lifecycle is drawn in docs/architecture.md."""

    PROCESSING = "processing"
    WAITING = "waiting"
    PARKED = "parked"
    APPROVED = "approved"
    EDITED = "edited"
    LISTED = "listed"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    FLAGGED = "flagged"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"


ENDED: Final = frozenset(
    {
        Status.LISTED,
        Status.WITHDRAWN,
        Status.REJECTED,
        Status.FLAGGED,
        Status.DUPLICATE,
        Status.EXPIRED,
    }
)


class Outcome(StrEnum):
    """What the machine thinks of a photo."""

    DRAFT_READY = "draft_ready"
    NEEDS_REVIEW = "needs_review"
    FLAGGED = "flagged"


Action = Literal["approved", "edited", "rejected", "try_again"]


class Decision(BaseModel):
    """What a reviewer decided in one round; `fields` is what goes to the store, `store_target`.

    An approval can be taken back for `grace_seconds`; then it is `undone`.
    """

    round: int
    action: Action
    by_user: str
    decided_at: str
    fields: Draft | None = None
    store_target: str | None = None
    reject_reason: str | None = None
    hint: str | None = None
    grace_seconds: int = 0
    undone: bool = False

    def for_the_workflow(self) -> dict[str, Any]:
        """What the waiting execution is told: enough to route by, nothing that was written."""
        return {
            "action": self.action,
            "by_user": self.by_user,
            "round": self.round,
            "grace_seconds": self.grace_seconds,
        }


class StoredObject(BaseModel):
    """One version of one object in a bucket."""

    bucket: str
    key: str
    version_id: str


class Listing(BaseModel):
    """What the store made of an approved draft.

    `created`: the product was made for this photo. `written`: the fields that we wrote; others were
    somebody's already.
    """

    id: str
    url: str
    store_target: str
    created: bool = True
    written: list[FieldName] = Field(default_factory=lambda: list(FIELD_NAMES))


class InStore(BaseModel):
    """What the store said of the photo's product before we wrote to it, and says since.

    `fields.alt_text` is that of the photo's own image. Both are None where there was no product.
    """

    round: int
    product_id: str | None = None
    fields: Draft | None = None


class PhotoRecord(BaseModel):
    """One row of `pt-drafts`. `revision` counts its writes; times are ISO 8601 in UTC."""

    model_config = ConfigDict(hide_input_in_errors=True)

    photo_id: str
    schema_version: int = SCHEMA_VERSION
    revision: int = 0
    source: StoredObject
    file_name: str
    size: int
    status: Status
    outcome: Outcome | None = None
    received_at: str
    updated_at: str
    starts: int = Field(default=1, description="executions so far, one more for each re-queue")
    execution_arn: str | None = None
    image_key: str | None = None
    round: int = 0
    step: int = Field(default=0, description="waits begun in this round, the first is 0")
    draft: Draft | None = None
    first_title: str | None = Field(
        default=None, description="of the first draft with one: its mails go by it to the end"
    )
    confidence: Confidence | None = None
    threshold: float | None = None
    notes: list[Note] = Field(default_factory=list)
    style_version: str | None = None
    prompt_version: str | None = None
    usage: list[Usage] = Field(default_factory=list)
    hints: list[str] = Field(default_factory=list)
    mailed_to: list[str] = Field(default_factory=list, description="by the latest mail")
    mail_held: bool = Field(default=False, description="the mail of many tells of it, yet to come")
    task_token: str | None = Field(default=None, repr=False)
    decision: Decision | None = None
    store_round: int = Field(default=0, description="the latest that may not be undone any more")
    store_words: str | None = Field(default=None, description="why the store refused the fields")
    in_store: InStore | None = None
    listing: Listing | None = None
    flag_reasons: list[str] = Field(default_factory=list)
    flagged: StoredObject | None = None
    set_aside: bool = Field(default=False, description="what the flagger has to do is done")
    duplicate_of: str | None = None

    @property
    def execution_name(self) -> str:
        """The name of the execution in charge: the photo's id, with a number from the second on."""
        return self.photo_id if self.starts == 1 else f"{self.photo_id}-{self.starts}"

    @property
    def is_open(self) -> bool:
        """Whether an execution still has something to do; a rejected photo must be moved yet."""
        if self.status is Status.REJECTED:
            return not self.set_aside
        return self.status not in ENDED

    @property
    def left_the_machine(self) -> bool:
        """Whether what the throttle bounds is over: a draft is saved, or an end reached."""
        return self.outcome is not None or self.status is not Status.PROCESSING

    def notes_on(self, field: FieldName | None) -> list[str]:
        """What the checks say about one field of the draft; None: about all of it."""
        return [note.text for note in self.notes if note.field == field]

    def decision_of(self, round_: int) -> Decision | None:
        """The decision made in that round, if there is one."""
        if self.decision and self.decision.round == round_:
            return self.decision
        return None


class Change(BaseModel):
    """One write to a photo's record, with the word it goes by in the audit trail.

    `values` replaces attributes of the record; None removes one. `ack` is the row for `pt-ack`.
    """

    action: str
    by_user: str
    values: dict[str, Any]
    ack: dict[str, Any] | None = None
