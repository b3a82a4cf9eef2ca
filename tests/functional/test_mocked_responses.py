"""The answers in asl-tests/MockConfigFile.json are those that the real functions give.

For each state its function is brought to give every kind of answer it has. Each of these must be
among the mocked ones, and each mocked one among these: the same fields, of the same types, with the
same words where the workflow routes by them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from photo_tagger.aws.clients import client
from photo_tagger.domain.draft import FIELD_NAMES
from photo_tagger.domain.faults import WORDS

from .conftest import DRAFT

CONFIG = json.loads(
    (Path(__file__).parents[2] / "asl-tests" / "MockConfigFile.json").read_text("utf-8")
)
[MACHINE] = CONFIG["StateMachines"].values()
WORDS_TO_ROUTE_BY = {"verdict", "usable", "not_a_product", "action", "accepted", "status"}
NOBODY_GIVES = {"OwnerGivesAnUnknownAnswer"}
"""What a case needs that no function answers: it shows what an unknown word would lead to."""


@pytest.fixture
def here(
    aws: Any,
    answer: Any,
    http_server: Any,
    photo_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """An account with a model and a store behind one HTTP server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", http_server.url)
    client.cache_clear()
    aws.set("store_url", http_server.url)
    aws.client("secretsmanager").put_secret_value(
        SecretId="pt/store/api", SecretString='{"signing_key": "whsec_a2V5"}'
    )
    return SimpleNamespace(aws=aws, person=answer, server=http_server, photo=photo_bytes)


def resize(here: Any) -> list[Any]:
    def of(key: str, data: bytes) -> Any:
        source = here.aws.source_of(here.aws.drop(key, data), key)
        return here.aws.call("Resize", {"photo_id": key, "source": source})

    return [of("1.jpg", here.photo), of("2.jpg", here.photo), of("3.jpg", b"")]


def quality_gate(here: Any) -> list[Any]:
    size = {"width": 3000, "height": 2000, "sharpness": 400.0}
    return [
        here.aws.call(
            "QualityGate", {"photo_id": "1", "measurements": size | {"mean_luminance": luminance}}
        )
        for luminance in (168.0, 3.0)
    ]


def read_photo(here: Any) -> list[Any]:
    name = here.aws.record()
    event = {"photo_id": name, "image_key": f"{name}.jpg", "attempt": {"round": 1}}
    answers = []
    for kind in ("no", "screenshot"):
        listing = DRAFT | {"confidence": dict.fromkeys(FIELD_NAMES, 0.9), "not_a_product": kind}
        here.server.answers.clear()
        here.server.will_answer(
            200,
            {
                "output": {
                    "message": {"role": "assistant", "content": [{"text": json.dumps(listing)}]}
                },
                "stopReason": "end_turn",
                "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                "metrics": {"latencyMs": 5},
            },
        )
        answers.append(here.aws.call("Reader", event))
    return answers


def notify_owner(here: Any) -> list[Any]:
    def told(decide: Callable[[str], Any]) -> Any:
        waiting = here.aws.waiting_photo()
        decide(waiting.ann)
        return here.aws.told_to_the_execution(waiting.execution)

    person = here.person
    return [
        told(person.approve),
        told(lambda key: person.approve(key, title="Sofa")),
        told(lambda key: person.post(key, "reject", reason="We do not sell this")),
        told(lambda key: person.post(key, "try-again", hint="it is linen")),
    ]


def recorder(here: Any, step: str, photo: str, **more: Any) -> Any:
    return here.aws.call("Recorder", {"step": step, "photo_id": photo, **more})


def approved(here: Any) -> str:
    waiting = here.aws.waiting_photo()
    here.person.approve(waiting.ann)
    return str(waiting.photo)


def save_draft(here: Any) -> list[Any]:
    return [here.aws.save_draft(here.aws.record())]


def reopen_review(here: Any) -> list[Any]:
    return [recorder(here, "ReopenReview", approved(here), round=1, store_words="Taken.")]


def expire_draft(here: Any) -> list[Any]:
    unanswered = here.aws.waiting_photo().photo
    return [recorder(here, "ExpireDraft", photo, round=1) for photo in (unanswered, approved(here))]


def record_listing(here: Any) -> list[Any]:
    listing = {"id": "41", "url": "https://shop.example/41", "store_target": "api"}
    return [recorder(here, "RecordListing", approved(here), listing=listing)]


def skip_duplicate(here: Any) -> list[Any]:
    return [recorder(here, "SkipDuplicate", here.aws.record(), duplicate_of="first-1")]


def write_to_store(here: Any) -> list[Any]:
    event = {"photo_id": approved(here)}
    here.server.will_answer(201, {"id": 41, "url": "https://shop.example/41"})
    taken = here.aws.call("StoreWriter", event)
    here.server.answers.clear()
    here.server.will_answer(422, {"errors": [{"field": "title", "message": "is taken"}]})
    refused = here.aws.call("StoreWriter", event)
    here.aws.set("grace_seconds", "60")
    waiting = here.aws.waiting_photo()
    here.person.approve(waiting.ann)
    here.person.post(waiting.ann, "undo", round=1)
    return [taken, refused, here.aws.call("StoreWriter", {"photo_id": waiting.photo})]


def flag_photo(here: Any) -> list[Any]:
    state = {"gate": {"usable": False, "reasons": ["Too dark: brightness 3."]}}
    event = {"step": "FlagPhoto", "photo_id": here.aws.record(), "state": state}
    return [here.aws.call("Flagger", event)]


def move_to_flagged(here: Any) -> list[Any]:
    waiting = here.aws.waiting_photo()
    here.person.post(waiting.ann, "reject", reason="We do not sell this")
    event = {"step": "MoveToFlagged", "photo_id": waiting.photo}
    return [here.aws.call("Flagger", event)]


REAL = {
    "Resize": resize,
    "QualityGate": quality_gate,
    "ReadPhoto": read_photo,
    "SaveDraft": save_draft,
    "NotifyOwner": notify_owner,
    "ExpireDraft": expire_draft,
    "WriteToStore": write_to_store,
    "ReopenReview": reopen_review,
    "RecordListing": record_listing,
    "SkipDuplicate": skip_duplicate,
    "FlagPhoto": flag_photo,
    "MoveToFlagged": move_to_flagged,
}


def mocked_for(state: str) -> dict[str, Any]:
    """Each answer that is mocked for a state, under its name in the file."""
    names = {case[state] for case in MACHINE["TestCases"].values() if state in case}
    return {
        f"{name} {calls}": answer["Return"].get("Payload", answer["Return"])
        for name in sorted(names - NOBODY_GIVES)
        for calls, answer in CONFIG["MockedResponses"][name].items()
        if "Return" in answer
    }


def alike(one: Any, other: Any, field: str = "") -> bool:
    """Whether two answers have the same fields, types and words to route by."""
    if field in WORDS_TO_ROUTE_BY:
        return bool(one == other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            alike(one[name], other[name], name) for name in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return all(alike(mine, theirs) for mine in one for theirs in other)
    return kind_of(one) == kind_of(other)


def kind_of(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__


@pytest.mark.parametrize("state", REAL)
def test_what_is_mocked_and_what_the_function_answers_are_alike(here: Any, state: str) -> None:
    mocked, real = mocked_for(state), json.loads(json.dumps(REAL[state](here)))
    strange = [name for name, mock in mocked.items() if not any(alike(mock, it) for it in real)]
    assert not strange, f"no real answer of {state} is like {strange}; it answers {real}"
    unknown = [it for it in real if not any(alike(mock, it) for mock in mocked.values())]
    assert not unknown, f"{state} answers what MockConfigFile.json does not know: {unknown}"


def test_every_state_that_is_mocked_is_compared() -> None:
    assert {state for case in MACHINE["TestCases"].values() for state in case} == set(REAL)


def test_every_error_that_is_mocked_is_one_that_there_is() -> None:
    """Every error class of ours, and what AWS reports, has its words for the admin."""
    thrown = {
        answer["Throw"]["Error"]
        for answers in CONFIG["MockedResponses"].values()
        for answer in answers.values()
        if "Throw" in answer
    }
    assert thrown <= WORDS.keys()
