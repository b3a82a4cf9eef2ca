"""Photos through Resize's and ReadPhoto's own code, by the demo reader or by Bedrock."""

import contextlib
import io
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3

from photo_tagger.domain.draft import Reading
from photo_tagger.domain.style import StyleDoc
from photo_tagger.texts import Texts
from photo_tagger_cli.evaluation.answers import Answer
from photo_tagger_cli.evaluation.judging import ReadPhoto, UnreadPhoto
from photo_tagger_local.demo_reader.server import create_app
from photo_tagger_local.errors import CommandError
from photo_tagger_local.ports import HOST, REGION
from photo_tagger_local.web import WebServer
from reader.model import ModelThrottledError, ModelUnavailableError, VisionModel
from reader.reading import read_photo
from resize.file_size import check_size
from resize.picture import UnreadablePhotoError, small_copy

PAUSES_SECONDS = (2.0, 4.0, 8.0, 16.0)
"""Before each further try at a model that is throttled or down."""


class NoModelError(CommandError):
    """The model answers nothing at all; the message says how it fails."""


class ClosedFileError(Exception):
    """The system does not let us open a file; the message says why."""


@dataclass(frozen=True)
class Reader:
    """One model, with one shop's settings. `max_edge`: the small copy's longest, in pixels."""

    model_id: str
    max_edge: int
    style: StyleDoc

    def read_all(self, photos: Iterable[tuple[Path, Answer]]) -> Iterator[ReadPhoto | UnreadPhoto]:
        """One photo after the other, each under a number, so that no file name tells what it shows.

        A photo that Resize refuses, or that the model fails on through all tries, is not read.
        Raises NoModelError when the model fails on the first one, and botocore's errors for what
        somebody must mend.
        """
        model_answered = False
        for number, (path, answer) in enumerate(photos, start=1):
            try:
                reading = self._read(path, f"photo-{number:03}.jpg")
            except (UnreadablePhotoError, ClosedFileError) as error:
                yield UnreadPhoto(file=path.name, reason=str(error))
            except (ModelThrottledError, ModelUnavailableError) as error:
                if not model_answered:
                    raise NoModelError(f"the model does not answer: {error}") from error
                yield UnreadPhoto(file=path.name, reason=f"The model did not answer: {error}")
            else:
                model_answered = True
                yield ReadPhoto(path.name, answer, reading)

    def _read(self, path: Path, neutral_name: str) -> Reading:
        jpeg = self._small_copy(path)
        for pause in PAUSES_SECONDS:
            try:
                return self._ask(jpeg, neutral_name)
            except (ModelThrottledError, ModelUnavailableError):
                time.sleep(pause)
        return self._ask(jpeg, neutral_name)

    def _small_copy(self, path: Path) -> bytes:
        try:
            check_size(path.stat().st_size)
            with path.open("rb") as file:
                return small_copy(file, self.max_edge).jpeg
        except OSError as error:
            raise ClosedFileError(f"The file cannot be opened: {error.strerror}.") from error

    def _ask(self, jpeg: bytes, neutral_name: str) -> Reading:
        # Throttles are counted on standard output, where CloudWatch would find them.
        with contextlib.redirect_stdout(io.StringIO()):
            return read_photo(
                VisionModel(self.model_id),
                jpeg=jpeg,
                file_name=neutral_name,
                hints=[],
                style=self.style,
                say=Texts("en"),
            )


@contextlib.contextmanager
def demo_reader() -> Iterator[None]:
    """Bedrock is the demo reader on this computer; the user's own AWS settings do not count."""
    server = WebServer(create_app(), port=0)
    server.start()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    settings = {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://{HOST}:{server.port}",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "no_proxy": HOST,
    }
    try:
        with _environment(kept | settings):
            yield
    finally:
        server.stop()


@contextlib.contextmanager
def bedrock() -> Iterator[None]:
    """Bedrock is the real one, in the region of the user's AWS settings, or else the product's own.

    boto3 itself knows AWS_DEFAULT_REGION only; the AWS CLI goes by AWS_REGION first.
    """
    region = os.environ.get("AWS_REGION") or boto3.Session().region_name or REGION
    with _environment({**os.environ, "AWS_DEFAULT_REGION": region}):
        yield


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(variables)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
