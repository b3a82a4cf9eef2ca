"""What the tests of stores share: a played store behind a door, and writing as the writer does."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photo_tagger.domain.product import fields_to_write
from photo_tagger_local.web import WebServer
from store_writer.store import Product, Store, StoreUnavailableError


class Door:
    """A played store's app that can lose an answer, or give others.

    `requests` are method and path of each. The store does what request number `lose_answer_to`
    asks, and whoever asked is told 504.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests: list[str] = []
        self.lose_answer_to: int | None = None
        self.answers: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = f"{scope['method']} {scope['path']}"
        self.requests.append(request)
        if request in self.answers:
            return await self.answers[request](scope, receive, send)
        if len(self.requests) != self.lose_answer_to:
            return await self._app(scope, receive, send)
        await self._app(scope, receive, _lose)
        return await JSONResponse({"message": "Gateway Timeout"}, 504)(scope, receive, send)


class Street:
    """One server for all tests of a file, each with a door of its own."""

    def __init__(self) -> None:
        self.door: Door | None = None
        self._server = WebServer(self, 0)
        self._server.start()
        self.root = f"http://127.0.0.1:{self._server.port}"
        self.stop = self._server.stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            assert self.door
            await self.door(scope, receive, send)


class Secret:
    """What StoreSecret gives, without AWS."""

    name = "pt/store/api"

    def __init__(self, text: str) -> None:
        self._keys = json.loads(text)

    def __contains__(self, name: str) -> bool:
        return name in self._keys

    def key(self, name: str) -> str:
        return str(self._keys[name])


def write(store: Store, product: Product, *, overwrite: bool = False) -> Any:
    """Find, decide and write."""
    found = store.find(product)
    there = found.fields if found else None
    return store.write(product, found, fields_to_write(product.fields, there, overwrite=overwrite))


def written_at_once(aws: Any, photo_ids: list[str]) -> list[Any]:
    """The listings of photos that the function writes at the same moment, each tried until done."""

    def until_done(photo_id: str) -> Any:
        while True:
            try:
                return aws.call("StoreWriter", {"photo_id": photo_id})["listing"]
            except StoreUnavailableError as error:
                assert "another photo" in str(error)  # noqa: PT017

    with ThreadPoolExecutor(len(photo_ids)) as pool:
        return list(pool.map(until_done, photo_ids))


async def _lose(message: Message) -> None:
    """The answer goes nowhere."""
