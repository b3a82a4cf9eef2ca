"""`photo-tagger docs template`: a doc to begin with."""

from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from photo_tagger.domain.shop_docs import DocKind
from photo_tagger_cli.check.names import shown
from photo_tagger_local.errors import CommandError

Suffix = Literal["md", "yaml", "json", "csv"]
SUFFIXES: Final[tuple[Suffix, ...]] = ("md", "yaml", "json", "csv")


def template(kind: DocKind, suffix: Suffix) -> str:
    """The text of the template; JSON has no comments, the others explain each setting."""
    file = files("photo_tagger_cli.docs_command") / "templates" / f"{kind}.{suffix}"
    return file.read_text(encoding="utf-8")


def write_template(kind: DocKind, suffix: Suffix, path: Path | None) -> int:
    """Writes to a new file, or without one to standard output. Raises CommandError."""
    text = template(kind, suffix)
    if path is None:
        print(text, end="")
        return 0
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise CommandError(f"{shown(path)} is there already, and stays as it is") from error
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be written: {error.strerror}") from error
    return 0
