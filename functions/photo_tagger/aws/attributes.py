"""Python values to and from DynamoDB's attribute values."""

import json
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def to_item(values: dict[str, Any]) -> dict[str, Any]:
    """A DynamoDB item of JSON-like values; those that are None are left out."""
    exact = json.loads(json.dumps(values), parse_float=Decimal)
    return {
        name: _serializer.serialize(value) for name, value in exact.items() if value is not None
    }


def from_item(item: dict[str, Any]) -> dict[str, Any]:
    """The plain values of a DynamoDB item; numbers come as Decimal."""
    return {name: _deserializer.deserialize(value) for name, value in item.items()}
