"""QualityGate: a photo's measurements against the shop's rules doc."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from photo_tagger.aws.config import shop_config
from photo_tagger.aws.documents import rules_doc
from photo_tagger.domain.rules import Measurements, judge
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from photo_tagger.texts import Texts


class Settings(Environment):
    """What the template tells this function."""

    rules_bucket: str
    config_path: str


class Request(BaseModel):
    """What the state hands over."""

    photo_id: str
    measurements: Measurements


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The verdict, with every reason that applies and the version of the rules."""
    request = Request.model_validate(event)
    logger.append_keys(photo_id=request.photo_id)
    settings = read_environment(Settings)
    rules = rules_doc(settings.rules_bucket)
    say = Texts(shop_config(settings.config_path).language)
    reasons = judge(request.measurements, rules, say)
    return {"usable": not reasons, "reasons": reasons, "rules_version": rules.version}
