"""The store that the shop has set."""

from photo_tagger.aws.config import ShopConfig
from store_writer.secrets import StoreSecret
from store_writer.store import Store


def store_of(config: ShopConfig, secret: StoreSecret, listings_bucket: str) -> Store:
    """The store under `store_target`. Raises NoStoreKeyError when its key is missing.

    `listings_bucket` is for the targets that are files. Each target is imported when it is needed:
    Google's client alone takes a second.
    """
    match config.store_target:
        case "webhook":
            from store_writer.webhook import Webhook

            overwrite = config.existing_products == "overwrite"
            return Webhook(config.store_url, secret, overwrite=overwrite)
        case "shopify":
            from store_writer.shopify import Shopify

            return Shopify(config.store_url, secret, active=config.new_products == "active")
        case "woocommerce":
            from store_writer.woocommerce import WooCommerce

            return WooCommerce(config.store_url, secret)
        case "sheet":
            from store_writer.sheet import Sheet

            return Sheet(config.store_url, secret)
        case "shopify-csv":
            from store_writer.csv_file import CsvFile, ShopifyLayout

            return CsvFile(listings_bucket, ShopifyLayout())
        case "woocommerce-csv":
            from store_writer.csv_file import CsvFile, WooCommerceLayout

            return CsvFile(listings_bucket, WooCommerceLayout())
