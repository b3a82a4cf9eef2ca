"""Handing a mail to SES."""

from email.message import EmailMessage

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from photo_tagger.aws.clients import client

_THROTTLES = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})


class MailUnavailableError(Exception):
    """SES is down or asks us to slow down; the state machine tries again."""


def send(message: EmailMessage) -> None:
    """Send a complete message, inline pictures included.

    Raises MailUnavailableError for what passes by itself, and botocore's ClientError for what
    somebody must mend (an address that is not verified, a paused account).
    """
    try:
        client("ses").send_raw_email(
            Source=message["From"].addresses[0].addr_spec,
            Destinations=[address.addr_spec for address in message["To"].addresses],
            RawMessage={"Data": message.as_bytes()},
        )
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or error.response["Error"]["Code"] in _THROTTLES:
            raise MailUnavailableError(str(error)) from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise MailUnavailableError(str(error)) from error
