"""WriteToStore: the approved fields and the photo go to the store."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from photo_tagger.aws.config import shop_config
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.small_copies import read_small_copy
from photo_tagger.domain.lifecycle import approved_fields, store_begun
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from store_writer.http_api import HttpStore
from store_writer.secrets import store_key
from store_writer.store import Product, Refused


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    resized_bucket: str
    store_secret: str
    config_path: str


class Request(BaseModel):
    """What the state hands over."""

    photo_id: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write one product; `accepted` is false when the store refuses the fields, with its words.

    It is false without words when the approval was taken back; from here on it cannot be.
    """
    settings = read_environment(Settings)
    photo_id = Request.model_validate(event).photo_id
    logger.append_keys(photo_id=photo_id)
    drafts = Drafts(settings.drafts_table, settings.audit_table)
    record, _ = drafts.change(photo_id, store_begun)
    if record.decision and record.decision.undone:
        return {"accepted": False, "listing": None, "refusal": None}
    product = Product(
        photo_id=photo_id,
        idempotency_key=f"{photo_id}-{record.round}",
        fields=approved_fields(record),
        file_name=record.file_name,
        jpeg=read_small_copy(settings.resized_bucket, str(record.image_key)),
    )
    config = shop_config(settings.config_path)
    store = HttpStore(config.store_url, store_key(settings.store_secret))
    answer = store.write(product)
    if isinstance(answer, Refused):
        return {"accepted": False, "listing": None, "refusal": answer.words}
    return {"accepted": True, "listing": answer.model_dump(), "refusal": None}
