"""AWS on a laptop: the embedded emulator (ministack) as a child process on 127.0.0.1."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

import boto3
from botocore.config import Config

from photo_tagger_local.errors import CommandError
from photo_tagger_local.ports import HOST

_PACKAGES = Path(__file__).resolve().parents[2]
_READY_SECONDS = 30.0
_STOP_SECONDS = 20.0
_LOG_TAIL_LINES = 20

# Functions are host processes of 30 MB and more. Tasks of executions take turns in WORKFLOW_PLACES
# of them (see mends/functions.py); the rest of FUNCTION_PLACES is for what must never wait for
# those: the starter, which holds its places until its executions move on, the review pages and the
# schedules.
WORKFLOW_PLACES = 6
FUNCTION_PLACES = 32


class EmulatorError(CommandError):
    """The emulator did not start, or ended by itself. The message ends with its last log lines."""


class Emulator:
    """The embedded AWS: one child process that listens on 127.0.0.1 only.

    All its state is under `state_dir` and outlives `stop`, the end of this process and a kill -9 of
    the child itself (`mends/state_on_disk.py` tells the limits of that). Functions run as
    processes of its own and end with it; after a kill -9 of the child, with `stop`.

    Args:
        port: TCP port of the endpoint, the same for every service.
        state_dir: where state, objects and temporary files are kept; made when missing.
        smtp_port: port on 127.0.0.1 of the SMTP server that gets the mail sent through SES.
        bedrock_endpoint: URL that answers the functions' Bedrock calls; None leaves them to the
            emulator's own stub, which does not see images.
        region: the one region in use.
        log_file: gets the output of the emulator, appended.
        functions_env: further environment variables, which all functions inherit.
    """

    def __init__(
        self,
        port: int,
        state_dir: Path,
        smtp_port: int,
        bedrock_endpoint: str | None,
        region: str = "ap-southeast-1",
        *,
        log_file: Path,
        functions_env: dict[str, str] | None = None,
    ) -> None:
        self.port = port
        self.state_dir = state_dir.resolve()
        self.smtp_port = smtp_port
        self.bedrock_endpoint = bedrock_endpoint
        self.region = region
        self.log_file = log_file.resolve()
        self.functions_env = functions_env or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}

    @property
    def endpoint(self) -> str:
        """The URL that serves every AWS service."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id (which is its process group's, too), or None when it is not running."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the emulator and return when it answers.

        An emulator that another process started with this state, and left when it was killed, is
        waited for: it is still saving.

        Raises:
            EmulatorError: the state is in use or the port is taken, or the emulator ended or did
                not answer in time.
        """
        with self._held_state() as hold:
            self._check_port()
            self._make_directories()
            self._process = self._spawn(hold)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the emulator and its functions; returns when its state is saved.

        A process that takes longer than 20 seconds to save is killed. Harmless when not running.
        """
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            self._end_group(process.pid)

    def client(self, service: str) -> Any:
        """The boto3 client of a service ("s3") with the rights of the account's root; made once."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - the emulator's fixed root key
                config=Config(
                    inject_host_prefix=False,
                    signature_version="s3v4" if service == "s3" else None,
                    s3={"addressing_style": "path"},
                    retries={"mode": "standard", "max_attempts": 4},
                    connect_timeout=5,
                    read_timeout=60,
                    proxies={},
                ),
            )
        return self._clients[service]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextlib.contextmanager
    def _held_state(self) -> Iterator[IO[bytes]]:
        """Wait until no emulator has this state, then hold it; the child goes on holding it."""
        deadline = time.monotonic() + _STOP_SECONDS
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with (self.state_dir / "lock").open("wb") as hold:
            while True:
                try:
                    fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise EmulatorError(
                            f"{self.state_dir} is in use by another local run: end that one, or "
                            "choose another state."
                        ) from error
                    time.sleep(0.1)
                else:
                    break
            yield hold

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise EmulatorError(
                    f"Port {self.port} on {HOST} is taken ({error.strerror}): another local run "
                    "may still be on, or choose another port."
                ) from error

    def _make_directories(self) -> None:
        # Unpacked function code of an earlier run, which ministack would unpack again anyway.
        shutil.rmtree(self.state_dir / "tmp", ignore_errors=True)
        for name in ("tmp", "home", "state", "s3"):
            (self.state_dir / name).mkdir(parents=True, exist_ok=True)
        self.log_file.parent.mkdir(parents=True, exist_ok=True)

    def _spawn(self, hold: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the child in a group of its own; the pipe tells it when its parent is gone."""
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "photo_tagger_local.aws"],
                cwd=_PACKAGES,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(hold.fileno(),),
            )

    def _environment(self) -> dict[str, str]:
        """All that the child gets, because functions inherit what the child has."""
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.state_dir / "home"),
            "TMPDIR": str(self.state_dir / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            "AUTH": "true",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": self.region,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",  # it would tidy up containers of others
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_ACCOUNT_CONCURRENCY": str(FUNCTION_PLACES),
            "LAMBDA_WARM_TTL_SECONDS": "60",
            "WORKFLOW_PLACES": str(WORKFLOW_PLACES),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state_dir / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state_dir / "s3"),
            "SMTP_HOST": f"{HOST}:{self.smtp_port}",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
        }
        if self.bedrock_endpoint:
            env["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = self.bedrock_endpoint
        return env | self.functions_env

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise self._error("ended while it started")
            if self._answers():
                return
            time.sleep(0.05)
        raise self._error(f"did not answer within {_READY_SECONDS:.0f} s")

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}/_ministack/ready", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def _error(self, what: str) -> EmulatorError:
        lines = self.log_file.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return EmulatorError("\n".join([f"The local AWS {what}. {self.log_file} ends:", *lines]))

    def _end_group(self, group: int) -> None:
        """End what functions left behind; the group is gone when nothing is left."""
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
