"""Why a photo was set aside, from the state that the execution carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flagger.reasons import flag_reasons, rejection_reasons
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger.texts import Texts

OK = {
    "resized": {"verdict": "ok", "problem": None},
    "gate": {"usable": True, "reasons": []},
    "reading": {"not_a_product": "no"},
}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"died": {"Error": "Sandbox.Timedout"}}, "could not be opened safely"),
        ({"resized": {"verdict": "unreadable", "problem": "It is damaged."}}, "It is damaged."),
        (OK | {"reading": {"not_a_product": "screenshot"}}, "screenshot"),
        (OK | {"reading": {"not_a_product": "receipt"}}, "receipt"),
        (OK | {"reading": {"not_a_product": "person"}}, "person"),
        (OK | {"reading": {"not_a_product": "empty_box"}}, "empty box"),
        (OK | {"reading": {"not_a_product": "other"}}, "not look like a product"),
    ],
)
def test_each_way_here_has_its_sentence(state: dict[str, Any], words: str) -> None:
    (reason,) = flag_reasons(state, Texts("en"))
    assert words in reason
    assert reason.endswith(".")


def test_every_reason_of_the_gate_is_told() -> None:
    state = OK | {"gate": {"usable": False, "reasons": ["Too dark.", "Too small."]}}
    assert flag_reasons(state, Texts("en")) == ["Too dark.", "Too small."]


@pytest.mark.parametrize("state", [{}, OK])
def test_no_photo_is_set_aside_without_a_reason(state: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no reason"):
        flag_reasons(state, Texts("en"))


class TestRejections:
    @staticmethod
    def decision(**more: Any) -> dict[str, Any]:
        return {"round": 2, "action": "rejected", "by_user": "ann", "decided_at": "now", **more}

    def test_tell_what_the_reviewer_said(self, photo_record: Callable[..., PhotoRecord]) -> None:
        decision = self.decision(reject_reason="We do not sell this")
        record = photo_record(round=2, decision=decision)
        assert rejection_reasons(record) == ["We do not sell this"]

    def test_of_an_earlier_round_do_not_count(
        self, photo_record: Callable[..., PhotoRecord]
    ) -> None:
        decision = self.decision(reject_reason="We do not sell this")
        assert rejection_reasons(photo_record(round=3, decision=decision)) == []
