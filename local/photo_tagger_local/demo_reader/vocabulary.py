"""From ImageNet's labels to a shop's words. The table itself is `vocabulary.toml`."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from photo_tagger_local.demo_reader import words
from photo_tagger_local.demo_reader.efficientnet import load_labels

ANIMAL_LABELS = 398  # ImageNet-1k's first labels are all animals
TOO_GENERAL = ("home", "gift", "outdoor")  # "Home textiles" is no place for every thing at home


@dataclass(frozen=True)
class Product:
    """A thing a shop sells. `own_words` are for it alone, `words` also cover its department.

    `words` are in the order in which they choose a category. `labels` are ImageNet's.
    """

    noun: str
    labels: tuple[str, ...]
    own_words: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All products, and the labels that are no product with their kind ("screenshot")."""

    products: tuple[Product, ...]
    kinds: dict[str, str]


@cache
def load_vocabulary() -> Vocabulary:
    """Read the table that comes with this package, once per process."""
    table = tomllib.loads((files(__package__) / "vocabulary.toml").read_text("utf-8"))
    listed = table.pop("not_a_product")
    kinds = {label: kind for kind, labels in listed.items() for label in labels}
    kinds |= dict.fromkeys(load_labels()[:ANIMAL_LABELS], "other")
    products = [
        _product(noun, entry, department["words"])
        for department in table.values()
        for noun, entry in department["products"].items()
    ]
    return Vocabulary(tuple(products), kinds)


def _product(noun: str, entry: dict[str, Any], department: list[str]) -> Product:
    own = entry.get("words", [])
    return Product(
        noun=noun,
        labels=tuple(entry.get("labels", [noun])),
        own_words=tuple(own),
        words=(noun, department[0], *own, *department[1:]),
    )


def pick_category(product: Product, categories: Sequence[str]) -> str | None:
    """The shop's category for a product, None if the shop has none that fits.

    A category that is the product's word, or whose last word it is ("Garden furniture"), comes
    before one that only has it somewhere ("Kitchen supplies").
    """
    for word in product.words:
        for category in categories:
            parts = re.split(r"&|,|/|\band\b", category)
            if any(words.same(word, part) or _ends_with(part, word) for part in parts):
                return category
    specific = [word for word in product.words if word not in TOO_GENERAL]
    for word in specific:
        for category in categories:
            if words.position(word, words.tokens(category)) is not None:
                return category
    return None


def _ends_with(part: str, word: str) -> bool:
    tail = words.tokens(word)
    return words.tokens(part)[-len(tail) :] == tail


def pick_tags(product: Product, colour: str | None, tags: Sequence[str]) -> list[str]:
    """Those of the shop's tags that are a word for the product or its colour, in shop order."""
    fitting = (*product.words, *([colour] if colour else []))
    return [tag for tag in tags if words.any_same(tag, fitting)]
