"""CSV files in S3 for a shop to import: one for each day, as Shopify or WooCommerce reads it.

docs/stores/csv.md says what is done with them.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from photo_tagger.aws.clients import client
from photo_tagger.domain.draft import Draft, FieldName
from photo_tagger.domain.ids import slug
from photo_tagger.domain.photo import Listing
from store_writer.markup import as_html, as_text, escaped
from store_writer.spreadsheets import html_cell, plain_cell, text_of
from store_writer.store import (
    Found,
    Product,
    Refused,
    StoreRefusedUsError,
    StoreUnavailableError,
)

_TRIES = 10
_WRITTEN_MEANWHILE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})

Row = dict[str, str]


@dataclass(frozen=True)
class Image:
    """One photo of a product: where it is fetched from, and its alt text."""

    url: str
    alt_text: str

    def is_of(self, photo_id: str) -> bool:
        """The address ends in the photo's name."""
        return PurePosixPath(urlsplit(self.url).path).stem == photo_id


@dataclass(frozen=True)
class Line:
    """One product of a file; `fields` are without alt text, which each image has of its own."""

    key: str
    sku: str
    fields: Draft
    active: bool
    images: tuple[Image, ...]


class Layout(Protocol):
    """How a shop wants its file."""

    name: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    def key(self, product: Product) -> str:
        """What the product goes by in the file."""

    def rows(self, line: Line) -> Iterator[Row]:
        """The rows of one product."""

    def lines(self, rows: list[Row]) -> list[Line]:
        """The products in a file."""


class ShopifyLayout:
    """Shopify's product CSV: further images of a product are rows of their own."""

    name: ClassVar = "shopify"
    columns: ClassVar[tuple[str, ...]] = (
        "Title",
        "URL handle",
        "Description",
        "Type",
        "Tags",
        "Published on online store",
        "Status",
        "SKU",
        "Product image URL",
        "Image position",
        "Image alt text",
    )

    def key(self, product: Product) -> str:
        """The handle; a SKU without a letter or digit that fits into one gives none."""
        if product.key.kind == "sku":
            return slug(product.key.value) or product.photo_id
        return product.key.value

    def rows(self, line: Line) -> Iterator[Row]:
        """The product with its first image, then the other images."""
        first = {
            "Title": plain_cell(line.fields.title),
            "Description": html_cell(as_html(line.fields.description)),
            "Type": plain_cell(line.fields.category),
            "Tags": plain_cell(", ".join(line.fields.tags)),
            "Published on online store": "TRUE" if line.active else "FALSE",
            "Status": "active" if line.active else "draft",
            "SKU": plain_cell(line.sku),
        }
        for position, image in enumerate(line.images, start=1):
            yield {
                **(first if position == 1 else {}),
                "URL handle": line.key,
                "Product image URL": image.url,
                "Image position": str(position),
                "Image alt text": plain_cell(image.alt_text),
            }

    def lines(self, rows: list[Row]) -> list[Line]:
        """Rows with one handle are one product."""
        found: dict[str, Line] = {}
        for row in rows:
            image = Image(row["Product image URL"], text_of(row["Image alt text"]))
            line = found.get(row["URL handle"]) or self._line(row)
            found[line.key] = replace(line, images=(*line.images, image))
        return list(found.values())

    def _line(self, row: Row) -> Line:
        fields = Draft(
            title=text_of(row["Title"]),
            tags=_split(text_of(row["Tags"])),
            category=text_of(row["Type"]),
            description=as_text(row["Description"]),
        )
        active = row["Status"] == "active"
        return Line(row["URL handle"], text_of(row["SKU"]), fields, active, ())


class WooCommerceLayout:
    """WooCommerce's product CSV: one row for each product, its images in one cell.

    The importer knows no alt texts; they stand in a column that it leaves out.
    """

    name: ClassVar = "woocommerce"
    columns: ClassVar[tuple[str, ...]] = (
        "Type",
        "SKU",
        "Name",
        "Published",
        "Description",
        "Categories",
        "Tags",
        "Images",
        "Image alt texts",
        "Meta: _photo_tagger",
    )

    def key(self, product: Product) -> str:
        """The SKU: the importer skips rows whose SKU is there, so a file may be imported twice."""
        return plain_cell(product.key.value)

    def rows(self, line: Line) -> Iterator[Row]:
        """The one row. A comma within a name is written as the importer wants it."""
        photos = (PurePosixPath(urlsplit(image.url).path).stem for image in line.images)
        yield {
            "Type": "simple",
            "SKU": line.key,
            "Name": html_cell(escaped(line.fields.title)),
            "Published": "1" if line.active else "-1",
            "Description": html_cell(as_html(line.fields.description)),
            "Categories": plain_cell(_comma_free(line.fields.category)),
            "Tags": plain_cell(", ".join(map(_comma_free, line.fields.tags))),
            "Images": ", ".join(image.url for image in line.images),
            "Image alt texts": plain_cell(" | ".join(_bar_free(i.alt_text) for i in line.images)),
            "Meta: _photo_tagger": ", ".join(photos),
        }

    def lines(self, rows: list[Row]) -> list[Line]:
        """Every row is a product."""
        return [self._line(row) for row in rows]

    def _line(self, row: Row) -> Line:
        fields = Draft(
            title=as_text(row["Name"]),
            tags=_split(text_of(row["Tags"])),
            category=" ".join(_split(text_of(row["Categories"]))),
            description=as_text(row["Description"]),
        )
        alt_texts = (each.strip() for each in text_of(row["Image alt texts"]).split("|"))
        images = zip(row["Images"].split(", "), alt_texts, strict=True)
        active = row["Published"] == "1"
        return Line(row["SKU"], row["SKU"], fields, active, tuple(Image(*each) for each in images))


class CsvFile:
    """The files of one layout in one bucket. A file is written only as it was read."""

    def __init__(self, bucket: str, layout: Layout) -> None:
        self._bucket = bucket
        self._layout = layout

    def find(self, product: Product) -> Found | None:
        """The product's line in the file of the day it was approved on."""
        file, key = self._file_of(product), self._layout.key(product)
        return self._found(file, key, product.photo_id)

    def look(self, listing: Listing, photo_id: str) -> Found | None:
        """The product's line, if it is still there."""
        return self._found(*_place(listing), photo_id)

    def write(
        self, product: Product, found: Found | None, names: list[FieldName]
    ) -> Listing | Refused:
        """Add the product, or those fields of it, and its image."""
        file, key = self._file_of(product), self._layout.key(product)
        sku = product.key.value if product.key.kind == "sku" else ""
        new = Line(key, sku, Draft(), product.active, ())
        self._change(file, key, lambda line: _written(line or new, product, names))
        target = f"{self._layout.name}-csv"
        return Listing(id=f"{file}#{key}", url=self._address(file), store_target=target)

    def withdraw(self, listing: Listing, photo_id: str) -> None:
        """Take the product out of its file, of which S3 keeps the earlier version for 30 days."""
        self._change(*_place(listing), lambda _: None)

    def put_back(self, listing: Listing, photo_id: str, fields: dict[FieldName, object]) -> None:
        """Give fields of the product what they had, and take the photo's image out.

        A product without any image is taken out with its last one.
        """

        def back(line: Line | None) -> Line | None:
            images = line.images if line else ()
            others = tuple(image for image in images if not image.is_of(photo_id))
            if line is None or not others:
                return None
            values: dict[str, Any] = {name: fields[name] for name in fields if name != "alt_text"}
            return replace(line, fields=line.fields.model_copy(update=values), images=others)

        self._change(*_place(listing), back)

    def check(self) -> list[str]:
        """Whether the bucket may be read; there is no key."""
        self._read("check.csv")
        return [f"The files lie in s3://{self._bucket}, which may be read. They need no key."]

    def _file_of(self, product: Product) -> str:
        return f"{self._layout.name}-{product.approved_on}.csv"

    def _address(self, file: str) -> str:
        return f"s3://{self._bucket}/{file}"

    def _found(self, file: str, key: str, photo_id: str) -> Found | None:
        lines, _ = self._read(file)
        line = next((line for line in lines if line.key == key), None)
        if line is None:
            return None
        own = [image for image in line.images if image.is_of(photo_id)]
        alt_text = own[0].alt_text if own else ""
        fields = line.fields.model_copy(update={"alt_text": alt_text})
        others = len(line.images) - len(own)
        return Found(f"{file}#{key}", self._address(file), fields, others)

    def _change(self, file: str, key: str, change: Callable[[Line | None], Line | None]) -> None:
        """Change one product of a file, which others may change at the same moment."""
        for _ in range(_TRIES):
            lines, etag = self._read(file)
            old = next((line for line in lines if line.key == key), None)
            new = change(old)
            if new == old or self._wrote(file, _with(lines, old, new), etag):
                return
        raise StoreUnavailableError(f"{file} was written by too many at the same moment")

    def _read(self, file: str) -> tuple[list[Line], str | None]:
        """The products in a file and its ETag; no products and None where there is no file."""
        s3 = client("s3")
        try:
            answer = s3.get_object(Bucket=self._bucket, Key=file)
        except s3.exceptions.NoSuchKey:
            return [], None
        try:
            lines = self._lines(answer["Body"].read().decode("utf-8"))
        except (ValueError, LookupError) as error:
            raise StoreRefusedUsError(
                f"{self._address(file)} is not as we wrote it: give the changed file another name"
            ) from error
        return lines, str(answer["ETag"])

    def _lines(self, text: str) -> list[Line]:
        """Raises ValueError or LookupError for a file that is not ours."""
        rows = csv.DictReader(io.StringIO(text, newline=""))
        if tuple(rows.fieldnames or ()) != self._layout.columns:
            raise ValueError("other columns")
        return self._layout.lines(list(rows))

    def _wrote(self, file: str, lines: list[Line], etag: str | None) -> bool:
        """Whether the file was still as it was read, and is written now."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self._layout.columns, lineterminator="\r\n")
        writer.writeheader()
        for line in lines:
            writer.writerows(self._layout.rows(line))
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            client("s3").put_object(
                Bucket=self._bucket,
                Key=file,
                Body=text.getvalue().encode("utf-8"),
                ContentType="text/csv; charset=utf-8",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _WRITTEN_MEANWHILE:
                return False
            raise
        return True


def _place(listing: Listing) -> tuple[str, str]:
    """The file and the key in it."""
    file, _, key = listing.id.partition("#")
    return file, key


def _with(lines: list[Line], old: Line | None, new: Line | None) -> list[Line]:
    """The lines with one changed, added or taken out."""
    if old is None:
        return [*lines, *([new] if new else [])]
    return [each for line in lines if (each := new if line is old else line)]


def _written(line: Line, product: Product, names: list[FieldName]) -> Line:
    """A product with these fields, and with the photo's image; its address stays what it was."""
    values: dict[str, Any] = {
        name: getattr(product.fields, name) for name in names if name != "alt_text"
    }
    images = list(line.images)
    alt_text = product.fields.alt_text
    own = [number for number, image in enumerate(images) if image.is_of(product.photo_id)]
    if not own:
        images.append(Image(product.picture_url(), alt_text))
    elif "alt_text" in names:
        images[own[0]] = replace(images[own[0]], alt_text=alt_text)
    return replace(line, fields=line.fields.model_copy(update=values), images=tuple(images))


def _split(cell: str) -> list[str]:
    r"""The names in a list; `\,` is a comma within one."""
    names = cell.replace(r"\,", "\0").split(",")
    return [name.replace("\0", ",").strip() for name in names if name.strip()]


def _comma_free(name: str) -> str:
    return name.replace(",", r"\,")


def _bar_free(text: str) -> str:
    return text.replace("|", "/")
