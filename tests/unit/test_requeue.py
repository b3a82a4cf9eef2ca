"""Which photos can be taken through anew, and what is said of the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photo_tagger.domain.photo import PhotoRecord
from photo_tagger_cli.requeue import why_not
from photo_tagger_cli.workflow import NoSuchExecutionError, NotRedrivableError


class Workflow:
    """One whose executions all stand as told."""

    def __init__(self, problem: Exception | None) -> None:
        self._problem = problem

    def check_redrivable(self, name: str) -> None:
        if self._problem:
            raise self._problem


RUNNING = NotRedrivableError("Execution is RUNNING and cannot be redriven")
ENDED = NotRedrivableError("Execution is SUCCEEDED and cannot be redriven")
TOO_OLD = NotRedrivableError("Execution redrivable period exceeded")
UNKNOWN = NoSuchExecutionError("closed for more than 90 days")


@pytest.mark.parametrize(
    ("status", "problem", "words"),
    [
        ("flagged", ENDED, None),
        ("rejected", ENDED, None),
        ("expired", UNKNOWN, None),
        ("waiting", TOO_OLD, None),
        # The record says so a moment before its execution ends
        ("flagged", RUNNING, "it is on its way"),
        ("waiting", RUNNING, "it is on its way"),
        ("approved", None, "redrive sofa-0123456789ab` takes it on"),
        ("listed", ENDED, "it is in the shop"),
        ("duplicate", ENDED, "its bytes belong to another photo"),
    ],
)
def test_what_can_be_requeued(
    photo_record: Callable[..., PhotoRecord], status: str, problem: Exception, words: str | None
) -> None:
    told = why_not(photo_record(status=status), Workflow(problem))
    assert told == words if words is None else words in str(told)


def test_a_photo_nobody_knows() -> None:
    assert why_not(None, Workflow(None)) == "there is no such photo"
