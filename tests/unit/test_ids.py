"""Names of photos: readable, short, and fit for an execution's name."""

from __future__ import annotations

import re

import pytest

from photo_tagger.domain.ids import photo_id, photo_of, slug

NAMES = [
    "sofa.jpg",
    "drive/1AbC/White Sofa (final) v2.JPG",
    "übergroße Schüssel.jpg",
    "沙发.jpg",
    "📷.heic",
    "x" * 900 + ".png",
    "a b" * 300 + ".png",
    "-.jpg",
    "...jpg",
    "no-extension",
    'quote"<script>&\n\t*?[]{}|\\^`$#%~:;,/.jpg',
    "IMG_0412.HEIC",
]


@pytest.mark.parametrize("key", NAMES)
def test_an_id_fits_an_execution_name_with_room_for_a_number(key: str) -> None:
    name = photo_id("drop", key, "v1")
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert not name.startswith("-")
    assert len(f"{name}-{10**17}") <= 80


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("White Sofa (final)", "white-sofa-final"),
        ("Schüssel_Größe", "schussel-groe"),
        ("IMG_0412", "img-0412"),
        ("--a--b--", "a-b"),
        ("沙发", ""),
        ("", ""),
    ],
)
def test_a_slug_keeps_ascii_letters_and_digits(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_slug_that_is_cut_does_not_end_with_a_hyphen() -> None:
    assert slug("a" * 47 + " bcd") == "a" * 47


def test_an_id_begins_with_the_file_name_without_folder_and_ending() -> None:
    assert re.fullmatch(r"white-sofa-[0-9a-f]{12}", photo_id("drop", "drive/9/White Sofa.jpg", "v"))


def test_a_name_without_any_letter_leaves_the_hash_alone() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", photo_id("drop", "沙发.jpg", "v1"))


@pytest.mark.parametrize("start", ["", "-2", "-37"])
@pytest.mark.parametrize(
    "photo", ["sofa-0123456789ab", "012345678912", "a1b2c3d4e5f6-123456789012"]
)
def test_a_photo_is_known_by_the_name_of_any_of_its_executions(photo: str, start: str) -> None:
    assert photo_of(photo + start) == photo


def test_the_same_version_always_has_the_same_id() -> None:
    assert photo_id("drop", "sofa.jpg", "v1") == photo_id("drop", "sofa.jpg", "v1")


@pytest.mark.parametrize(
    "other",
    [
        ("drop", "sofa.jpg", "v2"),
        ("other", "sofa.jpg", "v1"),
        ("drop", "b/sofa.jpg", "v1"),
        ("drops", "ofa.jpg", "v1"),
    ],
)
def test_another_version_key_or_bucket_is_another_photo(other: tuple[str, str, str]) -> None:
    assert photo_id(*other) != photo_id("drop", "sofa.jpg", "v1")


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert photo_id("a", "b", "c")[-12:] != photo_id("a", "bc", "")[-12:]
    assert photo_id("ab", "c", "d")[-12:] != photo_id("a", "bc", "d")[-12:]
