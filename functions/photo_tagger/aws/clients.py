"""boto3 clients, made once for each process."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str, *, read_seconds: int = 5, attempts: int = 3) -> Any:
    """The boto3 client of one AWS service.

    `read_seconds` is the longest silence on an open connection, `attempts` counts the first one.
    Together they fit into a function's time, so that a service that hangs is an error with a name
    and not a function that was cut off.
    """
    config = Config(
        connect_timeout=2,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return boto3.client(service, config=config)
