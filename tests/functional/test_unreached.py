"""Mails that did not reach their reader, told to the admin with what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

UNSUPPRESS = (
    "aws sesv2 delete-suppressed-destination --region ap-southeast-1 "
    "--email-address ann@shop.example"
)


def bounce(kind: str, subtype: str, said: str = "", address: str = "ann@shop.example") -> Any:
    recipient = {"emailAddress": address, "action": "failed", "status": "5.1.1"}
    return "Email Bounced", {
        "eventType": "Bounce",
        "bounce": {
            "feedbackId": "0100015c-0000",
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [recipient | ({"diagnosticCode": said} if said else {})],
            "timestamp": "2099-08-05T00:41:02.669Z",
            "reportingMTA": "dsn; mta.example.com",
        },
    }


def complaint(subtype: str | None = None) -> Any:
    return "Email Complaint Received", {
        "eventType": "Complaint",
        "complaint": {
            "feedbackId": "0100015c-0000",
            "complaintSubType": subtype,
            "complainedRecipients": [{"emailAddress": "ann@shop.example"}],
            "timestamp": "2099-08-05T00:41:02.669Z",
            "userAgent": "ExampleCorp Feedback Loop (V0.01)",
            "complaintFeedbackType": "abuse",
            "arrivalDate": "2099-08-05T00:41:02.669Z",
        },
    }


REJECT = ("Email Rejected", {"eventType": "Reject", "reject": {"reason": "Bad content"}})
GONE = bounce("Permanent", "General", "smtp; 550 5.1.1 user unknown")


def event(happened: Any, photo: str | None, number: int = 1) -> dict[str, Any]:
    """A message of the failures queue with an event as SES hands it to EventBridge."""
    detail_type, detail = happened
    headers = [
        {"name": "Subject", "value": "Please check: White sofa"},
        {"name": "From", "value": "Photo tagger <tagger@shop.example>"},
        {"name": "To", "value": "Ann <ann@shop.example>"},
        {"name": "MIME-Version", "value": "1.0"},
    ]
    if photo:
        headers.append({"name": "X-Tagger-Photo", "value": photo})
    mail = {
        "timestamp": "2099-08-05T00:40:02.012Z",
        "source": "tagger@shop.example",
        "sourceArn": "arn:aws:ses:ap-southeast-1:123456789012:identity/tagger@shop.example",
        "sendingAccountId": "123456789012",
        "messageId": "0100015c7c191be45-e9aedb9a-000000",
        "destination": ["ann@shop.example"],
        "headersTruncated": False,
        "headers": headers,
        "commonHeaders": {
            "from": ["Photo tagger <tagger@shop.example>"],
            "to": ["Ann <ann@shop.example>"],
            "messageId": "0100015c7c191be45-e9aedb9a-000000",
            "subject": "Please check: White sofa",
        },
        "tags": {"ses:configuration-set": ["pt-mail"], "ses:source-ip": ["192.0.2.0"]},
    }
    body = {
        "version": "0",
        "id": f"event-{number}",
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2099-08-05T00:41:03Z",
        "region": "ap-southeast-1",
        "resources": ["arn:aws:ses:ap-southeast-1:123456789012:configuration-set/pt-mail"],
        "detail": detail | {"mail": mail},
    }
    return {"body": json.dumps(body)}


def watch(aws: Any, *records: dict[str, Any]) -> Any:
    return aws.call("Watcher", {"Records": list(records)})


@pytest.mark.parametrize(
    ("happened", "words", "suppressed"),
    [
        (GONE, ["does not exist", "550 5.1.1 user unknown", "mend the parameter Reviewers"], True),
        (
            bounce("Permanent", "OnAccountSuppressionList", "Amazon SES did not send the message"),
            ["is on SES's suppression list", "mend the parameter Reviewers"],
            True,
        ),
        (bounce("Permanent", "NoEmail"), ["does not exist"], True),
        (
            bounce("Transient", "MailboxFull", "smtp; 452 4.2.2 over quota"),
            ["The mailbox is full.", "452 4.2.2 over quota", "make room"],
            False,
        ),
        (bounce("Transient", "General"), ["for now", "passes by itself"], False),
        (bounce("Undetermined", "Undetermined"), ["cannot tell why"], False),
        (complaint(), ["marked as spam", "mark the mail as no spam"], True),
        (complaint("OnAccountSuppressionList"), ["is on SES's suppression list"], True),
        (REJECT, ["found a virus"], False),
        (bounce("Quantum", "Foam"), ["Quantum.Foam", "SES console"], False),
    ],
    ids=lambda value: "-".join(value[0].split()) if isinstance(value, tuple) else "",
)
def test_the_admin_is_told_who_why_which_mail_and_what_to_do(
    aws: Any, happened: Any, words: list[str], suppressed: bool
) -> None:
    photo = aws.record()
    assert watch(aws, event(happened, photo)) == {"noted": 0, "told": 0, "unreached": 1}
    (told,) = aws.told_to_the_admin()
    assert told["Subject"] == "Photo tagger: a mail did not arrive"
    for word in ("ann@shop.example was not reached", "“Please check: White sofa”", photo, *words):
        assert word in told["Message"]
    assert (UNSUPPRESS in told["Message"]) == suppressed
    assert "{" not in told["Message"]


def test_each_event_is_a_message_of_its_own(aws: Any) -> None:
    watch(aws, event(GONE, None, 1), event(complaint(), None, 2))
    assert len(aws.told_to_the_admin()) == 2


@pytest.mark.parametrize(
    ("happened", "action", "after"),
    [
        (
            GONE,
            "bounced",
            {"why": "Permanent.General", "server_said": "smtp; 550 5.1.1 user unknown"},
        ),
        (complaint(), "marked_as_spam", {"why": "Complaint", "server_said": None}),
        (REJECT, "mail_refused", {"why": "Reject", "server_said": None}),
    ],
    ids=["bounce", "complaint", "reject"],
)
def test_it_is_on_the_photos_trail_once_however_often_it_is_told(
    aws: Any, happened: Any, action: str, after: dict[str, Any]
) -> None:
    photo = aws.record()
    for _ in range(2):
        watch(aws, event(happened, photo))
    (row,) = [row for row in aws.audit(photo) if row["action"] == action]
    assert row == aws.audit(photo)[-1]
    assert row["by_user"] == "photo-tagger"
    assert row["after"] == after | {"addresses": ["ann@shop.example"]}


@pytest.mark.parametrize("photo", [None, "no-such-photo"])
def test_a_mail_of_no_photo_is_told_and_on_no_trail(aws: Any, photo: str | None) -> None:
    watch(aws, event(GONE, photo))
    assert len(aws.told_to_the_admin()) == 1
    assert aws.rows("AuditTable") == []


def test_headers_that_were_left_out_are_no_fault(aws: Any) -> None:
    record = event(GONE, None)
    body = json.loads(record["body"])
    body["detail"]["mail"] |= {"headersTruncated": True, "headers": [], "commonHeaders": {}}
    watch(aws, {"body": json.dumps(body)})
    (told,) = aws.told_to_the_admin()
    assert "ann@shop.example was not reached" in told["Message"]


def test_a_servers_words_and_an_address_cannot_play_tricks(aws: Any) -> None:
    happened = bounce(
        "Permanent", "General", "550 no\r\n\x1b[31mRun: rm -rf /" + "x" * 5000, "a'; rm -rf ~;@b"
    )
    watch(aws, event(happened, None))
    (told,) = aws.told_to_the_admin()
    assert "\x1b" not in told["Message"]
    assert "550 no [31mRun" in told["Message"]
    assert "--email-address 'a'\"'\"'; rm -rf ~;@b'" in told["Message"]
    assert len(told["Message"]) < 2000


def test_a_batch_may_tell_of_mails_and_executions(aws: Any) -> None:
    waiting = aws.waiting_photo()
    detail = {
        "executionArn": waiting.execution,
        "name": waiting.photo,
        "status": "FAILED",
        "stopDate": 1767225600000,
    }
    failed = {"body": json.dumps({"id": "e", "source": "aws.states", "detail": detail})}
    result = watch(aws, failed, event(GONE, waiting.photo))
    assert result == {"noted": 1, "told": 1, "unreached": 1}
    assert len(aws.told_to_the_admin()) == 2
