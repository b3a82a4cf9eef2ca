"""HTTP to a store: what its answers mean, whatever store it is."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3

from store_writer.store import StoreRefusedUsError, StoreUnavailableError

_TIMEOUT = urllib3.Timeout(connect=5, read=35)
_BUSY = frozenset({408, 425, 429})
_WORDS_SHOWN = 500
_WAITED_HERE = 5.0
_WAITS = 3

Answer = urllib3.BaseHTTPResponse


class StoreHttp:
    """Requests to one store. Redirects are not followed, so that the key stays with its store."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        """`headers` go with every request: the key, for most stores."""
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The store's answer, any below 500 but those that say "later".

        Waits as a store asks us to (Retry-After) where that is a matter of seconds. Raises
        StoreUnavailableError for time-outs, 408, 425, 429 and 5xx.
        """
        for wait in range(_WAITS + 1):
            answer = self._once(method, url, body, headers)
            asked = seconds_to_wait(answer.headers.get("Retry-After"))
            if answer.status != 429 or not 0 < asked <= _WAITED_HERE or wait == _WAITS:
                break
            time.sleep(asked)
        if answer.status in _BUSY or answer.status >= 500:
            raise StoreUnavailableError(_said(answer), asked)
        return answer

    def json(self, method: str, url: str, content: object = None) -> Answer:
        """`request` with a JSON body, if there is any content."""
        body = None if content is None else json.dumps(content).encode()
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.request(method, url, body=body, headers={**self._http.headers, **headers})

    def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer:
        try:
            return self._http.request(method, url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnavailableError(f"the store did not answer: {error}") from error


def check_https(url: str, example: str) -> None:
    """Raises StoreRefusedUsError for an address over which no key must be sent.

    A store that a computer plays for itself needs no https.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "127.0.0.1"):
        raise StoreRefusedUsError(
            f"store_url is {url or 'not set'}: it must begin with https:// as {example}, since "
            "all that is sent could be read on the way"
        )


def refused_us(answer: Answer) -> StoreRefusedUsError:
    """What to raise for an answer that is neither a success nor about the fields."""
    return StoreRefusedUsError(_said(answer))


def seconds_to_wait(retry_after: str | None) -> float:
    """A Retry-After header, which is seconds or a date (RFC 9110, 10.2.3); 0 for none."""
    if not retry_after:
        return 0
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def words(answer: Answer) -> str:
    """The answer's text, cut to what fits into an error."""
    return answer.data.decode("utf-8", "replace")[:_WORDS_SHOWN].strip()


def as_json(answer: Answer) -> Any:
    """The answer's JSON. Raises StoreRefusedUsError when it is none."""
    try:
        return answer.json()
    except ValueError as error:
        raise StoreRefusedUsError(
            f"the store answered {answer.status} with something that is no JSON: {words(answer)}"
        ) from error


def _said(answer: Answer) -> str:
    return f"the store answered {answer.status}: {words(answer)}"
