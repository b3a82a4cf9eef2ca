"""ReadPhoto: one reading, against a real server that speaks Converse."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from photo_tagger.aws.clients import client
from reader.model import ModelThrottledError

LISTING = {
    "title": "White couch",
    "alt_text": "A white sofa",
    "tags": ["sofa", "velvet"],
    "category": "Furniture",
    "description": "Soft.",
    "confidence": {
        "title": 0.9,
        "alt_text": 0.9,
        "tags": 0.9,
        "category": 0.3,
        "description": 0.8,
    },
    "not_a_product": "no",
}


@pytest.fixture
def bedrock(aws: Any, http_server: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", http_server.url)
    client.cache_clear()
    return http_server


def says(bedrock: Any, listing: dict[str, Any]) -> None:
    message = {"role": "assistant", "content": [{"text": json.dumps(listing)}]}
    bedrock.will_answer(
        200,
        {
            "output": {"message": message},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1200, "outputTokens": 150, "totalTokens": 1350},
            "metrics": {"latencyMs": 5},
        },
    )


def read(aws: Any, name: str, **attempt: Any) -> dict[str, Any]:
    answer: dict[str, Any] = aws.call(
        "Reader",
        {"photo_id": name, "image_key": f"{name}.jpg", "attempt": {"round": 1} | attempt},
    )
    return answer


def sent_data(bedrock: Any) -> dict[str, Any]:
    data = json.loads(bedrock.requests[-1].json()["messages"][0]["content"][1]["text"])
    assert isinstance(data, dict)
    return data


def test_a_reading_is_checked_and_carries_what_the_workflow_routes_by(
    aws: Any, bedrock: Any
) -> None:
    says(bedrock, LISTING)
    reading = read(aws, aws.record())
    assert reading["draft"]["title"] == "White sofa"
    assert reading["draft"]["tags"] == ["sofa"]
    assert reading["confidence"]["tags"] == 0
    assert reading["style_version"] == "7"
    assert reading["usage"][0]["input_tokens"] == 1200
    assert (reading["threshold"], reading["can_escalate"]) == (0.6, False)


def test_the_model_sees_the_small_copy_the_name_and_the_shops_style(aws: Any, bedrock: Any) -> None:
    says(bedrock, LISTING)
    read(aws, aws.record("weißes Sofa.jpg"))
    content = bedrock.requests[0].json()["messages"][0]["content"]
    assert base64.b64decode(content[0]["image"]["source"]["bytes"]) == b"\xff\xd8small"
    assert sent_data(bedrock)["file_name"] == "weißes Sofa.jpg"
    assert sent_data(bedrock)["shop_style"]["tags"] == ["sofa", "chair", "black", "white"]


def test_hints_of_earlier_rounds_reach_the_model(aws: Any, bedrock: Any, answer: Any) -> None:
    says(bedrock, LISTING)
    waiting = aws.waiting_photo()
    answer.post(waiting.ann, "try-again", hint="it is linen")
    read(aws, waiting.photo, round=2)
    assert sent_data(bedrock)["hints"] == ["it is linen"]


class TestEscalation:
    def test_is_possible_once_when_it_is_on(self, aws: Any, bedrock: Any) -> None:
        aws.set("escalation", "on")
        says(bedrock, LISTING)
        name = aws.record()
        weak = read(aws, name)
        assert weak["can_escalate"] is True
        strong = read(aws, name, earlier=weak)
        assert strong["can_escalate"] is False

    def test_asks_the_stronger_model_and_keeps_the_better_of_both(
        self, aws: Any, bedrock: Any
    ) -> None:
        says(bedrock, LISTING)
        name = aws.record()
        weak = read(aws, name)
        bedrock.answers.clear()
        stronger = LISTING["confidence"] | {"title": 0.1, "category": 0.95}  # type: ignore[operator]
        says(bedrock, LISTING | {"title": "Sofa", "confidence": stronger})
        strong = read(aws, name, earlier=weak)
        models = [unquote(request.path).split("/")[2] for request in bedrock.requests]
        assert models == [
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "global.anthropic.claude-sonnet-4-6",
        ]
        assert strong["draft"]["title"] == "White sofa"
        assert strong["confidence"]["category"] == 0.95
        assert len(strong["usage"]) == 2


def test_a_throttle_is_a_fault_with_a_name_and_a_metric(
    aws: Any, bedrock: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    bedrock.will_answer(429, {}, headers={"x-amzn-errortype": "ThrottlingException"})
    name = aws.record()
    with pytest.raises(ModelThrottledError):
        read(aws, name)
    assert log.metric("BedrockThrottles") == 1


def test_the_threshold_is_the_shops(aws: Any, bedrock: Any) -> None:
    says(bedrock, LISTING)
    name = aws.record()
    aws.set("confidence_threshold", "0.25")
    assert read(aws, name)["threshold"] == 0.25
