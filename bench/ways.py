"""The ways to a small copy that are compared. Each imports its library when it is chosen."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

EDGE = 1024
QUALITY = 88
"""Of the JPEG that comes out, as in Resize."""


class Way(NamedTuple):
    """What makes the copy of a photo, and what it raises for a format it cannot read."""

    copy: Callable[[Path], bytes]
    cannot_read: type[Exception]


def resize() -> Way:
    """The product's own, its two measurements included."""
    from resize.picture import UnreadablePhotoError, small_copy

    def copy(path: Path) -> bytes:
        with path.open("rb") as file:
            return small_copy(file, EDGE).jpeg

    return Way(copy, UnreadablePhotoError)


def pyvips() -> Way:
    """libvips as its makers advise: `thumbnail` shrinks while it reads, and turns upright."""
    import pyvips

    def copy(path: Path) -> bytes:
        small = pyvips.Image.thumbnail(
            str(path), EDGE, height=EDGE, size="down", output_profile="srgb"
        )
        return bytes(small.jpegsave_buffer(Q=QUALITY, keep="none", background=255))

    return Way(copy, pyvips.Error)


def pillow() -> Way:
    """Pillow as most programs use it, with nothing tuned."""
    import pillow_heif
    from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    srgb = ImageCms.createProfile("sRGB")

    def copy(path: Path) -> bytes:
        with Image.open(path) as photo:
            profile = io.BytesIO(photo.info["icc_profile"])
            photo.thumbnail((EDGE, EDGE))
            upright = ImageOps.exif_transpose(photo)
            small = ImageCms.profileToProfile(upright, profile, srgb, outputMode="RGB")
        if small is None:
            raise TypeError("profileToProfile made no picture")
        small.info.clear()  # or the save would write what is in there
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
        return out.getvalue()

    return Way(copy, UnidentifiedImageError)


WAYS = {"Resize": resize, "pyvips": pyvips, "Pillow": pillow}
