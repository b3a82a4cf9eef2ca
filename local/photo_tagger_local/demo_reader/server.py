"""Bedrock's Converse operation over HTTP, answered by the demo reader.

Only what Photo tagger uses: one image, one text block, a JSON schema for the answer.
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from photo_tagger_local.demo_reader.reader import UnreadableImageError, read

CHARACTERS_PER_TOKEN = 4  # roughly, for English
TOKENS_PER_IMAGE = 1400  # about what Claude counts for a picture of 1024 x 1024 px


class ValidationError(Exception):
    """Bedrock would answer this request with a ValidationException; the message goes with it."""


@dataclass(frozen=True)
class Question:
    """What a Converse request asks: a picture, data about it, the schema of the answer."""

    image: bytes
    data: dict[str, Any]
    schema: dict[str, Any]
    text_characters: int


def create_app() -> Starlette:
    """The ASGI application. It has no state, so any number may run."""
    return Starlette(routes=[Route("/model/{model_id:path}/converse", _converse, methods=["POST"])])


async def _converse(request: Request) -> Response:
    started = time.perf_counter()
    try:
        question = _parse(await request.body())
        answer = await run_in_threadpool(_read, question)
    except ValidationError as error:
        return _error("ValidationException", str(error))
    return JSONResponse(_response(question, json.dumps(answer, ensure_ascii=False), started))


def _read(question: Question) -> dict[str, Any]:
    try:
        return read(question.image, question.schema, question.data)
    except UnreadableImageError as error:
        raise ValidationError(f"Could not process image: {error}") from error
    except KeyError as error:
        raise ValidationError(f"The schema has no {error}: not one of a listing") from error


def _parse(body: bytes) -> Question:
    request = _json_object(body, "The request body")
    messages = request.get("messages") or [{}]
    blocks = messages[-1].get("content") or []
    images = [block["image"] for block in blocks if "image" in block]
    texts = [block["text"] for block in blocks if "text" in block]
    if not images:
        raise ValidationError("The message has no image block")
    if not texts:
        raise ValidationError("The message has no text block with the photo's data")
    system = [block.get("text", "") for block in request.get("system") or []]
    return Question(
        image=_image_bytes(images[0]),
        data=_json_object(texts[0], "The text block"),
        schema=_schema(request),
        text_characters=sum(map(len, texts)) + sum(map(len, system)),
    )


def _image_bytes(image: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(image["source"]["bytes"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValidationError("The image block has no source bytes in base64") from error


def _schema(request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        text = request["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]
    except (KeyError, TypeError) as error:
        raise ValidationError("The request has no JSON schema in outputConfig") from error
    return _json_object(text, "The JSON schema")


def _json_object(text: str | bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValidationError(f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValidationError(f"{what} is not a JSON object")
    return value


def _response(question: Question, answer: str, started: float) -> dict[str, Any]:
    tokens_in = TOKENS_PER_IMAGE + question.text_characters // CHARACTERS_PER_TOKEN
    tokens_out = len(answer) // CHARACTERS_PER_TOKEN
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": answer}]}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": tokens_in,
            "outputTokens": tokens_out,
            "totalTokens": tokens_in + tokens_out,
        },
        "metrics": {"latencyMs": round((time.perf_counter() - started) * 1000)},
    }


def _error(name: str, message: str) -> Response:
    return JSONResponse({"message": message}, 400, headers={"x-amzn-errortype": name})
