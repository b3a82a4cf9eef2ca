"""The files of the watched folder: all of them, or those that changed."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from drive_sync.drive import FOLDER, SHORTCUT, Drive, DriveFile, FileChange
from drive_sync.errors import DriveFolderError, NotInDriveError
from drive_sync.photos import joined
from drive_sync.state import State

_FOLDERS_AT_ONCE = 40


class Found(NamedTuple):
    """A file, and the path of its folder below the watched one; that one's own is empty."""

    file: DriveFile
    path: str


class Listing:
    """The whole folder as it is now. `folders` and `shortcuts` are complete once `files` ended."""

    def __init__(self, drive: Drive, folder_id: str, *, subfolders: bool) -> None:
        """Asks for the folder itself. Raises DriveFolderError where it cannot be watched."""
        self._drive = drive
        self._root = _watched(drive, folder_id)
        self._subfolders = subfolders
        self.drive_id = self._root.drive_id
        self.page_token = drive.start_token(self.drive_id)
        """Of before the listing, so that no change falls in between."""
        self.folders = {self._root.file_id: ""}
        self.shortcuts: dict[str, str] = {}

    def files(self) -> Iterator[Found]:
        """Everything in it but the folders that are looked into themselves."""
        level = [self._root]
        while level:
            below: list[DriveFile] = []
            for folder_ids, drive_id in _together(level):
                for item in self._drive.children(folder_ids, drive_id):
                    yield from self._seen(item, below)
            level = below

    def _seen(self, item: DriveFile, below: list[DriveFile]) -> Iterator[Found]:
        path = next((self.folders[name] for name in item.parents if name in self.folders), "")
        file = behind(self._drive, item)
        if file.mime_type == FOLDER and self._subfolders:
            if file.file_id not in self.folders:
                self.folders[file.file_id] = joined(path, item.name)
                below.append(file)
            return
        if item.leads_to:
            self.shortcuts[item.leads_to.file_id] = path
        if not file.trashed:
            yield Found(file, path)


def changed_files(drive: Drive, state: State, changes: list[FileChange]) -> list[Found] | None:
    """The files among some changes; None where folders changed, so that all must be listed."""
    found = []
    for change in changes:
        file = change.file
        if change.file_id in state.folders:
            if file is None or file.trashed or not _is_where_it_was(file, state):
                return None
            continue
        path = _path_of(file, state) if file else None
        if file is None or file.trashed or path is None:
            continue
        target = behind(drive, file)
        if target.mime_type == FOLDER and state.subfolders:
            return None
        if file.leads_to:
            state.shortcuts[file.leads_to.file_id] = path
        if not target.trashed:
            found.append(Found(target, path))
    return found


def behind(drive: Drive, item: DriveFile) -> DriveFile:
    """What a shortcut leads to, or the shortcut itself where that is nowhere; any other item."""
    if item.mime_type != SHORTCUT or item.leads_to is None:
        return item
    try:
        return drive.file(item.leads_to.file_id)
    except NotInDriveError:
        return item


def _watched(drive: Drive, folder_id: str) -> DriveFile:
    try:
        folder = behind(drive, drive.file(folder_id))
    except NotInDriveError as error:
        raise DriveFolderError(
            f"Drive shows no folder {folder_id} to {drive.email}: share the folder with that "
            "address (Viewer is enough), or mend the parameter DriveFolder"
        ) from error
    if folder.mime_type != FOLDER:
        raise DriveFolderError(f"{folder_id} is no folder: mend the parameter DriveFolder")
    if folder.trashed:
        raise DriveFolderError(f"the folder {folder_id} is in Drive's trash: take it out again")
    return folder


def _together(folders: list[DriveFile]) -> Iterator[tuple[Sequence[str], str | None]]:
    """Folders that one question is asked of, with the drive that they are in."""

    def drive_of(folder: DriveFile) -> str:
        return folder.drive_id or ""

    for drive_id, group in groupby(sorted(folders, key=drive_of), key=drive_of):
        ids = [folder.file_id for folder in group]
        for first in range(0, len(ids), _FOLDERS_AT_ONCE):
            yield ids[first : first + _FOLDERS_AT_ONCE], drive_id or None


def _path_of(file: DriveFile, state: State) -> str | None:
    paths = [state.folders[name] for name in file.parents if name in state.folders]
    return paths[0] if paths else state.shortcuts.get(file.file_id)


def _is_where_it_was(folder: DriveFile, state: State) -> bool:
    path = state.folders[folder.file_id]
    parents = [state.folders[name] for name in folder.parents if name in state.folders]
    return not path or path in [joined(parent, folder.name) for parent in parents]
