"""The stores that a laptop can play, each over its real protocol."""

from collections.abc import Callable
from pathlib import Path

from photo_tagger_local.stores.played import PlayedStore


def _sheet(folder: Path) -> PlayedStore:
    from photo_tagger_local.stores.sheet import PlayedSheet

    return PlayedSheet(folder)


def _shopify(folder: Path) -> PlayedStore:
    from photo_tagger_local.stores.shopify import Shopify

    return Shopify(folder)


def _woocommerce(folder: Path) -> PlayedStore:
    from photo_tagger_local.stores.woocommerce import WooCommerce

    return WooCommerce(folder)


STORES: dict[str, Callable[[Path], PlayedStore]] = {
    "sheet": _sheet,
    "shopify": _shopify,
    "woocommerce": _woocommerce,
}
"""By the name under which template.yaml knows them; each keeps its products in the folder given."""
