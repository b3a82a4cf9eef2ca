"""ReadPhoto: the five fields drafted from the photo, by the only model call in the system."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from photo_tagger.aws.config import shop_config
from photo_tagger.aws.documents import style_doc
from photo_tagger.aws.drafts import DraftReader
from photo_tagger.aws.small_copies import read_small_copy
from photo_tagger.domain.draft import Reading
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from photo_tagger.texts import Texts
from reader.model import VisionModel
from reader.reading import better_of, read_photo


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    resized_bucket: str
    rules_bucket: str
    config_path: str


class Attempt(BaseModel):
    """Which round this is, and the less sure reading that an escalation is to better."""

    round: int
    earlier: Reading | None = None


class Request(BaseModel):
    """What the state hands over."""

    photo_id: str
    image_key: str
    attempt: Attempt


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One reading, with the threshold that RouteByConfidence compares it with."""
    settings = read_environment(Settings)
    request = Request.model_validate(event)
    logger.append_keys(photo_id=request.photo_id)
    config = shop_config(settings.config_path)
    earlier = request.attempt.earlier
    record = DraftReader(settings.drafts_table).get(request.photo_id)
    reading = read_photo(
        VisionModel(config.escalation_model_id if earlier else config.model_id),
        jpeg=read_small_copy(settings.resized_bucket, request.image_key),
        file_name=record.file_name,
        hints=record.hints,
        style=style_doc(settings.rules_bucket),
        say=Texts(config.language),
    )
    return {
        **(better_of(earlier, reading) if earlier else reading).model_dump(),
        "threshold": config.confidence_threshold,
        "can_escalate": config.escalation == "on" and earlier is None,
    }
