"""The address under which a store fetches a photo: it opens that picture and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from photo_tagger.aws import pictures
from photo_tagger.aws.pictures import PictureKeys
from photo_tagger.domain.links import key_hash


@pytest.fixture
def waiting(aws: Any) -> Any:
    return aws.waiting_photo()


@pytest.fixture
def key(aws: Any, waiting: Any) -> str:
    return PictureKeys("pt-links").new(waiting.photo)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_small_copy_is_there_for_anybody_who_has_the_address(
    aws: Any, answer: Any, waiting: Any, key: str, method: str
) -> None:
    before = aws.dump()
    answered = answer.request(method, f"/p/{key}/{waiting.photo}.jpg")
    assert (answered.status, answered.body) == (200, b"\xff\xd8small")
    assert answered.headers["content-type"] == "image/jpeg"
    assert answered.headers["cache-control"] == "public, max-age=86400"
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert answered.set_cookies == []
    assert aws.dump() == before


def test_posting_there_does_nothing(answer: Any, waiting: Any, key: str) -> None:
    assert answer.request("POST", f"/p/{key}/{waiting.photo}.jpg", "a=b").status == 404


@pytest.mark.parametrize(
    "address",
    [
        "/p/wrong-key/{photo}.jpg",
        "/p/{review}/{photo}.jpg",
        "/p/{stored}/{photo}.jpg",
        "/p/{key}/another-photo.jpg",
        "/p/{key}/{photo}.png",
        "/p/{key}/{photo}xjpg",
    ],
)
def test_a_key_of_another_kind_or_another_name_opens_nothing_and_is_counted(
    aws: Any, answer: Any, waiting: Any, key: str, log: Any, address: str
) -> None:
    stored = key_hash(waiting.ann)
    path = address.format(key=key, photo=waiting.photo, review=waiting.ann, stored=stored)
    answered = answer.request("GET", path)
    assert answered.status == 404
    assert "without changing it" in answered.text
    assert answered.headers["cache-control"] == "no-store"
    assert log.metric("LinkFailures") == 1
    assert key not in log.text()


def test_a_key_that_has_ended_opens_nothing_and_is_counted(
    aws: Any, answer: Any, waiting: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "end_of_new_link", lambda: 1)
    ended = PictureKeys("pt-links").new(waiting.photo)
    assert answer.request("GET", f"/p/{ended}/{waiting.photo}.jpg").status == 404
    assert log.metric("LinkFailures") == 1


@pytest.mark.parametrize(
    "path", ["/r/{key}", "/r/{key}/photo.jpg", "/q/{key}", "/r/picture:{key}", "/q/picture:{key}"]
)
def test_the_key_of_a_picture_is_no_reviewers(
    aws: Any, answer: Any, waiting: Any, key: str, path: str
) -> None:
    answered = answer.request("GET", path.format(key=key))
    assert answered.status == 404
    assert answered.set_cookies == []
    assert waiting.photo not in answered.html


def test_the_key_of_a_picture_decides_nothing_and_is_no_cookie(
    aws: Any, answer: Any, waiting: Any, key: str
) -> None:
    assert answer.approve(key).status == 404
    for cookie in (key, f"picture:{key}"):
        answer.cookies = {"__Host-review": cookie}
        assert answer.request("GET", "/queue").status in (401, 404)
        assert answer.request("GET", f"/photo/{waiting.photo}").status in (401, 404)
    assert aws.photo(waiting.photo).decision is None


def test_a_picture_that_is_no_longer_kept_is_told(
    aws: Any, answer: Any, waiting: Any, key: str
) -> None:
    aws.s3.delete_object(Bucket=aws.resized_bucket, Key=f"{waiting.photo}.jpg")
    answered = answer.request("GET", f"/p/{key}/{waiting.photo}.jpg")
    assert answered.status == 410
    assert "no longer kept" in answered.text
