"""Whether a draft is right, by the answer file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel

from photo_tagger.domain.draft import Draft, FieldName, Reading
from photo_tagger.domain.style import TEXT_FIELDS
from photo_tagger_cli.evaluation.answers import Answer, Product
from photo_tagger_cli.evaluation.scores import Retrieval


@dataclass(frozen=True)
class ReadPhoto:
    """A photo's file name, what is right for it, and what the reader made of it."""

    file: str
    answer: Answer
    reading: Reading

    @property
    def is_set_aside(self) -> bool:
        """Whether the reader takes it for no product: then nobody is shown a draft."""
        return self.reading.not_a_product != "no"


class UnreadPhoto(BaseModel):
    """A photo's file name, and in a sentence why it was not read."""

    file: str
    reason: str


class Verdict(NamedTuple):
    """Whether a field is right, and what was expected in it."""

    right: bool
    expected: str


def judge(answer: Product, draft: Draft) -> dict[FieldName, Verdict]:
    """The fields that the answer says something about.

    Category: the same. Tags: at least one, and each is among the answer's (none where the answer
    has none). A text: has one of the product words and one of the colours, where there are some.
    """
    verdicts: dict[FieldName, Verdict] = {
        "category": Verdict(draft.category == answer.category, answer.category)
    }
    if answer.tags is not None:
        fitting = set(draft.tags) <= set(answer.tags) and bool(draft.tags) == bool(answer.tags)
        verdicts["tags"] = Verdict(fitting, ", ".join(answer.tags) or "no tags")
    for name in TEXT_FIELDS:
        wanted = [words for words in (answer.product, answer.colour) if words]
        missing = [words for words in wanted if not has_one(words, getattr(draft, name))]
        if wanted:
            expected = " and ".join("/".join(words) for words in missing or wanted)
            verdicts[name] = Verdict(not missing, expected)
    return verdicts


def tags_found(answer: Product, draft: Draft) -> Retrieval:
    """The drafted tags against the answer's. An answer without tags counts nothing."""
    if answer.tags is None:
        return Retrieval(true_positives=0, false_positives=0, false_negatives=0)
    drafted, expected = set(draft.tags), set(answer.tags)
    return Retrieval(
        true_positives=len(drafted & expected),
        false_positives=len(drafted - expected),
        false_negatives=len(expected - drafted),
    )


def has_one(words: Sequence[str], text: str) -> bool:
    """Whether a text has one of the words, whole, in any case, in the singular or with an s."""
    either = "|".join(map(re.escape, words))
    return bool(re.search(rf"(?<!\w)(?:{either})(?:e?s)?(?!\w)", text, re.IGNORECASE))
