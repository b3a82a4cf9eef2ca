"""Mails that tell of many photos: the week's digest, what was set aside, a burst of drafts."""

from typing import Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from digest.burst import mail_what_was_held
from digest.flags import mail_what_was_flagged
from digest.mailing import Mailing
from digest.weekly import mail_the_week
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


class Request(BaseModel):
    """What a schedule hands over."""

    task: Literal["weekly", "flags", "burst"]


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One task of one schedule; answers of how many photos it mailed."""
    settings = read_environment(Settings)
    task = Request.model_validate(event).task
    drafts = Drafts(settings.drafts_table, settings.audit_table)
    mailing = Mailing(Links(settings.links_table), shop_config(settings.config_path))
    if task == "weekly":
        photos = mail_the_week(drafts, mailing)
    elif task == "flags":
        photos = mail_what_was_flagged(drafts, mailing, settings.resized_bucket)
    else:
        photos = mail_what_was_held(drafts, mailing)
    told = {"photos": photos}
    logger.info("told", extra={"task": task, **told})
    return told
