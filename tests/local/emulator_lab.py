"""The embedded AWS with one function, and what tests do with it."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.exceptions import ClientError

from photo_tagger_local.aws.emulator import Emulator

ACCOUNT = "000000000000"
REGION = "ap-southeast-1"
PATIENCE_SECONDS = 60.0
BOOTSTRAP = f'#!/bin/sh\nexec {sys.executable} -m awslambdaric "$_HANDLER"\n'
HANDLER = """
import json, os, time
import boto3


class NamedError(Exception):
    pass


def note(event):
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(json.dumps(event) + "\\n")


def handle(event, context):
    note(event)
    time.sleep(event.get("sleep", 0))
    marker = os.environ["CALLS"] + "." + event.get("until", "never")
    if event.get("fails") and not os.path.exists(marker):
        raise NamedError("asked to fail")
    if event.get("answers"):
        boto3.client("stepfunctions").send_task_success(
            taskToken=event["token"], output=json.dumps("answered at once"))
    if event.get("redrives"):
        boto3.client("stepfunctions").redrive_execution(executionArn=event["redrives"])
    return event.get("returns")


def consume(event, context):
    body = json.loads(event["Records"][0]["body"])
    note({**body, "receives": event["Records"][0]["attributes"]["ApproximateReceiveCount"]})
    time.sleep(body.get("sleep", 0))


def serve(event, context):
    got = {"list": event.get("cookies"), "header": event.get("headers", {}).get("cookie")}
    return {"statusCode": 200, "body": json.dumps(got), "cookies": ["a=1; Secure", "b=2"]}
"""
T = TypeVar("T")


def wait_for(what: Callable[[], T]) -> T:
    """The first truthy result of `what`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if result := what():
            return result
        time.sleep(0.05)
    raise AssertionError(f"nothing within {PATIENCE_SECONDS:.0f} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_emulator(directory: Path, **options: Any) -> Emulator:
    settings: dict[str, Any] = {"port": free_port(), "smtp_port": free_port()} | options
    return Emulator(
        state_dir=directory / "aws",
        bedrock_endpoint=None,
        log_file=directory / "aws.log",
        functions_env={"CALLS": str(directory / "calls")},
        **settings,
    )


class Lab:
    """An emulator with one function, and the means to run a state machine in one line."""

    def __init__(self, directory: Path, settings: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.emulator = make_emulator(directory)
        self.emulator.functions_env |= settings or {}
        self.emulator.start()
        self.functions = self.emulator.client("lambda")
        self.states = self.emulator.client("stepfunctions")
        self.role = self.make_role("lab", ["states:SendTaskSuccess"])
        self.add_function("task", "code.handle", self.role)

    def make_role(self, name: str, actions: list[str]) -> str:
        iam = self.emulator.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
        arn = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=policy({**trust, "Action": "sts:AssumeRole"}),
        )["Role"]["Arn"]
        allow = policy({"Effect": "Allow", "Action": actions, "Resource": "*"})
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=allow)
        return str(arn)

    def add_function(self, name: str, handler: str, role: str, timeout: int = 10) -> None:
        self.functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler=handler,
            Role=role,
            Timeout=timeout,
            Code={"ZipFile": code_zip()},
        )

    def start(self, states: dict[str, Any], data: Any = None, **more: Any) -> str:
        """Start an execution of a machine with these states; its ARN."""
        name = f"machine-{time.monotonic_ns()}"
        machine = self.states.create_state_machine(
            name=name,
            roleArn=self.role,
            definition=json.dumps({"StartAt": next(iter(states)), "States": states}),
        )["stateMachineArn"]
        started = self.states.start_execution(
            stateMachineArn=machine, input=json.dumps(data or {}), **more
        )
        return str(started["executionArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.states.describe_execution(executionArn=arn))

    def end_of(self, arn: str) -> dict[str, Any]:
        def closed() -> dict[str, Any] | None:
            found = self.describe(arn)
            return found if found["status"] != "RUNNING" else None

        return wait_for(closed)

    def events(self, arn: str) -> list[str]:
        return [event["type"] for event in self.history(arn)]

    def history(self, arn: str) -> list[dict[str, Any]]:
        return list(self.states.get_execution_history(executionArn=arn)["events"])

    def calls(self, mark: str) -> list[dict[str, Any]]:
        """The events that functions noted and that carry this mark."""
        path = self.directory / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if call.get("mark") == mark]

    def token(self, mark: str, number: int = 1) -> str:
        wait_for(lambda: len(self.calls(mark)) >= number)
        return str(self.calls(mark)[number - 1]["token"])

    def until_saved(self) -> None:
        """Until a snapshot holds all that was answered so far.

        A write is in the journal until then; so is one more, made here as the last of them.
        """
        name = f"saved-{time.monotonic_ns()}"
        self.states.create_state_machine(
            name=name,
            roleArn=self.make_role(name, ["states:SendTaskSuccess"]),
            definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        )
        journal = list((self.directory / "aws/state").glob("journal.*"))
        wait_for(lambda: not any(path.exists() for path in journal))

    def kill(self) -> None:
        """End the emulator's process at once, as a crash would, and what is left of it."""
        os.kill(self.emulator.pid or 0, signal.SIGKILL)
        self.emulator.stop()

    def restart(self) -> None:
        self.emulator.stop()
        self.emulator.start()

    def succeed(self, token: str, output: Any = "yes") -> None:
        self.states.send_task_success(taskToken=token, output=json.dumps(output))

    def let_pass(self, name: str) -> None:
        """From now on, calls that fail `until` this name succeed."""
        (self.directory / f"calls.{name}").touch()


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def code_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.external_attr = 0o755 << 16
        archive.writestr(bootstrap, BOOTSTRAP)
        archive.writestr("code.py", HANDLER)
    return packed.getvalue()


def task(payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "task", "Payload": payload},
        "ResultSelector": {"value.$": "$.Payload"},
        "ResultPath": "$.result",
        "End": True,
    } | fields


def token_task(payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
    with_token = payload | {"token.$": "$$.Task.Token"}
    waits = {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}
    state = task(with_token) | waits | fields
    del state["ResultSelector"]
    return state


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def pids_of_group(group: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, pgid, stat in rows if int(pgid) == group and stat[0] != "Z"]


def as_role(lab: Lab, granted: dict[str, str]) -> Callable[[str], Any]:
    """Clients with a role's session, which may take each action on its one resource."""
    name = f"role-{time.monotonic_ns()}"
    arn = lab.make_role(name, ["sts:GetCallerIdentity"])
    iam = lab.emulator.client("iam")
    for number, (action, resource) in enumerate(granted.items()):
        document = policy({"Effect": "Allow", "Action": action, "Resource": resource})
        iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=document)
    keys = lab.emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")[
        "Credentials"
    ]
    return lambda service: boto3.client(
        service,
        endpoint_url=lab.emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def redrivable(lab: Lab, mark: str) -> str:
    """A FAILED execution: `First` succeeded, `Second` fails until `let_pass(mark)`."""
    second = {"mark": mark, "state": "Second", "fails": True, "until": mark, "got.$": "$.result"}
    states = {
        "First": task({"mark": mark, "state": "First", "returns": "from First"}, Next="Second"),
        "Second": task(second),
    }
    del states["First"]["End"]
    arn = lab.start(states)
    assert lab.end_of(arn)["status"] == "FAILED"
    return arn
