"""Dropped files of every kind become a bounded, upright sRGB JPEG, or are refused in words."""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from resize import picture as module
from resize.picture import SmallCopy, UnreadablePhotoError, small_copy

Encode = Callable[..., bytes]
RED, GREEN, BLUE, WHITE = (220, 30, 30), (20, 200, 40), (30, 30, 220), (255, 255, 255)


def small(data: bytes, max_edge: int = 256) -> tuple[Image.Image, SmallCopy]:
    """The small copy as a picture, and with its measurements."""
    copy = small_copy(io.BytesIO(data), max_edge)
    opened = Image.open(io.BytesIO(copy.jpeg))
    opened.load()
    assert opened.format == "JPEG"
    assert opened.mode == "RGB"
    assert max(opened.size) <= max_edge
    return opened, copy


def near(colour: Any, expected: tuple[int, int, int], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, expected, strict=True))


def corners() -> Image.Image:
    """A wide picture: red at top left, green at top right, blue at bottom left, white else."""
    picture = Image.new("RGB", (300, 200), WHITE)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 149, 99), fill=RED)
    draw.rectangle((150, 0, 299, 99), fill=GREEN)
    draw.rectangle((0, 100, 149, 199), fill=BLUE)
    return picture


def noise(width: int, height: int) -> Image.Image:
    """The same grey noise every time."""
    return Image.fromarray(
        np.random.default_rng(5).normal(128, 60, (height, width)).clip(0, 255).astype("uint8")
    )


def stored_as(orientation: int) -> Image.Image:
    """`corners` as a camera would store it with this orientation."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return corners().transpose(undo[orientation]) if orientation in undo else corners()


def exif_with(orientation: Any) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def png_of(width: int, height: int) -> bytes:
    """A tiny file that promises this many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


class TestBounds:
    def test_the_longest_edge_is_bounded_and_the_shape_kept(self, encoded: Encode) -> None:
        shrunk, _ = small(encoded(Image.new("RGB", (1200, 800))), 300)
        assert shrunk.size == (300, 200)

    def test_a_small_photo_is_not_blown_up(self, encoded: Encode) -> None:
        assert small(encoded(Image.new("RGB", (90, 60))))[0].size == (90, 60)

    def test_the_measurements_tell_the_size_of_the_original(self, encoded: Encode) -> None:
        measured = small(encoded(Image.new("RGB", (1200, 800))))[1].measurements
        assert (measured.width, measured.height) == (1200, 800)

    @pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1), (1, 1), (2, 2)])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_a_line_of_pixels_is_a_photo_too(
        self, encoded: Encode, size: tuple[int, int], kind: str
    ) -> None:
        measured = small(encoded(Image.new("RGB", size, RED), kind))[1].measurements
        assert (measured.width, measured.height) == size


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    def test_the_copy_is_upright_and_so_are_its_measurements(
        self, encoded: Encode, orientation: int, kind: str
    ) -> None:
        data = encoded(stored_as(orientation), kind, exif=exif_with(orientation))
        upright, copy = small(data, 150)
        assert upright.size == (150, 100)
        assert (copy.measurements.width, copy.measurements.height) == (300, 200)
        assert near(upright.getpixel((30, 20)), RED)
        assert near(upright.getpixel((120, 20)), GREEN)
        assert near(upright.getpixel((30, 80)), BLUE)

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    def test_a_photo_that_needs_no_shrinking_is_turned_once_too(
        self, encoded: Encode, orientation: int, kind: str
    ) -> None:
        data = encoded(stored_as(orientation), kind, exif=exif_with(orientation))
        upright, copy = small(data, 300)
        assert upright.size == (copy.measurements.width, copy.measurements.height) == (300, 200)
        assert near(upright.getpixel((60, 40)), RED)
        assert near(upright.getpixel((240, 40)), GREEN)
        assert near(upright.getpixel((60, 160)), BLUE)

    @pytest.mark.parametrize("orientation", [0, 9, 255])
    def test_an_orientation_that_does_not_exist_turns_nothing(
        self, encoded: Encode, orientation: int
    ) -> None:
        upright, copy = small(encoded(corners(), exif=exif_with(orientation)), 150)
        assert (copy.measurements.width, copy.measurements.height) == (300, 200)
        assert near(upright.getpixel((30, 20)), RED)

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize("count", [0, 1, 4, 0xFFFFFFFF])
    @pytest.mark.parametrize("kind", [0, *range(2, 14), 99])
    def test_an_orientation_that_is_no_number_turns_nothing(
        self, encoded: Encode, kind: int, count: int
    ) -> None:
        entry = struct.pack("<HHI4s", 0x0112, kind, count, b"abc\0")
        exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + b"\0\0\0\0"
        upright, _ = small(encoded(corners(), exif=exif), 150)
        assert near(upright.getpixel((30, 20)), RED)

    def test_exif_that_cannot_be_read_turns_nothing(self, encoded: Encode) -> None:
        text = PngImagePlugin.PngInfo()
        text.add_text("Raw profile type exif", "\nexif\n  20\nno hexadecimal digits")
        upright, _ = small(encoded(corners(), "PNG", pnginfo=text), 150)
        assert near(upright.getpixel((30, 20)), RED)

    @pytest.mark.filterwarnings("ignore")
    def test_exif_as_large_as_it_gets_turns_nothing(self, encoded: Encode) -> None:
        exif = b"Exif\0\0II*\0\x08\0\0\0".ljust(65_000, b"\xff")
        upright, _ = small(encoded(corners(), exif=exif), 150)
        assert near(upright.getpixel((30, 20)), RED)

    def test_16_bit_grey_is_turned_too(self, encoded: Encode) -> None:
        grey = Image.new("I;16", (300, 200), 30000)
        upright, _ = small(encoded(grey, "PNG", exif=exif_with(6)), 150)
        assert upright.size == (100, 150)


class TestColours:
    def test_cmyk_looks_as_it_should(self, encoded: Encode) -> None:
        cmyk = Image.new("CMYK", (100, 100), (0, 255, 255, 0))
        assert near(small(encoded(cmyk))[0].getpixel((50, 50)), (254, 0, 0), by=30)

    def test_16_bit_grey_is_scaled_and_not_clipped_to_white(self, encoded: Encode) -> None:
        grey = Image.new("I;16", (100, 100), 120 * 256)
        shown, copy = small(encoded(grey, "PNG"))
        assert near(shown.getpixel((50, 50)), (120, 120, 120), by=2)
        assert copy.measurements.mean_luminance == pytest.approx(120, abs=1)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
    def test_see_through_is_shown_on_white(self, encoded: Encode, kind: str) -> None:
        picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
        picture.paste((*RED, 255), (0, 0, 50, 100))
        shown, copy = small(encoded(picture, kind))
        assert near(shown.getpixel((20, 50)), RED)
        assert near(shown.getpixel((80, 50)), WHITE)
        assert copy.measurements.mean_luminance > 150

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_a_see_through_palette_is_shown_on_white(self, encoded: Encode, kind: str) -> None:
        palette = Image.new("P", (100, 100), 0)
        palette.putpalette([0, 0, 0, *RED] + [9, 9, 9] * 254)
        palette.paste(1, (0, 0, 50, 100))
        shown, _ = small(encoded(palette, kind, transparency=0))
        assert near(shown.getpixel((20, 50)), RED)
        assert near(shown.getpixel((80, 50)), WHITE)

    def test_grey_with_alpha_is_shown_on_white(self, encoded: Encode) -> None:
        shown, _ = small(encoded(Image.new("LA", (60, 60), (0, 0)), "PNG"))
        assert near(shown.getpixel((30, 30)), WHITE)

    def test_a_profile_of_other_colours_is_converted_to_srgb(self, encoded: Encode) -> None:
        swapped = _profile_with_red_and_green_swapped()
        plain, _ = small(encoded(Image.new("RGB", (60, 60), RED)))
        converted, _ = small(encoded(Image.new("RGB", (60, 60), RED), icc_profile=swapped))
        assert near(plain.getpixel((30, 30)), RED)
        red, green, _ = converted.getpixel((30, 30))
        assert green > red

    @pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
    @pytest.mark.parametrize("profile", [b"garbage" * 40, b"x"])
    def test_a_broken_profile_counts_as_none(
        self, encoded: Encode, mode: str, profile: bytes
    ) -> None:
        picture = Image.new("RGB", (60, 60), WHITE).convert(mode)
        shown, _ = small(encoded(picture, icc_profile=profile))
        assert near(shown.getpixel((30, 30)), WHITE)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
    def test_a_profile_of_10_megabytes_refuses_no_photo(self, encoded: Encode, kind: str) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        data = encoded(corners(), kind, icc_profile=profile.ljust(10_000_000, b"\0"))
        assert near(small(data)[0].getpixel((30, 20)), RED, by=40)

    def test_a_profile_for_another_kind_of_picture_counts_as_none(self, encoded: Encode) -> None:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        shown, _ = small(encoded(Image.new("L", (60, 60), 200), icc_profile=srgb))
        assert near(shown.getpixel((30, 30)), (200, 200, 200))


def _profile_with_red_and_green_swapped() -> bytes:
    """sRGB with the tags of two primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")


class TestFormats:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "TIFF", "BMP"])
    def test_all_on_the_list_are_opened(self, encoded: Encode, kind: str) -> None:
        shown, copy = small(encoded(corners(), kind))
        assert near(shown.getpixel((30, 20)), RED, by=40)
        assert (copy.measurements.width, copy.measurements.height) == (300, 200)

    @pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
    def test_of_an_animation_the_first_frame_counts(self, encoded: Encode, kind: str) -> None:
        frames = [Image.new("RGB", (80, 60), colour) for colour in (RED, GREEN, BLUE)]
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert near(small(data)[0].getpixel((40, 30)), RED)

    def test_of_a_stereo_photo_the_first_picture_counts(self, encoded: Encode) -> None:
        second = Image.new("RGB", (300, 200), BLUE)
        data = encoded(corners(), "MPO", save_all=True, append_images=[second])
        assert near(small(data)[0].getpixel((30, 20)), RED)

    def test_what_follows_the_photo_in_the_file_is_dropped(self, encoded: Encode) -> None:
        _, copy = small(encoded(corners()) + b"PK\x03\x04 a trailing archive" * 50)
        assert b"archive" not in copy.jpeg

    def test_where_the_photo_was_taken_is_not_told(self, encoded: Encode) -> None:
        exif = Image.Exif()
        exif[0x010E] = "Secret Street 5"
        exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
        data = encoded(corners(), exif=exif, comment=b"Secret comment")
        assert b"Secret" in data
        shown, copy = small(data)
        assert not shown.getexif()
        assert "comment" not in shown.info
        assert b"Secret" not in copy.jpeg
        assert b"Exif" not in copy.jpeg

    def test_no_profile_is_left_behind(self, encoded: Encode) -> None:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        shown, _ = small(encoded(corners(), icc_profile=srgb))
        assert "icc_profile" not in shown.info


class TestRefusals:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            b"This is a text.",
            b"%PDF-1.7\n%\xe2\xe3",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"PK\x03\x04" + bytes(60),
            b"8BPS\0\x01" + bytes(60),
        ],
        ids=["empty", "one byte", "text", "pdf", "svg", "zip", "psd"],
    )
    def test_what_is_no_photo_is_told_with_the_list_of_what_is(self, data: bytes) -> None:
        with pytest.raises(UnreadablePhotoError, match=r"not a photo we can open.*HEIC"):
            small(data)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "HEIF"])
    def test_a_truncated_photo_is_told_as_damaged(self, encoded: Encode, kind: str) -> None:
        data = encoded(noise(300, 200).convert("RGB"), kind)
        with pytest.raises(UnreadablePhotoError):
            small(data[: len(data) * 2 // 3])

    def test_half_a_jpeg_is_not_taken_for_a_whole_one(self, encoded: Encode) -> None:
        data = encoded(noise(300, 200))
        with pytest.raises(UnreadablePhotoError, match="damaged or incomplete"):
            small(data[: len(data) // 2])

    def test_damaged_avif_colours_are_the_files_fault(self, encoded: Encode) -> None:
        data = encoded(corners(), "AVIF")
        start = data.index(b"mdat") + 4
        with pytest.raises(UnreadablePhotoError, match="damaged"):
            small(data[:start] + b"\xff" * 40 + data[start + 40 :])

    def test_an_animation_without_a_clock_is_told_as_damaged(self, encoded: Encode) -> None:
        data = bytearray(encoded(corners(), "AVIF", save_all=True, append_images=[corners()]))
        clock = data.index(b"mdhd") + 24
        data[clock : clock + 4] = bytes(4)
        with pytest.raises(UnreadablePhotoError, match="damaged"):
            small(bytes(data), 300)

    def test_a_file_that_asks_for_more_memory_than_there_is_is_told_as_damaged(
        self, encoded: Encode
    ) -> None:
        class LittleMemory(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if (size or 0) > 2**30:
                    raise MemoryError
                return super().read(size)

        # Given pixels that claim to take 4 GB of the file
        data = bytearray(encoded(corners(), "PNG"))
        length = data.index(b"IDAT") - 4
        data[length : length + 4] = b"\xff\0\0\0"
        with pytest.raises(UnreadablePhotoError, match="damaged"):
            small_copy(LittleMemory(data), 256)

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize("size", [(15_000, 15_000), (60_000, 60_000)])
    def test_a_png_bomb_is_refused_before_it_is_unpacked(self, size: tuple[int, int]) -> None:
        with pytest.raises(UnreadablePhotoError, match=r"too large.*smaller copy"):
            small(png_of(*size))

    @pytest.mark.filterwarnings("ignore")
    def test_a_jpeg_over_the_limit_is_refused_with_both_numbers(self, encoded: Encode) -> None:
        data = encoded(corners())
        size = data.index(b"\xff\xc0") + 5
        data = data[:size] + struct.pack(">HH", 15_000, 16_000) + data[size + 4 :]
        with pytest.raises(UnreadablePhotoError, match=r"240 megapixels.*at most 220"):
            small(data)

    @pytest.mark.filterwarnings("ignore")
    def test_only_a_jpeg_in_several_scans_is_measured_by_what_is_kept_of_it(
        self, encoded: Encode
    ) -> None:
        # Given 144 megapixels without colour subsampling, of which no more than a corner is there
        def promising(data: bytes, marker: bytes) -> bytes:
            size = data.index(marker) + 5
            return data[:size] + struct.pack(">HH", 12_000, 12_000) + data[size + 4 :]

        baseline = promising(encoded(corners(), subsampling="4:4:4"), b"\xff\xc0")
        scan = baseline.index(b"\xff\xda")
        apart = baseline[:scan] + struct.pack(">2sHB", b"\xff\xda", 8, 1) + baseline[scan + 5 :]
        # Then the one in a single scan is opened, and the one whose first scan has one colour not
        assert small(baseline)[0].size == (256, 256)
        with pytest.raises(UnreadablePhotoError, match=r"progressive.*144 megapixels"):
            small(apart)

    def test_a_png_over_our_own_limit_is_refused_with_both_numbers(self) -> None:
        with pytest.raises(UnreadablePhotoError, match=r"100 megapixels.*at most 50"):
            small(png_of(10_000, 10_000))

    def test_a_jpeg_may_be_larger_than_the_rest(
        self, encoded: Encode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_OTHER_PIXELS", 1000)
        monkeypatch.setattr(module, "MAX_JPEG_PIXELS", 60_000)
        assert small(encoded(corners()))[0].size == (256, 171)
        mpo = encoded(corners(), "MPO", save_all=True, append_images=[corners()])
        assert small(mpo)[0].size == (256, 171)
        with pytest.raises(UnreadablePhotoError, match="too large"):
            small(encoded(corners(), "PNG"))

    def test_eps_never_starts_another_program(
        self, encoded: Encode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[Any] = []
        monkeypatch.setattr(subprocess, "Popen", lambda *given, **_: started.append(given))
        monkeypatch.setattr(subprocess, "check_call", lambda *given, **_: started.append(given))
        with pytest.raises(UnreadablePhotoError, match="not a photo we can open"):
            small(encoded(corners(), "EPS"))
        assert started == []
