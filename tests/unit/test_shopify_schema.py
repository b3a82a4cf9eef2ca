"""The comparison of our part of Shopify's schema with theirs: is each kind of difference told?"""

from __future__ import annotations

import pytest
from graphql import build_schema

from bench.shopify_schema import differences
from photo_tagger_local.stores.shopify import SCHEMA, schema


def test_a_schema_agrees_with_itself() -> None:
    assert differences(schema(), schema()) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ("CatalogType", "CatalogKind", "CatalogType: unknown"),
        ("scalar HTML", "enum HTML { A }", "HTML: of another kind"),
        ("  sku: String\n}", "  code: String\n}", "ProductVariant.sku: unknown"),
        ("  name: String!\n}", "  name: String\n}", "Shop.name: String! of ours, String of theirs"),
        ("media(first: Int)", "media(count: Int)", "Product.media(first): unknown"),
        ("media(first: Int)", "media(first: Int!)", "Product.media(first): Int of ours, Int! of"),
        ("= APPEND_UUID", "= RAISE_ERROR", "or the default"),
        ("node(id: ID!)", "node(id: ID!, of: ID!)", "QueryRoot.node(of): must be given"),
        ("  resource: Staged", "  size: Int!\n  resource: Staged", "Input(size): must be given"),
        ("RAISE_ERROR", "RAISE", "ResolutionMode.RAISE_ERROR: unknown"),
        ("type Product implements Node", "type Product", "Product: is no Node"),
        (" @oneOf", "", "only one of them is @oneOf"),
        (
            "status: ProductStatus!",
            "status: ProductStatus! @deprecated",
            "Product.status: deprecated",
        ),
        ("status: ProductStatus!", "status: ProductStatus! @deprecated", "deprecated. No longer"),
    ],
)
def test_a_difference_is_told(ours: str, theirs: str, told: str) -> None:
    text = SCHEMA.read_text()
    assert ours in text
    other = build_schema(text.replace(ours, theirs), assume_valid=True)
    found = differences(schema(), other)
    assert [said for said in found if told in said], found
