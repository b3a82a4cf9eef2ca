"""One Converse call, against a real HTTP server that speaks like Bedrock."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from photo_tagger.domain.style import StyleDoc
from reader.model import ModelThrottledError, ModelUnavailableError, VisionModel
from reader.prompt import answer_schema, question

MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
GOOD = {
    "output": {"message": {"role": "assistant", "content": [{"text": "{"}, {"text": "}"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1200, "outputTokens": 150, "totalTokens": 1350},
    "metrics": {"latencyMs": 5},
}


@pytest.fixture
def bedrock(http_server: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server in Bedrock's place; waits between tries take no time."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", http_server.url)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    return http_server


def fails_with(server: Any, status: int, code: str) -> None:
    server.will_answer(status, {"message": f"about {code}"}, headers={"x-amzn-errortype": code})


def ask(style: StyleDoc) -> Any:
    message = question(jpeg=b"\xff\xd8jpeg", file_name="sofa.jpg", hints=[], style=style)
    return VisionModel(MODEL).ask(
        system="Be brief.", messages=[message], schema=answer_schema(style)
    )


def test_the_answer_is_all_its_text_with_what_it_took(bedrock: Any, style: StyleDoc) -> None:
    bedrock.will_answer(200, GOOD)
    answer = ask(style)
    assert answer.text == "{}"
    assert answer.stop_reason == "end_turn"
    assert answer.usage.model_dump() == {
        "model": MODEL,
        "input_tokens": 1200,
        "output_tokens": 150,
        "cost_usd": 0.00195,
    }


def test_the_request_carries_photo_instructions_and_schema(bedrock: Any, style: StyleDoc) -> None:
    bedrock.will_answer(200, GOOD)
    ask(style)
    (request,) = bedrock.requests
    assert unquote(request.path) == f"/model/{MODEL}/converse"
    sent = request.json()
    picture = sent["messages"][0]["content"][0]["image"]
    assert picture["format"] == "jpeg"
    assert base64.b64decode(picture["source"]["bytes"]) == b"\xff\xd8jpeg"
    assert sent["system"] == [{"text": "Be brief."}]
    assert sent["inferenceConfig"]["temperature"] == 0
    wanted = sent["outputConfig"]["textFormat"]
    assert wanted["type"] == "json_schema"
    assert json.loads(wanted["structure"]["jsonSchema"]["schema"]) == answer_schema(style)


@pytest.mark.parametrize(
    ("status", "code"), [(429, "ThrottlingException"), (400, "ServiceQuotaExceededException")]
)
def test_a_throttle_has_a_name_of_its_own_and_is_counted(
    bedrock: Any, style: StyleDoc, status: int, code: str, log: Any
) -> None:
    fails_with(bedrock, status, code)
    with pytest.raises(ModelThrottledError, match=code):
        ask(style)
    assert log.metric("BedrockThrottles") == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
        (424, "ModelErrorException"),
        (408, "ModelTimeoutException"),
        (429, "ModelNotReadyException"),
    ],
)
def test_an_outage_passes_by_itself(
    bedrock: Any, style: StyleDoc, status: int, code: str, log: Any
) -> None:
    fails_with(bedrock, status, code)
    with pytest.raises(ModelUnavailableError, match=code):
        ask(style)
    assert log.metric("BedrockThrottles") == 0


def test_an_error_page_of_a_proxy_is_an_outage(bedrock: Any, style: StyleDoc) -> None:
    bedrock.will_answer(502, "<html>Bad gateway</html>")
    with pytest.raises(ModelUnavailableError):
        ask(style)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AccessDeniedException"),
        (400, "ValidationException"),
        (404, "ResourceNotFoundException"),
    ],
)
def test_what_somebody_must_mend_keeps_its_name(
    bedrock: Any, style: StyleDoc, status: int, code: str
) -> None:
    fails_with(bedrock, status, code)
    with pytest.raises(ClientError) as caught:
        ask(style)
    assert caught.value.response["Error"]["Code"] == code
    assert len(bedrock.requests) == 1


def test_trying_again_is_left_to_the_state_machine(bedrock: Any, style: StyleDoc) -> None:
    fails_with(bedrock, 503, "ServiceUnavailableException")
    with pytest.raises(ModelUnavailableError):
        ask(style)
    assert len(bedrock.requests) == 1


def test_a_server_that_is_not_there_is_an_outage(bedrock: Any, style: StyleDoc) -> None:
    bedrock.stop()
    with pytest.raises(ModelUnavailableError):
        ask(style)
