"""Resize: the small copy of a photo and its measurements."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from photo_tagger.aws.config import shop_config
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain.photo import StoredObject
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from photo_tagger.texts import Texts
from resize.claims import Claims
from resize.resizer import Resizer


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    resized_bucket: str
    config_path: str


class Request(BaseModel):
    """What the state hands over."""

    photo_id: str
    source: StoredObject


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Measure one photo; `verdict` is ok, unreadable or duplicate."""
    settings = read_environment(Settings)
    request = Request.model_validate(event)
    logger.append_keys(photo_id=request.photo_id)
    claims = Claims(settings.drafts_table, Drafts(settings.drafts_table, settings.audit_table))
    resizer = Resizer(claims, settings.resized_bucket)
    config = shop_config(settings.config_path)
    say = Texts(config.language)
    return resizer.run(request.photo_id, request.source, config.max_edge, say).model_dump()
