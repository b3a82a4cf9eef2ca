"""What the admin does from a terminal: see what failed, mend it, redrive it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photo_tagger_cli.workflow import Workflow
from photo_tagger_local.ports import REGION, Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .conftest import Shop, eventually, ports_in_a_row

COMMAND = [sys.executable, "-m", "photo_tagger_cli.main"]
KEYLESS = '{"signing_key": ""}'


@pytest.fixture(scope="module")
def failing_shop(
    tmp_path_factory: pytest.TempPathFactory, samples: Path
) -> Iterator[tuple[Shop, Ports]]:
    """A run of its own, since its executions are counted."""
    ports = ports_in_a_row()
    options = Options(tmp_path_factory.mktemp("admin"), ports, parameters=A_MAIL_EACH)
    with LocalRun(options) as run:
        yield Shop(run, samples), ports


class Admin:
    """A person at a terminal."""

    def __init__(self, shop: Shop, ports: Ports) -> None:
        self.shop = shop
        self._local = ["--local", "--port", str(ports.console)]
        self._secrets = shop.run.aws.client("secretsmanager")
        self._key = self._secrets.get_secret_value(SecretId="pt/store/api")["SecretString"]

    def take_the_key_away(self) -> None:
        self._secrets.put_secret_value(SecretId="pt/store/api", SecretString=KEYLESS)

    def put_the_key_back(self) -> None:
        self._secrets.put_secret_value(SecretId="pt/store/api", SecretString=self._key)

    def fail(self, name: str) -> str:
        """A photo that is approved and fails for want of the store's key."""
        self.take_the_key_away()
        photo_id = self.shop.drop_sample("white-sofa.jpg", name)
        self.shop.post(self.shop.link(photo_id), "approve")
        self.shop.until_failed(photo_id, "WriteToStore")
        eventually(lambda: "failed" in self.shop.actions(photo_id), f"{photo_id} on the trail")
        return photo_id

    def history(self, photo_id: str) -> list[str]:
        states = self.shop.run.aws.client("stepfunctions")
        pages = states.get_paginator("get_execution_history").paginate(
            executionArn=self.shop.execution_arn(photo_id)
        )
        return [event["type"] for page in pages for event in page["events"]]

    def runs(self, *arguments: str) -> tuple[int, str]:
        return run(*arguments, *self._local)


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and all that was said, free of tracebacks."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "COLUMNS"))}
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=kept | NO_AWS | environment,
    )
    told = done.stdout + done.stderr
    assert "Traceback" not in told, told
    return done.returncode, told


NO_AWS = {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""No settings of the machine's owner."""


@pytest.fixture
def admin(failing_shop: tuple[Shop, Ports]) -> Iterator[Admin]:
    admin = Admin(*failing_shop)
    yield admin
    admin.put_the_key_back()


def test_a_failed_photo_is_shown_mended_and_redriven(admin: Admin) -> None:
    photo_id = admin.fail("keyless.jpg")

    # What failed is told, and how to mend it
    exit_code, told = admin.runs("executions")
    assert exit_code == 0
    assert f"{photo_id}  FAILED in WriteToStore, " in told
    assert "second" in told
    assert "The store's key is missing: pt/store/api holds no signing_key" in told
    assert "errorMessage" not in told
    assert "http" not in told
    assert "1 FAILED" in told

    # A dry run changes nothing
    before = admin.history(photo_id), admin.shop.everything_stored()
    exit_code, told = admin.runs("redrive", "--all-failed", "--dry-run")
    assert exit_code == 0
    assert f"{photo_id}  FAILED in WriteToStore, can be redriven" in told
    assert "The store's key is missing" in told
    assert "1 of 1 can be redriven; nothing was changed." in told
    assert (admin.history(photo_id), admin.shop.everything_stored()) == before

    # Redriven too early, it fails again
    exit_code, told = admin.runs("redrive", photo_id)
    assert exit_code == 1
    assert f"{photo_id}  redriven in WriteToStore" in told
    assert f"{photo_id}  FAILED again in WriteToStore" in told
    assert told.count("The store's key is missing") == 1
    assert "0 of 1 went on." in told

    # Mended, it goes on to its end
    admin.put_the_key_back()
    exit_code, told = admin.runs("redrive", photo_id)
    assert f"{photo_id}  SUCCEEDED went on past WriteToStore to its end" in told
    assert exit_code == 0
    admin.shop.until(photo_id, "listed")
    assert len(admin.shop.listings(photo_id)) == 1
    assert admin.history(photo_id).count("ExecutionRedriven") == 2

    # There is no second time
    exit_code, told = admin.runs("redrive", photo_id)
    assert exit_code == 1
    assert f"{photo_id}  cannot be redriven: it came to its end" in told
    assert admin.history(photo_id).count("ExecutionRedriven") == 2
    assert admin.runs("executions", "--status", "FAILED") == (
        0,
        "No photo's execution is FAILED.\n",
    )
    assert photo_id in admin.runs("executions", "--status", "SUCCEEDED")[1]


def test_what_cannot_be_redriven_does_not_hold_up_the_rest(admin: Admin) -> None:
    failed = admin.fail("one-of-three.jpg")
    waiting = admin.shop.drop_sample("white-sofa.jpg", "waiting.jpg")
    admin.shop.mails(waiting)
    admin.put_the_key_back()

    exit_code, told = admin.runs("redrive", "nonsense", waiting, failed, failed)

    assert exit_code == 1
    assert "nonsense  cannot be redriven: there is no such photo" in told
    assert f"{waiting}  cannot be redriven: it is running" in told
    assert told.count(f"{failed}  redriven in WriteToStore") == 1
    assert "1 of 3 went on." in told
    assert f"{waiting}  RUNNING in NotifyOwner, started " in admin.runs("executions")[1]


def test_two_who_redrive_the_same_failure_redrive_it_once(admin: Admin) -> None:
    photo_id = admin.fail("twice.jpg")
    admin.put_the_key_back()
    workflow = Workflow(admin.shop.run.aws.client("stepfunctions"), "pt")
    failure = workflow.standing(photo_id)

    workflow.redrive(photo_id, failure)
    workflow.redrive(photo_id, failure)
    admin.shop.until(photo_id, "listed")
    workflow.redrive(photo_id, failure)

    assert admin.history(photo_id).count("ExecutionRedriven") == 1


def test_what_a_person_stopped_is_shown_and_left_out_of_all_failed(admin: Admin) -> None:
    stopped = admin.shop.drop_sample("white-sofa.jpg", "stopped.jpg")
    admin.shop.mails(stopped)
    arn = admin.shop.execution_arn(stopped)
    admin.shop.run.aws.client("stepfunctions").stop_execution(executionArn=arn)

    assert f"{stopped}  ABORTED in NotifyOwner, " in admin.runs("executions")[1]
    assert admin.runs("redrive", "--all-failed") == (
        0,
        "There is nothing to redrive: no photo failed.\n",
    )
    exit_code, told = admin.runs("redrive", "--dry-run", arn)
    assert exit_code == 0
    assert f"{stopped}  ABORTED in NotifyOwner, can be redriven" in told


def test_a_photo_that_was_set_aside_is_requeued_once_by_name(admin: Admin) -> None:
    dark = admin.shop.drop_sample("guitar-on-stage.jpg", "requeue-me.jpg")
    admin.shop.until(dark, "flagged")
    admin.shop.until_ended(dark)

    exit_code, told = admin.runs("requeue", dark)
    assert f"{dark}  queued: it is drafted whatever the gate says" in told
    assert exit_code == 0
    admin.shop.until(dark, "waiting")
    [requeued] = [row for row in admin.shop.run.audit_trail(dark) if row["action"] == "requeued"]
    assert requeued["by_user"] == "arn:aws:iam::000000000000:root"

    exit_code, told = admin.runs("requeue", dark)
    assert exit_code == 1
    assert f"{dark}  cannot be re-queued: it is on its way" in told
    admin.shop.post(admin.shop.link(dark), "approve", description="Now it is wanted.")
    admin.shop.until(dark, "listed")
    exit_code, told = admin.runs("requeue", dark, "nonsense")
    assert exit_code == 1
    assert f"{dark}  cannot be re-queued: it is in the shop" in told
    assert "nonsense  cannot be re-queued: there is no such photo" in told
    assert "0 of 2 queued." in told


def test_a_failed_photo_is_to_be_redriven_rather_than_requeued(admin: Admin) -> None:
    photo_id = admin.fail("redrive-me.jpg")
    exit_code, told = admin.runs("requeue", photo_id)
    assert exit_code == 1
    assert f"`photo-tagger redrive {photo_id}` takes it on from where it failed" in told
    assert admin.shop.state(photo_id) == "approved"


def test_on_aws_each_execution_has_its_page_in_one_piece(admin: Admin) -> None:
    photo_id = admin.fail("on-aws.jpg")
    aws = {
        "AWS_ENDPOINT_URL": admin.shop.run.aws.endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    exit_code, told = run("executions", COLUMNS="60", **aws)
    assert exit_code == 0
    lines = told.splitlines()
    [headline] = [line for line in lines if line.startswith(f"{photo_id}  FAILED in WriteToStore")]
    page = lines[lines.index(headline) + 2].strip()
    assert page.startswith(f"https://{REGION}.console.aws.amazon.com/states/home?region={REGION}#")
    assert page.endswith(f":execution:pt-photo:{photo_id}")

    admin.put_the_key_back()
    exit_code, told = run("redrive", photo_id, **aws)
    assert exit_code == 0
    admin.shop.until(photo_id, "listed")

    exit_code, told = run("executions", "--prefix", "other", **aws)
    assert exit_code == 1
    assert "there is no state machine other-photo in ap-southeast-1" in told


def test_a_listing_is_taken_out_of_the_shop_again(admin: Admin) -> None:
    photo_id = admin.shop.drop_sample("white-sofa.jpg", "regretted.jpg")

    exit_code, told = admin.runs("undo", photo_id, "--yes")
    assert exit_code == 1
    assert "cannot be taken back: it is " in told
    admin.shop.post(admin.shop.link(photo_id), "approve")
    admin.shop.until(photo_id, "listed")
    assert len(admin.shop.listings(photo_id)) == 1

    exit_code, told = admin.runs("undo", photo_id)
    assert exit_code == 1
    assert "was made for this photo: it is taken out of the shop" in told
    assert "add --yes" in told
    assert len(admin.shop.listings(photo_id)) == 1

    exit_code, told = admin.runs("undo", photo_id, "--yes")
    assert exit_code == 0
    assert admin.shop.listings(photo_id) == []
    assert admin.shop.state(photo_id) == "withdrawn"
    assert admin.shop.actions(photo_id)[-1] == "withdrawn"


def test_the_store_is_checked_before_the_first_photo(admin: Admin) -> None:
    exit_code, told = admin.runs("store", "check")
    assert exit_code == 0
    assert "/api/listings answers, and takes our signature." in told

    admin.take_the_key_away()
    exit_code, told = admin.runs("store", "check")
    assert exit_code == 1
    assert "The store's key is missing: pt/store/api holds no signing_key" in told


def test_a_local_run_that_is_not_there_is_named_with_how_to_start_one() -> None:
    first = ports_in_a_row().console
    for command in (["executions"], ["redrive", "--all-failed"]):
        exit_code, told = run(*command, "--local", "--port", str(first))
        assert exit_code == 1
        assert f"no local run answers on port {first}: start one with `photo-tagger local" in told
        assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["redrive"], "one of the arguments ID --all-failed is required"),
        (["redrive", "x", "--all-failed"], "not allowed with argument"),
        (["redrive", "--all-failed", "--port", "9000"], "add --local"),
        (["executions", "--status", "DONE"], "invalid choice: 'DONE'"),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], told: str) -> None:
    exit_code, said = run(*arguments)
    assert exit_code == 2
    assert told in said


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}


def test_without_a_region_or_credentials_it_is_said_what_to_set() -> None:
    exit_code, told = run("executions", **KEYS)
    assert (exit_code, told.count("\n")) == (1, 1)
    assert "Set AWS_REGION" in told

    exit_code, told = run("executions", AWS_REGION=REGION)
    assert (exit_code, told.count("\n")) == (1, 1)
    assert "no AWS credentials" in told
    assert "aws sso login" in told

    exit_code, told = run("executions", AWS_REGION=REGION, AWS_PROFILE="shop")
    assert (exit_code, told.count("\n")) == (1, 1)
    assert "shop" in told
    assert "set AWS_PROFILE" in told


@pytest.mark.parametrize(
    ("code", "message", "what_to_do"),
    [
        ("ExpiredTokenException", "The security token is expired", "run `aws sso login`"),
        ("UnrecognizedClientException", "The security token is invalid", "set AWS_PROFILE"),
        (
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/ann is not authorized to perform: states:ListStateMachines",
            "not authorized to perform: states:ListStateMachines",
        ),
    ],
)
def test_what_aws_refuses_is_one_sentence(
    http_server: Any, code: str, message: str, what_to_do: str
) -> None:
    http_server.will_answer(400, {"__type": code, "message": message})
    exit_code, told = run(
        "redrive", "--all-failed", AWS_ENDPOINT_URL=http_server.url, AWS_REGION=REGION, **KEYS
    )
    assert (exit_code, told.count("\n")) == (1, 1)
    assert what_to_do in told
