"""The sample photos: there, whole, and good for showing every route of the demo."""

import io
import json
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image

from photo_tagger.domain.draft import FIELD_NAMES, Confidence, Draft
from photo_tagger.domain.rules import RulesDoc, judge
from photo_tagger.domain.style import Checked, StyleDoc, check_reading
from photo_tagger.texts import Texts
from photo_tagger_local import samples
from photo_tagger_local.demo_reader.reader import read
from resize import picture as resize

REPOSITORY = Path(__file__).parents[2]
pillow_heif.register_heif_opener()

STYLE = json.loads((REPOSITORY / "samples/style.json").read_text())
RULES = RulesDoc.model_validate_json((REPOSITORY / "samples/rules.json").read_bytes())
SCHEMA = {
    "properties": {
        "tags": {"items": {"enum": STYLE["tags"]}},
        "category": {"enum": [*STYLE["categories"], "unsure"]},
    }
}
CONFIDENT = 0.6
READY = {
    "wicker-basket.jpg": ("basket", "Storage & baskets"),
    "white-sofa.jpg": ("sofa", "Furniture"),
    "kitchen-spoons.jpg": ("wooden spoon", "Kitchen & dining"),
    "IMG_0412.heic": ("lamp", "Lighting"),
    "vase-with-branch.jpg": ("vase", "Home decor"),
}
FOR_REVIEW = {
    "leather-armchair.jpg": "title",
    "chair.jpg": "title",
    "old-telephone.jpg": "title",
}
"""And a field of each that is below the threshold."""
TOO_DARK = "guitar-on-stage.jpg"
NO_PRODUCT = "puppy.jpg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    samples.make_samples(folder)
    return folder


def small_copy(path: Path) -> Image.Image:
    with Image.open(path) as photo:
        copy = photo.convert("RGB")
    copy.thumbnail((1024, 1024))
    return copy


def answer(path: Path) -> dict[str, Any]:
    buffer = io.BytesIO()
    small_copy(path).save(buffer, "JPEG", quality=85)
    return read(buffer.getvalue(), SCHEMA, {"file_name": "", "hints": [], "shop_style": STYLE})


def checked(answered: dict[str, Any]) -> Checked:
    """What is left of an answer when it is held against the style doc, as ReadPhoto does."""
    draft = Draft.model_validate({name: answered[name] for name in FIELD_NAMES})
    confidence = Confidence.model_validate(answered["confidence"])
    return check_reading(draft, confidence, StyleDoc.model_validate(STYLE), Texts("en"))


def refusals(path: Path) -> list[str]:
    """What the gate says against a photo, as the first words of each reason."""
    with path.open("rb") as file:
        measured = resize.small_copy(file, 1024).measurements
    return [reason.split(":")[0] for reason in judge(measured, RULES, Texts("en"))]


def test_every_sample_is_a_photo_of_the_format_its_name_says(folder: Path) -> None:
    formats = {".jpg": "JPEG", ".heic": "HEIF"}
    for path in folder.iterdir():
        with Image.open(path) as photo:
            photo.load()
            assert photo.format == formats[path.suffix], path.name


def test_every_sample_has_an_expected_route(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {*READY, *FOR_REVIEW, TOO_DARK, NO_PRODUCT}


@pytest.mark.parametrize("name", READY)
def test_a_clean_photo_gets_a_draft_with_every_confidence_high(folder: Path, name: str) -> None:
    noun, category = READY[name]
    answered = answer(folder / name)
    draft = checked(answered)
    assert refusals(folder / name) == []
    assert noun in draft.draft.title.lower()
    assert draft.draft.category == category
    assert answered["not_a_product"] == "no"
    assert draft.confidence.below(CONFIDENT) == []


@pytest.mark.parametrize("name", FOR_REVIEW)
def test_an_unclear_photo_gets_a_draft_for_review(folder: Path, name: str) -> None:
    answered = answer(folder / name)
    assert refusals(folder / name) == []
    assert answered["not_a_product"] == "no"
    assert FOR_REVIEW[name] in checked(answered).confidence.below(CONFIDENT)


def test_the_dark_photo_fails_the_gate_and_for_no_other_reason(folder: Path) -> None:
    assert refusals(folder / TOO_DARK) == ["Too dark"]


def test_the_puppy_passes_the_gate_and_is_no_product(folder: Path) -> None:
    assert refusals(folder / NO_PRODUCT) == []
    assert answer(folder / NO_PRODUCT)["not_a_product"] == "other"


def test_making_samples_again_touches_nothing(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(samples.make_samples(folder)) == set(before)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_write_that_breaks_off_leaves_no_photo_and_the_next_run_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(photo: Image.Image, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(samples, "save_jpeg", break_off)
        with pytest.raises(OSError, match="disk full"):
            samples.make_samples(tmp_path)
    assert not list(tmp_path.glob("[!.]*"))
    for path in samples.make_samples(tmp_path):
        with Image.open(path) as photo:
            photo.load()


def test_a_missing_package_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = samples.Sample("x.jpg", "no-such-package/here", "x.jpg")
    monkeypatch.setattr(samples, "SAMPLES", (nowhere,))
    with pytest.raises(samples.SamplesMissingError, match="run make install"):
        samples.make_samples(tmp_path)
