"""Telling the admin which executions failed, and where to look."""

from photo_tagger.aws.clients import client
from photo_tagger.aws.executions import console_url
from watcher.changes import StatusChange

_CAUSE_SHOWN = 400


def tell_admin(failures: list[StatusChange], topic_arn: str) -> None:
    """One message to the admin's topic for the whole batch. SNS, since mail may be what broke."""
    client("sns").publish(
        TopicArn=topic_arn,
        Subject=f"Photo tagger: {len(failures)} failed",
        Message="\n\n".join(_told(failure) for failure in failures),
    )


def _told(failure: StatusChange) -> str:
    place = f" in {failure.state}" if failure.state else ""
    return (
        f"{failure.photo_id}: {failure.status}{place} with {failure.error}\n"
        f"{failure.cause[:_CAUSE_SHOWN]}\n"
        f"Mend the cause, then redrive it: {console_url(failure.execution_arn)}"
    )
