"""Moving one version of one object: copy it, make sure, delete that version."""

from botocore.exceptions import ClientError

from photo_tagger.aws.clients import client
from photo_tagger.aws.objects import is_missing
from photo_tagger.domain.photo import StoredObject


class CopyFailedError(Exception):
    """The copy is not what the original was; the original is left where it lies."""


def copy_version(source: StoredObject, bucket: str, key: str) -> StoredObject | None:
    """Copy one version, without its tags (they would need rights of their own); check its size.

    Where the original is gone, the copy of an earlier try counts; None if there is none: somebody
    deleted the file. Raises CopyFailedError.
    """
    s3 = client("s3")
    original = {"Bucket": source.bucket, "Key": source.key, "VersionId": source.version_id}
    try:
        size = s3.head_object(**original)["ContentLength"]
        copied = s3.copy_object(
            Bucket=bucket, Key=key, CopySource=original, TaggingDirective="REPLACE"
        )
    except ClientError as error:
        if is_missing(error):
            return _copied_before(bucket, key)
        raise
    copied_size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    if size != copied_size:
        raise CopyFailedError(f"{key} has {copied_size} bytes instead of {size}")
    return StoredObject(bucket=bucket, key=key, version_id=copied["VersionId"])


def delete_version(source: StoredObject) -> None:
    """Delete that version and no other; one that is gone already is fine."""
    client("s3").delete_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)


def _copied_before(bucket: str, key: str) -> StoredObject | None:
    try:
        copy = client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return StoredObject(bucket=bucket, key=key, version_id=copy["VersionId"])
