"""Who is at the door: whoever holds the key of a mail to a reviewer of today."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from http.cookies import CookieError, SimpleCookie

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from photo_tagger.aws.links import Links
from photo_tagger.domain.links import ReviewLink
from photo_tagger.observability import count, logger

_COOKIE = "__Host-review"
_COOKIE_SECONDS = 30 * 24 * 3600


class TurnedAwayError(Exception):
    """There is nothing for this visitor here: the status and the name of the page that says so."""

    def __init__(self, status: int, page: str) -> None:
        super().__init__(page)
        self.status = status
        self.page = page


@dataclass(frozen=True)
class Visitor:
    """A reviewer, by the link that was mailed to them."""

    link: ReviewLink
    key: str

    @property
    def name(self) -> str:
        """As decisions are signed."""
        return self.link.reviewer

    def cookie(self) -> Cookie:
        """Keeps the reviewer in the list: the key itself, so that looking writes nothing."""
        return Cookie(
            _COOKIE,
            self.key,
            path="/",
            secure=True,
            http_only=True,
            max_age=_COOKIE_SECONDS,
            same_site=SameSite.STRICT_MODE,
        )


class Door:
    """Lets in who has a good key."""

    def __init__(self, links: Links, reviewers: Sequence[str]) -> None:
        self._links = links
        self._reviewers = {_address(reviewer) for reviewer in reviewers}

    def by_link(self, key: str) -> Visitor:
        """The visitor with a link of a mail. Raises TurnedAwayError, and counts a wrong key."""
        link = self._links.find(key)
        if link is None:
            raise wrong_key()
        if _address(link.reviewer) not in self._reviewers:
            raise TurnedAwayError(403, "revoked")
        return Visitor(link, key)

    def by_cookie(self, cookies: Sequence[str]) -> Visitor:
        """The visitor who opened a link before, by their cookies. Raises TurnedAwayError."""
        key = _key_in(cookies)
        if key is None:
            raise TurnedAwayError(401, "no_link")
        visitor = self.by_link(key)
        if visitor.link.ends_at < time.time():
            raise TurnedAwayError(401, "no_link")
        return visitor


def wrong_key() -> TurnedAwayError:
    """What to raise for a key that opens nothing. Counted, since somebody may be guessing."""
    logger.warning("a link that does not exist was opened")
    count("LinkFailures")
    return TurnedAwayError(404, "unknown")


def _key_in(cookies: Sequence[str]) -> str | None:
    try:
        jar = SimpleCookie("; ".join(cookies))
    except CookieError:
        return None
    return jar[_COOKIE].value if _COOKIE in jar else None


def _address(reviewer: str) -> str:
    """The bare address: a reviewer whose name is written otherwise is the same one."""
    return parseaddr(reviewer)[1].lower()
