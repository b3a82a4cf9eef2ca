"""What was done with a photo, from its audit trail, in sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from photo_tagger.domain.draft import Draft, differing
from photo_tagger.domain.lifecycle import MACHINE
from photo_tagger.texts import Texts
from photo_tagger.texts.dates import moment

_TOLD: Final = frozenset(
    {
        "accepted",
        "requeued",
        "drafted",
        "held",
        "mailed",
        "reminded",
        "parked",
        "approved",
        "edited",
        "undone",
        "rejected",
        "try_again",
        "listed",
        "withdrawn",
        "reopened",
        "flagged",
        "duplicate",
        "expired",
        "bounced",
        "marked_as_spam",
        "mail_refused",
    }
)
"""The rows an owner can make something of; the others are the machine's own."""


@dataclass(frozen=True)
class FieldChange:
    """One field before and after a person changed it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Event:
    """One thing that happened. `words` are somebody's own: a reason, a hint, the store's."""

    when: str
    sentence: str
    words: str
    changes: list[FieldChange]


def events(rows: Iterable[dict[str, Any]], say: Texts, zone: ZoneInfo) -> list[Event]:
    """The rows of a photo's trail that an owner can make something of, oldest first."""
    draft = Draft()
    told: list[Event] = []
    for row in rows:
        after = row["after"]
        if row["action"] in _TOLD:
            told.append(
                Event(
                    when=moment(say, row["ts"].partition("#")[0], zone),
                    sentence=_sentence(row, say),
                    words=_words(row),
                    changes=list(_changes(draft, row, say)),
                )
            )
        if after.get("draft"):
            draft = Draft.model_validate(after["draft"])
    return told


def _sentence(row: dict[str, Any], say: Texts) -> str:
    action, by_user, after = row["action"], row["by_user"], row["after"]
    if action in ("mailed", "reminded"):
        return say(f"history.{action}", who=", ".join(after["mailed_to"]))
    if by_user == MACHINE:
        return say(f"history.{action}")
    return say(f"history.{action}", who=by_user)


def _words(row: dict[str, Any]) -> str:
    after = row["after"]
    decision = after.get("decision") or {}
    parts = [
        decision.get("reject_reason"),
        decision.get("hint"),
        after.get("store_words"),
        *(after.get("flag_reasons") or []),
    ]
    return " ".join(part for part in parts if part)


def _changes(draft: Draft, row: dict[str, Any], say: Texts) -> Iterator[FieldChange]:
    if row["action"] != "edited":
        return
    fields = Draft.model_validate(row["after"]["decision"]["fields"])
    for name in differing(draft, fields):
        before, after = _text(getattr(draft, name)), _text(getattr(fields, name))
        yield FieldChange(say(f"fields.{name}"), before, after)


def _text(value: str | list[str]) -> str:
    return ", ".join(sorted(value)) if isinstance(value, list) else value
