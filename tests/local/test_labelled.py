"""The labelled set: whole, fairly halved, the same each time; and the demo reader over it."""

import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photo_tagger_cli.evaluation.answers import read_answers, read_style
from photo_tagger_local import drawings
from photo_tagger_local.labelled import DRAWN, Labelled, load_labelled, make_labelled

HALVES = {"tune": (48, 29), "held_out": (39, 28)}
"""How many photos of products each half has, and how many of none."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    make_labelled(folder)
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "photo_tagger_cli.main", "eval", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def is_of_product(each: Labelled) -> bool:
    return "category" in each.answer


def test_every_photo_is_there_and_has_an_answer_in_the_shops_words(folder: Path) -> None:
    answers = read_answers(folder / "answers.toml", read_style(folder / "style.json"))
    photos = {path.name for path in folder.glob("*.jpg")}
    assert set(answers) == photos == {each.sample.name for each in load_labelled()}


@pytest.mark.parametrize("half", HALVES)
def test_each_half_has_its_products_and_its_other_photos(half: str) -> None:
    of_half = [each for each in load_labelled() if each.half == half]
    products = sum(map(is_of_product, of_half))
    assert (products, len(of_half) - products) == HALVES[half]


def test_what_is_cut_from_one_file_is_in_one_half() -> None:
    def source(each: Labelled) -> tuple[str, str]:
        return each.sample.folder, each.sample.file

    for file, cut in groupby(sorted(load_labelled(), key=source), key=source):
        assert len({each.half for each in cut}) == 1, file


def test_drawings_are_the_same_each_time() -> None:
    drawn = [each.sample.file for each in load_labelled() if each.sample.folder == DRAWN]
    assert sorted(drawn) == sorted(drawings.DRAWINGS)
    for name in drawn:
        assert drawings.draw(name).tobytes() == drawings.draw(name).tobytes()


def test_no_two_photos_are_the_same(folder: Path) -> None:
    seen: dict[bytes, str] = {}
    for path in sorted(folder.glob("*.jpg")):
        with Image.open(path) as photo:
            twin = seen.setdefault(photo.convert("RGB").tobytes(), path.name)
        assert twin == path.name


@pytest.mark.parametrize(
    ("half", "categories", "caught", "wrongly"), [("tune", 29, 23, 1), ("held_out", 24, 20, 3)]
)
def test_the_demo_reader_is_as_good_as_samples_readme_says(
    report: dict[str, Any], half: str, categories: int, caught: int, wrongly: int
) -> None:
    """Floors a little under what was measured: other processors round otherwise."""
    of_half = {each.sample.name for each in load_labelled() if each.half == half}
    photos = [photo for photo in report["photos"] if photo["file"] in of_half]
    products = [photo for photo in photos if "category" in photo["answer"]]
    assert (len(products), len(photos) - len(products)) == HALVES[half]
    wrong = [
        photo
        for photo in products
        if {"category", "not_a_product"} & {mistake["field"] for mistake in photo["mistakes"]}
    ]
    set_aside = [photo for photo in photos if photo["not_a_product"] != "no"]
    found = [photo for photo in set_aside if photo not in products]
    assert len(products) - len(wrong) >= categories
    assert len(found) >= caught
    assert len(set_aside) - len(found) <= wrongly
