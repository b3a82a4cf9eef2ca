"""What nobody else looks after: failed executions, and photos that were never started."""

from __future__ import annotations

import json
import time
import traceback
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photo_tagger.aws.task_tokens import ExecutionNotToldError
from photo_tagger.domain import lifecycle
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.start import start_request
from starter.events import dropped_photos

from .conftest import DRAFT, wait_for

ARN = "arn:aws:states:ap-southeast-1:123456789012:execution:pt-photo:"


def reconcile(aws: Any) -> list[str]:
    """The ids of the photos that were queued."""
    result = aws.call("Watcher", {"task": "reconcile"})
    bodies = aws.messages(aws.ready_queue)
    dropped = [photo.photo_id for body in bodies for photo in dropped_photos(body)]
    again = [request.photo_id for body in bodies if (request := start_request(body))]
    assert (result["started"], result["started_again"]) == (len(dropped), len(again))
    return sorted(dropped + again)


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

    def test_finds_a_cut_off_start_whose_file_was_overwritten_or_lies_elsewhere(
        self, aws: Any
    ) -> None:
        name = aws.record("sofa.jpg")
        started(aws, aws.record("sofa.jpg", b"newer"))
        aws.call("Flagger", {"step": "FlagPhoto", "photo_id": name, "state": {"died": {}}})
        assert reconcile(aws) == []
        aws.drafts().change(
            name, lambda record: lifecycle.requeued(record, start=2, by_user="Admin")
        )
        assert reconcile(aws) == [name]

    def test_more_photos_than_fit_one_question(self, aws: Any) -> None:
        lost = {
            photo_id(aws.drop_bucket, key, aws.drop(key, b"x")["object"]["versionId"])
            for key in (f"{number}.jpg" for number in range(130))
        }
        known = {aws.record(f"known-{number}.jpg") for number in range(5)}
        for name in known:
            started(aws, name)
        assert set(reconcile(aws)) == lost


class TestResuming:
    """A decision that is on record, and an execution that was not told of it."""

    @staticmethod
    def resume(aws: Any) -> int:
        return int(aws.call("Watcher", {"task": "reconcile"})["resumed"])

    @pytest.mark.parametrize(
        ("action", "form"),
        [
            ("approve", DRAFT),
            ("approve", DRAFT | {"title": "Another sofa"}),
            ("reject", {"reason": "We do not sell this"}),
            ("try-again", {"hint": "it is linen"}),
        ],
    )
    def test_is_made_good_once(
        self, aws: Any, answer: Any, boto: Any, action: str, form: dict[str, Any]
    ) -> None:
        waiting = aws.waiting_photo()
        boto.fail("SendTaskSuccess", "InternalServerError")
        assert answer.post(waiting.ann, action, **form).status == 303
        assert aws.execution(waiting.execution)["status"] == "RUNNING"
        boto.mend("SendTaskSuccess")

        assert self.resume(aws) == 1
        decision = aws.photo(waiting.photo).decision
        assert aws.told_to_the_execution(waiting.execution) == decision.for_the_workflow()
        assert self.resume(aws) == 0
        assert len(aws.rows("AckTable")) == 1

    def test_leaves_those_alone_that_nobody_decided(self, aws: Any) -> None:
        waiting = aws.waiting_photo()
        assert self.resume(aws) == 0
        assert aws.execution(waiting.execution)["status"] == "RUNNING"

    def test_leaves_those_alone_that_failed(self, aws: Any, answer: Any, boto: Any) -> None:
        """Their redrive finds the decision."""
        waiting = aws.waiting_photo()
        boto.fail("SendTaskSuccess", "TaskTimedOut")
        answer.approve(waiting.ann)
        assert self.resume(aws) == 0

    def test_never_logs_the_token_of_one_that_cannot_be_told(
        self, aws: Any, answer: Any, boto: Any, log: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        waiting = aws.waiting_photo()
        words = {"Code": "ValidationException", "Message": f"Value '{waiting.token}' is bad"}
        boto.fail("SendTaskSuccess", ClientError({"Error": words}, "SendTaskSuccess"))
        answer.approve(waiting.ann)
        with pytest.raises(ExecutionNotToldError, match=r"^ValidationException$") as raised:
            self.resume(aws)
        told = "".join(traceback.format_exception(raised.value)) + log.text() + caplog.text
        assert waiting.token not in told


class TestFailures:
    """Executions that ended badly, or that an admin redrove, as EventBridge tells of them."""

    @staticmethod
    def failed(aws: Any) -> Any:
        waiting = aws.waiting_photo()
        aws.client("stepfunctions").send_task_failure(
            taskToken=waiting.token, error="StoreRefusedUsError"
        )
        wait_for(lambda: aws.execution(waiting.execution)["status"] == "FAILED")
        return waiting

    @staticmethod
    def event(aws: Any, *waiting: Any, **changes: Any) -> dict[str, Any]:
        """A batch from the failures queue, with AWS's fields."""
        bodies = []
        for photo in waiting:
            found = aws.execution(photo.execution)
            detail = {
                "executionArn": found["executionArn"],
                "stateMachineArn": found["stateMachineArn"],
                "name": found["name"],
                "status": found["status"],
                "startDate": int(found["startDate"].timestamp() * 1000),
                "stopDate": int(found["stopDate"].timestamp() * 1000),
                "error": found["error"],
                "cause": json.dumps(
                    {
                        "errorMessage": "the store answered 401",
                        "errorType": "StoreRefusedUsError",
                        "stackTrace": ["  File handler.py, line 41"],
                    }
                ),
                "redriveCount": 0,
                "redriveDate": None,
            }
            event = {
                "id": f"event-{photo.photo}",
                "source": "aws.states",
                "detail": detail | changes,
            }
            bodies.append({"body": json.dumps(event)})
        return {"Records": bodies}

    def test_a_batch_is_one_message_that_tells_of_each_and_what_to_do(self, aws: Any) -> None:
        sofa, chair = self.failed(aws), self.failed(aws)
        result = aws.call("Watcher", self.event(aws, sofa, chair))
        assert result == {"noted": 2, "told": 2, "unreached": 0}
        (told,) = aws.told_to_the_admin()
        assert "2 failed" in told["Subject"]
        for words in (
            sofa.photo,
            chair.photo,
            "FAILED in Only",
            "StoreRefusedUsError",
            "The store refuses our key or our request: the store answered 401. Mend the key",
            "redrive",
            f"https://ap-southeast-1.console.aws.amazon.com/states/home?region=ap-southeast-1"
            f"#/v2/executions/details/{chair.execution}",
        ):
            assert words in told["Message"]
        for jargon in ("errorMessage", "stackTrace", "{"):
            assert jargon not in told["Message"]

    def test_is_on_the_photos_trail_once_however_often_it_is_told(self, aws: Any) -> None:
        sofa = self.failed(aws)
        for _ in range(2):
            aws.call("Watcher", self.event(aws, sofa))
        row = aws.audit(sofa.photo)[-1]
        assert (row["action"], row["by_user"]) == ("failed", "photo-tagger")
        assert row["after"] == {
            "execution_arn": sofa.execution,
            "state": "Only",
            "error": "StoreRefusedUsError",
        }
        assert [row["action"] for row in aws.audit(sofa.photo)].count("failed") == 1

    def test_a_redrive_is_on_the_trail_after_its_failure_and_no_alarm(self, aws: Any) -> None:
        sofa = self.failed(aws)
        aws.call("Watcher", self.event(aws, sofa))
        aws.told_to_the_admin()
        redriven = {"redriveCount": 1, "redriveDate": int(time.time() * 1000) + 1000}
        event = self.event(aws, sofa, status="RUNNING", stopDate=None, **redriven)
        event["Records"][0]["body"] = event["Records"][0]["body"].replace("event-", "event-2-")
        assert aws.call("Watcher", event) == {"noted": 1, "told": 0, "unreached": 0}
        trail = [(row["action"], row["by_user"]) for row in aws.audit(sofa.photo)]
        assert trail[-2:] == [("failed", "photo-tagger"), ("redriven", "admin")]
        assert aws.told_to_the_admin() == []

    def test_an_end_without_an_error_is_told_too(self, aws: Any) -> None:
        sofa = self.failed(aws)
        event = self.event(aws, sofa, status="ABORTED", error=None, cause=None)
        aws.call("Watcher", event)
        (told,) = aws.told_to_the_admin()
        assert f"{sofa.photo}: ABORTED in Only\nNo error was given" in told["Message"]
        assert aws.audit(sofa.photo)[-1]["action"] == "aborted"

    def test_a_long_cause_is_cut(self, aws: Any) -> None:
        aws.call("Watcher", self.event(aws, self.failed(aws), cause="x" * 40_000))
        (told,) = aws.told_to_the_admin()
        assert len(told["Message"]) < 1500

    def test_a_photo_started_anew_is_called_by_its_own_name(self, aws: Any) -> None:
        sofa = self.failed(aws)  # its execution's name ends in -1
        aws.call("Watcher", self.event(aws, sofa))
        (told,) = aws.told_to_the_admin()
        assert f"{sofa.photo}: FAILED" in told["Message"]

    def test_a_topic_that_does_not_answer_is_a_fault_so_the_queue_keeps_the_batch(
        self, aws: Any, boto: Any
    ) -> None:
        sofa = self.failed(aws)
        boto.fail("Publish", "InternalError")
        with pytest.raises(ClientError, match="InternalError"):
            aws.call("Watcher", self.event(aws, sofa))
