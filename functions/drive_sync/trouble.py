"""Telling the admin what is wrong with Drive: once, and again only after it worked in between."""

from datetime import UTC, datetime, timedelta

from drive_sync.errors import PassesByItselfError
from drive_sync.state import State, Trouble
from photo_tagger.aws.admin import tell_admin
from photo_tagger.clock import now
from photo_tagger.domain.faults import in_plain_words

_PATIENCE = timedelta(hours=1)
_PASSES = "passes by itself"


def is_trouble(error: Exception, state: State, topic_arn: str) -> bool:
    """Note an error in the state, and tell of it; False for what may pass by itself yet."""
    passes = isinstance(error, PassesByItselfError)
    name = _PASSES if passes else type(error).__name__
    trouble = state.trouble
    if trouble is None or trouble.error != name:
        trouble = state.trouble = Trouble(error=name, began=now())
    lasts = datetime.now(UTC) - datetime.fromisoformat(trouble.began)
    if passes and lasts < _PATIENCE:
        return False
    if not trouble.told:
        words = in_plain_words(type(error).__name__, str(error))
        tell_admin(topic_arn, "Photo tagger: Google Drive", _message(words, trouble.began))
        trouble.told = True
    return True


def _message(words: str, began: str) -> str:
    return (
        f"Photos in Google Drive are not taken since {began[:16].replace('T', ' ')} UTC.\n"
        f"{words}\n"
        "You are told once. Photos that are in the folder are taken when it works again."
    )
