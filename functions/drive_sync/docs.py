"""The shop's style doc and rules doc, mirrored from the watched folder."""

import io
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from drive_sync.drive import DOC, SHEET, Drive, DriveFile
from drive_sync.errors import DriveRefusedError, NoDownloadError, NotInDriveError
from drive_sync.state import DocSeen, State
from photo_tagger.aws.admin import tell_admin
from photo_tagger.aws.clients import client
from photo_tagger.domain.lines import in_one_line
from photo_tagger.domain.shop_docs import (
    DocFormat,
    DocKind,
    DocProblem,
    DocProblemsError,
    decoded,
    parse_doc,
)

_NAMES: Final[tuple[DocKind, ...]] = ("style", "rules")
_FORMATS: Final[dict[str, DocFormat]] = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".md": "markdown",
    ".csv": "csv",
}
_EXPORTED: Final[dict[str, tuple[DocFormat, str]]] = {
    DOC: ("markdown", "text/markdown"),
    SHEET: ("csv", "text/csv"),
}
_MOST_BYTES = 2**20
_PROBLEMS_TOLD = 10
_NAME_SHOWN = 80


class ShopDoc(NamedTuple):
    """Which doc a file is, and how it is written; `exported` is the type to ask Google for."""

    kind: DocKind
    format: DocFormat
    exported: str | None


def shop_doc(file: DriveFile, path: str) -> ShopDoc | None:
    """The doc that a file is, if it lies in the watched folder itself and is called like one."""
    name = PurePosixPath(file.name.strip().lower())
    if file.mime_type in _EXPORTED:
        kinds = [kind for kind in _NAMES if kind == str(name)]
        form, exported = _EXPORTED[file.mime_type]
        return ShopDoc(kinds[0], form, exported) if kinds and not path else None
    kinds = [kind for kind in _NAMES if kind == name.stem]
    suffix = _FORMATS.get(name.suffix)
    return ShopDoc(kinds[0], suffix, None) if kinds and suffix and not path else None


class ShopDocs:
    """The docs in force in the rules bucket, and what the state knows of those in Drive."""

    def __init__(self, drive: Drive, state: State, rules_bucket: str, topic_arn: str) -> None:
        self._drive = drive
        self._state = state
        self._bucket = rules_bucket
        self._topic_arn = topic_arn

    def is_new(self, file: DriveFile, doc: ShopDoc) -> bool:
        """Whether this version was not looked at yet. Of two docs, the one edited last counts."""
        seen = self._state.docs.get(doc.kind)
        if seen is None or seen.file_id == file.file_id:
            return seen != _version(file)
        return file.modified > seen.modified

    def mirror(self, file: DriveFile, doc: ShopDoc) -> None:
        """Put the doc into force; one that cannot be used is told to the admin instead.

        The last good one stays in force then.
        """
        try:
            parsed = parse_doc(doc.kind, decoded(self._content(file, doc)), doc.format)
        except NotInDriveError:
            return
        except DocProblemsError as error:
            self._tell(file, doc, error.problems)
        else:
            self._put(f"{doc.kind}.json", parsed.model_dump_json(indent=1).encode())
        self._state.docs[doc.kind] = _version(file)

    def _content(self, file: DriveFile, doc: ShopDoc) -> bytes:
        try:
            if doc.exported:
                return self._drive.exported(file.file_id, doc.exported)
            return self._downloaded(file)
        except (DriveRefusedError, NoDownloadError) as error:
            said = f"Google does not give it to us ({error})"
            raise DocProblemsError([DocProblem(None, said, "a doc we may read")]) from error

    def _downloaded(self, file: DriveFile) -> bytes:
        if file.size > _MOST_BYTES:
            said = f"the file has {file.size:,} bytes"
            raise DocProblemsError([DocProblem(None, said, f"at most {_MOST_BYTES:,}")])
        content = io.BytesIO()
        for _ in self._drive.download(file.file_id, content, _MOST_BYTES):
            pass
        return content.getvalue()

    def _put(self, key: str, body: bytes) -> None:
        s3 = client("s3")
        try:
            in_force = s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            in_force = b""
        if in_force != body:
            s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")

    def _tell(self, file: DriveFile, doc: ShopDoc, problems: list[DocProblem]) -> None:
        told = [f"- {problem}" for problem in problems[:_PROBLEMS_TOLD]]
        if len(problems) > _PROBLEMS_TOLD:
            told.append(f"- and {len(problems) - _PROBLEMS_TOLD} more")
        name = in_one_line(file.name, _NAME_SHOWN)
        tell_admin(
            self._topic_arn,
            f"Photo tagger: the {doc.kind} doc needs mending",
            f"“{name}” in the Google Drive folder cannot be used as the shop's {doc.kind} doc:\n"
            + "\n".join(told)
            + "\n\nThe last good one stays in force. Mend the doc in Drive: it is read again "
            "within five minutes. You are told once for each version of it.",
        )


def _version(file: DriveFile) -> DocSeen:
    return DocSeen(file_id=file.file_id, modified=file.modified, md5=file.md5)
