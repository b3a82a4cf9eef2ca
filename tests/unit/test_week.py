"""What a week's rows and records add up to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from digest.week import OUTCOMES, Tally, most_edited
from photo_tagger.domain.draft import Draft, differing
from photo_tagger.domain.photo import PhotoRecord

DRAFT = {
    "title": "White sofa",
    "alt_text": "A sofa",
    "tags": ["white", "sofa"],
    "category": "Furniture",
    "description": "Two seats.\nWhite.",
}


def used(*costs: str | None) -> list[dict[str, Any]]:
    return [{"model": "m", "cost_usd": cost and Decimal(cost)} for cost in costs]


def row(action: str, photo_id: str = "sofa", **more: Any) -> dict[str, Any]:
    return {"photo_id": photo_id, "action": action, "before": {}, "after": {}} | more


def drafted(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, Any]:
    return row("drafted", before={"usage": before}, after={"usage": after})


def tallied(*rows: dict[str, Any]) -> Tally:
    tally = Tally()
    for each in rows:
        tally.add(each)
    return tally


class TestTally:
    def test_counts_each_photo_once_for_each_outcome(self) -> None:
        tally = tallied(row("edited"), row("edited"), row("edited", "chair"), row("flagged"))
        counts = {name: tally.count(name) for name in OUTCOMES}
        assert counts == dict.fromkeys(OUTCOMES, 0) | {"edited": 2, "flagged": 1}

    @pytest.mark.parametrize("action", ["accepted", "claimed", "mailed", "held", "moved", "failed"])
    def test_counts_nothing_else(self, action: str) -> None:
        assert not any(tallied(row(action)).photos.values())

    def test_a_later_draft_costs_what_it_added_to_the_bill(self) -> None:
        first, both = used("0.01"), used("0.01", "0.02")
        assert tallied(drafted([], first), drafted(first, both)).cost_usd == Decimal("0.03")
        assert tallied(drafted(first, both)).cost_usd == Decimal("0.02")

    def test_what_has_no_price_is_counted_apart(self) -> None:
        tally = tallied(drafted([], used("0.01", None, None)))
        assert (tally.cost_usd, tally.priced, tally.unpriced) == (Decimal("0.01"), 1, 2)

    def test_what_costs_nothing_has_a_price(self) -> None:
        tally = tallied(drafted([], used("0")))
        assert (tally.priced, tally.unpriced) == (1, 0)


@pytest.fixture
def decided(photo_record: Callable[..., PhotoRecord]) -> Callable[..., PhotoRecord]:
    """A record whose draft was approved with changes."""

    def make(*, decided_round: int = 1, **changes: Any) -> PhotoRecord:
        decision = {
            "round": decided_round,
            "action": "edited",
            "by_user": "ann",
            "decided_at": "2026-01-01T00:00:00+00:00",
            "fields": DRAFT | changes,
        }
        return photo_record(status="edited", round=1, draft=DRAFT, decision=decision)

    return make


class TestMostEdited:
    def test_says_in_how_many_photos_a_field_was_changed(
        self, decided: Callable[..., PhotoRecord]
    ) -> None:
        records = [
            decided(category="Kitchen"),
            decided(title="Linen sofa", category="Kitchen"),
            decided(title="Sofa", category="Kitchen", tags=["white"]),
        ]
        assert most_edited(records) == [("category", 3), ("title", 2), ("tags", 1)]

    def test_leaves_out_what_was_drafted_again_since(
        self, decided: Callable[..., PhotoRecord], photo_record: Callable[..., PhotoRecord]
    ) -> None:
        assert most_edited([decided(title="Sofa", decided_round=0), photo_record()]) == []


def test_spare_space_and_the_order_of_tags_are_no_difference() -> None:
    same = {"title": " White  sofa", "tags": ["sofa", "white"], "description": "Two seats. White."}
    assert differing(Draft(**DRAFT), Draft(**(DRAFT | same))) == []
