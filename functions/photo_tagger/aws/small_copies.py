"""The bounded copies of photos that Resize makes."""

from photo_tagger.aws.clients import client


def read_small_copy(bucket: str, key: str) -> bytes:
    """The JPEG of one photo, at most `max_edge` pixels a side."""
    answer = client("s3").get_object(Bucket=bucket, Key=key)
    return bytes(answer["Body"].read())
