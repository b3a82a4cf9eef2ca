"""What every store target takes and answers."""

from dataclasses import dataclass

from photo_tagger.domain.draft import Draft


@dataclass(frozen=True)
class Product:
    """An approved draft with its photo.

    `idempotency_key` makes writing it twice harmless. It is new in each round, since a store may
    answer a known key with what it answered before, a refusal included.
    """

    photo_id: str
    idempotency_key: str
    fields: Draft
    file_name: str
    jpeg: bytes


@dataclass(frozen=True)
class Refused:
    """The store will not take these fields; its words, for the owner."""

    words: str


class StoreUnavailableError(Exception):
    """The store did not answer or is busy; the state machine tries again."""


class StoreRefusedUsError(Exception):
    """The store refuses our key or our request: for the admin to mend, then redrive."""
