"""The pages and the web server that the stand-ins of a laptop run share."""

from __future__ import annotations

import errno
import socket
import threading
import time
from pathlib import Path
from typing import Any

import jinja2
import uvicorn
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp

from photo_tagger_local.errors import CommandError
from photo_tagger_local.ports import HOST

_START_SECONDS = 15.0
_STOP_SECONDS = 10.0

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, status_code: int = 200, **context: Any) -> Response:
    """Render a template as an HTML page with headers that forbid scripts and outside resources.

    Text that UTF-8 cannot hold (half a surrogate pair from a broken mail) shows as "?".
    """
    html = _templates.get_template(template).render(context).encode("utf-8", "replace")
    return HTMLResponse(html, status_code=status_code, headers=_PAGE_HEADERS)


class PortTakenError(CommandError):
    """Another program listens on a port that the local run needs; `port` is its number."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken; choose another with --port")
        self.port = port


class WebServer:
    """An ASGI app, served over HTTP from a thread on 127.0.0.1.

    Port 0 takes a free port; `port` says which, once `start` has returned.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.port = port
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Return once the app answers.

        Raises PortTakenError when the port is in use, OSError when it cannot be used for another
        reason, and RuntimeError when the app does not start.
        """
        listener = listen(self.port)
        self.port = listener.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                listener.close()
                raise RuntimeError(f"the web server on port {self.port} did not start; see the log")
            time.sleep(0.01)

    def stop(self) -> None:
        """Finish the requests under way and close the port. Harmless when not started."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)


def listen(port: int) -> socket.socket:
    """A socket that listens on this port of 127.0.0.1; port 0 takes a free one.

    Raises PortTakenError when the port is in use, and OSError when it cannot be used for another
    reason.
    """
    # asyncio sends at once only on sockets that say they are TCP; others wait 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(port) from error
        raise
    return listener
