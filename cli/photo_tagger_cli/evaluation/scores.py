"""Measures of how often something is right, and of how well that was foretold. Pure functions.

A measure of nothing is None: there is no share of no photos.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, computed_field

BINS = 5


class Share(BaseModel):
    """How many of how many."""

    count: int
    of: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float | None:
        """0..1."""
        return _ratio(self.count, self.of)


class Retrieval(BaseModel):
    """What was found of what there is: counts, and precision, recall and F1 of them.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed. 1979, chapter 7.
    """

    true_positives: int
    false_positives: int
    false_negatives: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def precision(self) -> float | None:
        """TP / (TP + FP): how much of what was found is right, 0..1."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def recall(self) -> float | None:
        """TP / (TP + FN): how much of what is right was found, 0..1."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall, 0..1."""
        found_twice = 2 * self.true_positives
        return _ratio(found_twice, found_twice + self.false_positives + self.false_negatives)


class Prediction(NamedTuple):
    """How sure a reader said it is (0..1), and whether it was right."""

    confidence: float
    right: bool


class Bin(BaseModel):
    """The predictions whose confidence is from `low` on and below `high` (in the last: up to 1)."""

    low: float
    high: float
    count: int
    right: int
    confidence: float | None
    """The mean of what was said."""


class Calibration(BaseModel):
    """How well confidence foretells being right."""

    right: Share
    brier: float | None
    brier_of_share: float | None
    """The Brier score of whoever always says the share that is right, s(1 - s): not to be above."""
    expected_calibration_error: float | None
    bins: list[Bin]


def calibration(predictions: Sequence[Prediction]) -> Calibration:
    """All measures of calibration over the same predictions."""
    right = Share(count=sum(each.right for each in predictions), of=len(predictions))
    binned = bins(predictions)
    return Calibration(
        right=right,
        brier=brier_score(predictions),
        brier_of_share=None if right.share is None else right.share * (1 - right.share),
        expected_calibration_error=expected_calibration_error(binned),
        bins=binned,
    )


def brier_score(predictions: Sequence[Prediction]) -> float | None:
    """The mean of (confidence - outcome)^2, the outcome being 1 if right, else 0.

    0 is best; always saying 0.5 gives 0.25; always surely wrong gives 1. For two outcomes this is
    half of Brier's own sum over both.
    Source: G. W. Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly
    Weather Review 78 (1950), 1-3.
    """
    return _ratio(
        sum((each.confidence - each.right) ** 2 for each in predictions), len(predictions)
    )


def bins(predictions: Sequence[Prediction], count: int = BINS) -> list[Bin]:
    """The predictions in `count` bins of equal width over 0..1.

    Guo et al. close their bins above; these are closed below, as the shop's threshold is: a field
    whose confidence equals it is sure enough.
    """
    inside: list[list[Prediction]] = [[] for _ in range(count)]
    for each in predictions:
        inside[min(int(each.confidence * count), count - 1)].append(each)
    return [
        Bin(
            low=index / count,
            high=(index + 1) / count,
            count=len(those),
            right=sum(each.right for each in those),
            confidence=_ratio(sum(each.confidence for each in those), len(those)),
        )
        for index, those in enumerate(inside)
    ]


def expected_calibration_error(binned: Sequence[Bin]) -> float | None:
    """The mean distance between share right and mean confidence of a bin, weighted by its count.

    0 is best, 1 worst.
    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On Calibration of Modern Neural Networks,
    ICML 2017, equation 3.
    """
    gaps = (
        abs(each.right - each.count * each.confidence)
        for each in binned
        if each.confidence is not None
    )
    return _ratio(sum(gaps), sum(each.count for each in binned))


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None
