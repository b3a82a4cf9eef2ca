"""The store's secret in Secrets Manager, read anew for each write: a mended key works at once."""

import json
from functools import cached_property

from botocore.exceptions import ClientError

from photo_tagger.aws.clients import client

_MISSING = frozenset({"ResourceNotFoundException", "AccessDenied", "AccessDeniedException"})
"""A role that is scoped to one secret is refused what does not exist."""


class NoStoreKeyError(Exception):
    """The secret holds no key that can be sent: for the admin, naming the secret alone."""


class StoreSecret:
    """What the secret holds: JSON with a text under each name. It is read when it is needed."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def whole(self) -> str:
        """All that it holds. Raises NoStoreKeyError when it cannot be read."""
        try:
            answer = client("secretsmanager").get_secret_value(SecretId=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                words = f"there is no secret {self.name} that may be read"
                raise NoStoreKeyError(words) from error
            raise
        return str(answer["SecretString"])

    def __contains__(self, key: str) -> bool:
        return bool(self._get(key))

    def key(self, name: str) -> str:
        """The key of this name. Raises NoStoreKeyError that tells the names, not the values."""
        key = self._get(name)
        # The HTTP client would quote a key that does not fit into a header in its error.
        if not key or not (key.isascii() and key.isprintable()):
            raise NoStoreKeyError(
                f"{self.name} holds no {name} that can be sent: it must hold JSON "
                f'with a "{name}" of plain letters and digits'
            )
        return key

    def _get(self, name: str) -> str:
        try:
            return str(json.loads(self.whole)[name] or "").strip()
        except (ValueError, LookupError, TypeError):
            return ""
