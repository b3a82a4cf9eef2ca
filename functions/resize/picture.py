"""A dropped file becomes a bounded, upright sRGB JPEG with measurements. Pillow only, no AWS."""

import io
import struct
from dataclasses import dataclass
from typing import IO, cast

import pillow_heif
from PIL import Image, ImageCms, ImageMath, ImageStat, PngImagePlugin, UnidentifiedImageError

from photo_tagger.domain.rules import Measurements

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "TIFF", "BMP")
"""The only decoders that are ever tried: others run programs of their own (EPS) or are untested."""

MAX_JPEG_PIXELS = 220_000_000
MAX_OTHER_PIXELS = 50_000_000
"""A JPEG is decoded at a fraction of its size; everything else must fit into memory whole.

Measured, of the function's 1024 MB: 69 MB at 200 megapixels of JPEG, or 618 MB where it is
progressive; at 50 megapixels 823 MB (WebP) and at most 605 MB (the rest). Only a progressive JPEG
of 200 megapixels with colours at full resolution takes more, 1189 MB: it kills the function.
"""

_JPEG_QUALITY = 88
_REDUCING_GAP = 1.1
_SRGB = ImageCms.createProfile("sRGB")
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation; any other value is upright already."""

_SIDEWAYS = frozenset(_TURNS[orientation] for orientation in (5, 6, 7, 8))
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    RuntimeError,
    ArithmeticError,
    LookupError,
    MemoryError,
    struct.error,
)
"""What Pillow's decoders raise for mutated files of the formats above."""

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS
"""Pillow warns from here on and raises from twice as many: our own refusals tell the numbers."""
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 2**20
"""Pillow's own limit, 1 MB, also refuses photos for a colour profile that is larger."""


class UnreadablePhotoError(Exception):
    """The file is no photo we can open; the message says why, for the shop owner."""


@dataclass(frozen=True)
class SmallCopy:
    """The bounded JPEG and what was measured of the photo."""

    jpeg: bytes
    measurements: Measurements


def small_copy(file: IO[bytes], max_edge: int) -> SmallCopy:
    """Shrink a photo to at most `max_edge` pixels a side and measure it.

    The copy is upright, in sRGB, on white where the photo is see-through, and carries no metadata.
    Raises UnreadablePhotoError for anything that is not a photo on our list.
    """
    try:
        with Image.open(file, formats=FORMATS) as photo:
            _refuse_too_large(photo)
            picture, (width, height) = _upright(photo, max_edge)
            picture = _on_white(_in_srgb(picture))
    except Image.DecompressionBombError as error:
        raise UnreadablePhotoError(
            "The picture is too large to open safely. Please upload a smaller copy."
        ) from error
    except UnidentifiedImageError as error:
        raise UnreadablePhotoError(
            "This file is not a photo we can open (JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP)."
        ) from error
    except _DAMAGED as error:
        raise UnreadablePhotoError(
            "The file is damaged or incomplete. Please upload it again."
        ) from error
    grey = picture.convert("L")
    measurements = Measurements(
        width=width,
        height=height,
        mean_luminance=round(ImageStat.Stat(grey).mean[0], 3),
        sharpness=round(laplacian_variance(grey), 3),
    )
    return SmallCopy(_jpeg(picture), measurements)


def laplacian_variance(grey: Image.Image) -> float:
    """The variance of the 4-neighbour Laplacian of a grey picture, its border reflected.

    Equals OpenCV's `cv2.Laplacian(grey, cv2.CV_64F).var()`.
    """
    width, height = grey.size
    # Mode "I": the Laplacian runs from -1020 to 1020 and mode "L" would clip it.
    padded = _reflected(grey).convert("I")

    def shifted(x: int, y: int) -> Image.Image:
        return padded.crop((1 + x, 1 + y, 1 + x + width, 1 + y + height))

    laplacian = ImageMath.lambda_eval(
        lambda images: images["n"] + images["s"] + images["e"] + images["w"] - images["c"] * 4,
        n=shifted(0, -1),
        s=shifted(0, 1),
        e=shifted(1, 0),
        w=shifted(-1, 0),
        c=shifted(0, 0),
    )
    squares = ImageMath.lambda_eval(lambda images: images["x"] * images["x"], x=laplacian)
    return _mean(squares) - _mean(laplacian) ** 2


def _refuse_too_large(photo: Image.Image) -> None:
    limit = MAX_JPEG_PIXELS if photo.format in ("JPEG", "MPO") else MAX_OTHER_PIXELS
    pixels = photo.width * photo.height
    if pixels > limit:
        raise UnreadablePhotoError(
            f"The picture is too large: {pixels / 1e6:.0f} megapixels, "
            f"at most {limit / 1e6:.0f} can be opened. Please upload a smaller copy."
        )


def _upright(photo: Image.Image, max_edge: int) -> tuple[Image.Image, tuple[int, int]]:
    """The bounded picture as it was meant to be seen, and the original's size that way up."""
    width, height = photo.size
    bounded = _bounded(photo, max_edge)
    bounded.load()  # before its EXIF is asked: Pillow turns a TIFF itself while it reads the pixels
    turn = _turn(bounded)
    if turn is None:
        return bounded, (width, height)
    size = (height, width) if turn in _SIDEWAYS else (width, height)
    return bounded.transpose(turn), size


def _turn(photo: Image.Image) -> Image.Transpose | None:
    """What makes the photo upright, by its EXIF; a broken one counts as none."""
    try:
        return _TURNS.get(photo.getexif().get(_ORIENTATION, 1))
    except _DAMAGED:
        return None


def _bounded(photo: Image.Image, max_edge: int) -> Image.Image:
    if photo.mode.startswith(("I", "F")):
        photo = _eight_bit(photo)
    photo.thumbnail((max_edge, max_edge), reducing_gap=_REDUCING_GAP)
    return photo


def _eight_bit(photo: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8; Pillow's own convert clips it to white."""
    return photo.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Colours converted by the photo's own profile; a broken one counts as sRGB."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture
    return converted or picture


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _mean(numbers: Image.Image) -> float:
    """The mean of a picture in mode "I"; ImageStat would count its pixels in 256 bins."""
    one_pixel = numbers.convert("F").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return float(cast(float, one_pixel))


def _reflected(grey: Image.Image) -> Image.Image:
    """`grey` with one pixel more on each side, mirrored about the edge pixel (abcd -> babcdc)."""
    width, height = grey.size
    padded = Image.new("L", (width + 2, height + 2))
    padded.paste(grey, (1, 1))
    inner_x, inner_y = min(1, width - 1), min(1, height - 1)
    padded.paste(grey.crop((inner_x, 0, inner_x + 1, height)), (0, 1))
    padded.paste(grey.crop((width - 1 - inner_x, 0, width - inner_x, height)), (width + 1, 1))
    rows = padded.crop((0, 1 + inner_y, width + 2, 2 + inner_y))
    padded.paste(rows, (0, 0))
    rows = padded.crop((0, height - inner_y, width + 2, height + 1 - inner_y))
    padded.paste(rows, (0, height + 1))
    return padded


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    clean.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return out.getvalue()
