"""WriteToStore: nothing but approved fields, to a store that is a real server."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from store_writer.secrets import NoStoreKeyError
from store_writer.store import StoreRefusedUsError, StoreUnavailableError

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
