"""RedriveExecution, and all that the embedded AWS tells about redrives."""

from __future__ import annotations

import contextlib
import json
import pickle
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .emulator_lab import (
    ACCOUNT,
    REGION,
    Lab,
    policy,
    redrivable,
    task,
    token_task,
    wait_for,
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.emulator.stop()


def test_redrive_goes_on_at_the_failed_state(lab: Lab) -> None:
    arn = redrivable(lab, "redrive")
    assert lab.describe(arn)["redriveStatus"] == "REDRIVABLE"
    before = lab.events(arn)
    lab.let_pass("redrive")

    date = lab.states.redrive_execution(executionArn=arn)["redriveDate"]

    end = lab.end_of(arn)
    assert end["status"] == "SUCCEEDED"
    assert (end["redriveCount"], end["redriveDate"]) == (1, date)
    assert end["redriveStatus"] == "NOT_REDRIVABLE"
    assert end["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert [call["state"] for call in lab.calls("redrive")] == ["First", "Second", "Second"]
    assert lab.calls("redrive")[-1]["got"] == {"value": "from First"}
    assert lab.events(arn)[: len(before) + 1] == [*before, "ExecutionRedriven"]
    listed = lab.states.list_executions(stateMachineArn=end["stateMachineArn"])["executions"]
    assert listed[0]["redriveCount"] == 1


def test_redrive_uses_the_definition_of_the_start(lab: Lab) -> None:
    arn = redrivable(lab, "definition")
    changed = {"StartAt": "Second", "States": {"Second": {"Type": "Fail", "Error": "Changed"}}}
    lab.states.update_state_machine(
        stateMachineArn=lab.describe(arn)["stateMachineArn"], definition=json.dumps(changed)
    )
    lab.let_pass("definition")
    lab.states.redrive_execution(executionArn=arn)
    assert lab.end_of(arn)["status"] == "SUCCEEDED"


def test_redriven_wait_has_a_new_token(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "again"}, TimeoutSeconds=1)})
    assert lab.end_of(arn)["error"] == "States.Timeout"

    lab.states.redrive_execution(executionArn=arn)

    new = lab.token("again", 2)
    assert new != lab.token("again")
    lab.succeed(new)
    assert lab.end_of(arn)["status"] == "SUCCEEDED"


def test_redrive_asks_again_when_an_answer_broke_its_state(lab: Lab) -> None:
    state = token_task({"mark": "broke"}) | {
        "ResultSelector": {"parsed.$": "States.StringToJson($.text)"}
    }
    arn = lab.start({"A": state})
    lab.succeed(lab.token("broke"), {"text": "no JSON"})
    assert lab.end_of(arn)["status"] == "FAILED"

    lab.states.redrive_execution(executionArn=arn)

    lab.succeed(lab.token("broke", 2), {"text": "1"})
    assert json.loads(lab.end_of(arn)["output"])["result"] == {"parsed": 1}


def test_aborted_execution_is_redriven_once(lab: Lab) -> None:
    """The walk that the abort left in its function must not go on beside the redriven one."""
    arn = lab.start({"A": task({"mark": "twice", "sleep": 1})})
    wait_for(lambda: lab.calls("twice"))
    time.sleep(0.5)
    lab.states.stop_execution(executionArn=arn)
    lab.states.redrive_execution(executionArn=arn)

    end = lab.end_of(arn)

    assert end["status"] == "SUCCEEDED"
    assert (end["stopDate"] - end["redriveDate"]).total_seconds() >= 1
    assert lab.events(arn).count("TaskSucceeded") == 1


def test_redrive_is_refused_as_aws_does(lab: Lab) -> None:
    running = lab.start({"A": token_task({"mark": "refused"})})
    done = lab.start({"A": {"Type": "Succeed"}})
    lab.end_of(done)
    for arn, reason in [
        (running, "Execution is RUNNING and cannot be redriven"),
        (done, "Execution is SUCCEEDED and cannot be redriven"),
    ]:
        assert_not_redrivable(lab, arn, reason)
    with pytest.raises(lab.states.exceptions.ExecutionDoesNotExist):
        lab.states.redrive_execution(executionArn=done + "x")


def assert_not_redrivable(lab: Lab, arn: str, reason: str) -> None:
    told = lab.describe(arn)
    assert (told["redriveStatus"], told["redriveStatusReason"]) == ("NOT_REDRIVABLE", reason)
    with pytest.raises(lab.states.exceptions.ExecutionNotRedrivable, match=reason):
        lab.states.redrive_execution(executionArn=arn)


def test_redrive_is_refused_to_what_is_too_old_or_too_long(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    try:
        marks = ("fresh", "closed", "begun", "long")
        fresh, closed, begun, long = arns = [redrivable(lab, mark) for mark in marks]
        with changed_state(lab) as executions:
            age(executions[fresh], "stopDate", days=13)
            age(executions[closed], "stopDate", days=15)
            age(executions[begun], "startDate", days=366)
            for arn, length in ((fresh, 24_998), (long, 24_999)):
                first = executions[arn]["events"][0]
                missing = length - len(executions[arn]["events"])
                executions[arn]["events"][:0] = [first] * missing
        assert [lab.describe(arn)["status"] for arn in arns] == ["FAILED"] * 4
        assert_not_redrivable(lab, closed, "Execution redrivable period exceeded")
        assert_not_redrivable(lab, begun, "Execution has exceeded the max execution time")
        assert_not_redrivable(lab, long, "Execution history event limit exceeded")
        assert lab.describe(fresh)["redriveStatus"] == "REDRIVABLE"
        lab.let_pass("fresh")
        lab.states.redrive_execution(executionArn=fresh)
        assert lab.end_of(fresh)["status"] == "SUCCEEDED"
    finally:
        lab.emulator.stop()


@contextlib.contextmanager
def changed_state(lab: Lab) -> Iterator[dict[str, Any]]:
    """Stop, change the saved executions (by ARN), and start again."""
    lab.emulator.stop()
    path = lab.directory / "aws/state/snapshot"
    snapshot = pickle.loads(path.read_bytes())  # noqa: S301
    states = pickle.loads(snapshot["stepfunctions"])  # noqa: S301
    yield {arn: execution for (_, _, arn), execution in states["executions"].all_items()}
    snapshot["stepfunctions"] = pickle.dumps(states)
    path.write_bytes(pickle.dumps(snapshot))
    lab.emulator.start()


def age(execution: dict[str, Any], field: str, days: int) -> None:
    moment = datetime.fromisoformat(execution[field]) - timedelta(days=days)
    execution[field] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_redrive_with_the_same_client_token_happens_once(lab: Lab) -> None:
    arn = redrivable(lab, "client-token")
    dates = {}
    for token in ("a" * 36, "b" * 36, "a" * 36):
        redriven = lab.states.redrive_execution(executionArn=arn, clientToken=token)
        dates.setdefault(token, set()).add(redriven["redriveDate"])
        lab.end_of(arn)
    assert [len(told) for told in dates.values()] == [1, 1]
    assert lab.describe(arn)["redriveCount"] == 2


def test_a_client_token_is_forgotten_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    try:
        arn = redrivable(lab, "forgotten")
        lab.states.redrive_execution(executionArn=arn, clientToken="a" * 36)
        lab.end_of(arn)
        with changed_state(lab) as executions:
            executions[arn]["redriveTokens"]["a" * 36]["used"] -= 15 * 60
        lab.states.redrive_execution(executionArn=arn, clientToken="a" * 36)
        assert lab.end_of(arn)["redriveCount"] == 2
    finally:
        lab.emulator.stop()


def test_lists_are_filtered_and_cut_into_pages(lab: Lab) -> None:
    machine = lab.describe(redrivable(lab, "pages"))["stateMachineArn"]
    for number in range(4):
        arn = lab.states.start_execution(stateMachineArn=machine, name=f"n{number}")["executionArn"]
        lab.end_of(arn)
        if number % 2:
            lab.states.redrive_execution(executionArn=arn)
            lab.end_of(arn)

    def names(**wanted: Any) -> list[list[str]]:
        pages = lab.states.get_paginator("list_executions").paginate(
            stateMachineArn=machine, **wanted
        )
        return [[item["name"] for item in page["executions"]] for page in pages]

    one_by_one = {"PaginationConfig": {"PageSize": 1}}
    assert names(redriveFilter="REDRIVEN", **one_by_one) == [["n3"], ["n1"]]
    assert names(redriveFilter="NOT_REDRIVEN", statusFilter="FAILED")[0][:2] == ["n2", "n0"]
    assert names(redriveFilter="REDRIVEN", statusFilter="SUCCEEDED") == [[]]
    assert len(names()[0]) == len(names(PaginationConfig={"PageSize": 0})[0]) == 5
    with pytest.raises(ClientError, match="InvalidToken"):
        lab.states.list_executions(stateMachineArn=machine, nextToken="none")
    with pytest.raises(ClientError, match="ValidationException"):
        names(statusFilter="PENDING_REDRIVE")


def test_a_page_holds_a_hundred_unless_asked(lab: Lab) -> None:
    first = lab.start({"A": {"Type": "Succeed"}})
    machine = lab.describe(first)["stateMachineArn"]
    for _ in range(100):
        lab.states.start_execution(stateMachineArn=machine)
    pages = list(lab.states.get_paginator("list_executions").paginate(stateMachineArn=machine))
    assert [len(page["executions"]) for page in pages] == [100, 1]
    longest = lab.states.list_executions(stateMachineArn=machine, maxResults=1000)
    assert len(longest["executions"]) == 101


def test_a_redriven_execution_leads_the_list(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "leads"}, TimeoutSeconds=1)})
    lab.end_of(arn)
    machine = lab.describe(arn)["stateMachineArn"]
    lab.end_of(lab.states.start_execution(stateMachineArn=machine)["executionArn"])
    lab.states.redrive_execution(executionArn=arn)
    listed = lab.states.list_executions(stateMachineArn=machine)["executions"]
    assert listed[0]["executionArn"] == arn
    assert listed[0]["status"] == "RUNNING"


def test_events_tell_of_redrives_and_rules_find_them(lab: Lab) -> None:
    sqs, rules = lab.emulator.client("sqs"), lab.emulator.client("events")
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    for name, detail in (
        ("all", {}),
        ("redriven", {"redriveCount": [{"numeric": [">", 0]}]}),
    ):
        sqs.create_queue(QueueName=name, Attributes={"Policy": policy(anyone)})
        pattern = (
            {"source": ["aws.states"], "detail": detail} if detail else {"source": ["aws.states"]}
        )
        rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        rules.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue}])
    arn = redrivable(lab, "events")
    stopped = lab.start({"A": token_task({"mark": "stopped"})})
    lab.token("stopped")
    lab.states.stop_execution(executionArn=stopped, error="Mine", cause="because")
    lab.let_pass("events")
    date = lab.states.redrive_execution(executionArn=arn)["redriveDate"]
    lab.end_of(arn)

    def told(queue: str, of: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def look() -> bool:
            url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            messages = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
            ).get("Messages", [])
            details = [json.loads(message["Body"])["detail"] for message in messages]
            found[:] = [detail for detail in details if detail["executionArn"] == of]
            return len(found) == count

        wait_for(look)
        return found

    fields = ("status", "redriveCount", "redriveDate", "redriveStatus", "redriveStatusReason")
    redriven = round(date.timestamp() * 1000)
    no = "Execution is {} and cannot be redriven"
    assert [tuple(detail[field] for field in fields) for detail in told("all", arn, 4)] == [
        ("RUNNING", 0, None, "NOT_REDRIVABLE", no.format("RUNNING")),
        ("FAILED", 0, None, "REDRIVABLE", None),
        ("RUNNING", 1, redriven, "NOT_REDRIVABLE", no.format("RUNNING")),
        ("SUCCEEDED", 1, redriven, "NOT_REDRIVABLE", no.format("SUCCEEDED")),
    ]
    statuses = [detail["status"] for detail in told("redriven", arn, 2)]
    assert statuses == ["RUNNING", "SUCCEEDED"]
    aborted = told("all", stopped, 2)[1]
    assert (aborted["status"], aborted["redriveStatus"]) == ("ABORTED", "REDRIVABLE")
