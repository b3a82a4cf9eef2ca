"""A dropped file becomes a bounded, upright sRGB JPEG with measurements. Pillow only, no AWS."""

import io
import math
import struct
from dataclasses import dataclass
from typing import IO

from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from photo_tagger.domain.rules import Measurements
from photo_tagger.texts import SaidError
from resize.colours import averageable, in_srgb, on_white
from resize.measures import MEASURED_EDGE, mean_luminance, sharpness

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
FTYP_FORMATS = ("HEIF", "AVIF")
"""The only decoders that are ever tried, the second ones on a file that begins with an "ftyp" box
(ISO/IEC 14496-12). Others run programs of their own (EPS) or are untested."""

MAX_JPEG_PIXELS = 220_000_000
MAX_OTHER_PIXELS = 50_000_000
"""A JPEG is decoded at a fraction of its size; everything else must fit into memory whole."""

MAX_COEFFICIENT_BYTES = 700 * 10**6
"""A JPEG in several scans (a progressive one) is kept whole as coefficients, two bytes each,
until the last scan is read: with so many it still fits into the function's 1024 MB."""

_JPEG_QUALITY = 88
_FILTER = Image.Resampling.HAMMING
"""Takes 0.6 of the time of a bicubic filter, and the copy is 5% less sharp (docs/bench.md)."""

_REDUCING_GAP = 1.1
_ORIENTATION = 0x0112
_BITS, _PHOTOMETRIC, _PLANES = 258, 262, 284
_WHITE_IS_ZERO, _SEPARATE = 0, 2
"""Tags of TIFF and EXIF, and values of theirs. Source: TIFF 6.0, section 8."""

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
    AssertionError,
    struct.error,
)
"""What Pillow's decoders raise for mutated files of the formats above."""

Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS
"""Pillow warns from here on and raises from twice as many: our own refusals tell the numbers."""
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 2**20
"""Pillow's own limit, 1 MB, also refuses photos for a colour profile that is larger."""


class UnreadablePhotoError(SaidError):
    """The file is no photo we can open; it says why, to the shop owner."""


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
        with _opened(file) as photo:
            _refuse_too_large(photo, file)
            _refuse_misread(photo)
            picture, (width, height) = _upright(photo, max(max_edge, MEASURED_EDGE))
            picture = on_white(in_srgb(picture))
    except Image.DecompressionBombError as error:
        raise UnreadablePhotoError("photo.unsafe") from error
    except UnidentifiedImageError as error:
        raise UnreadablePhotoError("photo.unknown") from error
    except _DAMAGED as error:
        raise UnreadablePhotoError("photo.damaged") from error
    grey = _bounded(picture.convert("L"), MEASURED_EDGE)
    measurements = Measurements(
        width=width,
        height=height,
        mean_luminance=round(mean_luminance(grey), 3),
        sharpness=round(sharpness(grey), 3),
    )
    return SmallCopy(_jpeg(_bounded(picture, max_edge)), measurements)


def _opened(file: IO[bytes]) -> Image.Image:
    has_ftyp = file.read(8)[4:] == b"ftyp"
    file.seek(0)
    if has_ftyp:
        _register_heif()
    return Image.open(file, formats=FTYP_FORMATS if has_ftyp else FORMATS)


def _register_heif() -> None:
    """Teach Pillow HEIC; most photos do not need the 5 MB that it takes."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _refuse_too_large(photo: Image.Image, file: IO[bytes]) -> None:
    jpeg = photo if isinstance(photo, JpegImagePlugin.JpegImageFile) else None
    limit = MAX_JPEG_PIXELS if jpeg else MAX_OTHER_PIXELS
    pixels = photo.width * photo.height
    if pixels > limit:
        raise UnreadablePhotoError(
            "photo.too_large", size=f"{pixels / 1e6:.0f}", limit=f"{limit / 1e6:.0f}"
        )
    if jpeg and _coefficient_bytes(jpeg, file) > MAX_COEFFICIENT_BYTES:
        raise UnreadablePhotoError("photo.too_large_progressive", size=f"{pixels / 1e6:.0f}")


def _coefficient_bytes(photo: JpegImagePlugin.JpegImageFile, file: IO[bytes]) -> int:
    """What libjpeg keeps of a JPEG in several scans; 0 for one that is read in a single scan."""
    if not photo.layer or _is_one_scan(photo, file):
        return 0
    most_h = max(h for _, h, _, _ in photo.layer)
    most_v = max(v for _, _, v, _ in photo.layer)
    samples = sum(h * v for _, h, v, _ in photo.layer) / (most_h * most_v)
    return int(2 * photo.width * photo.height * samples)


def _is_one_scan(photo: JpegImagePlugin.JpegImageFile, file: IO[bytes]) -> bool:
    """Whether the first scan, after whose header Pillow stops reading, has all components.

    Source: ITU-T T.81, B.2.3: the header has its length, their number, and two bytes for each.
    """
    if "progressive" in photo.info:
        return False
    components = len(photo.layer)
    header = struct.pack(">HB", 6 + 2 * components, components)
    file.seek(max(file.tell() - (6 + 2 * components), 0))
    return file.read(len(header)) == header


def _refuse_misread(photo: Image.Image) -> None:
    """Pixels of which Pillow cannot know what is white, or that it takes for other ones."""
    is_misread = photo.mode in ("I", "F")
    if isinstance(photo, TiffImagePlugin.TiffImageFile):
        tags = photo.tag_v2
        is_odd = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO or tags.get(_PLANES) == _SEPARATE
        is_misread |= is_odd and max(tags.get(_BITS, (8,))) > 8
    if is_misread:
        raise UnreadablePhotoError("photo.unusual")


def _upright(photo: Image.Image, max_edge: int) -> tuple[Image.Image, tuple[int, int]]:
    """The bounded picture as it was meant to be seen, and the original's size that way up."""
    width, height = photo.size
    bounded = _bounded(averageable(photo), max_edge)
    bounded.load()  # before its EXIF is asked: Pillow turns a TIFF itself while it reads the pixels
    turn = _turn(bounded)
    if turn is None:
        return bounded, (width, height)
    size = (height, width) if turn in _SIDEWAYS else (width, height)
    return bounded.transpose(turn), size


def _bounded(photo: Image.Image, max_edge: int) -> Image.Image:
    """The photo itself, shrunk in its shape to at most `max_edge` pixels a side."""
    shrink = min(1, max_edge / max(photo.size))
    # A box of the photo's own shape: a square one makes a JPEG's decoder leave twice the size.
    box = (math.ceil(photo.width * shrink), math.ceil(photo.height * shrink))
    photo.thumbnail(box, _FILTER, reducing_gap=_REDUCING_GAP)
    return photo


def _turn(photo: Image.Image) -> Image.Transpose | None:
    """What makes the photo upright, by its EXIF; a broken one counts as none."""
    try:
        return _TURNS.get(photo.getexif().get(_ORIENTATION, 1))
    except _DAMAGED:
        return None


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    clean.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()
