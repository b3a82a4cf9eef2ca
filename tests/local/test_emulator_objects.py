"""The embedded AWS's S3: objects that are not there, and keys of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .emulator_lab import REGION, Lab, as_role

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
