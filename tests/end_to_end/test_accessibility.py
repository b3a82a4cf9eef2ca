"""Pages and mails are for everybody: axe-core finds nothing, and none is wider than a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from .conftest import Shop
from .scenes import scenes, staged_run

SCREENS = (("light", 320), ("dark", 1280))
"""Colours do not depend on the width, nor does the layout on colours."""

PAGES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# A mail is shown inside of the mail program's own page.
NOT_IN_MAILS = ("region", "landmark-one-main", "page-has-heading-one")
MAILS = {
    **PAGES,
    "rules": PAGES["rules"] | {rule: {"enabled": False} for rule in NOT_IN_MAILS},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in which axe-core may run."""
    context = browser.new_context(bypass_csp=True)
    context.route("**/inbox/*/html", _out_of_its_sandbox)
    yield context.new_page()
    context.close()


def _out_of_its_sandbox(route: Route) -> None:
    answer = route.fetch()
    headers = {**answer.headers, "content-security-policy": ""}
    route.fulfill(response=answer, headers=headers)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Shop]:
    with staged_run(tmp_path_factory.mktemp("scenes")) as run:
        yield Shop(run, samples)


def test_every_page_and_mail_in_light_and_dark_on_narrow_and_wide_screens(
    page: Page, shop: Shop
) -> None:
    found = {
        (name, scheme, width): trouble
        for name in scenes(page, shop)
        for scheme, width in SCREENS
        if (trouble := _trouble(page, name, scheme, width))
    }
    assert not found, "\n".join(f"{where}: {trouble}" for where, trouble in found.items())


def _trouble(page: Page, name: str, scheme: str, width: int) -> list[str]:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    options = MAILS if name.startswith("mail-") else PAGES
    violations = Axe().run(page, options=options).response["violations"]
    trouble = [
        f"{rule['id']} ({rule['help']}): {node['html'][:200]} {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"]
    ]
    needed = page.evaluate("document.documentElement.scrollWidth")
    return trouble + ([f"it is {needed} pixels wide"] if needed > width else [])
