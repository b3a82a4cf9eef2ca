"""One logger and one way to count for all functions.

Neither ever gets a link's key, a task token or a secret.
"""

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

_SERVICE = "photo-tagger"

logger = Logger(service=_SERVICE)


def count(name: str) -> None:
    """One more of what an alarm or a person watches: a CloudWatch metric, written to the log."""
    with single_metric(
        name=name,
        unit=MetricUnit.Count,
        value=1,
        namespace="PhotoTagger",
        default_dimensions={"service": _SERVICE},
    ):
        pass
