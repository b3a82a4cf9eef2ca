"""What `local up` says of an earlier run."""

import io

from rich.console import Console

from photo_tagger_cli.local_up import _going_on
from photo_tagger_local.progress import Step


def told(*steps: Step) -> str:
    out = io.StringIO()
    _going_on(Console(file=out, soft_wrap=True), list(steps))
    return out.getvalue()


def test_a_requeued_photo_is_on_its_way_although_its_first_execution_ended() -> None:
    assert told(
        Step("sofa", "NotifyOwner", ended=False),
        Step("dark", "FlagPhoto", ended=False),
        Step("dark", "SUCCEEDED", ended=True),
        Step("dog", "SUCCEEDED", ended=True),
        Step("dark", "Resize", ended=False),
    ) == ("Going on: 2 photos wait or are on their way, 1 came to an end before.\n")


def test_nothing_is_said_of_a_new_state() -> None:
    assert told() == ""
