"""What the runs know of each other: one object in the rules bucket."""

import gzip
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError
from pydantic import BaseModel

from drive_sync.errors import AnotherRunError
from photo_tagger.aws.clients import client
from photo_tagger.clock import now, on_record

KEY = "sync/drive.json"
_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class Trouble(BaseModel):
    """What has failed since `began`, by its name; `told` says whether the admin knows."""

    error: str
    began: str
    told: bool = False


class DocSeen(BaseModel):
    """A version of a style or rules doc; what Google keeps as a document has no `md5`."""

    file_id: str
    modified: str
    md5: str


class State(BaseModel):
    """What is known of the folder in Drive, by the ids of its files.

    Without a `page_token` the folder has to be listed. `files` has the md5 of each file's copy and
    forgets none, so that what leaves the folder and comes back is not taken for new. `in_doubt` are
    copies that were begun after `doubtful_from`: a run that was killed could not note them.
    """

    folder: str = ""
    subfolders: bool = False
    drive_id: str | None = None
    page_token: str = ""
    listed_at: str = ""
    folders: dict[str, str] = {}
    """Path below the watched folder; its own is empty."""
    shortcuts: dict[str, str] = {}
    """By the file that a shortcut leads to: path of the folder that the shortcut is in."""
    files: dict[str, str] = {}
    in_doubt: dict[str, str] = {}
    doubtful_from: str = ""
    named: dict[str, str] = {}
    """Why a file is not taken, as the audit trail has it."""
    put_off: list[str] = []
    """Files that the last run failed with: the next one takes all others first."""
    docs: dict[str, DocSeen] = {}
    """The version of the style or rules doc that was looked at last, by the kind of doc."""
    trouble: Trouble | None = None
    lease_ends: str = ""
    """Until then a run that has work holds the state, unless it let go."""


class StateFile:
    """The object; whoever saves it must have loaded what was saved last."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._condition = {"IfNoneMatch": "*"}
        self._saved = b""

    def load(self) -> State:
        """The state as it is now; a new one at the very first run."""
        s3 = client("s3", read_seconds=30)
        try:
            answer = s3.get_object(Bucket=self._bucket, Key=KEY)
        except s3.exceptions.NoSuchKey:
            return State()
        self._condition = {"IfMatch": answer["ETag"]}
        self._saved = gzip.decompress(answer["Body"].read())
        return State.model_validate_json(self._saved)

    def save(self, state: State) -> None:
        """Put it where it was loaded, if it changed.

        Raises AnotherRunError when another run has saved it since.
        """
        body = state.model_dump_json().encode()
        if body == self._saved:
            return
        s3 = client("s3", read_seconds=30)
        try:
            answer = s3.put_object(
                Bucket=self._bucket,
                Key=KEY,
                Body=gzip.compress(body, compresslevel=1, mtime=0),
                ContentType="application/json",
                ContentEncoding="gzip",
                **self._condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                raise AnotherRunError("another run has saved its state") from error
            raise
        self._condition, self._saved = {"IfMatch": answer["ETag"]}, body


def is_held(state: State) -> bool:
    """Whether another run is at work."""
    return state.lease_ends > now()


def lease_of(milliseconds: int) -> str:
    """The end of a lease: when Lambda would end this run."""
    return on_record(datetime.now(UTC) + timedelta(milliseconds=milliseconds))
