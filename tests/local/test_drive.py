"""The server that plays Google Drive, asked by Google's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from photo_tagger.google import ServiceAccount
from photo_tagger_local.google.accounts import Accounts
from photo_tagger_local.google.drive import DriveServer
from photo_tagger_local.google.drive_folder import DriveFolder
from photo_tagger_local.web import WebServer


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def folder(tmp_path: Path) -> DriveFolder:
    shop = tmp_path / "shop"
    shop.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg", "notes.gdoc"):
        (shop / name).write_bytes(name.encode())
    return DriveFolder(shop, tmp_path / "ids.json")


@pytest.fixture
def drive(folder: DriveFolder, accounts: Accounts) -> Iterator[Any]:
    web = WebServer(DriveServer(folder, accounts).app(), 0)
    web.start()
    key_file = accounts.key_file(f"http://127.0.0.1:{web.port}")
    yield ServiceAccount(key_file, "secret").service("drive", "drive.readonly")
    web.stop()


def refused(request: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as told:
        request.execute()
    return told.value.status_code, str(told.value.reason)


def test_a_list_comes_in_pages_of_the_fields_asked_for(drive: Any, folder: DriveFolder) -> None:
    asked = {"q": f"'{folder.root}' in parents and trashed = false", "pageSize": 3}
    first = drive.files().list(**asked, fields="nextPageToken,files(name,size)").execute()
    token = first["nextPageToken"]
    second = drive.files().list(**asked, pageToken=token, fields="files/name").execute()
    names = [file["name"] for page in (first, second) for file in page["files"]]
    assert sorted(names) == ["a.jpg", "b.jpg", "c.jpg", "notes"]
    assert second.keys() == {"files"}
    assert {frozenset(file) for file in first["files"]} <= {
        frozenset({"name", "size"}),
        frozenset({"name"}),
    }
    shown = drive.files().list(q="trashed = false").execute()["files"][0]
    assert shown.keys() == {"kind", "id", "name", "mimeType"}


def test_what_google_would_refuse_is_refused(drive: Any, folder: DriveFolder) -> None:
    files = drive.files()
    assert refused(files.list(fields="files(nmae)")) == (400, "Invalid field selection nmae")
    assert refused(files.list(q="name like 'a'")) == (400, "Invalid Value")
    token = files.list(pageSize=1).execute()["nextPageToken"]
    assert refused(files.list(q="trashed = false", pageToken=token)) == (400, "Invalid Value")
    assert refused(files.get(fileId="1x")) == (404, "File not found: 1x.")
    assert refused(drive.changes().list(pageToken="999")) == (400, "Invalid Value")
    notes, photo = folder.id_of("notes.gdoc"), folder.id_of("a.jpg")
    assert refused(files.get_media(fileId=notes))[0] == 403
    assert refused(files.export(fileId=photo, mimeType="text/csv"))[0] == 403
    assert refused(files.export(fileId=notes, mimeType="text/csv"))[0] == 400


def test_another_scope_does_not_do(folder: DriveFolder, accounts: Accounts) -> None:
    web = WebServer(DriveServer(folder, accounts).app(), 0)
    web.start()
    account = ServiceAccount(accounts.key_file(f"http://127.0.0.1:{web.port}"), "secret")
    assert refused(account.service("drive", "spreadsheets").files().list())[0] == 403
    web.stop()


def test_the_feed_tells_of_what_changed_since(drive: Any, folder: DriveFolder) -> None:
    token = drive.changes().getStartPageToken().execute()["startPageToken"]
    assert drive.changes().list(pageToken=token).execute()["changes"] == []
    shop = folder.path(folder.id_of("a.jpg")).parent
    (shop / "a.jpg").rename(shop / "new.jpg")
    (shop / "b.jpg").unlink()
    (shop / "d.jpg").write_bytes(b"d")
    fields = "newStartPageToken,changes(file(id,name,trashed))"
    told = drive.changes().list(pageToken=token, fields=fields).execute()
    changed = {change["file"]["name"]: change["file"]["trashed"] for change in told["changes"]}
    assert changed == {"new.jpg": False, "b.jpg": True, "d.jpg": False}
    later = drive.changes().list(pageToken=told["newStartPageToken"]).execute()
    assert later["changes"] == []


def test_ids_stay_over_a_restart(folder: DriveFolder, tmp_path: Path) -> None:
    folder.look()
    ids = {file["name"]: file["id"] for file in folder.resources()}
    again = DriveFolder(tmp_path / "shop", tmp_path / "ids.json")
    (tmp_path / "shop" / "e.jpg").write_bytes(b"e")
    assert again.look() == len(ids) + 1
    assert again.root == folder.root
    assert {file["name"]: file["id"] for file in again.resources()}.items() >= ids.items()


def test_a_file_that_is_still_being_written_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.jpg").write_bytes(b"half of it")
    folder = DriveFolder(tmp_path / "shop", tmp_path / "ids.json", settle_seconds=60)
    assert folder.look() == 0
