"""One mail to each reviewer, with a link of their own to the list of all drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError

from photo_tagger.aws.config import ShopConfig
from photo_tagger.aws.links import Links
from photo_tagger.aws.mailer import MailUnavailableError, send
from photo_tagger.domain.lines import in_one_line
from photo_tagger.domain.links import ReviewLink, end_of_new_link, key_hash, new_key
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger.mails import compose, templates
from photo_tagger.observability import logger
from photo_tagger.texts import Texts

_NAME_LENGTH = 120


@dataclass(frozen=True)
class Letter:
    """What all reviewers are told; `template` is the name without its ending.

    `subject` is in our own words only. `pictures` are JPEGs by their ids.
    """

    template: str
    subject: str
    content: Mapping[str, Any]
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class Mailing:
    """The reviewers of one shop, in its language and by its clock."""

    def __init__(self, links: Links, config: ShopConfig) -> None:
        self._links = links
        self._config = config
        self.say = Texts(config.language)
        self._zone = ZoneInfo(config.time_zone)

    def days_ago(self, days: int) -> datetime:
        """The start of this hour, so many days ago by the shop's clock.

        Whole hours, so that a run that is late or tried again leaves nothing out.
        """
        this_hour = datetime.now(self._zone).replace(minute=0, second=0, microsecond=0)
        return this_hour - timedelta(days=days)

    def to_each_reviewer(self, letter: Letter) -> list[str]:
        """Mail everyone; answers whom.

        An address that SES refuses does not keep the others from their mail: it is logged as an
        error. Raises what send() raises when nobody could be mailed, so that the task is run again.
        """
        mailed, failure = [], None
        for who in self._config.reviewers:
            url = self._new_link(who)
            try:
                self._mail(letter, who, url)
                mailed.append(who)
            except (MailUnavailableError, ClientError) as error:
                logger.exception("a reviewer was not mailed", extra={"mail": letter.template})
                failure = error
        if failure and not mailed:
            raise failure
        return mailed

    def _new_link(self, reviewer: str) -> str:
        key = new_key()
        self._links.put(
            ReviewLink(key_hash=key_hash(key), reviewer=reviewer, ends_at=end_of_new_link())
        )
        return f"{self._config.review_base_url.rstrip('/')}/q/{key}"

    def _mail(self, letter: Letter, who: str, url: str) -> None:
        content = {**letter.content, "say": self.say, "subject": letter.subject, "url": url}
        rendered = {
            kind: templates("digest").get_template(f"{letter.template}.{kind}").render(content)
            for kind in ("txt", "html")
        }
        send(
            compose(
                sender=self._config.sender,
                recipient=who,
                subject=letter.subject,
                text=rendered["txt"],
                html=rendered["html"],
                pictures=letter.pictures,
                headers={},
            )
        )


def name_of(record: PhotoRecord) -> str:
    """What a mail calls a photo: its drafted title, or its file's name."""
    title = record.draft.title if record.draft else ""
    return in_one_line(title, _NAME_LENGTH) or file_name_of(record)


def file_name_of(record: PhotoRecord) -> str:
    """The file's name in one line."""
    return in_one_line(record.file_name, _NAME_LENGTH)
