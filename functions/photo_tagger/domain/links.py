"""The random key behind a mailed link. Only its hash is ever kept."""

import hashlib
import secrets
import time

from pydantic import BaseModel

_KEY_BYTES = 32
_LINK_SECONDS = 400 * 24 * 3600


class ReviewLink(BaseModel):
    """What a mailed link opens: one photo's draft in one round, for one reviewer.

    Every link opens the list of all drafts, too; one without a photo opens nothing else. `ends_at`
    is in seconds since 1970, as DynamoDB's TTL wants it.
    """

    key_hash: str
    photo_id: str | None = None
    round: int | None = None
    reviewer: str
    ends_at: int


def new_key() -> str:
    """A fresh 256-bit key, safe in a URL."""
    return secrets.token_urlsafe(_KEY_BYTES)


def end_of_new_link() -> int:
    """When a link that is mailed now ends: as late as the longest wait, and some."""
    return int(time.time()) + _LINK_SECONDS


def key_hash(key: str) -> str:
    """The SHA-256 of a key in hex: the only form in which it is stored.

    A plain hash is enough, since the key is random and as long as the hash.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def picture_hash(key: str) -> str:
    """What stands in place of the hash for a key that opens a picture only.

    No hash looks like it, so whatever a reviewer's link says, it finds no such row, and the other
    way round.
    """
    return f"picture#{key_hash(key)}"
