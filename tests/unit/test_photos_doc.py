"""What docs/photos.md says becomes of each input is what becomes of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from resize import picture
from resize.file_size import MAX_BYTES, check_size
from resize.picture import UnreadablePhotoError, small_copy

pillow_heif.register_heif_opener()

DOC = (Path(__file__).parents[2] / "docs/photos.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([^|]+?) \| ((?:a copy|refused)[^|]*?) \|$", DOC, re.MULTILINE))

RED, GREEN, BLUE = (220, 30, 30), (20, 200, 40), (30, 30, 220)
SECRET = b"Secret Street 5"
SIZE = (300, 200)


def corners(mode: str = "RGB") -> Image.Image:
    """Red at top left, green at top right, blue at bottom left, white else."""
    photo = Image.new("RGB", SIZE, "white")
    photo.paste(RED, (0, 0, 150, 100))
    photo.paste(GREEN, (150, 0, 300, 100))
    photo.paste(BLUE, (0, 100, 150, 200))
    if mode == "P":
        return photo.quantize(8)
    return photo.convert(mode)


def file(kind: str, photo: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (photo or corners()).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """Camera data: how the photo was held, and where."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = SECRET.decode()
    data.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    return data.tobytes()


def sideways(kind: str) -> bytes:
    return file(kind, corners().transpose(Image.Transpose.ROTATE_90), exif=exif(6))


def moving(kind: str) -> bytes:
    later = [Image.new("RGB", SIZE, colour) for colour in ("black", "white")]
    return file(kind, save_all=True, append_images=later, duration=100, lossless=True)


def clear(kind: str, photo: Image.Image | None = None) -> bytes:
    """`corners` with its white quarter see-through, another colour hidden there."""
    layer = (photo or corners()).convert("RGBA")
    layer.paste((0, 0, 0, 0), (150, 100, 300, 200))
    return file(kind, layer)


def clear_palette(kind: str) -> bytes:
    photo = corners("P")
    white = photo.getpixel((250, 150))
    palette = photo.getpalette() or []
    palette[3 * white : 3 * white + 3] = [0, 0, 0]
    photo.putpalette(palette)
    return file(kind, photo, transparency=white)


def key_colour() -> bytes:
    photo = corners()
    photo.paste((1, 2, 3), (150, 100, 300, 200))
    return file("PNG", photo, transparency=(1, 2, 3))


def tiff(pixels: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **options)
    return out.getvalue()


def pixels(mode: str = "RGB") -> Any:
    return np.asarray(corners(mode))


def deep(mode: str = "RGB") -> Any:
    return pixels(mode).astype("uint16") * 257


def heic(depth: int = 8, **options: Any) -> bytes:
    out = io.BytesIO()
    if depth == 8:
        heif = pillow_heif.from_pillow(corners())
    else:
        heif = pillow_heif.from_bytes("RGB;16", SIZE, deep().tobytes())
    heif.save(out, quality=90, **options)
    return out.getvalue()


def several_heics() -> bytes:
    heif = pillow_heif.from_pillow(corners())
    heif.add_from_pillow(Image.new("RGB", SIZE, "black"))
    out = io.BytesIO()
    heif.save(out, quality=90)
    return out.getvalue()


def broken_profile() -> bytes:
    return file("JPEG", corners("CMYK"), icc_profile=b"no profile" * 50)


def commented() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return file("PNG", pnginfo=text, exif=exif())


def lab() -> bytes:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    photo = ImageCms.profileToProfile(corners(), srgb, lab, outputMode="LAB")
    return file("TIFF", photo)


def huge_jpeg() -> bytes:
    data = file("JPEG")
    size = data.index(b"\xff\xc0") + 5
    return data[:size] + (15_000).to_bytes(2) + (16_000).to_bytes(2) + data[size + 4 :]


def huge_progressive() -> bytes:
    data = file("JPEG", progressive=True, subsampling="4:4:4")
    size = data.index(b"\xff\xc2") + 5
    return data[:size] + (12_000).to_bytes(2) + (12_000).to_bytes(2) + data[size + 4 :]


def large_png() -> bytes:
    data = bytearray(file("PNG"))
    data[16:24] = (10_000).to_bytes(4) + (10_000).to_bytes(4)
    checksum = PngImagePlugin._crc32(bytes(data[12:29]))
    data[29:33] = checksum.to_bytes(4)
    return bytes(data)


INPUTS: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: file("JPEG", exif=exif(), comment=SECRET),
    "JPEG, progressive": lambda: file("JPEG", progressive=True),
    "JPEG, CMYK (print)": lambda: file("JPEG", corners("CMYK")),
    "JPEG, CMYK with a broken colour profile": broken_profile,
    "JPEG, held sideways (EXIF orientation 2 to 8)": lambda: sideways("JPEG"),
    "JPEG with more after its end": lambda: file("JPEG") + b"PK\x03\x04" + SECRET,
    "JPEG, several pictures (MPO)": lambda: file(
        "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)]
    ),
    "JPEG called .png": lambda: file("JPEG"),
    "PNG": commented,
    "PNG, 16 bits a channel": lambda: file("PNG", Image.fromarray(deep("L"))),
    "PNG, palette": lambda: file("PNG", corners("P")),
    "PNG, see-through": lambda: clear("PNG"),
    "PNG, palette with a see-through colour": lambda: clear_palette("PNG"),
    "PNG, one colour see-through": key_colour,
    "WebP": lambda: file("WEBP", exif=exif(), quality=95),
    "WebP, see-through": lambda: clear("WEBP"),
    "WebP, moving": lambda: moving("WEBP"),
    "GIF, moving": lambda: moving("GIF"),
    "GIF, see-through": lambda: clear_palette("GIF"),
    "HEIC": lambda: heic(exif=exif()),
    "HEIC, held sideways": lambda: sideways("HEIF"),
    "HEIC, 10 bits a channel": lambda: heic(depth=10),
    "HEIC, several pictures": several_heics,
    "AVIF": lambda: file("AVIF", exif=exif(), quality=90),
    "AVIF, see-through": lambda: clear("AVIF"),
    "AVIF, moving": lambda: moving("AVIF"),
    "TIFF": lambda: tiff(pixels(), photometric="rgb", description=SECRET.decode()),
    "TIFF, 16 bits a channel": lambda: tiff(deep(), photometric="rgb"),
    "TIFF, CMYK": lambda: file("TIFF", corners("CMYK")),
    "TIFF, Lab": lab,
    "TIFF, planes apart": lambda: tiff(
        np.ascontiguousarray(pixels().transpose(2, 0, 1)), photometric="rgb", planarconfig=2
    ),
    "TIFF, 16 bits and planes apart": lambda: tiff(
        np.ascontiguousarray(deep().transpose(2, 0, 1)), photometric="rgb", planarconfig=2
    ),
    "TIFF, 16 bits and white is zero": lambda: tiff(deep("L"), photometric="miniswhite"),
    "TIFF, 32 bits a channel": lambda: tiff(deep("L").astype("float32")),
    "BMP": lambda: file("BMP"),
    "a file cut off half-way": lambda: file("JPEG")[: len(file("JPEG")) // 2],
    "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "PDF": lambda: b"%PDF-1.7\n%\xe2\xe3",
    "EPS": lambda: file("EPS"),
    "camera raw (TIFF inside)": lambda: b"II*\0\x10\0\0\0CR\x02\0" + bytes(60),
    "an empty file": lambda: b"",
    "more than 220 megapixels of JPEG": huge_jpeg,
    "more than 117 megapixels of progressive JPEG without colour subsampling": huge_progressive,
    "more than 50 megapixels of anything else": large_png,
    "a file of more than 200 MB": lambda: b"large",
}
GREY = {"PNG, 16 bits a channel"}


def become(name: str, data: bytes) -> bytes:
    check_size(MAX_BYTES + 1 if data == b"large" else len(data))
    return small_copy(io.BytesIO(data), 1024).jpeg


def test_every_row_has_its_input_and_every_input_its_row() -> None:
    assert set(ROWS) == set(INPUTS)


@pytest.mark.parametrize("name", [name for name, cell in ROWS.items() if cell.startswith("a copy")])
@pytest.mark.filterwarnings("ignore")
def test_what_is_said_to_become_a_copy_shows_the_photo_and_tells_nothing_else(name: str) -> None:
    jpeg = become(name, INPUTS[name]())
    with Image.open(io.BytesIO(jpeg)) as copy:
        assert copy.format == "JPEG"
        assert copy.mode == "RGB"
        assert copy.size == SIZE
        assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        shown = [copy.getpixel(at) for at in ((60, 50), (240, 50), (60, 150), (240, 150))]
    assert SECRET not in jpeg
    expected = corners("L" if name in GREY else "RGB").convert("RGB")
    for colour, at in zip(shown, ((60, 50), (240, 50), (60, 150), (240, 150)), strict=True):
        assert np.abs(np.subtract(colour, expected.getpixel(at))).max() <= 40, (colour, at)


@pytest.mark.parametrize(
    "name", [name for name, cell in ROWS.items() if not cell.startswith("a copy")]
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_said_to_be_refused_is_refused_with_those_words(name: str) -> None:
    with pytest.raises(UnreadablePhotoError) as refused:
        become(name, INPUTS[name]())
    (words,) = re.findall("“(.+)”", ROWS[name])
    assert re.fullmatch(re.escape(words).replace("…", ".+"), str(refused.value))


def test_the_limits_are_those_of_the_code() -> None:
    assert picture.MAX_JPEG_PIXELS == 220e6
    assert picture.MAX_OTHER_PIXELS == 50e6
    assert int(picture.MAX_COEFFICIENT_BYTES / 6 / 1e6) + 1 == 117
    assert MAX_BYTES == 200 * 2**20
