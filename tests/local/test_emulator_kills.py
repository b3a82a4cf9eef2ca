"""kill -9 of the embedded AWS: what it had answered is there at the next start, and goes on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photo_tagger_local.packages import link_requirements

from .emulator_lab import (
    REGION,
    Lab,
    free_port,
    make_emulator,
    policy,
    redrivable,
    task,
    token_task,
    wait_for,
)

LONGER_THAN_A_SNAPSHOT_TAKES = 2.5
"""Seconds."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    made.until_saved()
    yield made
    made.emulator.stop()


def make_table(lab: Lab) -> Any:
    dynamodb = lab.emulator.client("dynamodb")
    dynamodb.create_table(
        TableName="rows",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lab.until_saved()
    return dynamodb


def put(dynamodb: Any, name: str) -> None:
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": "rows",
                    "Item": {"id": {"S": name}},
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            }
        ]
    )


def add(dynamodb: Any, name: str) -> None:
    dynamodb.update_item(
        TableName="rows",
        Key={"id": {"S": name}},
        UpdateExpression="ADD writes :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def rows(dynamodb: Any) -> dict[str, int]:
    items = dynamodb.scan(TableName="rows", ConsistentRead=True)["Items"]
    return {item["id"]["S"]: int(item.get("writes", {"N": "0"})["N"]) for item in items}


def test_a_row_outlives_a_kill_right_after_its_write(lab: Lab) -> None:
    dynamodb = make_table(lab)
    put(dynamodb, "transaction")
    add(dynamodb, "counter")
    add(dynamodb, "counter")
    with pytest.raises(ClientError):
        put(dynamodb, "transaction")
    lab.kill()
    lab.emulator.start()
    lab.kill()  # before there is a new snapshot

    lab.emulator.start()

    assert rows(dynamodb) == {"transaction": 0, "counter": 2}


def test_every_write_counts_once_whenever_the_kills_come(lab: Lab) -> None:
    dynamodb = make_table(lab)
    written = 0
    for kill in range(5):
        deadline = time.monotonic() + random.Random(kill).uniform(0.3, 2.5)  # noqa: S311
        while time.monotonic() < deadline:
            add(dynamodb, "counter")
            written += 1
        lab.kill()
        lab.emulator.start()
        assert rows(dynamodb) == {"counter": written}


def test_an_execution_outlives_a_kill_right_after_its_start(lab: Lab) -> None:
    first = lab.start({"A": token_task({"mark": "machine"})}, name="first")
    machine = lab.describe(first)["stateMachineArn"]
    named, unnamed = (
        lab.states.start_execution(stateMachineArn=machine, **name)["executionArn"]
        for name in ({"name": "second"}, {})
    )
    lab.kill()

    lab.emulator.start()

    answer_until_ended(lab, "machine", [first, named, unnamed])


def test_no_state_is_gone_back_to(lab: Lab) -> None:
    """What ran before the state that the kill cut off does not run again."""
    states = {
        "A": task({"mark": "A"}, Next="B"),
        "B": task({"mark": "B"}, Next="C"),
        "C": task({"mark": "C", "sleep": 1}),
    }
    del states["A"]["End"], states["B"]["End"]
    arn = lab.start(states)
    wait_for(lambda: lab.calls("C"))
    lab.kill()

    lab.emulator.start()

    assert lab.end_of(arn)["status"] == "SUCCEEDED"
    assert [len(lab.calls(mark)) for mark in "ABC"] == [1, 1, 2]
    entered = [event for event in lab.events(arn) if event.endswith("StateEntered")]
    assert len(entered) == 3


def test_an_answered_token_stays_answered(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "answered"}, Next="B"), "B": task({"mark": "B"})})
    token = lab.token("answered")
    lab.until_saved()
    lab.succeed(token)
    lab.kill()

    lab.emulator.start()

    end = lab.end_of(arn)
    assert end["status"] == "SUCCEEDED"
    assert len(lab.calls("answered")) == 1
    with pytest.raises(ClientError, match="TaskTimedOut"):
        lab.succeed(token)


def test_a_redrive_outlives_a_kill(lab: Lab) -> None:
    arn = redrivable(lab, "redriven")
    lab.until_saved()
    lab.let_pass("redriven")
    lab.states.redrive_execution(executionArn=arn)
    lab.kill()

    lab.emulator.start()

    end = lab.end_of(arn)
    assert (end["status"], end["redriveCount"]) == ("SUCCEEDED", 1)
    assert lab.events(arn).count("ExecutionRedriven") == 1


def test_executions_go_on_over_many_kills(lab: Lab) -> None:
    """Ten executions of four functions and a wait each, and a kill at five random moments."""
    steps = {
        name: task({"mark": name, "sleep": 0.1}, Next=following)
        for name, following in (("A", "B"), ("B", "C"), ("C", "Wait"))
    }
    for step in steps.values():
        del step["End"]
    waiting = token_task({"mark": "Wait"}, Next="D")
    del waiting["End"]
    states = {**steps, "Wait": waiting, "D": task({"mark": "D"})}
    arns = [lab.start(states) for _ in range(10)]
    moments = random.Random(7)  # noqa: S311
    for _ in range(5):
        time.sleep(moments.uniform(0.2, 2.0))
        answer_all(lab, "Wait")
        lab.kill()
        lab.emulator.start()
    answer_until_ended(lab, "Wait", arns)
    for arn in arns:
        ids = [event["id"] for event in lab.history(arn)]
        assert ids == list(range(1, len(ids) + 1))
        assert lab.events(arn).count("ExecutionSucceeded") == 1


def answer_until_ended(lab: Lab, mark: str, arns: list[str]) -> None:
    deadline = time.monotonic() + 60
    while any(lab.describe(arn)["status"] == "RUNNING" for arn in arns):
        assert time.monotonic() < deadline, [lab.events(arn)[-1] for arn in arns]
        answer_all(lab, mark)
        time.sleep(0.2)
    assert {lab.describe(arn)["status"] for arn in arns} == {"SUCCEEDED"}


def answer_all(lab: Lab, mark: str) -> None:
    for call in lab.calls(mark):
        with contextlib.suppress(
            lab.states.exceptions.TaskTimedOut, lab.states.exceptions.InvalidToken
        ):
            lab.succeed(call["token"])


def test_objects_keep_their_versions_and_the_bucket_its_notifications(lab: Lab) -> None:
    s3, sqs = lab.emulator.client("s3"), lab.emulator.client("sqs")
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    url = sqs.create_queue(QueueName="ready", Attributes={"Policy": policy(anyone)})["QueueUrl"]
    s3.create_bucket(Bucket="drop", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="drop", VersioningConfiguration={"Status": "Enabled"})
    queue = "arn:aws:sqs:ap-southeast-1:000000000000:ready"
    s3.put_bucket_notification_configuration(
        Bucket="drop",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    kept = s3.put_object(Bucket="drop", Key="a", Body=b"1")["VersionId"]
    lab.until_saved()
    gone = s3.put_object(Bucket="drop", Key="b", Body=b"2")["VersionId"]
    s3.delete_object(Bucket="drop", Key="b", VersionId=gone)
    newer = s3.put_object(Bucket="drop", Key="a", Body=b"3")["VersionId"]
    lab.kill()

    lab.emulator.start()

    listed = s3.list_object_versions(Bucket="drop")["Versions"]
    assert [(one["Key"], one["VersionId"], one["IsLatest"]) for one in listed] == [
        ("a", newer, True),
        ("a", kept, False),
    ]
    bodies = [
        s3.get_object(Bucket="drop", Key="a", VersionId=version)["Body"].read()
        for version in (kept, newer)
    ]
    assert bodies == [b"1", b"3"]
    last = s3.put_object(Bucket="drop", Key="c", Body=b"4")["VersionId"]
    assert last in wait_for(lambda: [one for one in drain(sqs, url) if last in one])[0]


def drain(sqs: Any, url: str) -> list[str]:
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def test_a_deployment_that_was_killed_can_be_made_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    stacks = lab.emulator.client("cloudformation")
    try:
        deploy_half(lab, stacks.create_stack, "1")
        lab.kill()
        lab.emulator.start()
        deploy(lab, stacks.create_stack, "1")
        lab.until_saved()
        deploy_half(lab, stacks.update_stack, "2")
        time.sleep(LONGER_THAN_A_SNAPSHOT_TAKES)  # and yet there is none
        lab.kill()
        lab.emulator.start()
        assert status(stacks) == "CREATE_COMPLETE"
        deploy(lab, stacks.update_stack, "2")
    finally:
        lab.emulator.stop()


def test_a_deployment_that_was_told_of_outlives_a_kill(tmp_path: Path) -> None:
    """Else the bucket, which holds an object, would be in the way of the next one."""
    lab = Lab(tmp_path)
    stacks, s3 = lab.emulator.client("cloudformation"), lab.emulator.client("s3")
    try:
        for version, create_or_update in (("1", stacks.create_stack), ("2", stacks.update_stack)):
            deploy(lab, create_or_update, version)
            s3.put_object(Bucket="bucket", Key="a", Body=b"1")
            lab.kill()
            lab.emulator.start()
            assert parameter(lab) == version
        assert status(stacks) == "UPDATE_COMPLETE"
    finally:
        lab.emulator.stop()


def deploy_half(lab: Lab, create_or_update: Any, version: str) -> None:
    """Come as far as a resource that nobody will make ready."""
    body = template(version, Wait={"Type": "AWS::CloudFormation::WaitConditionHandle"}, End=WAITS)
    create_or_update(StackName="stack", TemplateBody=body)
    wait_for(lambda: parameter(lab) == version)
    assert status(lab.emulator.client("cloudformation")).endswith("_IN_PROGRESS")


def deploy(lab: Lab, create_or_update: Any, version: str) -> None:
    create_or_update(StackName="stack", TemplateBody=template(version))
    stacks = lab.emulator.client("cloudformation")
    wait_for(lambda: not status(stacks).endswith("_IN_PROGRESS"))
    assert status(stacks) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert parameter(lab) == version


WAITS = {
    "Type": "AWS::CloudFormation::WaitCondition",
    "DependsOn": "Parameter",
    "Properties": {"Handle": {"Ref": "Wait"}, "Timeout": "600"},
}


def template(version: str, **more: Any) -> str:
    parameter = {"Name": "/p", "Type": "String", "Value": version}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "bucket"}},
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "DependsOn": "Bucket",
            "Properties": parameter,
        },
    }
    return json.dumps({"Resources": resources | more})


def status(stacks: Any) -> str:
    return str(stacks.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"])


def parameter(lab: Lab) -> str | None:
    ssm = lab.emulator.client("ssm")
    try:
        return str(ssm.get_parameter(Name="/p")["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def test_a_new_start_waits_for_an_emulator_that_is_still_saving(tmp_path: Path) -> None:
    port = free_port()
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path;"
            "from photo_tagger_local.aws.emulator import Emulator as E;"
            "d, port = Path(sys.argv[1]), int(sys.argv[2]);"
            "e = E(port, d / 'aws', 9, None, log_file=d / 'aws.log'); e.start();"
            "e.client('ssm').put_parameter(Name='kept', Value='v', Type='String');"
            "print(e.pid, flush=True); time.sleep(60)",
            str(tmp_path),
            str(port),
        ],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout
    first = int(parent.stdout.readline())
    os.kill(first, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    parent.stdout.close()

    emulator = make_emulator(tmp_path, port=port)
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(emulator.start)
        time.sleep(0.5)
        waits = not starting.done()
        os.kill(first, signal.SIGCONT)
        starting.result()

    try:
        assert waits
        value = emulator.client("ssm").get_parameter(Name="kept")["Parameter"]["Value"]
        assert value == "v"
    finally:
        emulator.stop()


def test_a_new_start_leaves_the_links_alone_that_functions_import_through(tmp_path: Path) -> None:
    requirements, links = tmp_path / "requirements.txt", tmp_path / "links"
    requirements.write_text("jinja2\n")
    link_requirements(requirements, links)
    (links / "gone").symlink_to(tmp_path)
    before = (links / "jinja2").lstat().st_mtime_ns

    link_requirements(requirements, links)

    assert (links / "jinja2").lstat().st_mtime_ns == before
    assert not (links / "gone").is_symlink()
