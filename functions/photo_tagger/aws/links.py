"""`pt-links`: what a mailed key opens. Only the key's hash is in it."""

import time
from typing import Any

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.clients import client
from photo_tagger.domain.links import (
    ReviewLink,
    end_of_new_link,
    key_hash,
    new_key,
    picture_hash,
)


class Links:
    """The links of all mails."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put_request(self, link: ReviewLink) -> dict[str, Any]:
        """A Put request for one link, to go into the transaction that makes it valid."""
        return {"TableName": self._table, "Item": to_item(link.model_dump())}

    def put(self, link: ReviewLink) -> None:
        """Keep one link that belongs to no write of a photo's record."""
        client("dynamodb").put_item(**self.put_request(link))

    def put_picture(self, photo_id: str) -> str:
        """A new key that opens one photo's small copy and nothing else, for a store to fetch it."""
        key = new_key()
        row = {
            "key_hash": picture_hash(key),
            "photo_id": photo_id,
            "ends_at": end_of_new_link(),
        }
        client("dynamodb").put_item(TableName=self._table, Item=to_item(row))
        return key

    def picture(self, key: str) -> str | None:
        """The photo that a picture's key opens, or None."""
        answer = client("dynamodb").get_item(
            TableName=self._table, Key={"key_hash": {"S": picture_hash(key)}}
        )
        row = from_item(answer.get("Item") or {})
        return str(row["photo_id"]) if row and row["ends_at"] > time.time() else None

    def find(self, key: str) -> ReviewLink | None:
        """The link a key opens, or None."""
        answer = client("dynamodb").get_item(
            TableName=self._table, Key={"key_hash": {"S": key_hash(key)}}, ConsistentRead=True
        )
        item = answer.get("Item")
        return ReviewLink.model_validate(from_item(item)) if item else None
