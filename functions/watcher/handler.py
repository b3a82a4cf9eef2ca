"""What nobody else looks after: executions that failed, and what got lost between two steps."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_tagger.aws.audit import AuditTrail
from photo_tagger.aws.drafts import DraftReader
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from watcher.changes import note, status_change
from watcher.failures import tell_admin
from watcher.reconcile import resume_decided, start_cut_off, start_forgotten


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    drop_bucket: str
    ready_queue_url: str
    admin_topic_arn: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """A batch of status changes from their queue, or `{"task": "reconcile"}` from the schedule."""
    settings = read_environment(Settings)
    if event.get("task") == "reconcile":
        return _reconcile(settings)
    changes = [status_change(message["body"]) for message in event["Records"]]
    for change in changes:
        note(change, AuditTrail(settings.audit_table))
    failures = [change for change in changes if not change.redriven]
    if failures:
        tell_admin(failures, settings.admin_topic_arn)
    return {"noted": len(changes), "told": len(failures)}


def _reconcile(settings: Settings) -> dict[str, int]:
    drafts, queue = DraftReader(settings.drafts_table), settings.ready_queue_url
    found = {
        "resumed": resume_decided(drafts),
        "started": start_forgotten(drafts, bucket=settings.drop_bucket, queue_url=queue),
        "started_again": start_cut_off(drafts, queue_url=queue),
    }
    logger.info("reconciled", extra=found)
    return found
