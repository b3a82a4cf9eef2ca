"""What executions tell of themselves."""

from typing import Any


def last_state(states: Any, execution_arn: str) -> str | None:
    """The state an execution is in or ended in; None before the first.

    `states` is a Step Functions client. Status-change events and DescribeExecution do not name it:
    only the history does.
    """
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, reverseOrder=True, includeExecutionData=False
    )
    for page in pages:
        for event in page["events"]:
            if "stateEnteredEventDetails" in event:
                return str(event["stateEnteredEventDetails"]["name"])
    return None


def console_url(execution_arn: str) -> str:
    """The execution's page in the Step Functions console."""
    region = execution_arn.split(":")[3]
    return (
        f"https://{region}.console.aws.amazon.com/states/home?region={region}"
        f"#/v2/executions/details/{execution_arn}"
    )
