"""A local run for the tests: the real template, functions, roles, mail and pages."""

import contextlib
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect, sync_playwright

from photo_tagger.domain.photo import PHOTO_HEADER, PhotoRecord
from photo_tagger.domain.start import StartRequest
from photo_tagger_local.inbox import StoredMail
from photo_tagger_local.ports import HOST, Ports
from photo_tagger_local.reviewer import filled_in, link_in
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options
from photo_tagger_local.samples import make_samples

PATIENCE_SECONDS = 120.0
Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str | Callable[[], str]) -> Found:
    """What `look` finds, asked until it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    told = what if isinstance(what, str) else what()
    raise AssertionError(f"not within {PATIENCE_SECONDS:.0f} s: {told}")


def ports_in_a_row() -> Ports:
    """Free ones, below those that the system gives to outgoing connections."""
    for first in range(20000 + os.getpid() % 100 * 100, 32000, 6):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + 6):
                held.enter_context(socket.socket()).bind((HOST, port))
            return Ports.from_first(first)
    raise AssertionError("no six free ports in a row")


class Shop:
    """What a test does to a local run, as staff and as the owner."""

    def __init__(self, run: LocalRun, samples: Path) -> None:
        self.run = run
        self.samples = samples
        self._mails: list[StoredMail] = []
        self.browser = httpx.Client(follow_redirects=True, timeout=60, trust_env=False)

    def drop(self, name: str, body: bytes) -> str:
        """Upload one file and return its photo id."""
        folder = self.samples.parent / f"drop-{time.monotonic_ns()}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
        dropped = self.run.drop(folder)
        shutil.rmtree(folder)
        return dropped.photo_ids[name]

    def drop_sample(self, sample: str, name: str) -> str:
        """Upload a sample photo under a name of its own, its bytes unlike all others."""
        unique = name.encode() + str(time.monotonic_ns()).encode()
        return self.drop(name, (self.samples / sample).read_bytes() + unique)

    def until(self, photo_id: str, *statuses: str) -> PhotoRecord:
        """The record, once its status is one of these."""

        def look() -> PhotoRecord | None:
            record = self.run.record(photo_id)
            return record if record and record.status in statuses else None

        wanted = " or ".join(statuses)
        return eventually(look, lambda: f"{photo_id} {wanted}; it is {self.state(photo_id)}")

    def until_ended(self, photo_id: str) -> dict[str, Any]:
        """The execution's description, once it is no longer running."""
        states = self.run.aws.client("stepfunctions")

        def look() -> dict[str, Any] | None:
            try:
                answer = states.describe_execution(executionArn=self.execution_arn(photo_id))
            except states.exceptions.ExecutionDoesNotExist:
                return None  # not started yet
            return answer if answer["status"] != "RUNNING" else None

        return eventually(look, f"the end of {photo_id}")

    def execution_arn(self, photo_id: str) -> str:
        """The ARN of a photo's first execution."""
        arn = self.run.outputs["StateMachine"].replace("stateMachine", "execution")
        return f"{arn}:{photo_id}"

    def until_failed(self, photo_id: str, state: str) -> dict[str, Any]:
        """The execution's description, once it failed in that state."""
        ended = self.until_ended(photo_id)
        assert (ended["status"], self.states_entered(photo_id)[-1]) == ("FAILED", state), ended
        return ended

    def redrive(self, photo_id: str) -> None:
        states = self.run.aws.client("stepfunctions")
        states.redrive_execution(executionArn=self.execution_arn(photo_id))

    def requeue(self, photo_id: str, start: int) -> None:
        """Ask for a photo's execution of that number."""
        sqs = self.run.aws.client("sqs")
        request = StartRequest(photo_id=photo_id, start=start, by_user="the admin")
        queue = sqs.get_queue_url(QueueName="pt-ready")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody=request.message())

    def reconcile(self) -> dict[str, int]:
        """What the schedule does once a day; answers what was found."""
        answer = self.run.aws.client("lambda").invoke(
            FunctionName="pt-watcher", Payload=json.dumps({"task": "reconcile"})
        )
        found: dict[str, int] = json.load(answer["Payload"])
        assert "FunctionError" not in answer, found
        return found

    def state(self, photo_id: str) -> str:
        record = self.run.record(photo_id)
        return record.status if record else "without a record"

    def mails_so_far(self, photo_id: str) -> list[StoredMail]:
        self._mails += self.run.inbox.messages(after=self._mails[-1].id if self._mails else "")
        return [mail for mail in self._mails if mail.message[PHOTO_HEADER] == photo_id]

    def mails(self, photo_id: str, count: int = 1) -> list[StoredMail]:
        """The mails about a photo, once there are as many."""

        def look() -> list[StoredMail] | None:
            found = self.mails_so_far(photo_id)
            return found if len(found) >= count else None

        return eventually(look, f"{count} mails about {photo_id}")

    def link(self, photo_id: str, mail: int = 1) -> str:
        return link_in(self.mails(photo_id, mail)[mail - 1])

    def open(self, link: str, action: str, **changes: Any) -> Callable[[], httpx.Response]:
        """Open the page behind a link and change some fields of a form; the click on its button."""
        page = self.browser.get(link)
        form = BeautifulSoup(page.text, "html.parser").select_one(f'form[action$="/{action}"]')
        assert form is not None, page.text
        url, fields = page.url.join(str(form["action"])), {**filled_in(form), **changes}
        return lambda: self.browser.post(url, data=fields)

    def post(self, link: str, action: str, **changes: Any) -> httpx.Response:
        """Open the page behind a link, change some fields of a form, and post it."""
        return self.open(link, action, **changes)()

    def listings(self, photo_id: str) -> list[Any]:
        return [product for product in self.run.shop.products() if product.photo_id == photo_id]

    def rows(self, table: str, photo_id: str) -> list[dict[str, Any]]:
        answer = self.run.aws.client("dynamodb").query(
            TableName=f"pt-{table}",
            KeyConditionExpression="photo_id = :photo",
            ExpressionAttributeValues={":photo": {"S": photo_id}},
        )
        return answer["Items"]

    def actions(self, photo_id: str) -> list[str]:
        """The words of the audit trail, in order."""
        return [row["action"] for row in self.run.audit_trail(photo_id)]

    def states_entered(self, photo_id: str) -> list[str]:
        pages = (
            self.run.aws.client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=self.execution_arn(photo_id))
        )
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def executions(self, *photos: str) -> list[str]:
        """The names of all executions there ever were of these photos, or of all."""
        pages = (
            self.run.aws.client("stepfunctions")
            .get_paginator("list_executions")
            .paginate(stateMachineArn=self.run.outputs["StateMachine"])
        )
        names = [execution["name"] for page in pages for execution in page["executions"]]
        return sorted(name for name in names if name.startswith(photos or ("",)))

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """While this lasts, what is dropped stays on the ready queue."""
        functions = self.run.aws.client("lambda")
        [mapping] = functions.list_event_source_mappings(FunctionName="pt-starter")[
            "EventSourceMappings"
        ]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextlib.contextmanager
    def unnoticed(self) -> Iterator[None]:
        """While this lasts, the drop bucket tells nobody what is put into it."""
        s3, bucket = self.run.aws.client("s3"), self.run.outputs["DropBucket"]
        kept = s3.get_bucket_notification_configuration(Bucket=bucket)
        kept.pop("ResponseMetadata")
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        try:
            yield
        finally:
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=kept)

    def everything_stored(self) -> str:
        """All rows of all four tables, as text."""
        dynamodb = self.run.aws.client("dynamodb")
        tables = ("drafts", "ack", "audit", "links")
        return json.dumps(
            {name: dynamodb.scan(TableName=f"pt-{name}")["Items"] for name in tables},
            sort_keys=True,
        )


def assert_decided_once(shop: Shop, photo_id: str, *, listed: bool = True) -> None:
    """One decision, one ack row, one listing (none for a rejection), and the execution's end."""
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert len(shop.rows("ack", photo_id)) == 1
    decisions = {"approved", "edited", "rejected", "try_again"}
    assert len([word for word in shop.actions(photo_id) if word in decisions]) == 1
    assert len(shop.listings(photo_id)) == int(listed)
    assert shop.state(photo_id) == ("listed" if listed else "rejected")


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "photos"
    make_samples(folder)
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """One local run for all tests that do not need their own."""
    with LocalRun(
        Options(tmp_path_factory.mktemp("run"), Ports.free(), parameters=A_MAIL_EACH)
    ) as run:
        yield Shop(run, samples)


@contextlib.contextmanager
def chromium() -> Iterator[Browser | None]:
    """The system's own browser, as Playwright brings none; None where there is none."""
    found = [shutil.which(name) for name in ("chromium", "google-chrome", "chrome")]
    executable = next(filter(None, found), None)
    if executable is None:
        yield None
        return
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with chromium() as found:
        if found is None:
            pytest.skip("no Chromium was found, so nothing was tried in a browser")
        yield found
