"""What is mended about ministack, so that executions behave here as they do in AWS.

Each mend replaces or wraps one function of one pinned version, from outside. `apply` puts them
all in place, before ministack's server starts. One function is rewritten as a whole
(`walking.run_execution` for `stepfunctions._run_execution`): a walk that can begin at any state
cannot be had by wrapping it.

What the mends must remember, they keep in ministack's own record of the execution, which it
saves: `definition` (as at the start), `waits` and the fields of redrives.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from photo_tagger_local.aws.mends import (
    functions,
    mail,
    objects,
    process,
    queues,
    redriving,
    roles,
    starting,
    state_on_disk,
    task_tokens,
    walking,
)

WRITTEN_FOR = "1.5.33"


class MendError(Exception):
    """The mends do not fit the ministack that is installed. The message says what to do."""


def apply() -> None:
    """Put every mend in place; call it before ministack's main.

    Raises:
        MendError: another version of ministack is installed than the mends were written for.
    """
    installed = importlib.metadata.version("ministack")
    if installed != WRITTEN_FOR:
        raise MendError(
            f"The local AWS was written for ministack {WRITTEN_FOR}, and {installed} is installed: "
            f"install ministack=={WRITTEN_FOR}, or check each mend in {Path(__file__).parent} "
            "against the new version, run tests/local, and raise WRITTEN_FOR."
        )
    for mend in (
        walking.resume_where_it_stopped,
        task_tokens.answer_task_tokens,
        task_tokens.resolve_timeout_paths,
        starting.start_once_per_name,
        redriving.redrive,
        functions.take_turns,
        functions.hand_over_cookies,
        mail.relay_before_answering,
        objects.hide_what_is_missing,
        objects.encode_listed_versions,
        roles.name_resources,
        roles.count_loopback_as_secure,
        queues.redeliver_after_stop,
        process.stop_in_order,
        state_on_disk.save_while_running,
    ):
        mend()
