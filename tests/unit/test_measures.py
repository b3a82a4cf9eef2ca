"""Brightness and sharpness equal OpenCV's, and a sharp product on white counts as sharp."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from photo_tagger.domain.rules import RulesDoc, judge
from photo_tagger.texts import Texts
from photo_tagger_local import samples
from resize.measures import MEASURED_EDGE, SHARP_SHARE, TILE, laplacian, mean_luminance, sharpness
from resize.picture import small_copy

BLURRED = 3  # pixels of a Gaussian's sigma, at MEASURED_EDGE


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(5).normal(128, 60, (height, width))
    return Image.fromarray(values.clip(0, 255).astype("uint8"))


def interior() -> Image.Image:
    """A real photo of a room."""
    source = samples.PACKAGES / samples.INTERIORS / "pexels-7303800.jpg"
    with Image.open(source) as photo:
        photo.thumbnail((MEASURED_EDGE, MEASURED_EDGE))
        return photo.convert("L")


def product(share: float, contrast: int) -> Image.Image:
    """A disc on white, so much of the picture, so much darker, with a texture on it."""
    size = (1024, 768)
    picture = Image.new("L", size, 255)
    radius = (share * size[0] * size[1] / np.pi) ** 0.5
    box = (512 - radius, 384 - radius, 512 + radius, 384 + radius)
    disc = Image.new("L", size, 0)
    ImageDraw.Draw(disc).ellipse(box, fill=255)
    wave = np.indices((size[1], size[0])).sum(0) % 16 < 8
    texture = np.where(wave, 255 - contrast, 255 - contrast // 2).astype("uint8")
    picture.paste(Image.fromarray(texture), mask=disc)
    return picture


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(BLURRED))


PICTURES = [
    pytest.param(lambda: noise(201, 133), id="noise"),
    pytest.param(
        lambda: Image.fromarray((np.indices((164, 148)).sum(0) % 2 * 255).astype("uint8")),
        id="checkerboard",
    ),
    pytest.param(lambda: blurred(noise(150, 150)), id="blurred"),
    pytest.param(interior, id="photo"),
    pytest.param(lambda: blurred(interior()), id="blurred photo"),
    pytest.param(lambda: product(0.03, 60), id="product"),
    pytest.param(lambda: noise(1, 90), id="one wide"),
    pytest.param(lambda: noise(90, 1), id="one high"),
    pytest.param(lambda: noise(2, 2), id="two by two"),
    pytest.param(lambda: noise(70, 129), id="a row over a band"),
    pytest.param(lambda: Image.new("L", (50, 50), 77), id="flat"),
]


class TestAgainstOpenCV:
    @pytest.mark.parametrize("make", PICTURES)
    def test_the_laplacian_is_opencvs_in_every_pixel(self, make: Callable[[], Image.Image]) -> None:
        grey = make()
        ours = np.asarray(laplacian(grey))
        assert (ours == cv2.Laplacian(np.asarray(grey), cv2.CV_64F)).all()

    @pytest.mark.parametrize("make", PICTURES)
    def test_brightness_is_opencvs_mean(self, make: Callable[[], Image.Image]) -> None:
        grey = make()
        expected = cv2.mean(np.asarray(grey))[0]
        assert mean_luminance(grey) == pytest.approx(expected, rel=0.001)

    @pytest.mark.parametrize("make", PICTURES)
    def test_sharpness_is_the_variance_of_opencvs_laplacian_which_so_many_tiles_reach(
        self, make: Callable[[], Image.Image]
    ) -> None:
        grey = make()
        whole = cv2.Laplacian(np.asarray(grey), cv2.CV_64F)
        tiles = [
            whole[top : top + TILE, left : left + TILE].var()
            for top in range(0, grey.height, TILE)
            for left in range(0, grey.width, TILE)
        ]
        expected = sorted(tiles, reverse=True)[int(len(tiles) * SHARP_SHARE)]
        assert sharpness(grey) == pytest.approx(expected, rel=0.001, abs=0.01)


class TestProductOnWhite:
    @pytest.mark.parametrize("share", [0.03, 0.1, 0.3, 0.6, 0.9])
    @pytest.mark.parametrize("contrast", [20, 60, 200])
    def test_a_sharp_one_passes_however_small_and_a_blurred_one_does_not(
        self, share: float, contrast: int
    ) -> None:
        rules = RulesDoc(version="default")
        if share < 0.9:
            assert sharpness(product(share, contrast)) >= rules.sharpness.min
        assert sharpness(blurred(product(share, contrast))) < rules.sharpness.min

    def test_a_small_one_on_white_is_not_too_bright(self) -> None:
        out = io.BytesIO()
        product(0.03, 60).save(out, "PNG")
        measured = small_copy(out, 1024).measurements
        assert judge(measured, RulesDoc(version="default"), Texts("en")) == []

    def test_a_white_picture_is_neither_sharp_nor_rightly_lit(self) -> None:
        out = io.BytesIO()
        Image.new("L", (800, 800), 255).save(out, "PNG")
        reasons = judge(
            small_copy(out, 1024).measurements, RulesDoc(version="default"), Texts("en")
        )
        assert [reason.split(":")[0] for reason in reasons] == ["Too bright", "Too blurry"]


class TestOneSize:
    @pytest.mark.parametrize("max_edge", [256, 1024, 2048])
    def test_a_photo_measures_about_the_same_in_whatever_size_it_is_copied(
        self, max_edge: int
    ) -> None:
        out = io.BytesIO()
        interior().resize((2000, 3000), Image.Resampling.LANCZOS).save(out, "PNG")
        out.seek(0)
        copy = small_copy(out, max_edge)
        out.seek(0)
        usual = small_copy(out, MEASURED_EDGE).measurements
        assert max(Image.open(io.BytesIO(copy.jpeg)).size) == max_edge
        assert copy.measurements.mean_luminance == pytest.approx(usual.mean_luminance, rel=0.01)
        assert copy.measurements.sharpness == pytest.approx(usual.sharpness, rel=0.2)
