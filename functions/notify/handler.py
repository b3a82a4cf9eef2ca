"""NotifyOwner: mails the draft and leaves the execution waiting on its task token."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from notify.notifier import Notifier, Request
from photo_tagger.aws.config import shop_config
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.links import Links
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    links_table: str
    resized_bucket: str
    config_path: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> None:
    """The execution goes on when somebody answers the token, not when this returns."""
    settings = read_environment(Settings)
    request = Request.model_validate(event)
    logger.append_keys(photo_id=request.photo_id)
    notifier = Notifier(
        Drafts(settings.drafts_table, settings.audit_table),
        Links(settings.links_table),
        resized_bucket=settings.resized_bucket,
        config=shop_config(settings.config_path),
    )
    notifier.await_owner(request)
