"""What every store target takes and answers."""

from dataclasses import dataclass

from photo_tagger.domain.draft import Draft


@dataclass(frozen=True)
class Product:
    """An approved draft with its photo. `photo_id` makes writing it twice harmless."""

    photo_id: str
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
