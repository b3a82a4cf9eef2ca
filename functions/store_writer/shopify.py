"""Shopify by its Admin API in GraphQL. docs/stores/shopify.md says what it does with it."""

import hashlib
import time
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from photo_tagger.domain.draft import Draft, FieldName, differing
from photo_tagger.domain.ids import slug
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey
from store_writer import shopify_queries as queries
from store_writer.markup import as_html, as_text
from store_writer.secrets import StoreSecret
from store_writer.shopify_api import Data, ShopifyApi, words_of
from store_writer.store import (
    Found,
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)

_MAX_ALT_TEXT = 512
_HASH_DIGITS = 8
_POLLS = 20
_POLL_SECONDS = 1.0

_STORED_AS: dict[FieldName, str] = {
    "title": "title",
    "tags": "tags",
    "category": "productType",
    "description": "descriptionHtml",
}
_FIELD_OF = {stored: name for name, stored in _STORED_AS.items()}

_COMES_LATER = frozenset(
    {"FILENAME_ALREADY_EXISTS", "DUPLICATE_FILENAME_ERROR", "FILE_LOCKED", "NON_READY_STATE"}
)
"""What is said of a file that an earlier try made and that Shopify is still at work on."""

_RIGHTS = ("write_products", "write_files")
_RIGHT_TO_PUBLISH = "write_publications"


class Shopify:
    """One shop. What is made here carries the photo's id in the metafields `photo_tagger`.

    `active` tells whether the shop wants new products to be for sale at once.
    """

    def __init__(self, url: str, secret: StoreSecret, *, active: bool) -> None:
        self._api = ShopifyApi(url, secret)
        self._active = active

    def find(self, product: Product) -> Found | None:
        """The product with this SKU or handle, whatever its status.

        The description is in the store's HTML, unless it says just what is to be written.
        """
        there = self._with_key(product.key)
        if there is None:
            return None
        found = self._found(there, product.photo_id)
        said = found.fields.description
        if said and "description" in differing(product.fields, found.fields):
            said = there["descriptionHtml"]
        return replace(found, fields=found.fields.model_copy(update={"description": said}))

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        """The product as it stands, its description as plain text."""
        there = self._with_id(listing.id)
        return self._found(there, photo_id) if there else None

    def write(
        self, product: Product, found: Found | None, names: list[FieldName]
    ) -> Listing | Refused:
        """The product comes first, so that refused fields leave nothing behind.

        A product that is to be for sale at once is published last, with its image.
        """
        if len(product.fields.alt_text) > _MAX_ALT_TEXT:
            return Refused(f"alt_text: Shopify takes at most {_MAX_ALT_TEXT} characters.")
        there = self._made(product) if found is None else self._filled(product, found.id, names)
        if isinstance(there, Refused):
            return there
        self._see_to_image(product, there, names)
        if product.active and _metafield(there, "madeFor") == product.photo_id:
            self._publish(there["id"])
        return Listing(id=there["id"], url=self._page_of(there["id"]), store_target="shopify")

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        """Into the archive, from which a product can be taken out again."""
        if self._with_id(listing.id):
            self._update({"id": listing.id, "status": "ARCHIVED"})

    def put_back(self, listing: Listing, photo_id: str, fields: dict[FieldName, object]) -> None:
        """The description is HTML, as `find` gave it. The image stays among the shop's files."""
        there = self._with_id(listing.id)
        if there is None:
            return
        values = {_STORED_AS[name]: fields[name] for name in fields if name in _STORED_AS}
        if values:
            self._update({"id": listing.id, **values})
        for image in _images_of(there, photo_id):
            self._update_file({"id": image["id"], "referencesToRemove": [listing.id]})

    def check(self) -> list[str]:
        """Address, key, the app's rights, and the version of the API."""
        data = self._api.ask(queries.SHOP)
        granted = {one["handle"] for one in data["currentAppInstallation"]["accessScopes"]}
        needed = [*_RIGHTS, _RIGHT_TO_PUBLISH] if self._active else list(_RIGHTS)
        missing = [right for right in needed if right not in granted]
        if missing:
            raise StoreRefusedUsError(
                f"the app lacks {', '.join(missing)}: grant it that and install it once more"
            )
        return [
            f"{self._api.url} is the shop “{data['shop']['name']}”, and takes our key.",
            f"The app has the access that it needs: {', '.join(needed)}.",
            self._version(),
        ]

    def _version(self) -> str:
        if self._api.version == queries.VERSION:
            return f"Shopify answers with version {queries.VERSION} of its Admin API, as asked."
        return (
            f"Shopify has given up version {queries.VERSION} of its Admin API and answers with "
            f"{self._api.version}: a newer version of Photo tagger is needed."
        )

    # Finding

    def _with_key(self, key: ProductKey) -> Data | None:
        if key.kind == "sku":
            return self._with_sku(key.value)
        there: Data | None = self._api.ask(queries.PRODUCT_AT_HANDLE, handle=key.value)["product"]
        return there

    def _with_id(self, product_id: str) -> Data | None:
        there: Data | None = self._api.ask(queries.PRODUCT_WITH_ID, id=product_id)["product"]
        return there

    def _with_sku(self, sku: str) -> Data | None:
        """Shopify's search also gives what is alike, and it knows a new product late."""
        alike = self._api.ask(queries.VARIANTS_WITH_SKU, query=f"sku:{_quoted(sku)}")
        found = [one["product"] for one in alike["productVariants"]["nodes"] if one["sku"] == sku]
        in_use = {one["id"] for one in found if one["status"] != "ARCHIVED"}
        ids = sorted(in_use or {one["id"] for one in found})
        if len(ids) > 1:
            pages = " and ".join(map(self._page_of, ids))
            raise StoreRefusedUsError(f"several products have the SKU {sku}: {pages}")
        return self._with_id(ids[0]) if ids else self._with_handle_of(sku)

    def _with_handle_of(self, sku: str) -> Data | None:
        """The product that we made for a SKU, which has a handle of its own."""
        handle = _handle(ProductKey("sku", sku))
        there = self._api.ask(queries.SKUS_AT_HANDLE, handle=handle)["product"]
        if there is None:
            return None
        if sku not in [variant["sku"] for variant in there["variants"]["nodes"]]:
            raise StoreRefusedUsError(
                f"no product has the SKU {sku}, and the handle {handle} for a new one is taken by "
                f"“{there['title']}” ({self._page_of(there['id'])}): give it that SKU, or another "
                "handle"
            )
        return self._with_id(there["id"])

    def _found(self, there: Data, photo_id: str) -> Found:
        own = _images_of(there, photo_id)
        fields = Draft(
            title=there["title"],
            alt_text=(own[0]["alt"] or "") if own else "",
            tags=there["tags"],
            category=there["productType"],
            description=as_text(there["descriptionHtml"]),
        )
        others = len(there["media"]["nodes"]) - len(own)
        return Found(there["id"], self._page_of(there["id"]), fields, others)

    def _page_of(self, product_id: str) -> str:
        """In the shop's admin: a draft has no other page."""
        return f"{self._api.url}/admin/products/{product_id.rpartition('/')[2]}"

    # The product

    def _made(self, product: Product) -> Data | Refused:
        """A new product: without an identifier, productSet changes none that has the handle."""
        marks = [_mark(key, product.photo_id) for key in ("photo_id", "made_for")]
        content = {
            **_content(product.fields, list(_STORED_AS)),
            **(_only_variant(product.key.value) if product.key.kind == "sku" else {}),
            "handle": _handle(product.key),
            "status": "ACTIVE" if product.active else "DRAFT",
            "metafields": marks,
        }
        answer = self._api.change(queries.PRODUCT_SET, input=content)
        errors = answer["userErrors"]
        if "HANDLE_NOT_UNIQUE" in [error["code"] for error in errors]:
            raise StoreUnavailableError("the product came to be at this moment")
        if errors:
            return _refused(errors)
        there: Data = answer["product"]
        return there

    def _filled(self, product: Product, product_id: str, names: list[FieldName]) -> Data | Refused:
        there = self._with_id(product_id)
        if there is None:
            raise StoreUnavailableError("the product was deleted at this moment")
        content = _content(product.fields, names)
        if content or _metafield(there, "lastPhoto") != product.photo_id:
            marked = {"metafields": [_mark("photo_id", product.photo_id)], **content}
            answer = self._api.change(queries.PRODUCT_UPDATE, product={"id": product_id, **marked})
            if answer["userErrors"]:
                return _refused(answer["userErrors"])
        return there

    def _update(self, product: Data) -> None:
        _done(self._api.change(queries.PRODUCT_UPDATE, product=product))

    def _publish(self, product_id: str) -> None:
        """In every sales channel, as Shopify's own admin does it."""
        channels = self._api.ask(queries.PUBLICATIONS)["publications"]["nodes"]
        wanted = [{"publicationId": channel["id"]} for channel in channels]
        _done(self._api.change(queries.PUBLISH, id=product_id, input=wanted))

    # The image

    def _see_to_image(self, product: Product, there: Data, names: list[FieldName]) -> None:
        alt_text = product.fields.alt_text
        own = _images_of(there, product.photo_id)
        if not own:
            file_id = self._file_of(product.photo_id) or self._uploaded(product)
            self._wait_until_ready(file_id)
            joined = {"id": file_id, "alt": alt_text, "referencesToAdd": [there["id"]]}
            self._update_file(joined)
        elif "alt_text" in names:
            self._update_file({"id": own[0]["id"], "alt": alt_text})

    def _file_of(self, photo_id: str) -> str | None:
        """The file that an earlier try uploaded. Shopify's search knows a new file late."""
        query = f"filename:{_quoted(_file_name(photo_id))}"
        alike = self._api.ask(queries.FILES_NAMED, query=query)["files"]["nodes"]
        own = [file for file in alike if _is_of(file, photo_id)]
        return str(own[0]["id"]) if own else None

    def _uploaded(self, product: Product) -> str:
        """A new file. Its name can be taken once only, so there is no second one."""
        name = _file_name(product.photo_id)
        target = self._place_to_upload(name)
        self._api.upload(target, name, product.jpeg)
        file = {
            "originalSource": target["resourceUrl"],
            "filename": name,
            "alt": product.fields.alt_text,
            "contentType": "IMAGE",
            "duplicateResolutionMode": "RAISE_ERROR",
        }
        answer = self._api.change(queries.FILE_CREATE, files=[file])
        _done(answer)
        return str(answer["files"][0]["id"])

    def _place_to_upload(self, file_name: str) -> Data:
        wanted = {
            "filename": file_name,
            "mimeType": "image/jpeg",
            "resource": "IMAGE",
            "httpMethod": "POST",
        }
        answer = self._api.change(queries.STAGED_UPLOAD, input=[wanted])
        _done(answer)
        target: Data = answer["stagedTargets"][0]
        return target

    def _wait_until_ready(self, file_id: str) -> None:
        """A file can join a product once Shopify has looked at it, which takes some seconds."""
        for _ in range(_POLLS):
            file = self._api.ask(queries.FILE_STATUS, id=file_id)["node"]
            if file["fileStatus"] == "READY":
                return
            if file["fileStatus"] == "FAILED":
                raise _trouble(file["fileErrors"])
            time.sleep(_POLL_SECONDS)
        raise StoreUnavailableError("Shopify is still at work on the photo")

    def _update_file(self, file: Data) -> None:
        _done(self._api.change(queries.FILE_UPDATE, files=[file]))


def _content(fields: Draft, names: list[FieldName]) -> Data:
    """Fields of a product as Shopify takes them; the alt text goes with the image."""
    content: Data = {
        _STORED_AS[name]: getattr(fields, name) for name in names if name in _STORED_AS
    }
    if "descriptionHtml" in content:
        content["descriptionHtml"] = as_html(fields.description)
    return content


def _only_variant(sku: str) -> Data:
    """The variant of a product without options, as Shopify calls it, with a SKU."""
    option, value = "Title", "Default Title"
    return {
        "productOptions": [{"name": option, "values": [{"name": value}]}],
        "variants": [{"sku": sku, "optionValues": [{"optionName": option, "name": value}]}],
    }


def _handle(key: ProductKey) -> str:
    """That of a new product; no two SKUs that differ in more than case have the same."""
    if key.kind != "sku":
        return key.value
    name = slug(key.value)
    if name == key.value.lower():
        return name
    digest = hashlib.sha256(key.value.encode()).hexdigest()
    return f"{name}-{digest[:_HASH_DIGITS]}".lstrip("-")


def _mark(key: str, photo_id: str) -> Data:
    kind = "single_line_text_field"
    return {"namespace": "photo_tagger", "key": key, "type": kind, "value": photo_id}


def _metafield(there: Data, name: str) -> str:
    return str((there[name] or {}).get("value", ""))


def _images_of(there: Data, photo_id: str) -> list[Data]:
    return [medium for medium in there["media"]["nodes"] if _is_of(medium, photo_id)]


def _is_of(file: Data, photo_id: str) -> bool:
    """Whether a file is this photo's, by its name. What is no image or not ready has no address."""
    url = (file.get("image") or {}).get("url", "")
    return PurePosixPath(urlsplit(url).path).name == _file_name(photo_id)


def _file_name(photo_id: str) -> str:
    return f"{photo_id}.jpg"


def _quoted(words: str) -> str:
    """A phrase in Shopify's search syntax."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _refused(errors: list[Data]) -> Refused:
    """Shopify's words on fields, for the owner. Raises StoreRefusedUsError for other errors."""
    told = [f"{name}: {error['message']}" for error in errors for name in _names(error)]
    if not told:
        raise _trouble(errors)
    return Refused(" ".join(told))


def _names(error: Data) -> list[FieldName]:
    return [_FIELD_OF[part] for part in error["field"] or () if part in _FIELD_OF]


def _done(answer: Data) -> None:
    """Raises what fits when a mutation was not done."""
    if answer["userErrors"]:
        raise _trouble(answer["userErrors"])


def _trouble(errors: list[dict[str, Any]]) -> Exception:
    said = f"Shopify says: {words_of(errors)}"
    if _COMES_LATER & {str(error.get("code")) for error in errors}:
        return StoreUnavailableError(said)
    return StoreRefusedUsError(said)
