"""The store's key in Secrets Manager, kept for five minutes."""

import json
from functools import cache

from aws_lambda_powertools.utilities.parameters import SecretsProvider

from photo_tagger.aws.clients import client

_MAX_AGE_SECONDS = 300


class NoStoreKeyError(Exception):
    """The secret holds no key: for the admin, naming the secret."""


def store_key(secret_name: str) -> str:
    """The bearer key of the store. Raises NoStoreKeyError."""
    text = _provider().get(secret_name, max_age=_MAX_AGE_SECONDS)
    key = json.loads(str(text)).get("api_key")
    if not key:
        raise NoStoreKeyError(f'{secret_name} must hold JSON with an "api_key"')
    return str(key)


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=client("secretsmanager"))
