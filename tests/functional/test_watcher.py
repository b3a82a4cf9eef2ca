"""What nobody else looks after: failed executions, and photos that were never started."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photo_tagger.domain import lifecycle
from photo_tagger.domain.ids import photo_id
from starter.events import dropped_photos

ARN = "arn:aws:states:ap-southeast-1:123456789012:execution:pt-photo:"


def reconcile(aws: Any) -> list[str]:
    """The ids of the photos that were queued."""
    result = aws.call("Watcher", {"task": "reconcile"})
    queued = [
        photo.photo_id for body in aws.messages(aws.ready_queue) for photo in dropped_photos(body)
    ]
    assert result == {"started": len(queued)}
    return sorted(queued)


def started(aws: Any, name: str) -> None:
    aws.drafts().change(name, lambda record: lifecycle.started(record, ARN + name))


class TestReconciling:
    def test_queues_what_was_never_started_as_s3_would_have(self, aws: Any) -> None:
        # Given one photo at work and two whose event was lost
        started(aws, aws.record("sofa.jpg"))
        keys = ("drive/1/weißes Sofa + 100%.JPG", "chair.heic")
        lost = [
            photo_id(aws.drop_bucket, key, aws.drop(key, b"x")["object"]["versionId"])
            for key in keys
        ]
        # When the bucket is compared with the records, then those two alone are queued
        assert reconcile(aws) == sorted(lost)

    def test_queues_a_photo_that_has_a_record_but_was_never_started(self, aws: Any) -> None:
        name = aws.record("sofa.jpg")
        assert reconcile(aws) == [name]

    def test_leaves_every_photo_that_reached_an_end(self, aws: Any) -> None:
        name = aws.record("sofa.jpg")
        started(aws, name)
        aws.call("Recorder", {"step": "SkipDuplicate", "photo_id": name, "duplicate_of": "x"})
        assert reconcile(aws) == []

    def test_a_new_version_of_a_known_file_is_a_new_photo(self, aws: Any) -> None:
        started(aws, aws.record("sofa.jpg"))
        newer = aws.drop("sofa.jpg", b"newer")
        assert reconcile(aws) == [
            photo_id(aws.drop_bucket, "sofa.jpg", newer["object"]["versionId"])
        ]

    def test_old_versions_and_deleted_files_are_left_alone(self, aws: Any) -> None:
        aws.drop("sofa.jpg", b"older")
        newer = aws.drop("sofa.jpg", b"newer")
        aws.drop("gone.jpg", b"x")
        aws.s3.delete_object(Bucket=aws.drop_bucket, Key="gone.jpg")
        assert reconcile(aws) == [
            photo_id(aws.drop_bucket, "sofa.jpg", newer["object"]["versionId"])
        ]

    def test_what_the_notifications_would_not_let_through_is_no_photo(self, aws: Any) -> None:
        for key in ("notes.txt", "photo.jpg.part", "jpg", "folder/"):
            aws.drop(key, b"x")
        assert reconcile(aws) == []

    def test_an_empty_bucket_is_fine(self, aws: Any) -> None:
        assert reconcile(aws) == []


class TestFailures:
    @staticmethod
    def event(*names: str) -> dict[str, Any]:
        details = [
            {
                "executionArn": ARN + name,
                "name": name,
                "status": "FAILED",
                "error": "StoreRefusedUsError",
                "cause": json.dumps(
                    {
                        "errorMessage": "the store answered 401",
                        "errorType": "StoreRefusedUsError",
                        "stackTrace": ["  File handler.py, line 41"],
                    }
                ),
            }
            for name in names
        ]
        return {"Records": [{"body": json.dumps({"detail": detail})} for detail in details]}

    def test_a_batch_is_one_message_that_tells_of_each_and_what_to_do(self, aws: Any) -> None:
        result = aws.call("Watcher", self.event("sofa-1", "chair-2"))
        assert result == {"told": 2}
        (told,) = aws.told_to_the_admin()
        assert "2 failed" in told["Subject"]
        for words in (
            "sofa-1",
            "chair-2",
            "StoreRefusedUsError",
            "The store refuses our key or our request: the store answered 401. Mend the key",
            "redrive",
            f"https://ap-southeast-1.console.aws.amazon.com/states/home?region=ap-southeast-1"
            f"#/v2/executions/details/{ARN}chair-2",
        ):
            assert words in told["Message"]
        for jargon in ("errorMessage", "stackTrace", "{"):
            assert jargon not in told["Message"]

    def test_a_topic_that_does_not_answer_is_a_fault_so_the_queue_keeps_the_batch(
        self, aws: Any, boto: Any
    ) -> None:
        boto.fail("Publish", "InternalError")
        with pytest.raises(ClientError, match="InternalError"):
            aws.call("Watcher", self.event("sofa-1"))
