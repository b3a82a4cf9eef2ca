"""The store's key in Secrets Manager, read anew for each write: a mended key works at once."""

import json

from photo_tagger.aws.clients import client

_MEND = 'it must hold JSON with an "api_key" of plain letters and digits'


class NoStoreKeyError(Exception):
    """The secret holds no key that can be sent: for the admin, naming the secret alone."""


def store_key(secret_name: str) -> str:
    """The bearer key of the store. Raises NoStoreKeyError."""
    secrets = client("secretsmanager")
    try:
        text = secrets.get_secret_value(SecretId=secret_name)["SecretString"]
    except secrets.exceptions.ResourceNotFoundException as error:
        raise NoStoreKeyError(f"there is no secret {secret_name}: {_MEND}") from error
    try:
        key = str(json.loads(text)["api_key"] or "").strip()
    except (ValueError, LookupError, TypeError):
        key = ""
    # The HTTP client would quote a key that does not fit into a header in its error.
    if not key or not (key.isascii() and key.isprintable()):
        raise NoStoreKeyError(f"{secret_name} holds no key that can be sent: {_MEND}")
    return key
