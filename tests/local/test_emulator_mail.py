"""Mail through the embedded AWS's SES, with a real SMTP server that has its own mind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.controller import Controller
from botocore.config import Config
from botocore.exceptions import ClientError

from photo_tagger_local.aws.emulator import Emulator

from .emulator_lab import PATIENCE_SECONDS, free_port, make_emulator

ONE_TRY = Config(retries={"mode": "standard", "total_max_attempts": 1})
MAIL = b"From: A <shop@example.com>\nTo: owner@example.com\nSubject: photo\n\n.a dot\nCaf\xc3\xa9\n"


class Server:
    """An SMTP server that answers as told."""

    def __init__(self, port: int) -> None:
        self.recipient_answer = self.data_answer = "250 OK"
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.received: list[bytes] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=port)
        self.controller.start()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("owner"):
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.asked.set()
        self.may_answer.wait(PATIENCE_SECONDS)
        if self.data_answer.startswith("250"):
            self.received.append(envelope.content)
        return self.data_answer


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    directory: Path = tmp_path_factory.mktemp("mail")
    made = make_emulator(directory, smtp_port=free_port())
    made.start()
    made.client("ses").verify_email_identity(EmailAddress="shop@example.com")
    yield made
    made.stop()


@pytest.fixture
def server(emulator: Emulator) -> Iterator[Server]:
    made = Server(emulator.smtp_port)
    yield made
    made.controller.stop()


def send(emulator: Emulator, *to: str) -> None:
    ses = boto3.client(
        "ses",
        endpoint_url=emulator.endpoint,
        region_name=emulator.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ONE_TRY,
    )
    ses.send_raw_email(
        Source="shop@example.com",
        Destinations=to or ["owner@example.com"],
        RawMessage={"Data": MAIL},
    )


def refusal(emulator: Emulator, *to: str) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        send(emulator, *to)
    answer = refused.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def test_an_accepted_mail_has_arrived(emulator: Emulator, server: Server) -> None:
    send(emulator)
    assert len(server.received) == 1
    assert server.received[0].endswith(b"Subject: photo\r\n\r\n.a dot\r\nCaf\xc3\xa9\r\n")


def test_a_refused_mail_is_rejected_in_the_servers_words(
    emulator: Emulator, server: Server
) -> None:
    server.data_answer = "554 5.7.1 we like no mail"
    assert refusal(emulator) == (400, "MessageRejected", "554 5.7.1 we like no mail")


def test_a_mail_goes_to_all_recipients_or_to_none(emulator: Emulator, server: Server) -> None:
    server.recipient_answer = "550 no such user"
    status = refusal(emulator, "owner@example.com", "nobody@example.com")
    assert status == (400, "MessageRejected", "550 no such user")
    assert server.received == []


def test_a_busy_server_makes_ses_unavailable(emulator: Emulator, server: Server) -> None:
    server.data_answer = "451 try again later"
    assert refusal(emulator) == (503, "ServiceUnavailable", "451 try again later")


def test_without_a_server_ses_is_unavailable(emulator: Emulator) -> None:
    status, code, message = refusal(emulator)
    assert (status, code) == (503, "ServiceUnavailable")
    assert "cannot be reached" in message


def test_a_refused_mail_does_not_count_as_sent(emulator: Emulator, server: Server) -> None:
    ses = emulator.client("ses")
    before = ses.get_send_quota()["SentLast24Hours"]
    server.data_answer = "554 no"
    refusal(emulator)
    server.data_answer = "250 OK"
    send(emulator)
    assert ses.get_send_quota()["SentLast24Hours"] == before + 1


def test_a_slow_server_holds_up_nobody_else(emulator: Emulator, server: Server) -> None:
    server.may_answer.clear()
    sending = threading.Thread(target=send, args=(emulator,))
    sending.start()
    assert server.asked.wait(PATIENCE_SECONDS)
    emulator.client("sts").get_caller_identity()
    assert sending.is_alive()
    server.may_answer.set()
    sending.join()
    assert len(server.received) == 1
