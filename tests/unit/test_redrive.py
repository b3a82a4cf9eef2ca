"""Redriving: where an execution stands, what became of it, and never a stampede."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from photo_tagger_cli import redrive as module
from photo_tagger_cli.executions import age
from photo_tagger_cli.redrive import Followed, became, reason_in_words, redrive
from photo_tagger_cli.workflow import (
    NoSuchExecutionError,
    NotRedrivableError,
    Standing,
    standing_in,
)

FAILURE = Standing(
    status="FAILED",
    state="WriteToStore",
    event=40,
    awaits_answer=False,
    error="StoreUnavailableError",
    cause="the store answered 503",
)
RUNNING = replace(FAILURE, status="RUNNING", event=42, error="", cause="")


def event(number: int, kind: str, **details: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, **details}


def entered(number: int, state: str) -> dict[str, Any]:
    return event(number, "TaskStateEntered", stateEnteredEventDetails={"name": state})


class TestWhereAnExecutionStands:
    def test_failed_in_the_state_entered_last_however_often_it_was_tried(self) -> None:
        tries = [event(number, "TaskFailed") for number in range(38, 3, -1)]
        told = {"error": "StoreUnavailableError", "cause": "the store answered 503"}
        newest_first = [
            event(40, "ExecutionFailed", executionFailedEventDetails=told),
            *tries,
            entered(3, "WriteToStore"),
            entered(2, "NotifyOwner"),
        ]
        assert standing_in(newest_first) == FAILURE

    def test_redriven_and_at_work_again_in_the_state_where_it_failed(self) -> None:
        newest_first = [
            event(42, "TaskScheduled"),
            event(41, "ExecutionRedriven"),
            event(40, "ExecutionFailed", executionFailedEventDetails={"error": "X", "cause": "x"}),
            entered(3, "WriteToStore"),
        ]
        assert standing_in(newest_first) == RUNNING

    def test_waiting_for_the_owner_since_the_mail_went_out(self) -> None:
        standing = standing_in([event(6, "TaskSubmitted"), entered(4, "NotifyOwner")])
        assert (standing.status, standing.awaits_answer) == ("RUNNING", True)

    @pytest.mark.parametrize(
        ("kind", "status"),
        [("Succeeded", "SUCCEEDED"), ("Aborted", "ABORTED"), ("TimedOut", "TIMED_OUT")],
    )
    def test_every_end_has_its_status(self, kind: str, status: str) -> None:
        standing = standing_in([event(9, f"Execution{kind}"), entered(8, "RecordListing")])
        assert (standing.status, standing.state) == (status, "RecordListing")

    def test_one_that_has_only_begun_is_in_no_state_yet(self) -> None:
        assert standing_in([event(1, "ExecutionStarted")]).state == ""

    def test_the_history_is_read_no_further_than_needed(self) -> None:
        events = iter([event(9, "TaskStarted"), entered(8, "Resize"), entered(1, "Start")])
        standing_in(events)
        assert [one["id"] for one in events] == [1]


class TestWhatBecame:
    @pytest.mark.parametrize(
        ("now", "words"),
        [
            (RUNNING, "still in WriteToStore after a minute"),
            (replace(FAILURE, event=44), "again in WriteToStore"),
            (replace(RUNNING, state="RecordListing"), "went on past WriteToStore to RecordListing"),
            (
                replace(RUNNING, state="NotifyOwner", awaits_answer=True),
                "went on past WriteToStore to NotifyOwner, and waits for its owner",
            ),
            (
                replace(FAILURE, state="RecordListing"),
                "in RecordListing, after it went on past WriteToStore",
            ),
            (
                replace(RUNNING, status="SUCCEEDED", state="RecordListing"),
                "went on past WriteToStore to its end",
            ),
            (replace(RUNNING, status="SUCCEEDED"), "went on to its end"),
            (replace(RUNNING, awaits_answer=True), "waits for its owner"),
        ],
    )
    def test_is_told_from_where_it_failed_and_where_it_is(self, now: Standing, words: str) -> None:
        assert became(FAILURE, now) == words


class TestFollowing:
    def test_ends_when_it_ended_or_waits_for_its_owner(self) -> None:
        for now in (replace(RUNNING, status="SUCCEEDED"), replace(RUNNING, awaits_answer=True)):
            assert Followed("sofa", FAILURE, 0).is_through(now, 1)

    def test_does_not_take_the_old_failure_for_a_new_one(self) -> None:
        # AWS may be late: the history still ends with the failure that was redriven
        assert not Followed("sofa", FAILURE, 0).is_through(FAILURE, 1)

    def test_ends_when_it_went_on_and_rests(self) -> None:
        photo, further = Followed("sofa", FAILURE, 0), replace(RUNNING, state="NotifyOwner")
        assert not photo.is_through(RUNNING, 20)
        assert not photo.is_through(further, 21)
        assert not photo.is_through(further, 25.9)
        assert photo.is_through(further, 26)

    def test_ends_after_a_minute_wherever_it_is(self) -> None:
        photo = Followed("sofa", FAILURE, 0)
        assert not photo.is_through(RUNNING, 59)
        assert photo.is_through(RUNNING, 60)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Execution is RUNNING and cannot be redriven.", "it is running"),
        ("Execution is SUCCEEDED and cannot be redriven.", "it came to its end"),
        ("Execution redrivable period exceeded.", "more than 14 days ago"),
        ("Execution history event limit exceeded.", "its history is full"),
        ("Execution has exceeded the max execution time.", "a year old"),
        ("State machine is in DELETING status.", "being deleted"),
        ("A reason of tomorrow.", "A reason of tomorrow."),
        ("", "AWS gives no reason"),
    ],
)
def test_why_one_cannot_be_redriven_is_told_in_plain_words(reason: str, words: str) -> None:
    assert words in reason_in_words(reason)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (7199, "1 hour"),
        (7200, "2 hours"),
        (86400 * 40, "40 days"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert age(seconds) == words


class FakeWorkflow:
    """Executions that take three looks to their end; `fails` fail again, `running` cannot begin."""

    def __init__(self, *, fails: str = "", running: str = "") -> None:
        self.fails, self.running = fails, running
        self.looks: dict[str, int] = {}
        self.at_work: set[str] = set()
        self.most_at_work = 0

    def check_redrivable(self, photo_id: str) -> None:
        if photo_id == "nonsense":
            raise NoSuchExecutionError(photo_id)
        if photo_id == self.running:
            raise NotRedrivableError("Execution is RUNNING and cannot be redriven.")

    def redrive(self, photo_id: str, failure: Standing) -> None:
        assert failure == FAILURE
        assert photo_id not in self.looks
        self.looks[photo_id] = 0
        self.at_work.add(photo_id)
        self.most_at_work = max(self.most_at_work, len(self.at_work))

    def standing(self, photo_id: str) -> Standing:
        if photo_id not in self.looks:
            return FAILURE
        self.looks[photo_id] += 1
        if self.looks[photo_id] < 3:
            return RUNNING
        self.at_work.discard(photo_id)
        status = "FAILED" if photo_id == self.fails else "SUCCEEDED"
        return replace(FAILURE, status=status, event=50)


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


@pytest.mark.usefixtures("_no_waiting")
class TestABulkRedrive:
    def test_has_five_at_work_and_no_more(self, capsys: pytest.CaptureFixture[str]) -> None:
        workflow = FakeWorkflow()
        names = [f"sofa-{number}" for number in range(23)]
        assert redrive(workflow, names, dry_run=False) == 0  # type: ignore[arg-type]
        assert workflow.most_at_work == 5
        assert list(workflow.looks) == names
        assert "23 of 23 went on." in capsys.readouterr().out

    @pytest.mark.parametrize(
        "trouble", [{"fails": "sofa-3"}, {"running": "sofa-3"}], ids=["fails again", "running"]
    )
    def test_goes_on_after_one_that_fails_or_cannot_and_ends_with_1(
        self, trouble: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        names = [f"sofa-{number}" for number in range(9)]
        assert redrive(FakeWorkflow(**trouble), names, dry_run=False) == 1  # type: ignore[arg-type]
        assert "8 of 9 went on." in capsys.readouterr().out

    def test_that_is_a_dry_run_redrives_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        workflow = FakeWorkflow()
        assert redrive(workflow, ["sofa-1", "nonsense"], dry_run=True) == 1  # type: ignore[arg-type]
        assert not workflow.looks
        told = capsys.readouterr().out
        assert "the store answered 503" in told
        assert "nonsense  cannot be redriven: there is no such photo" in told
        assert "1 of 2 can be redriven; nothing was changed." in told

    def test_names_are_never_taken_for_terminal_styles(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert redrive(FakeWorkflow(), ["[red]sofa[/]"], dry_run=True) == 0  # type: ignore[arg-type]
        assert "[red]sofa[/]  FAILED" in capsys.readouterr().out
