"""The store over HTTP, against a real server."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest
import urllib3

from photo_tagger.domain.draft import Draft
from photo_tagger.domain.photo import Listing
from store_writer import http_api
from store_writer.http_api import HttpStore
from store_writer.store import Product, Refused, StoreRefusedUsError, StoreUnavailableError

KEY = "top-secret-key"
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
    file_name="sofa (1).heic",
    jpeg=b"\xff\xd8jpeg",
)
MADE = {"id": 41, "url": "https://shop.example/p/41"}


@pytest.fixture
def store(http_server: Any) -> HttpStore:
    return HttpStore(http_server.url + "/", KEY)


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
    http_server: Any, store: HttpStore, status: int
) -> None:
    http_server.will_answer(status, MADE)
    listing = store.write(PRODUCT)
    assert listing == Listing(id="41", url="https://shop.example/p/41", store_target="api")


def test_the_request_carries_the_approved_fields_and_the_photo(
    http_server: Any, store: HttpStore
) -> None:
    http_server.will_answer(201, MADE)
    store.write(PRODUCT)
    (request,) = http_server.requests
    assert (request.method, request.path) == ("POST", "/api/products")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["Idempotency-Key"] == "sofa-0123456789ab-1"
    assert request.headers["Content-Type"] == "application/json"
    sent = request.json()
    image = sent.pop("image")
    assert sent == {"photo_id": "sofa-0123456789ab", **FIELDS.model_dump()}
    assert image["file_name"] == "sofa (1).jpg"
    assert image["content_type"] == "image/jpeg"
    assert base64.b64decode(image["base64"]) == b"\xff\xd8jpeg"


def test_the_key_is_not_in_the_address_or_the_body(http_server: Any, store: HttpStore) -> None:
    http_server.will_answer(201, MADE)
    store.write(PRODUCT)
    (request,) = http_server.requests
    assert KEY not in request.path
    assert KEY.encode() not in request.body


class TestRefusedFields:
    def test_come_back_with_the_stores_words(self, http_server: Any, store: HttpStore) -> None:
        errors = [
            {"field": "title", "message": "is too long"},
            {"field": "category", "message": "is closed"},
        ]
        http_server.will_answer(422, {"errors": errors})
        assert store.write(PRODUCT) == Refused("title: is too long category: is closed")

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
        self, http_server: Any, store: HttpStore, body: Any
    ) -> None:
        http_server.will_answer(422, body)
        answer = store.write(PRODUCT)
        assert isinstance(answer, Refused)
        assert "price is missing" in answer.words

    @pytest.mark.parametrize("body", ["", {}, {"errors": []}])
    def test_without_a_word_still_have_something_to_show(
        self, http_server: Any, store: HttpStore, body: Any
    ) -> None:
        http_server.will_answer(422, body)
        answer = store.write(PRODUCT)
        assert isinstance(answer, Refused)
        assert answer.words

    def test_in_a_long_speech_are_cut(self, http_server: Any, store: HttpStore) -> None:
        http_server.will_answer(422, {"errors": [{"field": "title", "message": "x" * 9000}]})
        answer = store.write(PRODUCT)
        assert isinstance(answer, Refused)
        assert len(answer.words) <= 500


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_busy_or_broken_store_is_unavailable(
    http_server: Any, store: HttpStore, status: int
) -> None:
    http_server.will_answer(status, "come back later")
    with pytest.raises(StoreUnavailableError, match=f"{status}.*come back later") as caught:
        store.write(PRODUCT)
    assert KEY not in fault_text(caught.value)
    assert len(http_server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 415, 204])
def test_any_other_answer_is_for_the_admin(http_server: Any, store: HttpStore, status: int) -> None:
    http_server.will_answer(status, "" if status == 204 else "no such key")
    with pytest.raises(StoreRefusedUsError, match=str(status)) as caught:
        store.write(PRODUCT)
    assert KEY not in fault_text(caught.value)


@pytest.mark.parametrize(
    "body", ["<html>Welcome</html>", "", {"id": "41"}, {"url": "x"}, "[]", "null", '"41"']
)
def test_a_success_without_a_listing_is_for_the_admin(
    http_server: Any, store: HttpStore, body: Any
) -> None:
    http_server.will_answer(200, body)
    with pytest.raises(StoreRefusedUsError, match="200"):
        store.write(PRODUCT)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_so_the_key_stays_here(
    http_server: Any, store: HttpStore, status: int
) -> None:
    http_server.will_answer(status, "", headers={"Location": f"{http_server.url}/elsewhere"})
    with pytest.raises(StoreRefusedUsError, match=str(status)):
        store.write(PRODUCT)
    assert [request.path for request in http_server.requests] == ["/api/products"]


def test_a_store_that_does_not_answer_in_time_is_unavailable(
    http_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_api, "_TIMEOUT", urllib3.Timeout(connect=1, read=0.1))
    hold = threading.Event()
    http_server.will_answer(201, MADE, hold=hold)
    with pytest.raises(StoreUnavailableError, match="did not answer") as caught:
        HttpStore(http_server.url, KEY).write(PRODUCT)
    hold.set()
    assert KEY not in fault_text(caught.value)
    assert len(http_server.requests) == 1


def test_a_store_that_is_not_there_is_unavailable(http_server: Any, store: HttpStore) -> None:
    http_server.stop()
    with pytest.raises(StoreUnavailableError, match="did not answer") as caught:
        store.write(PRODUCT)
    assert KEY not in fault_text(caught.value)


def test_the_wait_for_the_store_ends_before_the_function_does() -> None:
    assert http_api._TIMEOUT.connect_timeout + http_api._TIMEOUT.read_timeout < 60
