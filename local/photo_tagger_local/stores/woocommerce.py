"""WooCommerce on a laptop: the part of its REST API v3 that has to do with products.

After WooCommerce's own source: paths, error codes, what is cleaned, and what is replaced. It also
fetches pictures from this computer, which WordPress refuses.
"""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from photo_tagger_local.stores.played import ShownProduct, products_page

_API = "/wp-json/wc/v3"
_UPLOADS = "/wp-content/uploads"
_UNCATEGORIZED = {"id": 15, "name": "Uncategorized", "slug": "uncategorized", "parent": 0}
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_JPEG = b"\xff\xd8"
_FETCH_SECONDS = 60.0
_KINDS = ("categories", "tags")

Content = dict[str, Any]
Answering = Callable[[Request, Content], Response]


class WordPressError(Exception):
    """What WordPress answers instead: a status, a code and a sentence."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


class WooCommerce:
    """One shop, kept in a folder: `shop.json` and the images beside it.

    `permissions` are those of its one key, `may_edit` tells whether the key's user may do more than
    look, `trash_days` is WordPress's EMPTY_TRASH_DAYS.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._http = urllib3.PoolManager(retries=False, timeout=_FETCH_SECONDS)
        self.permissions = "read_write"
        self.may_edit = True
        self.trash_days = 30
        self._shop: Content = {
            "next_id": 100,
            "consumer_key": f"ck_{secrets.token_hex(20)}",
            "consumer_secret": f"cs_{secrets.token_hex(20)}",
            "products": {},
            "media": {},
            "categories": [_UNCATEGORIZED],
            "tags": [],
        }
        if self._file.exists():
            self._shop = json.loads(self._file.read_text())
        else:
            self._save()

    # What a local run asks

    def app(self) -> Starlette:
        """The API, the images, and one page for people."""
        api: list[tuple[str, str, Answering]] = [
            ("GET", "products", self._list_products),
            ("POST", "products", self._create),
            ("POST", "products/batch", self._batch),
            ("GET", "products/{id:int}", self._show),
            ("PUT", "products/{id:int}", self._update),
            ("DELETE", "products/{id:int}", self._delete),
            ("GET", "system_status", self._system_status),
        ]
        for kind in _KINDS:
            api += [
                ("GET", f"products/{kind}", partial(self._list_terms, kind)),
                ("POST", f"products/{kind}", partial(self._create_term, kind)),
                ("POST", f"products/{kind}/batch", self._batch),
            ]
        return Starlette(
            routes=[
                Route("/wp-json/", self._index),
                *(
                    Route(f"{_API}/{path}", self._guarded(answer), methods=[method])
                    for method, path, answer in api
                ),
                Route(f"{_UPLOADS}/{{file}}", self._image),
                Route("/product/{slug}/", self._to_the_page),
                Route("/wp-admin/post.php", self._to_the_page),
                Route("/", self._page),
            ],
            exception_handlers={404: _no_route},
        )

    def parameters(self, root: str) -> dict[str, str]:
        """Nothing but where it is."""
        return {"StoreTarget": "woocommerce", "StoreUrl": root}

    def secret(self, root: str) -> str:
        """Both halves of the key."""
        return json.dumps({name: self._shop[name] for name in ("consumer_key", "consumer_secret")})

    # For people, and for tests

    def products(self) -> list[Content]:
        """Every product with its images, newest first, those in the trash too."""
        products = sorted(self._shop["products"].values(), key=lambda one: -one["id"])
        return [self._as_json(product, "", "edit") for product in products]

    def add(self, **content: Any) -> Content:
        """A product as somebody in the shop makes it."""
        with self._lock:
            return self._as_json(self._new_product(content), "", "edit")

    def change(self, product_id: int, **values: Any) -> None:
        """Somebody in the shop edits a product."""
        with self._lock:
            self._shop["products"][str(product_id)] |= values
            self._save()

    @property
    def media(self) -> dict[str, Content]:
        """Every image ever uploaded, by its id."""
        media: dict[str, Content] = self._shop["media"]
        return media

    def terms(self, kind: str) -> list[str]:
        """The names of all categories or tags."""
        return [html.unescape(term["name"]) for term in self._shop[kind]]

    async def _page(self, request: Request) -> Response:
        return products_page("WooCommerce", [_shown(product) for product in self.products()])

    async def _to_the_page(self, request: Request) -> Response:
        return RedirectResponse("/")

    async def _image(self, request: Request) -> Response:
        names = {medium["file"] for medium in self.media.values()}
        name = request.path_params["file"]
        if name not in names:
            return Response("There is no such image.", 404)
        return FileResponse(self._folder / name, media_type="image/jpeg")

    # Requests

    async def _index(self, request: Request) -> Response:
        return JSONResponse({"name": "Shop", "namespaces": ["wp/v2", "wc/v3"]})

    def _guarded(self, answer: Answering) -> Callable[[Request], Any]:
        """One request at a time, for who has the key."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(self._answered, answer, request, body)

        return endpoint

    def _answered(self, answer: Answering, request: Request, body: bytes) -> Response:
        try:
            self._check_key(request)
            content = json.loads(body) if body else {}
            with self._lock:
                return answer(request, content)
        except WordPressError as error:
            return JSONResponse(error.body, error.status)
        except json.JSONDecodeError:
            return JSONResponse({"code": "rest_invalid_json", "message": "Invalid JSON body."}, 400)

    def _check_key(self, request: Request) -> None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        given = base64.b64decode(encoded).decode() if scheme == "Basic" else ""
        key, _, secret = given.partition(":")
        if not key:
            raise _forbidden("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        refused = "woocommerce_rest_authentication_error"
        if key != self._shop["consumer_key"]:
            raise _forbidden(refused, "Consumer key is invalid.")
        if secret != self._shop["consumer_secret"]:
            raise _forbidden(refused, "Consumer secret is invalid.")
        if request.method != "GET" and self.permissions == "read":
            said = "The API key provided does not have write permissions."
            raise _forbidden(refused, said)

    def _only_editors(self, verb: str) -> None:
        if not self.may_edit:
            said = f"Sorry, you are not allowed to {verb} resources."
            raise _forbidden(f"woocommerce_rest_cannot_{verb}", said)

    def _batch(self, request: Request, content: Content) -> Response:
        self._only_editors("batch")
        return JSONResponse({})

    def _system_status(self, request: Request, content: Content) -> Response:
        return JSONResponse({"environment": {"version": "10.3.5", "wp_version": "6.9"}})

    # Products

    def _list_products(self, request: Request, content: Content) -> Response:
        asked = request.query_params
        found = [
            product
            for product in self._shop["products"].values()
            if _has_status(product, asked.get("status", "any"))
            and ("slug" not in asked or product["slug"] == asked["slug"])
            and ("sku" not in asked or _has_sku(product, asked["sku"]))
        ]
        return self._one_page(request, found)

    def _one_page(self, request: Request, found: list[Content]) -> Response:
        size, number = (
            int(request.query_params.get(name, default))
            for name, default in (("per_page", 10), ("page", 1))
        )
        shown = found[(number - 1) * size : number * size]
        answer = [self._seen(request, each) if "status" in each else each for each in shown]
        pages = -(-len(found) // size)
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
        return JSONResponse(answer, headers=headers)

    def _show(self, request: Request, content: Content) -> Response:
        return JSONResponse(self._seen(request, self._product(request, 404)))

    def _create(self, request: Request, content: Content) -> Response:
        self._only_editors("create")
        product = self._new_product(content)
        return JSONResponse(self._seen(request, product, "edit"), 201)

    def _update(self, request: Request, content: Content) -> Response:
        self._only_editors("edit")
        product = self._product(request, 400)
        self._fill(product, content)
        return JSONResponse(self._seen(request, product, "edit"))

    def _delete(self, request: Request, content: Content) -> Response:
        self._only_editors("delete")
        product = self._product(request, 404)
        if not self.trash_days:
            raise WordPressError(
                501,
                "woocommerce_rest_trash_not_supported",
                "The product does not support trashing.",
            )
        if product["status"] == "trash":
            said = "The product has already been deleted."
            raise WordPressError(410, "woocommerce_rest_already_trashed", said)
        product |= {"status": "trash", "slug": f"{product['slug']}__trashed"}
        self._save()
        return JSONResponse(self._seen(request, product, "edit"))

    def _product(self, request: Request, status: int) -> Content:
        try:
            product: Content = self._shop["products"][str(request.path_params["id"])]
        except KeyError:
            code = "woocommerce_rest_product_invalid_id"
            raise WordPressError(status, code, "Invalid ID.") from None
        return product

    def _new_product(self, content: Content) -> Content:
        product: Content = {
            "id": self._next_id(),
            "type": "simple",
            "status": "publish",
            "name": "",
            "slug": "",
            "sku": "",
            "description": "",
            "parent_id": 0,
            "categories": [],
            "tags": [],
            "images": [],
            "meta_data": [],
        }
        self._fill(product, content)
        return product

    def _fill(self, product: Content, content: Content) -> None:
        """Everything is looked at before anything is saved, as in a request of WordPress's."""
        values: Content = {
            name: content[name] for name in ("type", "status", "slug") if name in content
        }
        for name in ("name", "description"):
            if name in content:
                values[name] = _marked_up(name, content[name])
        if "sku" in content:
            values["sku"] = self._free_sku(product, _clean(content["sku"]))
        if "parent_id" in content:
            values["parent_id"] = content["parent_id"]
        for kind in _KINDS:
            if kind in content:
                values[kind] = [term["id"] for term in content[kind]]
        if "images" in content:
            values["images"] = [self._attachment(image) for image in content["images"]]
        metas = {meta["key"]: meta["value"] for meta in product["meta_data"]}
        metas |= {meta["key"]: meta["value"] for meta in content.get("meta_data", [])}
        values["meta_data"] = [{"key": key, "value": value} for key, value in metas.items()]
        product |= values
        product["categories"] = product["categories"] or [_UNCATEGORIZED["id"]]
        if product["status"] == "publish" and not product["slug"]:
            product["slug"] = _slug(product["name"])
        self._shop["products"][str(product["id"])] = product
        self._save()

    def _free_sku(self, product: Content, sku: str) -> str:
        for other in self._shop["products"].values():
            taken = other["sku"].casefold() == sku.casefold() and other["status"] != "trash"
            if sku and taken and other["id"] != product["id"]:
                raise WordPressError(
                    400,
                    "product_invalid_sku",
                    "Invalid or duplicated SKU.",
                    resource_id=other["id"],
                    unique_sku=f"{sku}-1",
                )
        return sku

    def _seen(self, request: Request, product: Content, context: str = "") -> Content:
        root = str(request.base_url).rstrip("/")
        return self._as_json(product, root, context or request.query_params.get("context", "view"))

    def _as_json(self, product: Content, root: str, context: str) -> Content:
        draft = f"{root}/?post_type=product&p={product['id']}"
        public = f"{root}/product/{product['slug']}/"
        text = product["description"]
        return {
            **product,
            "permalink": public if product["status"] == "publish" else draft,
            "description": text if context == "edit" else f"{text}\n",
            **{
                kind: [term for term in self._shop[kind] if term["id"] in product[kind]]
                for kind in _KINDS
            },
            "images": [
                {
                    "id": number,
                    "src": f"{root}{_UPLOADS}/{self.media[str(number)]['file']}",
                    "name": _texturized(self.media[str(number)]["name"]),
                    "alt": self.media[str(number)]["alt"],
                }
                for number in product["images"]
            ],
        }

    # Images

    def _attachment(self, image: Content) -> int:
        """The id of an image that is there, or of one that is fetched now."""
        number = int(image.get("id") or 0) or self._fetched(image["src"])
        medium = self.media.get(str(number))
        if medium is None:
            said = f"#{number} is an invalid image ID."
            raise WordPressError(400, "woocommerce_product_invalid_image_id", said)
        if image.get("alt"):
            medium["alt"] = _clean(image["alt"])
        if image.get("name"):
            medium["name"] = image["name"]
        return number

    def _fetched(self, src: str) -> int:
        name = Path(urlsplit(src).path).name
        try:
            answer = self._http.request("GET", src)
        except urllib3.exceptions.HTTPError as error:
            raise _no_picture(f"Error getting remote image {src}. Error: {error}") from error
        if answer.status != 200:
            said = f"Error getting remote image {src}. Error: {answer.reason}"
            raise _no_picture(said)
        if not name.endswith(_IMAGE_SUFFIXES) or not answer.data.startswith(_JPEG):
            said = "Sorry, you are not allowed to upload this file type."
            raise _no_picture(f"Invalid image: {said}")
        number = self._next_id()
        file = self._free_name(name)
        (self._folder / file).write_bytes(answer.data)
        self.media[str(number)] = {"file": file, "name": file, "alt": ""}
        return number

    def _free_name(self, name: str) -> str:
        """A name of a file that is not taken, with a number where need be."""
        path, number = Path(name), 0
        while (self._folder / name).exists():
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        return name

    # Categories and tags

    def _list_terms(self, kind: str, request: Request, content: Content) -> Response:
        asked = request.query_params.get("search", "").casefold()
        terms = self._shop[kind]
        return self._one_page(request, [one for one in terms if asked in one["name"].casefold()])

    def _create_term(self, kind: str, request: Request, content: Content) -> Response:
        self._only_editors("create")
        name = html.escape(_clean(content["name"]), quote=False)
        for term in self._shop[kind]:
            if term["name"].casefold() == name.casefold() and not term.get("parent"):
                raise WordPressError(
                    400,
                    "term_exists",
                    "A term with the name provided already exists in this taxonomy.",
                    resource_id=term["id"],
                )
        term = {"id": self._next_id(), "name": name, "slug": _slug(name), "parent": 0}
        self._shop[kind].append(term)
        self._save()
        return JSONResponse(term, 201)

    # Keeping

    @property
    def _file(self) -> Path:
        return self._folder / "shop.json"

    def _next_id(self) -> int:
        self._shop["next_id"] += 1
        return int(self._shop["next_id"])

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._shop, indent=1))
        new.replace(self._file)


async def _no_route(request: Request, error: Exception) -> Response:
    said = "No route was found matching the URL and request method."
    return JSONResponse({"code": "rest_no_route", "message": said, "data": {"status": 404}}, 404)


def _forbidden(code: str, message: str) -> WordPressError:
    return WordPressError(401, code, message)


def _no_picture(message: str) -> WordPressError:
    return WordPressError(400, "woocommerce_product_image_upload_error", message)


def _has_status(product: Content, status: str) -> bool:
    """`any` leaves out the trash."""
    is_status: bool = product["status"] == status
    return is_status or (status == "any" and product["status"] != "trash")


def _has_sku(product: Content, sku: str) -> bool:
    """A comma makes a list of SKUs, the whole of which is one more."""
    wanted = {each.casefold() for each in (*sku.split(","), sku)}
    return product["sku"].casefold() in wanted


def _marked_up(field: str, markup: Any) -> str:
    """As wp_filter_post_kses leaves it: no backslashes, and every ampersand begins an entity."""
    if not isinstance(markup, str):
        said = f"{field} is not of type string."
        raise WordPressError(
            400, "rest_invalid_param", f"Invalid parameter(s): {field}", params={field: said}
        )
    markup = markup.replace("\\", "")
    return re.sub(r"&(?!#?\w+;)", "&amp;", markup)


def _clean(text: str) -> str:
    """As wc_clean leaves it: no tags, no spare space."""
    return " ".join(re.sub(r"<[^>]*>", "", text).split())


def _texturized(title: str) -> str:
    """As the_title shows it: an x between two digits is a multiplication sign."""
    return re.sub(r"(?<=\d)x(?=\d)", "&#215;", title)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", html.unescape(name).lower()).strip("-")


def _shown(product: Content) -> ShownProduct:
    facts = [
        re.sub(r"<[^>]*>", " ", html.unescape(product["description"])),
        ", ".join(html.unescape(term["name"]) for term in product["categories"]),
        ", ".join(html.unescape(term["name"]) for term in product["tags"]),
    ]
    return ShownProduct(
        html.unescape(product["name"]),
        product["status"],
        [fact for fact in facts if fact],
        [(image["src"], html.unescape(image["alt"])) for image in product["images"]],
    )
