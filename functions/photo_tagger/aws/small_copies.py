"""The bounded copies of photos that Resize makes."""

from photo_tagger.aws.clients import client


class SmallCopyGoneError(Exception):
    """The small copy is no longer in its bucket: copies are kept for 400 days."""


def small_copy_key(photo_id: str) -> str:
    """Where Resize puts the small copy of a photo."""
    return f"{photo_id}.jpg"


def read_small_copy(bucket: str, key: str) -> bytes:
    """The JPEG of one photo, at most `max_edge` pixels a side. Raises SmallCopyGoneError."""
    s3 = client("s3")
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey as error:
        raise SmallCopyGoneError(f"{key} is not in {bucket} any more") from error
    return bytes(answer["Body"].read())
