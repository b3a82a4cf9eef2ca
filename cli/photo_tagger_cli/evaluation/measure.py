"""From readings and answers to a report. Which photos a figure is about: docs/evaluating.md."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from photo_tagger.domain.draft import FIELD_NAMES, Draft, FieldName
from photo_tagger.domain.style import TEXT_FIELDS, TextField
from photo_tagger_cli.evaluation.answers import NoProduct, Product
from photo_tagger_cli.evaluation.folder import Answered
from photo_tagger_cli.evaluation.judging import (
    ReadPhoto,
    UnreadPhoto,
    Verdict,
    has_one,
    judge,
    tags_found,
)
from photo_tagger_cli.evaluation.report import (
    Cost,
    Mistake,
    NoProductScores,
    Photo,
    Report,
    Routing,
    StyleScores,
    WordScores,
)
from photo_tagger_cli.evaluation.scores import (
    Calibration,
    Prediction,
    Retrieval,
    Share,
    calibration,
)

ALL_FIELDS = "all"
"""Beside the fields' names: the measure over all of them together."""

WHOLE_DRAFT = "whole_draft"
"""Beside the fields' names: a note that belongs to none of them."""


def report_on(
    read: Sequence[ReadPhoto],
    not_read: Sequence[UnreadPhoto],
    answered: Answered,
    *,
    model_id: str,
    threshold: float,
) -> Report:
    """All figures over the photos that were read, which must be one at least."""
    products = sum(isinstance(photo.answer, Product) for photo in read)
    return Report(
        model=model_id,
        prompt_version=read[0].reading.prompt_version,
        style_version=read[0].reading.style_version,
        products=products,
        no_products=len(read) - products,
        agreement=agreement(read),
        words=words(read),
        tags=tags(read),
        not_a_product=not_a_product(read),
        calibration=calibrations(read),
        routing=routing(read, threshold),
        style=style(read),
        cost=cost(read),
        photos=[told(photo) for photo in read],
        not_read=list(not_read),
        not_there=answered.not_there,
        unanswered=answered.unanswered,
    )


def agreement(photos: Sequence[ReadPhoto]) -> dict[FieldName, Share]:
    """How often each field is right, of the photos of products whose answer tells it.

    A product that was set aside has no draft, so that every field counts as wrong.
    """
    right, told = Counter[FieldName](), Counter[FieldName]()
    for photo in photos:
        for name, verdict in verdicts(photo).items():
            told[name] += 1
            right[name] += verdict.right
    return {name: Share(count=right[name], of=told[name]) for name in FIELD_NAMES}


def words(photos: Sequence[ReadPhoto]) -> dict[TextField, WordScores]:
    """What `agreement` says of the texts, by what a text must have."""
    products = [
        (photo.answer, _draft_shown(photo)) for photo in photos if isinstance(photo.answer, Product)
    ]

    def having(name: TextField, wanted: Callable[[Product], list[str] | None]) -> Share:
        pairs = [(wanted(answer), getattr(draft, name)) for answer, draft in products]
        told = [(either, text) for either, text in pairs if either]
        return Share(count=sum(has_one(either, text) for either, text in told), of=len(told))

    return {
        name: WordScores(
            product=having(name, lambda answer: answer.product),
            colour=having(name, lambda answer: answer.colour),
        )
        for name in TEXT_FIELDS
    }


def tags(photos: Sequence[ReadPhoto]) -> Retrieval:
    """All drafted tags of products together against all that were expected (micro-averaged)."""
    found = [
        tags_found(photo.answer, _draft_shown(photo))
        for photo in photos
        if isinstance(photo.answer, Product)
    ]
    return Retrieval(
        true_positives=sum(each.true_positives for each in found),
        false_positives=sum(each.false_positives for each in found),
        false_negatives=sum(each.false_negatives for each in found),
    )


def not_a_product(photos: Sequence[ReadPhoto]) -> NoProductScores:
    """What shows no product, as what is to be found among all photos."""
    kinds = [
        (photo.answer.not_a_product, photo.reading.not_a_product)
        for photo in photos
        if isinstance(photo.answer, NoProduct)
    ]
    found = [(expected, said) for expected, said in kinds if said != "no"]
    set_aside = sum(photo.is_set_aside for photo in photos)
    return NoProductScores(
        retrieval=Retrieval(
            true_positives=len(found),
            false_positives=set_aside - len(found),
            false_negatives=len(kinds) - len(found),
        ),
        kind_right=Share(count=sum(expected == said for expected, said in found), of=len(found)),
    )


def calibrations(photos: Sequence[ReadPhoto]) -> dict[str, Calibration]:
    """How well each field's confidence foretells being right, and all together.

    Over the drafts of products; fields that an answer does not tell are left out.
    """
    predictions: dict[FieldName, list[Prediction]] = {name: [] for name in FIELD_NAMES}
    for photo in _drafted(photos):
        for name, verdict in verdicts(photo).items():
            sure = getattr(photo.reading.confidence, name)
            predictions[name].append(Prediction(sure, verdict.right))
    everything = [each for those in predictions.values() for each in those]
    by_field: dict[str, Calibration] = {
        name: calibration(those) for name, those in predictions.items()
    }
    return {**by_field, ALL_FIELDS: calibration(everything)}


def routing(photos: Sequence[ReadPhoto], threshold: float) -> Routing:
    """What RouteByConfidence would make of the drafts, and what would be wrong in those ready."""
    drafts = _drafted(photos)
    ready = [photo for photo in drafts if not photo.reading.confidence.below(threshold)]
    for_review = [photo for photo in drafts if photo.reading.confidence.below(threshold)]
    wrong = Counter(name for photo in ready for name in _wrong_fields(photo))
    return Routing(
        threshold=threshold,
        ready=Share(count=len(ready), of=len(drafts)),
        ready_but_wrong=Share(count=sum(map(_is_wrong, ready)), of=len(ready)),
        wrong_fields={name: wrong[name] for name in FIELD_NAMES},
        no_product=sum(isinstance(photo.answer, NoProduct) for photo in ready),
        right_in_review=Share(
            count=sum(not _is_wrong(photo) for photo in for_review), of=len(for_review)
        ),
    )


def style(photos: Sequence[ReadPhoto]) -> StyleScores:
    """What the style doc's checks made of the drafts."""
    drafts = _drafted(photos)
    noted = Counter(
        name for photo in drafts for name in {note.field for note in photo.reading.notes}
    )
    by_field = {name or WHOLE_DRAFT: noted[name] for name in (*FIELD_NAMES, None) if noted[name]}
    unnoted = sum(not photo.reading.notes for photo in drafts)
    return StyleScores(without_a_note=Share(count=unnoted, of=len(drafts)), noted=by_field)


def cost(photos: Sequence[ReadPhoto]) -> Cost:
    """What all calls took, those for photos without a product too."""
    calls = [usage for photo in photos for usage in photo.reading.usage]
    dollars = [usage.cost_usd for usage in calls if usage.cost_usd is not None]
    return Cost(
        photos=len(photos),
        calls=len(calls),
        input_tokens=sum(usage.input_tokens for usage in calls),
        output_tokens=sum(usage.output_tokens for usage in calls),
        cost_usd=round(sum(dollars), 6) if len(dollars) == len(calls) else None,
    )


def told(photo: ReadPhoto) -> Photo:
    """One photo, with what is wrong about it."""
    reading = photo.reading
    return Photo(
        file=photo.file,
        answer=photo.answer,
        not_a_product=reading.not_a_product,
        draft=reading.draft,
        confidence=reading.confidence,
        notes=reading.notes,
        mistakes=list(_mistakes(photo)),
    )


def verdicts(photo: ReadPhoto) -> dict[FieldName, Verdict]:
    """The judgement on each field of a product; of anything else there is no right draft."""
    if isinstance(photo.answer, NoProduct):
        return {}
    judged = judge(photo.answer, _draft_shown(photo))
    if photo.is_set_aside:
        return {name: verdict._replace(right=False) for name, verdict in judged.items()}
    return judged


def _mistakes(photo: ReadPhoto) -> Iterator[Mistake]:
    reading, expected = photo.reading, photo.answer
    if photo.is_set_aside:
        if isinstance(expected, Product):
            yield _mistaken_for(f"a product ({expected.category})", reading.not_a_product)
        elif expected.not_a_product != reading.not_a_product:
            yield _mistaken_for(expected.not_a_product, reading.not_a_product)
    elif isinstance(expected, NoProduct):
        yield _mistaken_for(expected.not_a_product, f"a product: {reading.draft.title}")
    for name in _wrong_fields(photo):
        drafted = getattr(reading.draft, name)
        yield Mistake(
            field=name,
            expected=verdicts(photo)[name].expected,
            drafted=", ".join(drafted) if isinstance(drafted, list) else drafted,
            confidence=getattr(reading.confidence, name),
        )


def _mistaken_for(expected: str, drafted: str) -> Mistake:
    return Mistake(field="not_a_product", expected=expected, drafted=drafted, confidence=None)


def _drafted(photos: Sequence[ReadPhoto]) -> list[ReadPhoto]:
    """Those of which a draft is shown to somebody."""
    return [photo for photo in photos if not photo.is_set_aside]


def _draft_shown(photo: ReadPhoto) -> Draft:
    """An empty one where the photo was set aside: whatever the reader wrote, nobody sees it."""
    return Draft() if photo.is_set_aside else photo.reading.draft


def _wrong_fields(photo: ReadPhoto) -> list[FieldName]:
    """Those of a draft that is shown, in the order of a listing."""
    if photo.is_set_aside:
        return []
    judged = verdicts(photo)
    return [name for name in FIELD_NAMES if name in judged and not judged[name].right]


def _is_wrong(photo: ReadPhoto) -> bool:
    """Whether a draft that is shown has anything wrong, or should not be one."""
    return isinstance(photo.answer, NoProduct) or bool(_wrong_fields(photo))
