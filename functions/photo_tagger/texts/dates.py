"""Times as a shop writes them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from photo_tagger.texts import Texts


def moment(say: Texts, iso: str, zone: ZoneInfo) -> str:
    """A time on record (ISO 8601, UTC) by the clock on the shop's wall."""
    local = datetime.fromisoformat(iso).astimezone(zone)
    clock = f"{local.hour:02}:{local.minute:02}"
    return say("dates.moment", day=day(say, local), clock=clock)


def day(say: Texts, local: datetime) -> str:
    """A day, as "25 November 2026"."""
    month = say(f"dates.month_{local.month}")
    return say("dates.day", day=local.day, month=month, year=local.year)
