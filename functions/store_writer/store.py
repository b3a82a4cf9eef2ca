"""What every store takes and answers. A store is one module here and one page in docs/stores."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey


@dataclass(frozen=True)
class Product:
    """An approved draft with its photo, and the product that it is for.

    `idempotency_key` makes writing it twice harmless. It is new in each round, since a store may
    answer a known key with what it answered before, a refusal included. `picture_url` makes an
    address from which a store can fetch the photo, for stores that take no bytes. A new product is
    made `active` only where the shop wants that: it has no price yet. `approved_on` is a day by the
    shop's clock, the same for every try.
    """

    photo_id: str
    idempotency_key: str
    key: ProductKey
    fields: Draft
    jpeg: bytes
    picture_url: Callable[[], str]
    approved_on: date
    active: bool = False


@dataclass(frozen=True)
class Found:
    """A product as it stands in the store.

    `fields.alt_text` is that of this photo's own image, empty while it has none.
    `other_images` counts those that are not this photo's.
    """

    id: str
    url: str
    fields: Draft
    other_images: int = 0


@dataclass(frozen=True)
class Refused:
    """The store will not take these fields; its words, for the owner."""

    words: str


class Store(Protocol):
    """One store. Every step may be cut off at any moment and taken again.

    All raise StoreUnavailableError when the store is down or busy, and StoreRefusedUsError when it
    refuses our key or our request. `write`, `withdraw` and `put_back` of one product are never
    under way twice at the same moment.
    """

    def find(self, product: Product) -> Found | None:
        """The product with this key, or the one that an earlier try made for this photo."""

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        """A product that we wrote, as it stands now; None when it is gone."""

    def write(
        self, product: Product, found: Found | None, names: list[FieldName]
    ) -> Listing | Refused:
        """Make the product, or write those fields of the one found, and see to its image.

        The image and its alt text are this photo's own. Images of other photos stay.
        """

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        """Take a product that we made out of the customers' sight."""

    def put_back(self, listing: Listing, photo_id: str, fields: dict[FieldName, object]) -> None:
        """Give fields of a product the values they had, and take this photo's image off it.

        An alt text among the fields is ours still; where it belongs to the image, it goes with it.
        """

    def check(self) -> list[str]:
        """What was found to be right about key, rights and address, a sentence each."""


class StoreUnavailableError(Exception):
    """The store did not answer or is busy; the state machine tries again.

    `wait_seconds` is how long the store wants to be left alone, 0 if it did not say.
    """

    def __init__(self, message: str, wait_seconds: float = 0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class StoreRefusedUsError(Exception):
    """The store refuses our key or our request: for the admin to mend, then redrive."""
