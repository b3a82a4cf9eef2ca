"""What is asked of Shopify's Admin API. `make shopify-schema` compares it with their schema."""

VERSION = "2026-10"
"""Of the Admin API. Shopify keeps a version for a year at least."""

_PRODUCT = """
fragment ProductParts on Product {
  id
  title
  descriptionHtml
  tags
  productType
  status
  lastPhoto: metafield(namespace: "photo_tagger", key: "photo_id") { value }
  madeFor: metafield(namespace: "photo_tagger", key: "made_for") { value }
  media(first: 250) { nodes { id alt ... on MediaImage { image { url } } } }
}
"""

SHOP = """
query {
  shop { name }
  currentAppInstallation { accessScopes { handle } }
}
"""

PRODUCT_AT_HANDLE = (
    """
query ($handle: String!) {
  product: productByIdentifier(identifier: {handle: $handle}) { ...ProductParts }
}
"""
    + _PRODUCT
)

PRODUCT_WITH_ID = (
    """
query ($id: ID!) {
  product(id: $id) { ...ProductParts }
}
"""
    + _PRODUCT
)

VARIANTS_WITH_SKU = """
query ($query: String!) {
  productVariants(first: 50, query: $query) { nodes { sku product { id status } } }
}
"""

SKUS_AT_HANDLE = """
query ($handle: String!) {
  product: productByIdentifier(identifier: {handle: $handle}) {
    id
    title
    variants(first: 250) { nodes { sku } }
  }
}
"""

PRODUCT_SET = (
    """
mutation ($input: ProductSetInput!) {
  answer: productSet(synchronous: true, input: $input) {
    product { ...ProductParts }
    userErrors { code field message }
  }
}
"""
    + _PRODUCT
)

PRODUCT_UPDATE = """
mutation ($product: ProductUpdateInput!) {
  answer: productUpdate(product: $product) {
    userErrors { field message }
  }
}
"""

STAGED_UPLOAD = """
mutation ($input: [StagedUploadInput!]!) {
  answer: stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } }
    userErrors { field message }
  }
}
"""

FILES_NAMED = """
query ($query: String!) {
  files(first: 50, query: $query) { nodes { id ... on MediaImage { image { url } } } }
}
"""

FILE_CREATE = """
mutation ($files: [FileCreateInput!]!) {
  answer: fileCreate(files: $files) {
    files { id }
    userErrors { code field message }
  }
}
"""

FILE_STATUS = """
query ($id: ID!) {
  node(id: $id) { ... on MediaImage { fileStatus fileErrors { code message } } }
}
"""

FILE_UPDATE = """
mutation ($files: [FileUpdateInput!]!) {
  answer: fileUpdate(files: $files) {
    userErrors { code field message }
  }
}
"""

PUBLICATIONS = """
query {
  publications(first: 50, catalogType: APP) { nodes { id } }
}
"""

PUBLISH = """
mutation ($id: ID!, $input: [PublicationInput!]!) {
  answer: publishablePublish(id: $id, input: $input) {
    userErrors { field message }
  }
}
"""

ALL = (
    SHOP,
    PRODUCT_AT_HANDLE,
    PRODUCT_WITH_ID,
    VARIANTS_WITH_SKU,
    SKUS_AT_HANDLE,
    PRODUCT_SET,
    PRODUCT_UPDATE,
    STAGED_UPLOAD,
    FILES_NAMED,
    FILE_CREATE,
    FILE_STATUS,
    FILE_UPDATE,
    PUBLICATIONS,
    PUBLISH,
)
