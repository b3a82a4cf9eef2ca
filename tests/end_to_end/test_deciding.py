"""Decide first, resume second: one decision, one ack row, one listing, whatever comes between."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from photo_tagger_local.ports import Ports
from photo_tagger_local.reviewer import link_in
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .breaking import broken
from .conftest import Shop, assert_decided_once

SOFA = "white-sofa.jpg"
ANN, BOB = "ann@shop.example", "bob@shop.example"

CRASH_BEFORE_THE_EXECUTION_IS_TOLD = """
import ack_handler.decisions
ack_handler.decisions.answer = lambda *_: os._exit(1)
"""
CRASH_BEFORE_THE_MAIL = """
import notify.notifier
notify.notifier.send = lambda _: os._exit(1)
"""
CRASH_AFTER_THE_MAIL = """
import notify.notifier
send = notify.notifier.send
def send_and_crash(message):
    send(message)
    os._exit(1)
notify.notifier.send = send_and_crash
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, samples) -> Iterator[Shop]:
    """A run whose drafts are mailed to Ann and to Bob."""
    with LocalRun(
        Options(tmp_path_factory.mktemp("two"), Ports.free(), parameters=A_MAIL_EACH)
    ) as run:
        run.aws.client("ssm").put_parameter(
            Name="/pt/config/reviewers", Value=f"{ANN}, {BOB}", Overwrite=True
        )
        yield Shop(run, samples)


def link_of(shop: Shop, photo_id: str, who: str) -> str:
    mails = shop.mails(photo_id, count=2)
    return next(link_in(mail) for mail in mails if who in str(mail.message["To"]))


def at_once(*clicks: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """What each click answers, all of them made in the same moment."""
    ready = Barrier(len(clicks))

    def click(one: Callable[[], httpx.Response]) -> httpx.Response:
        ready.wait()
        return one()

    with ThreadPoolExecutor(len(clicks)) as people:
        return list(people.map(click, clicks))


def test_two_people_at_once_and_the_first_one_counts(two: Shop) -> None:
    photos = [two.drop_sample(SOFA, f"both-{number}.jpg") for number in range(3)]
    for photo_id in photos:
        ann, bob = (link_of(two, photo_id, who) for who in (ANN, BOB))
        of_ann, of_bob = at_once(
            two.open(ann, "approve"), two.open(bob, "reject", reason="We do not sell this")
        )
        record = two.run.record(photo_id)
        assert record
        assert record.decision
        approved = record.decision.action == "approved"
        assert record.decision.by_user == (ANN if approved else BOB)
        word = "Approved" if approved else "Rejected"
        assert f"{word} by {'you' if approved else BOB}" in of_ann.text
        assert f"{word} by {ANN if approved else 'you'}" in of_bob.text
        assert_decided_once(two, photo_id, listed=approved)


def test_a_double_click_decides_once(two: Shop) -> None:
    photo_id = two.drop_sample(SOFA, "double.jpg")
    link = link_of(two, photo_id, ANN)
    answers = at_once(*[two.open(link, "approve")] * 2)
    for answer in answers:
        assert answer.status_code == 200
        assert "Approved by you" in answer.text
    assert_decided_once(two, photo_id)


def fail_while_it_waits(shop: Shop, photo_id: str) -> None:
    record = shop.until(photo_id, "waiting")
    states = shop.run.aws.client("stepfunctions")
    states.send_task_failure(taskToken=record.task_token, error="Broken", cause="on purpose")
    shop.until_failed(photo_id, "NotifyOwner")


def test_a_decision_while_the_execution_is_failed_is_safe_and_a_redrive_carries_it_on(
    shop: Shop,
) -> None:
    photo_id = shop.drop_sample(SOFA, "failed.jpg")
    link = shop.link(photo_id)
    fail_while_it_waits(shop, photo_id)

    answer = shop.post(link, "approve", title="Approved in bad times")
    assert "Your decision is safe" in answer.text
    assert shop.reconcile()["resumed"] == 0
    shop.redrive(photo_id)

    assert_decided_once(shop, photo_id)
    assert [listing.title for listing in shop.listings(photo_id)] == ["Approved in bad times"]
    assert len(shop.mails(photo_id)) == 1


def test_after_a_redrive_the_old_mails_link_leads_to_the_live_round(shop: Shop) -> None:
    photo_id = shop.drop_sample(SOFA, "redriven.jpg")
    old = shop.link(photo_id)
    fail_while_it_waits(shop, photo_id)
    shop.redrive(photo_id)
    new = shop.link(photo_id, mail=2)
    assert new != old

    assert "Approved by you" in shop.post(old, "approve").text

    assert_decided_once(shop, photo_id)
    assert "Approved by you" in shop.browser.get(new).text
    assert len(shop.mails(photo_id)) == 2


def test_a_crash_between_deciding_and_telling_the_execution_is_made_good(shop: Shop) -> None:
    photo_id = shop.drop_sample(SOFA, "ack-crash.jpg")
    link = shop.link(photo_id)
    with broken(shop.run, "ack_handler", CRASH_BEFORE_THE_EXECUTION_IS_TOLD):
        assert shop.post(link, "approve").status_code >= 500
    assert shop.state(photo_id) == "approved"

    again = shop.browser.post(f"{link}/reject", data={"reason": "Something else"})
    assert "Approved by you" in again.text
    assert "Your decision is safe" in again.text
    assert shop.reconcile()["resumed"] == 1

    assert_decided_once(shop, photo_id)


@pytest.mark.parametrize("decide_when", ["while it is failed", "after the redrive"])
def test_a_crash_between_mailing_and_returning(shop: Shop, decide_when: str) -> None:
    with broken(shop.run, "notify", CRASH_AFTER_THE_MAIL):
        photo_id = shop.drop_sample(SOFA, "mailed-crash.jpg")
        shop.until_failed(photo_id, "NotifyOwner")
    link = shop.link(photo_id)
    if decide_when == "while it is failed":
        assert "Your decision is safe" in shop.post(link, "approve").text
        shop.redrive(photo_id)
    else:
        shop.redrive(photo_id)
        shop.mails(photo_id, count=2)
        assert "Approved by you" in shop.post(link, "approve").text
    assert_decided_once(shop, photo_id)


def test_a_crash_between_keeping_the_token_and_mailing(shop: Shop) -> None:
    with broken(shop.run, "notify", CRASH_BEFORE_THE_MAIL):
        photo_id = shop.drop_sample(SOFA, "token-crash.jpg")
        shop.until_failed(photo_id, "NotifyOwner")
    assert shop.mails_so_far(photo_id) == []
    shop.redrive(photo_id)
    shop.post(shop.link(photo_id), "approve")
    assert_decided_once(shop, photo_id)
