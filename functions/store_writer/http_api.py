"""The store target that is a plain HTTP API. docs/store-api.md describes it."""

import base64
import json
from pathlib import PurePath
from typing import Any

import urllib3

from photo_tagger.domain.photo import Listing
from store_writer.store import Product, Refused, StoreRefusedUsError, StoreUnavailableError

_TIMEOUT = urllib3.Timeout(connect=5, read=40)
_BUSY = frozenset({408, 425, 429})
_WORDS_SHOWN = 500


class HttpStore:
    """`POST <base url>/api/products` with a bearer key and an idempotency key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._url = f"{base_url.rstrip('/')}/api/products"
        self._api_key = api_key
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def write(self, product: Product) -> Listing | Refused:
        """Make the listing, or learn of the one that an earlier try made.

        Raises StoreUnavailableError for time-outs, 408, 425, 429 and 5xx, and StoreRefusedUsError
        for every other answer that is neither a listing nor a refusal of fields (422).
        """
        try:
            answer = self._http.request(
                "POST",
                self._url,
                body=json.dumps(_body(product)).encode(),
                headers={
                    "Authorization": f"Bearer {self._api_key}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": product.idempotency_key,
                },
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnavailableError(f"the store did not answer: {error}") from error
        return _understood(answer)


def _body(product: Product) -> dict[str, Any]:
    return {
        "photo_id": product.photo_id,
        **product.fields.model_dump(),
        "image": {
            "file_name": f"{PurePath(product.file_name).stem}.jpg",
            "content_type": "image/jpeg",
            "base64": base64.b64encode(product.jpeg).decode(),
        },
    }


def _understood(answer: urllib3.BaseHTTPResponse) -> Listing | Refused:
    words = answer.data.decode("utf-8", "replace")[:_WORDS_SHOWN]
    if answer.status in (200, 201):
        return _listing(answer, words)
    if answer.status == 422:
        return Refused(_field_words(answer) or words or "It gave no reason.")
    if answer.status in _BUSY or answer.status >= 500:
        raise StoreUnavailableError(f"the store answered {answer.status}: {words}")
    raise StoreRefusedUsError(f"the store answered {answer.status}: {words}")


def _listing(answer: urllib3.BaseHTTPResponse, words: str) -> Listing:
    try:
        made = answer.json()
        return Listing(id=str(made["id"]), url=str(made["url"]), store_target="api")
    except (ValueError, LookupError, TypeError) as error:
        raise StoreRefusedUsError(
            f"the store answered {answer.status} without id and url: {words}"
        ) from error


def _field_words(answer: urllib3.BaseHTTPResponse) -> str:
    """The errors field by field; empty for a refusal in another shape."""
    try:
        errors = answer.json()["errors"]
        told = " ".join(f"{error['field']}: {error['message']}" for error in errors)
    except (ValueError, LookupError, TypeError):
        return ""
    return told[:_WORDS_SHOWN]
