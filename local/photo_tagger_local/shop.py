"""The shop on a laptop: an endpoint for signed messages, and pages that show what it holds."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from photo_tagger_local.web import page

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_TITLE_CHARACTERS = 120
MAX_ALT_TEXT_CHARACTERS = 125
MAX_IMAGE_PIXELS = 50_000_000
_MAX_KEY_CHARACTERS = 255
_IMAGE_FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif"}
_IMAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Product:
    """One listing, as kept in `<id>.json` beside its image."""

    id: str
    idempotency_key: str
    title: str
    alt_text: str
    tags: list[str]
    category: str
    description: str
    photo_id: str
    image_file: str
    created_at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True)
class _Draft:
    """A request body whose fields all passed."""

    fields: dict[str, Any]
    image: bytes
    image_suffix: str


class _FieldErrors(Exception):  # noqa: N818 - holds several
    def __init__(self, errors: list[tuple[str, str]]) -> None:
        self.errors = [{"field": field, "message": message} for field, message in errors]


class Shop:
    """A store that holds its listings in a folder, one file each, and takes signed messages.

    `POST /api/listings` takes what docs/stores/webhook.md describes, signed with `signing_key`.
    The same `webhook-id` again gives back the listing already made, whatever the body says. A
    listing exists once its `.json` is in place, which is after its image is on disk. The type that
    an image is served as is the one its bytes have, not the one the message names.
    """

    def __init__(self, folder: Path, signing_key: str) -> None:
        self._folder = folder
        self._signer = Webhook(signing_key)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        stored = (Product(**json.loads(path.read_bytes())) for path in folder.glob("*.json"))
        self._products = {product.id: product for product in stored}

    def products(self) -> list[Product]:
        """Every listing, newest first."""
        with self._lock:
            return sorted(self._products.values(), key=lambda p: (p.created_at, p.id), reverse=True)

    def routes(self) -> list[Route]:
        """The endpoint `/api/listings` and the pages under `/shop`."""
        return [
            Route("/api/listings", self._receive, methods=["POST"]),
            Route("/shop", self._shop_page),
            Route("/shop/{id}", self._product_page, name="product"),
            Route("/shop/{id}/image", self._image, name="product_image"),
        ]

    async def _receive(self, request: Request) -> Response:
        body = await _read_body(request)
        if body is None:
            return _error(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
        if not self._is_signed(request, body):
            return _error(401, "The signature is missing, wrong or too old.")
        key = request.headers["webhook-id"]
        if not 0 < len(key) <= _MAX_KEY_CHARACTERS:
            return _error(400, "The header webhook-id is empty or too long.")
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            return _error(400, "The body is not JSON.")
        if not isinstance(message, dict):
            return _error(400, "The body is not a JSON object.")
        if message.get("type") == "ping":
            return Response(status_code=204)
        if message.get("type") == "listing.withdrawn":
            self._withdraw(str(message.get("id")))
            return Response(status_code=204)
        return await self._approved(request, key, message)

    async def _approved(self, request: Request, key: str, payload: dict[str, Any]) -> Response:
        try:
            product, is_new = await run_in_threadpool(self._publish, key, payload)
        except _FieldErrors as refusal:
            return JSONResponse({"errors": refusal.errors}, 422)
        return JSONResponse(_as_json(product, request), 201 if is_new else 200)

    def _publish(self, key: str, payload: dict[str, Any]) -> tuple[Product, bool]:
        """The listing of this key, and whether it was made now. Raises _FieldErrors."""
        product_id = hashlib.sha256(key.encode()).hexdigest()[:16]
        with self._lock:
            known = self._products.get(product_id)
            if known is None:
                known = self._store(product_id, key, _check(payload))
                self._products[product_id] = known
                return known, True
        return known, False

    def _store(self, product_id: str, key: str, draft: _Draft) -> Product:
        product = Product(
            id=product_id,
            idempotency_key=key,
            image_file=product_id + draft.image_suffix,
            created_at=datetime.now(UTC).isoformat(),
            **draft.fields,
        )
        _write_safely(self._folder / product.image_file, draft.image)
        record = json.dumps(asdict(product), indent=2)
        _write_safely(self._folder / f"{product_id}.json", record.encode())
        return product

    def _withdraw(self, product_id: str) -> None:
        with self._lock:
            product = self._products.pop(product_id, None)
        if product:
            (self._folder / f"{product.id}.json").unlink(missing_ok=True)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        """Whether it is from whom it says, and no replay of what was sent long ago."""
        try:
            self._signer.verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

    def _requested(self, request: Request) -> Product:
        with self._lock:
            product = self._products.get(request.path_params["id"])
        if product is None:
            raise HTTPException(404, "The shop has no such product.")
        return product

    def _shop_page(self, request: Request) -> Response:
        return page("shop.html", products=self.products())

    def _product_page(self, request: Request) -> Response:
        return page("product.html", product=self._requested(request))

    def _image(self, request: Request) -> Response:
        product = self._requested(request)
        return FileResponse(self._folder / product.image_file, headers=_IMAGE_HEADERS)


async def _read_body(request: Request) -> bytes | None:
    """The whole body, or None when it is too large.

    It is read to its end in any case: a client that is cut off while it sends sees a broken
    connection instead of the answer.
    """
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            body += chunk
    return bytes(body) if size <= MAX_BODY_BYTES else None


def _error(status_code: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code)


def _as_json(product: Product, request: Request) -> dict[str, Any]:
    shown = asdict(product)
    del shown["idempotency_key"], shown["image_file"]
    shown["url"] = str(request.url_for("product", id=product.id))
    shown["image_url"] = str(request.url_for("product_image", id=product.id))
    return shown


def _check(payload: dict[str, Any]) -> _Draft:
    """The fields of a request body. Raises _FieldErrors that name each one that does not pass."""
    errors: list[tuple[str, str]] = []
    fields: dict[str, Any] = {
        "title": _text(payload, "title", errors, longest=MAX_TITLE_CHARACTERS),
        "alt_text": _text(payload, "alt_text", errors, longest=MAX_ALT_TEXT_CHARACTERS),
        "category": _text(payload, "category", errors),
        "description": _text(payload, "description", errors, may_be_empty=True),
        "photo_id": _text(payload, "photo_id", errors, may_be_empty=True),
        "tags": _tags(payload, errors),
    }
    image, image_suffix = _image_file(payload, errors)
    if errors:
        raise _FieldErrors(errors)
    return _Draft(fields, image, image_suffix)


def _text(
    payload: dict[str, Any],
    field: str,
    errors: list[tuple[str, str]],
    *,
    longest: int | None = None,
    may_be_empty: bool = False,
) -> str:
    value = payload.get(field, "")
    if not _is_text(value):
        errors.append((field, "This must be text."))
        return ""
    text: str = value.strip()
    if not text and not may_be_empty:
        errors.append((field, "This must not be empty."))
    if longest is not None and len(text) > longest:
        errors.append((field, f"This has {len(text)} characters; at most {longest} are allowed."))
    return text


def _is_text(value: object) -> bool:
    """Whether this is a string that UTF-8 can hold: JSON can carry half a surrogate pair."""
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode()


def _tags(payload: dict[str, Any], errors: list[tuple[str, str]]) -> list[str]:
    tags = payload.get("tags", [])
    if isinstance(tags, list) and all(_is_text(tag) for tag in tags):
        return tags
    errors.append(("tags", "This must be a list of texts."))
    return []


def _image_file(payload: dict[str, Any], errors: list[tuple[str, str]]) -> tuple[bytes, str]:
    """The bytes of the image and the file suffix of the format they are really in."""
    try:
        content = base64.b64decode(payload["image"]["base64"], validate=True)
    except (KeyError, TypeError, ValueError):
        errors.append(("image", "The image is missing or is not base64."))
        return b"", ""
    try:
        with Image.open(io.BytesIO(content), formats=list(_IMAGE_FORMATS)) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                errors.append(("image", "The image has too many pixels."))
                return b"", ""
            image.load()
            return content, _IMAGE_FORMATS[str(image.format)]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        errors.append(("image", "The image does not decode as JPEG, PNG, WebP or GIF."))
        return b"", ""


def _write_safely(path: Path, content: bytes) -> None:
    """Write a file that is whole or absent after a crash, and there for good on return."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
