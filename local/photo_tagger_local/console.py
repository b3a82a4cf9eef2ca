"""The web console of a local run: a home page, the inbox and the shop."""

import http

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from photo_tagger_local.inbox import Inbox
from photo_tagger_local.ports import HOST
from photo_tagger_local.shop import Shop
from photo_tagger_local.web import page

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


def create_console_app(
    inbox: Inbox, shop: Shop, links: dict[str, str], store: str | None = None
) -> Starlette:
    """The web console of a local run: a home page, the inbox and the shop.

    `links` are the addresses that the home page leads to. The keys "inbox", "shop", "review" and
    "aws" come with a name and a sentence; any other key is shown as the name itself. The inbox and
    the shop of this console are there in any case; where another store is played at the address
    `store`, the shop's page leads to it. Requests that name a host other than this
    computer are refused, so that no website can read the inbox by pointing a name of its own at
    127.0.0.1.
    """
    addresses = {"inbox": "/inbox", "shop": "/shop", **links}
    cards = [(*_LINK_TEXTS.get(key, (key, "")), url) for key, url in addresses.items()]

    def home(request: Request) -> Response:
        return page("home.html", cards=cards)

    def to_the_store(request: Request) -> Response:
        return RedirectResponse(str(store))

    elsewhere = [Route("/shop", to_the_store)] if store else []
    return Starlette(
        routes=[Route("/", home), *inbox.routes(), *elsewhere, *shop.routes()],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        exception_handlers={HTTPException: _error_page},
    )


def _error_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
    title = http.HTTPStatus(error.status_code).phrase
    return page("error.html", status_code=error.status_code, title=title, detail=error.detail)
