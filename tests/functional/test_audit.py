"""The audit trail: every write of every record, append-only, and no secret in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY

import pytest

from photo_tagger.clock import on_record

LISTING = {"id": "41", "url": "https://shop.example/41", "store_target": "api"}


def test_a_photos_whole_life_is_on_record_and_no_secret_is(
    aws: Any, answer: Any, boto: Any, log: Any, photo_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a photo that is drafted, tried again, edited, refused, approved and listed
    name = aws.record("sofa.jpg", photo_bytes)
    source = aws.photo(name).source.model_dump()
    aws.call("Resize", {"photo_id": name, "source": source})
    aws.save_draft(name)
    first = aws.mailed(name)
    aws.await_owner(name, first.token, step=1)
    aws.new_mails()
    answer.post(first.bob, "try-again", hint="it is linen")
    aws.save_draft(name, round_=2)
    second = aws.mailed(name, round_=2)
    answer.approve(second.ann, title="White linen sofa")
    event = {"photo_id": name, "round": 2, "store_words": "title: no"}
    aws.call("Recorder", {"step": "ReopenReview", **event})
    third = aws.mailed(name, round_=3)
    answer.approve(third.bob, title="White sofa in linen")
    aws.call("Recorder", {"step": "RecordListing", "photo_id": name, "listing": LISTING})

    # Then each write left one row, in order and signed
    ann, bob, machine = "Ann <ann@shop.example>", "bob@shop.example", "photo-tagger"
    trail = aws.audit(name)
    assert [(row["action"], row["by_user"]) for row in trail] == [
        ("accepted", machine),
        ("claimed", machine),
        ("drafted", machine),
        ("mailed", machine),
        ("reminded", machine),
        ("try_again", bob),
        ("drafted", machine),
        ("mailed", machine),
        ("edited", ann),
        ("reopened", machine),
        ("mailed", machine),
        ("edited", bob),
        ("listed", machine),
    ]
    assert aws.photo(name).revision == len(trail) - 1

    # And what it was before is what the rows before it left
    known: dict[str, Any] = {}
    for row in (row for row in trail if row["action"] != "claimed"):
        for field, value in row["before"].items():
            assert known.get(field) == value, (row["action"], field)
        assert set(row["before"]) == set(row["after"]) or not known
        known |= row["after"]
    now = aws.photo(name).model_dump(mode="json")
    for field in ("status", "decision", "draft", "listing", "hints", "round"):
        assert json.loads(json.dumps(known[field], default=float)) == now[field], field

    # And every write of a record came in one transaction with its audit row, and in no other way
    for request in boto.of("TransactWriteItems"):
        tables = [item["Put"]["TableName"] for item in request["TransactItems"]]
        assert tables.count("pt-audit") == 1
        assert "pt-drafts" in tables
    assert not {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"} & set(boto.names())

    # And neither the trail nor the log holds a key or a token
    dump = aws.dump()
    told = "".join(dump[table] for table in ("AuditTable", "AckTable", "LinksTable"))
    everything = told + log.text() + caplog.text
    assert name in everything
    for waiting in (first, second, third):
        for secret in (waiting.token, waiting.ann, waiting.bob):
            assert secret not in everything
    assert third.token in dump["DraftsTable"]


def test_rows_of_the_audit_and_the_ack_table_can_only_be_added(
    aws: Any, answer: Any, boto: Any
) -> None:
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann)
    appended = [
        item["Put"]
        for request in boto.of("TransactWriteItems")
        for item in request["TransactItems"]
        if item["Put"]["TableName"] in ("pt-audit", "pt-ack")
    ]
    assert len(appended) == 5
    for put in appended:
        assert put["ConditionExpression"] == "attribute_not_exists(#sort)"
        assert put["ExpressionAttributeNames"]["#sort"] in ("ts", "ack_ts")


def test_the_rows_since_a_moment_are_found_by_their_day(aws: Any) -> None:
    aws.record("before.jpg", b"before")
    start = datetime.now(UTC)
    later = [aws.record("first.jpg", b"first"), aws.record("second.jpg", b"second")]
    rows = list(aws.drafts().audit.since(start))
    assert [row["photo_id"] for row in rows] == later
    three_days_ago = start - timedelta(days=3)
    aws.drafts().audit.note("old", f"{on_record(three_days_ago)}#1", "failed", "x", {})
    rows = list(aws.drafts().audit.since(three_days_ago))
    assert [row["photo_id"] for row in rows] == ["old", ANY, *later]


def test_a_write_whose_audit_row_cannot_be_kept_does_not_happen(aws: Any) -> None:
    name = aws.record()
    before = aws.dump()
    aws.dynamodb.delete_table(TableName="pt-audit")
    with pytest.raises(Exception, match=r"ResourceNotFound|not found"):
        aws.save_draft(name)
    assert repr(sorted(map(repr, aws.rows("DraftsTable")))) == repr(
        json.loads(before["DraftsTable"])
    )
