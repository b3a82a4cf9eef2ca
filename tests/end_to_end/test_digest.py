"""The mails that tell of many photos, from the deployed function, with its own role."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import LocalRun, Options

from .conftest import Shop, eventually


@pytest.fixture(scope="module")
def busy_shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """A run whose owner gets one card an hour, and of the rest one mail."""
    options = Options(
        tmp_path_factory.mktemp("busy"), Ports.free(), parameters={"CardsPerHour": "1"}
    )
    with LocalRun(options) as run:
        yield Shop(run, samples)


def tell(shop: Shop, task: str) -> Any:
    """One task, as its schedule would hand it over."""
    answer = shop.run.aws.client("lambda").invoke(
        FunctionName="pt-digest", Payload=json.dumps({"task": task})
    )
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def mail_called(shop: Shop, subject: str) -> str:
    """The plain text of the one mail with this subject."""

    def look() -> list[Any]:
        return [mail for mail in shop.run.inbox.messages() if mail.message["Subject"] == subject]

    (mail,) = eventually(look, subject)
    body = mail.message.get_body(("plain",))
    assert body
    return str(body.get_content())


def test_a_burst_what_was_set_aside_and_the_week_come_as_one_mail_each(busy_shop: Shop) -> None:
    shop = busy_shop
    first = shop.drop_sample("white-sofa.jpg", "first.jpg")
    shop.until(first, "waiting")
    held = [shop.drop_sample("chair.jpg", f"held-{number}.jpg") for number in range(2)]
    dark = shop.drop_sample("guitar-on-stage.jpg", "dark.jpg")
    for photo_id in held:
        assert shop.until(photo_id, "waiting").mail_held
    shop.until(dark, "flagged")

    assert tell(shop, "burst") == {"photos": 2}
    assert tell(shop, "burst") == {"photos": 0}
    assert "/q/" in mail_called(shop, "2 drafts wait for you")
    for photo_id in held:
        record = shop.run.record(photo_id)
        assert record
        assert not record.mail_held
        assert shop.actions(photo_id)[-2:] == ["held", "mailed"]

    assert tell(shop, "flags") == {"photos": 1}
    assert f"?show=flagged#{dark}" in mail_called(shop, "1 photo was set aside")

    assert tell(shop, "weekly") == {"photos": 4}
    assert "3 drafts wait for you" in mail_called(shop, "Your week: 3 photos drafted")
