"""One logger and one set of metrics for all functions.

Neither ever gets a link's key, a task token or a secret.
"""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="photo-tagger")
metrics = Metrics(namespace="PhotoTagger", service="photo-tagger")
