"""What the model is told and asked: the instructions, the shop's data and the answer's schema."""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from photo_tagger.domain.draft import FIELD_NAMES, NotAProduct
from photo_tagger.domain.style import StyleDoc

Fault = Literal["cut_off", "withheld", "malformed"]

_FOLDER = Path(__file__).parent / "prompts"


@cache
def instructions() -> str:
    """The system prompt, the same for every shop and photo."""
    return (_FOLDER / "instructions.md").read_text(encoding="utf-8")


def version() -> str:
    """The version of instructions, schema and all else that the model is told."""
    return str(_texts()["version"])


def question(*, jpeg: bytes, file_name: str, hints: list[str], style: StyleDoc) -> dict[str, Any]:
    """The user's message: the photo, and everything that came from outside as one JSON object."""
    data = {
        "file_name": file_name,
        "hints": hints,
        "shop_style": style.model_dump(exclude={"version"}),
    }
    return {
        "role": "user",
        "content": [
            {"image": {"format": "jpeg", "source": {"bytes": jpeg}}},
            {"text": json.dumps(data, ensure_ascii=False)},
        ],
    }


def asked_again(said: str, fault: Fault, **details: str) -> list[dict[str, Any]]:
    """The two messages that follow an answer which could not be used, the second naming why.

    `details` are `where` and `what` of a malformed answer.
    """
    why = _texts()["try_again"][fault].format_map(details)
    return [
        {"role": "assistant", "content": [{"text": said if said.strip() else "(nothing)"}]},
        {"role": "user", "content": [{"text": why}]},
    ]


def answer_schema(style: StyleDoc) -> dict[str, Any]:
    """The JSON schema of the answer, with the shop's own tags and categories.

    Bedrock's structured output takes no limits of length or number: those are checked afterwards.
    """
    text = {"type": "string"}
    return _object(
        {
            "title": text,
            "alt_text": text,
            "tags": {"type": "array", "items": {"type": "string", "enum": style.tags}},
            "category": {"type": "string", "enum": [*style.categories, "unsure"]},
            "description": text,
            "confidence": _object({name: {"type": "number"} for name in FIELD_NAMES}),
            "not_a_product": {"type": "string", "enum": list(get_args(NotAProduct))},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads((_FOLDER / "prompt.toml").read_text(encoding="utf-8"))
