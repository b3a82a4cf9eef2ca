"""Google's own client for Drive and Sheets, in the name of a service account."""

import json
from typing import Any, Final, Literal

import httplib2
from google.oauth2.service_account import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build

Api = Literal["drive", "sheets"]

_VERSIONS: Final[dict[Api, str]] = {"drive": "v3", "sheets": "v4"}
_PATHS: Final[dict[Api, str]] = {"drive": "/drive/v3/", "sheets": "/"}
_TIMEOUT_SECONDS = 40
_MEND = "put the JSON key file of a Google service account into it, as Google gave it to you"


class GoogleKeyError(Exception):
    """The secret holds no key of a service account: for the admin, naming the secret alone."""


class ServiceAccount:
    """A service account, by the JSON key file that Google gives for it.

    A key file that has an `api_root` (an addition of ours, for tests and the local run) is of a
    server that plays Google's.
    """

    def __init__(self, key_file: str, secret_name: str) -> None:
        """`secret_name` is where the key file was read. Raises GoogleKeyError."""
        try:
            self._key: dict[str, Any] = json.loads(key_file)
            self.email = str(self._key["client_email"])
            Credentials.from_service_account_info(self._key)
        except (ValueError, LookupError, TypeError):
            # The cause would tell of the private key.
            raise GoogleKeyError(f"{secret_name} holds no key of Google's: {_MEND}") from None

    def service(self, api: Api, scope: str, http: Any = None) -> Any:
        """The client of one API, made from the discovery document in the package.

        `scope` is the last part of the OAuth scope's URL, as `drive.readonly`. `http` sends the
        requests, in the manner of `httplib2.Http`, which does so if none is given.
        """
        credentials = Credentials.from_service_account_info(
            self._key, scopes=[f"https://www.googleapis.com/auth/{scope}"]
        )
        root = self._key.get("api_root")
        return build(
            api,
            _VERSIONS[api],
            http=AuthorizedHttp(credentials, http=http or httplib2.Http(timeout=_TIMEOUT_SECONDS)),
            client_options={"api_endpoint": f"{root}{_PATHS[api]}"} if root else None,
            static_discovery=True,
        )
