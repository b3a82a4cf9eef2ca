"""A folder on disk that plays a folder in Google Drive.

Its files have ids that stay: over a rename, a change of their content, a deletion (the trash) and a
return, and over restarts. A symbolic link within the folder plays a shortcut, `style.gdoc` a Google
Doc named "style" (its text is Markdown), and `style.gsheet` a Google Sheet (its text is CSV).
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "application/vnd.google-apps.folder"
SHORTCUT: Final = "application/vnd.google-apps.shortcut"
DOC: Final = "application/vnd.google-apps.document"
SHEET: Final = "application/vnd.google-apps.spreadsheet"

_NATIVE = {".gdoc": DOC, ".gsheet": SHEET}
_MIME_TYPES = {
    ".avif": "image/avif",
    ".heic": "image/heif",
    ".heif": "image/heif",
    ".webp": "image/webp",
    ".md": "text/markdown",
    ".yaml": "application/x-yaml",
    ".yml": "application/x-yaml",
}
_BLOCK = 1 << 20


class DriveFolder:
    """The files of one folder as Drive would list them, and the log of their changes.

    A file is seen once nothing was written to it for `settle_seconds`, as Drive shows whole files
    only. `notes` is the file that keeps the ids.
    """

    def __init__(self, folder: Path, notes: Path, *, settle_seconds: float = 0) -> None:
        self._folder = folder.resolve()
        self._notes = notes
        self._settle_seconds = settle_seconds
        self._lock = threading.Lock()
        known = json.loads(notes.read_text()) if notes.exists() else {}
        self.root: str = known.get("root") or _new_id()
        self._items: dict[str, dict[str, Any]] = known.get("items", {})
        self._changes: list[str] = known.get("changes", [])
        self._by_path: dict[str, str] = {}
        self._index()

    def look(self) -> int:
        """Look at the disk, and answer how many changes there ever were."""
        with self._lock:
            changed = self._changed()
            if changed or not self._notes.exists():
                self._changes += changed
                self._keep()
            return len(self._changes)

    def changes(self, first: int) -> list[str]:
        """The ids of what changed from that number on, each where it changed last."""
        newest = {name: number for number, name in enumerate(self._changes)}
        return [
            name
            for number, name in enumerate(self._changes[first:], first)
            if newest[name] == number
        ]

    def number_of(self, file_id: str, first: int) -> int:
        """The number of a file's last change, from that one on."""
        return len(self._changes) - 1 - self._changes[first:][::-1].index(file_id)

    def resources(self) -> Iterator[dict[str, Any]]:
        """Every file that there ever was, as Drive's API has it, but for the folder itself."""
        for name in list(self._items):
            yield self.resource(name)

    def knows(self, file_id: str) -> bool:
        """Whether there is, or was, such a file."""
        return file_id == self.root or file_id in self._items

    def path(self, file_id: str) -> Path:
        """Where a file's content lies."""
        return self._folder / str(self._items[file_id]["path"])

    def resource(self, file_id: str) -> dict[str, Any]:
        """One file as Drive's API has it."""
        if file_id == self.root:
            folder = {"path": self._folder.name, "mime": FOLDER, "mtime": 0, "trashed": False}
            return _resource(file_id, folder, [])
        item = self._items[file_id]
        return _resource(file_id, item, [self.id_of(str(Path(item["path"]).parent))])

    def id_of(self, path: str) -> str:
        """The id of the file at a path within the folder; "." is the folder itself."""
        return self.root if path == "." else self._by_path[path]

    def _index(self) -> None:
        self._by_path = {item["path"]: name for name, item in self._items.items()}
        for item in self._items.values():
            if item["mime"] == SHORTCUT and item["target"] in self._by_path:
                target = self._by_path[item["target"]]
                item["leads_to"] = [target, self._items[target]["mime"]]

    def _changed(self) -> list[str]:
        """Take in what is on the disk; the ids of the files that Drive would tell a change of."""
        found = dict(self._on_disk())
        gone = {
            _identity(item): name
            for name, item in self._items.items()
            if item["path"] not in found and not item["trashed"]
        }
        touched: dict[str, dict[str, Any]] = {}
        for path, seen in found.items():
            name = self._by_path.get(path) or gone.pop(_identity(seen), None) or _new_id()
            before, now = self._items.get(name, {}), {"path": path, "trashed": False, **seen}
            if any(before.get(key) != value for key, value in now.items()):
                touched[name] = now | {"md5": self._md5(path, now)}
        for name in gone.values():
            touched[name] = self._items[name] | {"trashed": True}
        before_all = {name: self.resource(name) for name in touched if name in self._items}
        self._items |= touched
        self._index()
        return [name for name in touched if before_all.get(name) != self.resource(name)]

    def _on_disk(self) -> Iterator[tuple[str, dict[str, Any]]]:
        folders = [""]
        while folders:
            folder = folders.pop()
            with os.scandir(self._folder / folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    told = None if entry.name.startswith(".") else self._told(entry)
                    if told is None:
                        continue
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    yield path, told
                    if told["mime"] == FOLDER:
                        folders.append(path)

    def _told(self, entry: os.DirEntry[str]) -> dict[str, Any] | None:
        try:
            status = entry.stat()
        except OSError:
            return None  # gone in this very moment, or a link to nowhere
        if entry.is_symlink():
            target = Path(entry.path).resolve()
            if not target.is_relative_to(self._folder):
                return None
            inside, inode = str(target.relative_to(self._folder)), entry.inode()
            return {"mime": SHORTCUT, "inode": inode, "target": inside, "mtime": 0}
        if entry.is_dir():
            return {"mime": FOLDER, "inode": status.st_ino, "mtime": 0}
        if abs(time.time() - status.st_mtime) < self._settle_seconds:
            return None
        return {
            "mime": _mime_type(entry.name),
            "inode": status.st_ino,
            "mtime": status.st_mtime_ns,
            "size": status.st_size,
        }

    def _md5(self, path: str, item: dict[str, Any]) -> str | None:
        if "size" not in item or item["mime"] in _NATIVE.values():
            return None
        digest = hashlib.md5(usedforsecurity=False)
        with (self._folder / path).open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _keep(self) -> None:
        new = self._notes.with_suffix(".new")
        known = {"root": self.root, "items": self._items, "changes": self._changes}
        new.write_text(json.dumps(known))
        new.replace(self._notes)


def _resource(file_id: str, item: dict[str, Any], parents: list[str]) -> dict[str, Any]:
    path, native = Path(item["path"]), item["mime"] in _NATIVE.values()
    modified = datetime.fromtimestamp(item["mtime"] / 1e9, UTC)
    file = {
        "kind": "drive#file",
        "id": file_id,
        "name": path.stem if native else path.name,
        "mimeType": item["mime"],
        "parents": parents,
        "trashed": item["trashed"],
        "modifiedTime": f"{modified:%Y-%m-%dT%H:%M:%S}.{modified.microsecond // 1000:03}Z",
    }
    if item.get("md5"):
        file |= {"md5Checksum": item["md5"], "size": str(item["size"])}
    if "leads_to" in item:
        target, mime_type = item["leads_to"]
        file["shortcutDetails"] = {"targetId": target, "targetMimeType": mime_type}
    return file


def _identity(item: dict[str, Any]) -> tuple[Any, ...]:
    """What stays when a file is moved."""
    return item["inode"], item["mtime"], item.get("size"), item.get("target")


@cache
def _mime_type(name: str) -> str:
    suffix = Path(name).suffix.lower()
    known = _NATIVE.get(suffix) or _MIME_TYPES.get(suffix)
    return known or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _new_id() -> str:
    return f"1{secrets.token_urlsafe(24)}"
