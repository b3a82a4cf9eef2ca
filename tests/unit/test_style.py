"""The style doc against what a model or a person wrote."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from photo_tagger.domain.draft import Confidence, Draft
from photo_tagger.domain.style import Checked, Limits, StyleDoc, check_reading, problems
from photo_tagger.texts import Texts

SURE = Confidence(title=0.9, alt_text=0.9, tags=0.9, category=0.9, description=0.9)


def draft(**changes: Any) -> Draft:
    good = {
        "title": "White sofa",
        "alt_text": "A white sofa with two seats",
        "tags": ["sofa", "white"],
        "category": "Furniture",
        "description": "A white sofa. It has two seats.",
    }
    return Draft.model_validate(good | changes)


def checked(style: StyleDoc, **changes: Any) -> Checked:
    return check_reading(draft(**changes), SURE, style, Texts("en"))


def noted(result: Checked) -> list[tuple[str | None, str]]:
    return [(note.field, note.text) for note in result.notes]


def test_a_good_reading_is_left_as_it_is(style: StyleDoc) -> None:
    result = checked(style)
    assert result.draft == draft()
    assert result.confidence == SURE
    assert result.notes == []


def test_what_was_given_is_not_changed(style: StyleDoc) -> None:
    given, sure = draft(title="Cheap couch", tags=["lamp"]), SURE.model_copy()
    check_reading(given, sure, style, Texts("en"))
    assert given == draft(title="Cheap couch", tags=["lamp"])
    assert sure == SURE


class TestTags:
    def test_those_off_the_list_are_dropped_with_a_note_and_no_confidence(
        self, style: StyleDoc
    ) -> None:
        result = checked(style, tags=["sofa", "velvet", "Gucci"])
        assert result.draft.tags == ["sofa"]
        assert result.confidence.tags == 0
        assert result.confidence.title == 0.9
        assert noted(result) == [("tags", "Left out, not on the shop's list: velvet, Gucci.")]

    def test_none_left_counts_as_no_confidence(self, style: StyleDoc) -> None:
        result = checked(style, tags=[])
        assert result.confidence.tags == 0

    def test_the_same_tag_twice_is_one_tag_and_no_doubt(self, style: StyleDoc) -> None:
        result = checked(style, tags=["sofa", "white", "sofa"])
        assert result.draft.tags == ["sofa", "white"]
        assert result.confidence.tags == 0.9

    def test_the_list_is_exact(self, style: StyleDoc) -> None:
        assert checked(style, tags=["Sofa", "sofa "]).draft.tags == []


class TestCategory:
    def test_one_off_the_list_is_dropped_with_a_note_and_no_confidence(
        self, style: StyleDoc
    ) -> None:
        result = checked(style, category="Vehicles")
        assert result.draft.category == ""
        assert result.confidence.category == 0
        text = "“Vehicles” is not on the shop's list and was left out."
        assert noted(result) == [("category", text)]

    @pytest.mark.parametrize("category", ["unsure", ""])
    def test_unsure_is_an_honest_answer_and_needs_no_note(
        self, style: StyleDoc, category: str
    ) -> None:
        result = checked(style, category=category)
        assert result.draft.category == ""
        assert result.confidence.category == 0
        assert result.notes == []


class TestPreferredWords:
    @pytest.mark.parametrize("name", ["title", "alt_text", "description"])
    def test_they_are_put_in_place_in_each_text_with_a_note(
        self, style: StyleDoc, name: str
    ) -> None:
        result = checked(style, **{name: "A white couch"})
        assert getattr(result.draft, name) == "A white sofa"
        assert noted(result) == [(name, "“couch” became “sofa”.")]
        assert result.confidence == SURE

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("COUCH and couch, a couch.", "Sofa and sofa, a sofa."),
            ("a (couch)", "a (sofa)"),
            ("a couch-like one", "a sofa-like one"),
            ("a couchette", "a couchette"),
            ("a subcouch", "a subcouch"),
            ("slouch couchs", "slouch couchs"),
            ("a couché", "a couché"),
        ],
    )
    def test_they_count_as_whole_words_in_any_case(
        self, style: StyleDoc, text: str, expected: str
    ) -> None:
        assert checked(style, title=text).draft.title == expected

    def test_a_word_is_taken_literally_and_not_as_a_pattern(self, style: StyleDoc) -> None:
        style.preferred_words = {"c++": r"\1 \g<0> C", ".*": "gone"}
        assert checked(style, title="a c++ book").draft.title == r"a \1 \g<0> C book"

    @pytest.mark.parametrize(
        ("preferred", "text", "expected"),
        [
            ({"bed": "sofa bed"}, "A bed, a sofa bed", "A sofa bed, a sofa bed"),
            ({"bed": "bed frame"}, "Bed frame of a bed", "Bed frame of a bed frame"),
            ({"couch": "sofa", "sofa": "couch"}, "A couch, a sofa", "A sofa, a couch"),
            ({"couch": "sofa", "corner couch": "corner suite"}, "a corner couch", "a corner suite"),
        ],
    )
    def test_no_word_is_replaced_that_stands_there_rightly(
        self, style: StyleDoc, preferred: dict[str, str], text: str, expected: str
    ) -> None:
        style.preferred_words = preferred
        assert checked(style, title=text).draft.title == expected

    def test_a_word_that_only_stands_there_rightly_leaves_no_note(self, style: StyleDoc) -> None:
        style.preferred_words = {"bed": "sofa bed"}
        assert checked(style, title="Grey sofa bed").notes == []

    def test_a_word_to_avoid_with_a_preferred_one_is_replaced_and_no_doubt(
        self, style: StyleDoc
    ) -> None:
        style.preferred_words = {"cheap": "good value"}
        result = checked(style, title="Cheap sofa")
        assert result.draft.title == "Good value sofa"
        assert result.confidence.title == 0.9

    def test_a_preferred_word_is_in_place_before_length_and_words_are_judged(
        self, style: StyleDoc
    ) -> None:
        style.preferred_words = {"inexpensive": "cheap"}
        assert checked(style, title="inexpensive sofa").confidence.title == 0


class TestDoubts:
    @pytest.mark.parametrize("name", ["title", "alt_text", "description"])
    @pytest.mark.parametrize("word", ["cheap", "CHEAP", "Best ever"])
    def test_a_word_to_avoid_stays_but_takes_the_confidence(
        self, style: StyleDoc, name: str, word: str
    ) -> None:
        result = checked(style, **{name: f"The {word} sofa"})
        assert getattr(result.draft, name) == f"The {word} sofa"
        assert getattr(result.confidence, name) == 0
        [(field, text)] = noted(result)
        assert field == name
        assert word.lower() in text.lower()

    def test_a_word_to_avoid_inside_another_word_is_fine(self, style: StyleDoc) -> None:
        assert checked(style, title="Cheapside sofa").notes == []

    @pytest.mark.parametrize(
        ("name", "limit"), [("title", 80), ("alt_text", 125), ("description", 600)]
    )
    def test_a_text_may_be_as_long_as_its_limit_and_no_longer(
        self, style: StyleDoc, name: str, limit: int
    ) -> None:
        fits = checked(style, **{name: "a " + "x" * (limit - 2)})
        assert fits.notes == []
        too_long = checked(style, **{name: "a " + "x" * (limit - 1)})
        assert len(getattr(too_long.draft, name)) == limit + 1
        assert getattr(too_long.confidence, name) == 0
        words = f"Please look at it: it is {limit + 1} characters long, {limit} at most."
        assert noted(too_long) == [(name, words)]

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_an_empty_text_takes_the_confidence(self, style: StyleDoc, text: str) -> None:
        result = checked(style, description=text)
        assert result.confidence.description == 0
        assert noted(result) == [("description", "Please look at it: it is empty.")]

    def test_each_doubt_about_a_field_is_a_note(self, style: StyleDoc) -> None:
        result = checked(style, title="cheap " + "x" * 90)
        assert noted(result) == [
            ("title", "Please look at it: it uses “cheap”."),
            ("title", "Please look at it: it is 96 characters long, 80 at most."),
        ]

    def test_a_title_of_another_form_takes_the_confidence(self, style: StyleDoc) -> None:
        style.title_format = "{product}, {colour}"
        assert checked(style, title="Sofa, white").confidence.title == 0.9
        result = checked(style, title="White sofa")
        assert result.draft.title == "White sofa"
        assert result.confidence.title == 0
        words = (
            "Please look at it: the shop's titles are put together like this: “product, colour”."
        )
        assert noted(result) == [("title", words)]


class TestAltText:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Image of a white sofa", "A white sofa"),
            ("A photo of the white sofa", "The white sofa"),
            ("the picture showing cups", "Cups"),
        ],
    )
    def test_does_not_say_that_it_is_a_picture(
        self, style: StyleDoc, given: str, kept: str
    ) -> None:
        result = checked(style, alt_text=given)
        assert result.draft.alt_text == kept
        assert result.notes[0].field == "alt_text"
        assert "left out" in result.notes[0].text

    @pytest.mark.parametrize("text", ["Picture frame of oak", "Photo album", "Imagery of cups"])
    def test_of_a_product_that_has_to_do_with_pictures_is_left_alone(
        self, style: StyleDoc, text: str
    ) -> None:
        result = checked(style, alt_text=text)
        assert (result.draft.alt_text, result.notes) == (text, [])

    @pytest.mark.parametrize("name", ["title", "alt_text"])
    def test_is_one_line_as_the_title_is(self, style: StyleDoc, name: str) -> None:
        result = checked(style, **{name: " A white\r\n\tsofa  "})
        assert getattr(result.draft, name) == "A white sofa"
        assert result.notes == []


class TestProblemsOfAnEdit:
    def test_a_good_edit_has_none(self, style: StyleDoc) -> None:
        assert problems(draft(), style, Texts("en")) == {}

    def test_no_tag_at_all_is_fine(self, style: StyleDoc) -> None:
        assert problems(draft(tags=[]), style, Texts("en")) == {}

    def test_every_field_is_judged_at_once(self, style: StyleDoc) -> None:
        bad = Draft(title="", alt_text=" ", tags=["velvet"], category="", description="x" * 601)
        found = problems(bad, style, Texts("en"))
        assert set(found) == {"title", "alt_text", "tags", "category", "description"}
        assert "601" in found["description"]
        assert "600" in found["description"]
        assert "velvet" in found["tags"]

    @pytest.mark.parametrize(
        ("name", "limit"), [("title", 80), ("alt_text", 125), ("description", 600)]
    )
    def test_a_limit_is_inclusive(self, style: StyleDoc, name: str, limit: int) -> None:
        assert problems(draft(**{name: "x" * limit}), style, Texts("en")) == {}
        assert set(problems(draft(**{name: "x" * (limit + 1)}), style, Texts("en"))) == {name}

    @pytest.mark.parametrize("category", ["Vehicles", "furniture", "unsure"])
    def test_a_category_is_one_of_the_list(self, style: StyleDoc, category: str) -> None:
        assert set(problems(draft(category=category), style, Texts("en"))) == {"category"}


class TestTheDoc:
    def test_alt_text_can_never_be_longer_than_125(self) -> None:
        with pytest.raises(ValidationError):
            Limits(alt_text=126)

    @pytest.mark.parametrize("name", ["categories", "tags"])
    def test_it_needs_both_lists(self, name: str) -> None:
        doc: dict[str, Any] = {"version": "1", "categories": ["a"], "tags": ["b"], name: []}
        with pytest.raises(ValidationError, match=name):
            StyleDoc.model_validate(doc)

    @pytest.mark.parametrize(
        "wrong",
        [{"avoid_words": ["cheap", " "]}, {"preferred_words": {"": "sofa"}}, {"tags": [""]}],
    )
    def test_a_word_of_no_letters_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="at least 1 character"):
            StyleDoc.model_validate({"version": "1", "categories": ["a"], "tags": ["b"]} | wrong)

    def test_a_misspelt_setting_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="avoid_word"):
            StyleDoc.model_validate(
                {"version": "1", "categories": ["a"], "tags": ["b"], "avoid_word": ["x"]}
            )
