"""`pt-links`: what a mailed key opens. Only the key's hash is in it."""

from typing import Any

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.clients import client
from photo_tagger.domain.links import ReviewLink, key_hash


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

    def find(self, key: str) -> ReviewLink | None:
        """The link a key opens, or None."""
        answer = client("dynamodb").get_item(
            TableName=self._table, Key={"key_hash": {"S": key_hash(key)}}, ConsistentRead=True
        )
        item = answer.get("Item")
        return ReviewLink.model_validate(from_item(item)) if item else None
