"""What S3 tells of its objects: of those that are not there, and of those with uncommon names."""

from __future__ import annotations

import contextvars
from typing import Any
from urllib.parse import quote_plus

from ministack import app
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import s3
from ministack.services import stepfunctions as sfn

from photo_tagger_local.aws.mends.executions import Record

_LISTING = "s3:ListBucket"
_KEY_FIELDS = ("Key", "Prefix", "Delimiter", "KeyMarker", "NextKeyMarker")

_encoding: contextvars.ContextVar[str] = contextvars.ContextVar("encoding", default="")


def hide_what_is_missing() -> None:
    """Tell only those who may list a bucket that a key or a version is not in it.

    AWS: GetObject and HeadObject of a missing object answer 404 to who has s3:ListBucket on the
    bucket, and 403 AccessDenied to who has not (S3 API reference, GetObject and HeadObject,
    "Permissions"). ministack answers 404 to everyone. Root may list everything.
    """
    handle = s3.handle_request

    async def handle_and_hide(
        method: str, path: str, headers: Record, body: bytes, query: Record, **more: Any
    ) -> Any:
        answer = await handle(method, path, headers, body, query, **more)
        bucket, key = s3._parse_bucket_key(path, headers)
        missing = answer[0] == 404 and method in ("GET", "HEAD")
        if not missing or not key or not app.AUTH or more.get("internal"):
            return answer
        return _refusal(bucket, headers, query) or answer

    s3.handle_request = handle_and_hide


def _refusal(bucket: str, headers: Record, query: Record) -> Any:
    """AccessDenied for a caller who may not list this bucket, else None."""
    caller, listed = router.extract_access_key_id(headers, query), f"arn:aws:s3:::{bucket}"
    denied = iam_evaluator.enforce(
        caller, _LISTING, "s3", responses.get_region(), resource_arn=listed
    )
    if not isinstance(denied, iam_evaluator.EvalResult):
        return None
    return iam_actions.access_denied_response(
        "s3",
        _LISTING,
        denied.principal_arn,
        sfn.new_uuid(),
        headers=headers,
        resource_arn=listed,
        explicit_deny=denied.decision == "Deny",
    )


def encode_listed_versions() -> None:
    """URL-encode the keys in a list of versions for who asks for that, as every SDK does.

    AWS: encoding-type=url, since XML cannot hold every character that a key may have (S3 API
    reference, ListObjectVersions). ministack does so in lists of objects, but not of versions: one
    key with a control character breaks the whole list.
    """
    list_versions, render = s3._list_object_versions, s3._xml_body

    def list_encoded(bucket: str, query: Record) -> Any:
        token = _encoding.set(s3._qp(query, "encoding-type", ""))
        try:
            return list_versions(bucket, query)
        finally:
            _encoding.reset(token)

    def render_encoded(root: Any) -> bytes:
        if _encoding.get() == "url":
            for element in root.iter():
                if element.tag in _KEY_FIELDS:
                    element.text = quote_plus(element.text or "", safe="/")
            s3.SubElement(root, "EncodingType").text = "url"
        return bytes(render(root))

    s3._list_object_versions = list_encoded
    s3._xml_body = render_encoded
