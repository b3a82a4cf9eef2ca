"""The pages and the web server that the stand-ins of a laptop run share."""

from __future__ import annotations

import errno
import http
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

if TYPE_CHECKING:
    from photo_tagger_local.inbox import Inbox
    from photo_tagger_local.shop import Shop

HOST = "127.0.0.1"
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

_LINK_TEXTS = {
    "inbox": (
        "Inbox",
        "Every mail the system sends. Open the newest one and follow its link to decide.",
    ),
    "shop": (
        "Shop",
        "What was published. A listing appears here only after the owner approved it.",
    ),
    "review": (
        "Review page",
        "Where the owner approves, edits or rejects drafts. The links in the mails lead here.",
    ),
    "aws": (
        "AWS endpoint",
        "The AWS of this computer. Give this address to the AWS command line as --endpoint-url.",
    ),
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


class PortTakenError(RuntimeError):
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
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
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


def create_console_app(inbox: Inbox, shop: Shop, links: dict[str, str]) -> Starlette:
    """The web console of a local run: a home page, the inbox and the shop.

    `links` are the addresses that the home page leads to. The keys "inbox", "shop", "review" and
    "aws" come with a name and a sentence; any other key is shown as the name itself. The inbox and
    the shop of this console are there in any case. Requests that name a host other than this
    computer are refused, so that no website can read the inbox by pointing a name of its own at
    127.0.0.1.
    """
    addresses = {"inbox": "/inbox", "shop": "/shop", **links}
    cards = [(*_LINK_TEXTS.get(key, (key, "")), url) for key, url in addresses.items()]

    def home(request: Request) -> Response:
        return page("home.html", cards=cards)

    return Starlette(
        routes=[Route("/", home), *inbox.routes(), *shop.routes()],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        exception_handlers={HTTPException: _error_page},
    )


def _error_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
    title = http.HTTPStatus(error.status_code).phrase
    return page("error.html", status_code=error.status_code, title=title, detail=error.detail)
