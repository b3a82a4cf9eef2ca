"""The style doc and the rules doc, as mirrored to `rules-source`."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from photo_tagger.aws.clients import client
from photo_tagger.domain.rules import RulesDoc
from photo_tagger.domain.style import StyleDoc

Doc = TypeVar("Doc", bound=BaseModel)


class BadDocumentError(Exception):
    """A mirrored doc is missing or does not fit: for the admin, naming it."""


def style_doc(bucket: str) -> StyleDoc:
    """The style doc in force. Raises BadDocumentError."""
    return _read(bucket, "style.json", StyleDoc)


def rules_doc(bucket: str) -> RulesDoc:
    """The rules doc in force. Raises BadDocumentError."""
    return _read(bucket, "rules.json", RulesDoc)


def _read(bucket: str, key: str, model: type[Doc]) -> Doc:
    s3 = client("s3")
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey as error:
        raise BadDocumentError(f"{key} is not in {bucket}: upload it there") from error
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise BadDocumentError(f"{key} in {bucket} needs mending: {error}") from error
