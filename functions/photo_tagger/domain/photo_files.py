"""Which files are taken as photos."""

from typing import Final

PHOTO_SUFFIXES: Final = (
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".gif",
    ".heic",
    ".heif",
    ".avif",
    ".tif",
    ".tiff",
    ".bmp",
)
"""What the drop bucket's notifications let through, in lower case; they take upper case, too."""

MAX_BYTES: Final = 200 * 1024 * 1024
"""Larger files are not fetched: Resize's /tmp holds 512 MB and the owner is told in time."""
