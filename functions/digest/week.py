"""What the audit trail and the records tell of a week."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from photo_tagger.domain.draft import FieldName, differing
from photo_tagger.domain.photo import PhotoRecord

OUTCOMES: Final = ("drafted", "approved", "edited", "rejected", "flagged", "parked")
"""The actions that are counted, in the order of the mail."""


@dataclass
class Tally:
    """Photos by what became of them, and what their drafts cost in US dollars.

    A photo counts once for each action, however often it was drafted or approved again. The cost is
    that of all readings that became drafts; `unpriced` counts those of models without a known
    price. What was read and flagged as no product has no draft, and is not in it.
    """

    photos: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in OUTCOMES})
    cost_usd: Decimal = Decimal(0)
    priced: int = 0
    unpriced: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Count one row of the audit trail."""
        action = row["action"]
        if action in self.photos:
            self.photos[action].add(row["photo_id"])
        if action == "drafted":
            self._add_cost(row["after"]["usage"][len(row["before"]["usage"]) :])

    def count(self, action: str) -> int:
        """How many photos."""
        return len(self.photos[action])

    def _add_cost(self, new_usage: list[dict[str, Any]]) -> None:
        for usage in new_usage:
            cost = usage.get("cost_usd")
            if cost is None:
                self.unpriced += 1
            else:
                self.priced += 1
                self.cost_usd += cost


def most_edited(records: Iterable[PhotoRecord]) -> list[tuple[FieldName, int]]:
    """In how many photos each field was changed before it was approved, most often first.

    A row of the trail has the fields as decided and not as drafted, so the photos' records are
    compared; of a photo that was edited twice, the last time counts.
    """
    counts: Counter[FieldName] = Counter()
    for record in records:
        decision = record.decision_of(record.round)
        if record.draft and decision and decision.fields:
            counts.update(differing(record.draft, decision.fields))
    return counts.most_common()
