"""One small whole photo of every kind that Resize opens: what bench/damage.py damages."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageDraw

WIDTH, HEIGHT = 61, 47
"""No other number in the files is likely to be one of these: so damage finds the size fields."""

_INTERLACED = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
               (0, 1, 1, 2))  # fmt: skip
"""The seven passes of an interlaced PNG: first column, first row, every so many columns, rows."""


def originals() -> dict[str, bytes]:
    """The files by name; the name's first word is the format."""
    pillow_heif.register_heif_opener()
    colours = _picture()
    tagged: dict[str, Any] = {"exif": _sideways(), "icc_profile": _srgb()}
    return {
        **_jpegs(colours, tagged),
        **_pngs(colours, tagged),
        **_webps(colours, tagged),
        **_gifs(colours),
        **_heifs(colours, tagged),
        **_tiffs(colours, tagged),
        "bmp 24 bits": _file(colours, "BMP"),
        "bmp palette": _file(colours.convert("P"), "BMP"),
        "bmp one bit": _file(colours.convert("1"), "BMP"),
    }


def _jpegs(colours: Image.Image, tagged: dict[str, Any]) -> dict[str, bytes]:
    return {
        "jpeg baseline": _file(colours, "JPEG", **tagged),
        "jpeg progressive": _file(colours, "JPEG", progressive=True, subsampling=0, **tagged),
        "jpeg grey": _file(colours.convert("L"), "JPEG", restart_marker_rows=1),
        "jpeg cmyk": _file(colours.convert("CMYK"), "JPEG"),
        "jpeg mpo": _file(colours, "MPO", save_all=True, append_images=[colours], **tagged),
    }


def _pngs(colours: Image.Image, tagged: dict[str, Any]) -> dict[str, bytes]:
    palette = colours.convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
    deep = bytes(value for byte in colours.tobytes() for value in (byte, 77))
    return {
        "png 8 bits": _file(colours, "PNG", **tagged),
        "png 16 bits": _png(deep, bits=16, colour_type=2),
        "png 16 bits grey": _file(_deep_grey(colours), "PNG"),
        "png one bit": _file(colours.convert("1"), "PNG"),
        "png palette": _file(palette, "PNG"),
        "png palette alpha": _file(palette, "PNG", transparency=b"\0\x40\xff", bits=8),
        "png alpha": _file(_see_through(colours), "PNG", **tagged),
        "png grey alpha": _file(_see_through(colours).convert("LA"), "PNG"),
        "png interlaced": _png(colours.tobytes(), bits=8, colour_type=2, interlaced=True),
        "png animated": _file(colours, "PNG", save_all=True, append_images=[colours.rotate(9)]),
    }


def _webps(colours: Image.Image, tagged: dict[str, Any]) -> dict[str, bytes]:
    more = [colours.rotate(90), colours.rotate(180)]
    return {
        "webp lossy": _file(colours, "WEBP", **tagged),
        "webp lossless": _file(colours, "WEBP", lossless=True),
        "webp alpha": _file(_see_through(colours), "WEBP"),
        "webp animated": _file(colours, "WEBP", save_all=True, append_images=more, **tagged),
    }


def _gifs(colours: Image.Image) -> dict[str, bytes]:
    palette = colours.convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    more = [colours.rotate(90).convert("P"), colours.rotate(180).convert("P")]
    return {
        "gif": _file(palette, "GIF", interlace=0),
        "gif interlaced": _file(palette, "GIF", interlace=1, transparency=3, comment=b"hello"),
        "gif animated": _file(palette, "GIF", save_all=True, append_images=more, disposal=2),
    }


def _heifs(colours: Image.Image, tagged: dict[str, Any]) -> dict[str, bytes]:
    return {
        "heic": _file(colours, "HEIF", **tagged),
        "heic alpha": _file(_see_through(colours), "HEIF"),
        "heic grey": _file(colours.convert("L"), "HEIF"),
        "heic 10 bits": _deep_heic(colours),
        "heic two pictures": _file(colours, "HEIF", save_all=True, append_images=[colours]),
        "avif": _file(colours, "AVIF", speed=10, **tagged),
        "avif alpha": _file(_see_through(colours), "AVIF", speed=10),
        "avif animated": _animated_avif(colours),
    }


def _tiffs(colours: Image.Image, tagged: dict[str, Any]) -> dict[str, bytes]:
    return {
        "tiff": _file(colours, "TIFF", **tagged),
        "tiff lzw": _file(colours, "TIFF", compression="tiff_lzw"),
        "tiff deflate alpha": _file(_see_through(colours), "TIFF", compression="tiff_deflate"),
        "tiff jpeg": _file(colours, "TIFF", compression="jpeg"),
        "tiff packbits cmyk": _file(colours.convert("CMYK"), "TIFF", compression="packbits"),
        "tiff fax": _file(colours.convert("1"), "TIFF", compression="group4"),
        "tiff 16 bits": _file(_deep_grey(colours), "TIFF"),
    }


def _picture() -> Image.Image:
    """Gradients, edges and thin lines; the same every time."""
    gradient = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    rings = Image.radial_gradient("L").resize((WIDTH, HEIGHT))
    picture = Image.merge("RGB", (gradient, rings, gradient.rotate(180)))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((5, 9, 30, 22), fill=(240, 240, 235), outline=(20, 20, 30))
    for column in range(34, WIDTH, 3):
        draw.line((column, 4, WIDTH - column, HEIGHT), fill=(column * 4, 90, 40))
    return picture


def _see_through(colours: Image.Image) -> Image.Image:
    picture = colours.convert("RGBA")
    picture.putalpha(Image.radial_gradient("L").resize(colours.size))
    return picture


def _deep_grey(colours: Image.Image) -> Image.Image:
    """16 bits of grey: 0 to 255 become 0 to 65535."""
    return colours.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")


def _sideways() -> Image.Exif:
    """EXIF as a camera writes it: an orientation and a place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    return exif


def _srgb() -> bytes:
    """A profile without the time of its making, so that the files are the same every time."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def _file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _deep_heic(colours: Image.Image) -> bytes:
    """10 bits a channel, as some cameras write."""
    values = (struct.pack("<H", byte * 257) for byte in colours.tobytes())
    file = io.BytesIO()
    pillow_heif.encode("RGB;16", colours.size, b"".join(values), file, save_to_12bit=False)
    return file.getvalue()


def _animated_avif(colours: Image.Image) -> bytes:
    """Two frames, without the time of their making."""
    data = _file(colours, "AVIF", speed=10, save_all=True, append_images=[colours.rotate(90)])
    for header in (b"mvhd", b"tkhd", b"mdhd"):
        times = data.index(header) + 8  # created and modified, 8 bytes each
        data = data[:times] + bytes(16) + data[times + 16 :]
    return data


def _png(pixels: bytes, *, bits: int, colour_type: int, interlaced: bool = False) -> bytes:
    """A PNG with three channels of a kind that Pillow reads and does not write."""
    passes = _INTERLACED if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(_rows(pixels, 3 * bits // 8, one) for one in passes)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, colour_type, 0, 0, interlaced)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def _rows(pixels: bytes, size: int, one: tuple[int, int, int, int]) -> bytes:
    """The rows of one pass, each behind a zero: it is stored unfiltered."""
    left, top, columns, rows = one

    def row(y: int) -> Iterator[bytes]:
        for x in range(left, WIDTH, columns):
            start = (y * WIDTH + x) * size
            yield pixels[start : start + size]

    return b"".join(b"\0" + b"".join(row(y)) for y in range(top, HEIGHT, rows))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG with its length and its checksum."""
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
