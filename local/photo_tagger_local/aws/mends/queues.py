"""Queues over a restart."""

from __future__ import annotations

import time

from ministack.services import sqs

from photo_tagger_local.aws.mends.executions import Record


def redeliver_after_stop() -> None:
    """Give messages that were in flight at a stop to their consumers again, at the start.

    AWS has no restarts. ministack keeps such messages hidden for the rest of their visibility
    timeout (half an hour for the ready queue), although whoever received them has ended. Mended:
    they are visible at once, and that receive does not count towards the dead-letter queue.
    """
    load = sqs.load_persisted_state

    def load_and_redeliver(data: Record) -> None:
        load(data)
        now = time.time()
        for queue in sqs._queues.all_values():
            for message in queue["messages"]:
                if message["visible_at"] > now and message.get("receive_count"):
                    message["visible_at"] = now
                    message["receive_count"] -= 1

    sqs.load_persisted_state = load_and_redeliver
