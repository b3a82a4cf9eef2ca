"""Writes approved drafts to the store, once each, and takes them back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from photo_tagger.aws.config import ShopConfig
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.pictures import PictureKeys
from photo_tagger.aws.small_copies import read_small_copy
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.lifecycle import (
    approved_fields,
    approved_on,
    store_begun,
    store_looked_at,
    withdrawn,
)
from photo_tagger.domain.photo import InStore, Listing, PhotoRecord, Status
from photo_tagger.domain.product import ProductKey, fields_to_write, product_key, still_ours
from store_writer.store import Found, Product, Refused, Store
from store_writer.turns import Turns

_NOT_WRITTEN: dict[str, Any] = {"accepted": False, "listing": None, "refusal": None}


@dataclass(frozen=True)
class _Undoing:
    """What taking a listing back comes to; `fields` are those to be put back, as they were."""

    does: Literal["withdraw", "put_back", "nothing"]
    listing: Listing
    fields: dict[FieldName, object]
    kept: list[FieldName]

    def told(self) -> dict[str, Any]:
        listing = {"id": self.listing.id, "url": self.listing.url}
        return {"does": self.does, "listing": listing, "fields": self.fields, "kept": self.kept}

    def after(self, record: PhotoRecord) -> InStore:
        """What the store says of the product once this is done."""
        if self.does != "put_back" or record.in_store is None:
            return InStore(round=record.round)
        there = record.in_store.fields or Draft()
        back: dict[str, Any] = dict(self.fields.items())
        fields = there.model_copy(update=back | {"alt_text": ""})
        return record.in_store.model_copy(update={"fields": fields})


class Writer:
    """The work of this function.

    `open_store` is called once there is something to write, since it needs the store's key.
    `resized_bucket` holds the photos as the store gets them.
    """

    def __init__(
        self,
        drafts: Drafts,
        pictures: PictureKeys,
        turns: Turns,
        open_store: Callable[[], Store],
        config: ShopConfig,
        resized_bucket: str,
    ) -> None:
        self._drafts = drafts
        self._pictures = pictures
        self._turns = turns
        self._open_store = open_store
        self._config = config
        self._resized_bucket = resized_bucket

    @cached_property
    def _store(self) -> Store:
        return self._open_store()

    def write(self, photo_id: str) -> dict[str, Any]:
        """Write one product; `accepted` is false when the store refuses the fields, in its words.

        It is false without words when the approval was taken back; from here on it cannot be.
        """
        record, _ = self._drafts.change(photo_id, store_begun)
        if record.decision and record.decision.undone:
            return _NOT_WRITTEN
        product = self._product(record)
        with self._turns.of(product.key):
            answer = self._written(product, record.round)
        if isinstance(answer, Refused):
            return {**_NOT_WRITTEN, "refusal": answer.words}
        return {"accepted": True, "listing": answer.model_dump(), "refusal": None}

    def undo(self, photo_id: str, *, by_user: str, dry_run: bool) -> dict[str, Any]:
        """Take a listing back: a product that we made goes out of sight, of another's our part.

        Answers what was done, or with `dry_run` would be: `withdraw` the product, or `put_back` its
        `fields`; `kept` are fields that somebody has changed since, which stay as they are. (The
        alt text is not among them: it mostly goes with the photo's image.) `problem` says why
        nothing can be done.
        """
        record = self._drafts.get(photo_id)
        if record.status is not Status.LISTED or record.listing is None:
            return {"problem": f"it is {record.status}: only what is listed can be taken back"}
        store, today = record.listing.store_target, self._config.store_target
        if store != today:
            return {"problem": f"it was written to {store}, and store_target is {today} now"}
        with self._turns.of(self._key(record)):
            return self._undone(record, record.listing, by_user=by_user, dry_run=dry_run)

    def _written(self, product: Product, round_: int) -> Listing | Refused:
        found = self._store.find(product)
        state = InStore(
            round=round_,
            product_id=found.id if found else None,
            fields=found.fields if found else None,
        )
        record, _ = self._drafts.change(
            product.photo_id, lambda record: store_looked_at(record, state)
        )
        overwrite = self._config.existing_products == "overwrite"
        names = fields_to_write(product.fields, state.fields, overwrite=overwrite)
        answer = self._store.write(product, found, names)
        if isinstance(answer, Refused):
            return answer
        since = _since_the_first_look(record, product, overwrite=overwrite)
        return answer.model_copy(update=since)

    def _undone(
        self, record: PhotoRecord, listing: Listing, *, by_user: str, dry_run: bool
    ) -> dict[str, Any]:
        found = self._store.look(listing, record.photo_id)
        plan = _undoing(record, listing, found, self._was_there(record.photo_id))
        if dry_run:
            return plan.told()
        if plan.does == "withdraw":
            self._store.withdraw(listing, record.photo_id)
        elif plan.does == "put_back":
            self._store.put_back(listing, record.photo_id, plan.fields)
        self._drafts.change(
            record.photo_id,
            lambda record: withdrawn(record, after=plan.after(record), by_user=by_user),
        )
        return plan.told()

    def _was_there(self, photo_id: str) -> Draft:
        """What the audit trail says the store had before we wrote; empty where it had nothing."""
        rows = [row for row in self._drafts.audit.rows(photo_id) if row["action"] == "listed"]
        before = rows[-1]["before"].get("in_store") or {}
        return Draft.model_validate(before.get("fields") or {})

    def _product(self, record: PhotoRecord) -> Product:
        return Product(
            photo_id=record.photo_id,
            idempotency_key=f"{record.photo_id}-{record.round}",
            key=self._key(record),
            fields=approved_fields(record),
            jpeg=read_small_copy(self._resized_bucket, str(record.image_key)),
            picture_url=lambda: self._picture_url(record.photo_id),
            approved_on=approved_on(record, ZoneInfo(self._config.time_zone)),
            active=self._config.new_products == "active",
        )

    def _key(self, record: PhotoRecord) -> ProductKey:
        return product_key(record, self._config.product_key, self._config.product_named_in)

    def _picture_url(self, photo_id: str) -> str:
        key = self._pictures.new(photo_id)
        return f"{self._config.review_base_url.rstrip('/')}/p/{key}/{photo_id}.jpg"


def _since_the_first_look(
    record: PhotoRecord, product: Product, *, overwrite: bool
) -> dict[str, Any]:
    """What we made of the product: a later try finds what an earlier one wrote."""
    before = record.in_store or InStore(round=record.round)
    return {
        "created": before.product_id is None,
        "written": fields_to_write(product.fields, before.fields, overwrite=overwrite),
    }


def _undoing(
    record: PhotoRecord, listing: Listing, found: Found | None, was_there: Draft
) -> _Undoing:
    if found is None:
        return _Undoing("nothing", listing, {}, [])
    if listing.created and not found.other_images:
        return _Undoing("withdraw", listing, {}, [])
    if listing.created or record.in_store is None or record.in_store.fields is None:
        return _Undoing("put_back", listing, {}, [])
    ours = still_ours(listing.written, record.in_store.fields, found.fields)
    return _Undoing(
        "put_back",
        listing,
        {name: getattr(was_there, name) for name in ours},
        [name for name in listing.written if name not in (*ours, "alt_text")],
    )
