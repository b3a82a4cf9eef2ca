"""WooCommerce by its REST API, v3. docs/stores/woocommerce.md says what it does with it."""

import html
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from photo_tagger.domain.draft import Draft, FieldName, differing
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey
from store_writer.http import Answer, StoreHttp, as_json, check_https, refused_us, words
from store_writer.markup import as_html, as_text, escaped
from store_writer.secrets import StoreSecret
from store_writer.store import (
    Found,
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)

_STILL_AT_WORK = 60.0
"""Seconds in which a request that nobody answered may yet take effect."""

_MARKED_UP: dict[FieldName, str] = {"title": "name", "description": "description"}
"""The fields that the store keeps as HTML, with its names for them."""

_PAGE = 100
_MARKER = "_photo_tagger"
_MADE_FOR = "_photo_tagger_made_for"
_NO_CATEGORY = "uncategorized"
_BETWEEN_CATEGORIES = " | "
_ABOUT_FIELDS = frozenset({"rest_invalid_param", "product_invalid_sku"})
_ABOUT_THE_PICTURE = frozenset(
    {"woocommerce_product_image_upload_error", "woocommerce_product_invalid_image_id"}
)


class PictureNotFetchedError(Exception):
    """The store could not fetch the photo from our address, or not keep it: for the admin."""


class WooCommerce:
    """The shop at one address. All that is written carries the photo's id in `_photo_tagger`."""

    def __init__(self, url: str, secret: StoreSecret) -> None:
        """Raises StoreRefusedUsError for an address over which a key must not be sent."""
        check_https(url, "https://shop.example")
        self._url = url.rstrip("/")
        key = f"{secret.key('consumer_key')}:{secret.key('consumer_secret')}"
        self._http = StoreHttp(urllib3.make_headers(basic_auth=key))

    def find(self, product: Product) -> Found | None:
        """The product with this SKU or slug, whatever its status; not one in the trash.

        Title and description are in the store's HTML, unless they say just what is to be written.
        """
        there = self._with_key(product.key)
        if there is None:
            return None
        found = self._found(there, product.photo_id)
        differ = differing(product.fields, found.fields)
        said: dict[str, Any] = {
            name: there[key] if name in differ else getattr(product.fields, name)
            for name, key in _MARKED_UP.items()
        }
        return replace(found, fields=found.fields.model_copy(update=said))

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        """The product as it stands, its title and description as plain text."""
        there = self._by_id(listing.id)
        return self._found(there, photo_id) if there else None

    def write(
        self, product: Product, found: Found | None, names: list[FieldName]
    ) -> Listing | Refused:
        """A new product is made as a draft without its image first, which is quickly done.

        The photo, which the store has to fetch, comes with a second request, and so does the
        status of a product that is to be seen at once.
        """
        content = self._content({name: getattr(product.fields, name) for name in names})
        if found is None:
            made = self._send("POST", "products", _new(product) | content)
            if isinstance(made, Refused):
                return made
            there, content = made, {}
        else:
            there = self._get(f"products/{found.id}", context="edit")
        content |= _images(there, product, names) | _status(there, product)
        if content:
            changed = self._change(there, product.photo_id, content)
            if isinstance(changed, Refused):
                return changed
            there = changed
        return Listing(id=str(there["id"]), url=self._page_of(there), store_target="woocommerce")

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        """Into the trash, from which WordPress lets it be restored for 30 days."""
        answer = self._written("DELETE", f"products/{listing.id}")
        if answer.status not in (200, 404, 410):
            raise refused_us(answer)

    def put_back(self, listing: Listing, photo_id: str, fields: dict[FieldName, object]) -> None:
        """Title and description are HTML here, as `find` gave them. The image stays in the media
        library.
        """
        there = self._by_id(listing.id)
        if there is None:
            return
        others = [image for image in there["images"] if not _is_of(image, photo_id)]
        content = {
            **self._content({name: fields[name] for name in fields if name not in _MARKED_UP}),
            **{key: fields[name] for name, key in _MARKED_UP.items() if name in fields},
            "images": [{"id": image["id"]} for image in others],
        }
        answer = self._change(there, photo_id, content)
        if isinstance(answer, Refused):
            raise StoreRefusedUsError(answer.words)

    def check(self) -> list[str]:
        """Address, key and rights. Empty batches tell whether the key may write."""
        self._check_address()
        self._get("products", per_page=1)
        for path in ("products", "products/categories", "products/tags"):
            self._check_right(path)
        return [
            f"{self._url} has WooCommerce's REST API v3 ({self._version()}).",
            "The key may read and write products, categories and tags.",
            "Whether the store reaches the photos' address shows with the first photo.",
        ]

    # Reading

    def _with_key(self, key: ProductKey) -> dict[str, Any] | None:
        if key.kind == "sku":
            return self._with_sku(key.value)
        slug = {"slug": key.value, "orderby": "id", "order": "asc"}
        alike = self._get("products", **slug, status="any", context="edit")
        return alike[0] if alike else None

    def _with_sku(self, sku: str) -> dict[str, Any] | None:
        """The store takes a comma for a list, and answers with variations, too.

        A variation's photo belongs to its product.
        """
        alike = self._get("products", sku=sku, status="any", context="edit")
        for there in alike:
            if _alike(there["sku"], sku):
                is_part = there["type"] == "variation"
                return self._by_id(there["parent_id"]) if is_part else there
        return None

    def _by_id(self, product_id: object) -> dict[str, Any] | None:
        answer = self._http.json("GET", self._at(f"products/{product_id}", context="edit"))
        if answer.status == 404:
            return None
        there: dict[str, Any] = _good(answer)
        return there if there["status"] != "trash" else None

    def _found(self, there: dict[str, Any], photo_id: str) -> Found:
        own = [image for image in there["images"] if _is_of(image, photo_id)]
        fields = Draft(
            title=html.unescape(there["name"]),
            alt_text=html.unescape(own[0]["alt"]) if own else "",
            tags=_names(there["tags"]),
            category=_BETWEEN_CATEGORIES.join(_names(there["categories"])),
            description=as_text(there["description"]),
        )
        others = len(there["images"]) - len(own)
        return Found(str(there["id"]), self._page_of(there), fields, others)

    def _page_of(self, there: dict[str, Any]) -> str:
        """What customers see; of a draft, where it gets its price and is published."""
        if there["status"] == "publish":
            return str(there["permalink"])
        return f"{self._url}/wp-admin/post.php?post={there['id']}&action=edit"

    # Writing

    def _content(self, fields: dict[FieldName, Any]) -> dict[str, Any]:
        """Fields as the store takes them; the alt text goes with the image."""
        content: dict[str, Any] = {}
        if "title" in fields:
            content["name"] = escaped(fields["title"])
        if "description" in fields:
            content["description"] = as_html(fields["description"])
        if "tags" in fields:
            content["tags"] = self._terms("tags", fields["tags"])
        if "category" in fields:
            categories = filter(None, fields["category"].split(_BETWEEN_CATEGORIES))
            content["categories"] = self._terms("categories", list(categories))
        return content

    def _terms(self, kind: str, names: list[str]) -> list[dict[str, int]]:
        return [{"id": self._term(kind, name)} for name in names]

    def _term(self, kind: str, name: str) -> int:
        """The category or tag of this name, made if there is none.

        WordPress keeps names as HTML, and searches in what it keeps.
        """
        known = self._all(f"products/{kind}", search=escaped(name))
        for term in known:
            if _alike(html.unescape(term["name"]), name):
                return int(term["id"])
        answer = self._written("POST", f"products/{kind}", {"name": name})
        if answer.status == 201:
            return int(as_json(answer)["id"])
        if _code(answer) == "term_exists":
            return int(as_json(answer)["data"]["resource_id"])
        raise refused_us(answer)

    def _change(
        self, there: dict[str, Any], photo_id: str, content: dict[str, Any]
    ) -> dict[str, Any] | Refused:
        marked = content | {"meta_data": [{"key": _MARKER, "value": photo_id}]}
        return self._send("PUT", f"products/{there['id']}", marked)

    def _send(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any] | Refused:
        """The product as the store has it now, or its words about the fields."""
        answer = self._written(method, path, content)
        code = _code(answer)
        if code in _ABOUT_FIELDS:
            return Refused(_field_words(answer))
        if code in _ABOUT_THE_PICTURE:
            raise PictureNotFetchedError(_without_addresses(answer, content))
        if code == "woocommerce_rest_product_not_created":  # mostly a SKU that is being taken
            raise StoreUnavailableError(words(answer), _STILL_AT_WORK)
        there: dict[str, Any] = _good(answer)
        return there

    def _written(self, method: str, path: str, content: object = None) -> Answer:
        """The answer to a request that changes something.

        The store goes on working on what it could not answer in time. It is left alone until that
        must be done, so that the next try sees what came of it.
        """
        try:
            return self._http.json(method, self._at(path), content)
        except StoreUnavailableError as error:
            error.wait_seconds = max(error.wait_seconds, _STILL_AT_WORK)
            raise

    # HTTP

    def _get(self, path: str, **query: object) -> Any:
        return _good(self._http.json("GET", self._at(path, **query)))

    def _all(self, path: str, **query: object) -> list[dict[str, Any]]:
        """All pages of a list."""
        entries: list[dict[str, Any]] = []
        page = pages = 1
        while page <= pages:
            address = self._at(path, **query, per_page=_PAGE, page=page)
            answer = self._http.json("GET", address)
            entries += _good(answer)
            pages = int(answer.headers.get("X-WP-TotalPages", 1))
            page += 1
        return entries

    def _at(self, path: str, **query: object) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self._url}/wp-json/wc/v3/{path}{asked}"

    # Checking

    def _check_address(self) -> None:
        answer = self._http.json("GET", f"{self._url}/wp-json/")
        try:
            serves = answer.status == 200 and "wc/v3" in answer.json()["namespaces"]
        except (ValueError, LookupError, TypeError):
            serves = False
        if not serves:
            raise StoreRefusedUsError(
                f"{self._url}/wp-json/ answered {answer.status} and tells of no wc/v3: see that "
                "the setting store_url is the shop's address, that WooCommerce is active, and that "
                "Settings > Permalinks is not “Plain”"
            )

    def _check_right(self, path: str) -> None:
        answer = self._http.json("POST", self._at(f"{path}/batch"), {})
        if answer.status != 200:
            raise StoreRefusedUsError(
                f"the key may not write {path}: {words(answer)}. It needs the permission "
                "Read/Write, and to be of a user who is a shop manager or an administrator"
            )

    def _version(self) -> str:
        address = self._at("system_status", _fields="environment")
        answer = self._http.json("GET", address)
        if answer.status != 200:
            return "this key may not ask for the version"
        return f"version {as_json(answer)['environment']['version']}"


def _new(product: Product) -> dict[str, Any]:
    """What makes a new product, but for its fields; each try at it gives it the same key."""
    name = "sku" if product.key.kind == "sku" else "slug"
    marks = [{"key": key, "value": product.photo_id} for key in (_MARKER, _MADE_FOR)]
    return {"type": "simple", "status": "draft", name: product.key.value, "meta_data": marks}


def _images(there: dict[str, Any], product: Product, names: list[FieldName]) -> dict[str, Any]:
    """All images of the product with this photo's; nothing where they are right as they are.

    The list replaces the one that is there.
    """
    images = there["images"]
    alt = {"alt": escaped(product.fields.alt_text)}
    if not any(_is_of(image, product.photo_id) for image in images):
        own = {"src": product.picture_url(), "name": product.photo_id, **alt}
        return {"images": [*({"id": image["id"]} for image in images), own]}
    if "alt_text" not in names:
        return {}
    return {
        "images": [
            {"id": image["id"], **(alt if _is_of(image, product.photo_id) else {})}
            for image in images
        ]
    }


def _status(there: dict[str, Any], product: Product) -> dict[str, Any]:
    """Only what was made for this photo is published with it."""
    marks = [mark for mark in there["meta_data"] if mark["key"] == _MADE_FOR]
    ours = any(mark["value"] == product.photo_id for mark in marks)
    unseen = there["status"] == "draft"
    return {"status": "publish"} if product.active and ours and unseen else {}


def _is_of(image: dict[str, Any], photo_id: str) -> bool:
    """Whether an image is this photo: by its name, or by its file's, which people change less.

    WordPress shows the x between two digits of a name as a multiplication sign, and adds numbers
    to a file's name that is taken.
    """
    name = html.unescape(image["name"]).replace("×", "x")
    stem = PurePosixPath(urlsplit(image["src"]).path).stem
    return name == photo_id or stem == photo_id or stem.startswith(f"{photo_id}-")


def _names(terms: list[dict[str, Any]]) -> list[str]:
    """The names of categories or tags; every product without a category is in a default one."""
    return [html.unescape(term["name"]) for term in terms if term["slug"] != _NO_CATEGORY]


def _alike(one: str, other: str) -> bool:
    """Whether two SKUs or names are one to the store, which ignores case and spare space."""
    return one.casefold().split() == other.casefold().split()


def _good(answer: Answer) -> Any:
    if answer.status not in (200, 201):
        raise refused_us(answer)
    return as_json(answer)


def _code(answer: Answer) -> str:
    """WordPress's name for an error; empty for a success."""
    if answer.status != 400:
        return ""
    error = as_json(answer)
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _field_words(answer: Answer) -> str:
    """The message, and what is said of each parameter."""
    error = as_json(answer)
    params = (error.get("data") or {}).get("params") or {}
    told = [f"{name}: {said}" for name, said in params.items()]
    return " ".join(told) or str(error.get("message") or words(answer))


def _without_addresses(answer: Answer, content: dict[str, Any]) -> str:
    """The store's words without the address that opens the photo."""
    said = str(as_json(answer).get("message"))
    for image in content.get("images", []):
        if "src" in image:
            key = urlsplit(image["src"]).path.split("/")[-2]
            said = said.replace(image["src"], "the photo").replace(key, "…")
    return said
