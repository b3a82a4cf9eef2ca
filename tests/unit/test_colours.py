"""Pictures of every mode become 8-bit sRGB on white."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageCms

from resize.picture import small_copy

Encode = Callable[..., bytes]
RED, WHITE = (220, 30, 30), (255, 255, 255)


def shown(data: bytes, at: tuple[int, int] = (40, 30), max_edge: int = 80) -> tuple[int, ...]:
    copy = small_copy(io.BytesIO(data), max_edge)
    with Image.open(io.BytesIO(copy.jpeg)) as picture:
        colour: Any = picture.getpixel(at)
    return tuple(colour)


def near(colour: tuple[int, ...], expected: tuple[int, ...], by: int = 8) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, expected, strict=True))


def checkerboard(size: tuple[int, int], colours: tuple[Any, Any], mode: str) -> Image.Image:
    """Every second pixel of the one colour: a good shrink shows their mean everywhere."""
    cell = Image.new(mode, (2, 2), colours[0])
    cell.putpixel((0, 1), colours[1])
    cell.putpixel((1, 0), colours[1])
    board = Image.new(mode, size)
    for left in range(0, size[0], 2):
        board.paste(cell, (left, 0))
    for top in range(2, size[1], 2):
        board.paste(board.crop((0, 0, size[0], 2)), (0, top))
    return board


def swapped() -> bytes:
    """sRGB with the tags of two primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")


class TestWhatIsAveraged:
    """A picture is shrunk from 1200 to 80 pixels: what may not be averaged must be turned first."""

    SIZE = (1200, 900)

    def test_colours_and_not_the_numbers_of_a_palette(self, encoded: Encode) -> None:
        board = checkerboard(self.SIZE, (0, 2), "P")
        board.putpalette([0, 0, 0, *RED, *WHITE] + [0] * 759)
        assert near(shown(encoded(board, "PNG")), (128, 128, 128), by=6)

    def test_black_and_white_to_grey(self, encoded: Encode) -> None:
        board = checkerboard(self.SIZE, (0, 255), "1")
        assert near(shown(encoded(board, "PNG")), (128, 128, 128), by=6)

    def test_a_colour_that_stands_for_see_through_as_see_through(self, encoded: Encode) -> None:
        board = checkerboard(self.SIZE, ((0, 0, 0), RED), "RGB")
        data = encoded(board, "PNG", transparency=(0, 0, 0))
        assert near(shown(data), (237, 142, 142), by=6)

    def test_hidden_colours_show_nowhere(self, encoded: Encode) -> None:
        board = checkerboard(self.SIZE, ((0, 255, 0, 0), (*RED, 255)), "RGBA")
        assert near(shown(encoded(board, "PNG")), (237, 142, 142), by=6)


class TestProfiles:
    @pytest.mark.parametrize(
        ("mode", "colour"), [("RGB", RED), ("RGBA", (*RED, 255)), ("P", None)], ids=str
    )
    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
    def test_a_profile_counts_in_every_mode(
        self, encoded: Encode, mode: str, colour: Any, kind: str
    ) -> None:
        picture = Image.new("RGB", (80, 60), RED).convert(mode)
        if colour:
            picture = Image.new(mode, (80, 60), colour)
        red, green, _ = shown(encoded(picture, kind, icc_profile=swapped(), lossless=True))
        assert green > red

    def test_see_through_parts_are_white_with_a_profile_too(self, encoded: Encode) -> None:
        picture = Image.new("RGBA", (80, 60), (*RED, 255))
        picture.paste((0, 0, 0, 0), (40, 0, 80, 60))
        data = encoded(picture, "PNG", icc_profile=swapped())
        assert near(shown(data, (70, 30)), WHITE)
        assert not near(shown(data, (10, 30)), WHITE)

    def test_lab_is_shown_as_the_colour_it_is(self, encoded: Encode) -> None:
        lab = ImageCms.profileToProfile(
            Image.new("RGB", (80, 60), RED),
            ImageCms.createProfile("sRGB"),
            ImageCms.createProfile("LAB"),
            outputMode="LAB",
        )
        assert lab is not None
        assert near(shown(encoded(lab, "TIFF")), RED, by=12)


class TestDeepPictures:
    @pytest.mark.parametrize("level", [0, 64, 128, 255])
    def test_16_bit_grey_keeps_its_brightness(self, encoded: Encode, level: int) -> None:
        picture = Image.new("I;16", (80, 60), level * 257)
        assert near(shown(encoded(picture, "PNG")), (level,) * 3, by=2)
        assert near(shown(encoded(picture, "TIFF")), (level,) * 3, by=2)

    def test_16_bit_colour_keeps_its_colour(self) -> None:
        assert near(shown(png_16_bit(RED)), RED)


def png_16_bit(colour: tuple[int, int, int]) -> bytes:
    """80 by 60 pixels of one colour, with 16 bits a channel: Pillow can read but not write it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    row = b"\0" + struct.pack(">3H", *(level * 257 for level in colour)) * 80
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 80, 60, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * 60))
        + chunk(b"IEND", b"")
    )
