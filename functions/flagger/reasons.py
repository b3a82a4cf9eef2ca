"""Why a photo was set aside, in sentences for the shop's owner."""

from typing import Any

from photo_tagger.domain.photo import PhotoRecord
from photo_tagger.texts import Texts


def flag_reasons(state: dict[str, Any], say: Texts) -> list[str]:
    """Every reason found on the way here: a dead Resize, an unreadable file, the gate, the reader.

    Raises ValueError if there is none: a photo is never set aside without a reason.
    """
    reasons: list[str] = []
    if "died" in state:
        reasons.append(say("flag.unsafe"))
    resized = state.get("resized", {})
    if resized.get("problem"):
        reasons.append(resized["problem"])
    reasons += state.get("gate", {}).get("reasons", [])
    kind = state.get("reading", {}).get("not_a_product", "no")
    if kind != "no":
        reasons.append(say(f"flag.{kind}"))
    if not reasons:
        raise ValueError("no reason to flag this photo")
    return reasons


def rejection_reasons(record: PhotoRecord) -> list[str]:
    """The reviewer's reason, if one was given."""
    decision = record.decision_of(record.round)
    return [decision.reject_reason] if decision and decision.reject_reason else []
