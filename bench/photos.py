"""Made photos for bench/compare.py: `python -m bench.photos FOLDER MEGAPIXELS...` writes them.

A process of its own makes them: the memory it takes would be counted to whom it starts next.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image
from rich.progress import track

from bench.kinds import KINDS, SIZES, WARM_UP, Kind, path_of

_ORIENTATION = 0x0112
_LUMA = ((3, 90), (12, 60), (60, 45), (300, 34), (1500, 22))
_CHROMA = ((3, 60), (12, 30), (60, 12))
"""Structure of a photo at every scale: so many cells across, so strong."""

_GRAIN = 2.0
"""The sensor's noise, as a standard deviation of the brightness."""


def main(words: list[str]) -> int:
    """Write the photos that are not there yet, and the small ones for warming up."""
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    pillow_heif.register_heif_opener()
    wanted = [WARM_UP, *map(int, words[1:])]
    paths = {(kind, size): path_of(folder, kind, size) for size in wanted for kind in KINDS}
    missing = [photo for photo, path in paths.items() if not path.exists()]
    for kind, megapixels in track(missing, "making photos", disable=not missing):
        _write(photo_like(*SIZES[megapixels]), kind, paths[kind, megapixels])
    return 0


def photo_like(width: int, height: int) -> Image.Image:
    """What compresses as a photo does, and looks like coloured clouds; the same every time."""
    chance = np.random.default_rng(20)
    luma = _field(width, height, _LUMA, chance)
    luma = luma + chance.normal(0, _GRAIN, (height, width)).astype(np.float32)
    channels = [luma] + [_field(width, height, _CHROMA, chance) for _ in range(2)]
    planes = [Image.fromarray(channel.clip(0, 255).astype(np.uint8)) for channel in channels]
    return Image.merge("YCbCr", planes).convert("RGB")


def _field(
    width: int, height: int, scales: tuple[tuple[int, int], ...], chance: np.random.Generator
) -> Any:
    """Brightness that changes at several scales, around the middle."""
    field = np.full((height, width), 128, np.float32)
    for cells, strength in scales:
        values = chance.uniform(-strength, strength, (cells * height // width, cells))
        layer = Image.fromarray(values.astype(np.float32))
        field += np.asarray(layer.resize((width, height), Image.Resampling.BICUBIC))
    return field


def _write(photo: Image.Image, kind: Kind, path: Path) -> None:
    """As a phone that was held upright stores it: lying on its side, colours in Display P3."""
    import pyvips  # the tests of this module have none

    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    profile = pyvips.Operation.call("profile_load", "p3")
    unfinished = path.with_name(path.name + ".part")
    photo.save(unfinished, kind.format, exif=exif, icc_profile=profile, **kind.options)
    unfinished.rename(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
