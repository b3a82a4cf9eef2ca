"""NotifyOwner: token and links on record first, mails after, and none for what is decided."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from photo_tagger.aws.config import ConfigError
from photo_tagger.aws.mailer import MailUnavailableError
from photo_tagger.domain.lifecycle import SupersededError

from .conftest import DRAFT

TOKEN = "AAAAKgAAAAIAAAAAAAAAAtoken/secret+value=="
ANN, BOB = "Ann <ann@shop.example>", "bob@shop.example"


@pytest.fixture
def drafted(aws: Any) -> str:
    """A photo with a draft that nobody was told of."""
    name: str = aws.record()
    aws.save_draft(name)
    return name


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def link_key(mail: Any) -> str:
    (address,) = [
        word for word in text_of(mail).split() if word.startswith("https://review.example/r/")
    ]
    return str(address.rsplit("/", 1)[1])


def test_each_reviewer_gets_the_draft_with_a_link_of_their_own(aws: Any, drafted: str) -> None:
    # When the owner is notified
    aws.await_owner(drafted, TOKEN)
    # Then two mails went out, each with its own key
    mails = aws.new_mails()
    assert [mail["To"] for mail in mails] == [ANN, BOB]
    keys = [link_key(mail) for mail in mails]
    assert len(set(keys)) == 2
    assert all("White sofa" in mail["Subject"] for mail in mails)
    assert mails[0]["From"] == "Photo tagger <tagger@shop.example>"
    # And each key opens this round for its reviewer
    rows = {row["key_hash"]: row for row in aws.rows("LinksTable")}
    for key, reviewer in zip(keys, (ANN, BOB), strict=True):
        row = rows[hashlib.sha256(key.encode()).hexdigest()]
        assert (row["photo_id"], row["round"], row["reviewer"]) == (drafted, 1, reviewer)
        assert time.time() + 365 * 86400 < row["ends_at"] < time.time() + 500 * 86400


def test_the_same_key_opens_the_whole_list(aws: Any, drafted: str) -> None:
    aws.await_owner(drafted, TOKEN)
    for mail in aws.new_mails():
        assert f"https://review.example/q/{link_key(mail)}" in text_of(mail).split()


def test_a_reminder_and_the_card_of_a_later_round_lie_under_the_first_card(
    aws: Any, drafted: str
) -> None:
    aws.await_owner(drafted, TOKEN)
    aws.await_owner(drafted, "second-token", step=1)
    aws.save_draft(drafted, round_=2, draft=DRAFT | {"title": "Linen sofa"})
    aws.await_owner(drafted, "third-token", round_=2)
    first, _, reminder, _, later, _ = aws.new_mails()
    assert "Linen sofa" in text_of(later)
    assert first["Subject"] == "Please check: White sofa"
    assert reminder["Subject"] == later["Subject"] == f"Re: {first['Subject']}"
    assert first["References"] == reminder["References"] == later["References"]
    ids = {mail["Message-ID"] for mail in (first, reminder, later)}
    assert len(ids) == 3


def test_the_record_waits_on_the_token(aws: Any, drafted: str) -> None:
    aws.await_owner(drafted, TOKEN)
    record = aws.photo(drafted)
    assert (record.status, record.step, record.task_token) == ("waiting", 0, TOKEN)
    assert record.mailed_to == [ANN, BOB]


def test_the_mail_carries_the_photo(aws: Any, drafted: str) -> None:
    aws.await_owner(drafted, TOKEN)
    (picture,) = [
        part for part in aws.new_mails()[0].walk() if part.get_content_type() == "image/jpeg"
    ]
    assert picture.get_content() == b"\xff\xd8small"


def test_token_and_links_are_one_transaction_and_come_before_the_mails(
    aws: Any, drafted: str, boto: Any
) -> None:
    aws.await_owner(drafted, TOKEN)
    (transaction,) = boto.of("TransactWriteItems")
    tables = [item["Put"]["TableName"] for item in transaction["TransactItems"]]
    assert sorted(tables) == ["pt-audit", "pt-drafts", "pt-links", "pt-links"]
    wanted = [name for name in boto.names() if name in ("TransactWriteItems", "SendRawEmail")]
    assert wanted == ["TransactWriteItems", "SendRawEmail", "SendRawEmail"]


def test_without_the_transaction_nobody_is_mailed(aws: Any, drafted: str, boto: Any) -> None:
    boto.fail("TransactWriteItems", "InternalServerError")
    with pytest.raises(ClientError):
        aws.await_owner(drafted, TOKEN)
    assert aws.new_mails() == []
    assert aws.rows("LinksTable") == []


def test_only_hashes_of_keys_are_stored_and_the_audit_holds_neither_token_nor_key(
    aws: Any, drafted: str, log: Any
) -> None:
    aws.await_owner(drafted, TOKEN)
    keys = [link_key(mail) for mail in aws.new_mails()]
    dump = aws.dump()
    assert TOKEN in dump["DraftsTable"]
    for table in ("AckTable", "AuditTable", "LinksTable"):
        assert TOKEN not in dump[table]
    for key in keys:
        assert key not in json.dumps(dump)
        assert key not in log.text()
    assert TOKEN not in log.text()
    row = aws.audit(drafted)[-1]
    assert row["action"] == "mailed"
    assert row["before"]["status"] == "processing"
    assert row["after"]["status"] == "waiting"


def test_a_reminder_says_so_and_earlier_links_stay(aws: Any, drafted: str) -> None:
    aws.await_owner(drafted, TOKEN)
    aws.new_mails()
    aws.await_owner(drafted, "second-token", step=1)
    mails = aws.new_mails()
    assert all("still waiting" in text_of(mail) for mail in mails)
    assert len(aws.rows("LinksTable")) == 4
    record = aws.photo(drafted)
    assert (record.task_token, record.step) == ("second-token", 1)
    assert aws.audit(drafted)[-1]["action"] == "reminded"


def test_a_parked_photo_waits_silently(aws: Any, drafted: str) -> None:
    aws.await_owner(drafted, TOKEN)
    aws.new_mails()
    aws.await_owner(drafted, "last-token", step=3)
    assert aws.new_mails() == []
    assert len(aws.rows("LinksTable")) == 2
    record = aws.photo(drafted)
    assert (record.status, record.task_token) == ("parked", "last-token")


@pytest.mark.parametrize("step", [1, 3])
def test_a_round_that_is_decided_is_answered_at_once_and_nobody_is_mailed(
    aws: Any, answer: Any, step: int
) -> None:
    # Given a decision that came while the wait was running out
    waiting = aws.waiting_photo()
    answer.post(waiting.ann, "reject", reason="We do not sell this")
    # When the next wait begins, with a token of its own
    execution = aws.client("stepfunctions").start_execution(
        stateMachineArn=aws.state_machine_arn, name="next-wait", input="{}"
    )["executionArn"]
    before = aws.dump()
    aws.await_owner(waiting.photo, aws.next_token(), step=step)
    # Then that token is answered with the decision
    assert aws.told_to_the_execution(execution) == {
        "action": "rejected",
        "by_user": ANN,
        "round": 1,
        "grace_seconds": 0,
    }
    assert aws.new_mails() == []
    assert aws.dump() == before


def test_a_round_that_is_over_is_a_fault(aws: Any, drafted: str) -> None:
    aws.save_draft(drafted, round_=2)
    with pytest.raises(SupersededError):
        aws.await_owner(drafted, TOKEN, round_=1)
    assert aws.new_mails() == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("Throttling", 400),
        ("ThrottlingException", 400),
        ("InternalFailure", 500),
        (EndpointConnectionError(endpoint_url="https://email.example"), 0),
    ],
    ids=str,
)
def test_a_mail_service_that_is_busy_or_down_is_a_fault_that_passes_by_itself(
    aws: Any, drafted: str, boto: Any, fault: Any, status: int
) -> None:
    boto.fail("SendRawEmail", fault, status)
    with pytest.raises(MailUnavailableError):
        aws.await_owner(drafted, TOKEN)
    # And the next try mails with keys that work
    boto.mend("SendRawEmail")
    aws.await_owner(drafted, "next-token")
    assert len(aws.new_mails()) == 2
    assert aws.photo(drafted).task_token == "next-token"


def test_a_mail_that_ses_refuses_is_a_fault_for_the_admin(
    aws: Any, drafted: str, boto: Any
) -> None:
    boto.fail("SendRawEmail", "MessageRejected")
    with pytest.raises(ClientError, match="MessageRejected"):
        aws.await_owner(drafted, TOKEN)


def test_a_reviewer_with_an_accent_is_addressed_in_seven_bits(
    aws: Any, drafted: str, boto: Any
) -> None:
    aws.set("reviewers", "Zoë <zoe@shop.example>")
    aws.await_owner(drafted, TOKEN)
    (request,) = boto.of("SendRawEmail")
    assert all(address.isascii() for address in request["Destinations"])
    assert request["Source"].isascii()
    assert aws.new_mails()[0]["To"] == "Zoë <zoe@shop.example>"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("reviewers", "nobody"),
        ("wait_seconds", "10"),
        ("wait_seconds", "soon"),
        ("escalation", "x"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_and_nobody_is_mailed(
    aws: Any, drafted: str, setting: str, value: str
) -> None:
    aws.set(setting, value)
    with pytest.raises(ConfigError, match=setting):
        aws.await_owner(drafted, TOKEN)
    assert aws.new_mails() == []


def test_the_note_about_the_reader_is_in_the_mail_unless_it_is_a_hyphen(
    aws: Any, drafted: str
) -> None:
    aws.await_owner(drafted, TOKEN)
    assert "\n-\n" not in aws.new_mails()[0].get_body(("plain",)).get_content()
    aws.set("reader_note", "Made by the demo reader.")
    aws.await_owner(drafted, TOKEN)
    text = aws.new_mails()[0].get_body(("plain",)).get_content()
    assert "Made by the demo reader." in text
