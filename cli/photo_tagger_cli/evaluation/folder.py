"""Which files of a folder are read, and which are left out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from photo_tagger_cli.evaluation.answers import Answer
from photo_tagger_local.errors import CommandError
from photo_tagger_local.photo_files import is_taken


class NothingToReadError(CommandError):
    """No photo of the folder has an answer; the message says so."""


@dataclass(frozen=True)
class Answered:
    """The photos that are there and have an answer, in the order of their names, and the rest."""

    photos: list[tuple[Path, Answer]]
    not_there: list[str]
    unanswered: list[str]


def put_together(folder: Path, answers: Mapping[str, Answer]) -> Answered:
    """Photos and answers put together by file name. Raises NothingToReadError.

    An answered file is read whatever its ending; of the others only those are told that the drop
    bucket would take.
    """
    there = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    photos = [(path, answers[name]) for name, path in there.items() if name in answers]
    if not photos:
        raise NothingToReadError(f"none of the answers is of a photo in {folder}")
    return Answered(
        photos,
        not_there=[name for name in answers if name not in there],
        unanswered=[
            _in_unicode(name)
            for name, path in there.items()
            if name not in answers and is_taken(path)
        ],
    )


def _in_unicode(name: str) -> str:
    """A file name need not be Unicode; what is not becomes a replacement character."""
    return os.fsencode(name).decode("utf-8", "replace")
