"""`photo-tagger redrive`: failed photos go on in the state where they failed."""

import time
from collections import deque

from photo_tagger.domain.faults import in_plain_words
from photo_tagger_cli.executions import where
from photo_tagger_cli.statuses import FAILED, RUNNING, SUCCEEDED
from photo_tagger_cli.telling import Teller
from photo_tagger_cli.workflow import (
    NoSuchExecutionError,
    NotRedrivableError,
    Standing,
    Workflow,
)

_AT_ONCE = 5
_LOOK_SECONDS = 1.0
_REST_SECONDS = 5.0
"""A photo that went on and stays for so long in one state is at rest, for all we wait."""

_PATIENCE_SECONDS = 60.0

_REASONS = {
    "RUNNING": "it is running",
    "SUCCEEDED": "it came to its end",
    "redrivable period": "it ended more than 14 days ago, which is too long for AWS",
    "history event limit": "its history is full: AWS takes 25,000 events",
    "max execution time": "it is a year old, which is all that AWS gives an execution",
    "DELETING": "its state machine is being deleted",
}
"""Plain words by what AWS's redriveStatusReason has in it."""


def all_failed(workflow: Workflow) -> list[str]:
    """The ids of the photos that failed; not of those that a person stopped."""
    return [found.photo_id for status in FAILED for found in workflow.executions(status)]


def redrive(workflow: Workflow, photo_ids: list[str], *, dry_run: bool) -> int:
    """0 if all were redriven (with `dry_run`: can be) and none failed again while looked at."""
    teller = Teller()
    if not photo_ids:
        teller.line("There is nothing to redrive: no photo failed.")
        return 0
    once_each = list(dict.fromkeys(photo_ids))
    if dry_run:
        well = sum(_can_be_redriven(workflow, teller, photo_id) for photo_id in once_each)
        words = "can be redriven; nothing was changed"
    else:
        well = _redrive_a_few_at_once(workflow, teller, once_each)
        words = "went on"
    teller.line(f"\n{well} of {len(once_each)} {words}.")
    return 0 if well == len(once_each) else 1


def reason_in_words(reason: str) -> str:
    """Why AWS will not redrive an execution; `reason` is its redriveStatusReason."""
    found = (words for part, words in _REASONS.items() if part in reason)
    return next(found, reason or "AWS gives no reason")


def became(failure: Standing, now: Standing) -> str:
    """What became of a redriven photo, to be read behind its status now."""
    past = f"went on past {failure.state}" if now.state != failure.state else ""
    if now.status == SUCCEEDED:
        return f"{past or 'went on'} to its end"
    if now.status != RUNNING:
        return f"{where(now)}, after it {past}" if past else f"again {where(now)}"
    if now.awaits_answer:
        return f"{past} to {now.state}, and waits for its owner" if past else "waits for its owner"
    return f"{past} to {now.state}" if past else f"still {where(now)} after a minute"


class Followed:
    """One redriven photo, looked at until it is through. Times are `time.monotonic`'s."""

    def __init__(self, photo_id: str, failure: Standing, now: float) -> None:
        self.photo_id = photo_id
        self.failure = failure
        self._began = now
        self._state = failure.state
        self._arrived = now

    def is_through(self, standing: Standing, now: float) -> bool:
        """True if it has ended, waits for its owner, rests in another state, or took too long."""
        if now - self._began >= _PATIENCE_SECONDS:
            return True
        if standing.event == self.failure.event:
            return False
        if standing.state != self._state:
            self._state, self._arrived = standing.state, now
        at_rest = now - self._arrived >= _REST_SECONDS and self._state != self.failure.state
        return standing.status != RUNNING or standing.awaits_answer or at_rest


def _can_be_redriven(workflow: Workflow, teller: Teller, photo_id: str) -> bool:
    failure = _checked(workflow, teller, photo_id)
    if failure is None:
        return False
    teller.headline(photo_id, failure.status, f"{where(failure)}, can be redriven")
    teller.paragraph(in_plain_words(failure.error, failure.cause))
    return True


def _redrive_a_few_at_once(workflow: Workflow, teller: Teller, photo_ids: list[str]) -> int:
    """How many went on. The next one begins when one of those before is through."""
    to_come, followed, well = deque(photo_ids), list[Followed](), 0
    while to_come or followed:
        while to_come and len(followed) < _AT_ONCE:
            followed += _redriven(workflow, teller, to_come.popleft())
        time.sleep(_LOOK_SECONDS)
        for photo in list(followed):
            standing = workflow.standing(photo.photo_id)
            if photo.is_through(standing, time.monotonic()):
                followed.remove(photo)
                well += _went_on(teller, photo, standing)
    return well


def _redriven(workflow: Workflow, teller: Teller, photo_id: str) -> list[Followed]:
    """The photo, redriven and to be followed; nothing if it cannot be redriven."""
    failure = _checked(workflow, teller, photo_id)
    if failure is None:
        return []
    try:
        workflow.redrive(photo_id, failure)
    except NotRedrivableError as error:
        _tell_cannot(teller, photo_id, reason_in_words(str(error)))
        return []
    teller.headline(photo_id, "redriven", where(failure))
    return [Followed(photo_id, failure, time.monotonic())]


def _checked(workflow: Workflow, teller: Teller, photo_id: str) -> Standing | None:
    """The failure of a photo that can be redriven; of others it is told why they cannot."""
    try:
        workflow.check_redrivable(photo_id)
    except NoSuchExecutionError:
        _tell_cannot(teller, photo_id, "there is no such photo")
    except NotRedrivableError as error:
        _tell_cannot(teller, photo_id, reason_in_words(str(error)))
    else:
        return workflow.standing(photo_id)
    return None


def _tell_cannot(teller: Teller, photo_id: str, reason: str) -> None:
    teller.headline(photo_id, "cannot be redriven:", reason)


def _went_on(teller: Teller, photo: Followed, standing: Standing) -> bool:
    """Tell what became of a photo that is through; False if it failed again."""
    teller.headline(photo.photo_id, standing.status, became(photo.failure, standing))
    if standing.status in (RUNNING, SUCCEEDED):
        return True
    teller.paragraph(in_plain_words(standing.error, standing.cause))
    return False
