"""boto3 clients, made once for each process."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=55,
    retries={"mode": "standard", "total_max_attempts": 4},
)


@cache
def client(service: str) -> Any:
    """The boto3 client of one AWS service, with bounded waits and standard retries."""
    return boto3.client(service, config=_CONFIG)
