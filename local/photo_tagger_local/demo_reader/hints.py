"""What the shop owner's hints say, as far as plain word matching can tell.

A hint is data: words are looked up in it, nothing in it is obeyed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from photo_tagger_local.demo_reader import words
from photo_tagger_local.demo_reader.colours import NAMES as COLOURS
from photo_tagger_local.demo_reader.vocabulary import Product, Vocabulary

MAX_NEW_NOUN_WORDS = 3
_NEGATION = re.compile(
    r"\b(?:not|no|never|without|instead of|rather than|isn['’]t|don['’]t|doesn['’]t)\b"
    r"[^.,;:!?\n]*?(?=[.,;:!?\n]|\bbut\b|\bit\b|$)",
    re.IGNORECASE,
)
_FILLERS = frozenset(
    words.tokens(
        "a an the this that these those it its is are was be been has have in on at of for to from"
        " with by as or and but so very really actually just only also please thanks thank you we"
        " our my your they i he she should would could must can call called say says said see show"
        " shows shown look looks like use add put make change try again title description tag tags"
        " category alt text word words colour color photo picture image product item thing wrong"
        " right better more less new old main part under here there which what one two three"
        " s t isn don doesn"
    )
)


@dataclass(frozen=True)
class Hint:
    """What one hint asks for. None and empty: it does not say."""

    noun: str | None = None
    product: Product | None = None
    colour: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()  # the tokens that it speaks against


def merge(hints: Sequence[Hint]) -> Hint:
    """All hints, oldest first, as one: a newer hint goes before an older one, field by field."""
    merged = Hint()
    for hint in hints:
        taken_back = words.position(merged.noun or "", hint.unwanted) is not None
        named = hint if hint.noun or taken_back else merged
        asked_for = words.tokens(hint.noun or "")
        merged = Hint(
            noun=named.noun,
            product=named.product,
            colour=hint.colour or merged.colour,
            category=hint.category or merged.category,
            tags=hint.tags or merged.tags,
            unwanted=(*hint.unwanted, *(w for w in merged.unwanted if w not in asked_for)),
        )
    return merged


def understand(
    text: str, vocabulary: Vocabulary, categories: Sequence[str], tags: Sequence[str]
) -> Hint:
    """Find the shop's and the vocabulary's words in a hint."""
    wanted = words.tokens(_NEGATION.sub(" , ", text))
    unwanted = words.tokens(" ".join(_NEGATION.findall(text)))
    category = _longest(categories, wanted)
    named_tags = tuple(tag for tag in tags if words.position(tag, wanted) is not None)
    colour = next((name for name in COLOURS if name in wanted), None)
    noun, product = _find_product(wanted, vocabulary)
    if noun is None:
        shop_words = words.tokens(" ".join((category or "", *named_tags, *COLOURS)))
        noun = _new_noun(wanted, shop_words)
    return Hint(noun, product, colour, category, named_tags, unwanted)


def _longest(phrases: Iterable[str], wanted: Sequence[str]) -> str | None:
    found = [phrase for phrase in phrases if words.position(phrase, wanted) is not None]
    return max(found, key=len, default=None)


def _find_product(
    wanted: Sequence[str], vocabulary: Vocabulary
) -> tuple[str | None, Product | None]:
    """The first product named, else the last of the words that only one product has."""
    nouns = {phrase: p for p in vocabulary.products for phrase in (*p.labels, p.noun)}
    found = {noun: words.position(noun, wanted) for noun in nouns}
    places = {noun: place for noun, place in found.items() if place is not None}
    if places:
        noun = min(places, key=lambda n: (places[n], -len(n)))
        return noun, nouns[noun]
    return _find_own_word(wanted, vocabulary)


def _find_own_word(
    wanted: Sequence[str], vocabulary: Vocabulary
) -> tuple[str | None, Product | None]:
    owners: dict[str, list[Product]] = {}
    for product in vocabulary.products:
        for word in product.own_words:
            owners.setdefault(word, []).append(product)
    places = {
        word: place
        for word, having in owners.items()
        if len(having) == 1 and (place := words.position(word, wanted)) is not None
    }
    if not places:
        return None, None
    word = max(places, key=lambda w: (places[w], len(w)))
    return word, owners[word][0]


def _new_noun(wanted: Sequence[str], shop_words: Sequence[str]) -> str | None:
    """What is left of a hint without filler words, if that is short enough to be a name."""
    left = [word for word in wanted if word not in _FILLERS and word not in shop_words]
    return " ".join(left) if 0 < len(left) <= MAX_NEW_NOUN_WORDS else None
