"""Which product a photo is for, and what of it may be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from photo_tagger.domain.draft import FIELD_NAMES, Draft
from photo_tagger.domain.product import (
    KeyKind,
    NamedIn,
    ProductKey,
    fields_to_write,
    product_key,
    still_ours,
)

APPROVED = Draft(
    title="Blue mug",
    alt_text="A blue mug",
    tags=["mug", "blue"],
    category="Kitchen",
    description="Holds 300 ml.",
)


class TestTheProductOfAPhoto:
    @pytest.mark.parametrize("named_in", get_args(NamedIn))
    def test_is_its_own_by_default(self, photo_record: Any, named_in: NamedIn) -> None:
        record = photo_record(file_name="MUG-01__back.jpg")
        assert product_key(record, "photo", named_in) == ProductKey("photo", record.photo_id)

    @pytest.mark.parametrize(
        ("file_name", "sku", "handle"),
        [
            ("MUG-01.jpg", "MUG-01", "mug-01"),
            ("MUG-01__back.jpg", "MUG-01", "mug-01"),
            ("MUG-01__1__b.HEIC", "MUG-01", "mug-01"),
            ("MUG_01.jpg", "MUG_01", "mug-01"),
            ("MUG 01 __2.jpg", "MUG 01", "mug-01"),
            ("Käse.Brett.jpg", "Käse.Brett", "kase-brett"),
            ("Mug " * 20 + ".jpg", "Mug " * 19 + "Mug", "mug-" * 19 + "mug"),
        ],
    )
    def test_is_named_in_its_file(
        self, photo_record: Any, file_name: str, sku: str, handle: str
    ) -> None:
        record = photo_record(file_name=file_name)
        assert product_key(record, "sku", "file") == ProductKey("sku", sku)
        assert product_key(record, "handle", "file") == ProductKey("handle", handle)

    @pytest.mark.parametrize(
        ("key", "sku"),
        [
            ("MUG-01/front.jpg", "MUG-01"),
            ("autumn/MUG-01/front.jpg", "MUG-01"),
            ("drive/1AbC/MUG-01/front.jpg", "MUG-01"),
            ("drive/1AbC/autumn/MUG-01/front.jpg", "MUG-01"),
        ],
    )
    def test_is_named_by_its_folder(self, photo_record: Any, key: str, sku: str) -> None:
        source = {"bucket": "drop", "key": key, "version_id": "v1"}
        record = photo_record(source=source, file_name="front.jpg")
        assert product_key(record, "sku", "folder") == ProductKey("sku", sku)

    @pytest.mark.parametrize("key", ["front.jpg", "drive/1AbC/front.jpg"])
    def test_in_no_folder_is_its_own(self, photo_record: Any, key: str) -> None:
        record = photo_record(source={"bucket": "drop", "key": key, "version_id": "v1"})
        assert product_key(record, "sku", "folder") == ProductKey("photo", record.photo_id)

    @pytest.mark.parametrize(("kind", "name"), [("sku", "__1.jpg"), ("handle", "椅子.jpg")])
    def test_that_has_no_name_left_is_its_own(
        self, photo_record: Callable[..., Any], kind: KeyKind, name: str
    ) -> None:
        record = photo_record(file_name=name)
        assert product_key(record, kind, "file") == ProductKey("photo", record.photo_id)


class TestWhatMayBeWritten:
    def test_is_everything_of_a_new_product(self) -> None:
        assert fields_to_write(APPROVED, None, overwrite=False) == list(FIELD_NAMES)

    def test_is_what_is_empty(self) -> None:
        there = Draft(title="Our mug", tags=["gift"])
        assert fields_to_write(APPROVED, there, overwrite=False) == [
            "alt_text",
            "category",
            "description",
        ]

    def test_is_all_that_differs_where_the_shop_wants_that(self) -> None:
        there = APPROVED.model_copy(update={"title": "Our mug", "tags": ["blue", "mug"]})
        assert fields_to_write(APPROVED, there, overwrite=True) == ["title"]

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_is_nothing_the_second_time(self, overwrite: bool) -> None:
        assert fields_to_write(APPROVED, APPROVED, overwrite=overwrite) == []


def test_what_somebody_has_changed_since_is_not_ours_any_more() -> None:
    there = APPROVED.model_copy(update={"description": "Holds half a pint."})
    written = ["title", "tags", "description"]
    assert still_ours(written, APPROVED, there) == ["title", "tags"]
