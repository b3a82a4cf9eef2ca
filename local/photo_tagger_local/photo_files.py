"""Which files of a folder are photos that the product takes."""

from dataclasses import dataclass
from pathlib import Path

from photo_tagger_local.template import photo_suffixes


@dataclass(frozen=True)
class PhotoFiles:
    """Files whose names the drop bucket tells of, and those that it would leave lying."""

    photos: list[Path]
    ignored: list[Path]


def photos_in(folder: Path) -> PhotoFiles:
    """The files in a folder and its sub-folders, sorted; hidden ones count as not there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = [path for path in paths if not _is_hidden(path.relative_to(folder))]
    return PhotoFiles(
        photos=[path for path in seen if is_taken(path)],
        ignored=[path for path in seen if not is_taken(path)],
    )


def is_taken(path: Path) -> bool:
    """Whether a file of that name is started as a photo when it is dropped."""
    return path.name.endswith(photo_suffixes())


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
