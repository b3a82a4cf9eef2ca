"""One local run: the emulator, the stand-ins around it, and the product deployed into it."""

import base64
import contextlib
import fcntl
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from photo_tagger.aws.attributes import from_item
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger_local import bedrock_relay, review_proxy
from photo_tagger_local.aws.emulator import Emulator
from photo_tagger_local.console import create_console_app
from photo_tagger_local.demo_reader.server import create_app as create_demo_reader
from photo_tagger_local.deploy import DeployError, Project, deploy
from photo_tagger_local.drive_lane import DriveLane
from photo_tagger_local.errors import CommandError
from photo_tagger_local.inbox import Inbox
from photo_tagger_local.photo_files import photos_in
from photo_tagger_local.ports import HOST, REGION, Ports
from photo_tagger_local.progress import Progress
from photo_tagger_local.shop import Shop
from photo_tagger_local.stores import STORES
from photo_tagger_local.stores.played import PlayedStore
from photo_tagger_local.template import ROOT, read_template
from photo_tagger_local.web import WebServer

OWNER = "Shop Owner <owner@shop.example>"
DEMO_READER = "demo-reader"
_DEMO_NOTE = (
    "Drafted by the built-in demo reader, which knows few things; the real model knows more."
)


WEBHOOK = "webhook"
"""The store that the shop page of the console takes part of."""

A_MAIL_EACH = {"CardsPerHour": "1000000"}
"""For a run whose reviewer answers each draft's own mail, however many there are."""


@dataclass(frozen=True)
class Options:
    """How a local run is to be: `parameters` of the template that differ from their defaults.

    `store` is the store that is played, by its name in template.yaml. `drive` is a folder that
    plays the shop's Google Drive folder.
    """

    state: Path
    ports: Ports
    bedrock: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    store: str = WEBHOOK
    drive: Path | None = None


class StateInUseError(CommandError):
    """Another run has this state; the message says what to do."""


@dataclass(frozen=True)
class Dropped:
    """What became of a folder: photo ids by file name, and the files that are no photos."""

    photo_ids: dict[str, str]
    ignored: list[str]


class LocalRun:
    """Everything a laptop needs, started together and ended together.

    With the `state` of an earlier run it goes on where that one was.
    """

    def __init__(self, options: Options) -> None:
        state, ports = options.state.resolve(), options.ports
        self._goes_on = (state / "aws").exists()
        state.mkdir(parents=True, exist_ok=True)
        self._options = options
        self._state = state
        self._store_key = _kept_secret(state / "store-key")
        self._running = contextlib.ExitStack()
        self.inbox = Inbox(state / "inbox", ports.smtp)
        self.shop = Shop(state / "shop", self._store_key)
        self._store = self._played_store()
        self._drive = DriveLane(options.drive, state) if options.drive else None
        self.aws = Emulator(
            ports.aws,
            state / "aws",
            ports.smtp,
            f"http://{HOST}:{ports.reader}",
            REGION,
            log_file=state / "aws.log",
        )
        self.addresses = {
            "inbox": f"http://{HOST}:{ports.console}/inbox",
            "shop": f"http://{HOST}:{ports.console}/shop",
            "review": f"http://{HOST}:{ports.review}/",
            "aws": self.aws.endpoint,
        }
        if self._store:
            self.addresses["shop"] = self._store_root
        self.outputs: dict[str, str] = {}

    def __enter__(self) -> Self:
        ports = self._options.ports
        with contextlib.ExitStack() as starting:
            starting.enter_context(_held(self._state))
            self._serve(starting, self._reader(), ports.reader)
            self.inbox.start()
            starting.callback(self.inbox.stop)
            store = self._store_root if self._store else None
            console = create_console_app(self.inbox, self.shop, self.addresses, store)
            self._serve(starting, console, ports.console)
            if self._store:
                self._serve(starting, self._store.app(), ports.store)
            if self._drive:
                starting.enter_context(self._drive.served())
            starting.enter_context(self.aws)
            self._deploy()
            self._serve(starting, self._review_pages(), ports.review)
            if self._drive:
                starting.enter_context(self._drive.watched(self.aws.client("lambda")))
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def drop(self, photos: Path) -> Dropped:
        """Upload the files of a folder, each once.

        A file that an earlier run with this state dropped is not dropped again until it changes.
        """
        known = _read_json(self._state / "dropped.json")
        files = photos_in(photos)
        ignored = [path.relative_to(photos).as_posix() for path in files.ignored]
        dropped = Dropped({}, ignored)
        for path in files.photos:
            key = path.relative_to(photos).as_posix()
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            if known.get(key, {}).get("sha256") != digest:
                known[key] = {"sha256": digest, "photo_id": self._upload(key, body)}
                _write_json(self._state / "dropped.json", known)
            dropped.photo_ids[key] = known[key]["photo_id"]
        return dropped

    def record(self, photo_id: str) -> PhotoRecord | None:
        """The photo's record as it is now, or None before the starter wrote one."""
        answer = self.aws.client("dynamodb").get_item(
            TableName="pt-drafts", Key={"photo_id": {"S": photo_id}}, ConsistentRead=True
        )
        return PhotoRecord.model_validate(from_item(answer["Item"])) if "Item" in answer else None

    def audit_trail(self, photo_id: str) -> list[dict[str, Any]]:
        """Every audit row of a photo, oldest first."""
        pages = (
            self.aws.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName="pt-audit",
                KeyConditionExpression="photo_id = :photo",
                ExpressionAttributeValues={":photo": {"S": photo_id}},
            )
        )
        return [from_item(item) for page in pages for item in page["Items"]]

    def progress(self) -> Progress:
        """A new follower of all executions."""
        return Progress(self.aws.client("stepfunctions"), self.outputs["StateMachine"])

    def _upload(self, key: str, body: bytes) -> str:
        """The photo's id; a run that was killed may have uploaded it and not noted that."""
        s3, bucket = self.aws.client("s3"), self.outputs["DropBucket"]
        try:
            answer = s3.head_object(Bucket=bucket, Key=key)
            there = answer["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            there = False
        if not there:
            answer = s3.put_object(Bucket=bucket, Key=key, Body=body)
        return photo_id(bucket, key, answer["VersionId"])

    def _serve(self, starting: contextlib.ExitStack, app: ASGIApp, port: int) -> None:
        server = WebServer(app, port)
        server.start()
        starting.callback(server.stop)

    def _reader(self) -> ASGIApp:
        return bedrock_relay.create_app(REGION) if self._options.bedrock else create_demo_reader()

    def _review_pages(self) -> ASGIApp:
        """The Function URL under an address that a browser can open, under that name only."""
        routes = review_proxy.routes(self.aws.endpoint, self.outputs["ReviewUrl"])
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
        return Starlette(routes=list(routes), middleware=[hosts])

    def _deploy(self) -> None:
        project = Project(root=ROOT, build=self._state / "requirements")
        self.outputs = deploy(self.aws, project, self._parameters())
        self._put_documents()
        self.aws.client("secretsmanager").put_secret_value(
            SecretId=self.outputs["StoreSecret"],
            SecretString=self._store_secret(),
        )
        if self._drive:
            self.aws.client("secretsmanager").put_secret_value(
                SecretId=self.outputs["DriveSecret"], SecretString=self._drive.key_file()
            )
        if self._goes_on:
            self._reconcile()

    def _played_store(self) -> PlayedStore | None:
        """The store beside the console's own shop; None where that is the store."""
        kind = self._options.store
        return None if kind == WEBHOOK else STORES[kind](self._state / kind)

    @property
    def _store_root(self) -> str:
        return f"http://{HOST}:{self._options.ports.store}"

    def _store_secret(self) -> str:
        if self._store:
            return self._store.secret(self._store_root)
        return json.dumps({"signing_key": self._store_key})

    def _put_documents(self) -> None:
        """The sample style and rules docs, unless this state has docs of its own."""
        s3, bucket = self.aws.client("s3"), self.outputs["RulesBucket"]
        there = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
        for name in {"style.json", "rules.json"} - there:
            body = (ROOT / "samples" / name).read_bytes()
            s3.put_object(Bucket=bucket, Key=name, Body=body)

    def _reconcile(self) -> None:
        """Start what an earlier run took but never started."""
        answer = self.aws.client("lambda").invoke(
            FunctionName="pt-watcher", Payload=json.dumps({"task": "reconcile"})
        )
        if "FunctionError" in answer:
            raise DeployError(f"Reconcile failed: {answer['Payload'].read().decode()}")

    def _parameters(self) -> dict[str, str]:
        parameters = {
            "SenderAddress": "photo-tagger@shop.example",
            "Reviewers": OWNER,
            "AdminAddress": "admin@shop.example",
            "StoreUrl": f"http://{HOST}:{self._options.ports.console}/api/listings",
            "ReviewBaseUrl": self.addresses["review"],
        }
        if not self._options.bedrock:
            parameters |= {
                "ModelId": DEMO_READER,
                "FoundationModel": DEMO_READER,
                "ReaderNote": _DEMO_NOTE,
            }
        if self._store:
            parameters |= self._store.parameters(self._store_root)
        if self._drive:
            parameters |= self._drive.parameters()
        known = read_template(ROOT / "template.yaml")["Parameters"]
        for name in self._options.parameters.keys() - known.keys():
            raise DeployError(f"template.yaml has no parameter {name}; it has {', '.join(known)}")
        return parameters | dict(self._options.parameters)


@contextlib.contextmanager
def _held(state: Path) -> Iterator[None]:
    """Keep the state to one run at a time; the hold ends with the process, however it ends."""
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateInUseError(
                f"{state} is in use by another local run: end that one, or choose another --state."
            ) from error
        yield


def _kept_secret(path: Path) -> str:
    """A random key of this state, made at its first use and readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")
    return path.read_text()


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1))
    new.replace(path)
