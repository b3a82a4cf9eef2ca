"""The embedded AWS as a real process, real functions and boto3: every mend, and restarts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from botocore.exceptions import ClientError

from photo_tagger_local.aws.emulator import EmulatorError

from .emulator_lab import (
    ACCOUNT,
    PATIENCE_SECONDS,
    REGION,
    Lab,
    as_role,
    code_of,
    free_port,
    make_emulator,
    pids_of_group,
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


# --- the process ----------------------------------------------------------------------------------


def test_only_the_loopback_interface_is_listened_on(lab: Lab) -> None:
    listeners = addresses_of_group(lab.emulator.pid or 0)
    assert listeners == {f"127.0.0.1:{lab.emulator.port}"}


def addresses_of_group(group: int) -> set[str]:
    """Listening TCP addresses of all processes of a process group (Linux)."""
    inodes = {
        os.readlink(fd)
        for pid in pids_of_group(group)
        for fd in Path(f"/proc/{pid}/fd").iterdir()
        if fd.exists() or fd.is_symlink()
    }
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in inodes:
                address, port = local.split(":")
                host = ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
                found.add(f"{host}:{int(port, 16)}")
    return found


def test_functions_end_with_the_emulator(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.start({"A": task({"mark": "end", "sleep": 30})})
    wait_for(lambda: lab.calls("end"))
    group = lab.emulator.pid or 0
    assert len(pids_of_group(group)) == 2

    os.kill(group, signal.SIGTERM)

    wait_for(lambda: not pids_of_group(group))
    lab.emulator.stop()


def test_everything_ends_when_the_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path;"
            "from photo_tagger_local.aws.emulator import Emulator as E;"
            "d, port = Path(sys.argv[1]), int(sys.argv[2]);"
            "e = E(port, d / 'aws', 9, None, log_file=d / 'log'); e.start();"
            "print(e.pid, flush=True); time.sleep(60)",
            str(tmp_path),
            str(free_port()),
        ],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout
    group = int(parent.stdout.readline())

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_for(lambda: not pids_of_group(group))
    assert (tmp_path / "aws/state/snapshot").exists()


def test_taken_port_is_named(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=f"Port {lab.emulator.port} on 127.0.0.1 is taken"):
        make_emulator(tmp_path, port=lab.emulator.port).start()


def test_failed_start_shows_the_last_log_lines(tmp_path: Path) -> None:
    emulator = make_emulator(tmp_path)
    emulator.functions_env = {"PYTHONPATH": str(tmp_path)}
    (tmp_path / "ministack.py").write_text("raise RuntimeError('broken on purpose')")

    with pytest.raises(EmulatorError, match="broken on purpose"):
        emulator.start()


def test_other_version_of_ministack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from photo_tagger_local.aws import mends

    monkeypatch.setattr(mends, "WRITTEN_FOR", "0.0.1")
    with pytest.raises(mends.MendError, match=r"written for ministack 0\.0\.1, and 1\."):
        mends.apply()


# --- timeouts and task tokens ---------------------------------------------------------------------


@pytest.mark.parametrize("make", [task, token_task])
def test_timeout_path_is_taken_from_the_input(lab: Lab, make: Callable[..., Any]) -> None:
    states = {"A": make({"mark": "timeout", "sleep": 3}, TimeoutSecondsPath="$.seconds")}
    started = time.monotonic()

    end = lab.end_of(lab.start(states, {"seconds": 1}))

    assert (end["status"], end["error"]) == ("FAILED", "States.Timeout")
    assert time.monotonic() - started < PATIENCE_SECONDS / 2


def test_timeout_path_that_selects_no_number_fails(lab: Lab) -> None:
    states = {"A": token_task({"mark": "timeout"}, TimeoutSecondsPath="$.seconds")}
    end = lab.end_of(lab.start(states, {"seconds": "soon"}))
    assert end["error"] == "States.Runtime"
    assert "positive integer" in end["cause"]


def test_failed_dispatch_fails_the_task_by_name(lab: Lab) -> None:
    caught = [{"ErrorEquals": ["NamedError"], "ResultPath": "$.caught", "Next": "Caught"}]
    states = {
        "A": token_task({"mark": "dispatch", "fails": True}, Catch=caught),
        "Caught": {"Type": "Succeed"},
    }
    end = lab.end_of(lab.start(states))
    assert json.loads(end["output"])["caught"]["Error"] == "NamedError"


def test_the_history_says_when_a_wait_began(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "submitted"})})
    submitted = wait_for(
        lambda: lab.history(arn)[-1]["type"] == "TaskSubmitted" and lab.history(arn)
    )
    assert submitted[-1]["taskSubmittedEventDetails"] == {
        "resourceType": "lambda",
        "resource": "invoke.waitForTaskToken",
    }
    lab.succeed(lab.token("submitted"))
    assert lab.end_of(arn)["status"] == "SUCCEEDED"


def test_each_attempt_has_a_new_token(lab: Lab) -> None:
    retry = [{"ErrorEquals": ["NamedError"], "IntervalSeconds": 1, "MaxAttempts": 5}]
    payload = {"mark": "attempts", "fails": True, "until": "attempts"}
    arn = lab.start({"A": token_task(payload, Retry=retry)})
    first = lab.token("attempts")
    lab.let_pass("attempts")
    second = lab.token("attempts", 2)

    assert first != second
    with pytest.raises(ClientError) as refused:
        lab.succeed(first)
    assert code_of(refused) == "TaskTimedOut"
    lab.succeed(second)
    assert json.loads(lab.end_of(arn)["output"])["result"] == "yes"


def test_token_answered_by_its_own_dispatch(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "own", "answers": True})})
    assert json.loads(lab.end_of(arn)["output"])["result"] == "answered at once"


def test_failure_that_was_sent_is_caught_by_name(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "sent"})})
    lab.states.send_task_failure(taskToken=lab.token("sent"), error="Mine", cause="because")
    end = lab.end_of(arn)
    assert (end["error"], end["cause"]) == ("Mine", "because")


def test_closed_and_unknown_tokens_are_told_apart(lab: Lab) -> None:
    timed_out = lab.start({"A": token_task({"mark": "closed"}, TimeoutSeconds=1)})
    lab.end_of(timed_out)
    aborted = lab.start({"A": token_task({"mark": "aborted"})})
    decided = lab.start({"A": token_task({"mark": "decided"})})
    tokens = [lab.token(mark) for mark in ("closed", "aborted", "decided")]
    lab.states.stop_execution(executionArn=aborted)
    lab.succeed(tokens[2])
    lab.end_of(decided)

    for token, code in [*((token, "TaskTimedOut") for token in tokens), ("no", "InvalidToken")]:
        with pytest.raises(ClientError) as refused:
            lab.succeed(token)
        assert code_of(refused) == code


# --- starts ---------------------------------------------------------------------------------------


def test_same_name_and_input_is_the_running_execution(lab: Lab) -> None:
    arn = lab.start({"A": token_task({"mark": "name"})}, {"a": 1}, name="photo")
    machine = lab.describe(arn)["stateMachineArn"]

    def again(data: Any) -> dict[str, Any]:
        return dict(
            lab.states.start_execution(
                stateMachineArn=machine, name="photo", input=json.dumps(data)
            )
        )

    assert again({"a": 1})["executionArn"] == arn
    assert again({"a": 1})["startDate"] == lab.describe(arn)["startDate"]
    with pytest.raises(ClientError) as refused:
        again({"a": 2})
    assert code_of(refused) == "ExecutionAlreadyExists"
    lab.succeed(lab.token("name"))
    lab.end_of(arn)
    with pytest.raises(ClientError) as refused:
        again({"a": 1})
    assert code_of(refused) == "ExecutionAlreadyExists"


# --- roles and places -----------------------------------------------------------------------------


def test_a_role_without_redrive_may_not(lab: Lab) -> None:
    arn = redrivable(lab, "role")
    end = lab.end_of(lab.start({"A": task({"mark": "role", "redrives": arn})}))
    assert "not authorized to perform: states:RedriveExecution" in end["cause"]


def test_roles_scoped_to_their_resources_may_act(lab: Lab) -> None:
    granted = {
        "states:SendTaskSuccess": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:machine-*",
        "ssm:GetParametersByPath": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/pt/config/*",
        "ses:SendRawEmail": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/shop@example.com",
    }
    session = as_role(lab, granted)
    lab.emulator.client("ses").verify_email_identity(EmailAddress="shop@example.com")
    lab.start({"A": token_task({"mark": "scoped"})})

    session("stepfunctions").send_task_success(taskToken=lab.token("scoped"), output="1")
    session("ssm").get_parameters_by_path(Path="/pt/config/")
    mails = Controller(Sink(), hostname="127.0.0.1", port=lab.emulator.smtp_port)
    mails.start()
    session("ses").send_raw_email(RawMessage={"Data": b"From: A <shop@example.com>\nTo: b@c\n\n"})
    mails.stop()
    with pytest.raises(ClientError, match="not authorized"):
        session("ssm").get_parameters_by_path(Path="/pt/other/")
    with pytest.raises(ClientError, match="not authorized"):
        session("ses").send_raw_email(RawMessage={"Data": b"From: x@example.com\nTo: b@c\n\n"})


def test_policy_that_demands_tls_lets_local_calls_pass(lab: Lab) -> None:
    s3 = lab.emulator.client("s3")
    s3.create_bucket(Bucket="tls", CreateBucketConfiguration={"LocationConstraint": REGION})
    only_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::tls/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="tls", Policy=policy(only_tls))
    session = as_role(lab, {"s3:PutObject": "arn:aws:s3:::tls/*"})
    session("s3").put_object(Bucket="tls", Key="a", Body=b"")


def test_a_burst_takes_turns(lab: Lab) -> None:
    arns = [lab.start({"A": task({"mark": "burst", "sleep": 0.2})}) for _ in range(20)]
    most = 0
    while any(lab.describe(arn)["status"] == "RUNNING" for arn in arns):
        most = max(most, len(pids_of_group(lab.emulator.pid or 0)) - 1)
    assert {lab.describe(arn)["status"] for arn in arns} == {"SUCCEEDED"}
    assert most <= 7


def test_a_task_without_a_place_is_throttled_by_name(tmp_path: Path) -> None:
    lab = Lab(tmp_path, {"LAMBDA_ACCOUNT_CONCURRENCY": "1"})
    try:
        arns = [lab.start({"A": task({"mark": "throttled", "sleep": 2})}) for _ in range(2)]
        errors = [lab.end_of(arn).get("error") for arn in arns]
        assert sorted(errors, key=str) == ["Lambda.TooManyRequestsException", None]
    finally:
        lab.emulator.stop()


# --- pages ----------------------------------------------------------------------------------------


def test_cookies_go_to_a_function_url_and_come_back_from_it(lab: Lab) -> None:
    lab.add_function("page", "code.serve", lab.role)
    page = lab.functions.create_function_url_config(FunctionName="page", AuthType="NONE")
    lab.functions.add_permission(
        FunctionName="page",
        StatementId="anyone",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    headers = {"Host": httpx.URL(page["FunctionUrl"]).netloc.decode()}
    answer = httpx.get(lab.emulator.endpoint, headers=headers | {"Cookie": "c=3; d=4"})
    assert answer.json() == {"list": ["c=3", "d=4"], "header": None}
    assert answer.headers.get_list("set-cookie") == ["a=1; Secure", "b=2"]
    assert httpx.get(lab.emulator.endpoint, headers=headers).json()["list"] is None


# --- restarts -------------------------------------------------------------------------------------


def test_executions_go_on_over_a_restart(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    try:
        waiting = lab.start({"A": token_task({"mark": "waiting"})})
        ending = lab.start({"A": token_task({"mark": "ending"}, TimeoutSeconds=4)})
        failed = redrivable(lab, "failed")
        token, late = lab.token("waiting"), lab.token("ending")
        walking = lab.start({"A": task({"mark": "walking", "sleep": 3})})
        wait_for(lambda: lab.calls("walking"))

        lab.restart()
        restarted = datetime.now(UTC)

        assert lab.end_of(walking)["status"] == "SUCCEEDED"
        assert len(lab.calls("walking")) == 2
        assert lab.describe(waiting)["status"] == "RUNNING"
        lab.succeed(token)
        assert json.loads(lab.end_of(waiting)["output"])["result"] == "yes"
        assert len(lab.calls("waiting")) == 1
        assert lab.events(waiting).count("TaskScheduled") == 1
        assert "TaskFailed" not in lab.events(walking)
        ended = lab.end_of(ending)
        assert ended["error"] == "States.Timeout"
        assert (ended["stopDate"] - ended["startDate"]).total_seconds() > 3.5
        deadline = max(ended["startDate"] + timedelta(seconds=4), restarted)
        assert ended["stopDate"] - deadline < timedelta(seconds=2)
        with pytest.raises(ClientError) as refused:
            lab.succeed(late)
        assert code_of(refused) == "TaskTimedOut"
        lab.let_pass("failed")
        lab.states.redrive_execution(executionArn=failed)
        assert lab.end_of(failed)["status"] == "SUCCEEDED"
    finally:
        lab.emulator.stop()


def test_an_answer_just_before_the_stop_is_kept(tmp_path: Path) -> None:
    """The dispatch still runs when its token is answered; the stop ends it."""
    lab = Lab(tmp_path)
    try:
        arn = lab.start({"A": token_task({"mark": "kept", "sleep": 8})})
        lab.succeed(lab.token("kept"))
        lab.restart()
        assert json.loads(lab.end_of(arn)["output"])["result"] == "yes"
        assert len(lab.calls("kept")) == 1
    finally:
        lab.emulator.stop()


def test_what_surrounds_the_executions_survives(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    try:
        emulator = lab.emulator
        s3, sqs, scheduler = (emulator.client(name) for name in ("s3", "sqs", "scheduler"))
        queue = sqs.create_queue(QueueName="ready", Attributes={"VisibilityTimeout": "600"})
        url = queue["QueueUrl"]
        role = lab.make_role("consumer", ["sqs:ReceiveMessage", "sqs:DeleteMessage"])
        lab.add_function("consumer", "code.consume", role, timeout=20)
        lab.add_function("page", "code.serve", role)
        queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:ready"
        lab.functions.create_event_source_mapping(
            FunctionName="consumer", EventSourceArn=queue_arn, BatchSize=1
        )
        page = lab.functions.create_function_url_config(FunctionName="page", AuthType="NONE")
        s3.create_bucket(Bucket="drop", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket="drop", VersioningConfiguration={"Status": "Enabled"})
        versions = [
            s3.put_object(Bucket="drop", Key="a", Body=body)["VersionId"] for body in (b"1", b"2")
        ]
        scheduler.create_schedule(
            Name="five",
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue_arn, "RoleArn": role},
        )
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"mark": "flight", "sleep": 8}))
        wait_for(lambda: lab.calls("flight"))

        lab.restart()

        again = wait_for(lambda: lab.calls("flight")[1:])
        assert [call["receives"] for call in again] == ["1"]
        assert (
            lab.functions.get_function_url_config(FunctionName="page")["FunctionUrl"]
            == (page["FunctionUrl"])
        )
        assert lab.functions.invoke(FunctionName="page")["StatusCode"] == 200
        bodies = [
            s3.get_object(Bucket="drop", Key="a", VersionId=version)["Body"].read()
            for version in versions
        ]
        assert bodies == [b"1", b"2"]
        assert scheduler.get_schedule(Name="five")["State"] == "ENABLED"
    finally:
        lab.emulator.stop()


def test_a_kill_mid_way_leaves_nothing_running(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.start({"A": task({"mark": "killed", "sleep": 30})})
    wait_for(lambda: lab.calls("killed"))
    group = lab.emulator.pid or 0
    os.kill(group, signal.SIGKILL)
    lab.emulator.stop()
    wait_for(lambda: not pids_of_group(group))
