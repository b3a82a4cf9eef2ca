"""Titles against the form that the shop gives them."""

from __future__ import annotations

import pytest

from photo_tagger.domain.title_format import follows, in_words


@pytest.mark.parametrize(
    ("title_format", "title"),
    [
        ("{colour} {product}", "White sofa"),
        ("{colour} {product}", "Off-white corner sofa with feet"),
        ("{colour}  {product}", "White sofa"),
        ("{brand} – {product}", "Acme – Sofa"),
        ("{brand} – {product}", "A–B – C – D"),
        ("{brand} - {product} ({material})", "Acme - Sofa (linen)"),
        ("Shop: {product}", "SHOP: sofa"),
        ("{product}, handmade", "Bowl, Handmade"),
        ("{a}{b}", "ab"),
        ("{}", "anything"),
        ("Colour first, then the product", "whatever it is"),
        ("", "whatever it is"),
    ],
)
def test_follows(title_format: str, title: str) -> None:
    assert follows(title_format, title)


@pytest.mark.parametrize(
    ("title_format", "title"),
    [
        ("{colour} {product}", "Sofa"),
        ("{brand} – {product}", "Acme - Sofa"),
        ("{brand} – {product}", "– Sofa"),
        ("{brand} – {product}", "Acme – "),
        ("{brand} - {product} ({material})", "Acme - Sofa"),
        ("{brand} - {product} ({material})", "Acme - Sofa (linen) new"),
        ("Shop: {product}", "Sofa"),
        ("Shop: {product}", "Shop:"),
        ("{product}, handmade", "Handmade bowl"),
        ("ab{x}b", "ab"),
        ("{a}{b}", "a"),
    ],
)
def test_does_not_follow(title_format: str, title: str) -> None:
    assert not follows(title_format, title)


def test_a_long_title_and_many_parts_are_no_endless_search() -> None:
    assert not follows("{x} " * 50 + "!", "a " * 50_000)


@pytest.mark.parametrize(
    ("title_format", "words"),
    [
        ("{colour} {product}", "colour product"),
        ("{ product_name }, {colour} – Shop_1", "product name, colour – Shop_1"),
        ("brand first, please", "brand first, please"),
        ("{} {colour", " {colour"),
    ],
)
def test_in_words(title_format: str, words: str) -> None:
    assert in_words(title_format) == words
