"""The review as the owner sees it: a real browser, from the mail in the inbox to the shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .conftest import Shop

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    """A local run of its own: nobody else's drafts are in its list."""
    folder = tmp_path_factory.mktemp("browser")
    with LocalRun(Options(folder, Ports.free(), parameters=A_MAIL_EACH)) as run:
        yield Shop(run, samples)


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without JavaScript, since the review must not need it; a phone's unless told else."""
    screen = getattr(request, "param", PHONE)
    context = browser.new_context(viewport=screen, java_script_enabled=False)
    yield context.new_page()
    context.close()


def open_mail_link(page: Page, shop: Shop, photo_id: str, button: str) -> Page:
    """Open the newest mail about a photo in the inbox, and follow one of its links."""
    mail = shop.mails(photo_id)[-1]
    page.bring_to_front()
    page.goto(f"{shop.run.addresses['inbox']}/{mail.id}")
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name=button, exact=True).click()
    return opened.value


@pytest.mark.parametrize("page", [PHONE, DESKTOP], ids=["phone", "desktop"], indirect=True)
def test_from_the_mail_to_the_shop_with_a_word_changed(page: Page, shop: Shop) -> None:
    photo_id = shop.drop_sample("white-sofa.jpg", "browser.jpg")
    review = open_mail_link(page, shop, photo_id, "Approve")

    photo = review.locator("img.photo")
    expect(photo).to_have_attribute("alt", "White sofa against a white background")
    assert review.request.get(str(photo.evaluate("img => img.src"))).ok
    review.get_by_label("Title").fill("Sofa <b>for two</b>")
    review.get_by_label("Title").press("Enter")
    review.get_by_label("vintage").check()
    review.get_by_role("button", name="Approve").click()

    expect(review.get_by_role("heading")).to_have_text("Approved with your changes")
    shop.until(photo_id, "listed")
    review.reload()
    review.get_by_role("link", name="See it there").click()
    expect(review.get_by_role("heading", name="Sofa <b>for two</b>")).to_be_visible()
    expect(review.get_by_text("vintage")).to_be_visible()


def test_reject_from_the_mail(page: Page, shop: Shop) -> None:
    photo_id = shop.drop_sample("white-sofa.jpg", "browser-reject.jpg")
    review = open_mail_link(page, shop, photo_id, "Reject")

    review.get_by_label("We do not sell this").check()
    review.get_by_role("button", name="Reject this photo").click()

    expect(review.get_by_role("heading")).to_have_text("Rejected")
    shop.until(photo_id, "rejected")


def test_try_again_with_a_hint(page: Page, shop: Shop) -> None:
    photo_id = shop.drop_sample("leather-armchair.jpg", "browser-hint.jpg")
    review = open_mail_link(page, shop, photo_id, "Try again")

    review.get_by_label("A hint for the next draft").fill("It is an armchair, in brown leather")
    review.get_by_role("button", name="Draft it again").click()

    expect(review.get_by_role("heading")).to_have_text("Another try is on its way")
    shop.mails(photo_id, count=2)
    again = open_mail_link(page, shop, photo_id, "Approve")
    expect(again.get_by_label("Title")).to_have_value("Brown armchair")


def in_list(page: Page, photo_id: str) -> Locator:
    return page.locator(f'li[id="{photo_id}"]')


def press(page: Page, photo_id: str, button: str) -> None:
    """Press a button that a photo has in the list; it leads back to the list without the photo."""
    in_list(page, photo_id).get_by_role("button", name=f"{button}: ").click()
    expect(page.get_by_role("status")).to_contain_text("1 photo is done.")
    expect(in_list(page, photo_id)).to_have_count(0)


def tick(page: Page, photo_id: str) -> None:
    in_list(page, photo_id).get_by_label("Select").check()


def test_a_batch_is_cleared_from_the_list(page: Page, shop: Shop) -> None:
    names = ("good", "by-enter", "ticked", "ticked-too", "bad", "nearly")
    good, by_enter, ticked, ticked_too, bad, nearly = photos = [
        shop.drop_sample("white-sofa.jpg", f"list-{name}.jpg") for name in names
    ]
    for photo_id in photos:
        shop.mails(photo_id)
    drafts = open_mail_link(page, shop, good, "See everything that waits")
    for photo_id in photos:
        picture = in_list(drafts, photo_id).get_by_role("img")
        expect(picture).to_have_attribute("alt", "White sofa against a white background")
        assert drafts.request.get(str(picture.evaluate("img => img.src"))).ok

    tick(drafts, by_enter)
    drafts.keyboard.press("Enter")
    expect(drafts.get_by_role("status")).to_contain_text("1 photo is done.")
    expect(in_list(drafts, by_enter)).to_have_count(0)
    press(drafts, good, "Approve")
    shop.until(good, "listed")

    in_list(drafts, bad).get_by_text("Reject", exact=True).click()
    in_list(drafts, bad).get_by_label("What is wrong?").select_option("We do not sell this")
    press(drafts, bad, "Reject this photo")
    rejected = shop.until(bad, "rejected").decision
    assert rejected is not None
    assert rejected.reject_reason == "We do not sell this"

    tick(drafts, ticked)
    tick(drafts, ticked_too)
    drafts.get_by_role("button", name="Approve all selected").click()
    expect(drafts.get_by_role("status")).to_contain_text("2 photos are done.")
    expect(in_list(drafts, nearly)).to_be_visible()
    shop.until(ticked, "listed")
    shop.until(ticked_too, "listed")

    in_list(drafts, nearly).get_by_role("link", name="Edit: White sofa").click()
    drafts.get_by_label("Title").fill("White sofa, second hand")
    drafts.get_by_role("button", name="Approve").click()
    expect(drafts.get_by_role("status")).to_contain_text("1 photo is done.")
    expect(in_list(drafts, nearly)).to_have_count(0)
    assert shop.until(nearly, "listed").decision is not None
    assert [listing.title for listing in shop.listings(nearly)] == ["White sofa, second hand"]

    decided = open_mail_link(page, shop, nearly, "Approve")
    decided.get_by_role("link", name="What was done with this photo").click()
    owner = "Shop Owner <owner@shop.example>"
    edited = decided.get_by_role("listitem").filter(has_text=f"{owner} changed it and approved it.")
    expect(edited.locator("del")).to_have_text("White sofa")
    expect(edited.locator("ins")).to_have_text("White sofa, second hand")
    expect(decided.get_by_role("listitem").last).to_contain_text("It was put into your shop.")


def test_a_photo_that_was_set_aside_is_drafted_after_all(page: Page, shop: Shop) -> None:
    dark = shop.drop_sample("guitar-on-stage.jpg", "dark.jpg")
    shop.until(dark, "flagged")
    mailed = shop.drop_sample("white-sofa.jpg", "way-in.jpg")
    drafts = open_mail_link(page, shop, mailed, "See everything that waits")

    drafts.get_by_role("link", name="Set aside").click()
    expect(in_list(drafts, dark)).to_contain_text("Too dark")
    in_list(drafts, dark).get_by_role("button", name="It is fine, try anyway").click()
    expect(drafts.get_by_role("status")).to_contain_text("1 photo is done.")
    review = open_mail_link(page, shop, dark, "Approve")
    expect(review.get_by_role("heading", name="Check this draft")).to_be_visible()


def test_a_scanner_with_a_browser_of_its_own_decides_nothing(browser: Browser, shop: Shop) -> None:
    photo_id = shop.drop_sample("white-sofa.jpg", "scanned.jpg")
    (mail,) = shop.mails(photo_id)
    shop.until(photo_id, "waiting")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shop.run.addresses['inbox']}/{mail.id}/html")
    written = [str(link.get_attribute("href")) for link in page.get_by_role("link").all()]
    links = {address.partition("#")[0] for address in written}
    assert len(links) == 2
    before = shop.everything_stored()
    for link in sorted(links) * 2:
        assert page.goto(link)
        for address in set(page.locator("main a").evaluate_all("all => all.map(a => a.href)")):
            assert page.request.get(address).ok
    context.close()
    assert shop.everything_stored() == before
    assert shop.state(photo_id) == "waiting"
