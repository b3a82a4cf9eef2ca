"""The store that the shop has set."""

from photo_tagger.aws.config import ConfigError, ShopConfig
from store_writer.secrets import StoreSecret
from store_writer.store import Store


def store_of(config: ShopConfig, secret: StoreSecret) -> Store:
    """The store under `store_target`. Raises NoStoreKeyError when its key is missing.

    Each is imported when it is needed: Google's client alone takes a second.
    """
    overwrite = config.existing_products == "overwrite"
    match config.store_target:
        case "webhook":
            from store_writer.webhook import Webhook

            return Webhook(config.store_url, secret, overwrite=overwrite)
        case "shopify":
            from store_writer.shopify import Shopify

            return Shopify(config.store_url, secret, active=config.new_products == "active")
    raise ConfigError(f"store_target is {config.store_target}, which is not built yet")
