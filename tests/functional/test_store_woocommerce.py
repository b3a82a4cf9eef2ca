"""The real WooCommerce store module against a server that speaks WooCommerce's REST API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from photo_tagger.domain.draft import FIELD_NAMES, Draft
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey, fields_to_write
from photo_tagger_local.stores.woocommerce import WooCommerce as PlayedShop
from store_writer.store import (
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)
from store_writer.woocommerce import PictureNotFetchedError, WooCommerce
from tests.store_lab import Door, Secret, Street, write, written_at_once

REQUESTS = 9
"""Of a new product with a category and two tags that are new, too."""

PHOTO, SECOND = "poster-30x40-0123456789ab", "back-ba9876543210"
FIELDS = Draft(
    title="Cups & <mugs> [new]",
    alt_text="Two cups & a mug",
    tags=["black", "white & blue"],
    category="Kitchen & dining",
    description="First.\nA second line & more.\n\n[gallery] in C:\\cups",
)


class Shop(Door):
    """The played shop behind its door."""

    def __init__(self, folder: Path) -> None:
        self.played = PlayedShop(folder)
        super().__init__(self.played.app())

    def reset(self) -> None:
        self.requests.clear()
        self.lose_answer_to = None

    def wrote(self) -> list[str]:
        return [request for request in self.requests if not request.startswith("GET")]


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


@pytest.fixture
def store(shop: Shop, root: str) -> WooCommerce:
    return WooCommerce(root, Secret(shop.played.secret(root)))  # type: ignore[arg-type]


@pytest.fixture
def photo(http_server: Any) -> Callable[..., Product]:
    """Makes what is to be written; its picture is served as the review page does it."""
    http_server.will_answer(200, b"\xff\xd8photo", headers={"Content-Type": "image/jpeg"})

    def make(photo_id: str = PHOTO, key: ProductKey | None = None, **more: Any) -> Product:
        values: dict[str, Any] = {
            "idempotency_key": f"{photo_id}-1",
            "key": key or ProductKey("photo", photo_id),
            "fields": FIELDS,
            "jpeg": b"\xff\xd8photo",
            "approved_on": date(2026, 11, 25),
            "picture_url": lambda: f"{http_server.url}/p/picture-key/{photo_id}.jpg",
        }
        return Product(photo_id=photo_id, **(values | more))

    return make


def only(shop: Shop) -> dict[str, Any]:
    (product,) = shop.played.products()
    return product


def test_a_new_product_is_a_draft_with_all_fields_as_html(
    store: WooCommerce, shop: Shop, root: str, photo: Any
) -> None:
    listing = write(store, photo())
    made = only(shop)
    assert listing == Listing(
        id=str(made["id"]),
        url=f"{root}/wp-admin/post.php?post={made['id']}&action=edit",
        store_target="woocommerce",
    )
    assert (made["type"], made["status"], made["slug"], made["sku"]) == (
        "simple",
        "draft",
        PHOTO,
        "",
    )
    assert made["name"] == "Cups &amp; &lt;mugs&gt; [new]"
    assert made["description"] == (
        "<p>First.<br />A second line &amp; more.</p><p>&#91;gallery&#93; in C:&#92;cups</p>"
    )
    assert [term["name"] for term in made["tags"]] == ["black", "white &amp; blue"]
    assert [term["name"] for term in made["categories"]] == ["Kitchen &amp; dining"]
    (image,) = made["images"]
    assert image["alt"] == "Two cups &amp; a mug"
    assert (shop.played._folder / f"{PHOTO}.jpg").read_bytes() == b"\xff\xd8photo"
    marks = {mark["key"]: mark["value"] for mark in made["meta_data"]}
    assert marks == {"_photo_tagger": PHOTO, "_photo_tagger_made_for": PHOTO}


def test_a_product_that_is_to_be_seen_at_once_is_published_with_its_image(
    store: WooCommerce, shop: Shop, root: str, photo: Any
) -> None:
    listing = write(store, photo(active=True))
    assert only(shop)["status"] == "publish"
    assert listing.url == f"{root}/product/{PHOTO}/"
    assert shop.wrote()[-1] == f"PUT /wp-json/wc/v3/products/{listing.id}"


def test_what_is_written_reads_back_as_it_was(store: WooCommerce, shop: Shop, photo: Any) -> None:
    listing = write(store, photo())
    found = store.look(listing, PHOTO)
    assert found is not None
    assert fields_to_write(FIELDS, found.fields, overwrite=True) == []
    assert found.other_images == 0


@pytest.mark.parametrize(
    ("lost", "active"),
    [*((lost, False) for lost in range(1, REQUESTS + 1)), (REQUESTS - 1, True), (REQUESTS, True)],
)
def test_any_answer_may_be_lost(
    store: WooCommerce, shop: Shop, photo: Any, lost: int, active: bool
) -> None:
    product = photo(active=active)
    shop.lose_answer_to = lost
    with pytest.raises(StoreUnavailableError) as caught:
        write(store, product)
    # What changes something may still be under way: the store is left alone
    assert caught.value.wait_seconds == (0 if shop.requests[-1].startswith("GET") else 60)
    shop.reset()
    listing = write(store, product)
    # And a redrive a day later
    assert write(store, product) == listing
    made = only(shop)
    assert made["status"] == ("publish" if active else "draft")
    assert [image["alt"] for image in made["images"]] == ["Two cups &amp; a mug"]
    assert len(shop.played.media) == 1
    assert shop.played.terms("tags") == ["black", "white & blue"]
    assert shop.played.terms("categories") == ["Uncategorized", "Kitchen & dining"]
    found = store.look(listing, PHOTO)
    assert found is not None
    assert fields_to_write(FIELDS, found.fields, overwrite=True) == []


def test_a_new_product_takes_so_many_requests(store: WooCommerce, shop: Shop, photo: Any) -> None:
    """Else the test above leaves some out."""
    write(store, photo())
    assert len(shop.requests) == REQUESTS
    shop.requests.clear()
    write(store, photo())
    assert shop.wrote() == []


class TestAProductThatIsThere:
    KEYS = (ProductKey("sku", "MUG-01"), ProductKey("handle", "mug-01"))

    @pytest.fixture(params=KEYS, ids=["sku", "handle"])
    def key(self, request: pytest.FixtureRequest) -> ProductKey:
        key: ProductKey = request.param
        return key

    @pytest.fixture
    def theirs(self, shop: Shop) -> dict[str, Any]:
        return shop.played.add(
            name="Our <b>mug</b> &amp; cup",
            sku="mug-01",
            slug="mug-01",
            status="publish",
            description="<h2>Mug</h2>\n<p>By &lt;hand&gt;.</p>",
            tags=[],
        )

    def test_gets_what_is_empty_and_keeps_what_somebody_wrote(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey, theirs: Any
    ) -> None:
        listing = write(store, photo(key=key))
        assert listing.id == str(theirs["id"])
        now = only(shop)
        kept = ("name", "description", "sku", "slug", "status")
        assert [now[name] for name in kept] == [theirs[name] for name in kept]
        assert [term["name"] for term in now["tags"]] == ["black", "white &amp; blue"]
        assert [term["name"] for term in now["categories"]] == ["Kitchen &amp; dining"]
        assert [image["alt"] for image in now["images"]] == ["Two cups &amp; a mug"]

    def test_that_a_person_hid_is_not_published(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey, theirs: Any
    ) -> None:
        shop.played.change(theirs["id"], status="draft")
        write(store, photo(key=key, active=True))
        assert only(shop)["status"] == "draft"

    def test_is_overwritten_where_the_shop_wants_that_and_put_back_to_the_letter(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey, theirs: Any
    ) -> None:
        product = photo(key=key)
        found = store.find(product)
        assert found is not None
        listing = write(store, product, overwrite=True)
        assert only(shop)["name"] == "Cups &amp; &lt;mugs&gt; [new]"
        store.put_back(
            listing,
            PHOTO,
            {name: getattr(found.fields, name) for name in FIELD_NAMES if name != "alt_text"},
        )
        now = only(shop)
        names = ("name", "description", "categories", "tags", "images", "status")
        assert [now[name] for name in names] == [theirs[name] for name in names]
        assert len(shop.played.media) == 1

    def test_that_says_the_same_is_not_written_again(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey
    ) -> None:
        write(store, photo(key=key))
        shop.reset()
        write(store, photo(key=key), overwrite=True)
        assert shop.wrote() == []

    def test_takes_the_image_of_every_photo_with_its_own_alt_text(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey, theirs: Any
    ) -> None:
        write(store, photo(key=key))
        other = photo(SECOND, key=key, fields=FIELDS.model_copy(update={"alt_text": "The back"}))
        listing = write(store, other)
        alts = ["Two cups &amp; a mug", "The back"]
        assert [image["alt"] for image in only(shop)["images"]] == alts
        found = store.look(listing, SECOND)
        assert found is not None
        assert (found.fields.alt_text, found.other_images) == ("The back", 1)
        # And undoing one leaves the other
        store.put_back(listing, PHOTO, {})
        assert [image["alt"] for image in only(shop)["images"]] == ["The back"]

    def test_is_told_by_a_new_alt_text_only_at_its_own_image(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey, theirs: Any
    ) -> None:
        write(store, photo(key=key))
        write(store, photo(SECOND, key=key))
        new = FIELDS.model_copy(update={"alt_text": "Better words"})
        write(store, photo(key=key, fields=new), overwrite=True)
        alts = ["Better words", "Two cups &amp; a mug"]
        assert [image["alt"] for image in only(shop)["images"]] == alts

    def test_in_the_trash_is_left_there(
        self, store: WooCommerce, shop: Shop, photo: Any, key: ProductKey
    ) -> None:
        first = write(store, photo(key=key))
        store.withdraw(first, PHOTO)
        assert store.look(first, PHOTO) is None
        second = write(store, photo(key=key))
        assert second.id != first.id
        assert [made["status"] for made in shop.played.products()] == ["draft", "trash"]


def test_the_photo_of_a_variation_goes_to_its_product(
    store: WooCommerce, shop: Shop, photo: Any
) -> None:
    parent = shop.played.add(name="Mug", sku="MUG", status="publish")
    shop.played.add(name="Red mug", sku="MUG-R", type="variation", parent_id=parent["id"])
    listing = write(store, photo(key=ProductKey("sku", "MUG-R")))
    assert listing.id == str(parent["id"])


def test_a_comma_in_a_sku_is_no_list(store: WooCommerce, shop: Shop, photo: Any) -> None:
    shop.played.add(name="Mug", sku="MUG")
    write(store, photo(key=ProductKey("sku", "MUG,01")))
    assert [made["sku"] for made in shop.played.products()] == ["MUG,01", "MUG"]


def test_a_tag_that_is_there_is_taken_whatever_its_case(
    store: WooCommerce, shop: Shop, photo: Any
) -> None:
    shop.played._shop["tags"].append({"id": 999, "name": "BLACK", "slug": "black"})
    write(store, photo())
    assert only(shop)["tags"][0]["id"] == 999


def test_a_category_within_another_is_found_among_many_alike(
    store: WooCommerce, shop: Shop, photo: Any
) -> None:
    """Made by the same name, it would be one more at the top."""
    names = [f"Kitchen &amp; dining {number}" for number in range(150)]
    shop.played._shop["categories"] += [
        {"id": 1000 + number, "name": name, "slug": f"k-{number}", "parent": 15}
        for number, name in enumerate([*names, "Kitchen &amp; Dining"])
    ]
    write(store, photo())
    assert [term["id"] for term in only(shop)["categories"]] == [1150]


def test_a_category_that_a_search_does_not_find_is_taken_by_the_id_in_the_error(
    store: WooCommerce, shop: Shop, photo: Any
) -> None:
    shop.played._shop["categories"].append(
        {"id": 77, "name": "Kitchen &amp; dining", "slug": "kitchen", "parent": 0}
    )
    shop.answers["GET /wp-json/wc/v3/products/categories"] = JSONResponse([])
    write(store, photo())
    assert [term["id"] for term in only(shop)["categories"]] == [77]


@pytest.mark.parametrize("change", [{"name": "Words for search engines"}, {"file": "moved.jpg"}])
def test_an_image_is_known_by_its_name_or_by_its_file(
    store: WooCommerce, shop: Shop, photo: Any, change: dict[str, str]
) -> None:
    write(store, photo())
    for medium in shop.played.media.values():
        medium |= change
    write(store, photo())
    assert len(only(shop)["images"]) == 1


class TestTrouble:
    PRODUCTS = "POST /wp-json/wc/v3/products"

    def refusal(self, status: int, code: str, message: str, **data: Any) -> Response:
        body = {"code": code, "message": message, "data": {"status": status, **data}}
        return JSONResponse(body, status)

    def test_refused_fields_are_told_in_the_stores_words(
        self, store: WooCommerce, shop: Shop, photo: Any
    ) -> None:
        shop.answers[self.PRODUCTS] = self.refusal(
            400, "rest_invalid_param", "Invalid parameter(s): name", params={"name": "Too long."}
        )
        assert write(store, photo()) == Refused("name: Too long.")

    def test_a_sku_that_cannot_be_had_is_told(
        self, store: WooCommerce, shop: Shop, photo: Any
    ) -> None:
        shop.answers[self.PRODUCTS] = self.refusal(
            400, "product_invalid_sku", "Invalid or duplicated SKU.", resource_id=7
        )
        assert write(store, photo()) == Refused("Invalid or duplicated SKU.")

    def test_a_sku_that_is_just_being_taken_is_tried_again(
        self, store: WooCommerce, shop: Shop, photo: Any
    ) -> None:
        shop.answers[self.PRODUCTS] = self.refusal(
            400, "woocommerce_rest_product_not_created", "The SKU is already under processing."
        )
        with pytest.raises(StoreUnavailableError, match="under processing"):
            write(store, photo())

    def test_a_picture_that_cannot_be_fetched_is_named_without_its_address(
        self, store: WooCommerce, shop: Shop, photo: Any, http_server: Any
    ) -> None:
        http_server.answers.clear()
        http_server.will_answer(403, "no")
        with pytest.raises(
            PictureNotFetchedError, match="Error getting remote image the photo"
        ) as (caught):
            write(store, photo())
        assert "picture-key" not in str(caught.value)
        # Nor where the store tells of another spelling of it
        path = f"PUT /wp-json/wc/v3/products/{only(shop)['id']}"
        shop.answers[path] = self.refusal(
            400, "woocommerce_product_image_upload_error", "https://x.example/p/picture-key/…"
        )
        with pytest.raises(PictureNotFetchedError) as caught:
            write(store, photo())
        assert "picture-key" not in str(caught.value)
        # And once that is mended, the product that was made is gone on with
        shop.answers.clear()
        http_server.answers.clear()
        http_server.will_answer(200, b"\xff\xd8photo")
        write(store, photo())
        assert len(only(shop)["images"]) == 1

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"permissions": "read"}, "The API key provided does not have write permissions"),
            ({"may_edit": False}, "Sorry, you are not allowed to create resources"),
        ],
    )
    def test_a_key_that_may_not_is_told_in_the_stores_words(
        self, store: WooCommerce, shop: Shop, photo: Any, change: dict[str, Any], words: str
    ) -> None:
        vars(shop.played).update(change)
        with pytest.raises(StoreRefusedUsError, match=words) as caught:
            write(store, photo())
        assert shop.played._shop["consumer_secret"] not in str(caught.value)

    def test_a_wrong_key_is_told_and_never_shown(self, shop: Shop, root: str, photo: Any) -> None:
        keys = {"consumer_key": "ck_wrong", "consumer_secret": "cs_wrong"}
        store = WooCommerce(root, Secret(json.dumps(keys)))  # type: ignore[arg-type]
        with pytest.raises(StoreRefusedUsError, match="Consumer key is invalid") as caught:
            write(store, photo())
        assert "wrong" not in str(caught.value)

    def test_a_busy_store_is_left_alone_as_long_as_it_asks(
        self, store: WooCommerce, shop: Shop, photo: Any
    ) -> None:
        headers = {"Retry-After": "300"}
        shop.answers[self.PRODUCTS] = JSONResponse({"message": "Slow down"}, 429, headers)
        with pytest.raises(StoreUnavailableError) as caught:
            write(store, photo())
        assert caught.value.wait_seconds == 300

    @pytest.mark.parametrize(
        "url", ["http://shop.example", "ftp://shop.example", "", "http://127.0.0.1.evil.example"]
    )
    def test_the_key_goes_over_https_only(self, shop: Shop, url: str) -> None:
        with pytest.raises(StoreRefusedUsError, match="begin with https://"):
            WooCommerce(url, Secret(shop.played.secret("")))  # type: ignore[arg-type]


class TestTakingBack:
    def test_what_we_made_goes_into_the_trash_once(
        self, store: WooCommerce, shop: Shop, photo: Any
    ) -> None:
        listing = write(store, photo())
        store.withdraw(listing, PHOTO)
        store.withdraw(listing, PHOTO)
        assert only(shop)["status"] == "trash"
        gone = listing.model_copy(update={"id": "99999"})
        store.withdraw(gone, PHOTO)
        store.put_back(gone, PHOTO, {})
        assert store.look(gone, PHOTO) is None

    def test_without_a_trash_nothing_is_deleted(
        self, store: WooCommerce, shop: Shop, photo: Any
    ) -> None:
        listing = write(store, photo())
        shop.played.trash_days = 0
        with pytest.raises(StoreUnavailableError, match="does not support trashing"):
            store.withdraw(listing, PHOTO)
        assert only(shop)["status"] == "draft"

    def test_any_answer_may_be_lost(self, store: WooCommerce, shop: Shop, photo: Any) -> None:
        theirs = shop.played.add(name="Mug", slug="mug", description="By hand.")
        listing = write(store, photo(key=ProductKey("handle", "mug")))
        for lost in (1, 2, 3):
            shop.reset()
            shop.lose_answer_to = lost
            back: Any = {"category": "", "tags": []}
            try:
                store.put_back(listing, PHOTO, back)
            except StoreUnavailableError:
                store.put_back(listing, PHOTO, back)
            now = only(shop)
            assert [now[name] for name in ("categories", "tags", "images")] == [
                theirs[name] for name in ("categories", "tags", "images")
            ]


class TestChecking:
    def test_says_what_was_found(self, store: WooCommerce, shop: Shop, root: str) -> None:
        assert store.check() == [
            f"{root} has WooCommerce's REST API v3 (version 10.3.5).",
            "The key may read and write products, categories and tags.",
            "Whether the store reaches the photos' address shows with the first photo.",
        ]
        assert shop.played.products() == []

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"permissions": "read"}, "may not write products: .*write permissions.*Read/Write"),
            ({"may_edit": False}, "may not write products: .*not allowed.*shop manager"),
        ],
    )
    def test_names_the_right_that_is_missing(
        self, store: WooCommerce, shop: Shop, change: dict[str, Any], words: str
    ) -> None:
        vars(shop.played).update(change)
        with pytest.raises(StoreRefusedUsError, match=words):
            store.check()

    @pytest.mark.parametrize("answer", [Response("<html>", 200), Response("", 301), Response("[]")])
    def test_an_address_that_is_no_shop_is_told(
        self, store: WooCommerce, shop: Shop, answer: Response
    ) -> None:
        shop.answers["GET /wp-json/"] = answer
        with pytest.raises(StoreRefusedUsError, match="Permalinks"):
            store.check()


class TestThroughTheHandler:
    """An approved photo of the shop, whose store is this one."""

    @pytest.fixture
    def serving(self, aws: Any, shop: Shop, root: str, http_server: Any) -> Iterator[None]:
        http_server.will_answer(200, b"\xff\xd8photo")
        aws.set("store_target", "woocommerce")
        aws.set("store_url", root)
        aws.set("review_base_url", http_server.url)
        aws.client("secretsmanager").put_secret_value(
            SecretId="pt/store/api", SecretString=shop.played.secret(root)
        )
        return

    def approved(self, aws: Any, answer: Any, key: str, data: bytes) -> str:
        name = aws.record(key, data)
        aws.save_draft(name)
        aws.set("review_base_url", "https://review.example")
        waiting = aws.mailed(name)
        answer.approve(waiting.ann)
        return name

    def test_a_photo_is_written_and_taken_back(
        self, aws: Any, answer: Any, shop: Shop, root: str, http_server: Any, serving: None
    ) -> None:
        name = self.approved(aws, answer, "sofa.jpg", b"one")
        aws.set("review_base_url", http_server.url)
        done = aws.call("StoreWriter", {"photo_id": name})
        assert done["accepted"]
        assert only(shop)["slug"] == name
        (fetched,) = http_server.requests
        assert fetched.path.startswith("/p/")
        assert fetched.path.endswith(f"/{name}.jpg")
        listing = done["listing"]
        aws.call("Recorder", {"step": "RecordListing", "photo_id": name, "listing": listing})
        aws.call("StoreWriter", {"task": "undo", "photo_id": name, "by_user": "admin"})
        assert only(shop)["status"] == "trash"
        assert aws.photo(name).status == "withdrawn"

    def test_two_photos_of_one_product_at_the_same_moment_both_end_up_there(
        self, aws: Any, answer: Any, shop: Shop, http_server: Any, serving: None
    ) -> None:
        aws.set("product_key", "sku")
        names = [
            self.approved(aws, answer, key, key.encode()) for key in ("MUG__1.jpg", "MUG__2.jpg")
        ]
        aws.set("review_base_url", http_server.url)

        listings = [listing["id"] for listing in written_at_once(aws, names)]
        assert len(set(listings)) == 1
        assert sorted(image["src"] for image in only(shop)["images"]) == [
            f"/wp-content/uploads/{name}.jpg" for name in sorted(names)
        ]


def test_the_shop_shows_its_products_and_keeps_them(
    store: WooCommerce, shop: Shop, root: str, photo: Any, tmp_path: Path
) -> None:
    write(store, photo())
    page = shop.played._http.request("GET", f"{root}/").data.decode()
    assert "Cups &amp; &lt;mugs&gt; [new]" in page
    assert f'src="/wp-content/uploads/{PHOTO}.jpg"' in page
    image = shop.played._http.request("GET", f"{root}/wp-content/uploads/{PHOTO}.jpg")
    assert image.data == b"\xff\xd8photo"
    again = PlayedShop(tmp_path / "shop")
    assert again.products() == shop.played.products()
