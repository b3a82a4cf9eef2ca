"""FlagPhoto and MoveToFlagged: the original goes to the flagged bucket."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flagger.originals import copy_version, delete_version
from flagger.reasons import flag_reasons, rejection_reasons
from photo_tagger.aws.config import shop_config
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain import lifecycle
from photo_tagger.domain.photo import flagged_key
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from photo_tagger.texts import Texts


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    flagged_bucket: str
    config_path: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Move the very version that was judged, and put the reasons on the photo's record.

    The copy is on record before the original is deleted, so a crash at any point loses nothing and
    the next try goes on from there.
    """
    settings = read_environment(Settings)
    photo_id = event["photo_id"]
    logger.append_keys(photo_id=photo_id)
    rejected = event["step"] == "MoveToFlagged"
    drafts = Drafts(settings.drafts_table, settings.audit_table)
    record = drafts.get(photo_id)
    image_key = event.get("state", {}).get("resized", {}).get("image_key")
    say = Texts(shop_config(settings.config_path).language)
    reasons = rejection_reasons(record) if rejected else flag_reasons(event["state"], say)
    if not record.set_aside:
        flagged = record.flagged or copy_version(
            record.source, settings.flagged_bucket, flagged_key(photo_id)
        )
        record, _ = drafts.change(
            photo_id,
            lambda current: lifecycle.flagged(
                current,
                reasons=reasons,
                flagged=flagged,
                image_key=image_key,
                rejected=rejected,
            ),
        )
    delete_version(record.source)
    return {"status": record.status, "reasons": record.flag_reasons}
