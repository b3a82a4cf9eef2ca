"""Handing a mail to SES."""

from email.message import EmailMessage

from botocore.exceptions import ClientError

from photo_tagger.aws.clients import client

_THROTTLES = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})


class MailThrottledError(Exception):
    """SES asks us to slow down; the state machine tries again."""


def send(message: EmailMessage) -> None:
    """Send a complete message, inline pictures included.

    Raises MailThrottledError, and botocore's ClientError for what somebody must mend (an address
    that is not verified, a paused account).
    """
    try:
        client("ses").send_raw_email(
            Source=message["From"].addresses[0].addr_spec,
            Destinations=[address.addr_spec for address in message["To"].addresses],
            RawMessage={"Data": message.as_bytes()},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _THROTTLES:
            raise MailThrottledError(str(error)) from error
        raise
