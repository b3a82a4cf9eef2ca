"""The audit trail alone tells the whole story, and every write there was has its row."""

from collections import Counter
from typing import Any

from photo_tagger.aws.attributes import from_item

from .conftest import Shop, eventually

SOFA, DARK = "white-sofa.jpg", "guitar-on-stage.jpg"
NEVER_TOLD = {"task_token", "revision", "updated_at"}
"""The secret, and what counts and dates the writes themselves."""

WITHOUT_A_CHANGE = {"claimed", "failed", "redriven"}
"""Rows of writes elsewhere; all others changed the photo's record."""

DECISIONS = {"approved", "edited", "rejected", "try_again"}


def photos_of_every_kind(shop: Shop) -> dict[str, str]:
    """One photo for each way through the workflow, each at its end."""
    same = (shop.samples / "chair.jpg").read_bytes() + b"trail"
    photos = {
        "approved": shop.drop_sample(SOFA, "trail-approved.jpg"),
        "edited": shop.drop_sample(SOFA, "trail-edited.jpg"),
        "rejected": shop.drop_sample(SOFA, "trail-rejected.jpg"),
        "tried again": shop.drop_sample(SOFA, "trail-again.jpg"),
        "failed": shop.drop_sample(SOFA, "trail-failed.jpg"),
        "flagged": shop.drop_sample(DARK, "trail-dark.jpg"),
        "requeued": shop.drop_sample(DARK, "trail-requeued.jpg"),
        "first": shop.drop("trail-first.jpg", same),
    }
    shop.until(photos["first"], "waiting")
    photos["duplicate"] = shop.drop("trail-second.jpg", same)

    record = shop.until(photos["failed"], "waiting")
    shop.run.aws.client("stepfunctions").send_task_failure(
        taskToken=record.task_token, error="Broken", cause="on purpose"
    )
    shop.until_failed(photos["failed"], "NotifyOwner")
    eventually(lambda: "failed" in shop.actions(photos["failed"]), "the failure on the trail")
    shop.redrive(photos["failed"])
    shop.post(shop.link(photos["failed"], mail=2), "approve")

    shop.post(shop.link(photos["approved"]), "approve")
    shop.post(shop.link(photos["first"]), "approve")
    shop.post(shop.link(photos["edited"]), "approve", title="Other words")
    shop.post(shop.link(photos["rejected"]), "reject", reason="We do not sell this")
    shop.post(shop.link(photos["tried again"]), "try-again", hint="It is a blue armchair")
    shop.post(shop.link(photos["tried again"], mail=2), "approve")

    shop.until_ended(photos["requeued"])
    shop.requeue(photos["requeued"], 2)
    shop.post(shop.link(photos["requeued"]), "approve", description="It stands in the dark.")

    for kind, photo_id in photos.items():
        ends = {"rejected": "rejected", "flagged": "flagged", "duplicate": "duplicate"}
        shop.until(photo_id, ends.get(kind, "listed"))
        shop.until_ended(photo_id)
    eventually(lambda: "redriven" in shop.actions(photos["failed"]), "the redrive on the trail")
    eventually(lambda: shop.run.record(photos["rejected"]).set_aside, "the rejected one moved")
    return photos


def retold(trail: list[dict[str, Any]]) -> dict[str, Any]:
    """What the rows make of a photo, one after the other; each begins where the last ended."""
    known: dict[str, Any] = {}
    for row in trail:
        if row["action"] in WITHOUT_A_CHANGE:
            continue
        for name, value in row["before"].items():
            assert known.get(name) == value, (row["action"], name)
        known |= row["after"]
    return known


def test_every_photo_is_told_whole_and_every_write_is_counted(shop: Shop) -> None:
    photos = photos_of_every_kind(shop)
    trails = {photo_id: shop.run.audit_trail(photo_id) for photo_id in photos.values()}

    for photo_id, trail in trails.items():
        [row] = shop.rows("drafts", photo_id)
        record = from_item(row)
        story = retold(trail)
        for name in record.keys() - NEVER_TOLD - {"open_status", "open_since"}:
            assert story.get(name) == record[name], (photo_id, name)
        changes = [row for row in trail if row["action"] not in WITHOUT_A_CHANGE]
        assert len(changes) == record["revision"]

    told = Counter(row["action"] for trail in trails.values() for row in trail)
    assert told == {
        "accepted": 9,
        "started": 10,
        "claimed": 8,
        "drafted": 8,
        "mailed": 9,
        "failed": 1,
        "redriven": 1,
        "flagged": 2,
        "requeued": 1,
        "duplicate": 1,
        "approved": 4,
        "edited": 2,
        "rejected": 1,
        "moved": 1,
        "try_again": 1,
        "looked_up": 6,
        "listed": 6,
    }
    assert written(shop, set(photos.values())) == {
        "records": told["accepted"],
        "executions": told["started"],
        "claims": told["claimed"],
        "small copies": told["claimed"],
        "links": told["mailed"],
        "mails": told["mailed"],
        "acknowledgements": sum(told[decision] for decision in DECISIONS),
        "listings": told["listed"],
        "in the flagged bucket": told["flagged"] + told["moved"],
        "gone from the drop bucket": told["flagged"] + told["moved"],
    }


def written(shop: Shop, photos: set[str]) -> dict[str, int]:
    """What there is of these photos, counted where it lies."""
    run, outputs = shop.run, shop.run.outputs
    s3, states = run.aws.client("s3"), run.aws.client("stepfunctions")
    scan = run.aws.client("dynamodb").get_paginator("scan")

    def rows(table: str) -> list[dict[str, Any]]:
        pages = scan.paginate(TableName=f"pt-{table}", ConsistentRead=True)
        return [from_item(item) for page in pages for item in page["Items"]]

    def keys(bucket: str) -> set[str]:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        return {entry["Key"] for page in pages for entry in page.get("Versions", [])}

    drop = outputs["DropBucket"]
    resized, flagged = (keys(drop.replace("photo-drop", name)) for name in ("resized", "flagged"))
    drafts = rows("drafts")
    records = [row for row in drafts if row["photo_id"] in photos]
    executions = [
        execution["name"]
        for page in states.get_paginator("list_executions").paginate(
            stateMachineArn=outputs["StateMachine"]
        )
        for execution in page["executions"]
    ]
    still_there = keys(drop)
    return {
        "records": len(records),
        "executions": sum(name.removesuffix("-2") in photos for name in executions),
        "claims": sum(row.get("owner") in photos for row in drafts),
        "small copies": sum(key.removesuffix(".jpg") in photos for key in resized),
        "links": sum(row["photo_id"] in photos for row in rows("links")),
        "mails": sum(len(shop.mails_so_far(name)) for name in photos),
        "acknowledgements": sum(row["photo_id"] in photos for row in rows("ack")),
        "listings": sum(len(shop.listings(name)) for name in photos),
        "in the flagged bucket": sum(key.removesuffix("/original") in photos for key in flagged),
        "gone from the drop bucket": sum(
            row["source"]["key"] not in still_there for row in records
        ),
    }
