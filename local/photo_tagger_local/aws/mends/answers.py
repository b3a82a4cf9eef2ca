"""The answers of the emulator's JSON services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core import responses

from photo_tagger_local.aws.mends.executions import Record

Response = tuple[int, dict[str, str], bytes]


def error(code: str, message: str) -> Any:
    return responses.error_response_json(code, message, 400)


def extend(response: Response, change: Callable[[Record], Record]) -> Any:
    """Change the body of an answer that is not an error."""
    status, _, body = response
    if status != 200:
        return response
    return responses.json_response(change(json.loads(body)))
