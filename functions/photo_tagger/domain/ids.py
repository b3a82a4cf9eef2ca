"""Names for photos and their executions."""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

_HASH_DIGITS = 12
_SLUG_LENGTH = 48
_START_NUMBER = re.compile(r"(?<=[0-9a-f]{12})-\d{1,4}$")


def slug(text: str, *, longest: int = _SLUG_LENGTH) -> str:
    """The ASCII letters and digits of `text` in lower case, joined by hyphens; may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:longest].rstrip("-")


def photo_of(execution_name: str) -> str:
    """The photo that an execution carries: one started anew has a number behind the photo's id."""
    return _START_NUMBER.sub("", execution_name)


def photo_id(bucket: str, key: str, version_id: str) -> str:
    """The id of one version of one dropped file, readable in the Step Functions console.

    The slug of the file's name and 12 hex digits of a hash of bucket, key and version: at most 61
    characters, so that a number for a new start still fits into the 80 of an execution name.
    """
    digest = hashlib.sha256("\0".join((bucket, key, version_id)).encode()).hexdigest()
    name = slug(PurePosixPath(key).stem)
    return f"{name}-{digest[:_HASH_DIGITS]}" if name else digest[:_HASH_DIGITS]
