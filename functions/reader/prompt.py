"""What the model is told and asked: the instructions, the shop's data and the answer's schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any, get_args

from photo_tagger.domain.draft import FIELD_NAMES, NotAProduct
from photo_tagger.domain.style import StyleDoc


@cache
def instructions() -> str:
    """The system prompt, the same for every shop and photo."""
    return (Path(__file__).parent / "prompt.md").read_text(encoding="utf-8")


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
