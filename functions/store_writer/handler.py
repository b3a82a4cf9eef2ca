"""WriteToStore: approved fields and photo go to the store. Undo and check, for the admin."""

from typing import Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from photo_tagger.aws.config import shop_config
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.pictures import PictureKeys
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from store_writer.secrets import StoreSecret
from store_writer.store import Store
from store_writer.stores import store_of
from store_writer.turns import Turns
from store_writer.writer import Writer


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    links_table: str
    resized_bucket: str
    store_secret: str
    listings_bucket: str
    config_path: str


class Request(BaseModel):
    """What the state hands over, or `photo-tagger undo` and `photo-tagger store check`."""

    task: Literal["write", "undo", "check"] = "write"
    photo_id: str = ""
    by_user: str = ""
    dry_run: bool = False


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write one product, take one back, or see whether the store would take any."""
    settings = read_environment(Settings)
    request = Request.model_validate(event)
    logger.append_keys(photo_id=request.photo_id)
    config = shop_config(settings.config_path)

    def open_store() -> Store:
        return store_of(config, StoreSecret(settings.store_secret), settings.listings_bucket)

    if request.task == "check":
        return {"store_target": config.store_target, "found": open_store().check()}
    writer = Writer(
        Drafts(settings.drafts_table, settings.audit_table),
        PictureKeys(settings.links_table),
        Turns(settings.drafts_table),
        open_store,
        config,
        settings.resized_bucket,
    )
    if request.task == "undo":
        return writer.undo(request.photo_id, by_user=request.by_user, dry_run=request.dry_run)
    return writer.write(request.photo_id)
