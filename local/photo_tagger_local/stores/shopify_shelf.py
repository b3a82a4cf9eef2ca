"""What a Shopify on a laptop holds, and what its queries and mutations do with it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

_MAX_CHARACTERS = 255
_MAX_ALT_TEXT = 512
_JPEG = b"\xff\xd8"
_TOO_LONG = f"is too long (maximum is {_MAX_CHARACTERS} characters)"
_KEPT = ("title", "descriptionHtml", "productType", "status")
_SEARCH = re.compile(r'(\w+):"((?:[^"\\]|\\.)*)"')

Content = dict[str, Any]


class Shelf:
    """Products and files of one shop, in `shop.json` and image files beside it.

    `search_is_late` hides everything from search, as what is new is hidden for some seconds;
    `spoils_photos` lets no file become ready; `rights` are the scopes of the app.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lock = threading.Lock()
        self.staged: dict[str, bytes | None] = {}
        self.rights = {"write_products", "write_files", "write_publications"}
        self.search_is_late = False
        self.spoils_photos = False
        self._shop: Content = {"last_number": 1000, "products": {}, "files": {}}
        if self._file.exists():
            self._shop = json.loads(self._file.read_text())

    @property
    def products(self) -> dict[str, Content]:
        """By id, oldest first."""
        products: dict[str, Content] = self._shop["products"]
        return products

    @property
    def files(self) -> dict[str, Content]:
        """By id, oldest first."""
        files: dict[str, Content] = self._shop["files"]
        return files

    def add(self, **content: Any) -> Content:
        """A product as somebody in the shop makes it; `sku` is that of its variant."""
        with self.lock:
            product = self._new_product(content | {"variants": [{"sku": content.get("sku")}]})
            self._save()
            return product

    def add_image(self, product: Content, name: str, alt: str, jpeg: bytes) -> None:
        """An image that somebody in the shop gives a product."""
        with self.lock:
            file = self._new_file(name, alt, jpeg)
            file["fileStatus"] = "READY"
            product["media"].append(file["id"])
            self._save()

    def root(self) -> dict[str, Callable[..., Any]]:
        """What the fields of QueryRoot and Mutation answer."""
        return {
            "shop": lambda _: {"name": "Shop"},
            "currentAppInstallation": self._installation,
            "product": self._needs("read_products", lambda _, id: self._shown(id)),
            "productByIdentifier": self._needs("read_products", self._by_identifier),
            "productVariants": self._needs("read_products", self._variants),
            "files": self._needs("read_files", self._search_files),
            "node": self._needs("read_files", self._node),
            "publications": self._needs("read_publications", lambda _, **__: _CHANNELS),
            "stagedUploadsCreate": self._needs("write_files", self._stage),
            "fileCreate": self._needs("write_files", self._create_files),
            "fileUpdate": self._needs("write_files", self._update_files),
            "productSet": self._needs("write_products", self._set_product),
            "productUpdate": self._needs("write_products", self._update_product),
            "publishablePublish": self._needs("write_publications", self._publish),
        }

    # Rights

    def _needs(self, scope: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
        """A right to write is one to read."""

        def guarded(info: GraphQLResolveInfo, **arguments: Any) -> Any:
            if not self.rights & {scope, scope.replace("read_", "write_")}:
                raise GraphQLError(
                    f"Access denied for {info.field_name} field.",
                    extensions={
                        "code": "ACCESS_DENIED",
                        "requiredAccess": f"`{scope}` access scope.",
                    },
                )
            return resolve(info, **arguments)

        return guarded

    def _installation(self, info: GraphQLResolveInfo) -> Content:
        return {"accessScopes": [{"handle": right} for right in sorted(self.rights)]}

    # Looking

    def _by_identifier(self, info: GraphQLResolveInfo, identifier: Content) -> Content | None:
        if "id" in identifier:
            return self._shown(identifier["id"])
        found = self._at_handle(identifier["handle"])
        return self._shown(found["id"]) if found else None

    def _at_handle(self, handle: str) -> Content | None:
        return next((one for one in self.products.values() if one["handle"] == handle), None)

    def _shown(self, product_id: str) -> Content | None:
        product = self.products.get(product_id)
        if product is None:
            return None
        return {
            **product,
            "metafield": lambda _, key, namespace: self._metafield(product, namespace, key),
            "media": lambda _, first: {
                "nodes": [self._shown_file(file_id) for file_id in product["media"][:first]]
            },
            "variants": lambda _, first: {"nodes": product["variants"][:first]},
        }

    def _metafield(self, product: Content, namespace: str, key: str) -> Content | None:
        value = product["metafields"].get(f"{namespace}.{key}")
        return {"value": value} if value else None

    def _shown_file(self, file_id: str) -> Content:
        file = self.files[file_id]
        is_ready = file["fileStatus"] == "READY"

        def image(info: GraphQLResolveInfo) -> Content | None:
            return {"url": f"{info.context}/files/{file['name']}?v=1"} if is_ready else None

        return {**file, "__typename": "MediaImage", "image": image}

    def _variants(self, info: GraphQLResolveInfo, first: int, query: str) -> Content:
        wanted = self._searched("sku", query)
        found = [
            {**variant, "product": self._shown(product["id"])}
            for product in self.products.values()
            for variant in product["variants"]
            if wanted(variant["sku"] or "")
        ]
        return {"nodes": found[:first]}

    def _search_files(self, info: GraphQLResolveInfo, first: int, query: str) -> Content:
        wanted = self._searched("filename", query)
        found = [self._looked_at(id) for id, file in self.files.items() if wanted(file["name"])]
        return {"nodes": found[:first]}

    def _searched(self, field: str, query: str) -> Callable[[str], bool]:
        """Whether a text has all words of `field:"..."`, in any order and case."""
        match = _SEARCH.fullmatch(query)
        if match is None or match[1] != field:
            raise GraphQLError(f"This search is not played: {query}")
        words = set(_words(re.sub(r"\\(.)", r"\1", match[2])))
        return lambda text: not self.search_is_late and words <= set(_words(text))

    def _node(self, info: GraphQLResolveInfo, id: str) -> Content | None:
        return self._looked_at(id) if id in self.files else None

    def _looked_at(self, file_id: str) -> Content:
        """A file as it is; with each look, it comes a step on."""
        shown = self._shown_file(file_id)
        file = self.files[file_id]
        if file["fileStatus"] == "UPLOADED":
            content = (self.folder / file["name"]).read_bytes()
            if self.spoils_photos or not content.startswith(_JPEG):
                said = "The image could not be processed."
                file["fileErrors"] = [{"code": "IMAGE_PROCESSING_FAILURE", "message": said}]
            file["fileStatus"] = "FAILED" if file["fileErrors"] else "READY"
            self._save()
        return shown

    # Files

    def _stage(self, info: GraphQLResolveInfo, input: list[Content]) -> Content:
        targets = []
        for wanted in input:
            key = f"tmp/{self._next_number()}/{wanted['filename']}"
            self.staged[key] = None
            parameters = [{"name": "key", "value": key}, {"name": "policy", "value": "e30="}]
            address = f"{info.context}/upload"
            targets.append(
                {"url": address, "resourceUrl": f"{address}/{key}", "parameters": parameters}
            )
        return {"stagedTargets": targets, "userErrors": []}

    def _create_files(self, info: GraphQLResolveInfo, files: list[Content]) -> Content:
        made, errors = [], []
        for number, wanted in enumerate(files):
            jpeg = self.staged.get(wanted["originalSource"].partition("/upload/")[2])
            error = self._problem_of(wanted, jpeg)
            if error:
                errors.append(_user_error(["files", str(number), error[0]], *error[1:]))
            elif jpeg is not None:
                made.append(self._new_file(wanted["filename"], wanted["alt"], jpeg))
        self._save()
        shown = [self._shown_file(file["id"]) for file in made]
        return {"files": None if errors else shown, "userErrors": errors}

    def _problem_of(self, wanted: Content, jpeg: bytes | None) -> tuple[str, str, str] | None:
        """Field, message and code of what speaks against a new file."""
        if jpeg is None:
            said = "Invalid image source url value provided."
            return "originalSource", said, "INVALID_IMAGE_SOURCE_URL"
        taken = wanted["filename"] in {file["name"] for file in self.files.values()}
        if taken and wanted["duplicateResolutionMode"] == "RAISE_ERROR":
            return "filename", "The provided filename already exists.", "FILENAME_ALREADY_EXISTS"
        return None

    def _new_file(self, name: str, alt: str, jpeg: bytes) -> Content:
        number = self._next_number()
        if (self.folder / name).exists():
            name = f"{Path(name).stem}_{number}{Path(name).suffix}"
        (self.folder / name).write_bytes(jpeg)
        file: Content = {
            "id": f"gid://shopify/MediaImage/{number}",
            "name": name,
            "alt": alt,
            "fileStatus": "UPLOADED",
            "fileErrors": [],
        }
        self.files[file["id"]] = file
        return file

    def _update_files(self, info: GraphQLResolveInfo, files: list[Content]) -> Content:
        errors = [error for wanted in files for error in self._problems_of_update(wanted)]
        for wanted in files if not errors else []:
            file = self.files[wanted["id"]]
            file["alt"] = wanted.get("alt", file["alt"])
            for product_id in wanted.get("referencesToAdd", []):
                media = self.products[product_id]["media"]
                media += [] if file["id"] in media else [file["id"]]
            for product_id in wanted.get("referencesToRemove", []):
                media = self.products[product_id]["media"]
                media[:] = [other for other in media if other != file["id"]]
        self._save()
        return {"userErrors": errors}

    def _problems_of_update(self, wanted: Content) -> Iterable[Content]:
        file = self.files.get(wanted["id"])
        if file is None:
            yield _user_error(["files"], "File does not exist.", "FILE_DOES_NOT_EXIST")
            return
        if file["fileStatus"] != "READY":
            yield _user_error(["files"], "Non-ready files cannot be updated.", "NON_READY_STATE")
        if len(wanted.get("alt") or "") > _MAX_ALT_TEXT:
            said = f"The alt value exceeds the maximum limit of {_MAX_ALT_TEXT} characters."
            yield _user_error(["files", "0", "alt"], said, "ALT_VALUE_LIMIT_EXCEEDED")
        named = [*wanted.get("referencesToAdd", []), *wanted.get("referencesToRemove", [])]
        if set(named) - self.products.keys():
            said = "The reference target does not exist."
            yield _user_error(["files"], said, "REFERENCE_TARGET_DOES_NOT_EXIST")

    # Products

    def _set_product(
        self, info: GraphQLResolveInfo, input: Content, synchronous: bool = True
    ) -> Content:
        errors = _problems(input)
        if self._at_handle(input["handle"]):
            said = f"Handle '{input['handle']}' already in use. Please provide a new handle."
            errors.append(_user_error(["input", "handle"], said, "HANDLE_NOT_UNIQUE"))
        if errors:
            return {"product": None, "userErrors": errors}
        product = self._new_product(input)
        self._save()
        return {"product": self._shown(product["id"]), "userErrors": []}

    def _new_product(self, content: Content) -> Content:
        number = self._next_number()
        variants = content.get("variants") or [{"sku": None}]
        product: Content = {
            "id": f"gid://shopify/Product/{number}",
            "handle": content["handle"],
            "title": "",
            "descriptionHtml": "",
            "productType": "",
            "status": "ACTIVE",
            "tags": [],
            "metafields": {},
            "variants": [
                {"id": f"gid://shopify/ProductVariant/{number}{place}", "sku": variant.get("sku")}
                for place, variant in enumerate(variants)
            ],
            "media": [],
            "publications": [],
        }
        self.products[product["id"]] = product
        _fill(product, content)
        return product

    def _update_product(self, info: GraphQLResolveInfo, product: Content) -> Content:
        there = self.products.get(product["id"])
        errors = _problems(product)
        if there is None:
            errors = [_user_error(["id"], "Product does not exist")]
        elif not errors:
            _fill(there, product)
            self._save()
        return {"userErrors": errors}

    def _publish(self, info: GraphQLResolveInfo, id: str, input: list[Content]) -> Content:
        channels = {one["publicationId"] for one in input}
        product = self.products[id]
        product["publications"] = sorted({*product["publications"], *channels})
        self._save()
        return {"userErrors": []}

    # Keeping

    @property
    def _file(self) -> Path:
        return self.folder / "shop.json"

    def _next_number(self) -> int:
        self._shop["last_number"] += 1
        return int(self._shop["last_number"])

    def _save(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._shop, indent=1))
        new.replace(self._file)


_CHANNELS: Content = {"nodes": [{"id": f"gid://shopify/Publication/{number}"} for number in (1, 2)]}
"""The online store, and the till."""


def _fill(product: Content, content: Content) -> None:
    product |= {name: content[name] for name in _KEPT if name in content}
    if "tags" in content:
        product["tags"] = _tags(content["tags"])
    for one in content.get("metafields", []):
        product["metafields"][f"{one['namespace']}.{one['key']}"] = one["value"]


def _tags(tags: list[str]) -> list[str]:
    """As Shopify keeps them: a comma parts two, case makes no difference, in alphabetical order."""
    parts = [part.strip() for tag in tags for part in tag.split(",")]
    once = {part.casefold(): part for part in reversed(parts) if part}
    return sorted(once.values(), key=str.casefold)


def _problems(content: Content) -> list[Content]:
    errors = []
    if not content.get("title", "kept").strip():
        errors.append(_user_error(["input", "title"], "Title can't be blank", "INVALID_PRODUCT"))
    for name, said in (("title", "Title"), ("productType", "Product type")):
        if len(content.get(name, "")) > _MAX_CHARACTERS:
            errors.append(_user_error(["input", name], f"{said} {_TOO_LONG}", "INVALID_PRODUCT"))
    if any(len(tag) > _MAX_CHARACTERS for tag in content.get("tags", [])):
        errors.append(_user_error(["input", "tags"], f"Tag {_TOO_LONG}", "INVALID_PRODUCT"))
    return errors


def _user_error(field: list[str], message: str, code: str | None = None) -> Content:
    return {"field": field, "message": message, "code": code}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
