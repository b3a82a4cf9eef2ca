"""SaveDraft, RecordListing and the other states that only write a photo's record."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_tagger.aws.config import shop_config
from photo_tagger.aws.drafts import Drafts
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from recorder.steps import Recorder


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    config_path: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take the step that is named like its state."""
    settings = read_environment(Settings)
    logger.append_keys(photo_id=event["photo_id"])
    recorder = Recorder(
        Drafts(settings.drafts_table, settings.audit_table),
        waits=lambda: shop_config(settings.config_path).wait_seconds,
    )
    steps = {
        "SaveDraft": recorder.save_draft,
        "ReopenReview": recorder.reopen_review,
        "ExpireDraft": recorder.expire_draft,
        "RecordListing": recorder.record_listing,
        "SkipDuplicate": recorder.skip_duplicate,
    }
    return steps[event["step"]](event)
