"""One run: what is new in the folder is copied, and what is no photo is named."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from uuid import uuid4

from drive_sync.copies import ChangedMeanwhileError, Copies, OutOfTimeError
from drive_sync.docs import ShopDocs, shop_doc
from drive_sync.drive import Drive, DriveFile
from drive_sync.errors import (
    DriveDownError,
    NoDownloadError,
    NotInDriveError,
    PassesByItselfError,
    SlowFileError,
)
from drive_sync.photos import key_of, reason_against
from drive_sync.state import State, StateFile
from drive_sync.tree import Found, Listing, changed_files
from photo_tagger.aws.audit import AuditTrail
from photo_tagger.clock import now, on_record
from photo_tagger.domain.photo import flagged_key

_LIST_EVERY = timedelta(days=1)
_BATCH = 20
_TRIES = 4


@dataclass
class Report:
    """What a run did; an unfinished one leaves the rest to the next."""

    copied: int = 0
    named: int = 0
    finished: bool = False


class Sync:
    """One run over one folder."""

    def __init__(
        self,
        drive: Drive,
        copies: Copies,
        docs: ShopDocs,
        trail: AuditTrail,
        notes: tuple[StateFile, State],
        has_time: Callable[[], bool],
        lease_ends: str,
        report: Report,
    ) -> None:
        """`report` tells what was done so far, also after an error."""
        self._drive = drive
        self._copies = copies
        self._docs = docs
        self._trail = trail
        self._file, self._state = notes
        self._has_time = has_time
        self._lease_ends = lease_ends
        self._doubts = dict(self._state.in_doubt)
        self._doubtful_from = self._state.doubtful_from
        self._report = report

    def run(self) -> None:
        """Do what there is to do, as far as the time goes, and save the state.

        An idle run asks Drive once and writes nothing. After an error, the state is the caller's
        to save: it has what was done until then.
        """
        state = self._state
        found, after = self._found()
        todo = self._in_order(found)
        while batch := list(islice(todo, _BATCH)):
            self._begin(batch)
            for item in batch:
                if not self._has_time() or not self._taken(item):
                    self._save()
                    return
        after()
        state.in_doubt, state.doubtful_from, state.put_off = {}, "", []
        state.trouble = None
        self._save()
        self._report.finished = True

    def _found(self) -> tuple[Iterator[Found], Callable[[], None]]:
        """What may be new, and what to note in the state once all of it is done."""
        state = self._state
        if state.page_token and state.listed_at > on_record(datetime.now(UTC) - _LIST_EVERY):
            with suppress(NotInDriveError):
                told = self._drive.changes(state.page_token, state.drive_id)
                changed = changed_files(self._drive, state, told.changes)
                if changed is not None:
                    new_token = told.page_token if told.changes else state.page_token
                    return iter(changed), lambda: setattr(state, "page_token", new_token)
        listing = Listing(self._drive, state.folder, subfolders=state.subfolders)
        return listing.files(), lambda: self._note_listing(listing)

    def _note_listing(self, listing: Listing) -> None:
        state = self._state
        state.drive_id, state.page_token = listing.drive_id, listing.page_token
        state.folders, state.shortcuts = listing.folders, listing.shortcuts
        state.listed_at = now()

    def _in_order(self, found: Iterator[Found]) -> Iterator[Found]:
        """What is new, the files that failed last time after all others."""
        later = []
        for item in found:
            if not self._is_new(item):
                continue
            if item.file.file_id in self._state.put_off:
                later.append(item)
            else:
                yield item
        yield from later

    def _is_new(self, item: Found) -> bool:
        file, doc = item.file, shop_doc(*item)
        if doc:
            return self._docs.is_new(file, doc)
        reason = reason_against(file)
        if reason:
            return self._state.named.get(file.file_id) != reason
        return self._state.files.get(file.file_id) != file.md5

    def _begin(self, batch: list[Found]) -> None:
        """Hold the state, and note which copies are begun: a run may be killed at any moment."""
        state = self._state
        state.lease_ends = self._lease_ends
        state.doubtful_from = state.doubtful_from or now()
        state.in_doubt |= {item.file.file_id: item.file.md5 for item in batch if item.file.md5}
        self._file.save(state)

    def _save(self) -> None:
        self._state.lease_ends = ""
        self._file.save(self._state)

    def _taken(self, item: Found) -> bool:
        """Copy or name one file; False when the time is over before it is copied."""
        file_id = item.file.file_id
        first = self._report == Report()
        try:
            with suppress(NotInDriveError):  # gone since it was listed
                self._take(item)
        except OutOfTimeError as error:
            if not first:
                return False
            self._state.put_off.append(file_id)
            raise SlowFileError(f"{item.file.name!r}, {item.file.size} bytes") from error
        except PassesByItselfError:
            self._state.put_off.append(file_id)
            raise
        return True

    def _take(self, item: Found) -> None:
        for _ in range(_TRIES):
            if item.file.trashed or not self._is_new(item):
                return
            doc, reason = shop_doc(*item), reason_against(item.file)
            try:
                if doc:
                    self._docs.mirror(item.file, doc)
                elif reason:
                    self._name(item.file, reason)
                else:
                    self._copy(*item)
                return  # noqa: TRY300 - the loop is for what changed meanwhile
            except ChangedMeanwhileError:
                item = Found(self._drive.file(item.file.file_id), item.path)
                self._begin([item])
            except NoDownloadError:
                self._name(item.file, "no_download")
                return
        raise DriveDownError(f"{item.file.name!r} was another file each time it was read")

    def _copy(self, file: DriveFile, path: str) -> None:
        state, there = self._state, self._copies.of(file.file_id)
        if not self._is_copied(file, there):
            key = key_of(file, path)
            self._copies.make(self._drive, file, key, there.get(key), self._has_time)
            self._report.copied += 1
        state.files[file.file_id] = file.md5
        state.named.pop(file.file_id, None)
        state.in_doubt.pop(file.file_id, None)

    def _is_copied(self, file: DriveFile, there: dict[str, str]) -> bool:
        """Whether an earlier run copied it and could not note that.

        Its copy is in the drop bucket, or the photo was set aside in the meantime.
        """
        if any(self._copies.is_of(key, file.md5) for key in there):
            return True
        return self._doubts.get(file.file_id) == file.md5 and any(
            self._copies.was_set_aside(flagged_key(photo_id), file.md5)
            for photo_id in self._accepted[file.file_id]
        )

    @cached_property
    def _accepted(self) -> dict[str, list[str]]:
        """The photos that arrived since copies are in doubt, by the file in Drive."""
        photos = defaultdict(list)
        for row in self._trail.since(datetime.fromisoformat(self._doubtful_from)):
            if row["action"] == "accepted":
                lane, _, rest = row["after"]["source"]["key"].partition("/")
                if lane == "drive":
                    photos[rest.partition("/")[0]].append(row["photo_id"])
        return photos

    def _name(self, file: DriveFile, reason: str) -> None:
        told = {"name": file.name, "size": file.size, "reason": reason}
        moment = f"{now()}#{uuid4().hex[:12]}"
        self._trail.note(f"drive#{file.file_id}", moment, "not_taken", "drive_sync", told)
        self._state.named[file.file_id] = reason
        self._report.named += 1
