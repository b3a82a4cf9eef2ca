"""Which files of a folder are taken as photos."""

from __future__ import annotations

from pathlib import Path

from photo_tagger_local.photo_files import photos_in


def test_a_folder_gives_its_photos_and_those_of_its_folders_in_order(tmp_path: Path) -> None:
    # Given photos, other files, and hidden ones
    names = ["b.jpg", "a/z.HEIC", "notes.txt", "odd.Jpg", ".hidden.jpg", ".trash/old.jpg"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    # When the folder is looked into
    found = photos_in(tmp_path)
    # Then the photos are those that the drop bucket would tell of, and the hidden are not there
    assert found.photos == [tmp_path / "a/z.HEIC", tmp_path / "b.jpg"]
    assert found.ignored == [tmp_path / "notes.txt", tmp_path / "odd.Jpg"]


def test_a_hidden_folder_that_is_asked_for_is_looked_into(tmp_path: Path) -> None:
    folder = tmp_path / ".local"
    folder.mkdir()
    (folder / "a.jpg").touch()
    assert photos_in(folder).photos == [folder / "a.jpg"]
