"""WriteToStore: nothing but approved fields, to a store that is a real server."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from standardwebhooks import Webhook

from photo_tagger.domain import lifecycle
from photo_tagger.domain.draft import FIELD_NAMES, Draft
from photo_tagger.domain.lifecycle import SupersededError
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey
from store_writer.secrets import NoStoreKeyError
from store_writer.store import (
    Found,
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)
from store_writer.turns import Turns

KEY = "whsec_dG9wLXNlY3JldC1rZXk="


@pytest.fixture
def store(aws: Any, http_server: Any) -> Any:
    """The shop's store, with its key where the admin puts it."""
    aws.set("store_url", http_server.url)
    put_secret(aws, json.dumps({"signing_key": KEY}))
    http_server.will_answer(201, {"id": 41, "url": "https://shop.example/41"})
    return http_server


def put_secret(aws: Any, text: str) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId="pt/store/api", SecretString=text)


def write(aws: Any, photo: str) -> Any:
    return aws.call("StoreWriter", {"photo_id": photo})


def test_the_approved_fields_and_the_photo_become_a_listing(
    aws: Any, answer: Any, store: Any
) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann, title="White linen sofa")
    assert write(aws, waiting.photo) == {
        "accepted": True,
        "listing": {
            "id": "41",
            "url": "https://shop.example/41",
            "store_target": "webhook",
            "created": True,
            "written": ["title", "alt_text", "tags", "category", "description"],
        },
        "refusal": None,
    }
    (request,) = store.requests
    sent = request.json()
    assert sent["title"] == "White linen sofa"
    assert sent["photo_id"] == waiting.photo
    assert request.headers["webhook-id"] == f"{waiting.photo}-1"
    assert base64.b64decode(sent["image"]["base64"]) == b"\xff\xd8small"
    Webhook(KEY).verify(request.body, dict(request.headers.items()))


def test_refused_fields_are_a_verdict_with_the_stores_words(
    aws: Any, answer: Any, store: Any
) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    store.answers.clear()
    store.will_answer(422, {"errors": [{"field": "title", "message": "is taken"}]})
    assert write(aws, waiting.photo) == {
        "accepted": False,
        "listing": None,
        "refusal": "title: is taken",
    }


@pytest.mark.parametrize(
    ("action", "form"),
    [
        (None, {}),
        ("reject", {"reason": "We do not sell this"}),
        ("try-again", {"hint": "it is linen"}),
    ],
)
def test_nothing_is_written_without_an_approval(
    aws: Any, answer: Any, store: Any, action: str | None, form: dict[str, str]
) -> None:
    waiting = aws.waiting_photo()
    if action:
        assert answer.post(waiting.ann, action, **form).status == 303
    with pytest.raises(ValueError, match="no approval"):
        write(aws, waiting.photo)
    assert store.requests == []


def test_an_approval_of_an_earlier_round_does_not_count(aws: Any, answer: Any, store: Any) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    event = {"step": "ReopenReview", "photo_id": waiting.photo, "round": 1, "store_words": "no"}
    aws.call("Recorder", event)
    with pytest.raises(ValueError, match="no approval in round 2"):
        write(aws, waiting.photo)
    assert store.requests == []


@pytest.mark.parametrize(
    ("status", "fault"), [(401, StoreRefusedUsError), (503, StoreUnavailableError)]
)
def test_a_store_in_trouble_is_a_fault_and_the_key_is_told_nowhere(
    aws: Any, answer: Any, store: Any, log: Any, status: int, fault: type[Exception]
) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    store.answers.clear()
    store.will_answer(status, "no")
    with pytest.raises(fault) as caught:
        write(aws, waiting.photo)
    assert KEY not in str(caught.value) + log.text()
    assert KEY not in json.dumps(aws.dump())


@pytest.mark.parametrize(
    "secret",
    [
        '{"signing_key": ""}',
        "{}",
        '{"signing_key": null}',
        f'"{KEY}"',
        KEY,
        f'{{"signing_key": "{KEY}\\r\\nX-Evil: 1"}}',
        f'{{"signing_key": "{KEY}…"}}',
    ],
)
def test_a_key_that_cannot_be_one_is_a_fault_that_names_the_secret_but_not_the_key(
    aws: Any, answer: Any, store: Any, secret: str
) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    put_secret(aws, secret)
    with pytest.raises(NoStoreKeyError, match="pt/store/api") as caught:
        write(aws, waiting.photo)
    assert KEY not in str(caught.value)
    assert store.requests == []


def test_a_secret_that_does_not_exist_is_named(aws: Any, answer: Any, store: Any) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    aws.client("secretsmanager").delete_secret(
        SecretId="pt/store/api", ForceDeleteWithoutRecovery=True
    )
    with pytest.raises(NoStoreKeyError, match="no secret pt/store/api that may be read"):
        write(aws, waiting.photo)
    assert store.requests == []


def test_a_line_break_pasted_with_the_key_is_no_part_of_it(
    aws: Any, answer: Any, store: Any
) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    put_secret(aws, json.dumps({"signing_key": f" {KEY}\n"}))
    assert write(aws, waiting.photo)["accepted"]
    (request,) = store.requests
    Webhook(KEY).verify(request.body, dict(request.headers.items()))


@dataclass
class Shelf:
    """A store in memory: products by key, with the images of photos on them."""

    products: dict[ProductKey, Found] = field(default_factory=dict)
    images: dict[str, set[str]] = field(default_factory=dict)
    written: list[list[str]] = field(default_factory=list)
    dies: list[str] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def find(self, product: Product) -> Found | None:
        return self.products.get(product.key)

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        found = [one for one in self.products.values() if one.id == listing.id]
        if not found:
            return None
        others = self.images.get(listing.id, set()) - {photo_id}
        return replace(found[0], other_images=len(others))

    def write(self, product: Product, found: Found | None, names: list[Any]) -> Listing | Refused:
        self.during()
        there = found.fields if found else Draft()
        values: dict[str, Any] = {name: getattr(product.fields, name) for name in names}
        id_ = found.id if found else f"p{len(self.products) + 1}"
        fields = there.model_copy(update=values)
        self.products[product.key] = Found(id_, f"https://shop.example/{id_}", fields)
        self.images.setdefault(id_, set()).add(product.photo_id)
        self.written.append(list(names))
        if self.dies:
            raise StoreUnavailableError(self.dies.pop())
        return Listing(id=id_, url=f"https://shop.example/{id_}", store_target="shopify")

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        self.products = {key: one for key, one in self.products.items() if one.id != listing.id}

    def put_back(self, listing: Listing, photo_id: str, fields: dict[Any, object]) -> None:
        for key, one in self.products.items():
            if one.id == listing.id:
                back: dict[str, Any] = dict(fields.items())
                self.products[key] = replace(one, fields=one.fields.model_copy(update=back))
        self.images[listing.id].discard(photo_id)

    def check(self) -> list[str]:
        return ["All is well."]


@pytest.fixture
def shelf(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf()
    aws.set("store_target", "shopify")
    aws.set("product_key", "sku")
    put_secret(aws, "{}")
    monkeypatch.setattr("store_writer.handler.store_of", lambda *_: shelf)
    return shelf


@pytest.fixture
def approved(aws: Any, answer: Any) -> str:
    """A photo of the product whose SKU is `sofa`, with an approval."""
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    return str(waiting.photo)


SOFA = ProductKey("sku", "sofa")
OUR_SOFA = Draft(title="Our own words", tags=["sale"])


def listed(aws: Any, photo: str) -> Any:
    """The photo is written and put on record."""
    answer = write(aws, photo)
    event = {"step": "RecordListing", "photo_id": photo, "listing": answer["listing"]}
    aws.call("Recorder", event)
    return answer["listing"]


def undo(aws: Any, photo: str, *, dry_run: bool = False) -> Any:
    event = {"task": "undo", "photo_id": photo, "by_user": "the admin", "dry_run": dry_run}
    return aws.call("StoreWriter", event)


class TestAProductThatIsThere:
    @pytest.fixture(autouse=True)
    def there(self, shelf: Shelf) -> None:
        shelf.products[SOFA] = Found("p9", "https://shop.example/p9", OUR_SOFA)

    def test_keeps_what_somebody_wrote(self, aws: Any, approved: str, shelf: Shelf) -> None:
        listing = listed(aws, approved)
        fields = shelf.products[SOFA].fields
        assert (fields.title, fields.tags) == ("Our own words", ["sale"])
        assert fields.category == "Furniture"
        assert listing["created"] is False
        assert listing["written"] == ["alt_text", "category", "description"]

    def test_is_overwritten_where_the_shop_wants_that(
        self, aws: Any, approved: str, shelf: Shelf
    ) -> None:
        aws.set("existing_products", "overwrite")
        listed(aws, approved)
        assert shelf.products[SOFA].fields.title == "White sofa"

    def test_is_on_record_as_it_was_and_as_it_is(
        self, aws: Any, approved: str, shelf: Shelf
    ) -> None:
        listed(aws, approved)
        row = aws.audit(approved)[-1]
        assert row["action"] == "listed"
        assert row["before"]["in_store"]["fields"] == OUR_SOFA.model_dump()
        assert row["after"]["in_store"]["fields"] == shelf.products[SOFA].fields.model_dump()

    def test_is_on_record_as_it_was_before_the_first_try(
        self, aws: Any, approved: str, shelf: Shelf
    ) -> None:
        shelf.dies = ["the answer got lost"]
        with pytest.raises(StoreUnavailableError):
            write(aws, approved)
        listing = listed(aws, approved)
        assert shelf.written == [["alt_text", "category", "description"], []]
        assert listing["written"] == ["alt_text", "category", "description"]
        row = aws.audit(approved)[-1]
        assert row["before"]["in_store"]["fields"] == OUR_SOFA.model_dump()

    def test_gets_back_what_was_there(self, aws: Any, approved: str, shelf: Shelf) -> None:
        aws.set("existing_products", "overwrite")
        listed(aws, approved)
        told = undo(aws, approved)
        assert told["does"] == "put_back"
        assert (told["fields"]["title"], told["fields"]["alt_text"]) == ("Our own words", "")
        assert shelf.products[SOFA].fields.model_copy(update={"alt_text": ""}) == OUR_SOFA
        assert shelf.images["p9"] == set()

    def test_keeps_what_somebody_changed_since(self, aws: Any, approved: str, shelf: Shelf) -> None:
        listed(aws, approved)
        sofa = shelf.products[SOFA]
        changed = {"category": "Seating", "alt_text": "Our sofa, from the left"}
        fields = sofa.fields.model_copy(update=changed)
        shelf.products[SOFA] = replace(sofa, fields=fields)
        told = undo(aws, approved)
        assert told["kept"] == ["category"]
        assert told["fields"] == {"description": ""}
        assert shelf.products[SOFA].fields.alt_text == "Our sofa, from the left"
        assert shelf.products[SOFA].fields.category == "Seating"
        assert shelf.products[SOFA].fields.description == ""


class TestAProductThatWeMake:
    def test_is_ours_however_often_it_is_tried(self, aws: Any, approved: str, shelf: Shelf) -> None:
        shelf.dies = ["the answer got lost"]
        with pytest.raises(StoreUnavailableError):
            write(aws, approved)
        listing = listed(aws, approved)
        assert len(shelf.products) == 1
        assert listing["created"] is True
        assert listing["written"] == list(FIELD_NAMES)

    def test_is_withdrawn_on_record_and_once(self, aws: Any, approved: str, shelf: Shelf) -> None:
        listed(aws, approved)
        before = aws.photo(approved), aws.audit(approved), dict(shelf.products)
        assert undo(aws, approved, dry_run=True)["does"] == "withdraw"
        assert (aws.photo(approved), aws.audit(approved), shelf.products) == before
        assert undo(aws, approved)["does"] == "withdraw"
        assert shelf.products == {}
        row = aws.audit(approved)[-1]
        assert (row["action"], row["by_user"]) == ("withdrawn", "the admin")
        assert row["after"]["status"] == "withdrawn"
        told = undo(aws, approved)
        assert told == {"problem": "it is withdrawn: only what is listed can be taken back"}

    def test_stays_for_the_photos_that_others_brought(
        self, aws: Any, approved: str, shelf: Shelf
    ) -> None:
        listing = listed(aws, approved)
        shelf.images[listing["id"]].add("another")
        told = undo(aws, approved)
        assert (told["does"], told["fields"], told["kept"]) == ("put_back", {}, [])
        assert shelf.images[listing["id"]] == {"another"}
        assert shelf.products[SOFA].fields.title == "White sofa"

    def test_that_somebody_deleted_is_only_noted(
        self, aws: Any, approved: str, shelf: Shelf
    ) -> None:
        listed(aws, approved)
        shelf.products.clear()
        assert undo(aws, approved)["does"] == "nothing"
        assert aws.photo(approved).status == "withdrawn"

    def test_cannot_be_queued_once_more(self, aws: Any, approved: str, shelf: Shelf) -> None:
        listed(aws, approved)
        undo(aws, approved)
        with pytest.raises(SupersededError):
            lifecycle.requeued(aws.photo(approved), start=2, by_user="ann")


def test_what_is_not_listed_cannot_be_taken_back(aws: Any, approved: str, shelf: Shelf) -> None:
    told = undo(aws, approved)
    assert told == {"problem": "it is approved: only what is listed can be taken back"}


def test_what_went_to_another_store_is_not_looked_for_in_this_one(
    aws: Any, approved: str, shelf: Shelf
) -> None:
    listed(aws, approved)
    aws.set("store_target", "sheet")
    told = undo(aws, approved)
    assert told == {"problem": "it was written to shopify, and store_target is sheet now"}
    assert len(shelf.products) == 1


def test_the_store_is_checked_without_a_photo(aws: Any, shelf: Shelf) -> None:
    assert aws.call("StoreWriter", {"task": "check"}) == {
        "store_target": "shopify",
        "found": ["All is well."],
    }


class TestTurns:
    """Two writes to one product at the same moment would undo each other."""

    def test_are_taken_one_after_the_other(
        self, aws: Any, answer: Any, approved: str, shelf: Shelf
    ) -> None:
        second = aws.waiting_photo()
        answer.approve(second.ann)

        def meanwhile() -> None:
            shelf.during = lambda: None
            with pytest.raises(StoreUnavailableError, match="another photo of the same product"):
                write(aws, second.photo)

        shelf.during = meanwhile
        assert write(aws, approved)["accepted"]
        assert write(aws, second.photo)["accepted"]
        assert shelf.images["p1"] == {approved, second.photo}

    def test_of_one_that_died_pass(
        self, aws: Any, approved: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Turns, "_leave", lambda *_: None)
        write(aws, approved)
        with pytest.raises(StoreUnavailableError):
            write(aws, approved)
        now = time.time()
        monkeypatch.setattr("store_writer.turns.time.time", lambda: now + 80)
        assert write(aws, approved)["accepted"]

    def test_are_put_off_as_long_as_the_store_asks(
        self, aws: Any, approved: str, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.answers.clear()
        store.will_answer(429, "", headers={"Retry-After": "60"})
        with pytest.raises(StoreUnavailableError, match="429"):
            write(aws, approved)
        with pytest.raises(StoreUnavailableError, match="asked for a pause"):
            write(aws, approved)
        assert len(store.requests) == 1
        now = time.time()
        monkeypatch.setattr("store_writer.turns.time.time", lambda: now + 61)
        with pytest.raises(StoreUnavailableError, match="429"):
            write(aws, approved)
        assert len(store.requests) == 2
