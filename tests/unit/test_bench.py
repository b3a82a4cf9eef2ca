"""What bench/ says of its measurements, and how it takes them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from bench.figures import Photo, markdown, rows
from bench.measure import Measurement
from bench.photos import photo_like

SOUND = Measurement(milliseconds=100, megabytes=60, size=(768, 1024), colour=(90.0, 80.0, 70.0))


def times(*milliseconds: float, megabytes: float = 60) -> list[Measurement]:
    return [replace(SOUND, milliseconds=one, megabytes=megabytes) for one in milliseconds]


def photo(**measured: list[Measurement]) -> Photo:
    return Photo("JPEG, 12 MP", has_goal=True, measured=measured)


class TestFigures:
    def test_the_ratio_is_taken_round_by_round(self) -> None:
        # Given a machine that becomes twice as slow, and a round with another ratio
        both = photo(Resize=times(110, 220, 150), pyvips=times(100, 200, 100))
        assert both.ratio() == "1.10 (1.10 to 1.50)"
        assert both.time("Resize") == "150"

    @pytest.mark.parametrize(
        ("ours", "megabytes", "goal"),
        [
            ((110, 110, 110), 59, "met (3 of 3 rounds)"),
            ((110, 110, 130), 59, "met (2 of 3 rounds)"),
            ((110, 112, 130), 59, "missed: time (1 of 3 rounds)"),
            ((110, 110, 110), 60, "missed: memory (0 of 3 rounds)"),
            ((120, 120, 120), 61, "missed: time and memory (0 of 3 rounds)"),
        ],
    )
    def test_the_goal_is_met_in_time_and_in_memory(
        self, ours: tuple[float, ...], megabytes: float, goal: str
    ) -> None:
        both = photo(Resize=times(*ours, megabytes=megabytes), pyvips=times(100, 100, 100))
        assert both.goal() == goal

    def test_what_pyvips_cannot_read_has_no_ratio_and_no_goal(self) -> None:
        alone = photo(Resize=times(500), pyvips=[])
        assert (alone.time("pyvips"), alone.ratio(), alone.goal()) == (
            "cannot read it",
            "-",
            "none",
        )

    def test_a_format_without_a_goal_has_none(self) -> None:
        png = replace(photo(Resize=times(500), pyvips=times(100)), has_goal=False)
        assert (png.ratio(), png.goal()) == ("5.00 (5.00 to 5.00)", "none")

    @pytest.mark.parametrize(
        "other", [{"size": (1024, 768)}, {"colour": (90.0, 84.0, 70.0)}], ids=["size", "colour"]
    )
    def test_another_picture_is_told(self, other: dict[str, Any]) -> None:
        both = photo(Resize=[SOUND], pyvips=[replace(SOUND, **other)])
        assert "pyvips made another picture" in both.disagreement()

    def test_nearly_the_same_colour_is_the_same_picture(self) -> None:
        near = replace(SOUND, colour=(91.0, 82.0, 70.0))
        assert photo(Resize=[SOUND], pyvips=[near], Pillow=[]).disagreement() == ""

    def test_the_table_is_markdown_too(self) -> None:
        assert markdown(rows([photo(Resize=times(100), pyvips=times(100, megabytes=70))])) == (
            "| photo | Resize ms | pyvips ms | Resize / pyvips | Resize MB | pyvips MB | goal |\n"
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
            "| JPEG, 12 MP | 100 | 100 | 1.00 (1.00 to 1.00) | 60 | 70 | met (1 of 1 rounds) |"
        )


class TestMeasurement:
    def measured(self, way: str, file: Path) -> Any:
        command = [sys.executable, "-m", "bench.measure", way, str(file), str(file)]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    @pytest.mark.skipif(sys.platform != "linux", reason="bench/ needs Linux")
    def test_the_ways_make_the_same_picture(self, tmp_path: Path) -> None:
        file, exif = tmp_path / "photo.jpg", Image.Exif()
        exif[0x0112] = 6
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        photo_like(1600, 1200).save(file, exif=exif, icc_profile=profile)
        found = {way: [Measurement(**self.measured(way, file))] for way in ("Resize", "Pillow")}
        assert tuple(found["Resize"][0].size) == (768, 1024)
        assert found["Resize"][0].milliseconds > 0
        assert 15 < found["Resize"][0].megabytes < 300
        assert photo(**found).disagreement() == ""

    @pytest.mark.skipif(sys.platform != "linux", reason="bench/ needs Linux")
    def test_what_cannot_be_read_is_no_measurement(self, tmp_path: Path) -> None:
        (tmp_path / "photo.heic").write_bytes(b"no photo")
        assert self.measured("Resize", tmp_path / "photo.heic") is None
