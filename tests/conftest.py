"""What unit and functional tests share: a fresh process, its log, a real HTTP server, records."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from photo_tagger.aws import config
from photo_tagger.aws.clients import client
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger.domain.style import StyleDoc
from photo_tagger.observability import logger

REGION = "ap-southeast-1"
_OURS = (
    "photo_tagger.",
    "starter.",
    "resize.",
    "quality_gate.",
    "reader.",
    "recorder.",
    "notify.",
    "ack_handler.",
    "store_writer.",
    "flagger.",
    "watcher.",
    "digest.",
    "drive_sync.",
)


def forget_what_is_cached(*, clients: bool = True, settings: bool = True) -> None:
    """What a warm process keeps; its clients and the shop's settings only if wanted."""
    kept = [*([] if clients else [client]), *([] if settings else [config._provider])]
    for name, module in list(sys.modules.items()):
        if name.startswith(_OURS):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear") and value not in kept:
                    value.cache_clear()
    logger.clear_state()


@pytest.fixture
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """No cache of an earlier test, no AWS account of the machine's owner. Called: forget again."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    forget_what_is_cached()
    yield forget_what_is_cached
    forget_what_is_cached()


class Log:
    """What the functions logged and the metrics they printed, as CloudWatch would get it."""

    def __init__(self, stream: io.StringIO, printed: pytest.CaptureFixture[str]) -> None:
        self._stream = stream
        self._printed = printed
        self._metrics = ""

    def text(self) -> str:
        """Every line so far."""
        self._metrics += self._printed.readouterr().out
        return self._stream.getvalue() + self._metrics

    def metric(self, name: str) -> float:
        """The sum of one metric so far."""
        lines = [json.loads(line) for line in self.text().splitlines() if '"_aws"' in line]
        return float(sum(sum(line.get(name, [])) for line in lines))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Log:
    stream = io.StringIO()
    monkeypatch.setattr(logger._logger.handlers[0], "stream", stream)
    return Log(stream, capsys)


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    path: str
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What the server answers; `hold` keeps the client waiting until it is set."""

    status: int = 200
    body: bytes | str | dict[str, Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


class HttpServer:
    """A real HTTP server on a free port, with the answers it was told to give."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.requests.append(Request(self.command, self.path, self.headers, body))
                answer = outer.next_answer()
                if answer.hold:
                    answer.hold.wait(10)
                content = answer.body
                if isinstance(content, dict):
                    content = json.dumps(content)
                if isinstance(content, str):
                    content = content.encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST  # noqa: N815 - the name http.server asks for

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def next_answer(self) -> Answer:
        """The next answer; the last one is given for ever."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def will_answer(self, status: int, body: bytes | str | dict[str, Any], **more: Any) -> None:
        self.answers.append(Answer(status, body, **more))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.stop()


@pytest.fixture
def style() -> StyleDoc:
    return StyleDoc(
        version="7",
        categories=["Furniture", "Kitchen & dining"],
        tags=["sofa", "chair", "black", "white"],
        preferred_words={"couch": "sofa"},
        avoid_words=["cheap", "best ever"],
    )


@pytest.fixture
def photo_record() -> Callable[..., PhotoRecord]:
    """Makes a photo's record as the starter writes it, with changes."""

    def make(**changes: Any) -> PhotoRecord:
        values = {
            "photo_id": "sofa-0123456789ab",
            "source": {"bucket": "drop", "key": "sofa.jpg", "version_id": "v1"},
            "file_name": "sofa.jpg",
            "size": 1234,
            "status": "processing",
            "received_at": "2026-01-02T03:04:05.000000+00:00",
            "updated_at": "2026-01-02T03:04:05.000000+00:00",
        }
        return PhotoRecord.model_validate(values | changes)

    return make


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """A picture as the bytes of a file."""

    def encode(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
        file = io.BytesIO()
        picture.save(file, kind, **options)
        return file.getvalue()

    return encode
