"""What nobody else looks after: failed executions, and photos that were never started."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_tagger.aws.drafts import DraftReader
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from watcher.failures import failure_in, tell_admin
from watcher.reconcile import start_forgotten


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    drop_bucket: str
    ready_queue_url: str
    admin_topic_arn: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """A batch of failure events from their queue, or `{"task": "reconcile"}` from the schedule."""
    settings = read_environment(Settings)
    if event.get("task") == "reconcile":
        started = start_forgotten(
            DraftReader(settings.drafts_table),
            bucket=settings.drop_bucket,
            queue_url=settings.ready_queue_url,
        )
        logger.info("reconciled", extra={"started": started})
        return {"started": started}
    failures = [failure_in(message["body"]) for message in event["Records"]]
    tell_admin(failures, settings.admin_topic_arn)
    return {"told": len(failures)}
