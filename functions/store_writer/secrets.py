"""The store's key in Secrets Manager, kept for five minutes."""

import json
from functools import cache

from aws_lambda_powertools.utilities.parameters import SecretsProvider

from photo_tagger.aws.clients import client

_MAX_AGE_SECONDS = 300


class NoStoreKeyError(Exception):
    """The secret holds no key that can be sent: for the admin, naming the secret alone."""


def store_key(secret_name: str) -> str:
    """The bearer key of the store. Raises NoStoreKeyError."""
    text = _provider().get(secret_name, max_age=_MAX_AGE_SECONDS)
    try:
        key = str(json.loads(str(text))["api_key"] or "").strip()
    except (ValueError, LookupError, TypeError):
        key = ""
    # The HTTP client would quote a key that does not fit into a header in its error.
    if not key or not (key.isascii() and key.isprintable()):
        raise NoStoreKeyError(
            f'{secret_name} must hold JSON with an "api_key" of plain letters and digits'
        )
    return key


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=client("secretsmanager"))
