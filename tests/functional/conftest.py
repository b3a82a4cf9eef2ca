"""The real handlers on AWS in memory (moto), made from the product's own template."""

from __future__ import annotations

import base64
import importlib
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, quote_plus, urlencode

import boto3
import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.loaders import create_loader
from bs4 import BeautifulSoup
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from PIL import Image

from photo_tagger import environment
from photo_tagger.aws.attributes import from_item
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger_local.template import read_template, resources_of

REGION = "ap-southeast-1"
ROOT = Path(__file__).parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
ANN, BOB = "Ann <ann@shop.example>", "bob@shop.example"
PARAMETERS = {
    "SenderAddress": "tagger@shop.example",
    "Reviewers": f"{ANN}, {BOB}",
    "AdminAddress": "admin@shop.example",
    "StoreUrl": "http://store.invalid",
    "ReviewBaseUrl": "https://review.example",
}
_MODELS = create_loader()
"""The services' models, parsed once for all tests: that is most of what a new client costs."""

STYLE = {
    "version": "7",
    "categories": ["Furniture", "Kitchen & dining"],
    "tags": ["sofa", "chair", "black", "white"],
    "preferred_words": {"couch": "sofa"},
}
RULES = {"version": "3", "sharpness": {"min": 0}, "min_edge_px": 100}
DRAFT = {
    "title": "White sofa",
    "alt_text": "A white sofa with two seats",
    "tags": ["white", "sofa"],
    "category": "Furniture",
    "description": "A white sofa. It has two seats.",
}
READING = {
    "draft": DRAFT,
    "confidence": dict.fromkeys(DRAFT, 0.9) | {"category": 0.4},
    "not_a_product": "no",
    "notes": [],
    "style_version": "7",
    "prompt_version": "1",
    "usage": [{"model": "m", "input_tokens": 10, "output_tokens": 2, "cost_usd": 0.00002}],
    "threshold": 0.6,
    "can_escalate": False,
}


@cache
def _client(service: str) -> Any:
    """The tests' own clients: moto serves those of an earlier test, too."""
    return boto3.client(service, region_name=REGION)


class Aws:
    """One account with the stack's tables, buckets, queues, settings and workflow."""

    def __init__(self, forget_caches: Callable[..., None]) -> None:
        self._forget_caches = forget_caches
        self._refs: dict[str, str] = {}
        self._arns: dict[str, str] = {}
        self._seen_mails = 0
        self._settings_changed = True
        self.client = _client
        self.dynamodb, self.s3, self.sqs = map(self.client, ("dynamodb", "s3", "sqs"))
        self._make_tables()
        self._make_buckets()
        self._make_queues()
        self._make_settings()
        self._make_workflow()
        self._make_topic()
        self.drop_bucket = self._refs["DropBucket"]
        self.resized_bucket = self._refs["ResizedBucket"]
        self.rules_bucket = self._refs["RulesBucket"]
        self.flagged_bucket = self._refs["FlaggedBucket"]
        self.ready_queue = self._refs["ReadyQueue"]
        self.put_document("style.json", STYLE)
        self.put_document("rules.json", RULES)

    # What the template declares

    def _properties(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: resource["Properties"] for name, resource in resources_of(TEMPLATE, kind).items()
        }

    def resolved(self, node: Any) -> Any:
        """A property with its intrinsic functions worked out."""
        if isinstance(node, list):
            return [self.resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if node.keys() == {"Ref"}:
            return self._ref(node["Ref"])
        if node.keys() == {"Fn::GetAtt"} and node["Fn::GetAtt"][1] == "Arn":
            return self._arns[node["Fn::GetAtt"][0]]
        if node.keys() == {"Fn::Sub"}:
            return re.sub(r"\$\{([\w:]+)}", lambda found: self._ref(found[1]), node["Fn::Sub"])
        if node.keys() == {"Fn::If"}:
            assert node["Fn::If"][0] in ("OwnReviewUrl", "CsvFiles")
            return self.resolved(node["Fn::If"][1])
        return {name: self.resolved(value) for name, value in node.items()}

    def _ref(self, name: str) -> str:
        pseudo = {
            "AWS::Region": REGION,
            "AWS::AccountId": DEFAULT_ACCOUNT_ID,
            "AWS::Partition": "aws",
        }
        if name in TEMPLATE["Parameters"]:
            return str(PARAMETERS.get(name, TEMPLATE["Parameters"][name].get("Default")))
        return pseudo.get(name) or self._refs[name]

    def _make_tables(self) -> None:
        taken = (
            "TableName",
            "BillingMode",
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
        )
        for name, properties in self._properties("AWS::DynamoDB::Table").items():
            request = {key: self.resolved(properties[key]) for key in taken if key in properties}
            self.dynamodb.create_table(**request)
            self._refs[name] = request["TableName"]

    def _make_buckets(self) -> None:
        for name, properties in self._properties("AWS::S3::Bucket").items():
            bucket = self.resolved(properties["BucketName"])
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            self.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"]
            )
            self._refs[name] = bucket

    def _make_queues(self) -> None:
        for name, properties in self._properties("AWS::SQS::Queue").items():
            answer = self.sqs.create_queue(
                QueueName=self.resolved(properties["QueueName"]),
                Attributes={"VisibilityTimeout": str(properties.get("VisibilityTimeout", 30))},
            )
            self._refs[name] = answer["QueueUrl"]

    def _make_settings(self) -> None:
        for properties in self._properties("AWS::SSM::Parameter").values():
            self.client("ssm").put_parameter(**self.resolved(properties))
        for properties in self._properties("AWS::SecretsManager::Secret").values():
            self.client("secretsmanager").create_secret(
                Name=self.resolved(properties["Name"]), SecretString=properties["SecretString"]
            )
        for properties in self._properties("AWS::SES::EmailIdentity").values():
            self.client("ses").verify_email_identity(
                EmailAddress=self.resolved(properties["EmailIdentity"])
            )

    def _make_workflow(self) -> None:
        """A machine of the stack's name, whose only state waits for the answer to its token."""
        self._tokens = self.sqs.create_queue(QueueName="tokens")["QueueUrl"]
        wait = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": self._tokens, "MessageBody.$": "$$.Task.Token"},
            "End": True,
        }
        (properties,) = self._properties("AWS::Serverless::StateMachine").values()
        self.state_machine_arn = self._state_machine(self.resolved(properties["Name"]), wait)

    def _state_machine(self, name: str, state: dict[str, Any]) -> str:
        answer = self.client("stepfunctions").create_state_machine(
            name=name,
            definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
            roleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/workflow",
        )
        return str(answer["stateMachineArn"])

    def _make_topic(self) -> None:
        """The admin's topic, with a queue that reads along."""
        sns = self.client("sns")
        (properties,) = self._properties("AWS::SNS::Topic").values()
        topic = sns.create_topic(Name=self.resolved(properties["TopicName"]))["TopicArn"]
        self._refs["AdminTopic"] = topic
        self._told = self.sqs.create_queue(QueueName="told-to-the-admin")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:told-to-the-admin",
        )

    # Calling functions

    def environment(self, function: str) -> dict[str, str]:
        """The variables that the template gives a function."""
        properties = TEMPLATE["Resources"][function]["Properties"]
        return {
            name: str(self.resolved(value))
            for name, value in properties["Environment"]["Variables"].items()
        }

    def call(self, function: str, event: dict[str, Any], *, milliseconds: int = 60_000) -> Any:
        """Run a function's real handler as a fresh process of it, with its own variables only.

        Settings that nobody has changed are not read again, since moto is slow at that.
        The real environment stays as it is: moto's executions read it in threads of their own.
        """
        logical_id = f"{function}Function"
        module, _, handler = TEMPLATE["Resources"][logical_id]["Properties"]["Handler"].rpartition(
            "."
        )
        context = SimpleNamespace(
            function_name=function,
            function_version="$LATEST",
            memory_limit_in_mb=128,
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{DEFAULT_ACCOUNT_ID}:function:{function}",
            aws_request_id="request-1",
            get_remaining_time_in_millis=lambda: milliseconds,
        )
        own = SimpleNamespace(environ=self.environment(logical_id))
        with patch.object(environment, "os", own):
            loaded = importlib.import_module(module)
            self._forget_caches(clients=False, settings=self._settings_changed)
            self._settings_changed = False
            return getattr(loaded, handler)(event, context)

    # Putting things in

    def put_document(self, key: str, document: dict[str, Any]) -> None:
        self.s3.put_object(Bucket=self.rules_bucket, Key=key, Body=json.dumps(document))

    def set(self, name: str, value: str) -> None:
        """Change one setting, as an admin would."""
        self._settings_changed = True
        self.client("ssm").put_parameter(
            Name=f"/pt/config/{name}", Value=value, Type="String", Overwrite=True
        )

    def drop(self, key: str, data: bytes) -> dict[str, Any]:
        """Upload a file; answers the part of S3's event that tells of it."""
        version = self.s3.put_object(Bucket=self.drop_bucket, Key=key, Body=data)["VersionId"]
        return {
            "bucket": {"name": self.drop_bucket},
            "object": {
                "key": quote_plus(key, safe="/"),
                "size": len(data),
                "versionId": version,
            },
        }

    def source_of(self, dropped: dict[str, Any], key: str) -> dict[str, str]:
        return {
            "bucket": self.drop_bucket,
            "key": key,
            "version_id": dropped["object"]["versionId"],
        }

    def record(self, key: str = "sofa.jpg", data: bytes = b"original") -> str:
        """A dropped photo with its first record and small copy; answers its id."""
        dropped = self.drop(key, data)
        source = self.source_of(dropped, key)
        name = photo_id(source["bucket"], key, source["version_id"])
        moment = "2026-01-02T03:04:05.000000+00:00"
        self.drafts().create(
            PhotoRecord.model_validate(
                {
                    "photo_id": name,
                    "source": source,
                    "file_name": key,
                    "size": len(data),
                    "status": "processing",
                    "received_at": moment,
                    "updated_at": moment,
                }
            )
        )
        self.s3.put_object(Bucket=self.resized_bucket, Key=f"{name}.jpg", Body=b"\xff\xd8small")
        return name

    def save_draft(self, name: str, *, round_: int = 1, **reading: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.call(
            "Recorder",
            {
                "step": "SaveDraft",
                "photo_id": name,
                "round": round_,
                "outcome": "needs_review",
                "image_key": f"{name}.jpg",
                "reading": READING | reading,
            },
        )
        return answer

    def await_owner(self, name: str, token: str, *, round_: int = 1, step: int = 0) -> None:
        review = {"round": round_, "step": step, "last_step": 3, "waits": [1, 2, 3, 4]}
        self.call("Notify", {"photo_id": name, "task_token": token, "review": review})

    def waiting_photo(self, **reading: Any) -> Waiting:
        """A photo that waits for its owner, with a real execution behind it."""
        name = self.record()
        self.save_draft(name, **reading)
        return self.mailed(name)

    def mailed(self, name: str, *, round_: int = 1) -> Waiting:
        """Begin a wait of the next round with an execution and mails of its own."""
        execution = self.client("stepfunctions").start_execution(
            stateMachineArn=self.state_machine_arn, name=f"{name}-{round_}", input="{}"
        )["executionArn"]
        token = self.next_token()
        self.await_owner(name, token, round_=round_)
        keys = [link_key(mail) for mail in self.new_mails()]
        return Waiting(name, token, execution, keys)

    # Looking at what is there

    def drafts(self) -> Drafts:
        return Drafts(self._refs["DraftsTable"], self._refs["AuditTable"], self._refs["AckTable"])

    def photo(self, name: str) -> PhotoRecord:
        return self.drafts().get(name)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, by its logical id."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self._refs[table])
        return [from_item(item) for page in pages for item in page["Items"]]

    def audit(self, name: str) -> list[dict[str, Any]]:
        """A photo's audit trail, oldest first."""
        rows = [row for row in self.rows("AuditTable") if row["photo_id"] == name]
        return sorted(rows, key=lambda row: str(row["ts"]))

    def dump(self) -> dict[str, str]:
        """Every table, to compare."""
        return {
            table: json.dumps(sorted(map(repr, self.rows(table))))
            for table in ("DraftsTable", "AckTable", "AuditTable", "LinksTable")
        }

    def objects(self, bucket: str) -> list[tuple[str, str, bytes]]:
        """Key, version and bytes of everything in a bucket."""
        listed = self.s3.list_object_versions(Bucket=bucket)
        assert not listed.get("DeleteMarkers")
        return [
            (
                entry["Key"],
                entry["VersionId"],
                self.s3.get_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])[
                    "Body"
                ].read(),
            )
            for entry in listed.get("Versions", [])
        ]

    def messages(self, queue_url: str) -> list[str]:
        """Takes all messages out of a queue."""
        bodies = []
        while True:
            got = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
            if "Messages" not in got:
                return bodies
            bodies += [message["Body"] for message in got["Messages"]]

    def told_to_the_admin(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.messages(self._told)]

    def new_mails(self) -> list[EmailMessage]:
        """The mails since last asked, as they went to SES."""
        sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        new = sent[self._seen_mails :]
        self._seen_mails = len(sent)
        mails = []
        for message in new:
            mail = message_from_bytes(message.raw_data.encode(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            mails.append(mail)
        return mails

    def link_key(self, mail: EmailMessage) -> str:
        return link_key(mail)

    def next_token(self) -> str:
        """The task token of the execution that was started last."""
        tokens = wait_for(lambda: self.messages(self._tokens))
        return str(tokens[-1])

    def fail_execution(self, arn: str) -> None:
        """The execution that waits ends as one does whose state met a fault."""
        self.client("stepfunctions").send_task_failure(taskToken=self.next_token(), error="Broken")
        wait_for(lambda: self.execution(arn)["status"] == "FAILED")

    def execution(self, arn: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=arn)
        return answer

    def told_to_the_execution(self, arn: str) -> Any:
        """What a waiting execution was answered: it is over then."""
        done = wait_for(lambda: self.execution(arn)["status"] != "RUNNING" and self.execution(arn))
        assert done["status"] == "SUCCEEDED"
        return json.loads(done["output"])


class Waiting(SimpleNamespace):
    """A photo that waits: its id, its token, its execution, and a key per reviewer."""

    def __init__(self, photo: str, token: str, execution: str, keys: list[str]) -> None:
        super().__init__(photo=photo, token=token, execution=execution, keys=keys)
        self.ann, self.bob = [*keys, "", ""][:2]


def link_key(mail: EmailMessage) -> str:
    """The key in the plain text of a mail."""
    text = mail.get_body(("plain",))
    assert text is not None
    found = re.search(r"https://review\.example/r/(\S+)", text.get_content())
    assert found
    return found[1]


class Boto:
    """Every call that goes out to AWS, in order; some of them fail if a test wants it."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self._original = original
        self._faults: dict[str, Exception] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def fail(self, operation: str, fault: str | Exception, status: int = 400) -> None:
        """From now on this operation fails with an error code, or like this."""
        if isinstance(fault, str):
            answer = {
                "Error": {"Code": fault, "Message": "broken"},
                "ResponseMetadata": {"HTTPStatusCode": status},
            }
            fault = ClientError(answer, operation)
        self._faults[operation] = fault

    def mend(self, operation: str) -> None:
        del self._faults[operation]

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def of(self, operation: str) -> list[dict[str, Any]]:
        """The requests of one operation."""
        return [request for name, request in self.calls if name == operation]

    def call(self, client: BaseClient, name: str, request: dict[str, Any]) -> Any:
        self.calls.append((name, request))
        if name in self._faults:
            raise self._faults[name]
        return self._original(client, name, request)


@pytest.fixture
def boto(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Boto:
    calls = Boto(BaseClient._make_api_call)
    monkeypatch.setattr(
        BaseClient, "_make_api_call", lambda client, *given: calls.call(client, *given)
    )
    return calls


def wait_for(check: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true answer of `check`."""
    end = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return answer


@pytest.fixture
def aws(fresh_process: Callable[..., None]) -> Iterator[Aws]:
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        session = botocore.session.get_session()
        session.register_component("data_loader", _MODELS)
        boto3.setup_default_session(botocore_session=session)
        yield Aws(fresh_process)


@pytest.fixture
def photo_bytes() -> bytes:
    """A good photo: 300 by 200 pixels with an edge in it."""
    picture = Image.new("RGB", (300, 200), (180, 180, 180))
    picture.paste((90, 60, 30), (50, 50, 200, 150))
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


class Answers:
    """A person with a browser: HTTP requests as Lambda's Function URL hands them over."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.cookies: dict[str, str] = {}

    def request(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answered:
        path, _, query = path.partition("?")
        given = {"host": "review.example", "user-agent": "test"}
        if body is not None:
            given |= {
                "content-type": "application/x-www-form-urlencoded",
                "sec-fetch-site": "same-origin",
            }
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": dict(parse_qsl(query)),
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "headers": given | (headers or {}),
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "abc",
                "domainName": "abc.lambda-url.ap-southeast-1.on.aws",
                "domainPrefix": "abc",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7",
                    "userAgent": "test",
                },
                "requestId": "r",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 1767225600000,
            },
            "isBase64Encoded": body is not None,
        }
        if body is not None:
            event["body"] = base64.b64encode(body.encode()).decode()
        answered = Answered(self._aws.call("AckHandler", event))
        self.cookies |= answered.cookies
        return answered

    def get(self, key: str, more: str = "") -> Answered:
        return self.request("GET", f"/r/{key}{more}")

    def post(self, key: str, action: str, **form: Any) -> Answered:
        return self.request("POST", f"/r/{key}/{action}", urlencode(form, doseq=True))

    def approve(self, key: str, **changes: Any) -> Answered:
        """Posts the draft, changed or not, with its tags in the order of the page."""
        fields = DRAFT | {"tags": ["sofa", "white"]}
        return self.post(key, "approve", **fields | changes)


class Answered:
    """An HTTP answer as a browser gets it."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.status: int = raw["statusCode"]
        self.headers = {name.lower(): value for name, value in raw["headers"].items()}
        self.set_cookies: list[str] = raw.get("cookies", [])
        self.body: bytes = (
            base64.b64decode(raw["body"]) if raw["isBase64Encoded"] else raw["body"].encode()
        )

    @property
    def cookies(self) -> dict[str, str]:
        """What a browser would keep."""
        pairs = (cookie.partition(";")[0].partition("=") for cookie in self.set_cookies)
        return {name: value for name, _, value in pairs}

    @property
    def html(self) -> str:
        return self.body.decode()

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "html.parser")

    @property
    def text(self) -> str:
        return " ".join(self.page.get_text(" ").split())


@pytest.fixture
def answer(aws: Aws) -> Answers:
    return Answers(aws)
