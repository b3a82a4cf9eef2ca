"""Telling the admin which executions failed, and where to look."""

import json
from typing import Any

from pydantic import BaseModel

from photo_tagger.aws.clients import client
from photo_tagger.domain.faults import console_url, in_plain_words


class Failure(BaseModel):
    """One execution that ended badly."""

    execution_arn: str
    photo_id: str
    status: str
    error: str
    words: str


def failure_in(body: str) -> Failure:
    """The failure an EventBridge status-change event tells of."""
    detail: dict[str, Any] = json.loads(body)["detail"]
    return Failure(
        execution_arn=detail["executionArn"],
        photo_id=detail["name"],
        status=detail["status"],
        error=detail.get("error") or "no error name",
        words=in_plain_words(detail.get("error") or "", detail.get("cause") or ""),
    )


def tell_admin(failures: list[Failure], topic_arn: str) -> None:
    """One message to the admin's topic for the whole batch. SNS, since mail may be what broke."""
    client("sns").publish(
        TopicArn=topic_arn,
        Subject=f"Photo tagger: {len(failures)} failed",
        Message="\n\n".join(_told(failure) for failure in failures),
    )


def _told(failure: Failure) -> str:
    return (
        f"{failure.photo_id}: {failure.status} with {failure.error}\n{failure.words}\n"
        f"Mend the cause, then redrive it: {console_url(failure.execution_arn)}"
    )
