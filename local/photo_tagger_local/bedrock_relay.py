"""Passes Converse calls on to the real Bedrock, signed with the user's own AWS credentials.

For `--bedrock`: everything else stays on the laptop, and the functions never see the credentials.
"""

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from photo_tagger_local.errors import CommandError

_TIMEOUT_SECONDS = 55.0


class NoCredentialsError(CommandError):
    """There are no AWS credentials to use; the message says how to get some."""


def create_app(region: str, endpoint: str | None = None) -> Starlette:
    """An app that answers as Bedrock in `region` (or at `endpoint`) does, errors included.

    Raises NoCredentialsError when the user's environment has no AWS credentials.
    """
    session = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError(
            "--bedrock needs AWS credentials: set AWS_PROFILE, or run `aws sso login` first."
        )
    target = endpoint or f"https://bedrock-runtime.{region}.amazonaws.com"
    client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)

    async def relay(request: Request) -> Response:
        body = await request.body()
        url = target + request.scope["raw_path"].decode("ascii")
        signed = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(credentials.get_frozen_credentials(), "bedrock", region).add_auth(signed)
        answer = await client.post(url, content=body, headers=dict(signed.headers))
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name.startswith("x-amzn") or name == "content-type"
        }
        return Response(answer.content, answer.status_code, kept)

    return Starlette(routes=[Route("/{path:path}", relay, methods=["POST"])])
