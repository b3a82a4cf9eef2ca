"""A door for a browser to the review page, which the local AWS serves as a Lambda Function URL.

The emulator finds a Function URL by its host name, which no browser can resolve on every machine.
So the browser talks to this proxy, and the proxy says that host name for it.

The review's cookie is for https alone. Chromium keeps such a cookie from http://127.0.0.1 too, but
not every browser does. So the proxy sets a second one beside it, without what asks for https, and
hands that on under the name of the first.
"""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

_ANSWER_SECONDS = 60.0  # the first request starts the function, which is slow on a laptop
_HOP_BY_HOP = {
    b"connection",
    b"expect",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
_SET_HERE = {
    b"host",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
}
_HTTPS_ONLY = b"__Host-"
_ANYWHERE = b"laptop-"
_UNREACHABLE = (
    "The review page cannot be shown because the local AWS does not answer. "
    "Check that the local run is still up, then load this page again."
)

_RawHeaders = list[tuple[bytes, bytes]]


def routes(aws_endpoint: str, function_url: str) -> list[Route]:
    """Forward every path and method to a Function URL of the emulator.

    `aws_endpoint` is the address of the emulator, such as `http://127.0.0.1:4566`; `function_url`
    is what it gave the function, such as
    `http://abc123.lambda-url.ap-southeast-1.localhost:4566/`. Answers 502 with one plain sentence
    when the emulator does not answer.
    """
    return [Route("/{path:path}", _Proxy(aws_endpoint, urlsplit(function_url).netloc))]


class _Proxy:
    def __init__(self, aws_endpoint: str, host: str) -> None:
        self._aws_endpoint = httpx.URL(aws_endpoint)
        self._host = host
        # One client serves every browser, so it must keep no cookie of any.
        keep_no_cookie = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            cookies=keep_no_cookie, timeout=_ANSWER_SECONDS, trust_env=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._forward(request)
        await response(scope, receive, send)

    async def _forward(self, request: Request) -> Response:
        path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        outgoing = httpx.Request(
            request.method,
            self._aws_endpoint.copy_with(raw_path=path + (b"?" + query if query else b"")),
            headers=self._request_headers(request),
            content=await request.body(),
        )
        try:
            answer = await self._client.send(outgoing, stream=True)
            try:
                body = b"".join([chunk async for chunk in answer.aiter_raw()])
            finally:
                await answer.aclose()
        except httpx.TransportError:
            return PlainTextResponse(_UNREACHABLE, 502)
        response = Response(body, answer.status_code)
        back = _end_to_end(answer.headers.raw)
        response.raw_headers = back + [
            _for_every_browser(header) for header in back if _asks_for_https(header)
        ]
        return response

    def _request_headers(self, request: Request) -> _RawHeaders:
        sent = _end_to_end(request.headers.raw)
        kept = [
            (name, _as_the_review_named_them(value) if name == b"cookie" else value)
            for name, value in sent
            if name not in _SET_HERE
        ]
        client = request.client.host if request.client else ""
        return [
            (b"Host", self._host.encode()),
            *kept,
            (b"X-Forwarded-For", client.encode()),
            (b"X-Forwarded-Proto", request.url.scheme.encode()),
            (b"X-Forwarded-Host", request.headers.get("host", "").encode("latin-1")),
        ]


def _asks_for_https(header: tuple[bytes, bytes]) -> bool:
    name, value = header
    return name == b"set-cookie" and value.startswith(_HTTPS_ONLY)


def _for_every_browser(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    attributes = [each for each in value.split(b"; ") if each.lower() != b"secure"]
    return name, _ANYWHERE + b"; ".join(attributes).removeprefix(_HTTPS_ONLY)


def _as_the_review_named_them(cookies: bytes) -> bytes:
    """A browser that kept both cookies sends both, with one value: then one of them is enough."""
    named = [
        _HTTPS_ONLY + cookie.removeprefix(_ANYWHERE) if cookie.startswith(_ANYWHERE) else cookie
        for cookie in cookies.split(b"; ")
    ]
    return b"; ".join(dict.fromkeys(named))


def _end_to_end(raw: _RawHeaders) -> _RawHeaders:
    """The headers meant for the far end, names in lower case; those of the connection are left out.

    A header that `Connection` names belongs to the connection too.
    """
    lowered = [(name.lower(), value) for name, value in raw]
    named = b",".join(value for name, value in lowered if name == b"connection").lower()
    dropped = _HOP_BY_HOP | {name.strip() for name in named.split(b",")}
    return [(name, value) for name, value in lowered if name not in dropped]
