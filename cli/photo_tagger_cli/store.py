"""`photo-tagger undo` and `photo-tagger store check`: what the store itself is asked."""

import json
from collections.abc import Callable
from typing import Any

from botocore.config import Config

from photo_tagger.domain.draft import FieldName
from photo_tagger.domain.faults import in_plain_words
from photo_tagger_cli.telling import Teller
from photo_tagger_local.errors import CommandError

PATIENT = Config(read_timeout=90, retries={"total_max_attempts": 1})
"""The function may take a minute; asked once more meanwhile, it would work twice."""

_SHOWN = 70
_FIELDS: dict[FieldName, str] = {
    "title": "Title",
    "alt_text": "Alt text",
    "tags": "Tags",
    "category": "Category",
    "description": "Description",
}


class StoreError(CommandError):
    """The store, or the function that speaks with it, is in trouble; the message says more."""


class StoreWriter:
    """The stack's function that writes to the store, with the store's key and rights."""

    def __init__(self, client: Callable[[str], Any], prefix: str) -> None:
        """`client` makes the boto3 client of a service."""
        self._client = client
        self._prefix = prefix

    def check(self) -> dict[str, Any]:
        """The store's kind, and what was found to be right. Raises StoreError."""
        return self._ask({"task": "check"})

    def undo(self, photo_id: str, *, dry_run: bool) -> dict[str, Any]:
        """What taking a photo's listing back comes to, done or not. Raises StoreError."""
        by_user = self._client("sts").get_caller_identity()["Arn"]
        return self._ask(
            {"task": "undo", "photo_id": photo_id, "by_user": by_user, "dry_run": dry_run}
        )

    def _ask(self, event: dict[str, Any]) -> dict[str, Any]:
        answer = self._client("lambda").invoke(
            FunctionName=f"{self._prefix}-store-writer", Payload=json.dumps(event).encode()
        )
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StoreError(in_plain_words(str(said.get("errorType", "")), json.dumps(said)))
        return said


def check(store: StoreWriter) -> int:
    """0 when the store would take drafts."""
    teller = Teller()
    answer = store.check()
    teller.line(f"Store: {answer['store_target']}")
    for sentence in answer["found"]:
        teller.paragraph(sentence)
    return 0


def undo(store: StoreWriter, photo_id: str, sure: Callable[[], bool]) -> int:
    """0 when the listing is taken back; `sure` asks whoever runs the command."""
    teller = Teller()
    plan = store.undo(photo_id, dry_run=True)
    if "problem" in plan:
        teller.headline(photo_id, "cannot be taken back:", plan["problem"])
        return 1
    _tell(teller, photo_id, plan)
    if not sure():
        teller.line("Nothing was changed.")
        return 1
    store.undo(photo_id, dry_run=False)
    teller.headline(photo_id, "taken back:", "it is on record who did it")
    return 0


def _tell(teller: Teller, photo_id: str, plan: dict[str, Any]) -> None:
    listing = plan["listing"]
    sentences = {
        "withdraw": f"product {listing['id']} was made for this photo: it is taken out of the shop",
        "put_back": f"the photo is taken off product {listing['id']}, which stays",
        "nothing": f"product {listing['id']} is not in the shop any more: it is only noted",
    }
    teller.headline(photo_id, "", sentences[plan["does"]])
    teller.address(listing["url"])
    for name, value in plan["fields"].items():
        teller.paragraph(f"{_FIELDS[name]}, as it was: {_shown(value)}")
    for name in plan["kept"]:
        teller.paragraph(f"{_FIELDS[name]}, as it is: somebody has changed it since.")


def _shown(value: str | list[str]) -> str:
    text = ", ".join(value) if isinstance(value, list) else " ".join(value.split())
    if not text:
        return "nothing"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
