"""The time, as the records keep it."""

from datetime import UTC, datetime


def now() -> str:
    """This moment in UTC, ISO 8601 with microseconds: sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
