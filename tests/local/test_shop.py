"""The shop's API and pages, over real HTTP."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from standardwebhooks import Webhook

from photo_tagger_local.console import create_console_app
from photo_tagger_local.inbox import Inbox
from photo_tagger_local.shop import MAX_BODY_BYTES, Product, Shop
from photo_tagger_local.web import WebServer

KEY = "whsec_c2hvcC1rZXk="


def image_bytes(kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, kind)
    return file.getvalue()


def listing(**changes: Any) -> dict[str, Any]:
    image = base64.b64encode(image_bytes()).decode()
    return {
        "type": "listing.approved",
        "title": "Blue cup",
        "alt_text": "A blue cup on a white table",
        "tags": ["cup", "blue"],
        "category": "Kitchen",
        "description": "Holds 300 ml.",
        "photo_id": "blue-cup-0123456789ab",
        "image": {"file_name": "cup.jpg", "content_type": "image/jpeg", "base64": image},
    } | changes


class Client(httpx.Client):
    """A client of a running shop; `shop` is what the server itself holds."""

    shop: Shop

    def send_signed(self, body: bytes, key: str = "key-1", **headers: str) -> httpx.Response:
        sent_at = datetime.now(UTC)
        signature = Webhook(KEY).sign(key, sent_at, body.decode("utf-8", "replace"))
        signed = {
            "webhook-id": key,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": signature,
        }
        return self.post("/api/listings", content=body, headers=signed | headers)


@contextmanager
def shop_in(folder: Path) -> Iterator[Client]:
    """A client with the right key, to a shop that keeps its listings in this folder."""
    shop = Shop(folder / "shop", KEY)
    server = WebServer(create_console_app(Inbox(folder / "inbox", 0), shop, {}), 0)
    server.start()
    with Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        client.shop = shop
        yield client
    server.stop()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with shop_in(tmp_path) as client:
        yield client


@pytest.fixture(scope="module")
def empty_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One shop for all the tests in which nothing may be published."""
    with shop_in(tmp_path_factory.mktemp("empty")) as client:
        yield client


def publish(client: Client, key: str = "key-1", **changes: Any) -> httpx.Response:
    return client.send_signed(json.dumps(listing(**changes)).encode(), key)


def listed(client: Client) -> list[Product]:
    return client.shop.products()


def test_a_listing_is_made_and_shown(client: Client) -> None:
    response = publish(client)
    assert response.status_code == 201
    made = response.json()
    assert made["url"] == f"{client.base_url}/shop/{made['id']}"
    product_page = client.get(made["url"]).text
    for text in ("Blue cup", "Holds 300 ml.", 'alt="A blue cup on a white table"', "Kitchen"):
        assert text in product_page
    assert made["id"] in client.get("/shop").text
    image = client.get(made["image_url"])
    assert image.content == image_bytes()
    assert image.headers["content-type"] == "image/jpeg"
    assert image.headers["x-content-type-options"] == "nosniff"


def test_the_same_key_again_changes_nothing(client: Client) -> None:
    first = publish(client)
    second = publish(client, title="Something else")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert [product.title for product in listed(client)] == ["Blue cup"]


def test_another_key_is_another_listing(client: Client) -> None:
    assert publish(client, "key-1").json()["id"] != publish(client, "key-2").json()["id"]
    assert len(listed(client)) == 2


def test_parallel_posts_of_one_key_give_one_listing(client: Client, tmp_path: Path) -> None:
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda n: publish(client, title=f"Cup {n}"), range(20)))
    statuses = [response.status_code for response in responses]
    assert sorted(statuses) == [200] * 19 + [201]
    assert len({response.text for response in responses}) == 1
    assert len(list((tmp_path / "shop").glob("*.json"))) == 1


def test_listings_survive_a_restart(client: Client, tmp_path: Path) -> None:
    made = publish(client).json()
    (tmp_path / "shop" / "0123456789abcdef.json.tmp").write_text("{cut sho")
    with shop_in(tmp_path) as later:
        assert publish(later).status_code == 200
        (kept,) = listed(later)
        assert kept.title == "Blue cup"
        assert later.get(f"/shop/{made['id']}/image").content == image_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,d3Jvbmc="},
        {"webhook-signature": "v1"},
        {"webhook-id": "another"},
        {"webhook-timestamp": "1700000000"},
        {"webhook-timestamp": "soon"},
    ],
)
def test_a_wrong_signature_is_refused(empty_shop: Client, headers: dict[str, str]) -> None:
    body = json.dumps(listing(description="x" * 3_000_000)).encode()
    refused = empty_shop.send_signed(body, **headers)
    assert refused.status_code == 401
    assert refused.json()["error"]
    assert listed(empty_shop) == []


def test_a_message_without_a_signature_is_refused(empty_shop: Client) -> None:
    assert empty_shop.post("/api/listings", json=listing()).status_code == 401
    assert listed(empty_shop) == []


def test_an_id_that_is_too_long_is_refused(empty_shop: Client) -> None:
    assert publish(empty_shop, "k" * 256).status_code == 400


def test_a_body_that_is_no_text_is_refused(empty_shop: Client) -> None:
    assert empty_shop.send_signed(b"\xff\xfe").status_code == 401


def test_a_ping_is_answered(empty_shop: Client) -> None:
    assert empty_shop.send_signed(b'{"type": "ping"}').status_code == 204


def test_what_is_withdrawn_is_gone_for_good(client: Client, tmp_path: Path) -> None:
    made, other = publish(client).json(), publish(client, "key-2").json()
    message = json.dumps({"type": "listing.withdrawn", "id": made["id"]}).encode()
    for _ in range(2):
        assert client.send_signed(message, "withdrawn").status_code == 204
    assert client.get(made["url"]).status_code == 404
    with shop_in(tmp_path) as later:
        assert [product.id for product in listed(later)] == [other["id"]]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(empty_shop: Client, body: bytes) -> None:
    response = empty_shop.send_signed(body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_a_body_that_is_too_large_is_refused(empty_shop: Client) -> None:
    response = publish(empty_shop, description="x" * MAX_BODY_BYTES)
    assert response.status_code == 413
    assert listed(empty_shop) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", None),
        ("title", "x" * 121),
        ("title", "\ud800"),
        ("alt_text", ""),
        ("alt_text", "x" * 126),
        ("category", ""),
        ("tags", "cup"),
        ("tags", [1]),
        ("description", 5),
        ("image", None),
        ("image", {}),
        ("image", {"base64": "not base64!"}),
        ("image", {"base64": base64.b64encode(b"no image").decode()}),
        ("image", {"base64": base64.b64encode(image_bytes()[:-30]).decode()}),
    ],
)
def test_a_bad_field_is_named(empty_shop: Client, field: str, value: object) -> None:
    body = json.dumps(listing(**{field: value}))
    response = empty_shop.send_signed(body.encode())
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert error["message"]
    assert listed(empty_shop) == []


def test_every_bad_field_is_named_and_the_key_stays_usable(client: Client) -> None:
    refused = publish(client, title="", category="", image=None)
    assert [error["field"] for error in refused.json()["errors"]] == ["title", "category", "image"]
    assert publish(client).status_code == 201


def test_the_longest_fields_are_accepted(client: Client) -> None:
    assert publish(client, title="é" * 120, alt_text="é" * 125).status_code == 201


def test_an_image_is_served_as_what_it_is(client: Client) -> None:
    content = base64.b64encode(image_bytes("PNG")).decode()
    made = publish(client, image={"content_type": "text/html", "base64": content}).json()
    assert client.get(made["image_url"]).headers["content-type"] == "image/png"


def test_hostile_fields_are_escaped(client: Client) -> None:
    bad = '"><script>alert(1)</script>'
    made = publish(client, title=bad, alt_text=bad, tags=[bad], category=bad, description=bad)
    for path in ("/shop", made.json()["url"]):
        shown = client.get(path).text
        assert "<script" not in shown
        assert "&#34;&gt;&lt;script&gt;" in shown


def test_an_unknown_product_is_a_404(empty_shop: Client) -> None:
    for path in ("/shop/nothing", "/shop/nothing/image", "/shop/..%2F..%2Fetc/image"):
        assert empty_shop.get(path).status_code == 404
