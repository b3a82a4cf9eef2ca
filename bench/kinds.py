"""The photos that bench/compare.py compares on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

WARM_UP = 0
"""Stands for the small photo of a kind that a process opens before the one that is timed."""

SIZES = {WARM_UP: (400, 300), 12: (4000, 3000), 24: (6000, 4000), 48: (8000, 6000)}
"""Width and height by megapixels, as cameras have them."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A way to store a photo; the goal in time and memory is one for JPEG."""

    name: str
    suffix: str
    format: str
    options: dict[str, Any]

    @property
    def has_goal(self) -> bool:
        """Whether Resize is to be as fast as pyvips here."""
        return self.format == "JPEG"


_JPEG = {"quality": 90, "subsampling": "4:2:0"}
KINDS = (
    Kind("JPEG", "jpg", "JPEG", _JPEG),
    Kind("JPEG progressive", "progressive.jpg", "JPEG", _JPEG | {"progressive": True}),
    Kind("PNG", "png", "PNG", {}),
    Kind("WebP", "webp", "WEBP", {"quality": 85, "method": 2}),
    Kind("HEIC", "heic", "HEIF", {"quality": 60, "enc_params": {"preset": "ultrafast"}}),
)


def path_of(folder: Path, kind: Kind, megapixels: int) -> Path:
    """Where a photo lies."""
    return folder / f"{megapixels}.{kind.suffix}"
