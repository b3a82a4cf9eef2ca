"""The time, as the records keep it."""

from datetime import UTC, datetime


def now() -> str:
    """This moment, as `on_record` writes it."""
    return on_record(datetime.now(UTC))


def on_record(moment: datetime) -> str:
    """A moment in UTC, ISO 8601 with microseconds: sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
