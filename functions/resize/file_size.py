"""How large a dropped file may be."""

import math

from photo_tagger.domain.photo_files import MAX_BYTES
from resize.picture import UnreadablePhotoError


def check_size(size: int) -> None:
    """Raise UnreadablePhotoError for a file of so many bytes that is empty or too large."""
    if size == 0:
        raise UnreadablePhotoError("photo.empty")
    if size > MAX_BYTES:
        raise UnreadablePhotoError(
            "photo.file_too_large", size=math.ceil(size / 2**20), limit=MAX_BYTES // 2**20
        )
