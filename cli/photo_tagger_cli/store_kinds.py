"""The stores that a local run can play, by their names in template.yaml."""

STORE_KINDS = ("webhook", "shopify", "woocommerce", "sheet")
