"""What Google's discovery documents say of a method, and partial answers by `fields`."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*|[*(),/]")

Mask = dict[str, Any]
"""Fields by name, each with the mask of what is below it; empty: all of it."""


class BadFieldsError(Exception):
    """`fields` names what the method's answer does not have; the message is that name."""


@cache
def document(name: str) -> dict[str, Any]:
    """A discovery document of Google's client package, as `drive.v3`."""
    path = files("googleapiclient") / "discovery_cache" / "documents" / f"{name}.json"
    return cast("dict[str, Any]", json.loads(path.read_text("utf-8")))


def parameters(api: dict[str, Any], method: dict[str, Any]) -> set[str]:
    """The query parameters that a method takes."""
    return set(api["parameters"]) | {
        name for name, told in method["parameters"].items() if told["location"] == "query"
    }


def mask_of(text: str, api: dict[str, Any], schema: str) -> Mask:
    """`fields` as a mask, made sure of against the schema of the answer. Raises BadFieldsError."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise BadFieldsError(text)
    mask = _masks(tokens, text)
    if tokens:
        raise BadFieldsError(text)
    _check(mask, api, api["schemas"][schema])
    return mask


def masked(value: Any, mask: Mask) -> Any:
    """What a mask leaves of an answer."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    return {name: masked(value[name], below) for name, below in mask.items() if name in value}


def _masks(tokens: list[str], text: str) -> Mask:
    mask: Mask = {}
    while True:
        if not tokens or tokens[0] in "(),/":
            raise BadFieldsError(text)
        name = tokens.pop(0)
        mask[name] = _below(tokens, text)
        if not tokens or tokens[0] != ",":
            return mask
        tokens.pop(0)


def _below(tokens: list[str], text: str) -> Mask:
    if tokens and tokens[0] == "/":
        tokens.pop(0)
        if not tokens:
            raise BadFieldsError(text)
        return {tokens.pop(0): _below(tokens, text)}
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        mask = _masks(tokens, text)
        if not tokens or tokens.pop(0) != ")":
            raise BadFieldsError(text)
        return mask
    return {}


def _check(mask: Mask, api: dict[str, Any], schema: dict[str, Any]) -> None:
    while "items" in schema or "$ref" in schema:
        schema = api["schemas"][schema["$ref"]] if "$ref" in schema else schema["items"]
    for name, below in mask.items():
        if name == "*":
            continue
        if name not in schema.get("properties", {}):
            raise BadFieldsError(name)
        if below:
            _check(below, api, schema["properties"][name])
