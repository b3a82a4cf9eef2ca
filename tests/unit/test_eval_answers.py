"""The answer file: what it may say, and in which words it is told what needs mending."""

from __future__ import annotations

from pathlib import Path

import pytest

from photo_tagger.domain.style import StyleDoc
from photo_tagger_cli.evaluation.answers import (
    BadAnswersError,
    NoProduct,
    Product,
    read_answers,
    read_style,
)
from photo_tagger_cli.evaluation.folder import NothingToReadError, put_together
from photo_tagger_local.errors import CommandError

GOOD = """
["oak-chair.jpg"]
category = "Furniture"
tags = ["chair", "black"]
product = ["chair", "armchair"]
colour = ["black"]

["cup [1].jpg"]
category = "Kitchen & dining"

["bill.jpg"]
not_a_product = "receipt"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "answers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_answers_by_file_name(tmp_path: Path, style: StyleDoc) -> None:
    assert read_answers(written(tmp_path, GOOD), style) == {
        "oak-chair.jpg": Product(
            category="Furniture",
            tags=["chair", "black"],
            product=["chair", "armchair"],
            colour=["black"],
        ),
        "cup [1].jpg": Product(category="Kitchen & dining"),
        "bill.jpg": NoProduct(not_a_product="receipt"),
    }


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            'category = "Furnitur"',
            'category "Furnitur" is not in the style doc; expected Furniture or Kitchen & dining',
        ),
        (
            'category = "Furniture"\ntags = ["chair", "oak"]',
            'tag "oak" is not in the style doc; expected some of sofa, chair, black, white',
        ),
        ('tags = ["chair"]', "category is missing"),
        (
            'category = "Furniture"\ncolor = ["red"]',
            "color is not known; expected category, tags, product or colour, or not_a_product",
        ),
        (
            'category = "Furniture"\nproduct = "chair"',
            "product is no list; expected words in brackets",
        ),
        ('category = "Furniture"\nproduct = []', "product is empty"),
        ('category = "Furniture"\ncolour = [" "]', "colour.0 is empty"),
        (
            'not_a_product = "cat"',
            "not_a_product is 'cat'; expected screenshot, receipt, person, empty_box or other",
        ),
        (
            'not_a_product = "other"\ncategory = "Furniture"',
            "category does not go with not_a_product",
        ),
    ],
)
def test_what_needs_mending_is_named_with_photo_and_expectation(
    tmp_path: Path, style: StyleDoc, table: str, sentence: str
) -> None:
    path = written(tmp_path, f'["a.jpg"]\n{table}\n')
    with pytest.raises(BadAnswersError) as raised:
        read_answers(path, style)
    assert f'"a.jpg": {sentence}' in str(raised.value)
    assert str(path) in str(raised.value)


def test_every_problem_is_told_at_once(tmp_path: Path, style: StyleDoc) -> None:
    path = written(tmp_path, '["a.jpg"]\n["b.jpg"]\ncategory = "x"\ntags = ["y"]\n')
    with pytest.raises(BadAnswersError) as raised:
        read_answers(path, style)
    assert len(str(raised.value).splitlines()) == 4


def test_a_name_without_quotes_is_shown_with_them(tmp_path: Path, style: StyleDoc) -> None:
    path = written(tmp_path, '[oak-chair.jpg]\ncategory = "Furniture"\n')
    with pytest.raises(BadAnswersError, match=r'needs quotes: \["oak-chair.jpg"\]'):
        read_answers(path, style)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["a.jpg"\n', "is no TOML file: .*line 1"),
        ('["a.jpg"]\n["a.jpg"]\n', "is no TOML file: .*a.jpg"),
        ('"a.jpg" = "chair"\n', '"a.jpg": expected a table'),
    ],
)
def test_a_file_of_another_form_is_refused(
    tmp_path: Path, style: StyleDoc, text: str, words: str
) -> None:
    with pytest.raises(BadAnswersError, match=words):
        read_answers(written(tmp_path, text), style)


def test_missing_files_are_named(tmp_path: Path, style: StyleDoc) -> None:
    with pytest.raises(BadAnswersError, match=r"answers.toml is not there"):
        read_answers(tmp_path / "answers.toml", style)
    with pytest.raises(BadAnswersError, match=r"style.json is not there.*--style"):
        read_style(tmp_path / "style.json")


def test_a_style_doc_that_does_not_fit_is_told_by_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "style.json"
    path.write_text('{"version": "1", "tags": ["a"], "colours": []}')
    with pytest.raises(CommandError) as raised:
        read_style(path)
    assert "there is no categories" in str(raised.value)
    assert '"colours" is no setting' in str(raised.value)


def test_photos_and_answers_are_put_together_and_the_rest_is_told(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.JPG", "c.png", "notes.txt", "answers.toml", "d.strange"):
        (tmp_path / name).touch()
    (tmp_path / "e.jpg").mkdir()
    answer = NoProduct(not_a_product="other")
    names = ["c.png", "a.jpg", "gone.jpg", "e.jpg", "d.strange", "../x.jpg"]
    found = put_together(tmp_path, dict.fromkeys(names, answer))
    assert [path.name for path, _ in found.photos] == ["a.jpg", "c.png", "d.strange"]
    assert found.not_there == ["gone.jpg", "e.jpg", "../x.jpg"]
    assert found.unanswered == ["b.JPG"]


def test_a_name_that_is_no_unicode_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b\udcff.jpg").touch()
    found = put_together(tmp_path, {"a.jpg": NoProduct(not_a_product="other")})
    assert found.unanswered == ["b\N{REPLACEMENT CHARACTER}.jpg"]


def test_a_folder_without_an_answered_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToReadError, match="none of the answers"):
        put_together(tmp_path, {"a.jpg": NoProduct(not_a_product="other")})
