"""Shopify on a laptop: the part of its Admin API that has to do with products and their images.

Queries are executed against `shopify.graphql`, after Shopify's own schema. What its documentation
does not tell (its sentences, how long a file takes) is played as apps have seen it.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from email import message_from_bytes
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from graphql import ExecutionResult, GraphQLSchema, build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from photo_tagger_local.stores.played import ShownProduct, products_page
from photo_tagger_local.stores.shopify_shelf import Content, Shelf

SCHEMA = Path(__file__).with_suffix(".graphql")
_TOKEN_SECONDS = 86399
_BUCKET, _RESTORED, _COST = 2000.0, 100.0, 12


@cache
def schema() -> GraphQLSchema:
    """The part of Shopify's schema that is played."""
    return build_schema(SCHEMA.read_text())


class Shopify:
    """One shop, kept in a folder, and one app that is installed in it.

    `missing_points` are what each of the next queries lacks; `version` is what is answered with.
    """

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder)
        self.access_token = f"shpat_{secrets.token_hex(16)}"
        self.client_id = secrets.token_hex(16)
        self.client_secret = f"shpss_{secrets.token_hex(16)}"
        self.missing_points: list[float] = []
        self.version = "2026-10"
        self._schema = schema()
        self._root = self.shelf.root()

    def app(self) -> Starlette:
        """The API, the place for uploads, the images, and one page for people."""
        return Starlette(
            routes=[
                Route("/admin/oauth/access_token", self._token, methods=["POST"]),
                Route("/admin/api/{version}/graphql.json", self._graphql, methods=["POST"]),
                Route("/upload", self._upload, methods=["POST"]),
                Route("/files/{name}", self._image),
                Route("/admin/products/{number}", self._to_the_page),
                Route("/", self._page),
            ]
        )

    def parameters(self, root: str) -> dict[str, str]:
        """Nothing but where it is."""
        return {"StoreTarget": "shopify", "StoreUrl": root}

    def secret(self, root: str) -> str:
        """As of an app from the Dev Dashboard."""
        return json.dumps({"client_id": self.client_id, "client_secret": self.client_secret})

    # The app's key

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        wanted = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        if form != wanted:
            said = "Client authentication failed."
            return JSONResponse({"error": "invalid_client", "error_description": said}, 401)
        scope = ",".join(sorted(self.shelf.rights))
        return JSONResponse(
            {"access_token": self.access_token, "scope": scope, "expires_in": _TOKEN_SECONDS}
        )

    # The API

    async def _graphql(self, request: Request) -> Response:
        if request.headers.get("x-shopify-access-token") != self.access_token:
            said = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return JSONResponse({"errors": said}, 401)
        content = json.loads(await request.body())
        root = str(request.base_url).rstrip("/")
        answer = self._throttled() or await run_in_threadpool(self._answered, content, root)
        return JSONResponse(answer, headers={"X-Shopify-API-Version": self.version})

    def _throttled(self) -> Content | None:
        if not self.missing_points:
            return None
        missing = self.missing_points.pop(0)
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return {"errors": [error], "extensions": _cost(None, _COST - missing)}

    def _answered(self, content: Content, root: str) -> Content:
        """One query after the other."""
        with self.shelf.lock:
            result: ExecutionResult = graphql_sync(
                self._schema,
                content["query"],
                root_value=self._root,
                context_value=root,
                variable_values=content.get("variables"),
            )
        return {**result.formatted, "extensions": _cost(_COST, _BUCKET - _COST)}

    async def _upload(self, request: Request) -> Response:
        """A form with a file, as Google's storage takes it: fields first. Shopify's key is not its
        business.
        """
        body = await request.body()
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        parts: list[Any] = message_from_bytes(head + body).get_payload()  # type: ignore[assignment]
        form = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in parts
        }
        key = form["key"].decode()
        if "x-shopify-access-token" in request.headers or key not in self.shelf.staged:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        self.shelf.staged[key] = form["file"]
        return Response(status_code=201)

    # For people

    async def _image(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in {file["name"] for file in self.shelf.files.values()}:
            return Response(status_code=404)
        return FileResponse(self.shelf.folder / name, media_type="image/jpeg")

    async def _to_the_page(self, request: Request) -> Response:
        return RedirectResponse("/")

    async def _page(self, request: Request) -> Response:
        products = [self._shown(product) for product in self.shelf.products.values()]
        return products_page("Shopify", products[::-1])

    def _shown(self, product: Content) -> ShownProduct:
        skus = [f"SKU {one['sku']}" for one in product["variants"] if one["sku"]]
        facts = [
            html.unescape(re.sub(r"<[^>]*>", " ", product["descriptionHtml"])),
            product["productType"],
            ", ".join(product["tags"]),
            *skus,
        ]
        files = [self.shelf.files[file_id] for file_id in product["media"]]
        return ShownProduct(
            product["title"],
            product["status"].lower(),
            [fact for fact in facts if fact],
            [(f"/files/{file['name']}", file["alt"]) for file in files],
        )


def _cost(actual: int | None, available: float) -> Content:
    status = {
        "maximumAvailable": _BUCKET,
        "currentlyAvailable": available,
        "restoreRate": _RESTORED,
    }
    return {
        "cost": {
            "requestedQueryCost": _COST,
            "actualQueryCost": actual,
            "throttleStatus": status,
        }
    }
