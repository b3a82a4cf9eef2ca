"""Which files are photos we take, and what their copies are called."""

import re
from typing import Final

from drive_sync.drive import FOLDER, SHORTCUT, DriveFile
from photo_tagger.domain.photo_files import MAX_BYTES, PHOTO_SUFFIXES

_SUFFIX_OF: Final = {
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/x-ms-bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tiff",
    "image/webp": ".webp",
}
_TAKEN: Final = tuple(case for suffix in PHOTO_SUFFIXES for case in (suffix, suffix.upper()))
"""The drop bucket tells of lower and of upper case, and of nothing between."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\]+")
_NAME_BYTES = 200
_PATH_BYTES = 600
"""Together with the rest under the 1024 bytes that S3 takes of a key."""


def reason_against(file: DriveFile) -> str | None:
    """Why a file is not taken, as the name of a sentence; None: it is taken.

    Of shortcuts, only those that lead nowhere come here.
    """
    if file.mime_type == FOLDER:
        return "sub_folder"
    if file.mime_type == SHORTCUT:
        return "lost_shortcut"
    if not file.md5 or not _suffix(file):
        return "no_photo"
    if file.size == 0:
        return "empty"
    if file.size > MAX_BYTES:
        return "too_large"
    return None


def prefix_of(file_id: str) -> str:
    """Where all copies of a file lie in the drop bucket."""
    return f"drive/{file_id}/"


def key_of(file: DriveFile, path: str) -> str:
    """Where a file's copy goes; `path` is that of its folder below the watched one, if any."""
    suffix = _suffix(file)
    stem = _fit(file.name.removesuffix(suffix), _NAME_BYTES) or "photo"
    return f"{prefix_of(file.file_id)}{path}{'/' if path else ''}{stem}{suffix}"


def joined(path: str, name: str) -> str:
    """The path of a folder in a folder; what is too long for a key is left out at the end."""
    part = _fit(name, _NAME_BYTES)
    whole = f"{path}/{part}" if path and part else path or part
    return whole if len(whole.encode()) <= _PATH_BYTES else path


def _suffix(file: DriveFile) -> str:
    """What the copy's name ends in, so that the drop bucket tells of it; empty: no photo."""
    of_name = next((suffix for suffix in _TAKEN if file.name.endswith(suffix)), "")
    return of_name or _SUFFIX_OF.get(file.mime_type, "")


def _fit(name: str, most: int) -> str:
    clean = _UNFIT.sub("_", name).strip(" .")
    return clean.encode("utf-8", "replace")[:most].decode("utf-8", "ignore").strip(" .")
