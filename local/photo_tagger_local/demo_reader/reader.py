"""Reads one product photo and drafts the listing's fields, as the request's schema wants them.

It looks at the picture alone, never at the file's name. How often it is right, and how often when
it says that it is sure: docs/evaluating.md.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from photo_tagger_local.demo_reader import efficientnet, hints, wording, words
from photo_tagger_local.demo_reader.colours import Colours, name_colours
from photo_tagger_local.demo_reader.vocabulary import (
    Product,
    Vocabulary,
    load_vocabulary,
    pick_category,
    pick_tags,
)

IMAGE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # what Converse takes
UNSURE = "unsure"
# What was measured, and the confidence it is worth. A colour on less of the product than the
# first share is not named.
CALIBRATION = ((0.0, 0.2, 0.4, 0.6, 0.9, 1.0), (0.05, 0.3, 0.62, 0.75, 0.88, 0.9))
COLOUR_CALIBRATION = ((0.5, 0.7, 0.9), (0.65, 0.8, 0.9))
NOT_A_PRODUCT_FROM = 0.4  # probability
OWNER_SAID = 0.9  # confidence
CANNOT_TELL = 0.2  # confidence
OTHER_LANGUAGE = 0.3  # confidence at most, in a language that this reader does not write

_READ_ERRORS = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


class UnreadableImageError(Exception):
    """The bytes are no picture of a known format."""


@dataclass(frozen=True)
class Shop:
    """The shop's own words. Nothing else is ever offered as a tag or a category."""

    categories: tuple[str, ...]
    tags: tuple[str, ...]
    style: Mapping[str, Any]


@dataclass(frozen=True)
class Guess:
    """The product that the picture shows, and how sure that is (probabilities)."""

    product: Product
    probability: float
    category: str | None
    category_probability: float


def read(image_bytes: bytes, schema: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Draft a listing from a photo.

    `schema` is the JSON schema of the answer; its enums hold the categories and tags to choose
    from. `data` has `shop_style` and the owner's `hints`, oldest first.
    Raises UnreadableImageError for bytes that are no picture, KeyError for another kind of schema.
    """
    image = _open(image_bytes)
    sight = efficientnet.look(image)
    vocabulary = load_vocabulary()
    shop = _shop(schema, data)
    said = hints.merge(
        [
            hints.understand(text, vocabulary, shop.categories, shop.tags)
            for text in data.get("hints") or []
        ]
    )
    by_label = _by_label(sight)
    kind = _not_a_product(by_label, vocabulary)
    if kind and not said.noun:
        return _refusal(kind, max(by_label, key=by_label.__getitem__), shop)
    guess = _guess(by_label, vocabulary, said, shop)
    heat = sight.heat(_label_weights(said.product or guess.product, by_label))
    colours = name_colours(efficientnet.middle_square(image), heat)
    return _draft(guess, colours, said, shop)


def _open(image_bytes: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(image_bytes), formats=IMAGE_FORMATS)
        return image.convert("RGB")
    except _READ_ERRORS as error:
        raise UnreadableImageError(str(error)) from error


def _shop(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Shop:
    fields = schema["properties"]
    categories = [name for name in fields["category"].get("enum", []) if name != UNSURE]
    tags = fields["tags"]["items"].get("enum", [])
    return Shop(tuple(categories), tuple(tags), data.get("shop_style") or {})


def _by_label(sight: efficientnet.Sight) -> dict[str, float]:
    """Probabilities by label. Two labels come twice ("sunglasses"): theirs are added up."""
    sums: dict[str, float] = {}
    for label, probability in zip(efficientnet.load_labels(), sight.probabilities, strict=True):
        sums[label] = sums.get(label, 0.0) + float(probability)
    return sums


def _not_a_product(by_label: Mapping[str, float], vocabulary: Vocabulary) -> str | None:
    sums: dict[str, float] = {}
    for label, kind in vocabulary.kinds.items():
        sums[kind] = sums.get(kind, 0.0) + by_label[label]
    likeliest = max(sums, key=sums.__getitem__)
    return likeliest if sum(sums.values()) >= NOT_A_PRODUCT_FROM else None


def _guess(
    by_label: Mapping[str, float], vocabulary: Vocabulary, said: hints.Hint, shop: Shop
) -> Guess:
    """The likeliest category, and of its products the likeliest that no hint speaks against."""
    chances = {
        product: sum(by_label[label] for label in product.labels)
        for product in vocabulary.products
        if product.noun not in said.unwanted
    }
    categories = {product: pick_category(product, shop.categories) for product in chances}
    by_category: dict[str | None, float] = {}
    for product, chance in chances.items():
        category = categories[product]
        by_category[category] = by_category.get(category, 0.0) + chance
    likeliest = max(by_category, key=by_category.__getitem__)
    within = [product for product in chances if categories[product] == likeliest]
    product = max(within, key=chances.__getitem__)
    return Guess(product, chances[product], likeliest, by_category[likeliest])


def _label_weights(product: Product, by_label: Mapping[str, float]) -> efficientnet.Floats:
    return np.array(
        [by_label[n] if n in product.labels else 0 for n in efficientnet.load_labels()], np.float32
    )


def _draft(guess: Guess, colours: Colours, said: hints.Hint, shop: Shop) -> dict[str, Any]:
    named = colours.share >= COLOUR_CALIBRATION[0][0] and colours.product not in said.unwanted
    colour = said.colour or (colours.product if named else None)
    noun_confidence = OWNER_SAID if said.noun else _calibrate(guess.probability)
    wording_confidence = noun_confidence
    if named and not said.colour:
        wording_confidence = min(noun_confidence, np.interp(colours.share, *COLOUR_CALIBRATION))
    category, category_confidence = _category(guess, said, shop)
    seen = wording.Seen(said.noun or guess.product.noun, colour, colours.background, category)
    tags = _tags(guess, colour, said, shop)
    confidences = dict.fromkeys(("title", "alt_text", "description"), wording_confidence)
    if not str(shop.style.get("language") or "en").lower().startswith("en"):
        confidences = dict.fromkeys(confidences, min(wording_confidence, OTHER_LANGUAGE))
    confidences["tags"] = (OWNER_SAID if said.tags else noun_confidence) if tags else CANNOT_TELL
    confidences["category"] = category_confidence
    return _answer(seen, shop, tags, category, confidences, "no")


def _category(guess: Guess, said: hints.Hint, shop: Shop) -> tuple[str | None, float]:
    if said.category:
        return said.category, OWNER_SAID
    if said.product and (category := pick_category(said.product, shop.categories)):
        return category, OWNER_SAID
    if guess.category is None or said.noun:
        return None, CANNOT_TELL
    return guess.category, _calibrate(guess.category_probability)


def _tags(guess: Guess, colour: str | None, said: hints.Hint, shop: Shop) -> list[str]:
    seen: Sequence[str] = ()
    if said.product or not said.noun:
        seen = pick_tags(said.product or guess.product, colour, shop.tags)
    tags = dict.fromkeys((*said.tags, *seen))
    return [tag for tag in tags if words.position(tag, said.unwanted) is None]


def _refusal(kind: str, label: str, shop: Shop) -> dict[str, Any]:
    """The answer for a photo that shows no product: it says what it shows instead."""
    seen = wording.Seen(label, None, None, None)
    fields = ("title", "alt_text", "tags", "category", "description")
    return _answer(seen, shop, [], None, dict.fromkeys(fields, CANNOT_TELL), kind)


def _answer(
    seen: wording.Seen,
    shop: Shop,
    tags: Sequence[str],
    category: str | None,
    confidences: Mapping[str, float],
    not_a_product: str,
) -> dict[str, Any]:
    return {
        "title": wording.title(seen, shop.style),
        "alt_text": wording.alt_text(seen, shop.style),
        "tags": list(tags),
        "category": category or UNSURE,
        "description": wording.description(seen, shop.style),
        "confidence": {field: round(float(sure), 2) for field, sure in confidences.items()},
        "not_a_product": not_a_product,
    }


def _calibrate(probability: float) -> float:
    return float(np.interp(probability, *CALIBRATION))
