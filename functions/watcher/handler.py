"""What nobody else looks after: failed executions, mails that did not arrive, what got lost."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_tagger.aws.audit import AuditTrail
from photo_tagger.aws.drafts import DraftReader
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from watcher.changes import note, status_change
from watcher.failures import tell_of_failures
from watcher.reconcile import resume_decided, start_cut_off, start_forgotten
from watcher.unreached import SOURCE, note_unreached, tell_of_unreached, unreached


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    drop_bucket: str
    ready_queue_url: str
    admin_topic_arn: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """A batch of events from their queue, or `{"task": "reconcile"}` from the schedule."""
    settings = read_environment(Settings)
    if event.get("task") == "reconcile":
        return _reconcile(settings)
    events = [json.loads(message["body"]) for message in event["Records"]]
    mails = [told for told in events if told["source"] == SOURCE]
    executions = [told for told in events if told["source"] != SOURCE]
    return {
        **_follow_executions(executions, settings),
        "unreached": _follow_mails(mails, settings),
    }


def _follow_executions(events: list[dict[str, Any]], settings: Settings) -> dict[str, int]:
    told = [status_change(event) for event in events]
    for change in told:
        note(change, AuditTrail(settings.audit_table))
    failed = [change for change in told if not change.redriven]
    if failed:
        tell_of_failures(failed, settings.admin_topic_arn)
    return {"noted": len(told), "told": len(failed)}


def _follow_mails(events: list[dict[str, Any]], settings: Settings) -> int:
    for event in events:
        mail = unreached(event)
        if mail.photo_id and DraftReader(settings.drafts_table).known([mail.photo_id]):
            note_unreached(mail, AuditTrail(settings.audit_table))
        tell_of_unreached(mail, settings.admin_topic_arn)
    return len(events)


def _reconcile(settings: Settings) -> dict[str, int]:
    drafts, queue = DraftReader(settings.drafts_table), settings.ready_queue_url
    found = {
        "resumed": resume_decided(drafts),
        "started": start_forgotten(drafts, bucket=settings.drop_bucket, queue_url=queue),
        "started_again": start_cut_off(drafts, queue_url=queue),
    }
    logger.info("reconciled", extra=found)
    return found
