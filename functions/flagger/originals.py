"""Moving one version of one object: copy it, make sure, delete that version."""

from photo_tagger.aws.clients import client
from photo_tagger.domain.photo import StoredObject


class CopyFailedError(Exception):
    """The copy is not what the original was; the original is left where it lies."""


def copy_version(source: StoredObject, bucket: str, key: str) -> StoredObject:
    """Copy one version and check the copy's size. Raises CopyFailedError."""
    s3 = client("s3")
    original = {"Bucket": source.bucket, "Key": source.key, "VersionId": source.version_id}
    copied = s3.copy_object(Bucket=bucket, Key=key, CopySource=original)
    size = s3.head_object(**original)["ContentLength"]
    copied_size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    if size != copied_size:
        raise CopyFailedError(f"{key} has {copied_size} bytes instead of {size}")
    return StoredObject(bucket=bucket, key=key, version_id=copied["VersionId"])


def delete_version(source: StoredObject) -> None:
    """Delete that version and no other; one that is gone already is fine."""
    client("s3").delete_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
