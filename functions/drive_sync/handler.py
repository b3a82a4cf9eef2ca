"""Every five minutes: what is new in the shop's Google Drive folder goes into the drop bucket."""

import re
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from drive_sync.copies import Copies
from drive_sync.docs import ShopDocs
from drive_sync.drive import Drive
from drive_sync.errors import AnotherRunError, DriveFolderError
from drive_sync.state import State, StateFile, is_held, lease_of
from drive_sync.sync import Report, Sync
from drive_sync.trouble import is_trouble
from photo_tagger.aws.audit import AuditTrail
from photo_tagger.aws.clients import client
from photo_tagger.environment import Environment, read_environment
from photo_tagger.google import ServiceAccount
from photo_tagger.observability import logger

_MARGIN_MILLISECONDS = 20_000
_FOLDER = re.compile(
    r"(?:https://drive\.google\.com/.*?(?:/folders/|[?&]id=))?([\w-]+)(?:[/?&#].*)?"
)


class Settings(Environment):
    """What the template tells this function. `drive_folder` is an id, or the folder's address."""

    drive_folder: str
    drive_subfolders: str
    drive_secret: str
    drop_bucket: str
    flagged_bucket: str
    rules_bucket: str
    audit_table: str
    admin_topic_arn: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One run; `finished` is false when there is more to do for the next one."""
    settings = read_environment(Settings)
    notes, report = StateFile(settings.rules_bucket), Report()
    state = notes.load()
    if is_held(state):
        logger.info("another run is at work")
        return asdict(report)
    try:
        _run(settings, (notes, state), context, report)
    except AnotherRunError as error:
        logger.warning(str(error))
    except Exception as error:
        state.lease_ends = ""
        shows = is_trouble(error, state, settings.admin_topic_arn)
        notes.save(state)
        if shows:
            raise
        logger.warning("Drive: the next run tries again", exc_info=True)
    logger.info("synced", extra=asdict(report))
    return asdict(report)


def _run(
    settings: Settings, notes: tuple[StateFile, State], context: LambdaContext, report: Report
) -> None:
    left = context.get_remaining_time_in_millis
    secret = client("secretsmanager").get_secret_value(SecretId=settings.drive_secret)
    account = ServiceAccount(secret["SecretString"], settings.drive_secret)
    watched = (_folder_id(settings.drive_folder), settings.drive_subfolders == "on")
    _, state = notes
    if watched != (state.folder, state.subfolders):
        state.folder, state.subfolders = watched
        state.page_token = ""
    drive = Drive(account, settings.drive_secret)
    sync = Sync(
        drive,
        Copies(settings.drop_bucket, settings.flagged_bucket),
        ShopDocs(drive, state, settings.rules_bucket, settings.admin_topic_arn),
        AuditTrail(settings.audit_table),
        notes,
        has_time=lambda: left() > _MARGIN_MILLISECONDS,
        lease_ends=lease_of(left()),
        report=report,
    )
    sync.run()


def _folder_id(text: str) -> str:
    found = _FOLDER.fullmatch(text.strip())
    if not found:
        raise DriveFolderError(
            f"the parameter DriveFolder is neither a folder's id nor its address: {text!r}"
        )
    return found[1]
