"""How large a dropped file may be."""

import math

from resize.picture import UnreadablePhotoError

MAX_BYTES = 200 * 1024 * 1024
"""Larger files are not fetched: /tmp holds 512 MB and the owner is told in time."""


def check_size(size: int) -> None:
    """Raise UnreadablePhotoError for a file of so many bytes that is empty or too large."""
    if size == 0:
        raise UnreadablePhotoError("photo.empty")
    if size > MAX_BYTES:
        raise UnreadablePhotoError(
            "photo.file_too_large", size=math.ceil(size / 2**20), limit=MAX_BYTES // 2**20
        )
