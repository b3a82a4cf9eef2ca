"""The embedded AWS's S3: objects that are not there, and keys of every kind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

from .emulator_lab import (
    ACCOUNT,
    REGION,
    Lab,
    as_role,
    policy,
    wait_for,
)

BUCKET = "arn:aws:s3:::shelf"
READ = {"s3:GetObject": f"{BUCKET}/*", "s3:GetObjectVersion": f"{BUCKET}/*"}
NO_VERSION = "0" * 32


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"))
    make_bucket(made, "shelf")
    made.emulator.client("s3").put_object(Bucket="shelf", Key="there", Body=b"")
    yield made
    made.emulator.stop()


def make_bucket(lab: Lab, name: str) -> None:
    s3 = lab.emulator.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def answers(s3: Any) -> list[str]:
    """What S3 answers to who looks for a missing key, a missing version and a present key."""
    missing: list[dict[str, str]] = [
        {"Key": "missing"},
        {"Key": "there", "VersionId": NO_VERSION},
        {"Key": "there"},
    ]
    calls: list[Callable[..., Any]] = [s3.get_object, s3.head_object]
    return [answer(call, **what) for call in calls for what in missing]


def answer(call: Callable[..., Any], **what: str) -> str:
    try:
        call(Bucket="shelf", **what)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "here"


def test_a_role_that_may_not_list_is_not_told_what_is_missing(lab: Lab) -> None:
    s3 = as_role(lab, READ)("s3")
    assert answers(s3) == ["AccessDenied", "AccessDenied", "here", "403", "403", "here"]
    with pytest.raises(ClientError, match="not authorized to perform: s3:ListBucket"):
        s3.get_object(Bucket="shelf", Key="missing")


def test_a_role_that_may_list_is_told_what_is_missing(lab: Lab) -> None:
    told = ["NoSuchKey", "NoSuchVersion", "here", "404", "404", "here"]
    assert answers(as_role(lab, READ | {"s3:ListBucket": BUCKET})("s3")) == told
    assert answers(lab.emulator.client("s3")) == told


def test_a_bucket_that_is_missing_is_told_to_everyone(lab: Lab) -> None:
    s3 = as_role(lab, {"s3:GetObject": "*"})("s3")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.get_object(Bucket="no-such-bucket", Key="missing")
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="no-such-bucket", Key="missing")


KEYS = [
    "a b+c.jpg",
    "100%.jpg",
    "%41%2F.jpg",
    'it\'s "quoted".jpg',
    "<script>alert(1)</script>.jpg",
    "📷 stool 🪑.jpg",
    "line\nbreak.jpg",
    "line\r\nbreak.jpg",
    "control\x01.jpg",
    "a&b=c;d?x#y.jpg",
    "é.jpg",
    "e\u0301.jpg",
    f"{'x' * 896}.jpg",
    f"{'📷' * 225}.jpg",
    f"folder/{'y' * 300}/z.jpg",
    "/first.jpg",
    "a//b.jpg",
    "a/../b.jpg",
    "file.jpg",
    "file.jpg/under.jpg",
]


@pytest.fixture(scope="module")
def versions(lab: Lab) -> dict[str, list[str]]:
    """The ids of two versions of every key in the bucket `drop`, which notifies the queue."""
    make_bucket(lab, "drop")
    make_bucket(lab, "flagged")
    s3, sqs = lab.emulator.client("s3"), lab.emulator.client("sqs")
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.create_queue(QueueName="ready", Attributes={"Policy": policy(anyone)})
    created = {
        "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:ready",
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".jpg"}]}},
    }
    s3.put_bucket_notification_configuration(
        Bucket="drop", NotificationConfiguration={"QueueConfigurations": [created]}
    )
    return {
        key: [
            s3.put_object(Bucket="drop", Key=key, Body=key.encode() + number)["VersionId"]
            for number in (b"1", b"2")
        ]
        for key in KEYS
    }


def test_a_notification_names_every_key_url_encoded(
    lab: Lab, versions: dict[str, list[str]]
) -> None:
    sqs = lab.emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="ready")["QueueUrl"]
    told: dict[str, str] = {}

    def look() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            for record in json.loads(message["Body"]).get("Records", []):
                told[record["s3"]["object"]["versionId"]] = record["s3"]["object"]["key"]
        return len(told) >= 2 * len(KEYS)

    wait_for(look)
    assert told == {
        version: quote_plus(key, safe="/") for key, ids in versions.items() for version in ids
    }


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGKILL])
def test_every_key_is_found_again_over_restarts(
    lab: Lab, versions: dict[str, list[str]], end: signal.Signals | None
) -> None:
    if end:
        lab.until_saved()
        os.kill(lab.emulator.pid or 0, end)
        lab.emulator.stop()
        lab.emulator.start()
    s3 = lab.emulator.client("s3")

    listed: dict[str, list[str]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket="drop", PaginationConfig={"PageSize": 7}
    ):
        for version in page["Versions"]:
            listed.setdefault(version["Key"], []).append(version["VersionId"])
    assert listed == {key: ids[::-1] for key, ids in versions.items()}

    raw = s3.list_object_versions(Bucket="drop", EncodingType="url")
    assert raw["EncodingType"] == "url"
    assert {version["Key"] for version in raw["Versions"]} == {
        quote_plus(key, safe="/") for key in KEYS
    }

    for key, ids in versions.items():
        assert body(s3, Bucket="drop", Key=key) == key.encode() + b"2"
        assert body(s3, Bucket="drop", Key=key, VersionId=ids[0]) == key.encode() + b"1"


def body(s3: Any, **what: str) -> bytes:
    return bytes(s3.get_object(**what)["Body"].read())


def test_every_key_is_moved_by_version(lab: Lab, versions: dict[str, list[str]]) -> None:
    s3 = lab.emulator.client("s3")
    for number, (key, (old, _)) in enumerate(versions.items()):
        source = {"Bucket": "drop", "Key": key, "VersionId": old}
        for target in (f"{number}/original", key):
            s3.copy_object(Bucket="flagged", Key=target, CopySource=source)
            assert body(s3, Bucket="flagged", Key=target) == key.encode() + b"1"
        s3.delete_object(**source)
        assert body(s3, Bucket="drop", Key=key) == key.encode() + b"2"

    lab.restart()

    listed = s3.list_object_versions(Bucket="drop")["Versions"]
    assert {version["Key"]: version["VersionId"] for version in listed} == {
        key: new for key, (_, new) in versions.items()
    }
    assert len(listed) == len(KEYS)
