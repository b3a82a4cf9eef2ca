"""`pt-drafts`, written only together with its audit row (and ack row): all of them or none."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.clients import client
from photo_tagger.clock import now
from photo_tagger.domain.lifecycle import MACHINE
from photo_tagger.domain.photo import ENDED, Change, PhotoRecord

_TRIES = 8
_NEVER_IN_AUDIT = frozenset({"task_token"})
Decide = Callable[[PhotoRecord], Change | None]
Put = dict[str, Any]


class NoSuchPhotoError(Exception):
    """There is no record of this photo."""


class BusyRecordError(Exception):
    """Others kept writing to this record; trying again later will work."""


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


class Drafts(DraftReader):
    """The records of all photos, to look at and to write.

    `ack_table` is needed only where a reviewer's decisions are written.
    """

    def __init__(self, table: str, audit_table: str, ack_table: str | None = None) -> None:
        super().__init__(table)
        self._audit_table = audit_table
        self._ack_table = ack_table

    def create(self, record: PhotoRecord) -> bool:
        """Write the first record of a photo; False when it has one already."""
        values = {**record.model_dump(mode="json"), "revision": 1}
        return self._write(
            {
                "TableName": self._table,
                "Item": to_item({**values, **_index_keys(values)}),
                "ConditionExpression": "attribute_not_exists(photo_id)",
            },
            [self.audit_row(record.photo_id, "accepted", MACHINE, {}, values)],
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

    def audit_row(
        self,
        photo_id: str,
        action: str,
        by_user: str,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> Put:
        """A Put request for one append-only row of the audit trail."""
        row = {
            "photo_id": photo_id,
            "ts": f"{now()}#{uuid4().hex[:12]}",
            "action": action,
            "by_user": by_user,
            "before": before,
            "after": after,
        }
        return _append(self._audit_table, to_item(row), "ts")

    def _replace(
        self, before: PhotoRecord, after: PhotoRecord, change: Change, also: Sequence[Put]
    ) -> bool:
        old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
        told = [name for name in change.values if name not in _NEVER_IN_AUDIT]
        puts = [
            self.audit_row(
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
            puts.append(_append(self._ack_table, to_item(change.ack), "ack_ts"))
        return self._write(
            {
                "TableName": self._table,
                "Item": to_item({**new, **_index_keys(new)}),
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


def _append(table: str, item: dict[str, Any], sort_key: str) -> Put:
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(#sort)",
        "ExpressionAttributeNames": {"#sort": sort_key},
    }


def _index_keys(values: dict[str, Any]) -> dict[str, Any]:
    """The keys of the sparse index of open photos, absent from those that reached an end."""
    if values["status"] in ENDED:
        return {}
    return {"open_status": values["status"], "open_since": values["updated_at"]}
