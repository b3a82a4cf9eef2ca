"""`pt-drafts`, written only together with its audit row (and ack row): all of them or none."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.audit import AuditTrail, Put, append_only
from photo_tagger.aws.clients import client
from photo_tagger.clock import now
from photo_tagger.domain.lifecycle import MACHINE
from photo_tagger.domain.photo import Change, Outcome, PhotoRecord, Status

_TRIES = 8
_NEVER_IN_AUDIT = frozenset({"task_token"})
Decide = Callable[[PhotoRecord], Change | None]
_OPEN_INDEX = "open"
_BATCH = 100
"""Keys in one BatchGetItem: DynamoDB's limit."""


class NoSuchPhotoError(Exception):
    """There is no record of this photo."""


class BusyRecordError(Exception):
    """Others kept writing to this record; trying again later will work."""


class Listed(BaseModel):
    """A photo as the index has it; `open_since` is the time of its last change (ISO 8601, UTC)."""

    photo_id: str
    open_since: str
    outcome: Outcome | None = None
    mail_held: bool = False


class DraftReader:
    """The records of all photos, to look at."""

    def __init__(self, table: str) -> None:
        self._table = table

    def find(self, photo_id: str) -> PhotoRecord | None:
        """The record as it is now (a consistent read), or None."""
        answer = client("dynamodb").get_item(
            TableName=self._table, Key={"photo_id": {"S": photo_id}}, ConsistentRead=True
        )
        item = answer.get("Item")
        return PhotoRecord.model_validate(from_item(item)) if item else None

    def get(self, photo_id: str) -> PhotoRecord:
        """The record as it is now. Raises NoSuchPhotoError."""
        record = self.find(photo_id)
        if record is None:
            raise NoSuchPhotoError(f"no record of photo {photo_id}")
        return record

    def known(self, photo_ids: Sequence[str]) -> set[str]:
        """Those photos that are on record (consistent reads)."""
        only_ids = {"ProjectionExpression": "photo_id"}
        return {item["photo_id"]["S"] for item in self._batches(photo_ids, only_ids)}

    def records(self, photo_ids: Sequence[str]) -> list[PhotoRecord]:
        """The records of these photos as they are now (consistent reads), in the same order."""
        items = map(from_item, self._batches(photo_ids, {}))
        found = {record.photo_id: record for record in map(PhotoRecord.model_validate, items)}
        return [found[name] for name in photo_ids if name in found]

    def _batches(self, photo_ids: Sequence[str], more: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for first in range(0, len(photo_ids), _BATCH):
            keys = [{"photo_id": {"S": name}} for name in photo_ids[first : first + _BATCH]]
            wanted = {"Keys": keys, "ConsistentRead": True, **more}
            while wanted:
                answer = client("dynamodb").batch_get_item(RequestItems={self._table: wanted})
                yield from answer["Responses"][self._table]
                wanted = answer.get("UnprocessedKeys", {}).get(self._table)

    def open_photos(self, status: Status) -> Iterator[PhotoRecord]:
        """The photos with something left to do that have this status, longest waiting first.

        The index is late, so each record is read again and may have moved on.
        """
        for entry in self.in_status(status):
            record = self.get(entry.photo_id)
            if record.is_open:
                yield record

    def in_status(self, status: Status, *, since: str = "") -> list[Listed]:
        """What the index says of the photos with this status, longest there first.

        `since` leaves out those whose last change is older. The index is late: read the records
        again before anything is shown of them or decided. One call for some 4,000 photos.
        """
        pages = (
            client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                IndexName=_OPEN_INDEX,
                KeyConditionExpression="open_status = :status AND open_since >= :since",
                ExpressionAttributeValues={
                    ":status": {"S": status.value},
                    ":since": {"S": since or "0"},
                },
            )
        )
        return [Listed.model_validate(from_item(item)) for page in pages for item in page["Items"]]


class Drafts(DraftReader):
    """The records of all photos, to look at and to write.

    `ack_table` is needed only where a reviewer's decisions are written.
    """

    def __init__(self, table: str, audit_table: str, ack_table: str | None = None) -> None:
        super().__init__(table)
        self.audit = AuditTrail(audit_table)
        self._ack_table = ack_table

    def create(self, record: PhotoRecord) -> bool:
        """Write the first record of a photo; False when it has one already."""
        new = record.model_copy(update={"revision": 1})
        return self._write(
            {
                "TableName": self._table,
                "Item": _item(new),
                "ConditionExpression": "attribute_not_exists(photo_id)",
            },
            [
                self.audit.put_request(
                    record.photo_id, "accepted", MACHINE, {}, new.model_dump(mode="json")
                )
            ],
        )

    def change(
        self, photo_id: str, decide: Decide, also: Sequence[Put] = ()
    ) -> tuple[PhotoRecord, Change | None]:
        """Take one step of a photo's life: `decide` says which, from the record as it stands.

        If someone else writes in between, the record is read again and `decide` asked again. `also`
        are further Put requests of the same transaction. Returns the record as it is afterwards and
        the change written, None where `decide` found nothing to do.
        """
        for _ in range(_TRIES):
            record = self.get(photo_id)
            change = decide(record)
            if change is None:
                return record, None
            after = _changed(record, change)
            if self._replace(record, after, change, also):
                return after, change
        raise BusyRecordError(f"the record of {photo_id} changed {_TRIES} times while writing it")

    def _replace(
        self, before: PhotoRecord, after: PhotoRecord, change: Change, also: Sequence[Put]
    ) -> bool:
        old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
        told = [name for name in change.values if name not in _NEVER_IN_AUDIT]
        puts = [
            self.audit.put_request(
                before.photo_id,
                change.action,
                change.by_user,
                {name: old[name] for name in told},
                {name: new[name] for name in told},
            ),
            *also,
        ]
        if change.ack is not None:
            if self._ack_table is None:
                raise ValueError("a decision needs the ack table")
            puts.append(append_only(self._ack_table, change.ack, "ack_ts"))
        return self._write(
            {
                "TableName": self._table,
                "Item": _item(after),
                "ConditionExpression": "revision = :read",
                "ExpressionAttributeValues": to_item({":read": before.revision}),
            },
            puts,
        )

    def _write(self, record: Put, rows: Sequence[Put]) -> bool:
        """One transaction; False when the record's condition did not hold or another was faster."""
        dynamodb = client("dynamodb")
        try:
            dynamodb.transact_write_items(
                TransactItems=[{"Put": record}, *({"Put": row} for row in rows)]
            )
        except dynamodb.exceptions.TransactionCanceledException as error:
            codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}
            if codes <= {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                return False
            raise
        return True


def _changed(record: PhotoRecord, change: Change) -> PhotoRecord:
    values = {**record.model_dump(), **change.values}
    return PhotoRecord.model_validate(
        {**values, "revision": record.revision + 1, "updated_at": now()}
    )


def _item(record: PhotoRecord) -> dict[str, Any]:
    """The row, with the keys of the sparse index while somebody may have to look at it."""
    values = record.model_dump(mode="json")
    if record.is_open or record.status is Status.FLAGGED:
        values |= {"open_status": record.status.value, "open_since": record.updated_at}
    return to_item(values)
