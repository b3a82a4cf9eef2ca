"""All that an evaluation tells."""

from typing import Literal

from pydantic import BaseModel

from photo_tagger.domain.draft import Confidence, Draft, FieldName, NotAProduct, Note
from photo_tagger.domain.style import TextField
from photo_tagger_cli.evaluation.answers import Answer
from photo_tagger_cli.evaluation.judging import UnreadPhoto
from photo_tagger_cli.evaluation.scores import Calibration, Retrieval, Share


class Mistake(BaseModel):
    """What is wrong with one photo's reading; `field` may be its verdict on the whole photo."""

    field: FieldName | Literal["not_a_product"]
    expected: str
    drafted: str
    confidence: float | None


class Photo(BaseModel):
    """One photo that was read."""

    file: str
    answer: Answer
    not_a_product: NotAProduct
    draft: Draft
    confidence: Confidence
    notes: list[Note]
    mistakes: list[Mistake]


class WordScores(BaseModel):
    """How many texts have one of the product words, and how many one of the colours."""

    product: Share
    colour: Share


class NoProductScores(BaseModel):
    """How well photos that show no product are told from those that do.

    `retrieval` counts a photo without a product as what is to be found; `kind_right` is of those
    found.
    """

    retrieval: Retrieval
    kind_right: Share


class StyleScores(BaseModel):
    """How many drafts the style doc's checks changed or doubted nothing in, and where they did."""

    without_a_note: Share
    noted: dict[str, int]


class Routing(BaseModel):
    """Where the threshold sends the drafts, and what it lets through.

    `wrong_fields` counts the fields of drafts that are ready, `no_product` those of no product.
    `right_in_review` are drafts for review in which nothing that the answer tells is wrong.
    """

    threshold: float
    ready: Share
    ready_but_wrong: Share
    wrong_fields: dict[FieldName, int]
    no_product: int
    right_in_review: Share


class Cost(BaseModel):
    """Tokens of all calls to the model. `cost_usd` is None where the model's price is not known."""

    photos: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class Report(BaseModel):
    """An evaluation. Which photos each figure is about: docs/evaluating.md."""

    model: str
    prompt_version: str
    style_version: str
    products: int
    no_products: int
    agreement: dict[FieldName, Share]
    words: dict[TextField, WordScores]
    tags: Retrieval
    not_a_product: NoProductScores
    calibration: dict[str, Calibration]
    routing: Routing
    style: StyleScores
    cost: Cost
    photos: list[Photo]
    not_read: list[UnreadPhoto]
    not_there: list[str]
    unanswered: list[str]
