"""The real Shopify store module against a server that executes its queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import urllib3
from graphql import parse, validate
from starlette.responses import JSONResponse, Response

from photo_tagger.domain.draft import Draft
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey, fields_to_write
from photo_tagger_local.stores.shopify import Shopify as PlayedShop
from photo_tagger_local.stores.shopify import schema
from store_writer import shopify_queries as queries
from store_writer.shopify import Shopify
from store_writer.store import (
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)
from tests.store_lab import Door, Secret, Street, write, written_at_once

REQUESTS = 12
"""Of a new product that is published at once: see the test of that."""

GRAPHQL = f"POST /admin/api/{queries.VERSION}/graphql.json"
PHOTO, SECOND = "mug-0123456789ab", "back-ba9876543210"
JPEG = b"\xff\xd8photo"
FIELDS = Draft(
    title="Cups & <mugs>",
    alt_text="Two cups & a mug",
    tags=["black", "white & blue"],
    category="Kitchen & dining",
    description="First.\nA second line & <more>.\n\nEnd.",
)
AS_HTML = "<p>First.<br />A second line &amp; &lt;more&gt;.</p><p>End.</p>"


class Shop(Door):
    """The played shop behind its door."""

    def __init__(self, folder: Path) -> None:
        self.played = PlayedShop(folder)
        self.shelf = self.played.shelf
        super().__init__(self.played.app())

    @property
    def only(self) -> dict[str, Any]:
        (product,) = self.shelf.products.values()
        return product

    def images_of(self, product: dict[str, Any]) -> dict[str, str]:
        """Alt text by file name."""
        files = [self.shelf.files[file_id] for file_id in product["media"]]
        return {file["name"]: file["alt"] for file in files}


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    street = Street()
    yield street
    street.stop()


@pytest.fixture
def shop(street: Street, tmp_path: Path) -> Shop:
    street.door = shop = Shop(tmp_path / "shop")
    return shop


@pytest.fixture
def root(street: Street) -> str:
    return street.root


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("store_writer.shopify.time.sleep", slept.append)
    return slept


@pytest.fixture
def open_store(shop: Shop, root: str) -> Callable[..., Shopify]:
    """A store as each run of the function opens one."""

    def open_(*, url: str = root, active: bool = False, **keys: str) -> Shopify:
        secret = json.dumps(keys) if keys else shop.played.secret(root)
        return Shopify(url, Secret(secret), active=active)  # type: ignore[arg-type]

    return open_


@pytest.fixture
def store(open_store: Callable[..., Shopify]) -> Shopify:
    return open_store()


def photo(photo_id: str = PHOTO, key: ProductKey | None = None, **more: Any) -> Product:
    values: dict[str, Any] = {
        "idempotency_key": f"{photo_id}-1",
        "key": key or ProductKey("photo", photo_id),
        "fields": FIELDS,
        "jpeg": JPEG,
        "picture_url": lambda: "",
        "approved_on": date(2026, 1, 2),
    }
    return Product(photo_id=photo_id, **(values | more))


def written(open_store: Callable[..., Shopify], product: Product, **options: Any) -> Any:
    """As the state machine does it, each try by a function that knows nothing of the others."""
    for _ in range(3):
        try:
            return write(open_store(**options), product)
        except StoreUnavailableError as error:
            latest = error
    raise latest


@pytest.mark.parametrize("query", queries.ALL)
def test_what_is_asked_is_valid(query: str) -> None:
    """Whether the schema is Shopify's own, `make shopify-schema` tells."""
    assert validate(schema(), parse(query)) == []


class TestANewProduct:
    def test_is_a_draft_with_all_fields(self, store: Shopify, shop: Shop, root: str) -> None:
        listing = write(store, photo())
        made = shop.only
        number = made["id"].rpartition("/")[2]
        assert listing == Listing(
            id=made["id"], url=f"{root}/admin/products/{number}", store_target="shopify"
        )
        assert {name: made[name] for name in ("handle", "status", "title", "productType")} == {
            "handle": PHOTO,
            "status": "DRAFT",
            "title": "Cups & <mugs>",
            "productType": "Kitchen & dining",
        }
        assert made["descriptionHtml"] == AS_HTML
        assert made["tags"] == ["black", "white & blue"]
        assert made["publications"] == []

    def test_has_the_photo_with_its_alt_text(self, store: Shopify, shop: Shop) -> None:
        write(store, photo())
        assert shop.images_of(shop.only) == {f"{PHOTO}.jpg": "Two cups & a mug"}
        assert (shop.shelf.folder / f"{PHOTO}.jpg").read_bytes() == JPEG

    def test_carries_the_photos_id(self, store: Shopify, shop: Shop) -> None:
        write(store, photo())
        assert shop.only["metafields"] == {
            "photo_tagger.photo_id": PHOTO,
            "photo_tagger.made_for": PHOTO,
        }

    def test_reads_back_as_it_was_written(self, store: Shopify) -> None:
        found = store.look(write(store, photo()), PHOTO)
        assert found is not None
        assert found.fields == FIELDS
        assert found.other_images == 0

    def test_is_published_last_where_it_is_to_be_for_sale_at_once(
        self, open_store: Any, shop: Shop
    ) -> None:
        write(open_store(active=True), photo(active=True))
        assert shop.only["status"] == "ACTIVE"
        assert len(shop.only["publications"]) == 2
        assert len(shop.requests) == REQUESTS

    def test_of_a_sku_has_one_variant_with_it(self, store: Shopify, shop: Shop) -> None:
        write(store, photo(key=ProductKey("sku", "MUG-01")))
        assert [variant["sku"] for variant in shop.only["variants"]] == ["MUG-01"]
        assert shop.only["handle"] == "mug-01"

    def test_of_a_handle_has_that(self, store: Shopify, shop: Shop) -> None:
        write(store, photo(key=ProductKey("handle", "mug")))
        assert shop.only["handle"] == "mug"


class TestNothingIsMadeTwice:
    @pytest.mark.parametrize("lost", range(1, REQUESTS + 1))
    @pytest.mark.parametrize("kind", ["photo", "sku"])
    def test_whichever_answer_is_lost(
        self, open_store: Any, shop: Shop, kind: Any, lost: int
    ) -> None:
        product = photo(key=ProductKey(kind, PHOTO), active=True)
        shop.lose_answer_to = lost
        with pytest.raises(StoreUnavailableError):
            write(open_store(active=True), product)
        listing = written(open_store, product, active=True)
        made = shop.only
        assert listing.id == made["id"]
        assert shop.images_of(made) == {f"{PHOTO}.jpg": "Two cups & a mug"}
        assert len(shop.shelf.files) == 1
        assert len(made["publications"]) == 2
        found = open_store().look(listing, PHOTO)
        assert found is not None
        assert found.fields == FIELDS

    def test_when_it_is_tried_once_more(self, open_store: Any, shop: Shop) -> None:
        first = write(open_store(), photo())
        before = json.dumps(shop.shelf._shop)
        shop.requests.clear()
        assert write(open_store(), photo(), overwrite=True) == first
        assert json.dumps(shop.shelf._shop) == before
        assert len(shop.requests) == 3  # the token, and two looks

    @pytest.mark.parametrize("lost", range(1, REQUESTS - 1))
    def test_while_the_search_knows_nothing_new(
        self, open_store: Any, shop: Shop, lost: int
    ) -> None:
        product = photo(key=ProductKey("sku", "MUG 01"))
        shop.shelf.search_is_late = True
        shop.lose_answer_to = lost
        with suppress(StoreUnavailableError):
            written(open_store, product)
        shop.shelf.search_is_late = False
        written(open_store, product)
        assert shop.images_of(shop.only) == {f"{PHOTO}.jpg": "Two cups & a mug"}
        assert len(shop.shelf.files) == 1

    def test_when_it_comes_to_be_at_that_moment(self, store: Shopify, shop: Shop) -> None:
        found = store.find(photo())
        theirs = shop.shelf.add(handle=PHOTO, title="Theirs")
        with pytest.raises(StoreUnavailableError, match="came to be"):
            store.write(photo(), found, ["title"])
        assert shop.only == theirs


class TestAProductThatIsThere:
    KEYS = (ProductKey("sku", "MUG-01"), ProductKey("handle", "mug-01"))
    THEIR_HTML = '<h2>Mug</h2>\n<p style="color:red">By hand.</p>'

    @pytest.fixture(params=KEYS, ids=["sku", "handle"])
    def key(self, request: pytest.FixtureRequest) -> ProductKey:
        key: ProductKey = request.param
        return key

    @pytest.fixture
    def theirs(self, shop: Shop) -> dict[str, Any]:
        theirs = shop.shelf.add(
            handle="mug-01",
            sku="MUG-01",
            title="Our mug",
            descriptionHtml=self.THEIR_HTML,
            metafields=[{"namespace": "custom", "key": "care", "value": "by hand"}],
        )
        shop.shelf.add_image(theirs, "front.jpg", "The front", JPEG)
        return theirs

    def test_gets_what_is_empty_and_keeps_what_somebody_wrote(
        self, store: Shopify, shop: Shop, key: ProductKey, theirs: Any
    ) -> None:
        write(store, photo(key=key))
        assert shop.only["title"] == "Our mug"
        assert shop.only["descriptionHtml"] == self.THEIR_HTML
        assert shop.only["status"] == "ACTIVE"
        assert shop.only["tags"] == ["black", "white & blue"]
        assert shop.only["productType"] == "Kitchen & dining"
        assert [variant["sku"] for variant in shop.only["variants"]] == ["MUG-01"]

    def test_keeps_its_images_and_gets_this_one(
        self, store: Shopify, shop: Shop, key: ProductKey, theirs: Any
    ) -> None:
        write(store, photo(key=key))
        assert shop.images_of(shop.only) == {
            "front.jpg": "The front",
            f"{PHOTO}.jpg": "Two cups & a mug",
        }

    def test_keeps_its_tags(self, store: Shopify, shop: Shop, theirs: Any) -> None:
        theirs["tags"] = ["sale"]
        write(store, photo(key=self.KEYS[0]))
        assert shop.only["tags"] == ["sale"]

    def test_is_overwritten_where_the_shop_wants_that(
        self, store: Shopify, shop: Shop, key: ProductKey, theirs: Any
    ) -> None:
        theirs["tags"] = ["sale"]
        write(store, photo(key=key), overwrite=True)
        assert shop.only["title"] == "Cups & <mugs>"
        assert shop.only["descriptionHtml"] == AS_HTML
        assert shop.only["tags"] == ["black", "white & blue"]

    def test_carries_the_photos_id_beside_its_own_metafields(
        self, store: Shopify, shop: Shop, theirs: Any
    ) -> None:
        write(store, photo(key=self.KEYS[0]))
        assert shop.only["metafields"] == {
            "custom.care": "by hand",
            "photo_tagger.photo_id": PHOTO,
        }

    def test_is_not_published_with_the_photo(
        self, open_store: Any, shop: Shop, theirs: Any
    ) -> None:
        write(open_store(active=True), photo(key=self.KEYS[0], active=True))
        assert shop.only["publications"] == []

    def test_keeps_an_alt_text_that_somebody_mended(
        self, store: Shopify, shop: Shop, theirs: Any
    ) -> None:
        write(store, photo(key=self.KEYS[0]))
        file = shop.shelf.files[theirs["media"][1]]
        file["alt"] = "Mended"
        write(store, photo(key=self.KEYS[0]))
        assert file["alt"] == "Mended"
        write(store, photo(key=self.KEYS[0]), overwrite=True)
        assert file["alt"] == "Two cups & a mug"

    def test_gets_a_second_photo(self, store: Shopify, shop: Shop, key: ProductKey) -> None:
        back = FIELDS.model_copy(update={"alt_text": "The back", "title": "Another title"})
        write(store, photo(key=key))
        write(store, photo(SECOND, key=key, fields=back))
        assert shop.only["title"] == "Cups & <mugs>"
        assert shop.images_of(shop.only) == {
            f"{PHOTO}.jpg": "Two cups & a mug",
            f"{SECOND}.jpg": "The back",
        }
        assert shop.only["metafields"]["photo_tagger.photo_id"] == SECOND

    def test_that_is_deleted_meanwhile_is_tried_anew(
        self, store: Shopify, shop: Shop, theirs: Any
    ) -> None:
        product = photo(key=self.KEYS[0])
        found = store.find(product)
        shop.shelf.products.clear()
        with pytest.raises(StoreUnavailableError, match="deleted"):
            store.write(product, found, ["tags"])
        write(store, product)
        assert shop.only["title"] == "Cups & <mugs>"


class TestASku:
    @pytest.mark.parametrize("sku", ['5" MUG', "MUG\\01", "MUG:01 OR (X)", "MUG-01 *", "杯子-01"])
    def test_of_any_letters_is_found_again(self, store: Shopify, shop: Shop, sku: str) -> None:
        key = ProductKey("sku", sku)
        write(store, photo(key=key))
        write(store, photo(SECOND, key=key))
        assert len(shop.images_of(shop.only)) == 2
        assert shop.only["variants"][0]["sku"] == sku

    def test_with_the_same_slug_is_another_product(self, store: Shopify, shop: Shop) -> None:
        shop.shelf.search_is_late = True
        listings = [
            write(store, photo(f"{number}-0123456789ab", key=ProductKey("sku", sku)))
            for number, sku in enumerate(["MUG 01", "MUG.01", "MUG-01"])
        ]
        assert len({listing.id for listing in listings}) == 3

    def test_that_is_only_alike_is_another_product(self, store: Shopify, shop: Shop) -> None:
        theirs = shop.shelf.add(handle="big-mug", title="Big mug", sku="MUG-01-BIG")
        write(store, photo(key=ProductKey("sku", "MUG-01")))
        assert len(shop.shelf.products) == 2
        assert theirs["media"] == []

    def test_of_one_in_the_archive_and_one_in_use_is_the_latter(
        self, store: Shopify, shop: Shop
    ) -> None:
        old = shop.shelf.add(handle="old", title="Old", sku="MUG-01", status="ARCHIVED")
        new = shop.shelf.add(handle="new", title="New", sku="MUG-01")
        assert write(store, photo(key=ProductKey("sku", "MUG-01"))).id == new["id"]
        assert old["media"] == []

    def test_of_several_products_is_a_fault(self, store: Shopify, shop: Shop) -> None:
        for handle in ("one", "two"):
            shop.shelf.add(handle=handle, title=handle, sku="MUG-01")
        with pytest.raises(StoreRefusedUsError, match=r"several products have the SKU MUG-01: .*/"):
            write(store, photo(key=ProductKey("sku", "MUG-01")))

    def test_whose_handle_is_of_another_product_is_a_fault(
        self, store: Shopify, shop: Shop
    ) -> None:
        theirs = shop.shelf.add(handle="mug-01", title="Their mug", sku="OTHER")
        before = json.dumps(theirs)
        with pytest.raises(StoreRefusedUsError, match="taken by “Their mug”"):
            write(store, photo(key=ProductKey("sku", "MUG-01")))
        assert json.dumps(shop.only) == before


class TestRefusals:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"title": " "}, "title: Title can't be blank"),
            ({"title": "x" * 256}, "title: Title is too long (maximum is 255 characters)"),
            ({"category": "x" * 256}, "category: Product type is too long"),
            ({"tags": ["x" * 256]}, "tags: Tag is too long"),
            ({"alt_text": "x" * 513}, "alt_text: Shopify takes at most 512 characters."),
        ],
    )
    def test_of_fields_are_told_the_owner_and_nothing_is_made(
        self, store: Shopify, shop: Shop, values: dict[str, Any], words: str
    ) -> None:
        answer = write(store, photo(fields=FIELDS.model_copy(update=values)))
        assert isinstance(answer, Refused)
        assert answer.words.startswith(words)
        assert (shop.shelf.products, shop.shelf.files) == ({}, {})

    def test_of_fields_of_a_product_that_is_there(self, store: Shopify, shop: Shop) -> None:
        shop.shelf.add(handle="mug", title="Mug")
        fields = FIELDS.model_copy(update={"category": "x" * 256})
        answer = write(store, photo(key=ProductKey("handle", "mug"), fields=fields))
        assert answer == Refused("category: Product type is too long (maximum is 255 characters)")

    def test_of_the_photo_are_a_fault(self, store: Shopify, shop: Shop) -> None:
        shop.shelf.spoils_photos = True
        with pytest.raises(StoreRefusedUsError, match="The image could not be processed"):
            write(store, photo())

    def test_of_an_upload_are_tried_anew(self, open_store: Any, shop: Shop) -> None:
        shop.answers["POST /upload"] = Response("<Error/>", 403)
        with pytest.raises(StoreUnavailableError, match="upload of the photo was answered 403"):
            write(open_store(), photo())
        assert shop.shelf.files == {}
        shop.answers.clear()
        write(open_store(), photo())
        assert len(shop.images_of(shop.only)) == 1

    def test_of_a_photo_that_takes_long_end_the_wait(
        self, store: Shopify, shop: Shop, slept: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_work = {"__typename": "MediaImage", "fileStatus": "PROCESSING", "fileErrors": []}
        monkeypatch.setitem(shop.played._root, "node", lambda *_, **__: at_work)
        with pytest.raises(StoreUnavailableError, match="still at work"):
            write(store, photo())
        assert sum(slept) == 20


class TestFaults:
    def test_a_key_that_shopify_does_not_know(self, open_store: Any) -> None:
        store = open_store(access_token="shpat_secret")
        with pytest.raises(StoreRefusedUsError, match="Invalid API key or access token") as caught:
            store.find(photo())
        assert "shpat_secret" not in str(caught.value)

    def test_a_client_secret_that_shopify_does_not_know(self, open_store: Any, shop: Shop) -> None:
        store = open_store(client_id=shop.played.client_id, client_secret="shpss_secret")
        with pytest.raises(StoreRefusedUsError, match="Client authentication failed") as caught:
            store.find(photo())
        assert "shpss_secret" not in str(caught.value)

    def test_an_access_token_does_without_a_grant(self, open_store: Any, shop: Shop) -> None:
        write(open_store(access_token=shop.played.access_token), photo())
        assert "POST /admin/oauth/access_token" not in shop.requests
        assert len(shop.shelf.products) == 1

    @pytest.mark.parametrize("right", ["write_products", "write_files"])
    def test_a_right_that_the_app_lacks(self, store: Shopify, shop: Shop, right: str) -> None:
        shop.shelf.rights.discard(right)
        words = f"Access denied for .* field.* The app needs `(read|write)_{right[6:]}`"
        with pytest.raises(StoreRefusedUsError, match=words):
            write(store, photo())

    def test_points_that_are_back_in_seconds_are_waited_for(
        self, store: Shopify, shop: Shop, slept: list[float]
    ) -> None:
        shop.played.missing_points = [300.0, 50.0]
        assert store.find(photo()) is None
        assert slept == [3.0, 1.0]

    def test_points_that_are_long_in_coming_are_not(
        self, store: Shopify, shop: Shop, slept: list[float]
    ) -> None:
        shop.played.missing_points = [1200.0]
        with pytest.raises(StoreUnavailableError) as caught:
            store.find(photo())
        assert caught.value.wait_seconds == 12
        assert slept == []

    def test_points_that_do_not_come_back(
        self, store: Shopify, shop: Shop, slept: list[float]
    ) -> None:
        shop.played.missing_points = [100.0] * 9
        with pytest.raises(StoreUnavailableError):
            store.find(photo())
        assert len(shop.played.missing_points) == 5
        assert slept == [1.0] * 3

    @pytest.mark.parametrize(
        ("answer", "fault", "words"),
        [
            (JSONResponse({"errors": "Unavailable Shop"}, 402), StoreRefusedUsError, "Unavailable"),
            (JSONResponse({"errors": "Not Found"}, 404), StoreRefusedUsError, "myshopify.com"),
            (Response(status_code=301), StoreRefusedUsError, "myshopify.com"),
            (Response("busy", 503), StoreUnavailableError, "503"),
            (
                JSONResponse(
                    {
                        "errors": [
                            {
                                "message": "Internal error. Request ID: 1",
                                "extensions": {"code": "INTERNAL_SERVER_ERROR"},
                            }
                        ]
                    }
                ),
                StoreUnavailableError,
                "Internal error",
            ),
            (
                JSONResponse({"errors": [{"message": "Field 'x' doesn't exist"}]}),
                StoreRefusedUsError,
                "Field 'x' doesn't exist",
            ),
        ],
    )
    def test_other_answers(
        self, open_store: Any, shop: Shop, answer: Response, fault: type[Exception], words: str
    ) -> None:
        shop.answers[GRAPHQL] = answer
        with pytest.raises(fault, match=words):
            open_store(access_token="shpat_secret").find(photo())

    def test_too_many_requests_say_for_how_long(self, open_store: Any, shop: Shop) -> None:
        shop.answers[GRAPHQL] = Response("", 429, {"Retry-After": "30"})
        with pytest.raises(StoreUnavailableError) as caught:
            open_store(access_token="shpat_secret").find(photo())
        assert caught.value.wait_seconds == 30

    @pytest.mark.parametrize("url", ["", "http://shop.myshopify.com", "shop.myshopify.com"])
    def test_an_address_over_which_no_key_goes(self, open_store: Any, url: str) -> None:
        with pytest.raises(StoreRefusedUsError, match=r"store_url is .* https://<shop>"):
            open_store(url=url)


class TestTakingBack:
    def test_what_we_made_goes_into_the_archive(self, store: Shopify, shop: Shop) -> None:
        listing = write(store, photo())
        for _ in range(2):
            store.withdraw(listing, PHOTO)
        assert shop.only["status"] == "ARCHIVED"
        assert shop.only["title"] == "Cups & <mugs>"

    def test_what_was_there_comes_back_as_it_was(self, store: Shopify, shop: Shop) -> None:
        theirs = shop.shelf.add(
            handle="mug",
            title="Our mug",
            descriptionHtml='<h2>Mug</h2>\n<p class="x">By hand &amp; &lt;fire&gt;.</p>Bare',
            tags=["sale"],
            productType="Mugs",
        )
        shop.shelf.add_image(theirs, "front.jpg", "The front", JPEG)
        before = json.dumps(theirs)
        product = photo(key=ProductKey("handle", "mug"))
        found = store.find(product)
        assert found is not None
        names = fields_to_write(FIELDS, found.fields, overwrite=True)
        listing = store.write(product, found, names)
        assert isinstance(listing, Listing)
        assert shop.only["title"] == "Cups & <mugs>"
        fields = {name: getattr(found.fields, name) for name in names if name != "alt_text"}
        for _ in range(2):
            store.put_back(listing, PHOTO, fields)
        del shop.only["metafields"]["photo_tagger.photo_id"]
        assert json.dumps(shop.only) == before
        assert len(shop.shelf.files) == 2

    def test_other_photos_stay(self, store: Shopify, shop: Shop) -> None:
        key = ProductKey("handle", "mug")
        listing = write(store, photo(key=key))
        write(store, photo(SECOND, key=key))
        store.put_back(listing, PHOTO, {})
        assert list(shop.images_of(shop.only)) == [f"{SECOND}.jpg"]

    def test_of_what_is_gone_is_nothing(self, store: Shopify, shop: Shop) -> None:
        listing = write(store, photo())
        shop.shelf.products.clear()
        assert store.look(listing, PHOTO) is None
        store.withdraw(listing, PHOTO)
        store.put_back(listing, PHOTO, {"title": "Mug"})
        assert shop.shelf.products == {}


class TestCheck:
    def test_tells_what_is_right(self, store: Shopify, root: str) -> None:
        assert store.check() == [
            f"{root} is the shop “Shop”, and takes our key.",
            "The app has the access that it needs: write_products, write_files.",
            "Shopify answers with version 2026-10 of its Admin API, as asked.",
        ]

    @pytest.mark.parametrize("right", ["write_products", "write_files", "write_publications"])
    def test_names_a_right_that_is_missing(self, open_store: Any, shop: Shop, right: str) -> None:
        shop.shelf.rights.discard(right)
        with pytest.raises(StoreRefusedUsError, match=f"the app lacks {right}: "):
            open_store(active=True).check()

    def test_asks_for_no_right_to_publish_where_nothing_is(
        self, store: Shopify, shop: Shop
    ) -> None:
        shop.shelf.rights.discard("write_publications")
        assert store.check()

    def test_tells_when_shopify_has_given_up_the_version(self, store: Shopify, shop: Shop) -> None:
        shop.played.version = "2027-10"
        assert "answers with 2027-10" in store.check()[-1]


class TestThroughTheHandler:
    @pytest.fixture(autouse=True)
    def _set_up(self, aws: Any, shop: Shop, root: str) -> None:
        aws.set("store_target", "shopify")
        aws.set("store_url", root)
        aws.client("secretsmanager").put_secret_value(
            SecretId="pt/store/api", SecretString=shop.played.secret(root)
        )

    def approved(self, aws: Any, answer: Any, key: str) -> str:
        name: str = aws.record(key, key.encode())
        aws.save_draft(name)
        waiting = aws.mailed(name)
        answer.approve(waiting.ann)
        return name

    def test_a_photo_is_written_and_taken_back(
        self, aws: Any, answer: Any, shop: Shop, log: Any
    ) -> None:
        name = self.approved(aws, answer, "sofa.jpg")
        done = aws.call("StoreWriter", {"photo_id": name})
        assert done["accepted"]
        assert shop.images_of(shop.only) == {f"{name}.jpg": "A white sofa with two seats"}
        listing = done["listing"]
        aws.call("Recorder", {"step": "RecordListing", "photo_id": name, "listing": listing})
        aws.call("StoreWriter", {"task": "undo", "photo_id": name, "by_user": "admin"})
        assert shop.only["status"] == "ARCHIVED"
        assert aws.photo(name).status == "withdrawn"
        for secret in (shop.played.client_secret, shop.played.access_token):
            assert secret not in log.text() + json.dumps(aws.dump())

    def test_two_photos_of_one_product_at_the_same_moment_both_end_up_there(
        self, aws: Any, answer: Any, shop: Shop
    ) -> None:
        aws.set("product_key", "sku")
        names = [self.approved(aws, answer, key) for key in ("MUG__1.jpg", "MUG__2.jpg")]
        listings = {listing["id"] for listing in written_at_once(aws, names)}
        assert listings == {shop.only["id"]}
        assert shop.images_of(shop.only).keys() == {f"{name}.jpg" for name in names}


def test_the_shop_shows_its_products_and_keeps_them(
    store: Shopify, shop: Shop, root: str, tmp_path: Path
) -> None:
    write(store, photo())
    page = urllib3.request("GET", f"{root}/").data.decode()
    assert "Cups &amp; &lt;mugs&gt;" in page
    assert f'<img src="/files/{PHOTO}.jpg" alt="Two cups &amp; a mug"' in page
    image = urllib3.request("GET", f"{root}/files/{PHOTO}.jpg")
    assert image.data == JPEG
    again = PlayedShop(tmp_path / "shop")
    assert again.shelf.products == shop.shelf.products
