"""Begin a wait for the owner: token on record first, mail after."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from notify.card import Card, card_mail
from photo_tagger.aws.config import ShopConfig
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.links import Links
from photo_tagger.aws.mailer import send
from photo_tagger.aws.small_copies import read_small_copy
from photo_tagger.aws.task_tokens import answer
from photo_tagger.clock import on_record
from photo_tagger.domain import lifecycle
from photo_tagger.domain.links import ReviewLink, end_of_new_link, key_hash, new_key
from photo_tagger.domain.photo import PhotoRecord, Status
from photo_tagger.observability import logger
from photo_tagger.texts import Texts

_BURST = timedelta(hours=1)


class Review(BaseModel):
    """Which wait of which round this is; the last one is parked."""

    round: int
    step: int
    last_step: int


class Request(BaseModel):
    """What the state hands over."""

    model_config = ConfigDict(hide_input_in_errors=True)

    photo_id: str
    task_token: str = Field(repr=False)
    review: Review


class Notifier:
    """Mails reviewers and keeps the token that their answer will need."""

    def __init__(
        self, drafts: Drafts, links: Links, *, resized_bucket: str, config: ShopConfig
    ) -> None:
        self._drafts = drafts
        self._links = links
        self._resized_bucket = resized_bucket
        self._config = config

    def await_owner(self, request: Request) -> None:
        """Store the token and mail every reviewer; a parked photo waits without mail.

        In a burst nobody is mailed about this one photo: it is marked for the mail that tells of
        many (`digest`), and no link to it is made.

        If this round is decided already (an answer while the last wait ran out, or before a
        redrive), the token is answered at once and nobody is mailed.
        """
        review = request.review
        parked = review.step == review.last_step
        held = not parked and self._is_burst(request.photo_id)
        keys = {} if parked or held else {who: new_key() for who in self._config.reviewers}
        record, change = self._drafts.change(
            request.photo_id,
            lambda current: lifecycle.owner_awaited(
                current,
                round_=review.round,
                step=review.step,
                mailed_to=list(keys),
                task_token=request.task_token,
                held=held,
            ),
            also=[self._links.put_request(_link(request, who, key)) for who, key in keys.items()],
        )
        decision = record.decision_of(review.round)
        if change is None and decision:
            logger.info("decided already; going on")
            answer(request.task_token, decision)
            return
        if not keys:
            logger.info("mailed to nobody", extra={"parked": parked, "held": held})
            return
        image = read_small_copy(self._resized_bucket, str(record.image_key))
        for who, key in keys.items():
            self._mail(record, image, who, key, reminder=review.step > 0)

    def _is_burst(self, photo_id: str) -> bool:
        """Whether so many others began to wait within the last hour that this mail is too many."""
        start = datetime.now(UTC) - _BURST
        waiting = self._drafts.in_status(Status.WAITING, since=on_record(start))
        others = {entry.photo_id for entry in waiting} - {photo_id}
        return len(others) >= self._config.cards_per_hour

    def _mail(
        self, record: PhotoRecord, image: bytes, who: str, key: str, *, reminder: bool
    ) -> None:
        base = self._config.review_base_url.rstrip("/")
        card = Card(
            record=record,
            image=image,
            url=f"{base}/r/{key}",
            list_url=f"{base}/q/{key}",
            reader_note=self._config.reader_note,
            reminder=reminder,
            say=Texts(self._config.language),
        )
        send(card_mail(card, sender=self._config.sender, recipient=who))
        logger.info("mailed", extra={"reminder": reminder})


def _link(request: Request, reviewer: str, key: str) -> ReviewLink:
    return ReviewLink(
        key_hash=key_hash(key),
        photo_id=request.photo_id,
        round=request.review.round,
        reviewer=reviewer,
        ends_at=end_of_new_link(),
    )
