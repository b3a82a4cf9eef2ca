"""Which product of the store a photo belongs to, and what of it may be written."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from photo_tagger.domain.draft import FIELD_NAMES, Draft, FieldName, differing
from photo_tagger.domain.ids import slug
from photo_tagger.domain.photo import PhotoRecord

KeyKind = Literal["photo", "sku", "handle"]
NamedIn = Literal["file", "folder"]

_LONGEST_HANDLE = 255
"""Characters that Shopify takes; WordPress takes 200, of a name that no file system has."""

_DRIVE_FOLDERS = 2
"""`drive/<file id>/` stands before the path that a file has in Drive."""


@dataclass(frozen=True)
class ProductKey:
    """What a product goes by: its SKU, its handle, or the photo it was made for."""

    kind: KeyKind
    value: str


def product_key(record: PhotoRecord, kind: KeyKind, named_in: NamedIn) -> ProductKey:
    """The product that a photo's name tells of; a product of its own where it tells of none.

    In a file's name the product is all before two underscores: `MUG-01__back.jpg` and `MUG-01.jpg`
    are photos of `MUG-01`. A folder's name is the product as it stands. Handles are slugs.
    """
    name = _file_names(record) if named_in == "file" else _folder_names(record)
    if kind == "handle":
        name = slug(name, longest=_LONGEST_HANDLE)
    if kind == "photo" or not name:
        return ProductKey("photo", record.photo_id)
    return ProductKey(kind, name)


def _file_names(record: PhotoRecord) -> str:
    return PurePosixPath(record.file_name).stem.partition("__")[0].strip()


def _folder_names(record: PhotoRecord) -> str:
    folders = PurePosixPath(record.source.key).parts[:-1]
    if folders[:1] == ("drive",):
        folders = folders[_DRIVE_FOLDERS:]
    return folders[-1].strip() if folders else ""


def fields_to_write(approved: Draft, there: Draft | None, *, overwrite: bool) -> list[FieldName]:
    """The fields that may be written, of a product that says `there`; None: there is no product.

    What somebody wrote into the store stays: only empty fields are filled, unless the shop wants
    its products overwritten. What says the same already is not written again.
    """
    if there is None:
        return list(FIELD_NAMES)
    return [name for name in differing(approved, there) if overwrite or not getattr(there, name)]


def still_ours(written: list[FieldName], ours: Draft, there: Draft) -> list[FieldName]:
    """Of the fields that we wrote, those that nobody has changed since."""
    changed = differing(ours, there)
    return [name for name in written if name not in changed]
