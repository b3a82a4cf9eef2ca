"""What happens while nobody answers."""

from .conftest import Shop

SOFA = "white-sofa.jpg"


def test_a_reminder_then_silence_and_the_first_link_still_works(impatient_shop: Shop) -> None:
    shop = impatient_shop
    photo_id = shop.drop_sample(SOFA, "slow.jpg")
    first = shop.link(photo_id)

    reminder = shop.mails(photo_id, count=2)[1]
    assert reminder.message["Subject"].startswith("Still waiting for you")
    shop.until(photo_id, "parked")
    shop.post(first, "approve")

    shop.until(photo_id, "listed")
    assert len(shop.mails(photo_id)) == 2
    assert len(shop.listings(photo_id)) == 1
    assert len(shop.rows("ack", photo_id)) == 1
    assert shop.actions(photo_id)[-5:] == ["mailed", "reminded", "parked", "approved", "listed"]


def test_a_draft_nobody_answers_is_closed(impatient_shop: Shop) -> None:
    shop = impatient_shop
    photo_id = shop.drop_sample(SOFA, "forgotten.jpg")
    link = shop.link(photo_id)

    shop.until(photo_id, "expired")
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert shop.browser.get(link).status_code == 410
