"""The review as the owner sees it: a real browser, from the mail in the inbox to the shop."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .conftest import PATIENCE_SECONDS, Shop

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
if CHROMIUM is None:
    pytest.skip(
        "the browser tests did not run, since no Chromium was found", allow_module_level=True
    )
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without JavaScript: the review must not need it."""
    context = browser.new_context(viewport=request.param, java_script_enabled=False)
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


def test_from_the_mail_to_the_shop_with_a_word_changed(page: Page, shop: Shop) -> None:
    photo_id = shop.drop_sample("white-sofa.jpg", "browser.jpg")
    review = open_mail_link(page, shop, photo_id, "Approve")

    photo = review.locator("img.photo")
    expect(photo).to_have_attribute("alt", "White sofa against a white background")
    assert review.request.get(str(photo.evaluate("img => img.src"))).ok
    review.get_by_label("Title").fill("Sofa <b>for two</b>")
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


def test_no_page_is_wider_than_the_phone(page: Page, shop: Shop) -> None:
    photo_id = shop.drop_sample("leather-armchair.jpg", "browser-width.jpg")
    review = open_mail_link(page, shop, photo_id, "Edit")
    body = review.locator("main").bounding_box()
    assert body
    assert body["x"] >= 0
    assert body["x"] + body["width"] <= (review.viewport_size or PHONE)["width"]
