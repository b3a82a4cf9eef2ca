"""Mail that is sent through SES: accepted means arrived.

Limits: this is SES v1; mail sent through v2, which nothing here does, is relayed as ministack
does. AWS accepts a mail first and reports later what became of it; here the answer tells.
"""

from __future__ import annotations

import contextvars
import re
import smtplib
from typing import Any

from ministack.core.concurrency import run_offloop
from ministack.services import ses, ses_v2

from photo_tagger_local.aws.mends.executions import Record

Mail = tuple[str, list[str], str]

_outgoing: contextvars.ContextVar[list[Mail]] = contextvars.ContextVar("outgoing")


def relay_before_answering() -> None:
    """Hand mail to the SMTP server first, and answer with what the server said.

    AWS: MessageRejected (400) for a mail that SES will not send, ServiceUnavailable (503) when it
    cannot now (SES API reference, SendRawEmail, Common Errors). ministack relays behind the
    caller's back and swallows every failure.
    """
    handle = ses.handle_request

    async def handle_and_relay(*request: Any) -> Any:
        mails: list[Mail] = []
        _outgoing.set(mails)
        answer = await handle(*request)
        for mail in mails:
            if problem := await run_offloop(_problem_of_sending, *mail):
                _forget(answer)
                return problem
        return answer

    ses_v2._smtp_relay = ses._smtp_relay
    ses.handle_request = handle_and_relay
    ses._smtp_relay = lambda *mail: _outgoing.get().append(mail)


def _problem_of_sending(sender: str, recipients: list[str], message: str) -> Any:
    """Send one mail to all its recipients or to none; returns SES's error if that failed."""
    try:
        _send(sender, recipients, message)
    except smtplib.SMTPResponseException as error:
        words = error.smtp_error
        told = words.decode(errors="replace") if isinstance(words, bytes) else words
        if error.smtp_code >= 500:
            return ses._error("MessageRejected", f"{error.smtp_code} {told}", 400)
        return ses._error("ServiceUnavailable", f"{error.smtp_code} {told}", 503)
    except OSError as error:
        return ses._error("ServiceUnavailable", f"The mail server cannot be reached: {error}", 503)
    return None


def _send(sender: str, recipients: list[str], message: str) -> None:
    host, port = ses._parse_smtp_host()
    with smtplib.SMTP(host, port, timeout=ses._SMTP_TIMEOUT_SECONDS) as server:
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(sender))
        for recipient in recipients:
            _expect(server.rcpt(recipient))
        _expect(server.data(re.sub(r"\r\n|\n|\r", "\r\n", message).encode()))


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] >= 400:
        raise smtplib.SMTPResponseException(*answer)


def _forget(answer: tuple[int, Record, bytes]) -> None:
    """Take a mail off the list of sent ones."""
    sent = ses._sent_emails_list()
    sent[:] = [mail for mail in sent if mail["MessageId"].encode() not in answer[2]]
