"""drive_sync: Google's own client over HTTP, a server that plays Drive, and moto's S3."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import googleapiclient.http
import pytest

from drive_sync import handler, photos
from drive_sync.drive import DriveFile
from drive_sync.errors import (
    AnotherRunError,
    DriveBusyError,
    DriveDownError,
    DriveFolderError,
    DriveKeyRefusedError,
    DriveRefusedError,
)
from drive_sync.state import State, StateFile
from photo_tagger.clock import on_record
from photo_tagger.domain.ids import photo_id
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger.google import GoogleKeyError
from photo_tagger_local.google import drive as drive_server
from photo_tagger_local.google.accounts import EMAIL, Accounts, api_error
from photo_tagger_local.google.drive import DriveServer, busy, down
from photo_tagger_local.google.drive_folder import DriveFolder
from photo_tagger_local.web import WebServer

JPEG = b"\xff\xd8 not much of a photo "
MD5 = hashlib.md5(JPEG, usedforsecurity=False).hexdigest()
NOTHING = {"copied": 0, "named": 0, "finished": True}


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts()


class Lane:
    """The shop's Drive, of which the folder `photos` is watched, and what came of it on AWS."""

    def __init__(self, aws: Any, folder: Path, server: DriveServer) -> None:
        self.aws = aws
        self.photos = folder / "photos"
        self.server = server
        self.subfolders = "off"
        self.settings: dict[str, str] = {}

    def put(self, name: str, content: bytes = JPEG, *, to: str = "photos") -> str:
        """Put a file into Drive; its id."""
        path = self.photos.parent / to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return self.id_of(f"{to}/{name}")

    def id_of(self, path: str) -> str:
        self.server.folder.look()
        return self.server.folder.id_of(path)

    def run(self) -> dict[str, Any]:
        """One run; what it reports."""
        settings = {
            "DRIVE_FOLDER": self.id_of("photos"),
            "DRIVE_SUBFOLDERS": self.subfolders,
            **self.settings,
        }
        given = self.aws.environment
        self.aws.environment = lambda function: given(function) | settings
        try:
            report: dict[str, Any] = self.aws.call("DriveSync", {})
        finally:
            self.aws.environment = given
        return report

    def copied(self) -> int:
        """How many files one run copied; it must have finished."""
        report = self.run()
        assert report["finished"]
        return int(report["copied"])

    def versions(self) -> dict[str, list[bytes]]:
        """What was ever put into the drop bucket, oldest first, by key without its file id."""
        found: dict[str, list[bytes]] = {}
        for key, _, content in reversed(self.aws.objects(self.aws.drop_bucket)):
            found.setdefault(re.sub("^drive/[^/]+/", "", key), []).append(content)
        return found

    def keys(self) -> set[str]:
        return {key for key, _, _ in self.aws.objects(self.aws.drop_bucket)}

    def state(self) -> dict[str, Any]:
        body = self.aws.s3.get_object(Bucket=self.aws.rules_bucket, Key="sync/drive.json")["Body"]
        state: dict[str, Any] = json.loads(gzip.decompress(body.read()))
        return state

    def change_state(self, **values: Any) -> None:
        body = gzip.compress(json.dumps(self.state() | values).encode())
        self.aws.s3.put_object(Bucket=self.aws.rules_bucket, Key="sync/drive.json", Body=body)

    def named(self) -> list[tuple[str, str]]:
        """The files that the audit trail calls not taken, with the reason."""
        rows = [row for row in self.aws.rows("AuditTable") if row["action"] == "not_taken"]
        return sorted((row["after"]["name"], row["after"]["reason"]) for row in rows)

    def calls(self) -> dict[str, int]:
        """The calls to Drive since last asked."""
        calls = dict(self.server.calls)
        self.server.calls.clear()
        return calls

    def at_first(self, call: str, do: Callable[[], Any]) -> None:
        """Do something while the next call of a kind is under way."""
        waiting = [do]

        def before(name: str, _: Any) -> None:
            if name == call and waiting:
                waiting.pop()()

        self.server.before = before

    def key_file(self, text: str) -> None:
        secrets = self.aws.client("secretsmanager")
        secrets.put_secret_value(SecretId="pt/drive/sa", SecretString=text)

    def told(self) -> list[str]:
        return [str(message["Message"]) for message in self.aws.told_to_the_admin()]


@pytest.fixture
def lane(
    aws: Any, tmp_path: Path, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lane]:
    no_waiting = SimpleNamespace(random=lambda: 0)
    monkeypatch.setattr(googleapiclient.http, "random", no_waiting)
    monkeypatch.setattr(accounts, "revoked", False)
    folder = tmp_path / "drive"
    (folder / "photos").mkdir(parents=True)
    server = DriveServer(DriveFolder(folder, tmp_path / "ids.json"), accounts)
    web = WebServer(server.app(), 0)
    web.start()
    lane = Lane(aws, folder, server)
    lane.key_file(accounts.key_file(f"http://127.0.0.1:{web.port}"))
    yield lane
    web.stop()


class TestCopying:
    def test_new_photos_are_copied_with_what_they_are(self, lane: Lane) -> None:
        file_id = lane.put("Sofa, weiß (1).JPG")
        lane.put("chair.png", b"chair")
        assert lane.copied() == 2
        assert lane.versions() == {"Sofa, weiß (1).JPG": [JPEG], "chair.png": [b"chair"]}
        described = lane.aws.s3.head_object(
            Bucket=lane.aws.drop_bucket, Key=f"drive/{file_id}/Sofa, weiß (1).JPG"
        )
        assert described["Metadata"] == {"drive-id": file_id, "drive-md5": MD5}
        assert described["ContentType"] == "image/jpeg"

    def test_an_idle_run_asks_drive_once_and_writes_nothing(self, lane: Lane, boto: Any) -> None:
        lane.put("sofa.jpg")
        assert lane.copied() == 1
        lane.calls()
        boto.calls.clear()
        assert lane.run() == NOTHING
        assert lane.calls() == {"changes.list": 1}
        assert boto.names() == ["GetObject", "GetSecretValue"]

    def test_what_comes_later_comes_from_the_change_feed(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        lane.run()
        lane.calls()
        lane.put("chair.jpg", b"chair")
        lane.put("letter.jpg", b"elsewhere", to="other")
        assert lane.copied() == 1
        assert lane.calls() == {"changes.list": 1, "files.media": 1}
        assert set(lane.versions()) == {"sofa.jpg", "chair.jpg"}

    def test_once_a_day_the_folder_is_listed(self, lane: Lane) -> None:
        lane.run()
        lane.change_state(listed_at=on_record(datetime.now(UTC) - timedelta(hours=25)))
        lane.calls()
        lane.run()
        assert lane.calls() == {
            "files.get": 1,
            "changes.getStartPageToken": 1,
            "files.list": 1,
        }

    def test_a_feed_that_is_lost_is_begun_anew(self, lane: Lane) -> None:
        lane.run()
        lane.put("sofa.jpg")
        lane.change_state(page_token="999999")
        assert lane.copied() == 1

    def test_every_page_is_read(self, lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(drive_server, "_MOST", 3)
        for number in range(8):
            lane.put(f"a{number}.jpg", b"%d" % number)
        assert lane.copied() == 8
        assert lane.calls()["files.list"] == 3
        for number in range(7):
            lane.put(f"b{number}.jpg", b"new %d" % number)
        assert lane.copied() == 7
        assert lane.calls() == {"changes.list": 3, "files.media": 7}

    def test_a_large_file_goes_part_by_part(self, lane: Lane, boto: Any) -> None:
        content = bytes(range(256)) * (17 * 4096)
        lane.put("poster.tiff", content)
        assert lane.copied() == 1
        assert lane.versions() == {"poster.tiff": [content]}
        sizes = [part["Body"].getbuffer().nbytes for part in boto.of("UploadPart")]
        assert sizes == [2**23, 2**23, 2**20]

    def test_a_key_is_safe_and_ends_as_the_drop_bucket_wants(self, lane: Lane) -> None:
        wanted = {
            "IMG_1.Jpg": "IMG_1.Jpg.jpg",
            "a\\b\nc\u2028.jpg": "a_b_c_.jpg",
            "  . .png": "photo.png",
            "x" * 240 + ".jpg": "x" * 200 + ".jpg",
            "日" * 80 + ".webp": "日" * 66 + ".webp",
        }
        for name in wanted:
            lane.put(name, name.encode())
        assert lane.copied() == len(wanted)
        assert lane.versions() == {key: [name.encode()] for name, key in wanted.items()}

    def test_a_name_without_a_suffix_gets_that_of_its_type(self) -> None:
        described = {"id": "1a", "name": "a/b", "mimeType": "image/heif", "md5Checksum": "0"}
        file = DriveFile.model_validate(described)
        assert photos.key_of(file, "Chairs/Oak") == "drive/1a/Chairs/Oak/a_b.heif"

    def test_a_folder_in_a_shared_drive(self, lane: Lane) -> None:
        lane.server.drive_id = "0Ashared"
        lane.put("sofa.jpg")
        assert lane.copied() == 1
        lane.put("chair.jpg", b"chair")
        lane.calls()
        assert lane.copied() == 1
        assert lane.calls() == {"changes.list": 1, "files.media": 1}

    def test_the_folders_address_will_do(self, lane: Lane) -> None:
        folder = lane.id_of("photos")
        for number, address in enumerate(
            (
                "https://drive.google.com/drive/folders/{}",
                "https://drive.google.com/drive/u/0/folders/{}?usp=sharing",
                "https://drive.google.com/open?id={}&authuser=0",
            )
        ):
            lane.settings["DRIVE_FOLDER"] = address.format(folder)
            lane.put(f"{number}.jpg", b"%d" % number)
            assert lane.copied() == 1
        lane.settings["DRIVE_FOLDER"] = "the photos"
        with pytest.raises(DriveFolderError, match="neither a folder's id nor its address"):
            lane.run()


class TestOnce:
    def test_a_rename_changes_nothing(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        lane.run()
        (lane.photos / "sofa.jpg").rename(lane.photos / "Sofa 2.jpg")
        assert lane.run() == NOTHING
        assert lane.versions() == {"sofa.jpg": [JPEG]}

    def test_neither_do_trash_and_restore(self, lane: Lane) -> None:
        file_id = lane.put("sofa.jpg")
        lane.run()
        (lane.photos / "sofa.jpg").unlink()
        assert lane.run() == NOTHING
        assert lane.put("sofa.jpg") == file_id
        assert lane.run() == NOTHING
        assert lane.versions() == {"sofa.jpg": [JPEG]}

    def test_new_content_is_a_new_version_at_its_place(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        lane.run()
        lane.put("sofa.jpg", b"better")
        assert lane.copied() == 1
        assert lane.versions() == {"sofa.jpg": [JPEG, b"better"]}

    def test_a_file_that_is_replaced_while_it_is_read(self, lane: Lane) -> None:
        lane.put("sofa.jpg", b"old" * 2**22)

        def between_two_chunks(call: str, _: Any) -> None:
            if call == "files.media" and lane.server.calls[call] == 2:
                lane.put("sofa.jpg", b"new" * 2**22)

        lane.server.before = between_two_chunks
        assert lane.copied() == 1
        assert lane.versions() == {"sofa.jpg": [b"new" * 2**22]}
        assert lane.run() == NOTHING
        assert not lane.aws.s3.list_multipart_uploads(Bucket=lane.aws.drop_bucket).get("Uploads")

    def test_a_file_that_goes_away_while_it_is_read(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        lane.put("chair.jpg", b"chair")
        lane.at_first("files.media", lambda: lane.server.fail("files.media", gone(), 1))
        assert lane.copied() == 1

    def test_a_run_that_is_killed_between_copy_and_note(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            lane.put(f"{number}.jpg", b"%d" % number)
        killed_at_save(lane, monkeypatch, 2)
        assert len(lane.versions()) == 3
        assert lane.run() == {"copied": 0, "named": 0, "finished": False}, "it may still run"
        lane.change_state(lease_ends="")
        assert lane.run() == NOTHING
        assert sorted(lane.versions().values()) == [[b"0"], [b"1"], [b"2"]]
        assert len(lane.state()["files"]) == 3

    def test_and_renamed_before_the_next_run(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lane.put("sofa.jpg")
        killed_at_save(lane, monkeypatch, 2)
        lane.change_state(lease_ends="")
        (lane.photos / "sofa.jpg").rename(lane.photos / "Sofa 2.jpg")
        assert lane.run() == NOTHING
        assert lane.versions() == {"sofa.jpg": [JPEG]}

    def test_and_the_photo_was_set_aside_in_the_meantime(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file_id = lane.put("sofa.jpg")
        lane.put("chair.jpg", b"chair")
        killed_at_save(lane, monkeypatch, 2)
        set_aside(lane, f"drive/{file_id}/sofa.jpg")
        assert set(lane.versions()) == {"chair.jpg"}
        lane.change_state(lease_ends="")
        assert lane.run() == NOTHING
        assert set(lane.versions()) == {"chair.jpg"}

    def test_a_run_that_is_killed_before_the_copy_loses_nothing(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lane.put("sofa.jpg", b"long" * 2**22)
        with monkeypatch.context() as patched:
            patched.setattr("drive_sync.copies._Upload._complete", killed)
            with pytest.raises(SystemExit):
                lane.run()
        lane.change_state(lease_ends="")
        assert lane.copied() == 1
        assert lane.versions() == {"sofa.jpg": [b"long" * 2**22]}

    def test_of_two_runs_at_once_one_works(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        others = []
        lane.at_first("files.media", lambda: others.append(lane.run()))
        assert lane.copied() == 1
        assert others == [{"copied": 0, "named": 0, "finished": False}]
        assert lane.versions() == {"sofa.jpg": [JPEG]}

    def test_two_runs_that_begin_at_once(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        others: list[dict[str, Any]] = []
        lane.at_first("files.list", lambda: others.append(lane.run()))
        assert lane.run() == {"copied": 0, "named": 0, "finished": False}
        assert others[0]["copied"] == 1
        assert lane.versions() == {"sofa.jpg": [JPEG]}
        assert lane.run() == NOTHING

    def test_a_copy_that_another_made_in_this_moment_is_left(self, lane: Lane) -> None:
        file_id = lane.put("sofa.jpg")
        theirs = {
            "Bucket": lane.aws.drop_bucket,
            "Key": f"drive/{file_id}/sofa.jpg",
            "Body": JPEG,
            "Metadata": {"drive-md5": MD5},
        }
        lane.at_first("files.media", lambda: lane.aws.s3.put_object(**theirs))
        assert lane.copied() == 0
        assert lane.versions() == {"sofa.jpg": [JPEG]}

    def test_notes_of_another_are_never_overwritten(self, aws: Any) -> None:
        first, second = StateFile(aws.rules_bucket), StateFile(aws.rules_bucket)
        ours, theirs = first.load(), second.load()
        theirs.files["1a"] = "md5"
        second.save(theirs)
        ours.files["1b"] = "md5"
        with pytest.raises(AnotherRunError):
            first.save(ours)
        assert StateFile(aws.rules_bucket).load().files == {"1a": "md5"}


class TestFolders:
    def test_without_subfolders_they_are_named(self, lane: Lane) -> None:
        lane.put("sofa.jpg", to="photos/Living room")
        assert lane.run() == {"copied": 0, "named": 1, "finished": True}
        assert lane.named() == [("Living room", "sub_folder")]

    def test_with_subfolders_their_path_is_kept(self, lane: Lane) -> None:
        lane.subfolders = "on"
        lane.put("sofa.jpg", to="photos/Living room/Sofas")
        lane.put("chair.jpg", b"chair")
        assert lane.copied() == 2
        assert set(lane.versions()) == {"Living room/Sofas/sofa.jpg", "chair.jpg"}

    def test_a_new_folder_is_looked_into(self, lane: Lane) -> None:
        lane.subfolders = "on"
        lane.run()
        lane.put("sofa.jpg", to="photos/Sofas")
        assert lane.copied() == 1
        lane.put("other.jpg", b"other", to="photos/Sofas")
        lane.calls()
        assert lane.copied() == 1
        assert lane.calls() == {"changes.list": 1, "files.media": 1}

    def test_a_folder_that_is_moved_keeps_its_photos(self, lane: Lane) -> None:
        lane.subfolders = "on"
        lane.put("sofa.jpg", to="photos/Sofas")
        lane.put("chair.jpg", b"chair", to="photos/Chairs")
        assert lane.copied() == 2
        (lane.photos / "Sofas").rename(lane.photos / "Chairs" / "Old sofas")
        assert lane.run() == NOTHING
        lane.put("new.jpg", b"new", to="photos/Chairs/Old sofas")
        assert lane.copied() == 1
        assert "Chairs/Old sofas/new.jpg" in lane.versions()

    def test_a_shortcut_to_a_photo_stands_for_it(self, lane: Lane) -> None:
        file_id = lane.put("sofa.jpg", to="archive")
        (lane.photos / "link").symlink_to(lane.photos.parent / "archive" / "sofa.jpg")
        (lane.photos / "again").symlink_to(lane.photos.parent / "archive" / "sofa.jpg")
        assert lane.copied() == 1
        assert lane.keys() == {f"drive/{file_id}/sofa.jpg"}
        lane.put("sofa.jpg", b"better", to="archive")
        lane.put("chair.jpg", b"chair", to="archive")
        assert lane.copied() == 1
        assert lane.versions() == {"sofa.jpg": [JPEG, b"better"]}

    def test_a_shortcut_to_a_folder_stands_for_it(self, lane: Lane) -> None:
        lane.subfolders = "on"
        lane.put("sofa.jpg", to="archive/2026")
        lane.run()
        (lane.photos / "Old").symlink_to(lane.photos.parent / "archive")
        (lane.photos.parent / "archive" / "round").symlink_to(lane.photos)
        lane.server.before = lambda *_: down() if sum(lane.server.calls.values()) > 99 else None
        assert lane.copied() == 1
        assert set(lane.versions()) == {"Old/2026/sofa.jpg"}
        lane.put("chair.jpg", b"chair", to="archive/2026")
        assert lane.copied() == 1

    def test_a_shortcut_that_leads_nowhere_is_named(self, lane: Lane) -> None:
        target = lane.put("sofa.jpg", to="archive")
        (lane.photos / "link").symlink_to(lane.photos.parent / "archive" / "sofa.jpg")
        lane.server.before = lambda call, request: (
            gone() if call == "files.get" and request.url.path.endswith(target) else None
        )
        assert lane.run() == {"copied": 0, "named": 1, "finished": True}
        assert lane.named() == [("link", "lost_shortcut")]


class TestNaming:
    def test_what_is_no_photo_is_named_once(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(photos, "MAX_BYTES", 100)
        lane.put("invoice.pdf", b"%PDF")
        lane.put("notes.gdoc", b"# Notes")
        lane.put("huge.jpg", b"x" * 101)
        lane.put("empty.jpg", b"")
        lane.put("fits.jpg", b"x" * 100)
        assert lane.run() == {"copied": 1, "named": 4, "finished": True}
        named = [
            ("empty.jpg", "empty"),
            ("huge.jpg", "too_large"),
            ("invoice.pdf", "no_photo"),
            ("notes", "no_photo"),
        ]
        assert lane.named() == named
        lane.change_state(page_token="")
        assert lane.run() == NOTHING
        lane.put("huge.jpg", b"x" * 50)
        assert lane.copied() == 1
        assert lane.named() == named

    def test_a_file_that_may_not_be_downloaded_is_named(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        said = "This file cannot be downloaded by the user."
        lane.server.fail("files.media", api_error(403, "cannotDownloadFile", said))
        assert lane.run() == {"copied": 0, "named": 1, "finished": True}
        assert lane.named() == [("sofa.jpg", "no_download")]


STYLE_YAML = b"version: '8'\ncategories: [Furniture]\ntags: [sofa]\n"


class TestDocs:
    def in_force(self, lane: Lane, name: str) -> dict[str, Any]:
        answer = lane.aws.s3.get_object(Bucket=lane.aws.rules_bucket, Key=name)
        doc: dict[str, Any] = json.loads(answer["Body"].read())
        return doc

    def test_docs_of_every_kind_are_mirrored(self, lane: Lane) -> None:
        lane.put("Style.yaml", STYLE_YAML)
        lane.put("rules.json", b'{"version": "9", "min_edge_px": 300}')
        assert lane.run() == NOTHING
        assert self.in_force(lane, "style.json")["version"] == "8"
        assert self.in_force(lane, "rules.json")["min_edge_px"] == 300
        lane.put("style.gdoc", b"# Tags\n\n- sofa\n- lamp\n\n# Categories\n\n- Lighting\n")
        lane.put(
            "rules.gsheet", b"setting,value\nbrightness min,40\nbrightness max,250\nsharpness,8.5\n"
        )
        lane.run()
        assert self.in_force(lane, "style.json")["categories"] == ["Lighting"], lane.told()
        assert self.in_force(lane, "rules.json")["sharpness"]["min"] == 8.5
        assert lane.told() == []
        assert lane.named() == []

    def test_a_broken_doc_leaves_the_last_good_one_and_is_told_once(self, lane: Lane) -> None:
        lane.put("style.yaml", STYLE_YAML)
        lane.put("sofa.jpg")
        assert lane.copied() == 1
        lane.put("style.yaml", STYLE_YAML + b"tone: [\n")
        for _ in range(3):
            assert lane.run() == NOTHING
        lane.change_state(page_token="")
        lane.run()
        [told] = lane.told()
        assert "style.yaml" in told
        assert "line 5" in told
        assert "Expected" in told
        assert self.in_force(lane, "style.json")["version"] == "8"
        lane.put("style.yaml", STYLE_YAML + b"tags: nonsense\n")
        lane.run()
        assert len(lane.told()) == 1
        lane.put("style.yaml", STYLE_YAML.replace(b"8", b"9"))
        lane.run()
        assert lane.told() == []
        assert self.in_force(lane, "style.json")["version"] == "9"

    def test_a_doc_that_is_no_text_or_far_too_large_is_told(self, lane: Lane) -> None:
        lane.put("style.md", b"\xff\xd8\xff")
        lane.put("rules.csv", b"x" * (2**20 + 1))
        lane.run()
        assert len(lane.told()) == 2

    def test_a_doc_that_google_does_not_export_is_told(self, lane: Lane) -> None:
        lane.put("style.gdoc", b"# Tags")
        lane.put("sofa.jpg")
        said = "This file is too large to be exported."
        lane.server.fail("files.export", api_error(403, "exportSizeLimitExceeded", said))
        assert lane.copied() == 1
        [told] = lane.told()
        assert "too large to be exported" in told

    def test_of_two_docs_the_one_edited_last_counts(self, lane: Lane) -> None:
        lane.put("style.yaml", STYLE_YAML)
        lane.put("style.json", STYLE_YAML.replace(b"8", b"7"))
        for name, seconds in (("style.yaml", 2_000_000_000), ("style.json", 1_000_000_000)):
            os.utime(lane.photos / name, (seconds, seconds))
        for _ in range(2):
            lane.run()
            assert self.in_force(lane, "style.json")["version"] == "8"
            lane.change_state(page_token="")

    def test_a_doc_in_a_subfolder_is_none(self, lane: Lane) -> None:
        lane.subfolders = "on"
        lane.put("style.yaml", STYLE_YAML, to="photos/Old")
        lane.run()
        assert self.in_force(lane, "style.json")["version"] == "7"
        assert lane.named() == [("style.yaml", "no_photo")]


class TestTime:
    def test_a_run_stops_in_time_and_the_next_goes_on(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(30):
            lane.put(f"{number}.jpg", b"%d" % number)
        with monkeypatch.context() as patched:
            lane.server.before = lambda call, _: (
                patched.setattr(handler, "_MARGIN_MILLISECONDS", 10**9)
                if lane.server.calls["files.media"] == 25
                else None
            )
            report = lane.run()
        lane.server.mend()
        assert report == {"copied": 24, "named": 0, "finished": False}
        assert lane.state()["lease_ends"] == ""
        assert lane.copied() == 6
        assert [len(found) for found in lane.versions().values()] == [1] * 30

    def test_what_was_done_is_saved_every_few_files(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(30):
            lane.put(f"{number}.jpg", b"%d" % number)
        killed_at_save(lane, monkeypatch, 3)
        assert len(lane.state()["files"]) == 20

    def test_a_file_that_takes_a_whole_run_lets_the_others_pass(
        self, lane: Lane, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = sorted(lane.put(f"{number}.jpg", b"%d" % number) for number in range(3))
        with monkeypatch.context() as patched:
            lane.at_first(
                "files.media", lambda: patched.setattr(handler, "_MARGIN_MILLISECONDS", 10**9)
            )
            assert lane.run() == {"copied": 0, "named": 0, "finished": False}
        lane.server.mend()
        assert lane.state()["put_off"] == [ids[0]]
        assert lane.state()["trouble"]["error"] == "passes by itself"
        read = []
        lane.server.before = lambda call, request: (
            read.append(request.path_params["file_id"]) if call == "files.media" else None
        )
        assert lane.copied() == 3
        assert read == [*ids[1:], ids[0]]


class TestTrouble:
    def test_a_folder_that_is_not_shared_says_with_whom_to_share_it(self, lane: Lane) -> None:
        lane.put("sofa.jpg")
        lane.server.shared = False
        for _ in range(3):
            with pytest.raises(DriveFolderError, match="share the folder"):
                lane.run()
        [told] = lane.told()
        assert EMAIL in told
        lane.server.shared = True
        assert lane.copied() == 1
        lane.server.shared = False
        lane.change_state(page_token="")
        with pytest.raises(DriveFolderError):
            lane.run()
        assert len(lane.told()) == 1

    def test_a_key_that_google_does_not_take(self, lane: Lane, accounts: Accounts) -> None:
        accounts.revoked = True
        for _ in range(2):
            with pytest.raises(DriveKeyRefusedError):
                lane.run()
        [told] = lane.told()
        assert "pt/drive/sa" in told
        assert "Make a new key" in told

    def test_a_secret_without_a_key(self, lane: Lane) -> None:
        for text in ("{}", "no JSON", '{"client_email": "a@b"}'):
            lane.key_file(text)
            with pytest.raises(GoogleKeyError):
                lane.run()
        [told] = lane.told()
        assert "pt/drive/sa holds no key" in told

    def test_an_api_that_is_not_enabled_is_told_in_googles_words(self, lane: Lane) -> None:
        said = "Google Drive API has not been used in project 1 before or it is disabled."
        lane.server.fail("files.get", api_error(403, "accessNotConfigured", said))
        with pytest.raises(DriveRefusedError):
            lane.run()
        assert said.rstrip(".") in lane.told()[0]

    @pytest.mark.parametrize("file_or_folder", ["trash", "file"])
    def test_a_folder_that_is_none(self, lane: Lane, file_or_folder: str) -> None:
        lane.put("sofa.jpg")
        lane.run()
        if file_or_folder == "trash":
            folder = lane.id_of("photos")
            lane.photos.rename(lane.photos.parent.parent / "gone")
            lane.server.folder.look()
            lane.settings["DRIVE_FOLDER"] = folder
            lane.photos = lane.photos.parent.parent / "gone"
        else:
            lane.settings["DRIVE_FOLDER"] = lane.id_of("photos/sofa.jpg")
        lane.id_of = lambda _: ""  # type: ignore[method-assign]
        with pytest.raises(DriveFolderError):
            lane.run()

    def test_what_passes_by_itself_is_tried_again_at_once(self, lane: Lane) -> None:
        for number, answer in enumerate((busy(), down(), api_error(429, "rateLimitExceeded", "x"))):
            lane.put(f"{number}.jpg", b"%d" % number)
            lane.server.fail("files.media", answer, 3)
            lane.calls()
            assert lane.copied() == 1
            assert lane.calls()["files.media"] == 4
        assert lane.told() == []

    @pytest.mark.parametrize(
        ("answer", "error", "words"),
        [(busy(), DriveBusyError, "slow down"), (down(), DriveDownError, "does not answer")],
    )
    def test_what_lasts_is_told_after_an_hour(
        self, lane: Lane, answer: Any, error: type[Exception], words: str
    ) -> None:
        lane.put("a.jpg", b"a")
        lane.run()
        lane.put("b.jpg", b"b")
        lane.put("c.jpg", b"c")
        lane.server.fail("files.media", answer)
        assert lane.run() == {"copied": 0, "named": 0, "finished": False}
        assert lane.told() == []
        began = on_record(datetime.now(UTC) - timedelta(minutes=61))
        lane.change_state(trouble=lane.state()["trouble"] | {"began": began})
        for _ in range(2):
            with pytest.raises(error):
                lane.run()
        [told] = lane.told()
        assert words in told
        lane.server.mend()
        assert lane.copied() == 2
        assert lane.state()["trouble"] is None

    def test_one_bad_file_does_not_keep_the_others_back(self, lane: Lane) -> None:
        ids = sorted(lane.put(f"{number}.jpg", b"%d" % number) for number in range(4))
        lane.server.before = lambda call, request: (
            down() if call == "files.media" and request.path_params["file_id"] == ids[1] else None
        )
        assert lane.run()["finished"] is False
        assert lane.run()["copied"] == 2
        assert len(lane.versions()) == 3
        lane.server.mend()
        assert lane.copied() == 1

    def test_a_server_that_is_not_there(self, lane: Lane, accounts: Accounts) -> None:
        lane.key_file(accounts.key_file("http://127.0.0.1:9"))
        assert lane.run() == {"copied": 0, "named": 0, "finished": False}
        assert lane.state()["trouble"]["error"] == "passes by itself"

    def test_no_key_and_no_token_is_logged(self, lane: Lane, accounts: Accounts, log: Any) -> None:
        lane.put("sofa.jpg")
        lane.run()
        accounts.revoked = True
        with pytest.raises(DriveKeyRefusedError):
            lane.run()
        assert "PRIVATE KEY" not in log.text()
        assert "ya29." not in log.text()


def test_the_calls_for_twenty_new_files_among_five_thousand(lane: Lane, boto: Any) -> None:
    """The figures in docs/drive.md."""
    for number in range(5000):
        (lane.photos / f"{number:04}.jpg").write_bytes(b"%d" % number)
    lane.server.folder.look()
    files = lane.server.folder.resources()
    known = {file["id"]: file["md5Checksum"] for file in files if "md5Checksum" in file}
    assert len(known) == 5000
    StateFile(lane.aws.rules_bucket).save(State(folder=lane.id_of("photos"), files=known))
    lane.calls()
    boto.calls.clear()

    assert lane.run() == NOTHING
    assert lane.calls() == {"files.get": 1, "changes.getStartPageToken": 1, "files.list": 5}
    assert Counter(boto.names()) == {"GetObject": 1, "GetSecretValue": 1, "PutObject": 1}

    for number in range(20):
        (lane.photos / f"new {number}.jpg").write_bytes(b"new %d" % number)
    boto.calls.clear()
    assert lane.copied() == 20
    assert lane.calls() == {"changes.list": 1, "files.media": 20}
    calls = Counter(boto.names())
    assert calls == {
        "GetObject": 1,
        "GetSecretValue": 1,
        "ListObjectsV2": 20,
        "PutObject": 20 + 2,
    }

    boto.calls.clear()
    assert lane.run() == NOTHING
    assert lane.calls() == {"changes.list": 1}
    assert Counter(boto.names()) == {"GetObject": 1, "GetSecretValue": 1}


def gone() -> Any:
    return api_error(404, "notFound", "File not found: 1x.")


def killed(*_: Any) -> None:
    raise SystemExit


def killed_at_save(lane: Lane, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A run that ends like a killed one just before it saves its state for that time."""
    save, saves = StateFile.save, [0]

    def count_down(file: StateFile, state: Any) -> None:
        saves[0] += 1
        if saves[0] == number:
            raise SystemExit
        save(file, state)

    with monkeypatch.context() as patched:
        patched.setattr(StateFile, "save", count_down)
        with pytest.raises(SystemExit):
            lane.run()


def set_aside(lane: Lane, key: str) -> None:
    """What the workflow does with a photo that it flags: take it on record, and move it."""
    aws = lane.aws
    version = aws.s3.head_object(Bucket=aws.drop_bucket, Key=key)["VersionId"]
    name = photo_id(aws.drop_bucket, key, version)
    moment = on_record(datetime.now(UTC))
    record = PhotoRecord.model_validate(
        {
            "photo_id": name,
            "source": {"bucket": aws.drop_bucket, "key": key, "version_id": version},
            "file_name": key,
            "size": 1,
            "status": "processing",
            "received_at": moment,
            "updated_at": moment,
        }
    )
    aws.drafts().create(record)
    state = {"gate": {"usable": False, "reasons": ["Too dark."]}}
    aws.call("Flagger", {"step": "FlagPhoto", "photo_id": name, "state": state})
