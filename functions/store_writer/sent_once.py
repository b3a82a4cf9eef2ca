"""HTTP for Google's client that sends each request once."""

from typing import Any

import httplib2
import urllib3

_TIMEOUT = urllib3.Timeout(connect=5, read=35)


class SentOnce:
    """What Google's client asks of `httplib2.Http`.

    httplib2 itself sends a request again when the connection breaks before the answer has come,
    also one that writes: a row would be appended twice. Raises urllib3's errors.
    """

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        **_: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """The answer, whatever its status. Redirects are not followed."""
        answer = self._pool.request(method, uri, body=body, headers=headers, redirect=False)
        return httplib2.Response({**answer.headers, "status": str(answer.status)}), answer.data

    def close(self) -> None:
        """Close all connections; the next request opens a new one."""
        self._pool.clear()
