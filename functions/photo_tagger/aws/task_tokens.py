"""Answering the task token that an execution waits on."""

import json

from botocore.exceptions import BotoCoreError, ClientError

from photo_tagger.aws.clients import client
from photo_tagger.domain.photo import Decision

_CLOSED = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class ExecutionNotToldError(Exception):
    """Step Functions did not take an answer; the message is AWS's code alone.

    Its words are left out, in the traceback too, since they may quote the token.
    """


def answer(task_token: str, decision: Decision) -> bool:
    """Tell the waiting execution what was decided; False when that wait is over.

    It is over when it was answered before, ran out, or its execution ended: whoever waits next
    finds the decision on record. Raises ExecutionNotToldError.
    """
    try:
        client("stepfunctions").send_task_success(
            taskToken=task_token, output=json.dumps(decision.for_the_workflow())
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _CLOSED:
            return False
        raise ExecutionNotToldError(code) from None
    except BotoCoreError as error:
        raise ExecutionNotToldError(type(error).__name__) from None
    return True
