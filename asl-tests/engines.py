"""The two engines that run the workflow with mocked tasks, behind one interface.

What is known to differ between them stands here and nowhere else; the cases and their asserts are
the same.

* Which mocked response comes next: Step Functions Local counts the calls of a state over a whole
  execution; moto counts anew each time a state is entered. `_InOrder` makes moto count as Local.
* A mocked `States.Timeout`: Local throws it like any error; moto refuses names that begin with
  `States.`, and `_error_name` lets this one pass.
* A Choice without a rule that matches: Local, as AWS, calls that `States.NoChoiceMatched`; moto
  `States.Runtime`. `Moto.run` gives it AWS's name.
* Waits between tries: both take them in real time. With moto nobody sleeps; Local gets a definition
  whose waits are a second each (`_hurried`). How long they are in truth is checked without an
  engine, in checks/retries.py.
* Neither knows RedriveExecution: that what failed can be redriven is seen on the local AWS, in
  tests/end_to_end. Here it is seen that it fails in a state from which AWS redrives.

Step Functions Local was never run by those who wrote this: no Docker engine was at hand. What it is
told keeps to its documentation and to what others report of its version 2.0.0.
"""

import json
import logging
import time
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace
from functools import cache, lru_cache, partial
from types import SimpleNamespace
from typing import Any, Protocol
from unittest.mock import patch
from uuid import uuid4

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import mock_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend import execution
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker
from moto.stepfunctions.parser.mocking.mock_config import (
    MockedResponseReturn,
    MockedResponseThrow,
)

from .stories import Story, story_of
from .workflow import MACHINE, cases_mocked, responses

REGION = "eu-west-1"
_ROLE = "arn:aws:iam::123456789012:role/workflow"
_PATIENCE_SECONDS = 120


class Engine(Protocol):
    """Runs one case of MockConfigFile.json to its end."""

    def story(self, case: str, given: dict[str, Any]) -> Story: ...


class Moto:
    """moto's interpreter, in this process: a case takes some hundredths of a second."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self._definition = json.dumps(definition)
        logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)  # it tells of each fault

    def story(self, case: str, given: dict[str, Any]) -> Story:
        answers = {state: responses(name) for state, name in cases_mocked()[case].items()}
        return self.run(case, given, answers)

    def run(self, case: str, given: dict[str, Any], answers: dict[str, list[Any]]) -> Story:
        """One execution; `answers` are the mocked responses to each state's calls, in order."""
        with ExitStack() as stack:
            stack.enter_context(mock_aws(config={"stepfunctions": {"execute_state_machine": True}}))
            worker = partial(SyncExecutionWorker, mock_test_case=_mock_test_case(answers))
            for where, name, instead in (
                (execution, "ExecutionWorker", worker),
                (mock_eval_utils, "CustomErrorName", _error_name),
                (retrier_decl, "time", SimpleNamespace(sleep=lambda _: None)),
                (AmazonStateLanguageParser, "parse", _parsed_once),
            ):
                stack.enter_context(patch.object(where, name, instead))
            states = _client()
            machine = states.create_state_machine(
                name=MACHINE, definition=self._definition, roleArn=_ROLE
            )
            story = _end_of(states, _start(states, machine["stateMachineArn"], given), case)
        if "No branching option reached" in story.cause:
            return replace(story, error="States.NoChoiceMatched")
        return story


class StepFunctionsLocal:
    """AWS's own container, started with MockConfigFile.json (`make asl-tests-docker`).

    All cases start at once, so that their waits pass together.
    """

    def __init__(
        self, definition: dict[str, Any], endpoint: str, given: dict[str, dict[str, Any]]
    ) -> None:
        self._states = boto3.client(
            "stepfunctions",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
        )
        machine = self._states.create_state_machine(
            name=MACHINE, definition=json.dumps(_hurried(definition)), roleArn=_ROLE
        )["stateMachineArn"]
        self._started = {
            case: _start(self._states, f"{machine}#{case}", given[case]) for case in given
        }

    def story(self, case: str, given: dict[str, Any]) -> Story:
        return _end_of(self._states, self._started[case], case)


def _start(states: Any, machine: str, given: dict[str, Any]) -> str:
    answer = states.start_execution(
        stateMachineArn=machine, name=str(uuid4()), input=json.dumps(given)
    )
    return str(answer["executionArn"])


def _end_of(states: Any, arn: str, case: str) -> Story:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (described := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < deadline, f"{case} is still running"
        time.sleep(0.2)
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    return story_of(case, described, (event for page in pages for event in page["events"]))


def _hurried(definition: dict[str, Any]) -> dict[str, Any]:
    """The same definition with a second between all tries."""
    hurried = deepcopy(definition)
    for state in hurried["States"].values():
        for retrier in state.get("Retry", ()):
            retrier |= {"IntervalSeconds": 1, "BackoffRate": 1}
            retrier.pop("MaxDelaySeconds", None)
            retrier.pop("JitterStrategy", None)
    return hurried


class _InOrder:
    """A state's mocked responses, whichever number moto asks for."""

    def __init__(self, state: str, answers: list[Any]) -> None:
        self._state = state
        self._answers = iter(answers)

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, _: int) -> Any:
        answer = next(self._answers, None)
        if answer is None:
            raise RuntimeError(f"no mocked response is left for {self._state}")
        if "Return" in answer:
            return MockedResponseReturn(0, 0, answer["Return"])
        return MockedResponseThrow(0, 0, answer["Throw"]["Error"], answer["Throw"]["Cause"])


def _mock_test_case(answers: dict[str, list[Any]]) -> Any:
    """What moto reads of its own MockTestCase."""
    in_order = {
        state: SimpleNamespace(mocked_responses=_InOrder(state, given))
        for state, given in answers.items()
    }
    return SimpleNamespace(state_mocked_responses=in_order)


def _error_name(name: str) -> ErrorName:
    if name == "States.Timeout":
        return StatesErrorName(StatesErrorNameType.StatesTimeout)
    return CustomErrorName(name)


@cache
def _client() -> Any:
    return boto3.client("stepfunctions", region_name=REGION)


_parsed_once = lru_cache(maxsize=2)(AmazonStateLanguageParser.parse)
"""Parsing is most of what an execution costs, and a parsed definition can be run again."""
