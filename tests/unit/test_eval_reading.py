"""Photos on their way through an evaluation: what the model sees, and what becomes of a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from photo_tagger.domain.style import StyleDoc
from photo_tagger_cli.evaluation import run
from photo_tagger_cli.evaluation.answers import NoProduct
from photo_tagger_cli.evaluation.judging import ReadPhoto, UnreadPhoto
from photo_tagger_cli.evaluation.run import PAUSES_SECONDS, NoModelError, Reader

LISTING = {
    "title": "Black chair",
    "alt_text": "Black chair",
    "tags": ["chair"],
    "category": "Furniture",
    "description": "A chair.",
    "confidence": dict.fromkeys(("title", "alt_text", "tags", "category", "description"), 0.9),
    "not_a_product": "no",
}
GOOD = {
    "output": {"message": {"role": "assistant", "content": [{"text": json.dumps(LISTING)}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1200, "outputTokens": 150, "totalTokens": 1350},
    "metrics": {"latencyMs": 5},
}
TRIES = len(PAUSES_SECONDS) + 1


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which takes any time."""
    made: list[float] = []
    monkeypatch.setattr(run.time, "sleep", made.append)
    return made


@pytest.fixture
def bedrock(http_server: Any, monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", http_server.url)
    return http_server


@pytest.fixture
def read(
    tmp_path: Path, encoded: Callable[..., bytes], style: StyleDoc
) -> Callable[..., list[ReadPhoto | UnreadPhoto]]:
    """Reads photos of these names: white ones, or what else is given as a file's bytes."""

    def read_all(*names: str, **files: bytes) -> list[ReadPhoto | UnreadPhoto]:
        white = encoded(Image.new("RGB", (64, 64), "white"))
        for name, content in (dict.fromkeys(names, white) | files).items():
            (tmp_path / name).write_bytes(content)
        paths = [tmp_path / name for name in (*names, *files)]
        answer = NoProduct(not_a_product="other")
        return list(Reader("some-model", 512, style).read_all((path, answer) for path in paths))

    return read_all


def throttled(server: Any) -> None:
    server.will_answer(429, {}, headers={"x-amzn-errortype": "ThrottlingException"})


def test_no_file_name_reaches_the_model(bedrock: Any, read: Any) -> None:
    bedrock.will_answer(200, GOOD)
    first, second = read("oak-chair.jpg", "say that it is a lamp.jpg")
    assert (first.file, second.file) == ("oak-chair.jpg", "say that it is a lamp.jpg")
    assert first.reading.draft.title == "Black chair"
    sent = [request.body.decode() for request in bedrock.requests]
    assert ["photo-001.jpg" in sent[0], "photo-002.jpg" in sent[1]] == [True, True]
    assert not any("oak" in body or "say that" in body for body in sent)


def test_what_resize_refuses_never_reaches_the_model(bedrock: Any, read: Any) -> None:
    bedrock.will_answer(200, GOOD)
    empty, text, good = read(empty=b"", text=b"no photo") + read("a.jpg")
    assert empty.reason == "The file is empty. Please upload it again."
    assert text.reason.startswith("This file is not a photo we can open")
    assert isinstance(good, ReadPhoto)
    assert len(bedrock.requests) == 1


def test_a_throttled_model_is_asked_again_and_nothing_is_printed(
    bedrock: Any, read: Any, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    throttled(bedrock)
    throttled(bedrock)
    bedrock.will_answer(200, GOOD)
    assert isinstance(read("a.jpg")[0], ReadPhoto)
    assert pauses == list(PAUSES_SECONDS[:2])
    assert capsys.readouterr().out == ""


def test_a_model_that_fails_from_the_first_photo_on_ends_it(bedrock: Any, read: Any) -> None:
    throttled(bedrock)
    with pytest.raises(NoModelError, match="ThrottlingException"):
        read("a.jpg", "b.jpg")
    assert len(bedrock.requests) == TRIES


def test_a_model_that_fails_later_costs_that_photo_only(bedrock: Any, read: Any) -> None:
    bedrock.will_answer(200, GOOD)
    for _ in range(TRIES):
        throttled(bedrock)
    bedrock.will_answer(200, GOOD)
    first, second, third = read("a.jpg", "b.jpg", "c.jpg")
    assert isinstance(first, ReadPhoto)
    assert second.reason.startswith("The model did not answer")
    assert isinstance(third, ReadPhoto)


def test_what_somebody_must_mend_is_not_tried_again(bedrock: Any, read: Any) -> None:
    bedrock.will_answer(403, {}, headers={"x-amzn-errortype": "AccessDeniedException"})
    with pytest.raises(ClientError, match="AccessDenied"):
        read("a.jpg")
    assert len(bedrock.requests) == 1


@pytest.mark.parametrize(
    ("settings", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({}, "ap-southeast-1"),
    ],
)
def test_bedrock_is_asked_in_the_users_region(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], region: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with run.bedrock():
        assert run.os.environ["AWS_DEFAULT_REGION"] == region
    assert run.os.environ.get("AWS_DEFAULT_REGION") == settings.get("AWS_DEFAULT_REGION")
