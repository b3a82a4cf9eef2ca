"""The command itself: photos in, verdicts out as they come, and a plot if one is asked for."""

import json
import warnings
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from photo_tagger_cli.check.names import shown
from photo_tagger_cli.check.photos import Checked, check_photos, find_photos
from photo_tagger_cli.check.report import tell_photo, tell_summary
from photo_tagger_cli.check.rules import Rules, read_rules
from photo_tagger_local.errors import CommandError


def check(given: list[Path], *, rules_file: Path | None, plot: Path | None, as_json: bool) -> int:
    """0 whatever the verdicts are: those are data. Raises CommandError if nothing can be said."""
    if plot:
        from photo_tagger_cli.check.plot_file import refuse_unfit

        refuse_unfit(plot)
    rules = read_rules(rules_file)
    files = find_photos(given)
    told = Console(highlight=False, emoji=False, markup=False, soft_wrap=True)
    aside = Console(highlight=False, emoji=False, markup=False, soft_wrap=True, stderr=True)
    photos = _told_as_they_come(files.photos, rules, told, aside, as_json=as_json)
    if not as_json:
        tell_summary(told, photos, rules)
    for path in files.ignored:
        aside.print(f"Not a photo we take, left out: {shown(path)}")
    if plot:
        _plot(plot, photos, rules)
        aside.print(f"Plot: {shown(plot)}")
    return 0


def _told_as_they_come(
    paths: list[Path], rules: Rules, told: Console, aside: Console, *, as_json: bool
) -> list[Checked]:
    """The bar stands below what is told, where both go to the same terminal."""
    terminal = told if told.is_terminal else aside
    columns = TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    photos = []
    with Progress(
        *columns,
        console=terminal,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not terminal.is_terminal,
    ) as progress:
        for photo in progress.track(check_photos(paths, rules.doc), total=len(paths)):
            photos.append(photo)
            if as_json:
                told.out(_as_json(photo, rules))
            else:
                tell_photo(told, photo)
    return photos


def _as_json(photo: Checked, rules: Rules) -> str:
    """ASCII throughout, so that no name steers a terminal."""
    line = json.dumps(photo.model_dump() | {"rules_version": rules.doc.version})
    return line.replace("\x7f", "\\u007f")


def _plot(path: Path, photos: list[Checked], rules: Rules) -> None:
    from photo_tagger_cli.check.plot import draw
    from photo_tagger_cli.check.plot_file import save

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # a name's letters that the font has not
            save(draw(photos, rules), path)
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be written: {error.strerror}") from error
