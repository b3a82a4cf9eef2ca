"""The roles are enforced: whoever lacks one action breaks just there, and loses nothing.

What each role grants is compared with the code in tests/static; here it shows that a missing grant
is felt. The state machine's role is not enforced by the local AWS.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .conftest import Shop, eventually

IN_TURN = (
    ("Resize", "resize", "s3:GetObjectVersion", ""),
    ("QualityGate", "quality-gate", "s3:GetObject", "rules.json"),
    ("ReadPhoto", "reader", "dynamodb:GetItem", "pt-drafts"),
    ("SaveDraft", "recorder", "dynamodb:PutItem", "pt-audit"),
    ("NotifyOwner", "notify", "ses:SendRawEmail", ""),
    ("WriteToStore", "store-writer", "s3:GetObject", ""),
)
"""Each state that a published photo goes through and may fail in, with a grant of its function."""


class Roles:
    """Takes single actions out of the functions' roles, and gives them back."""

    def __init__(self, run: LocalRun) -> None:
        self._iam = run.aws.client("iam")
        self._functions = run.aws.client("lambda")
        self._whole: dict[str, dict[str, Any]] = {}

    def take(self, function: str, action: str, resource: str = "") -> None:
        """Take an action on the resources whose ARN has this in it."""
        policy = self._policy(function)
        statements = policy["PolicyDocument"]["Statement"]
        left = [_without(statement, action, resource) for statement in statements]
        assert left != statements, f"{function} was never granted {action} on {resource}"
        self._whole[function] = policy
        kept = [statement for statement in left if statement["Action"]]
        self._put(policy, {**policy["PolicyDocument"], "Statement": kept})

    def give_back(self, function: str) -> None:
        """Make the role whole again."""
        policy = self._whole.pop(function)
        self._put(policy, policy["PolicyDocument"])

    def give_all_back(self) -> None:
        for function in list(self._whole):
            self.give_back(function)

    def _policy(self, function: str) -> dict[str, Any]:
        role = self._functions.get_function_configuration(FunctionName=f"pt-{function}")["Role"]
        name = role.rpartition("/")[2]
        [policy] = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        return self._iam.get_role_policy(RoleName=name, PolicyName=policy)

    def _put(self, policy: dict[str, Any], document: dict[str, Any]) -> None:
        self._iam.put_role_policy(
            RoleName=policy["RoleName"],
            PolicyName=policy["PolicyName"],
            PolicyDocument=json.dumps(document),
        )


def _without(statement: dict[str, Any], action: str, resource: str) -> dict[str, Any]:
    if resource not in str(statement["Resource"]):
        return statement
    return {**statement, "Action": [other for other in statement["Action"] if other != action]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """A run of its own: a role that lacks something would fail the photos of other tests."""
    with LocalRun(
        Options(tmp_path_factory.mktemp("roles"), Ports.free(), parameters=A_MAIL_EACH)
    ) as run:
        yield Shop(run, samples)


@pytest.fixture
def roles(shop: Shop) -> Iterator[Roles]:
    roles = Roles(shop.run)
    yield roles
    roles.give_all_back()


def started(shop: Shop, photo_id: str) -> bool:
    record = shop.run.record(photo_id)
    return bool(record and record.execution_arn)


def refused(shop: Shop, photo_id: str, state: str, action: str) -> str:
    """The execution that FAILED in this state for want of this action."""
    eventually(lambda: started(shop, photo_id), f"the start of {photo_id}")
    failed = shop.until_ended(photo_id)
    assert (failed["status"], shop.states_entered(photo_id)[-1]) == ("FAILED", state)
    assert f"not authorized to perform: {action} " in json.loads(failed["cause"])["errorMessage"]
    return str(failed["executionArn"])


def redrive(shop: Shop, execution_arn: str) -> None:
    shop.run.aws.client("stepfunctions").redrive_execution(executionArn=execution_arn)


def messages_in(shop: Shop, queue: str) -> int:
    """All messages of a queue, those that a function holds or that wait to be seen included."""
    sqs = shop.run.aws.client("sqs")
    counted = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(number) for number in counted.values())


def functions_log(shop: Shop) -> str:
    logs = shop.run.aws.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/pt/functions")
    return "\n".join(event["message"] for page in pages for event in page["events"])


def reconcile(shop: Shop) -> dict[str, Any]:
    return shop.run.aws.client("lambda").invoke(
        FunctionName="pt-watcher", Payload='{"task": "reconcile"}', LogType="Tail"
    )


@pytest.fixture(scope="module")
def late_photo(shop: Shop) -> str:
    """Dropped while the starter may start nothing; it comes back 20 s later, when it may again."""
    roles = Roles(shop.run)
    roles.take("starter", "states:StartExecution")
    photo_id = shop.drop_sample("chair.jpg", "late.jpg")
    refusal = "not authorized to perform: states:StartExecution "
    eventually(lambda: refusal in functions_log(shop), "the starter's refusal")
    roles.give_back("starter")
    return photo_id


def test_a_photo_that_may_not_be_started_stays_in_the_queue(shop: Shop, late_photo: str) -> None:
    assert not started(shop, late_photo)
    assert (messages_in(shop, "pt-ready"), messages_in(shop, "pt-ready-dlq")) == (1, 0)


def test_a_photo_fails_in_each_state_whose_function_lacks_one_action_and_goes_on_from_there(
    shop: Shop, roles: Roles
) -> None:
    for _, function, action, resource in IN_TURN:
        roles.take(function, action, resource)
    photo_id = shop.drop_sample("white-sofa.jpg", "hindered.jpg")
    for state, function, action, _ in IN_TURN:
        if state == "WriteToStore":
            shop.post(shop.link(photo_id), "approve")
        execution_arn = refused(shop, photo_id, state, action)
        assert not shop.listings(photo_id)
        if state == "SaveDraft":
            # Neither the draft nor its row in the audit trail: the transaction is whole or nothing.
            assert getattr(shop.run.record(photo_id), "draft", "no record") is None
        roles.give_back(function)
        redrive(shop, execution_arn)
    shop.until(photo_id, "listed")
    assert len(shop.listings(photo_id)) == 1
    assert len(shop.mails(photo_id)) == 1


def test_an_original_that_may_not_be_deleted_is_moved_after_a_redrive(
    shop: Shop, roles: Roles
) -> None:
    s3, bucket = shop.run.aws.client("s3"), shop.run.outputs["DropBucket"]
    roles.take("flagger", "s3:DeleteObjectVersion")
    photo_id = shop.drop("letter.jpg", b"Dear shop, this is no photo.")
    execution_arn = refused(shop, photo_id, "FlagPhoto", "s3:DeleteObjectVersion")
    assert s3.get_object(Bucket=bucket, Key="letter.jpg")["Body"].read().startswith(b"Dear shop")

    roles.give_back("flagger")
    redrive(shop, execution_arn)
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert "Versions" not in s3.list_object_versions(Bucket=bucket, Prefix="letter.jpg")
    record = shop.run.record(photo_id)
    assert record
    assert record.flagged
    copy = s3.get_object(Bucket=record.flagged.bucket, Key=record.flagged.key)
    assert copy["Body"].read().startswith(b"Dear shop")


def test_a_decision_that_may_not_be_recorded_is_not_taken(shop: Shop, roles: Roles) -> None:
    photo_id = shop.drop_sample("wicker-basket.jpg", "undecided.jpg")
    link = shop.link(photo_id)
    before = shop.actions(photo_id)
    roles.take("ack-handler", "dynamodb:PutItem", "pt-ack")
    assert shop.post(link, "approve").status_code >= 500
    record = shop.run.record(photo_id)
    assert record
    assert (record.status, record.decision) == ("waiting", None)
    assert (shop.actions(photo_id), shop.rows("ack", photo_id)) == (before, [])

    roles.give_back("ack-handler")
    assert shop.post(link, "approve").status_code == 200
    shop.until(photo_id, "listed")
    assert len(shop.rows("ack", photo_id)) == 1


def test_a_reconcile_that_may_not_look_fails_and_a_warm_process_has_the_grant_at_once(
    shop: Shop, roles: Roles
) -> None:
    assert "FunctionError" not in reconcile(shop)
    roles.take("watcher", "s3:ListBucketVersions")
    failed = reconcile(shop)
    assert "FunctionError" in failed
    refusal = "not authorized to perform: s3:ListBucketVersions "
    assert refusal in json.loads(failed["Payload"].read())["errorMessage"]

    roles.give_back("watcher")
    done = reconcile(shop)
    assert "FunctionError" not in done
    assert '"cold_start":false' in base64.b64decode(done["LogResult"]).decode()


def test_the_photo_that_could_not_be_started_has_its_draft(shop: Shop, late_photo: str) -> None:
    assert len(shop.mails(late_photo)) == 1
    assert shop.actions(late_photo).count("started") == 1
    assert messages_in(shop, "pt-ready-dlq") == 0
