"""What happens while nobody answers, and when somebody does just as a wait runs out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .breaking import broken
from .conftest import Shop, assert_decided_once, eventually

SOFA = "white-sofa.jpg"

SLOW_TO_TELL_THE_EXECUTION = """
import ack_handler.decisions
tell = getattr(ack_handler.decisions, "tell", ack_handler.decisions.answer)
ack_handler.decisions.tell = tell
def slowly(*given):
    time.sleep(6)
    return tell(*given)
ack_handler.decisions.answer = slowly
"""
SLOW_TO_MAIL_A_REMINDER = """
import notify.notifier
send = getattr(notify.notifier, "really_send", notify.notifier.send)
notify.notifier.really_send = send
def slowly(message):
    if message["Subject"].startswith("Re: "):
        time.sleep(6)
    send(message)
notify.notifier.send = slowly
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """A run in which a reminder comes after 4 s, parking 3 s later, and expiry 30 s after that.

    An approval can be taken back for 2 s.
    """
    folder = tmp_path_factory.mktemp("impatient")
    with LocalRun(
        Options(
            folder,
            Ports.free(),
            parameters=A_MAIL_EACH | {"WaitSeconds": "4,3,30", "GraceSeconds": "2"},
        )
    ) as run:
        yield Shop(run, samples)


@pytest.fixture(scope="module")
def forgotten(shop: Shop) -> str:
    """A photo that nobody answers, parked: its last wait runs out while the other tests work."""
    photo_id = shop.drop_sample(SOFA, "forgotten.jpg")
    shop.until(photo_id, "parked")
    return photo_id


@pytest.mark.usefixtures("forgotten")
def test_a_reminder_then_silence_and_the_first_link_still_works(shop: Shop) -> None:
    photo_id = shop.drop_sample(SOFA, "slow.jpg")
    first = shop.link(photo_id)

    card, reminder = (mail.message for mail in shop.mails(photo_id, count=2))
    assert reminder["Subject"] == f"Re: {card['Subject']}"
    assert reminder["References"] == card["References"]
    assert reminder["Message-ID"] != card["Message-ID"]
    shop.until(photo_id, "parked")
    shop.post(first, "approve")

    shop.until(photo_id, "listed")
    assert len(shop.mails(photo_id)) == 2
    assert len(shop.listings(photo_id)) == 1
    assert len(shop.rows("ack", photo_id)) == 1
    told = ["mailed", "reminded", "parked", "approved", "sent", "looked_up", "listed"]
    assert shop.actions(photo_id)[-7:] == told


def test_a_decision_while_the_wait_runs_out(shop: Shop) -> None:
    """The wait of 4 s ends between the decision's two steps."""
    with broken(shop.run, "ack_handler", SLOW_TO_TELL_THE_EXECUTION):
        photo_id = shop.drop_sample(SOFA, "late.jpg")
        answer = shop.post(shop.link(photo_id), "approve")
    assert "Approved by you" in answer.text
    assert_decided_once(shop, photo_id)
    assert "WaitLonger" in shop.states_entered(photo_id)
    trail = shop.actions(photo_id)
    reminded_before = trail[: trail.index("approved")].count("reminded")
    assert trail.count("reminded") == reminded_before
    assert len(shop.mails_so_far(photo_id)) == 1 + reminded_before


def test_a_decision_while_a_reminder_is_being_sent(shop: Shop) -> None:
    with broken(shop.run, "notify", SLOW_TO_MAIL_A_REMINDER):
        photo_id = shop.drop_sample(SOFA, "reminded.jpg")
        link = shop.link(photo_id)
        eventually(lambda: "reminded" in shop.actions(photo_id), "the reminder on its way")
        assert len(shop.mails(photo_id)) == 1
        answer = shop.post(link, "approve")
        assert "Approved by you" in answer.text
        assert_decided_once(shop, photo_id)


def test_a_draft_nobody_answers_is_closed(shop: Shop, forgotten: str) -> None:
    link = shop.link(forgotten)

    shop.until(forgotten, "expired")
    assert shop.until_ended(forgotten)["status"] == "SUCCEEDED"
    assert shop.browser.get(link).status_code == 410


def test_an_approval_that_is_taken_back_does_not_reach_the_store(shop: Shop) -> None:
    photo_id = shop.drop_sample(SOFA, "undone.jpg")
    link = shop.link(photo_id)
    assert "take it back" in shop.post(link, "approve").text
    assert "It is not in your shop" in shop.post(link, "undo").text
    # A new mail asks anew, and what is approved then and left alone reaches the store
    again = shop.link(photo_id, mail=2)
    assert shop.listings(photo_id) == []
    shop.post(again, "approve")
    shop.until(photo_id, "listed")
