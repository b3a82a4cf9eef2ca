"""Every page and mail of the review, one after the other, in a real run with sample photos."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page

from photo_tagger_local.drawings import draw
from photo_tagger_local.inbox import StoredMail
from photo_tagger_local.ports import Ports
from photo_tagger_local.run import LocalRun, Options

from .conftest import Shop, eventually

CHAIR, ARMCHAIR, SOFA = "chair.jpg", "leather-armchair.jpg", "white-sofa.jpg"
SPOONS, VASE, BASKET = "kitchen-spoons.jpg", "vase-with-branch.jpg", "wicker-basket.jpg"
PRODUCTS = (CHAIR, SOFA, SPOONS, ARMCHAIR, VASE, BASKET)
"""Those samples that may be shown to everybody: the docs' pictures are made of them."""

CARDS = len(PRODUCTS)
"""Drafts that may wait before the next ones come in one mail."""


def staged_run(state: Path) -> LocalRun:
    """A run for `scenes`, in which a few photos make a busy hour."""
    return LocalRun(Options(state, Ports.free(), parameters={"CardsPerHour": str(CARDS)}))


def scenes(page: Page, shop: Shop) -> Iterator[str]:
    """Bring the page to each of them in turn, and say its name; mails begin with "mail-"."""
    photos = {name: shop.drop_sample(name, name) for name in PRODUCTS}
    with Image.open(shop.samples / BASKET) as basket:
        dark = shop.drop("dark-basket.jpg", _jpeg(basket.point(lambda value: value // 4)))
    screenshot = shop.drop("screenshot.jpg", _jpeg(draw("settings")))
    for photo_id in photos.values():
        shop.mails(photo_id)
    for photo_id in (dark, screenshot):
        shop.until(photo_id, "flagged")

    _open_mail(page, shop, shop.mails(photos[CHAIR])[0])
    yield "mail-draft"

    yield from _review(page, shop, photos[CHAIR])
    yield from _list(page, shop, screenshot)
    yield from _decided(page, shop, photos)
    yield from _mails_of_many(page, shop)
    yield from _closed_doors(page, shop)


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def _review(page: Page, shop: Shop, photo_id: str) -> Iterator[str]:
    page.goto(shop.link(photo_id))
    yield "review"
    page.get_by_label("Title").fill("")
    page.get_by_label("Alt text").fill("A very long sentence about a chair. " * 5)
    _follow(page, page.get_by_role("button", name="Approve"))
    assert page.locator("[aria-invalid]").count() == 2
    yield "review-marked"


def _list(page: Page, shop: Shop, set_aside: str) -> Iterator[str]:
    _follow(page, page.get_by_role("link", name="All drafts"))
    yield "list"
    page.get_by_text("Reject", exact=True).first.click()
    page.get_by_label("Select").first.check()
    yield "list-in-use"
    _follow(page, page.get_by_role("link", name="Put off"))
    yield "list-put-off"
    _follow(page, page.get_by_role("link", name="Set aside"))
    yield "list-set-aside"
    _follow(page, page.locator(f'li[id="{set_aside}"] h2 a'))
    yield "set-aside"
    _follow(page, page.get_by_role("link", name="All drafts"))
    _follow(page, page.get_by_role("button", name="Approve: Brown basket"))
    yield "list-after"


def _decided(page: Page, shop: Shop, photos: dict[str, str]) -> Iterator[str]:
    sofa, spoons, armchair = (photos[name] for name in (SOFA, SPOONS, ARMCHAIR))
    page.goto(shop.link(sofa))
    page.get_by_label("Title").fill("White daybed")
    page.get_by_label("bedroom").check()
    _follow(page, page.get_by_role("button", name="Approve"))
    shop.until(sofa, "listed")
    page.reload()
    _assert_heading(page, "Approved with your changes")
    yield "decided"
    _follow(page, page.get_by_role("link", name="What was done with this photo"))
    yield "history"

    page.goto(shop.link(spoons))
    page.get_by_label("Something else").check()
    page.get_by_label("In your own words").fill("Only half of the spoons can be seen")
    _follow(page, page.get_by_role("button", name="Reject this photo"))
    _assert_heading(page, "Rejected")
    yield "rejected"

    page.goto(shop.link(armchair))
    page.get_by_label("A hint for the next draft").fill("It is an armchair, in brown leather")
    _follow(page, page.get_by_role("button", name="Draft it again"))
    _assert_heading(page, "Another try is on its way")
    yield "another-try"
    shop.mails(armchair, count=2)
    page.goto(shop.link(armchair))
    _assert_heading(page, "There is a newer draft")
    yield "newer-draft"


def _mails_of_many(page: Page, shop: Shop) -> Iterator[str]:
    many = [shop.drop_sample(name, f"second-{name}") for name in PRODUCTS]
    for photo_id in many:
        shop.until(photo_id, "waiting")
    for task, subject in (
        ("burst", "drafts wait for you"),
        ("flags", "photos were set aside"),
        ("weekly", "Your week"),
    ):
        _tell(shop, task)
        _open_mail(page, shop, _mail_called(shop, subject))
        yield f"mail-{task}"


def _closed_doors(page: Page, shop: Shop) -> Iterator[str]:
    pages = shop.run.addresses["review"]
    page.goto(f"{pages}r/no-such-link")
    _assert_heading(page, "This link does not work")
    yield "no-such-link"
    page.context.clear_cookies()
    page.goto(f"{pages}queue")
    _assert_heading(page, "Please open a mail first")
    yield "no-mail-opened"


def _follow(page: Page, target: Locator) -> None:
    """Click, and wait until the page that it leads to is there with its style and pictures."""
    with page.expect_navigation():
        target.click()


def _assert_heading(page: Page, text: str) -> None:
    assert page.get_by_role("heading", level=1).inner_text() == text


def _open_mail(page: Page, shop: Shop, mail: StoredMail) -> None:
    """The mail alone, without the inbox around it."""
    page.goto(f"{shop.run.addresses['inbox']}/{mail.id}/html")


def _tell(shop: Shop, task: str) -> None:
    answer = shop.run.aws.client("lambda").invoke(
        FunctionName="pt-digest", Payload=json.dumps({"task": task})
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def _mail_called(shop: Shop, subject: str) -> StoredMail:
    def look() -> StoredMail | None:
        mails = shop.run.inbox.messages()
        return next((mail for mail in mails if subject in mail.message["Subject"]), None)

    return eventually(look, subject)
