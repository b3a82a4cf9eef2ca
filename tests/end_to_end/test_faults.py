"""A fault fails in its own state; mended and redriven, the photo goes on from there to its end."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from photo_tagger_local import inbox as inbox_server
from photo_tagger_local import shop as shop_server
from photo_tagger_local.demo_reader import server as reader_server
from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .breaking import broken, hurry
from .conftest import Shop

SOFA = "white-sofa.jpg"
_RETRIES = 6
_STORE_RETRIES = 10
"""Of a store that is down and of a model that throttles; each first try comes before them."""

LESS_PATIENT = """
import store_writer.http, urllib3
store_writer.http._TIMEOUT = urllib3.Timeout(connect=5, read=3)
"""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """A run that waits a second before each retry."""
    with LocalRun(
        Options(tmp_path_factory.mktemp("hurried"), Ports.free(), parameters=A_MAIL_EACH)
    ) as run:
        hurry(run)
        yield Shop(run, samples)


class Faulty:
    """A function of a stand-in's server that fails the first so many times, and counts."""

    def __init__(self, real: Callable[..., Any], *, times: int, after: bool = False) -> None:
        self._real = real
        self._times = times
        self._after = after
        self.calls = 0

    def __call__(self, *given: Any) -> Any:
        self.calls += 1
        if self.calls > self._times:
            return self._real(*given)
        if self._after:
            self._real(*given)
        return self.fail()

    def fail(self) -> Any:
        raise RuntimeError("out of order, on purpose")


class Hanging(Faulty):
    """It does its work, and its answer comes too late."""

    def fail(self) -> Any:
        time.sleep(4)


def break_store(monkeypatch: pytest.MonkeyPatch, kind: type[Faulty], **how: Any) -> Faulty:
    faulty = kind(shop_server.Shop._publish, **how)
    monkeypatch.setattr(shop_server.Shop, "_publish", lambda *given: faulty(*given))
    return faulty


def assert_listed_once(shop: Shop, photo_id: str) -> None:
    shop.until(photo_id, "listed")
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert len(shop.listings(photo_id)) == 1
    assert len(shop.rows("ack", photo_id)) == 1


def assert_redriven_once(shop: Shop, photo_id: str) -> None:
    """The same execution, its history continued."""
    ended = shop.until_ended(photo_id)
    assert ended["redriveCount"] == 1
    assert ended["redriveStatus"] == "NOT_REDRIVABLE"
    states = shop.run.aws.client("stepfunctions")
    kinds = [
        event["type"]
        for page in states.get_paginator("get_execution_history").paginate(
            executionArn=shop.execution_arn(photo_id)
        )
        for event in page["events"]
    ]
    assert kinds.index("ExecutionFailed") + 1 == kinds.index("ExecutionRedriven")
    assert kinds[-1] == "ExecutionSucceeded"


def test_a_store_that_is_down_for_longer_than_the_retries(
    hurried: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = hurried
    photo_id = shop.drop_sample(SOFA, "store-down.jpg")
    link = shop.link(photo_id)
    with monkeypatch.context() as patch:
        store = break_store(patch, Faulty, times=1000)
        shop.post(link, "approve")
        failed = shop.until_failed(photo_id, "WriteToStore")
    assert failed["error"] == "StoreUnavailableError"
    assert store.calls == 1 + _STORE_RETRIES
    assert failed["redriveStatus"] == "REDRIVABLE"
    assert (shop.state(photo_id), shop.listings(photo_id)) == ("approved", [])
    assert "Your decision is safe" in shop.browser.get(link).text

    shop.redrive(photo_id)

    assert_listed_once(shop, photo_id)
    assert_redriven_once(shop, photo_id)
    assert len(shop.mails(photo_id)) == 1
    assert "See it there" in shop.browser.get(link).text


def test_a_model_that_throttles_for_longer_than_the_retries(
    hurried: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = hurried
    questions = []

    def throttle(body: bytes) -> None:
        questions.append(len(body))
        raise reader_server.ValidationError("Too many tokens, please wait.")

    def throttled(_: str, message: str) -> JSONResponse:
        headers = {"x-amzn-errortype": "ThrottlingException"}
        return JSONResponse({"message": message}, 429, headers=headers)

    with monkeypatch.context() as patch:
        patch.setattr(reader_server, "_parse", throttle)
        patch.setattr(reader_server, "_error", throttled)
        photo_id = shop.drop_sample(SOFA, "throttled.jpg")
        failed = shop.until_failed(photo_id, "ReadPhoto")
    assert failed["error"] == "ModelThrottledError"
    assert len(questions) == 1 + _RETRIES
    record = shop.run.record(photo_id)
    assert record
    assert (record.status, record.draft, record.usage) == ("processing", None, [])

    shop.redrive(photo_id)
    shop.post(shop.link(photo_id), "approve")

    assert_listed_once(shop, photo_id)
    assert_redriven_once(shop, photo_id)
    assert shop.actions(photo_id) == [
        "accepted",
        "started",
        "claimed",
        "failed",
        "redriven",
        "drafted",
        "mailed",
        "approved",
        "looked_up",
        "listed",
    ]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("554 5.7.1 This address is blocked", "MessageRejected"),
        ("451 4.3.0 Please try again later", "MailUnavailableError"),
    ],
)
def test_a_mail_service_that_refuses(
    hurried: Shop, monkeypatch: pytest.MonkeyPatch, reply: str, error: str
) -> None:
    shop = hurried

    async def refuse(*_: Any) -> str:
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(inbox_server.Inbox, "handle_DATA", refuse)
        photo_id = shop.drop_sample(SOFA, "unmailed.jpg")
        failed = shop.until_failed(photo_id, "NotifyOwner")
    assert failed["error"] == error
    assert reply[4:] in json.loads(failed["cause"])["errorMessage"]
    assert shop.mails_so_far(photo_id) == []

    shop.redrive(photo_id)
    shop.post(shop.link(photo_id), "approve")

    assert_listed_once(shop, photo_id)
    assert_redriven_once(shop, photo_id)
    assert len(shop.mails(photo_id)) == 1


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (None, "there is no secret pt/store/api"),
        ('{"signing_key": ""}', "pt/store/api holds no signing_key"),
    ],
)
def test_a_store_key_that_is_missing(hurried: Shop, secret: str | None, words: str) -> None:
    shop, secrets = hurried, hurried.run.aws.client("secretsmanager")
    good = secrets.get_secret_value(SecretId="pt/store/api")["SecretString"]
    photo_id = shop.drop_sample(SOFA, "keyless.jpg")
    link = shop.link(photo_id)
    secrets.delete_secret(SecretId="pt/store/api", ForceDeleteWithoutRecovery=True)
    try:
        if secret is not None:
            secrets.create_secret(Name="pt/store/api", SecretString=secret)
        shop.post(link, "approve")
        failed = shop.until_failed(photo_id, "WriteToStore")
    finally:
        if secret is None:
            secrets.create_secret(Name="pt/store/api", SecretString=good)
        secrets.put_secret_value(SecretId="pt/store/api", SecretString=good)
    assert failed["error"] == "NoStoreKeyError"
    assert words in json.loads(failed["cause"])["errorMessage"]
    assert (shop.state(photo_id), shop.listings(photo_id)) == ("approved", [])

    shop.redrive(photo_id)

    assert_listed_once(shop, photo_id)
    assert_redriven_once(shop, photo_id)


@pytest.mark.parametrize(
    ("how", "redrives"),
    [
        pytest.param({"kind": Faulty, "times": 1, "after": True}, False, id="an answer lost"),
        pytest.param({"kind": Hanging, "times": 2, "after": True}, False, id="two time-outs"),
        pytest.param(
            {"kind": Faulty, "times": 1 + _STORE_RETRIES, "after": True},
            True,
            id="every answer lost",
        ),
    ],
)
def test_a_write_that_the_store_took_is_one_listing(
    hurried: Shop, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], redrives: bool
) -> None:
    """The store took the write; its answer never came, or too late."""
    shop = hurried
    photo_id = shop.drop_sample(SOFA, "taken.jpg")
    link = shop.link(photo_id)
    store = break_store(monkeypatch, **how)
    hangs = how["kind"] is Hanging
    with broken(shop.run, "store_writer", LESS_PATIENT) if hangs else nullcontext():
        shop.post(link, "approve")
        if redrives:
            shop.until_failed(photo_id, "WriteToStore")
            assert len(shop.listings(photo_id)) == 1
            shop.redrive(photo_id)
        assert_listed_once(shop, photo_id)
    assert store.calls == how["times"] + 1
