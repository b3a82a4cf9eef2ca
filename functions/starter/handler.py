"""The throttle: starts one execution per dropped photo and holds its place until it has a draft."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain.start import start_request
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from starter.events import dropped_photos
from starter.throttle import Deadline, Throttle


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    ready_queue_url: str
    state_machine_arn: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> None:
    """One SQS message (batch size 1): S3's events, or a request to start what is on record."""
    settings = read_environment(Settings)
    throttle = Throttle(
        Drafts(settings.drafts_table, settings.audit_table),
        state_machine_arn=settings.state_machine_arn,
        queue_url=settings.ready_queue_url,
    )
    deadline = Deadline(context.get_remaining_time_in_millis)
    for message in event["Records"]:
        for photo in dropped_photos(message["body"]):
            throttle.take(photo, message, deadline)
        request = start_request(message["body"])
        if request:
            throttle.take_again(request, message, deadline)
