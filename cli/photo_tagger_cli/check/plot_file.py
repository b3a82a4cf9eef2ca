"""Where a plot goes: no photo is ever written over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from photo_tagger_cli.check.names import shown
from photo_tagger_local.errors import CommandError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SOFTWARE = "photo-tagger check"


def refuse_unfit(path: Path) -> None:
    """Raise CommandError unless a plot may be written there.

    `--plot *.png` names a photo for the plot: only a plot of this command is written over.
    """
    if path.suffix.lower() != ".png":
        raise CommandError(f"the plot is a PNG: its name must end in .png, not {shown(path)}")
    if not path.parent.is_dir():
        raise CommandError(f"there is no folder {shown(path.parent)} for the plot")
    if path.exists() and not _is_a_plot(path):
        raise CommandError(
            f"{shown(path)} is there already and is no plot: choose another name for --plot"
        )


def save(figure: Figure, path: Path) -> None:
    """Write the plot as PNG, marked as one."""
    figure.savefig(
        path, format="png", metadata={"Software": _SOFTWARE}, pil_kwargs={"optimize": True}
    )


def _is_a_plot(path: Path) -> bool:
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return picture.info.get("Software") == _SOFTWARE
    except OSError:
        return False
