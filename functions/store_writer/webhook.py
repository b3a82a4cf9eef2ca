"""The store that is any HTTPS endpoint. docs/stores/webhook.md describes what it is sent."""

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import EmptyWebhookSecretError

from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.photo import Listing
from store_writer.http import Answer, StoreHttp, check_https, refused_us, words
from store_writer.secrets import NoStoreKeyError, StoreSecret
from store_writer.store import Found, Product, Refused, StoreRefusedUsError

_WORDS_SHOWN = 500


class Webhook:
    """Messages to one address, signed as Standard Webhooks (standardwebhooks.com) has it.

    What is in the store the endpoint knows, not we: it finds, fills and puts back by itself.
    """

    def __init__(self, url: str, secret: StoreSecret, *, overwrite: bool) -> None:
        """Raises StoreRefusedUsError for an address without https, and NoStoreKeyError."""
        check_https(url, "https://shop.example/listings")
        self._url = url
        self._signer = _signer(secret)
        self._existing = "overwrite" if overwrite else "fill"
        self._http = StoreHttp()

    def find(self, product: Product) -> Found | None:
        """None: only the endpoint knows."""
        return None

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        """The listing as it was answered: what it says by now, the endpoint knows."""
        return Found(listing.id, listing.url, Draft())

    def write(
        self, product: Product, found: Found | None, names: list[FieldName]
    ) -> Listing | Refused:
        """Send `listing.approved`; the answer is the listing, or a refusal of fields (422)."""
        answer = self._send(product.idempotency_key, self._approved(product))
        if answer.status == 422:
            return Refused(_field_words(answer) or words(answer) or "It gave no reason.")
        return _listing(answer)

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        """Send `listing.withdrawn`; the endpoint takes out what it had made of the photo."""
        message = {"type": "listing.withdrawn", "photo_id": photo_id, "id": listing.id}
        self._accepted(self._send(f"{photo_id}-withdrawn", message))

    def put_back(self, listing: Listing, photo_id: str, fields: dict[FieldName, object]) -> None:
        """As `withdraw`: what was there before, the endpoint knows."""
        self.withdraw(listing, photo_id)

    def check(self) -> list[str]:
        """Send a `ping`, which any 2xx answers."""
        self._accepted(self._send(f"ping-{time.time_ns()}", {"type": "ping"}))
        return [f"{self._url} answers, and takes our signature."]

    def _approved(self, product: Product) -> dict[str, Any]:
        named = product.key.kind != "photo"
        return {
            "type": "listing.approved",
            "photo_id": product.photo_id,
            "product": {product.key.kind: product.key.value} if named else None,
            "existing": self._existing,
            **product.fields.model_dump(),
            "image": {
                "file_name": f"{product.photo_id}.jpg",
                "content_type": "image/jpeg",
                "base64": base64.b64encode(product.jpeg).decode(),
            },
        }

    def _send(self, message_id: str, message: dict[str, Any]) -> Answer:
        body, sent_at = json.dumps(message), datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": self._signer.sign(message_id, sent_at, body),
        }
        return self._http.request("POST", self._url, body=body.encode(), headers=headers)

    def _accepted(self, answer: Answer) -> None:
        if not 200 <= answer.status < 300:
            raise refused_us(answer)


def _signer(secret: StoreSecret) -> Signer:
    key = secret.key("signing_key")
    try:
        return Signer(key)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise NoStoreKeyError(
            f'the signing_key in {secret.name} must be "whsec_" and a random key in base64'
        ) from error


def _listing(answer: Answer) -> Listing:
    if answer.status not in (200, 201):
        raise refused_us(answer)
    try:
        made = answer.json()
        return Listing(id=str(made["id"]), url=str(made["url"]), store_target="webhook")
    except (ValueError, LookupError, TypeError) as error:
        raise StoreRefusedUsError(
            f"the store answered {answer.status} without id and url: {words(answer)}"
        ) from error


def _field_words(answer: Answer) -> str:
    """The errors field by field; empty for a refusal in another shape."""
    try:
        errors = answer.json()["errors"]
        told = " ".join(f"{error['field']}: {error['message']}" for error in errors)
    except (ValueError, LookupError, TypeError):
        return ""
    return told[:_WORDS_SHOWN]
