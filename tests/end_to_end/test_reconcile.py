"""What got lost between two steps is found: photos are started, once, and decisions told."""

from pathlib import Path
from typing import Any

import pytest

from photo_tagger.domain.ids import photo_id as id_of

from .breaking import broken
from .conftest import Shop, eventually

SOFA = "white-sofa.jpg"

CRASH_AFTER_THE_RECORD = """
import starter.throttle
starter.throttle.Throttle._start = lambda *_: os._exit(1)
"""
CRASH_AFTER_THE_START = """
import starter.throttle
starter.throttle.lifecycle.started = lambda *_: os._exit(1)
"""
ODD_NAMES = (
    "two  spaces.jpg",
    "plus+plus.jpg",
    'it\'s "quoted".jpg',
    "100%25 off.jpg",
    "sofa 🛋️.jpg",
    "<script>alert(1)</script>.jpg",
    "a&b=c?d#e.jpg",
)


def put(shop: Shop, key: str) -> str:
    bucket = shop.run.outputs["DropBucket"]
    body = (shop.samples / SOFA).read_bytes() + key.encode()
    answer = shop.run.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return id_of(bucket, key, answer["VersionId"])


def assert_started_once(shop: Shop, photo_id: str) -> None:
    shop.until(photo_id, "waiting")
    assert shop.executions(photo_id) == [photo_id]
    assert shop.actions(photo_id) == ["accepted", "started", "claimed", "drafted", "mailed"]


def test_photos_whose_event_was_lost_are_found_under_any_name(shop: Shop) -> None:
    with shop.unnoticed():
        photos = [put(shop, f"lost/{name}") for name in ODD_NAMES]
    assert shop.reconcile()["started"] == len(photos)
    for photo_id in photos:
        assert_started_once(shop, photo_id)
    assert shop.reconcile() == {"resumed": 0, "started": 0, "started_again": 0}


def test_a_photo_whose_message_expired_is_found(shop: Shop) -> None:
    """The starter was off for longer than the queue keeps a message."""
    queue = shop.run.aws.client("sqs")
    with shop.standing_still():
        photo_id = put(shop, "expired.jpg")
        url = queue.get_queue_url(QueueName="pt-ready")["QueueUrl"]
        eventually(lambda: messages(queue, url) == 1, "the message on the queue")
        queue.purge_queue(QueueUrl=url)
        assert messages(queue, url) == 0
    assert shop.run.record(photo_id) is None
    assert shop.reconcile()["started"] == 1
    assert_started_once(shop, photo_id)


def messages(queue: Any, url: str) -> int:
    answer = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@pytest.mark.parametrize(
    "crash", [CRASH_AFTER_THE_RECORD, CRASH_AFTER_THE_START], ids=["before", "after"]
)
def test_a_start_that_was_cut_off_is_made_good_once(shop: Shop, crash: str, tmp_path: Path) -> None:
    """Before or after the execution was started; its message stays hidden for half an hour."""
    started = int(crash is CRASH_AFTER_THE_START)
    found = tmp_path / "found"
    with broken(shop.run, "resize", f"while not os.path.exists({str(found)!r}): time.sleep(0.1)"):
        with broken(shop.run, "starter", crash):
            photo_id = shop.drop_sample(SOFA, "cut-off.jpg")
            record = eventually(lambda: shop.run.record(photo_id), "the record")
            eventually(lambda: len(shop.executions(photo_id)) == started, "the crash")
        assert record.execution_arn is None
        assert shop.reconcile()["started_again"] == 1
        found.touch()
        shop.until(photo_id, "waiting")
    eventually(lambda: "started" in shop.actions(photo_id), "the start on record")
    assert shop.executions(photo_id) == [photo_id]
    assert shop.actions(photo_id).count("accepted") == 1
    assert shop.actions(photo_id).count("started") == 1
