"""What a local run wants of a store that it plays."""

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.types import ASGIApp

from photo_tagger_local.web import page


class PlayedStore(Protocol):
    """One store. `root` is the address that its app is served under, without a slash at the end."""

    def app(self) -> ASGIApp:
        """The store's own API, and `/` for whoever wants to look: `products_page`."""

    def parameters(self, root: str) -> dict[str, str]:
        """What template.yaml is to be told of it."""

    def secret(self, root: str) -> str:
        """What is put into the store's secret."""


@dataclass(frozen=True)
class ShownProduct:
    """A product for people to look at: `facts` are further lines, `images` address and alt text."""

    title: str
    status: str
    facts: list[str]
    images: list[tuple[str, str]]


def products_page(store: str, products: list[ShownProduct]) -> Response:
    """All that a played store has, newest first."""
    return page("store.html", store=store, products=products)
