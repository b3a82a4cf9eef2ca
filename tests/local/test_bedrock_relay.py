"""`--bedrock`: Converse calls passed on, signed with the user's credentials."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from photo_tagger_local.bedrock_relay import NoCredentialsError, create_app
from photo_tagger_local.ports import HOST, Ports
from photo_tagger_local.web import WebServer

REGION = "eu-central-1"
MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "{}"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
    "metrics": {"latencyMs": 1},
}


class Bedrock:
    """A server that notes what it is asked and answers as Bedrock would."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answer = JSONResponse(ANSWER)
        self.app = Starlette(routes=[Route("/{path:path}", self._converse, methods=["POST"])])

    async def _converse(self, request: Request) -> JSONResponse:
        self.requests.append(
            {
                "path": request.scope["raw_path"].decode(),
                "authorization": request.headers.get("authorization", ""),
                "body": await request.json(),
            }
        )
        return self.answer


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bedrock, Any]]:
    """The noting server, and a client as the functions use it, with the relay between them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "USERS-OWN-KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "users-own-secret")
    ports, server = Ports.free(), Bedrock()
    upstream = WebServer(server.app, ports.aws)
    relay = WebServer(create_app(REGION, f"http://{HOST}:{ports.aws}"), ports.reader)
    client = boto3.client(
        "bedrock-runtime",
        region_name=REGION,
        endpoint_url=f"http://{HOST}:{ports.reader}",
        aws_access_key_id="FUNCTIONS-KEY",
        aws_secret_access_key="functions-secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    upstream.start()
    relay.start()
    yield server, client
    relay.stop()
    upstream.stop()


def ask(client: Any) -> Any:
    message = {
        "role": "user",
        "content": [{"image": {"format": "jpeg", "source": {"bytes": b"\xff\xd8"}}}],
    }
    return client.converse(modelId=MODEL, messages=[message])


def test_the_call_arrives_signed_by_the_user(bedrock: tuple[Bedrock, Any]) -> None:
    server, client = bedrock
    answer = ask(client)

    assert answer["usage"]["inputTokens"] == 7
    [request] = server.requests
    assert request["path"] == f"/model/{MODEL.replace(':', '%3A')}/converse"
    scope = "Credential=USERS-OWN-KEY/"
    assert scope in request["authorization"]
    assert f"/{REGION}/bedrock/aws4_request" in request["authorization"]
    image = request["body"]["messages"][0]["content"][0]["image"]
    assert image["format"] == "jpeg"


def test_bedrocks_errors_come_back_as_they_are(bedrock: tuple[Bedrock, Any]) -> None:
    server, client = bedrock
    server.answer = JSONResponse(
        {"message": "Too many requests"}, 429, {"x-amzn-ErrorType": "ThrottlingException"}
    )
    with pytest.raises(ClientError) as raised:
        ask(client)
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert json.dumps("Too many requests") in json.dumps(raised.value.response["Error"])


def test_without_credentials_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(NoCredentialsError, match="aws sso login"):
        create_app(REGION)
