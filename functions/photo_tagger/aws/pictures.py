"""Keys of `pt-links` that open a photo's small copy and nothing else, for a store to fetch it."""

import time

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.clients import client
from photo_tagger.domain.links import end_of_new_link, new_key, picture_hash


class PictureKeys:
    """The keys of all pictures. They work as long as a mailed link does."""

    def __init__(self, links_table: str) -> None:
        self._table = links_table

    def new(self, photo_id: str) -> str:
        """A new key to one photo's small copy."""
        key = new_key()
        row = {
            "key_hash": picture_hash(key),
            "photo_id": photo_id,
            "ends_at": end_of_new_link(),
        }
        client("dynamodb").put_item(TableName=self._table, Item=to_item(row))
        return key

    def photo_of(self, key: str) -> str | None:
        """The photo that a picture's key opens; None for a key that is unknown or has ended."""
        answer = client("dynamodb").get_item(
            TableName=self._table,
            Key={"key_hash": {"S": picture_hash(key)}},
            ConsistentRead=True,  # a store fetches within the second in which the key was made
        )
        row = from_item(answer.get("Item") or {})
        return str(row["photo_id"]) if row and row["ends_at"] > time.time() else None
