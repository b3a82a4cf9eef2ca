"""What each AWS call of the functions needs from IAM: the table, and how it is applied.

Resources are named as in `template.yaml`: `DraftsTable`, `DropBucket/*`, and the words of
`tests/static/grants.py` for those that roles name by their ARN. The actions are those of AWS's
Service Authorization Reference and of the call's page in the API reference.
"""

from __future__ import annotations

from typing import NamedTuple

from .grants import SETTINGS, Grant, arn
from .reach import Reach, Site

AWS = "photo_tagger.aws"
LIFECYCLE = "photo_tagger.domain.lifecycle"


class Need(NamedTuple):
    """Actions on one resource; with `where` only in functions that come to all of these."""

    resource: str
    actions: tuple[str, ...]
    where: tuple[str, ...] = ()


def on(resource: str, *actions: str, where: tuple[str, ...] = ()) -> Need:
    """A need for some actions on a resource."""
    return Need(resource, actions, where)


# AWS: a key that is not there answers NoSuchKey only to those who may list the bucket, and
# AccessDenied to all others (API reference, GetObject).
# AWS: with a VersionId, GetObject needs s3:GetObjectVersion and not s3:GetObject; HeadObject,
# CopyObject and DeleteObject are documented as needing the plain action beside it.
# AWS: a transaction needs the action of each of its requests (developer guide, DynamoDB
# transactions), so the tables stand where the requests are made.
NEEDS: dict[Site, list[Need]] = {
    # What the functions share
    Site(f"{AWS}.config.shop_config", "SSMProvider.get_multiple"): [
        on(SETTINGS, "ssm:GetParametersByPath"),
    ],
    Site(f"{AWS}.documents._read", "s3.get_object"): [
        on("RulesBucket/style.json", "s3:GetObject", where=(f"{AWS}.documents.style_doc",)),
        on("RulesBucket/rules.json", "s3:GetObject", where=(f"{AWS}.documents.rules_doc",)),
    ],
    Site(f"{AWS}.documents._read", "s3.exceptions.NoSuchKey"): [
        on("RulesBucket", "s3:ListBucket"),
    ],
    Site(f"{AWS}.small_copies.read_small_copy", "s3.get_object"): [
        on("ResizedBucket/*", "s3:GetObject"),
    ],
    Site(f"{AWS}.small_copies.read_small_copy", "s3.exceptions.NoSuchKey"): [
        on("ResizedBucket", "s3:ListBucket"),
    ],
    Site(f"{AWS}.links.Links.find", "dynamodb.get_item"): [
        on("LinksTable", "dynamodb:GetItem"),
    ],
    Site(f"{AWS}.links.Links.put_request", "a request to a table"): [
        on("LinksTable", "dynamodb:PutItem"),
    ],
    Site(f"{AWS}.links.Links.put", "dynamodb.put_item **"): [],
    Site(f"{AWS}.drafts.DraftReader.find", "dynamodb.get_item"): [
        on("DraftsTable", "dynamodb:GetItem"),
    ],
    Site(f"{AWS}.drafts.Drafts.create", "a request to a table"): [
        on("DraftsTable", "dynamodb:PutItem"),
    ],
    Site(f"{AWS}.drafts.Drafts._replace", "a request to a table"): [
        on("DraftsTable", "dynamodb:PutItem"),
    ],
    Site(f"{AWS}.audit.AuditTrail.rows", "dynamodb.query"): [
        on("AuditTable", "dynamodb:Query"),
    ],
    Site(f"{AWS}.audit.append_only", "a request to a table"): [
        on("AuditTable", "dynamodb:PutItem", where=(f"{AWS}.audit.AuditTrail.put_request",)),
        on("AuditTable", "dynamodb:PutItem", where=(f"{AWS}.audit.AuditTrail.note",)),
        # Only a decision has an ack row.
        on(
            "AckTable",
            "dynamodb:PutItem",
            where=(f"{AWS}.drafts.Drafts._replace", f"{LIFECYCLE}.decided"),
        ),
    ],
    Site(f"{AWS}.audit.AuditTrail.note", "dynamodb.put_item **"): [],
    Site(f"{AWS}.audit.AuditTrail.since", "dynamodb.query IndexName"): [
        on("AuditTable/index/by_day", "dynamodb:Query"),
    ],
    Site(f"{AWS}.drafts.Drafts._write", "dynamodb.transact_write_items Put"): [],
    Site(f"{AWS}.drafts.DraftReader._batches", "dynamodb.batch_get_item"): [
        on("DraftsTable", "dynamodb:BatchGetItem"),
    ],
    Site(f"{AWS}.drafts.DraftReader.in_status", "dynamodb.query IndexName"): [
        on("DraftsTable/index/open", "dynamodb:Query"),
    ],
    Site(f"{AWS}.task_tokens.answer", "stepfunctions.send_task_success"): [
        on("PhotoStateMachine", "states:SendTaskSuccess"),
    ],
    Site(f"{AWS}.admin.tell_admin", "sns.publish"): [
        on("AdminTopic", "sns:Publish"),
    ],
    # starter
    Site("starter.throttle.Throttle._start", "stepfunctions.start_execution"): [
        on("PhotoStateMachine", "states:StartExecution"),
    ],
    Site("starter.throttle.Throttle._running", "stepfunctions.describe_execution"): [
        on("PhotoStateMachine executions", "states:DescribeExecution"),
    ],
    Site("starter.throttle.Throttle._bring_back_soon", "sqs.change_message_visibility"): [
        on("ReadyQueue", "sqs:ChangeMessageVisibility"),
    ],
    # resize
    Site("resize.claims.Claims._owner", "dynamodb.get_item"): [
        on("DraftsTable", "dynamodb:GetItem"),
    ],
    Site("resize.claims.Claims.claim", "a request to a table"): [
        on("DraftsTable", "dynamodb:PutItem"),
    ],
    Site("resize.claims.Claims.claim", "dynamodb.transact_write_items Put"): [],
    Site("resize.resizer._unless_deleted", "s3.get_object VersionId"): [
        on("DropBucket/*", "s3:GetObjectVersion"),
        on("FlaggedBucket/*", "s3:GetObjectVersion"),
    ],
    Site("resize.resizer._unless_deleted", "s3.head_object"): [
        on("DropBucket/*", "s3:GetObject"),
        on("DropBucket", "s3:ListBucket"),
        on("FlaggedBucket/*", "s3:GetObject"),
        on("FlaggedBucket", "s3:ListBucket"),
    ],
    Site("resize.resizer.Resizer.run", "s3.put_object"): [
        on("ResizedBucket/*", "s3:PutObject"),
    ],
    # reader
    Site("reader.model.VisionModel.ask", "bedrock-runtime.converse"): [
        # AWS: a global inference profile asks for the profile, for its model in this region, and
        # for the model without a region.
        on(resource, "bedrock:InvokeModel")
        for profile, model in (
            ("${ModelId}", "${FoundationModel}"),
            ("${EscalationModelId}", "${EscalationFoundationModel}"),
        )
        for resource in (
            arn("bedrock", f"inference-profile/{profile}"),
            arn("bedrock", f"foundation-model/{model}", account=""),
            arn("bedrock", f"foundation-model/{model}", region="", account=""),
        )
    ],
    # notify, digest
    Site(f"{AWS}.mailer.send", "ses.send_raw_email"): [
        on("SenderIdentity", "ses:SendRawEmail"),
        # AWS: also on the configuration set, be it named in the call or the identity's default.
        on("MailEvents", "ses:SendRawEmail"),
    ],
    # ack_handler
    Site(f"{AWS}.pictures.PictureKeys.photo_of", "dynamodb.get_item"): [
        on("LinksTable", "dynamodb:GetItem"),
    ],
    Site("ack_handler.queue.Buttons.try_anyway", "sqs.send_message"): [
        on("ReadyQueue", "sqs:SendMessage"),
    ],
    # store_writer
    Site("store_writer.turns.Turns._put", "dynamodb.put_item"): [
        on("DraftsTable", "dynamodb:PutItem"),
    ],
    Site(f"{AWS}.pictures.PictureKeys.new", "dynamodb.put_item"): [
        on("LinksTable", "dynamodb:PutItem"),
    ],
    Site("store_writer.secrets.StoreSecret.whole", "secretsmanager.get_secret_value"): [
        on("StoreSecret", "secretsmanager:GetSecretValue"),
    ],
    Site("store_writer.csv_file.CsvFile._read", "s3.get_object"): [
        on("ListingsBucket/*", "s3:GetObject"),
    ],
    Site("store_writer.csv_file.CsvFile._read", "s3.exceptions.NoSuchKey"): [
        on("ListingsBucket", "s3:ListBucket"),
    ],
    # AWS: with If-Match, PutObject needs s3:GetObject beside s3:PutObject (user guide, "Conditional
    # writes").
    Site("store_writer.csv_file.CsvFile._wrote", "s3.put_object **"): [
        on("ListingsBucket/*", "s3:PutObject", "s3:GetObject"),
    ],
    # drive_sync
    # AWS: a put with If-Match needs s3:GetObject beside s3:PutObject (user guide, conditional
    # writes); all calls of a multipart upload but the last need s3:PutObject.
    Site("drive_sync.copies.Copies.of", "s3.list_objects_v2"): [
        on("DropBucket", "s3:ListBucket"),
    ],
    Site("drive_sync.copies.Copies.is_of", "s3.head_object"): [
        on("DropBucket/drive/*", "s3:GetObject"),
        on("DropBucket", "s3:ListBucket"),
    ],
    Site("drive_sync.copies.Copies.was_set_aside", "s3.head_object"): [
        on("FlaggedBucket/*", "s3:GetObject"),
        on("FlaggedBucket", "s3:ListBucket"),
    ],
    Site("drive_sync.copies._Upload._put", "s3.put_object **"): [
        on("DropBucket/drive/*", "s3:PutObject", "s3:GetObject"),
    ],
    Site("drive_sync.copies._Upload._send", "s3.create_multipart_upload **"): [
        on("DropBucket/drive/*", "s3:PutObject"),
    ],
    Site("drive_sync.copies._Upload._send", "s3.upload_part **"): [
        on("DropBucket/drive/*", "s3:PutObject"),
    ],
    Site("drive_sync.copies._Upload._complete", "s3.complete_multipart_upload **"): [
        on("DropBucket/drive/*", "s3:PutObject", "s3:GetObject"),
    ],
    Site("drive_sync.copies._Upload.abort", "s3.abort_multipart_upload **"): [
        on("DropBucket/drive/*", "s3:AbortMultipartUpload"),
    ],
    Site("drive_sync.docs.ShopDocs._put", "s3.get_object"): [
        on("RulesBucket/style.json", "s3:GetObject"),
        on("RulesBucket/rules.json", "s3:GetObject"),
    ],
    Site("drive_sync.docs.ShopDocs._put", "s3.exceptions.NoSuchKey"): [
        on("RulesBucket", "s3:ListBucket"),
    ],
    Site("drive_sync.docs.ShopDocs._put", "s3.put_object"): [
        on("RulesBucket/style.json", "s3:PutObject"),
        on("RulesBucket/rules.json", "s3:PutObject"),
    ],
    Site("drive_sync.handler._run", "secretsmanager.get_secret_value"): [
        on("DriveSecret", "secretsmanager:GetSecretValue"),
    ],
    Site("drive_sync.state.StateFile.load", "s3.get_object"): [
        on("RulesBucket/sync/drive.json", "s3:GetObject"),
    ],
    Site("drive_sync.state.StateFile.load", "s3.exceptions.NoSuchKey"): [
        on("RulesBucket", "s3:ListBucket"),
    ],
    Site("drive_sync.state.StateFile.save", "s3.put_object **"): [
        on("RulesBucket/sync/drive.json", "s3:PutObject", "s3:GetObject"),
    ],
    # flagger
    Site("flagger.originals.copy_version", "s3.copy_object"): [
        on("DropBucket/*", "s3:GetObject", "s3:GetObjectVersion"),
        on("FlaggedBucket/*", "s3:PutObject"),
    ],
    Site("flagger.originals.copy_version", "s3.head_object **"): [
        on("DropBucket/*", "s3:GetObject", "s3:GetObjectVersion"),
        on("DropBucket", "s3:ListBucket"),
    ],
    Site("flagger.originals._copied_before", "s3.head_object"): [
        on("FlaggedBucket/*", "s3:GetObject"),
        on("FlaggedBucket", "s3:ListBucket"),
    ],
    Site("flagger.originals.copy_version", "s3.head_object"): [
        on("FlaggedBucket/*", "s3:GetObject"),
    ],
    Site("flagger.originals.delete_version", "s3.delete_object VersionId"): [
        on("DropBucket/*", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    ],
    # watcher
    Site("watcher.changes.status_change", "stepfunctions handed on"): [
        on("PhotoStateMachine executions", "states:GetExecutionHistory"),
    ],
    Site("watcher.reconcile._current_photos", "s3.list_object_versions"): [
        on("DropBucket", "s3:ListBucketVersions"),
    ],
    Site("watcher.reconcile._queue", "sqs.send_message"): [
        on("ReadyQueue", "sqs:SendMessage"),
    ],
}


def needs_of(reach: Reach) -> dict[Grant, Site]:
    """The grants that a function's calls need, each with a call that needs it."""
    return {
        Grant(action, need.resource): site
        for site in sorted(reach.sites)
        for need in NEEDS.get(site, [])
        if all(name in reach.users for name in need.where)
        for action in need.actions
    }


def unknown_calls(reach: Reach) -> list[str]:
    """A sentence for each call, and for each new user of a call, that the table does not know."""
    told = []
    for site in sorted(reach.sites):
        if site not in NEEDS:
            told.append(
                f"{site.definition} does “{site.operation}”, and the table in tests/static/needs.py"
                " has no row that says what this needs: add one"
            )
            continue
        known = {name for need in NEEDS[site] for name in need.where}
        for user in sorted(reach.users[site.definition] - known) if known else []:
            told.append(
                f"{user} uses {site.definition} too, which does “{site.operation}”: its row in "
                "tests/static/needs.py must say what that needs"
            )
    return told


def idle_rows(reaches: list[Reach]) -> list[str]:
    """A sentence for each row of the table that no function comes to."""
    made = {site for reach in reaches for site in reach.sites}
    reached = {name for reach in reaches for name in reach.users}
    return [
        f"no function comes to {name} ({site.operation}) any more: take it out of "
        "tests/static/needs.py"
        for site, needs in NEEDS.items()
        for name in [site.definition, *(name for need in needs for name in need.where)]
        if site not in made or name not in reached
    ]
