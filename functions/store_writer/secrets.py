"""The store's key in Secrets Manager, read anew for each write: a mended key works at once."""

import json

from botocore.exceptions import ClientError

from photo_tagger.aws.clients import client

_MISSING = frozenset({"ResourceNotFoundException", "AccessDenied", "AccessDeniedException"})
"""A role that is scoped to one secret is refused what does not exist."""

_MEND = 'it must hold JSON with an "api_key" of plain letters and digits'


class NoStoreKeyError(Exception):
    """The secret holds no key that can be sent: for the admin, naming the secret alone."""


def store_key(secret_name: str) -> str:
    """The bearer key of the store. Raises NoStoreKeyError."""
    try:
        answer = client("secretsmanager").get_secret_value(SecretId=secret_name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise NoStoreKeyError(
                f"there is no secret {secret_name} that may be read: {_MEND}"
            ) from error
        raise
    text = answer["SecretString"]
    try:
        key = str(json.loads(text)["api_key"] or "").strip()
    except (ValueError, LookupError, TypeError):
        key = ""
    # The HTTP client would quote a key that does not fit into a header in its error.
    if not key or not (key.isascii() and key.isprintable()):
        raise NoStoreKeyError(f"{secret_name} holds no key that can be sent: {_MEND}")
    return key
