"""Docs in files: which doc a file is, in which format, and what it says."""

from pathlib import Path
from typing import Final

from photo_tagger.domain.rules import RulesDoc
from photo_tagger.domain.shop_docs import (
    DocFormat,
    DocKind,
    DocProblemsError,
    decoded,
    parse_doc,
)
from photo_tagger.domain.style import StyleDoc
from photo_tagger_cli.check.names import shown
from photo_tagger_local.errors import CommandError

FORMATS: Final[dict[str, DocFormat]] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".csv": "csv",
}
"""By the end of the file's name."""


def style_in(path: Path) -> StyleDoc:
    """The style doc in a file. Raises CommandError with everything that is to be mended."""
    text, form = _written(path)
    try:
        return parse_doc("style", text, form)
    except DocProblemsError as error:
        raise _needs_mending(path, error) from error


def rules_in(path: Path) -> RulesDoc:
    """The rules doc in a file. Raises CommandError with everything that is to be mended."""
    text, form = _written(path)
    try:
        return parse_doc("rules", text, form)
    except DocProblemsError as error:
        raise _needs_mending(path, error) from error


def kind_by_name(path: Path) -> DocKind:
    """Which doc a file is. Raises CommandError if its name does not say so."""
    name = path.name.casefold()
    if ("style" in name) == ("rules" in name):
        raise CommandError(
            f"{shown(path)} says neither style nor rules in its name: add --kind style or "
            "--kind rules"
        )
    return "style" if "style" in name else "rules"


def _written(path: Path) -> tuple[str, DocFormat]:
    form = FORMATS.get(path.suffix.casefold())
    if not form:
        raise CommandError(
            f"{shown(path)} ends in none of {', '.join(FORMATS)}: save or download it as one of "
            "these (Google Docs as Markdown, Google Sheets as comma-separated values)"
        )
    try:
        return decoded(path.read_bytes()), form
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be read: {error.strerror}") from error
    except DocProblemsError as error:
        raise _needs_mending(path, error) from error


def _needs_mending(path: Path, error: DocProblemsError) -> CommandError:
    return CommandError("\n  ".join([f"{shown(path)} needs mending:", *map(str, error.problems)]))
