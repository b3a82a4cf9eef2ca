"""The store that is any endpoint, against a real server."""

from __future__ import annotations

import base64
import dataclasses
import threading
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
import urllib3
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from photo_tagger.domain.draft import FIELD_NAMES, Draft
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey
from store_writer import http
from store_writer.secrets import NoStoreKeyError
from store_writer.store import Product, Refused, StoreRefusedUsError, StoreUnavailableError
from store_writer.webhook import Webhook

if TYPE_CHECKING:
    from store_writer.secrets import StoreSecret

KEY = "whsec_dG9wLXNlY3JldC1rZXk="
FIELDS = Draft(
    title="White sofa ✓",
    alt_text="A sofa",
    tags=["sofa", "white"],
    category="Furniture",
    description="Soft.",
)
PRODUCT = Product(
    photo_id="sofa-0123456789ab",
    idempotency_key="sofa-0123456789ab-1",
    fields=FIELDS,
    key=ProductKey("photo", "sofa-0123456789ab"),
    jpeg=b"\xff\xd8jpeg",
    picture_url=lambda: "https://review.example/p/k/sofa-0123456789ab.jpg",
    approved_on=date(2026, 11, 25),
)
MADE = {"id": 41, "url": "https://shop.example/p/41"}


class Secret:
    """The store's secret, without Secrets Manager."""

    name = "pt/store/api"

    def key(self, name: str) -> str:
        return {"signing_key": KEY}[name]


def webhook(url: str, *, overwrite: bool = False) -> Webhook:
    return Webhook(url, cast("StoreSecret", Secret()), overwrite=overwrite)


def write(store: Webhook, product: Product = PRODUCT) -> Listing | Refused:
    return store.write(product, None, list(FIELD_NAMES))


@pytest.fixture
def store(http_server: Any) -> Webhook:
    return webhook(f"{http_server.url}/listings")


def fault_text(error: BaseException) -> str:
    """All that a log or a console could show of an exception and what led to it."""
    texts: list[str] = []
    current: BaseException | None = error
    while current:
        texts += [str(current), repr(current), str(current.args)]
        current = current.__cause__ or current.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("status", [200, 201])
def test_a_listing_is_made_or_was_made_before(
    http_server: Any, store: Webhook, status: int
) -> None:
    http_server.will_answer(status, MADE)
    listing = write(store)
    assert listing == Listing(id="41", url="https://shop.example/p/41", store_target="webhook")


def test_the_message_carries_the_approved_fields_and_the_photo(
    http_server: Any, store: Webhook
) -> None:
    http_server.will_answer(201, MADE)
    write(store)
    (request,) = http_server.requests
    assert (request.method, request.path) == ("POST", "/listings")
    assert request.headers["webhook-id"] == "sofa-0123456789ab-1"
    assert request.headers["Content-Type"] == "application/json"
    sent = request.json()
    image = sent.pop("image")
    assert sent == {
        "type": "listing.approved",
        "photo_id": "sofa-0123456789ab",
        "product": None,
        "existing": "fill",
        **FIELDS.model_dump(),
    }
    assert image["file_name"] == "sofa-0123456789ab.jpg"
    assert image["content_type"] == "image/jpeg"
    assert base64.b64decode(image["base64"]) == b"\xff\xd8jpeg"


def test_the_product_that_a_photo_is_for_is_named(http_server: Any) -> None:
    http_server.will_answer(201, MADE)
    write(
        webhook(http_server.url, overwrite=True),
        dataclasses.replace(PRODUCT, key=ProductKey("sku", "SOFA-1")),
    )
    sent = http_server.requests[0].json()
    assert (sent["product"], sent["existing"]) == ({"sku": "SOFA-1"}, "overwrite")


def test_the_message_is_signed_as_standard_webhooks_has_it(
    http_server: Any, store: Webhook
) -> None:
    http_server.will_answer(201, MADE)
    write(store)
    (request,) = http_server.requests
    headers = dict(request.headers.items())
    Verifier(KEY).verify(request.body, headers)
    for tampered in (request.body.replace(b"sofa", b"sofb"), request.body + b" "):
        with pytest.raises(WebhookVerificationError):
            Verifier(KEY).verify(tampered, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(KEY).verify(request.body, headers | {"webhook-id": "another"})


@pytest.mark.parametrize("url", ["", "http://shop.example/listings", "shop.example"])
def test_nothing_is_sent_without_https(url: str) -> None:
    with pytest.raises(StoreRefusedUsError, match="it must begin with https://"):
        webhook(url)


def test_the_key_is_not_in_the_message(http_server: Any, store: Webhook) -> None:
    http_server.will_answer(201, MADE)
    write(store)
    (request,) = http_server.requests
    for key in (KEY, KEY.removeprefix("whsec_"), "top-secret-key"):
        assert key not in request.path + str(request.headers)
        assert key.encode() not in request.body


@pytest.mark.parametrize("undo", ["withdraw", "put_back"])
def test_what_is_taken_back_is_told(http_server: Any, store: Webhook, undo: str) -> None:
    http_server.will_answer(204, "")
    listing = Listing(id="41", url="https://shop.example/p/41", store_target="webhook")
    if undo == "withdraw":
        store.withdraw(listing, PRODUCT.photo_id)
    else:
        store.put_back(listing, PRODUCT.photo_id, {"title": "As it was"})
    (request,) = http_server.requests
    assert request.headers["webhook-id"] == "sofa-0123456789ab-withdrawn"
    assert request.json() == {
        "type": "listing.withdrawn",
        "photo_id": "sofa-0123456789ab",
        "id": "41",
    }


def test_an_endpoint_that_does_not_take_it_back_is_a_fault(
    http_server: Any, store: Webhook
) -> None:
    http_server.will_answer(400, "what is that?")
    listing = Listing(id="41", url="https://shop.example/p/41", store_target="webhook")
    with pytest.raises(StoreRefusedUsError, match=r"400: what is that\?"):
        store.withdraw(listing, PRODUCT.photo_id)


def test_check_is_a_ping(http_server: Any, store: Webhook) -> None:
    http_server.will_answer(204, "")
    assert store.check() == [f"{http_server.url}/listings answers, and takes our signature."]
    assert http_server.requests[0].json() == {"type": "ping"}
    http_server.answers.clear()
    http_server.will_answer(401, "bad signature")
    with pytest.raises(StoreRefusedUsError, match="401: bad signature"):
        store.check()


@pytest.mark.parametrize("key", ["whsec_", "whsec_a", "a"])
def test_a_key_that_is_no_signing_key_is_told_by_the_secrets_name(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(Secret, "key", lambda self, name: key)
    with pytest.raises(NoStoreKeyError, match='the signing_key in pt/store/api must be "whsec_"'):
        webhook("https://store.invalid")


class TestRefusedFields:
    def test_come_back_with_the_stores_words(self, http_server: Any, store: Webhook) -> None:
        errors = [
            {"field": "title", "message": "is too long"},
            {"field": "category", "message": "is closed"},
        ]
        http_server.will_answer(422, {"errors": errors})
        assert write(store) == Refused("title: is too long category: is closed")

    @pytest.mark.parametrize(
        "body",
        [
            {"detail": "price is missing"},
            "price is missing",
            {"errors": ["price is missing"]},
            {"errors": [{"message": "price is missing"}]},
            {"errors": "price is missing"},
        ],
    )
    def test_in_another_shape_are_told_all_the_same(
        self, http_server: Any, store: Webhook, body: Any
    ) -> None:
        http_server.will_answer(422, body)
        answer = write(store)
        assert isinstance(answer, Refused)
        assert "price is missing" in answer.words

    @pytest.mark.parametrize("body", ["", {}, {"errors": []}])
    def test_without_a_word_still_have_something_to_show(
        self, http_server: Any, store: Webhook, body: Any
    ) -> None:
        http_server.will_answer(422, body)
        answer = write(store)
        assert isinstance(answer, Refused)
        assert answer.words

    def test_in_a_long_speech_are_cut(self, http_server: Any, store: Webhook) -> None:
        http_server.will_answer(422, {"errors": [{"field": "title", "message": "x" * 9000}]})
        answer = write(store)
        assert isinstance(answer, Refused)
        assert len(answer.words) <= 500


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_busy_or_broken_store_is_unavailable(
    http_server: Any, store: Webhook, status: int
) -> None:
    http_server.will_answer(status, "come back later")
    with pytest.raises(StoreUnavailableError, match=f"{status}.*come back later") as caught:
        write(store)
    assert KEY not in fault_text(caught.value)
    assert len(http_server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 415, 204])
def test_any_other_answer_is_for_the_admin(http_server: Any, store: Webhook, status: int) -> None:
    http_server.will_answer(status, "" if status == 204 else "no such key")
    with pytest.raises(StoreRefusedUsError, match=str(status)) as caught:
        write(store)
    assert KEY not in fault_text(caught.value)


@pytest.mark.parametrize(
    "body", ["<html>Welcome</html>", "", {"id": "41"}, {"url": "x"}, "[]", "null", '"41"']
)
def test_a_success_without_a_listing_is_for_the_admin(
    http_server: Any, store: Webhook, body: Any
) -> None:
    http_server.will_answer(200, body)
    with pytest.raises(StoreRefusedUsError, match="200"):
        write(store)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_so_the_key_stays_here(
    http_server: Any, store: Webhook, status: int
) -> None:
    http_server.will_answer(status, "", headers={"Location": f"{http_server.url}/elsewhere"})
    with pytest.raises(StoreRefusedUsError, match=str(status)):
        write(store)
    assert [request.path for request in http_server.requests] == ["/listings"]


def test_a_store_that_does_not_answer_in_time_is_unavailable(
    http_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_TIMEOUT", urllib3.Timeout(connect=1, read=0.1))
    hold = threading.Event()
    http_server.will_answer(201, MADE, hold=hold)
    with pytest.raises(StoreUnavailableError, match="did not answer") as caught:
        write(webhook(http_server.url))
    hold.set()
    assert KEY not in fault_text(caught.value)
    assert len(http_server.requests) == 1


def test_a_store_that_is_not_there_is_unavailable(http_server: Any, store: Webhook) -> None:
    http_server.stop()
    with pytest.raises(StoreUnavailableError, match="did not answer") as caught:
        write(store)
    assert KEY not in fault_text(caught.value)


class TestAPauseThatTheStoreAsksFor:
    def test_of_seconds_is_kept_here(
        self, http_server: Any, store: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited: list[float] = []
        monkeypatch.setattr(http.time, "sleep", waited.append)
        http_server.will_answer(429, "", headers={"Retry-After": "2"})
        http_server.will_answer(201, MADE)
        assert isinstance(write(store), Listing)
        assert waited == [2]

    def test_without_end_is_given_up(
        self, http_server: Any, store: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http.time, "sleep", lambda _: None)
        http_server.will_answer(429, "", headers={"Retry-After": "2"})
        with pytest.raises(StoreUnavailableError, match="429"):
            write(store)
        assert len(http_server.requests) == 4

    @pytest.mark.parametrize("status", [429, 503])
    def test_of_minutes_is_handed_on(self, http_server: Any, store: Webhook, status: int) -> None:
        http_server.will_answer(status, "", headers={"Retry-After": "120"})
        with pytest.raises(StoreUnavailableError) as caught:
            write(store)
        assert caught.value.wait_seconds == 120
        assert len(http_server.requests) == 1

    def test_until_a_date_is_understood(self) -> None:
        until = datetime.now(UTC) + timedelta(minutes=2)
        assert 110 < http.seconds_to_wait(format_datetime(until, usegmt=True)) <= 120
        assert http.seconds_to_wait(format_datetime(until - timedelta(hours=1), usegmt=True)) == 0

    @pytest.mark.parametrize("header", [None, "", "soon", "-5"])
    def test_that_is_none_is_none(self, header: str | None) -> None:
        assert http.seconds_to_wait(header) == 0


def test_the_wait_for_the_store_ends_before_the_function_does() -> None:
    assert http._TIMEOUT.connect_timeout + http._TIMEOUT.read_timeout < 60
