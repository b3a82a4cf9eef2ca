"""An AWS account, or that of a local run, and its errors in a sentence each."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from photo_tagger_local.errors import CommandError
from photo_tagger_local.ports import HOST, REGION, Ports

_NO_CREDENTIALS = (
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_SIGN_IN = "set AWS_PROFILE, or run `aws sso login` first."
_PATIENT = Config(
    connect_timeout=5,
    read_timeout=30,
    # Slows down by itself when AWS says so: ListExecutions may be called twice a second.
    retries={"mode": "adaptive", "total_max_attempts": 5},
)
_LOCAL = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 2})


class AwsError(CommandError):
    """AWS cannot be asked, or refuses; the message says what to do."""


def client(service: str, local_port: int | None, more: Config | None = None) -> Any:
    """The boto3 client of a service, as the user's own AWS settings have it.

    With `local_port`, the first port of a local run, it is the emulator of that run. `more` is what
    this caller wants of the client's settings.
    """
    more = more or Config()
    if local_port is None:
        # boto3 itself knows AWS_DEFAULT_REGION only; the AWS CLI goes by AWS_REGION first.
        region = os.environ.get("AWS_REGION")
        return boto3.client(service, region_name=region, config=_PATIENT.merge(more))
    return boto3.client(
        service,
        endpoint_url=f"http://{HOST}:{Ports.from_first(local_port).aws}",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's fixed root key
        config=_PATIENT.merge(_LOCAL).merge(more),
    )


@contextlib.contextmanager
def told_in_a_sentence(local_port: int | None) -> Iterator[None]:
    """Turns whatever boto3 raises into AwsError."""
    try:
        yield
    except EndpointConnectionError as error:
        raise AwsError(_unreachable(error, local_port)) from error
    except BotoCoreError as error:
        raise AwsError(_not_asked(error)) from error
    except ClientError as error:
        raise AwsError(_refused(error)) from error


def _unreachable(error: EndpointConnectionError, local_port: int | None) -> str:
    if local_port is None:
        return f"{error} Check the network, and the region in AWS_REGION."
    return (
        f"no local run answers on port {local_port}: start one with `photo-tagger local up`, or "
        "give the --port of one."
    )


def _not_asked(error: BotoCoreError) -> str:
    if isinstance(error, NoRegionError):
        return "in which AWS region is the stack? Set AWS_REGION, such as ap-southeast-1."
    if isinstance(error, ProfileNotFound):
        return f"{error}: set AWS_PROFILE to a profile that `aws configure list-profiles` shows."
    if isinstance(error, _NO_CREDENTIALS):
        return f"there are no AWS credentials to use ({error}): {_SIGN_IN}"
    return f"AWS could not be asked: {error}"


def _refused(error: ClientError) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _BAD_CREDENTIALS:
        return f"AWS does not accept the credentials, expired or wrong ({code}): {_SIGN_IN}"
    if code in ("AccessDenied", "AccessDeniedException"):
        return f"the credentials do not allow this: {message}"
    return str(error)
