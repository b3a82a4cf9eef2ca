"""The console and its web server, over real HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from photo_tagger_local.console import create_console_app
from photo_tagger_local.inbox import Inbox
from photo_tagger_local.shop import Shop
from photo_tagger_local.web import PortTakenError, WebServer

LINKS = {
    "review": "http://127.0.0.1:8081/queue",
    "aws": "http://127.0.0.1:4566",
    "<b>Notes</b>": 'http://127.0.0.1:9/?a=1&b="x"',
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("console")
    app = create_console_app(Inbox(folder / "inbox", 0), Shop(folder / "shop", "key"), LINKS)
    server = WebServer(app, 0)
    server.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield client
    server.stop()


def test_home_leads_to_everything(console: httpx.Client) -> None:
    home = console.get("/").text
    for address in ("/inbox", "/shop", LINKS["review"], LINKS["aws"]):
        assert f'<li><a href="{address}"' in home
    assert "Review page" in home
    assert "--endpoint-url" in home


def test_home_shows_the_inbox_and_the_shop_once(tmp_path: Path) -> None:
    inbox, shop = Inbox(tmp_path / "inbox", 0), Shop(tmp_path / "shop", "key")
    links = {"inbox": "http://127.0.0.1:1/inbox", "shop": "http://127.0.0.1:1/shop"}
    server = WebServer(create_console_app(inbox, shop, links), 0)
    server.start()
    home = httpx.get(f"http://127.0.0.1:{server.port}/").text
    server.stop()
    assert home.count("<strong>Inbox</strong>") == home.count("<strong>Shop</strong>") == 1
    assert all(f'href="{address}"' in home for address in links.values())


def test_home_escapes_what_it_is_given(console: httpx.Client) -> None:
    home = console.get("/").text
    assert "<b>Notes" not in home
    assert "&lt;b&gt;Notes&lt;/b&gt;" in home
    assert 'href="http://127.0.0.1:9/?a=1&amp;b=&#34;x&#34;"' in home


@pytest.mark.parametrize("path", ["/", "/inbox", "/shop", "/nowhere", "/shop/nothing"])
def test_every_page_is_local_and_scriptless(console: httpx.Client, path: str) -> None:
    response = console.get(path)
    assert "mails, pages and shop stay on this computer" in response.text
    assert "<script" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_empty_pages_say_what_to_expect(console: httpx.Client) -> None:
    assert "No mail yet" in console.get("/inbox").text
    assert "Nothing is published until the owner approves it" in console.get("/shop").text


def test_unknown_pages_answer_404_as_page_and_as_json(console: httpx.Client) -> None:
    page, api = console.get("/nowhere"), console.get("/api/nowhere")
    assert (page.status_code, api.status_code) == (404, 404)
    assert "Go to the home page" in page.text
    assert api.json() == {"error": "Not Found"}


def test_another_host_name_is_refused(console: httpx.Client) -> None:
    assert console.get("/inbox", headers={"Host": "evil.example"}).status_code == 400
    assert console.get("/inbox", headers={"Host": "localhost:8000"}).status_code == 200


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = WebServer(Starlette(), port)
        with pytest.raises(PortTakenError, match=f"port {port} is taken; choose another with --p"):
            server.start()
        server.stop()


def test_only_this_computer_is_served() -> None:
    server = WebServer(Starlette(), 0)
    server.start()
    try:
        with socket.socket() as elsewhere, pytest.raises(ConnectionRefusedError):
            elsewhere.connect(("127.0.0.2", server.port))
    finally:
        server.stop()


def test_the_port_is_free_again_after_stop() -> None:
    first = WebServer(Starlette(), 0)
    first.start()
    first.stop()
    second = WebServer(Starlette(), first.port)
    second.start()
    assert httpx.get(f"http://127.0.0.1:{second.port}/").status_code == 404
    second.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_app_that_does_not_start_is_an_error() -> None:
    @asynccontextmanager
    async def broken(app: Starlette):  # type: ignore[no-untyped-def]
        raise ValueError("no")
        yield

    with pytest.raises(RuntimeError, match="did not start"):
        WebServer(Starlette(lifespan=broken), 0).start()
