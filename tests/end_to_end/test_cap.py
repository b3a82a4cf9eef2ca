"""The way in: never more photos than the cap at work, none lost, none started twice."""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from photo_tagger.domain.ids import photo_id
from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .conftest import Shop, eventually

CAP = 2
"""What the template says where nobody says otherwise."""

LEFT_THE_MACHINE = {"SaveDraft", "FlagPhoto", "SkipDuplicate"}
DRAFTED = ("white-sofa.jpg", "chair.jpg", "wicker-basket.jpg", "old-telephone.jpg")
TOO_DARK = "guitar-on-stage.jpg"

NAMES = (
    "drive/1AbC/white sofa ++ a+b (1).jpg",
    'the owner\'s "best" sofa.jpg',
    "100%25.jpg",
    "50% off %zz.jpg",
    "沙发 📷 👩\u200d🎨.jpg",
    "<script>alert(1)</script>.jpg",
    "<img src=x onerror=alert(1)> & <b>co.jpg",
    "{{ 7 * 7 }} ${x} a&b=c;d#e?f.jpg",
    f"{'a folder/' * 88}{'of 900 characters' * 6}.jpg"[-900:],
    f"{'a long name ' * 80}.jpg"[-900:],
)


@pytest.fixture(scope="module")
def own_shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """A run of their own for tests that count, and that stop the queue."""
    with LocalRun(
        Options(tmp_path_factory.mktemp("cap"), Ports.free(), parameters=A_MAIL_EACH)
    ) as run:
        yield Shop(run, samples)


def photo(shop: Shop, sample: str, unlike: str) -> bytes:
    """A sample photo made small, to be quick, with bytes unlike those of all others."""
    with Image.open(shop.samples / sample) as picture:
        picture.thumbnail((640, 640))
        file = io.BytesIO()
        picture.save(file, "JPEG")
    return file.getvalue() + unlike.encode()


def upload(shop: Shop, key: str, body: bytes) -> str:
    """Put a file into the drop bucket; answers its photo id."""
    bucket = shop.run.outputs["DropBucket"]
    answer = shop.run.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return photo_id(bucket, key, answer["VersionId"])


class Queue:
    """One of the run's queues."""

    def __init__(self, shop: Shop, name: str) -> None:
        self._sqs = shop.run.aws.client("sqs")
        self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)

    def take(self) -> str:
        """The body of the next message, which is then gone."""
        messages = eventually(
            lambda: self._sqs.receive_message(QueueUrl=self._url).get("Messages"), "a message"
        )
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=messages[0]["ReceiptHandle"])
        return str(messages[0]["Body"])

    def length(self) -> int:
        """How many messages there are, those included that are being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


def time_at_work(shop: Shop, photo: str) -> tuple[datetime, datetime]:
    """From the start of a photo's execution to the state that saves its draft, or ends it."""
    events = shop.run.aws.client("stepfunctions").get_execution_history(
        executionArn=shop.execution_arn(photo), maxResults=1000
    )["events"]
    [start] = [event["timestamp"] for event in events if event["type"] == "ExecutionStarted"]
    end = next(
        event["timestamp"]
        for event in events
        if event.get("stateEnteredEventDetails", {}).get("name") in LEFT_THE_MACHINE
    )
    return start, end


def most_at_once(intervals: list[tuple[datetime, datetime]]) -> int:
    """How many intervals overlap where most do."""
    starts = [(start, 1) for start, _ in intervals]
    ends = [(end, -1) for _, end in intervals]
    return max(accumulate(step for _, step in sorted(starts + ends)))


@pytest.fixture(scope="module")
def burst(own_shop: Shop) -> dict[str, str]:
    """30 photos dropped at once: 10 to draft, 8 too dark, 12 that are none; photo ids by key."""
    bodies = {key: photo(own_shop, DRAFTED[n % 4], key) for n, key in enumerate(NAMES)}
    bodies |= {f"dark {n}.jpg": photo(own_shop, TOO_DARK, str(n)) for n in range(8)}
    bodies |= {f"letter {n}.jpg": f"Dear shop, {n}".encode() for n in range(12)}
    return {key: upload(own_shop, key, body) for key, body in bodies.items()}


def test_of_30_photos_at_once_never_more_than_the_cap_are_at_work(
    own_shop: Shop, burst: dict[str, str]
) -> None:
    photos = list(burst.values())
    # Each comes to its own end
    records = [own_shop.until(name, "waiting", "flagged") for name in photos]
    assert [record.status for record in records] == ["waiting"] * 10 + ["flagged"] * 20
    # And none was lost or started twice
    assert own_shop.executions(*photos) == sorted(photos)
    for name in photos:
        actions = own_shop.actions(name)
        assert (actions.count("accepted"), actions.count("started")) == (1, 1)
    # And the cap was reached, and never passed
    assert most_at_once([time_at_work(own_shop, name) for name in photos]) == CAP


def test_an_event_that_comes_three_times_starts_one_execution(own_shop: Shop) -> None:
    ready, dead = Queue(own_shop, "pt-ready"), Queue(own_shop, "pt-ready-dlq")
    with own_shop.standing_still():
        name = upload(own_shop, "thrice.jpg", photo(own_shop, "chair.jpg", "thrice"))
        event = ready.take()
        for _ in range(3):
            ready.send(event)
    own_shop.until(name, "waiting")
    eventually(lambda: ready.length() == 0, "an empty queue")
    assert dead.length() == 0
    assert own_shop.executions(name) == [name]
    actions = own_shop.actions(name)
    assert (actions.count("accepted"), actions.count("started")) == (1, 1)
    assert len(own_shop.mails(name)) == 1


def test_the_test_event_of_s3_is_swallowed(own_shop: Shop) -> None:
    ready, dead = Queue(own_shop, "pt-ready"), Queue(own_shop, "pt-ready-dlq")
    before = own_shop.executions()
    ready.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "drop"}))
    eventually(lambda: ready.length() == 0, "an empty queue")
    assert dead.length() == 0
    assert own_shop.executions() == before


@pytest.mark.parametrize("key", NAMES, ids=range(len(NAMES)))
def test_a_photo_may_have_any_name(own_shop: Shop, burst: dict[str, str], key: str) -> None:
    name = burst[key]
    assert re.fullmatch(r"[a-z0-9-]{12,80}", name)
    record = own_shop.until(name, "waiting")
    file_name = key.rpartition("/")[2]
    assert (record.source.key, record.file_name) == (key, file_name)
    # The mail tells the whole name, in both its forms
    [mail] = own_shop.mails(name)
    plain, html = (mail.message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain
    assert f"Photo: {file_name}" in plain.get_content().splitlines()
    assert html
    assert shown(file_name) in text_of(html.get_content())
    # And so does the page, where it is nothing but text
    page = own_shop.browser.get(own_shop.link(name)).text
    assert f"Photo: {shown(file_name)}" in text_of(page)
    assert not BeautifulSoup(page, "html.parser").select("script, [onerror]")


def shown(text: str) -> str:
    """Text as a browser shows it: of several spaces, one."""
    return " ".join(text.split())


def text_of(page: str) -> str:
    return shown(BeautifulSoup(page, "html.parser").get_text())


class TestAFileThatStaffTookBack:
    """Deleted while it still waits on the queue."""

    @pytest.mark.parametrize("for_good", [True, False], ids=["for good", "with a marker"])
    def test_ends_flagged_with_no_draft_mailed(self, own_shop: Shop, for_good: bool) -> None:
        key = f"deleted {for_good}.jpg"
        with own_shop.standing_still():
            name = upload(own_shop, key, photo(own_shop, "chair.jpg", key))
            drop = {"Bucket": own_shop.run.outputs["DropBucket"], "Key": key}
            s3 = own_shop.run.aws.client("s3")
            version = {"VersionId": s3.head_object(**drop)["VersionId"]} if for_good else {}
            s3.delete_object(**drop, **version)
        record = own_shop.until(name, "flagged")
        assert record.flag_reasons == [
            "The file was deleted before it could be read. Upload it again if you still want it."
        ]
        assert own_shop.until_ended(name)["status"] == "SUCCEEDED"
        assert record.draft is None
        assert own_shop.mails_so_far(name) == []

    def test_is_no_reason_to_leave_out_an_older_version(self, own_shop: Shop) -> None:
        with own_shop.standing_still():
            older, newer = (
                upload(own_shop, "twice.jpg", photo(own_shop, "chair.jpg", f"version {n}"))
                for n in range(2)
            )
        assert older != newer
        for name in (older, newer):
            own_shop.until(name, "waiting")
            assert len(own_shop.mails(name)) == 1
