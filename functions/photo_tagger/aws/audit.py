"""`pt-audit`: one row per write of any kind, appended and never changed."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from photo_tagger.aws.attributes import from_item, to_item
from photo_tagger.aws.clients import client
from photo_tagger.clock import now, on_record

Put = dict[str, Any]
_DAY_INDEX = "by_day"
_DAY_LENGTH = len("2026-01-02")


class AuditTrail:
    """The story of every photo, in the order of its rows."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put_request(
        self,
        photo_id: str,
        action: str,
        by_user: str,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> Put:
        """A Put request for one row, to go into the transaction whose write it tells of."""
        moment = f"{now()}#{uuid4().hex[:12]}"
        row = {"action": action, "by_user": by_user, "before": before, "after": after}
        return append_only(self._table, {**_keys(photo_id, moment), **row}, "ts")

    def rows(self, photo_id: str) -> Iterator[dict[str, Any]]:
        """A photo's rows, oldest first."""
        pages = (
            client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                KeyConditionExpression="photo_id = :photo",
                ExpressionAttributeValues={":photo": {"S": photo_id}},
            )
        )
        for page in pages:
            yield from map(from_item, page["Items"])

    def note(self, photo_id: str, moment: str, action: str, by_user: str, after: Any) -> None:
        """Note what happened elsewhere; told of again, it is in the trail already.

        `moment` is the row's sort key, so it must be the same each time the same thing is told: a
        time as `clock.now` writes it, `#`, and an id of the event.
        """
        row = {"action": action, "by_user": by_user, "before": {}, "after": after}
        dynamodb = client("dynamodb")
        with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(**append_only(self._table, {**_keys(photo_id, moment), **row}, "ts"))

    def since(self, start: datetime) -> Iterator[dict[str, Any]]:
        """The rows of all photos from `start` to this moment, oldest first.

        The table is keyed by photo, so this asks an index by day (UTC), one query for each. The
        index is late by a moment, and rows written before it existed are not in it.
        """
        for day in _days(start.astimezone(UTC).date(), datetime.now(UTC).date()):
            pages = (
                client("dynamodb")
                .get_paginator("query")
                .paginate(
                    TableName=self._table,
                    IndexName=_DAY_INDEX,
                    KeyConditionExpression="#day = :day AND ts >= :start",
                    ExpressionAttributeNames={"#day": "day"},
                    ExpressionAttributeValues={
                        ":day": {"S": day.isoformat()},
                        ":start": {"S": on_record(start)},
                    },
                )
            )
            for page in pages:
                yield from map(from_item, page["Items"])


def _keys(photo_id: str, moment: str) -> dict[str, str]:
    return {"photo_id": photo_id, "ts": moment, "day": moment[:_DAY_LENGTH]}


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def append_only(table: str, values: dict[str, Any], sort_key: str) -> Put:
    """A Put request that never replaces a row."""
    return {
        "TableName": table,
        "Item": to_item(values),
        "ConditionExpression": "attribute_not_exists(#sort)",
        "ExpressionAttributeNames": {"#sort": sort_key},
    }
