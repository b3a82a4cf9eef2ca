"""Shopify's Admin API: its key, its errors, and its bucket of points for queries."""

import time
from typing import Any
from urllib.parse import urlencode

from urllib3 import encode_multipart_formdata

from store_writer.http import Answer, StoreHttp, as_json, check_https, refused_us
from store_writer.secrets import StoreSecret
from store_writer.shopify_queries import VERSION
from store_writer.store import StoreRefusedUsError, StoreUnavailableError

_EXAMPLE = "https://<shop>.myshopify.com"
_WAITED_HERE = 5.0
_WAITS = 3
_PASSES = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT"})
"""Errors that pass by themselves."""

Data = dict[str, Any]


class ShopifyApi:
    """The Admin API of one shop, which has one address, `https://<shop>.myshopify.com`.

    The secret holds the `access_token` of an app that was made in the shop's admin, or the
    `client_id` and `client_secret` of one that was made in Shopify's Dev Dashboard.
    """

    def __init__(self, url: str, secret: StoreSecret) -> None:
        """Raises StoreRefusedUsError for an address over which a key must not be sent."""
        check_https(url, _EXAMPLE)
        self.url = url.rstrip("/")
        self.version = VERSION
        """The version that the last answer was of."""
        self._secret = secret
        self._http: StoreHttp | None = None

    def ask(self, query: str, /, **variables: object) -> Data:
        """The `data` of an answer without errors.

        Raises StoreUnavailableError when the shop's points are used up for longer than it pays to
        wait here, and StoreRefusedUsError for whatever else Shopify has against the request.
        """
        for wait in range(_WAITS + 1):
            content = self._answer_to(query, variables)
            seconds = _throttled_for(content)
            if not 0 < seconds <= _WAITED_HERE or wait == _WAITS:
                break
            time.sleep(seconds)
        if seconds:
            raise StoreUnavailableError("Shopify asks us to slow down", seconds)
        if content.get("errors"):
            raise _error(content["errors"])
        data: Data = content["data"]
        return data

    def change(self, mutation: str, /, **variables: object) -> Data:
        """The answer to a mutation, with its `userErrors`."""
        answer: Data = self.ask(mutation, **variables)["answer"]
        return answer

    def upload(self, target: Data, file_name: str, jpeg: bytes) -> None:
        """Bring a photo to where Shopify fetches it, which is another host: it gets no key."""
        fields = [(one["name"], one["value"]) for one in target["parameters"]]
        photo = ("file", (file_name, jpeg, "image/jpeg"))
        body, content_type = encode_multipart_formdata([*fields, photo])
        headers = {"Content-Type": content_type}
        answer = StoreHttp().request("POST", target["url"], body=body, headers=headers)
        if not 200 <= answer.status < 300:
            raise StoreUnavailableError(f"the upload of the photo was answered {answer.status}")

    def _answer_to(self, query: str, variables: Data) -> Data:
        if self._http is None:
            self._http = StoreHttp({"X-Shopify-Access-Token": self._token()})
        address = f"{self.url}/admin/api/{VERSION}/graphql.json"
        answer = self._http.json("POST", address, {"query": query, "variables": variables})
        if answer.status != 200:
            raise _refused(answer, self.url)
        self.version = answer.headers.get("X-Shopify-API-Version", VERSION)
        content: Data = as_json(answer)
        return content

    def _token(self) -> str:
        """Shopify's `client_credentials` grant gives a token for a day."""
        if "client_id" not in self._secret:
            return self._secret.key("access_token")
        form = {
            "grant_type": "client_credentials",
            "client_id": self._secret.key("client_id"),
            "client_secret": self._secret.key("client_secret"),
        }
        answer = StoreHttp().request(
            "POST",
            f"{self.url}/admin/oauth/access_token",
            body=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status != 200:
            raise _refused(answer, self.url)
        return str(as_json(answer)["access_token"])


def words_of(user_errors: list[Data]) -> str:
    """What Shopify says of a mutation that it did not do."""
    return " ".join(str(error["message"]) for error in user_errors)


def _refused(answer: Answer, url: str) -> StoreRefusedUsError:
    if answer.status == 404 or 300 <= answer.status < 400:
        return StoreRefusedUsError(
            f"{url} answered {answer.status} and has no Admin API: store_url must be the shop's "
            f"own address, {_EXAMPLE}"
        )
    return refused_us(answer)


def _throttled_for(content: Data) -> float:
    """Seconds until the shop's points suffice for this query; 0 when it was answered."""
    if "THROTTLED" not in _codes(content.get("errors")):
        return 0.0
    cost = content["extensions"]["cost"]
    bucket = cost["throttleStatus"]
    missing = float(cost["requestedQueryCost"] - bucket["currentlyAvailable"])
    return max(1.0, missing / float(bucket["restoreRate"]))


def _codes(errors: object) -> list[str]:
    """The codes of GraphQL errors; a request that is none gets a sentence instead of a list."""
    if not isinstance(errors, list):
        return []
    return [str((error.get("extensions") or {}).get("code")) for error in errors]


def _error(errors: Any) -> Exception:
    said = words_of(errors) if isinstance(errors, list) else str(errors)
    if _PASSES & set(_codes(errors)):
        return StoreUnavailableError(f"Shopify says: {said}")
    needs = [_access(error) for error in errors] if isinstance(errors, list) else []
    return StoreRefusedUsError(" ".join([f"Shopify says: {said}", *filter(None, needs)]))


def _access(error: Data) -> str:
    """What the app must be granted, where Shopify's sentence does not say it."""
    needed = str((error.get("extensions") or {}).get("requiredAccess") or "")
    return f"The app needs {needed}" if needed and needed not in error["message"] else ""
