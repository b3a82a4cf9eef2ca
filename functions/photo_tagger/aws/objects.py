"""What S3 answers of objects."""

from botocore.exceptions import ClientError

_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


def is_missing(error: ClientError) -> bool:
    """Whether an object, or that version of it, is not there; told to those who may list only."""
    return error.response["Error"]["Code"] in _MISSING
