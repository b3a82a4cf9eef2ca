"""A folder on this computer that plays the shop's Google Drive folder."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from photo_tagger_local.google.accounts import Accounts
from photo_tagger_local.google.drive import DriveServer
from photo_tagger_local.google.drive_folder import DriveFolder
from photo_tagger_local.ports import HOST
from photo_tagger_local.web import WebServer

_LOOK_SECONDS = 2.0
_SETTLE_SECONDS = 1.0
_STOP_SECONDS = 10.0

_log = logging.getLogger(__name__)


class DriveLane:
    """The server that plays Drive for a folder, and what wakes drive_sync when something changed.

    In AWS a schedule does that every five minutes.
    """

    def __init__(self, folder: Path, state: Path) -> None:
        self._folder = DriveFolder(folder, state / "drive.json", settle_seconds=_SETTLE_SECONDS)
        self._server = DriveServer(self._folder, Accounts())
        self._root = ""
        self._ends = threading.Event()

    def parameters(self) -> dict[str, str]:
        """The template's parameters for this folder."""
        return {"DriveFolder": self._folder.root}

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """While this lasts, Drive answers, on a free port."""
        web = WebServer(self._server.app(), 0)
        web.start()
        self._root = f"http://{HOST}:{web.port}"
        try:
            yield
        finally:
            web.stop()

    def key_file(self) -> str:
        """The service account's key file, which leads to this server while it is served."""
        return self._server.accounts.key_file(self._root)

    @contextlib.contextmanager
    def watched(self, functions: Any) -> Iterator[None]:
        """While this lasts, drive_sync runs at the start and whenever something changed.

        `functions` is the Lambda client.
        """
        thread = threading.Thread(target=self._watch, args=(functions,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            thread.join(_STOP_SECONDS)

    def _watch(self, functions: Any) -> None:
        done = -1
        while not self._ends.is_set():
            changes = self._folder.look()
            if changes != done and self._synced(functions):
                done = changes
            self._ends.wait(_LOOK_SECONDS)

    def _synced(self, functions: Any) -> bool:
        """Whether a run got through all there was; one that failed is tried at the next change."""
        answer = functions.invoke(FunctionName="pt-drive-sync", Payload="{}")
        told = json.load(answer["Payload"])
        if "FunctionError" in answer:
            _log.error("Drive: %s", told.get("errorMessage"))
            return True
        return bool(told["finished"])
