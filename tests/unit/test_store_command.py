"""`photo-tagger undo` and `photo-tagger store check`: what is asked, and what is told."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from photo_tagger_cli.store import StoreError, StoreWriter, check, undo

LISTING = {"id": "41", "url": "https://shop.example/41"}
PUT_BACK = {
    "does": "put_back",
    "listing": LISTING,
    "fields": {"title": "Our own words", "tags": ["sale", "gift"], "description": ""},
    "kept": ["category"],
}


class Aws:
    """The clients of one account, whose function gives these answers one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, service: str) -> Any:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::123456789012:user/ann"}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "pt-store-writer"
        self.asked.append(json.loads(Payload))
        answer = self.answers.pop(0)
        failed = {"FunctionError": "Unhandled"} if "errorType" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


def test_undo_says_what_it_will_do_asks_and_does_it(capsys: Any) -> None:
    aws = Aws(PUT_BACK, PUT_BACK)
    assert undo(StoreWriter(aws, "pt"), "mug-0123456789ab", lambda: True) == 0
    assert [asked["dry_run"] for asked in aws.asked] == [True, False]
    assert {asked["by_user"] for asked in aws.asked} == {"arn:aws:iam::123456789012:user/ann"}
    told = capsys.readouterr().out
    for words in (
        "the photo is taken off product 41, which stays",
        "https://shop.example/41",
        "Title, as it was: Our own words",
        "Tags, as it was: sale, gift",
        "Description, as it was: nothing",
        "Category, as it is: somebody has changed it since.",
        "taken back",
    ):
        assert words in told


def test_undo_does_nothing_when_told_no(capsys: Any) -> None:
    aws = Aws(PUT_BACK)
    assert undo(StoreWriter(aws, "pt"), "mug-0123456789ab", lambda: False) == 1
    assert [asked["dry_run"] for asked in aws.asked] == [True]
    assert "Nothing was changed." in capsys.readouterr().out


def test_undo_says_why_it_cannot(capsys: Any) -> None:
    aws = Aws({"problem": "it is waiting: only what is listed can be taken back"})
    assert undo(StoreWriter(aws, "pt"), "mug-0123456789ab", lambda: True) == 1
    assert len(aws.asked) == 1
    assert "only what is listed can be taken back" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("withdraw", "was made for this photo: it is taken out of the shop"),
        ("nothing", "is not in the shop any more: it is only noted"),
    ],
)
def test_undo_has_words_for_each_case(capsys: Any, does: str, words: str) -> None:
    plan = {"does": does, "listing": LISTING, "fields": {}, "kept": []}
    assert undo(StoreWriter(Aws(plan, plan), "pt"), "mug-0123456789ab", lambda: True) == 0
    assert words in capsys.readouterr().out


def test_check_tells_what_is_right(capsys: Any) -> None:
    aws = Aws({"store_target": "shopify", "found": ["The key may write products."]})
    assert check(StoreWriter(aws, "pt")) == 0
    assert aws.asked == [{"task": "check"}]
    assert capsys.readouterr().out == "Store: shopify\n  The key may write products.\n"


def test_a_fault_is_told_in_plain_words() -> None:
    fault = {"errorType": "StoreRefusedUsError", "errorMessage": "the store answered 401: no"}
    words = r"The store refuses our key .* the store answered 401: no"
    with pytest.raises(StoreError, match=words):
        check(StoreWriter(Aws(fault), "pt"))
