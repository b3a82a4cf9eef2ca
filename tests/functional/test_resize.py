"""Resize: the small copy, its measurements, and whose bytes they are."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from photo_tagger.aws.config import ConfigError
from resize import file_size


def event(aws: Any, key: str, data: bytes, photo: str) -> dict[str, Any]:
    return {"photo_id": photo, "source": aws.source_of(aws.drop(key, data), key)}


def test_a_photo_becomes_a_bounded_copy_with_measurements_a_claim_and_an_audit_row(
    aws: Any, photo_bytes: bytes
) -> None:
    # Given a shop that wants small copies
    aws.set("max_edge", "256")
    # When a photo of 300 by 200 pixels is resized
    result = aws.call("Resize", event(aws, "sofa.jpg", photo_bytes, "sofa-1"))
    # Then the copy is there
    ((key, _, copy),) = aws.objects(aws.resized_bucket)
    assert key == result["image_key"] == "sofa-1.jpg"
    assert Image.open(io.BytesIO(copy)).size == (256, 171)
    # And the measurements are of the original
    assert result["verdict"] == "ok"
    assert result["problem"] is None
    assert (result["measurements"]["width"], result["measurements"]["height"]) == (300, 200)
    assert 100 < result["measurements"]["mean_luminance"] < 180
    # And the bytes are claimed, on record
    digest = hashlib.sha256(photo_bytes).hexdigest()
    assert aws.rows("DraftsTable") == [{"photo_id": f"sha256#{digest}", "owner": "sofa-1"}]
    (row,) = aws.audit("sofa-1")
    assert (row["action"], row["before"]) == ("claimed", {})
    assert row["after"] == {"sha256": digest, "image_key": "sofa-1.jpg"}


def test_the_same_bytes_under_another_name_are_a_duplicate(aws: Any, photo_bytes: bytes) -> None:
    aws.call("Resize", event(aws, "sofa.jpg", photo_bytes, "sofa-1"))
    result = aws.call("Resize", event(aws, "copy of sofa.jpg", photo_bytes, "copy-2"))
    assert (result["verdict"], result["duplicate_of"]) == ("duplicate", "sofa-1")
    assert result["image_key"] is None
    assert [key for key, *_ in aws.objects(aws.resized_bucket)] == ["sofa-1.jpg"]
    assert aws.audit("copy-2") == []


def test_the_bytes_of_a_closed_photo_may_be_dropped_anew(aws: Any, photo_bytes: bytes) -> None:
    # Given a photo that nobody answered
    first = aws.record("sofa.jpg", photo_bytes)
    source = aws.drafts().get(first).source.model_dump()
    aws.call("Resize", {"photo_id": first, "source": source})
    aws.save_draft(first)
    # When the same bytes come again, while it waits and after it was closed
    again = event(aws, "sofa.jpg", photo_bytes, "again-1")
    while_it_waits = aws.call("Resize", again)
    aws.call("Recorder", {"step": "ExpireDraft", "photo_id": first, "round": 1})
    after_it_closed = aws.call("Resize", again)
    # Then only the second is a new try, and the claim's change of hands is on record
    assert (while_it_waits["verdict"], after_it_closed["verdict"]) == ("duplicate", "ok")
    (row,) = aws.audit("again-1")
    assert (row["action"], row["before"]) == ("claimed", {"owner": first})


def test_a_photo_is_no_duplicate_of_itself_when_it_is_tried_again(
    aws: Any, photo_bytes: bytes
) -> None:
    given = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
    first = aws.call("Resize", given)
    again = aws.call("Resize", given)
    assert again == first
    assert len(aws.audit("sofa-1")) == 1


def test_a_crash_after_the_claim_does_not_block_the_photo(
    aws: Any, boto: Any, photo_bytes: bytes
) -> None:
    given = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
    boto.fail("PutObject", "SlowDown")
    with pytest.raises(ClientError, match="SlowDown"):
        aws.call("Resize", given)
    boto.mend("PutObject")
    assert aws.call("Resize", given)["verdict"] == "ok"
    assert [key for key, *_ in aws.objects(aws.resized_bucket)] == ["sofa-1.jpg"]


@pytest.mark.parametrize("data", [b"This is a text.", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_a_file_that_is_no_photo_is_a_verdict_in_words_and_claims_nothing(
    aws: Any, data: bytes
) -> None:
    result = aws.call("Resize", event(aws, "notes.jpg", data, "notes-1"))
    assert result["verdict"] == "unreadable"
    assert "not a photo" in result["problem"]
    assert aws.objects(aws.resized_bucket) == []
    assert aws.rows("DraftsTable") == []


def test_a_file_that_is_too_large_is_not_fetched(
    aws: Any, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_size, "MAX_BYTES", len(photo_bytes) - 1)
    result = aws.call("Resize", event(aws, "sofa.jpg", photo_bytes, "sofa-1"))
    assert result["verdict"] == "unreadable"
    assert "too large" in result["problem"]


def test_the_version_that_was_dropped_is_read_and_not_a_newer_one(
    aws: Any, photo_bytes: bytes
) -> None:
    given = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
    aws.drop("sofa.jpg", b"This is a text now.")
    assert aws.call("Resize", given)["verdict"] == "ok"


def test_a_setting_that_makes_no_sense_is_a_fault_that_names_it(
    aws: Any, photo_bytes: bytes
) -> None:
    aws.set("max_edge", "huge")
    with pytest.raises(ConfigError, match="max_edge"):
        aws.call("Resize", event(aws, "sofa.jpg", photo_bytes, "sofa-1"))


def test_an_empty_file_is_told_as_such(aws: Any) -> None:
    result = aws.call("Resize", event(aws, "sofa.jpg", b"", "sofa-1"))
    assert (result["verdict"], result["problem"]) == (
        "unreadable",
        "The file is empty. Please upload it again.",
    )


class TestADeletedFile:
    """What staff took back is not drafted."""

    @pytest.mark.parametrize("for_good", [True, False])
    def test_is_a_verdict_in_words_and_claims_nothing(
        self, aws: Any, photo_bytes: bytes, for_good: bool
    ) -> None:
        given = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
        version = {"VersionId": given["source"]["version_id"]} if for_good else {}
        aws.s3.delete_object(Bucket=aws.drop_bucket, Key="sofa.jpg", **version)
        result = aws.call("Resize", given)
        assert result["verdict"] == "unreadable"
        assert result["problem"].startswith("The file was deleted before it could be read.")
        assert aws.objects(aws.resized_bucket) == []
        assert aws.rows("DraftsTable") == []

    def test_that_is_dropped_anew_is_a_photo_again(self, aws: Any, photo_bytes: bytes) -> None:
        first = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
        aws.s3.delete_object(Bucket=aws.drop_bucket, Key="sofa.jpg")
        second = event(aws, "sofa.jpg", photo_bytes + b"2", "sofa-2")
        assert aws.call("Resize", second)["verdict"] == "ok"
        assert aws.call("Resize", first)["verdict"] == "ok"

    @pytest.mark.parametrize("operation", ["GetObject", "HeadObject"])
    def test_is_not_what_a_refused_look_tells(
        self, aws: Any, boto: Any, photo_bytes: bytes, operation: str
    ) -> None:
        given = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
        boto.fail(operation, "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied"):
            aws.call("Resize", given)

    def test_is_not_what_a_missing_bucket_tells(self, aws: Any, photo_bytes: bytes) -> None:
        given = event(aws, "sofa.jpg", photo_bytes, "sofa-1")
        given["source"]["bucket"] = "no-such-bucket"
        with pytest.raises(ClientError, match="NoSuchBucket"):
            aws.call("Resize", given)
