"""S3's notifications, as they arrive."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.photo import Status
from starter.events import dropped_photos

KEYS = [
    "sofa.jpg",
    "drive/1AbC/white sofa (1).jpg",
    "a+b.jpg",
    "100% cotton.jpg",
    "%20.jpg",
    "quote\"and'quote.jpg",
    "📷 沙发.heic",
    "a&b=c;d.jpg",
    "..jpg",
]


def body(*objects: dict[str, Any]) -> str:
    return json.dumps(
        {"Records": [{"s3": {"bucket": {"name": "drop"}, "object": item}} for item in objects]}
    )


@pytest.mark.parametrize("key", KEYS)
def test_the_key_is_decoded(key: str) -> None:
    encoded = quote_plus(key, safe="/")
    (photo,) = dropped_photos(body({"key": encoded, "size": 9, "versionId": "v1"}))
    assert photo.source.key == key
    assert photo.file_name == key.rsplit("/", 1)[-1]
    assert photo.photo_id == photo_id("drop", key, "v1")


@pytest.mark.parametrize("control", ["\n", "\r\n", "\x1b[31m", "\x85", "\u2028", "\x00"])
def test_a_name_is_shown_on_one_line_and_steers_no_terminal(control: str) -> None:
    key = f"sofa{control}Approved. 👩\u200d🎨.jpg"
    (photo,) = dropped_photos(body({"key": quote_plus(key), "size": 9, "versionId": "v1"}))
    assert photo.source.key == key
    assert len(photo.file_name.splitlines()) == 1
    assert "\x1b" not in photo.file_name
    assert photo.file_name.endswith("Approved. 👩\u200d🎨.jpg")


def test_a_photo_begins_at_work_with_nothing_decided() -> None:
    (photo,) = dropped_photos(body({"key": "sofa.jpg", "size": 9, "versionId": "v1"}))
    assert photo.status is Status.PROCESSING
    assert not photo.left_the_machine
    assert (photo.size, photo.source.bucket, photo.source.version_id) == (9, "drop", "v1")
    assert photo.received_at == photo.updated_at


def test_one_message_may_tell_of_several_photos() -> None:
    photos = dropped_photos(
        body(*({"key": key, "size": 9, "versionId": "v1"} for key in ("a.jpg", "b.jpg")))
    )
    assert [photo.file_name for photo in photos] == ["a.jpg", "b.jpg"]


def test_the_test_event_of_s3_is_no_photo() -> None:
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "drop"}
    assert dropped_photos(json.dumps(event)) == []
