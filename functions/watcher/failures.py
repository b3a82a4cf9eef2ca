"""Telling the admin which executions failed, and where to look."""

from photo_tagger.aws.admin import tell_admin
from photo_tagger.aws.executions import console_url
from photo_tagger.domain.faults import in_plain_words
from watcher.changes import StatusChange


def tell_of_failures(failures: list[StatusChange], topic_arn: str) -> None:
    """One message to the admin's topic for the whole batch."""
    tell_admin(
        topic_arn,
        f"Photo tagger: {len(failures)} failed",
        "\n\n".join(_told(failure) for failure in failures),
    )


def _told(failure: StatusChange) -> str:
    place = f" in {failure.state}" if failure.state else ""
    error = f" with {failure.error}" if failure.error else ""
    return (
        f"{failure.photo_id}: {failure.status}{place}{error}\n"
        f"{in_plain_words(failure.error, failure.cause)}\n"
        f"Mend the cause, then redrive it: {console_url(failure.execution_arn)}"
    )
