"""Which photo the same bytes belong to."""

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.clients import client
from photo_tagger.aws.drafts import BusyRecordError, Drafts
from photo_tagger.domain.lifecycle import MACHINE
from photo_tagger.domain.photo import Status

_LET_GO = frozenset({Status.FLAGGED, Status.REJECTED, Status.EXPIRED, Status.WITHDRAWN})


class Claims:
    """Claims on a file's SHA-256, kept beside the drafts under `sha256#<hex>`."""

    def __init__(self, table: str, drafts: Drafts) -> None:
        self._table = table
        self._drafts = drafts

    def claim(self, sha256: str, photo_id: str, image_key: str) -> str:
        """The id of the photo that owns these bytes: `photo_id` itself if it may have them.

        A photo that was set aside or closed holds nothing back: dropping it anew is a new try.
        Raises BusyRecordError when another photo is claiming them at this very moment.
        """
        key = f"sha256#{sha256}"
        owner = self._owner(key)
        if owner == photo_id or (owner is not None and not self._let_go(owner)):
            return owner
        dynamodb = client("dynamodb")
        before = {"owner": owner} if owner else {}
        after = {"sha256": sha256, "image_key": image_key}
        audit = self._drafts.audit.put_request(photo_id, "claimed", MACHINE, before, after)
        claim = {
            "TableName": self._table,
            "Item": to_item({"photo_id": key, "owner": photo_id}),
            "ConditionExpression": "attribute_not_exists(photo_id) OR #owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": {"S": owner or photo_id}},
        }
        try:
            dynamodb.transact_write_items(TransactItems=[{"Put": claim}, {"Put": audit}])
        except dynamodb.exceptions.TransactionCanceledException as error:
            raise BusyRecordError(f"the claim {key} is being written") from error
        return photo_id

    def _let_go(self, owner: str) -> bool:
        record = self._drafts.find(owner)
        return record is not None and record.status in _LET_GO

    def _owner(self, key: str) -> str | None:
        answer = client("dynamodb").get_item(
            TableName=self._table, Key={"photo_id": {"S": key}}, ConsistentRead=True
        )
        return str(from_item(answer["Item"])["owner"]) if "Item" in answer else None
