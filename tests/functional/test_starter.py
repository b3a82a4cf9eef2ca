"""The throttle: one execution per dropped photo, and its place held until it has a draft."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photo_tagger.aws.drafts import NoSuchPhotoError
from photo_tagger.domain import lifecycle
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.photo import Change, Status
from photo_tagger.domain.start import StartRequest
from starter import throttle


class Pauses:
    """In place of waiting: counts, and lets something happen at the n-th pause."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.events: dict[int, Callable[[], Any]] = {}

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) in self.events:
            self.events[len(self.seconds)]()
        if len(self.seconds) > 100:
            pytest.fail("waited for ever")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    pauses = Pauses()
    monkeypatch.setattr(throttle, "time", pauses)
    return pauses


@pytest.fixture
def dropped(aws: Any) -> Any:
    """A dropped photo as its message on the ready queue, and its id."""

    class Dropped:
        def __init__(self) -> None:
            self.entry = aws.drop("drive/1/white sofa+1.jpg", b"original")
            self.source = aws.source_of(self.entry, "drive/1/white sofa+1.jpg")
            self.photo = photo_id(*self.source.values())
            self.execution = (
                f"{aws.state_machine_arn.replace(':stateMachine:', ':execution:')}:{self.photo}"
            )
            body = json.dumps({"Records": [{"s3": self.entry}]})
            aws.sqs.send_message(QueueUrl=aws.ready_queue, MessageBody=body)
            (got,) = aws.sqs.receive_message(QueueUrl=aws.ready_queue)["Messages"]
            self.event = {"Records": [{"body": body, "receiptHandle": got["ReceiptHandle"]}]}

    return Dropped()


def executions(aws: Any) -> list[str]:
    found = aws.client("stepfunctions").list_executions(stateMachineArn=aws.state_machine_arn)
    return [execution["name"] for execution in found["executions"]]


def test_the_row_is_written_and_then_the_execution_started(
    aws: Any, dropped: Any, pauses: Pauses
) -> None:
    # Given a workflow that drafts the photo after a while
    pauses.events[2] = lambda: aws.save_draft(dropped.photo)
    # When its message arrives
    aws.call("Starter", dropped.event)
    # Then its record and one execution of its name exist, and know each other
    record = aws.photo(dropped.photo)
    assert record.source.model_dump() == dropped.source
    assert record.file_name == "white sofa+1.jpg"
    assert record.execution_arn == dropped.execution
    assert executions(aws) == [dropped.photo]
    assert json.loads(aws.execution(dropped.execution)["input"]) == {
        "schema_version": 1,
        "photo_id": dropped.photo,
        "source": dropped.source,
        "requeued": False,
        "attempt": {"round": 1},
    }
    assert [row["action"] for row in aws.audit(dropped.photo)][:2] == ["accepted", "started"]


def test_the_row_is_there_before_the_execution(aws: Any, dropped: Any, boto: Any) -> None:
    boto.fail("StartExecution", "ExecutionLimitExceeded")
    with pytest.raises(ClientError, match="ExecutionLimitExceeded"):
        aws.call("Starter", dropped.event)
    assert aws.photo(dropped.photo).status is Status.PROCESSING


def test_the_place_is_held_until_there_is_an_outcome(
    aws: Any, dropped: Any, pauses: Pauses
) -> None:
    pauses.events[7] = lambda: aws.save_draft(dropped.photo)
    aws.call("Starter", dropped.event)
    assert len(pauses.seconds) == 7
    assert pauses.seconds == sorted(pauses.seconds)


@pytest.mark.parametrize("step", ["SkipDuplicate", "FlagPhoto"])
def test_an_end_frees_the_place_as_a_draft_does(
    aws: Any, dropped: Any, pauses: Pauses, step: str
) -> None:
    event = {"step": step, "photo_id": dropped.photo}
    if step == "SkipDuplicate":
        pauses.events[1] = lambda: aws.call("Recorder", event | {"duplicate_of": "other"})
    else:
        pauses.events[1] = lambda: aws.call("Flagger", event | {"state": {"died": {}}})
    aws.call("Starter", dropped.event)
    assert len(pauses.seconds) == 1


def test_a_failed_execution_frees_the_place_although_it_writes_no_record(
    aws: Any, dropped: Any, pauses: Pauses
) -> None:
    pauses.events[3] = lambda: aws.fail_execution(dropped.execution)
    aws.call("Starter", dropped.event)
    assert 3 < len(pauses.seconds) < 20
    assert aws.photo(dropped.photo).status is Status.PROCESSING


def test_at_the_deadline_it_lets_go_counts_that_and_the_photo_goes_on(
    aws: Any, dropped: Any, pauses: Pauses, log: Any
) -> None:
    aws.call("Starter", dropped.event, milliseconds=14_000)
    assert pauses.seconds == []
    assert log.metric("ThrottleLetGo") == 1
    assert "let go" in log.text()
    assert aws.execution(dropped.execution)["status"] == "RUNNING"


def test_a_message_that_comes_twice_starts_nothing_twice(
    aws: Any, dropped: Any, pauses: Pauses
) -> None:
    pauses.events[1] = lambda: aws.save_draft(dropped.photo)
    aws.call("Starter", dropped.event)
    before = aws.dump()
    aws.call("Starter", dropped.event)
    assert executions(aws) == [dropped.photo]
    assert aws.dump() == before


def test_an_execution_that_exists_counts_as_started(aws: Any, dropped: Any, pauses: Pauses) -> None:
    # Given a first try that died after it had started the execution
    aws.client("stepfunctions").start_execution(
        stateMachineArn=aws.state_machine_arn, name=dropped.photo, input='{"other": 1}'
    )
    pauses.events[1] = lambda: aws.save_draft(dropped.photo)
    aws.call("Starter", dropped.event)
    assert executions(aws) == [dropped.photo]
    assert aws.photo(dropped.photo).execution_arn == dropped.execution


def test_a_second_message_holds_its_place_too(aws: Any, dropped: Any, pauses: Pauses) -> None:
    aws.call("Starter", dropped.event, milliseconds=1000)
    pauses.events[4] = lambda: aws.save_draft(dropped.photo)
    aws.call("Starter", dropped.event)
    assert len(pauses.seconds) == 4


@pytest.mark.parametrize("operation", ["TransactWriteItems", "StartExecution", "GetItem"])
def test_a_failing_start_comes_back_soon_and_raises(
    aws: Any, dropped: Any, boto: Any, operation: str
) -> None:
    # Given a message that is hidden for half an hour, and a service that is down
    boto.fail(operation, "InternalServerError")
    # When the start fails
    with pytest.raises(ClientError, match="InternalServerError"):
        aws.call("Starter", dropped.event)
    # Then the queue gives the message out again within a minute
    (request,) = boto.of("ChangeMessageVisibility")
    assert request["VisibilityTimeout"] <= 60
    assert request["ReceiptHandle"] == dropped.event["Records"][0]["receiptHandle"]


def test_a_start_that_failed_once_succeeds_the_next_time(
    aws: Any, dropped: Any, boto: Any, pauses: Pauses
) -> None:
    boto.fail("StartExecution", "ExecutionLimitExceeded")
    with pytest.raises(ClientError):
        aws.call("Starter", dropped.event)
    boto.mend("StartExecution")
    pauses.events[1] = lambda: aws.save_draft(dropped.photo)
    aws.call("Starter", dropped.event)
    assert executions(aws) == [dropped.photo]


def test_a_late_message_about_a_photo_that_ended_starts_nothing(
    aws: Any, dropped: Any, pauses: Pauses, boto: Any
) -> None:
    aws.call("Starter", dropped.event, milliseconds=1000)
    aws.call("Flagger", {"step": "FlagPhoto", "photo_id": dropped.photo, "state": {"died": {}}})
    before = len(boto.of("StartExecution"))
    aws.call("Starter", dropped.event)
    assert len(boto.of("StartExecution")) == before


def test_a_start_is_put_on_record_even_when_the_photo_was_faster(
    aws: Any, dropped: Any, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a try that died after the start, and a draft before the message came again
    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "started", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            aws.call("Starter", dropped.event)
    aws.save_draft(dropped.photo)
    assert aws.photo(dropped.photo).execution_arn is None
    # When it comes
    aws.call("Starter", dropped.event)
    # Then the record knows its execution
    assert aws.photo(dropped.photo).execution_arn == dropped.execution
    assert executions(aws) == [dropped.photo]


class TestStartingAnew:
    """A message that asks for a photo on record."""

    @staticmethod
    def ask(aws: Any, photo: str, start: int) -> None:
        request = StartRequest(photo_id=photo, start=start, by_user="Admin")
        record = {"body": request.message(), "receiptHandle": "r"}
        aws.call("Starter", {"Records": [record]}, milliseconds=1000)

    @pytest.fixture
    def flagged(self, aws: Any, dropped: Any, pauses: Pauses) -> str:
        """A photo whose execution set it aside and is over."""
        aws.call("Starter", dropped.event, milliseconds=1000)
        aws.call("Flagger", {"step": "FlagPhoto", "photo_id": dropped.photo, "state": {"died": {}}})
        aws.fail_execution(dropped.execution)
        return str(dropped.photo)

    def test_reads_it_where_it_lies_and_keeps_its_history(self, aws: Any, flagged: str) -> None:
        before = aws.audit(flagged)
        self.ask(aws, flagged, 2)
        assert executions(aws) == [f"{flagged}-2", flagged]
        record = aws.photo(flagged)
        given = json.loads(aws.execution(record.execution_arn)["input"])
        assert given["source"] == record.flagged.model_dump()
        assert given["requeued"] is True
        assert (record.status, record.outcome, record.flag_reasons) == ("processing", None, [])
        trail = aws.audit(flagged)
        assert trail[: len(before)] == before
        assert [(row["action"], row["by_user"]) for row in trail[len(before) :]] == [
            ("requeued", "Admin"),
            ("started", "photo-tagger"),
        ]

    def test_happens_once_however_often_the_message_comes(self, aws: Any, flagged: str) -> None:
        for _ in range(3):
            self.ask(aws, flagged, 2)
        assert len(executions(aws)) == 2
        assert [row["action"] for row in aws.audit(flagged)].count("requeued") == 1

    def test_is_possible_again_and_again(self, aws: Any, flagged: str) -> None:
        self.ask(aws, flagged, 2)
        event = {"step": "FlagPhoto", "photo_id": flagged, "state": {"died": {}}}
        aws.call("Flagger", event)
        aws.fail_execution(aws.photo(flagged).execution_arn)
        self.ask(aws, flagged, 3)
        assert executions(aws) == [f"{flagged}-3", f"{flagged}-2", flagged]

    def test_leaves_a_photo_alone_whose_execution_runs(
        self, aws: Any, dropped: Any, pauses: Pauses
    ) -> None:
        aws.call("Starter", dropped.event, milliseconds=1000)
        before = aws.dump()
        self.ask(aws, dropped.photo, 2)
        assert executions(aws) == [dropped.photo]
        assert aws.dump() == before

    def test_leaves_a_listed_photo_alone(self, aws: Any, flagged: str, pauses: Pauses) -> None:
        aws.drafts().change(
            flagged, lambda _: Change(action="x", by_user="x", values={"status": "listed"})
        )
        self.ask(aws, flagged, 2)
        assert executions(aws) == [flagged]

    def test_makes_good_a_start_that_was_cut_off(
        self, aws: Any, dropped: Any, pauses: Pauses, boto: Any
    ) -> None:
        boto.fail("StartExecution", "InternalServerError")
        with pytest.raises(ClientError):
            aws.call("Starter", dropped.event)
        boto.mend("StartExecution")
        self.ask(aws, dropped.photo, 1)
        assert executions(aws) == [dropped.photo]
        assert "requeued" not in [row["action"] for row in aws.audit(dropped.photo)]

    def test_of_a_photo_nobody_knows_is_a_fault(self, aws: Any, dropped: Any) -> None:
        request = StartRequest(photo_id="nobody-0123456789ab", start=1, by_user="Admin")
        dropped.event["Records"][0]["body"] = request.message()
        with pytest.raises(NoSuchPhotoError):
            aws.call("Starter", dropped.event)
        assert executions(aws) == []


def test_the_test_event_of_s3_starts_nothing(aws: Any, pauses: Pauses) -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})
    aws.call("Starter", {"Records": [{"body": body, "receiptHandle": "r"}]})
    assert executions(aws) == []
    assert aws.rows("DraftsTable") == []
