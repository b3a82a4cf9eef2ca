"""The digest of the week: what became of the photos, what waits, and what it cost."""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from digest.mailing import Letter, Mailing, name_of
from digest.week import OUTCOMES, Tally, most_edited
from photo_tagger.aws.drafts import Drafts
from photo_tagger.domain.photo import PhotoRecord, Status
from photo_tagger.texts import Texts
from photo_tagger.texts.dates import day

_LISTED = 50
_DAYS = 7
_CENT = Decimal("0.01")
_TEXT_BAR = 30
"""Characters of the longest bar in the plain text."""


def mail_the_week(drafts: Drafts, mailing: Mailing) -> int:
    """Mail every reviewer the digest of the last seven days; answers how many photos are in it.

    The counts come from the audit trail's rows of the week, by the index of its days; what waits
    and what is parked, from the records as they are now. With nothing to tell, nobody is mailed.
    """
    start = mailing.days_ago(_DAYS)
    tally = Tally()
    for row in drafts.audit.since(start):
        tally.add(row)
    parked = _parked(drafts)
    waiting = len(drafts.in_status(Status.WAITING))
    photos = set.union(*tally.photos.values()) | {record.photo_id for record in parked}
    if photos or waiting:
        edited = most_edited(drafts.records(sorted(tally.photos["edited"])))
        content = {
            "period": _period(mailing.say, start),
            "bars": _bars(mailing.say, tally),
            "edited": [{"field": mailing.say(f"fields.{name}"), "count": n} for name, n in edited],
            "cost": _cost(mailing.say, tally),
            "waiting": waiting,
            "parked": [
                {"photo_id": record.photo_id, "name": name_of(record)}
                for record in parked[:_LISTED]
            ],
            "more": max(len(parked) - _LISTED, 0),
        }
        subject = mailing.say.count("week.subject", tally.count("drafted"))
        mailing.to_each_reviewer(Letter("weekly", subject, content))
    return len(photos)


def _parked(drafts: Drafts) -> list[PhotoRecord]:
    entries = drafts.in_status(Status.PARKED)
    records = drafts.records([entry.photo_id for entry in entries])
    return [record for record in records if record.status is Status.PARKED]


def _period(say: Texts, start: datetime) -> str:
    end = start + timedelta(days=_DAYS)
    return say("week.period", first=day(say, start), last=day(say, end))


def _bars(say: Texts, tally: Tally) -> list[dict[str, Any]]:
    """A bar for each outcome, whose length is in percent and in characters of the longest."""
    longest = max(tally.count(name) for name in OUTCOMES) or 1
    labels = {name: say(f"week.{name}") for name in OUTCOMES}
    width = max(map(len, labels.values()))
    return [
        {
            "label": labels[name],
            "padded": f"{labels[name]:<{width}} {tally.count(name):>5}",
            "count": tally.count(name),
            "percent": -(-tally.count(name) * 100 // longest),
            "text": "#" * -(-tally.count(name) * _TEXT_BAR // longest),
        }
        for name in OUTCOMES
    ]


def _cost(say: Texts, tally: Tally) -> str:
    """What the week's drafts cost, to the next cent; nothing where there are none."""
    if not tally.priced and not tally.unpriced:
        return ""
    whole, cents = str(tally.cost_usd.quantize(_CENT, ROUND_CEILING)).split(".")
    amount = say("week.amount", whole=whole, cents=cents)
    if not tally.unpriced:
        return say("week.cost", amount=amount)
    return say("week.cost_in_part", amount=amount) if tally.priced else say("week.cost_not_known")
