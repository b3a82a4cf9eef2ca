"""One write at a time to each product: stores have no such thing, and two would undo each other."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from photo_tagger.aws.attributes import to_item
from photo_tagger.aws.clients import client
from photo_tagger.domain.product import ProductKey
from store_writer.store import StoreUnavailableError

_LEASE_SECONDS = 75
"""Longer than this function can run, so that one that died holds its product up no longer."""


class Turns:
    """Whose turn it is, kept beside the drafts under `product#<kind>#<key>`."""

    def __init__(self, table: str) -> None:
        self._table = table

    @contextmanager
    def of(self, key: ProductKey) -> Iterator[None]:
        """Write to this product now. Raises StoreUnavailableError when it is another's turn.

        A store that asked to be left alone is, until then.
        """
        name, holder = f"product#{key.kind}#{key.value}", uuid4().hex
        self._take(name, holder)
        left_alone = 0.0
        try:
            yield
        except StoreUnavailableError as error:
            left_alone = error.wait_seconds
            raise
        finally:
            self._leave(name, holder, left_alone)

    def _take(self, name: str, holder: str) -> None:
        dynamodb = client("dynamodb")
        free = "attribute_not_exists(photo_id) OR free_at <= :now"
        try:
            self._put(name, holder, time.time() + _LEASE_SECONDS, free, None)
        except dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise StoreUnavailableError(
                "another photo of the same product is being written, or the store asked for a pause"
            ) from error

    def _leave(self, name: str, holder: str, left_alone: float) -> None:
        self._put(name, holder, time.time() + left_alone, "holder = :holder", holder)

    def _put(
        self, name: str, holder: str, free_at: float, condition: str, held_by: str | None
    ) -> None:
        values = {":holder": held_by} if held_by else {":now": time.time()}
        client("dynamodb").put_item(
            TableName=self._table,
            Item=to_item({"photo_id": name, "holder": holder, "free_at": free_at}),
            ConditionExpression=condition,
            ExpressionAttributeValues=to_item(values),
        )
