"""The proxy in front of the review page, against a small server in the place of the emulator."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from photo_tagger_local.review_proxy import routes
from photo_tagger_local.web import WebServer

FUNCTION_HOST = "abc123.lambda-url.ap-southeast-1.localhost:4566"
BINARY = bytes(range(256)) * 50


@dataclass
class Upstream:
    """What the server behind the proxy got."""

    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def request(self) -> Request:
        return self.requests[-1]

    async def answer(self, request: Request) -> Response:
        self.requests.append(request)
        self.bodies.append(await request.body())
        if request.url.path == "/cookies":
            response = Response("ok", headers={"Connection": "X-Secret", "X-Secret": "1"})
            response.set_cookie("session", "s1", httponly=True, samesite="lax")
            response.set_cookie("round", "2")
            return response
        if request.url.path == "/enter":
            response = Response("ok")
            response.set_cookie(
                "__Host-review", "k1", secure=True, httponly=True, samesite="strict"
            )
            return response
        if request.url.path == "/gzip":
            packed = gzip.compress(BINARY)
            return Response(
                packed, headers={"Content-Encoding": "gzip", "X-Length": f"{len(packed)}"}
            )
        if request.url.path == "/stream":
            return StreamingResponse(iter([b"one", b"two"]), 418)
        if request.url.path == "/go":
            return RedirectResponse("/queue", 303)
        return Response(BINARY, media_type="image/png", status_code=201)


@pytest.fixture(scope="module")
def upstream_server() -> Iterator[tuple[Upstream, int]]:
    upstream = Upstream()
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
    app = Starlette(routes=[Route("/{path:path}", upstream.answer, methods=methods)])
    server = WebServer(app, 0)
    server.start()
    yield upstream, server.port
    server.stop()


@pytest.fixture(scope="module")
def upstream(upstream_server: tuple[Upstream, int]) -> Upstream:
    return upstream_server[0]


@pytest.fixture(scope="module")
def address(upstream_server: tuple[Upstream, int]) -> Iterator[str]:
    endpoint = f"http://127.0.0.1:{upstream_server[1]}"
    server = WebServer(Starlette(routes=routes(endpoint, f"http://{FUNCTION_HOST}/")), 0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def test_the_function_is_named_by_host(upstream: Upstream, address: str) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "Accept": "text/html"}
    httpx.get(f"{address}/r/key", headers=headers)
    got = upstream.request.headers
    assert got.getlist("host") == [FUNCTION_HOST]
    assert got.getlist("x-forwarded-for") == ["127.0.0.1"]
    assert got.getlist("x-forwarded-proto") == ["http"]
    assert got.getlist("x-forwarded-host") == [address.removeprefix("http://")]
    assert got["accept"] == "text/html"


def test_the_path_and_query_arrive_as_sent(upstream: Upstream, address: str) -> None:
    httpx.get(f"{address}/r/a%2Fb%20c/%C3%A9?x=1&x=2&y=a%26b+c")
    assert upstream.request.scope["raw_path"] == b"/r/a%2Fb%20c/%C3%A9"
    assert upstream.request.scope["query_string"] == b"x=1&x=2&y=a%26b+c"


def test_headers_of_the_connection_stay_behind(upstream: Upstream, address: str) -> None:
    headers = {"Connection": "close, X-Mine", "X-Mine": "1", "TE": "trailers", "X-Kept": "1"}
    httpx.get(f"{address}/", headers=headers)
    got = upstream.request.headers
    assert "x-mine" not in got
    assert "te" not in got
    assert got["x-kept"] == "1"
    answer = httpx.get(f"{address}/cookies")
    assert "x-secret" not in answer.headers


def test_a_form_is_posted_through(upstream: Upstream, address: str) -> None:
    httpx.post(f"{address}/decide", data={"decision": "approved", "title": "Tasse & Löffel"})
    assert upstream.request.method == "POST"
    assert upstream.request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert upstream.bodies[-1] == b"decision=approved&title=Tasse+%26+L%C3%B6ffel"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_every_method_is_forwarded(upstream: Upstream, address: str, method: str) -> None:
    assert httpx.request(method, f"{address}/x", content=BINARY).status_code == 201
    assert upstream.request.method == method
    assert upstream.bodies[-1] == BINARY


def test_head_has_the_length_and_no_body(upstream: Upstream, address: str) -> None:
    answer = httpx.head(f"{address}/image")
    assert upstream.request.method == "HEAD"
    assert answer.headers["content-length"] == str(len(BINARY))
    assert answer.content == b""


def test_every_cookie_comes_back(address: str) -> None:
    cookies = httpx.get(f"{address}/cookies").headers.get_list("set-cookie")
    assert cookies == [
        "session=s1; HttpOnly; Path=/; SameSite=lax",
        "round=2; Path=/; SameSite=lax",
    ]


def test_a_browser_sends_its_own_cookies_and_no_other_ones(
    upstream: Upstream, address: str
) -> None:
    with httpx.Client() as browser:
        browser.get(f"{address}/cookies")
        browser.get(f"{address}/queue")
        assert upstream.request.headers["cookie"] == "session=s1; round=2"
    httpx.get(f"{address}/queue")
    assert "cookie" not in upstream.request.headers


def test_a_cookie_for_https_has_a_twin_for_browsers_that_refuse_it(
    upstream: Upstream, address: str
) -> None:
    cookies = httpx.get(f"{address}/enter").headers.get_list("set-cookie")
    assert cookies == [
        "__Host-review=k1; HttpOnly; Path=/; SameSite=strict; Secure",
        "laptop-review=k1; HttpOnly; Path=/; SameSite=strict",
    ]
    for kept in ("laptop-review=k1", "__Host-review=k1", "__Host-review=k1; laptop-review=k1"):
        httpx.get(f"{address}/queue", headers={"Cookie": f"{kept}; mine=laptop-1"})
        assert upstream.request.headers["cookie"] == "__Host-review=k1; mine=laptop-1"


def test_bodies_come_back_untouched(address: str) -> None:
    plain = httpx.get(f"{address}/image")
    assert (plain.status_code, plain.content) == (201, BINARY)
    assert plain.headers["content-type"] == "image/png"
    packed = httpx.get(f"{address}/gzip")
    assert packed.content == BINARY
    assert packed.headers["content-length"] == packed.headers["x-length"]
    streamed = httpx.get(f"{address}/stream")
    assert (streamed.status_code, streamed.text) == (418, "onetwo")


def test_a_redirect_is_left_to_the_browser(address: str) -> None:
    answer = httpx.get(f"{address}/go")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")


def test_an_absent_aws_is_told_in_a_sentence() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        server = WebServer(Starlette(routes=routes(endpoint, f"http://{FUNCTION_HOST}/")), 0)
        server.start()
        answer = httpx.get(f"http://127.0.0.1:{server.port}/r/key")
        server.stop()
    assert answer.status_code == 502
    assert "the local AWS does not answer" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
