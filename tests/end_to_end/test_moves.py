"""Setting aside moves the very version that was judged, and loses nothing; so does a re-queue."""

from typing import Any

import pytest

from .breaking import broken
from .conftest import Shop, eventually

SOFA, DARK = "white-sofa.jpg", "guitar-on-stage.jpg"

CRASH_BEFORE_THE_RECORD = """
import photo_tagger.aws.drafts
photo_tagger.aws.drafts.Drafts.change = lambda *_: os._exit(1)
"""
CRASH_BEFORE_THE_DELETION = """
import flagger.handler
flagger.handler.delete_version = lambda _: os._exit(1)
"""
CRASH_AFTER_THE_DELETION = """
import flagger.handler
delete = flagger.handler.delete_version
def delete_and_crash(source):
    delete(source)
    os._exit(1)
flagger.handler.delete_version = delete_and_crash
"""


def versions(shop: Shop, bucket: str, prefix: str) -> list[bytes]:
    """The bytes of every version under a key, oldest first."""
    s3 = shop.run.aws.client("s3")
    found = s3.list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", [])
    return [
        s3.get_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])["Body"].read()
        for entry in reversed(found)
    ]


def test_a_newer_upload_under_the_same_name_survives(shop: Shop) -> None:
    dark = (shop.samples / DARK).read_bytes() + b"older"
    sofa = (shop.samples / SOFA).read_bytes() + b"newer"
    older = shop.drop("same-name.jpg", dark)
    newer = shop.drop("same-name.jpg", sofa)

    record = shop.until(older, "flagged")
    assert record.flagged
    assert versions(shop, record.flagged.bucket, record.flagged.key) == [dark]
    assert versions(shop, record.source.bucket, "same-name.jpg") == [sofa]
    shop.post(shop.link(newer), "approve")
    shop.until(newer, "listed")


@pytest.mark.parametrize(
    "crash",
    [CRASH_BEFORE_THE_RECORD, CRASH_BEFORE_THE_DELETION, CRASH_AFTER_THE_DELETION],
    ids=["before the record", "before the deletion", "after the deletion"],
)
def test_a_crash_on_the_way_loses_nothing_and_a_redrive_goes_on(shop: Shop, crash: str) -> None:
    dark = (shop.samples / DARK).read_bytes() + crash.encode()
    with broken(shop.run, "flagger", crash):
        photo_id = shop.drop("moved.jpg", dark)
        shop.until_failed(photo_id, "FlagPhoto")
    record = shop.run.record(photo_id)
    assert record
    flagged_bucket = record.source.bucket.replace("photo-drop", "flagged")
    copies = versions(shop, flagged_bucket, f"{photo_id}/")
    assert dark in [*copies, *versions(shop, record.source.bucket, "moved.jpg")]

    shop.redrive(photo_id)

    record = shop.until(photo_id, "flagged")
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert record.flagged
    s3 = shop.run.aws.client("s3")
    place: dict[str, Any] = {"Bucket": record.flagged.bucket, "Key": record.flagged.key}
    lies = s3.get_object(**place, VersionId=record.flagged.version_id)["Body"].read()
    assert lies == dark
    assert versions(shop, record.source.bucket, "moved.jpg") == []
    assert shop.actions(photo_id).count("flagged") == 1


def test_a_rejection_whose_original_was_deleted_meanwhile_comes_to_its_end(shop: Shop) -> None:
    photo_id = shop.drop_sample(SOFA, "deleted-before-rejected.jpg")
    link = shop.link(photo_id)
    record = shop.until(photo_id, "waiting")
    shop.run.aws.client("s3").delete_object(
        Bucket=record.source.bucket, Key=record.source.key, VersionId=record.source.version_id
    )
    shop.post(link, "reject", reason="We do not sell this")
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert shop.until(photo_id, "rejected").flagged is None


@pytest.mark.parametrize("sample", [DARK, "puppy.jpg"], ids=["too dark", "no product"])
def test_a_requeued_photo_passes_and_keeps_its_history(shop: Shop, sample: str) -> None:
    photo_id = shop.drop_sample(sample, "second-chance.jpg")
    lies = shop.until(photo_id, "flagged").flagged
    shop.until_ended(photo_id)
    before = shop.run.audit_trail(photo_id)

    shop.requeue(photo_id, 2)

    shop.post(shop.link(photo_id), "approve", title="Second chance", description="It has one.")
    record = shop.until(photo_id, "listed")
    assert record.flagged == lies
    assert record.execution_arn
    assert record.execution_arn.endswith(f"{photo_id}-2")
    trail = shop.run.audit_trail(photo_id)
    assert trail[: len(before)] == before
    assert [(row["action"], row["by_user"]) for row in trail[len(before) :]][:2] == [
        ("requeued", "the admin"),
        ("started", "photo-tagger"),
    ]
    assert len(shop.listings(photo_id)) == 1


def test_a_rejected_photo_can_be_requeued_and_rejected_again(shop: Shop) -> None:
    photo_id = shop.drop_sample(SOFA, "rejected-twice.jpg")
    first = shop.link(photo_id)
    shop.post(first, "reject", reason="We do not sell this")
    lies = shop.until(photo_id, "rejected").flagged
    shop.until_ended(photo_id)

    shop.requeue(photo_id, 2)

    second = shop.link(photo_id, mail=2)
    assert "There is a newer draft" in shop.browser.get(first).text
    shop.post(second, "reject", reason="Something else", own_words="still not")
    record = shop.until(photo_id, "rejected")
    assert record.flagged == lies
    assert len(shop.rows("ack", photo_id)) == 2


def test_a_requeued_file_that_cannot_be_opened_is_set_aside_again(shop: Shop) -> None:
    photo_id = shop.drop("no-photo.jpg", b"still not a photo")
    shop.until(photo_id, "flagged")
    shop.until_ended(photo_id)
    shop.requeue(photo_id, 2)
    eventually(lambda: shop.actions(photo_id).count("flagged") == 2, "set aside again")
    assert "not a photo we can open" in shop.until(photo_id, "flagged").flag_reasons[0]
