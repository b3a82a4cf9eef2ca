"""A Google Sheet as the store: Google's real client against a server that plays Sheets."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httplib2
import pytest
import urllib3

from photo_tagger.aws.config import ConfigError
from photo_tagger.domain.draft import FIELD_NAMES, Draft
from photo_tagger.domain.photo import Listing
from photo_tagger.domain.product import ProductKey
from photo_tagger.google import GoogleKeyError
from photo_tagger_local.google.a1 import BadRangeError, Range, range_of
from photo_tagger_local.google.accounts import EMAIL, Accounts
from photo_tagger_local.google.sheets import SheetsServer, error_of, over_quota
from photo_tagger_local.google.spreadsheet import SheetTab, Spreadsheet, formatted
from photo_tagger_local.stores.sheet import PlayedSheet
from photo_tagger_local.web import WebServer
from store_writer import sent_once, sheets_api
from store_writer.sheet import Sheet
from store_writer.sheet_tab import COLUMNS, letters_of, new_tab
from store_writer.store import Product, StoreRefusedUsError, StoreUnavailableError
from tests.store_lab import write

SHEET_ID = "1aBcDeFgHiJkLmNoPqRsTuVwXyZ"
ADDRESS = f"https://docs.google.com/spreadsheets/d/{SHEET_ID}/edit"
SOFA = Draft(
    title="White sofa",
    alt_text="A white sofa",
    tags=["sofa", "white"],
    category="Furniture",
    description="Two seats.\nLinen.",
)


class LosesAnswers:
    """An app that does what it is asked, and breaks the connection instead of answer number `at`.

    The first is 1; with 0 all answers arrive.
    """

    def __init__(self) -> None:
        self.app: Any = None
        self.at = 0
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer: list[Any] = []

        async def keep(message: Any) -> None:
            answer.append(message)

        await self.app(scope, receive, keep)
        self.asked += 1
        if self.asked == self.at:
            send.__self__.transport.abort()
            return
        for message in answer:
            await send(message)


class Google:
    """A sheet that is served, and the store that writes to it."""

    def __init__(self, server: SheetsServer, line: LosesAnswers, root: str) -> None:
        self.server = server
        self.sheet = server.spreadsheet
        self.line = line
        self.root = root
        self.key_file = server.accounts.key_file(root)

    def store(self, url: str = SHEET_ID, key_file: str = "") -> Sheet:
        secret: Any = SimpleNamespace(whole=key_file or self.key_file, name="pt/store/api")
        return Sheet(url, secret)

    @property
    def tab(self) -> SheetTab:
        return self.sheet.tab("Listings")

    def rows(self) -> list[dict[str, str]]:
        """What the tab displays, by heading."""
        header, *rows = self.tab.shown()
        return [dict(itertools.zip_longest(header, row, fillvalue="")) for row in rows]

    def type_tab(self, *rows: list[str]) -> None:
        """A tab that somebody made by hand."""
        self.sheet.tabs.append(SheetTab(7, "Listings"))
        self.tab.type_in(*rows)


@contextmanager
def served(app: Any) -> Iterator[str]:
    server = WebServer(app, 0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture(scope="module")
def line() -> LosesAnswers:
    return LosesAnswers()


@pytest.fixture(scope="module")
def root(line: LosesAnswers) -> Iterator[str]:
    with served(line) as address:
        yield address


@pytest.fixture
def google(accounts: Accounts, line: LosesAnswers, root: str) -> Google:
    """A new sheet, behind one address and key for all tests: Google's client is slow to make."""
    accounts.revoked = False
    server = SheetsServer(SHEET_ID, Spreadsheet("Shop listings"), accounts)
    line.app, line.at = server.app(), 0
    return Google(server, line, root)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr(sheets_api.time, "sleep", made.append)
    return made


def product(photo_id: str = "sofa-1", fields: Draft = SOFA, **more: Any) -> Product:
    return Product(
        photo_id=photo_id,
        idempotency_key=f"{photo_id}-1",
        fields=fields,
        jpeg=b"\xff\xd8small",
        picture_url=lambda: f"https://review.example/p/key/{photo_id}.jpg",
        approved_on=date(2026, 1, 2),
        **{"key": ProductKey("photo", photo_id)} | more,
    )


def put(store: Sheet, what: Product, *, overwrite: bool = False) -> Listing:
    listing = write(store, what, overwrite=overwrite)
    assert isinstance(listing, Listing)
    return listing


# One row for each photo


def test_the_first_photo_makes_the_tab_and_its_row(google: Google) -> None:
    listing = put(google.store(ADDRESS + "?pli=1#gid=0"), product())
    assert google.tab.shown()[0] == list(COLUMNS)
    assert google.tab.frozen == 1
    (row,) = google.rows()
    written_at = row.pop("Written at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", written_at)
    assert row == {
        "Photo": "sofa-1",
        "Product": "",
        "Title": "White sofa",
        "Alt text": "A white sofa",
        "Tags": "sofa, white",
        "Category": "Furniture",
        "Description": "Two seats.\nLinen.",
        "Picture": "https://review.example/p/key/sofa-1.jpg",
        "Status": "new",
    }
    assert listing.id == "sofa-1"
    assert listing.store_target == "sheet"
    assert listing.url == f"{ADDRESS}#gid={google.tab.id}&range=A2"
    assert google.sheet.tabs[0].shown() == []


def test_what_is_found_is_what_was_written(google: Google) -> None:
    put(google.store(), product())
    found = google.store().find(product())
    assert found is not None
    assert found.fields == SOFA
    assert found.url.endswith("&range=A2")


def test_a_further_photo_costs_two_reads_and_one_write(google: Google) -> None:
    put(google.store(), product())
    google.server.calls.clear()
    listing = put(google.store(), product("sofa-2"))
    assert google.server.calls == {"get": 1, "values.batchGet": 1, "batchUpdate": 1}
    assert listing.url.endswith("&range=A3")


def test_the_same_photo_again_writes_nothing(google: Google) -> None:
    first = put(google.store(), product())
    before = google.tab.shown()
    writes = google.server.calls["batchUpdate"]
    assert put(google.store(), product()) == first
    assert google.tab.shown() == before
    assert google.server.calls["batchUpdate"] == writes


STEPS = {"no tab": 6, "a tab": 4}
"""Requests that a first write comes to, the one for a token included."""


def sheet_with(google: Google, tab: str) -> None:
    if tab == "a tab":
        put(google.store(), product("other"))
    sheets_api._client.cache_clear()
    google.line.asked = 0


@pytest.mark.parametrize(("tab", "steps"), STEPS.items())
def test_the_steps_of_a_write_are_known(google: Google, tab: str, steps: int) -> None:
    sheet_with(google, tab)
    put(google.store(), product())
    assert google.line.asked == steps


@pytest.mark.parametrize(
    ("tab", "step"), [(tab, at) for tab, steps in STEPS.items() for at in range(1, steps + 1)]
)
def test_an_answer_that_is_lost_at_any_step_leaves_one_row(
    google: Google, tab: str, step: int
) -> None:
    sheet_with(google, tab)
    google.line.at = step
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        put(google.store(), product())
    put(google.store(), product())
    assert [row["Photo"] for row in google.rows()].count("sofa-1") == 1
    assert google.rows()[-1]["Title"] == "White sofa"


def test_a_write_without_an_answer_is_not_sent_again(google: Google) -> None:
    """Google's own transport would do so, unasked: see `SentOnce`."""
    put(google.store(), product("other"))
    google.server.calls.clear()
    google.line.asked, google.line.at = 0, 3
    with pytest.raises(StoreUnavailableError):
        put(google.store(), product())
    assert google.server.calls["batchUpdate"] == 1


def test_googles_own_transport_sends_a_write_again(google: Google) -> None:
    """Why there is `SentOnce`; when this fails, it may go."""
    google.line.asked, google.line.at = 0, 1
    httplib2.Http().request(f"{google.root}/token", "POST", body=b"")
    assert google.line.asked == 2


def test_a_write_that_may_yet_be_carried_out_holds_the_next_one_up(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(google.store(), product("other"))
    sheets_api._client.cache_clear()
    monkeypatch.setattr(sent_once, "_TIMEOUT", urllib3.Timeout(0.2))
    store = google.store()
    found = store.find(product())
    slow = lambda method: time.sleep(0.4) if method == "batchUpdate" else None  # noqa: E731
    google.server.before = slow
    with pytest.raises(StoreUnavailableError, match="timed out") as caught:
        store.write(product(), found, list(FIELD_NAMES))
    assert 35 + caught.value.wait_seconds >= 180
    sheets_api._client.cache_clear()


def test_photos_that_are_written_at_the_same_moment_are_all_there(google: Google) -> None:
    names = [f"photo-{number}" for number in range(8)]
    stores = [google.store() for _ in names]
    with ThreadPoolExecutor(len(names)) as pool:
        listings = list(pool.map(put, stores, map(product, names)))
    assert sorted(row["Photo"] for row in google.rows()) == names
    numbers = [int(listing.url.rpartition("=A")[2]) for listing in listings]
    assert [google.rows()[number - 2]["Photo"] for number in numbers] == names


def test_a_tab_that_another_photo_made_first_is_taken(google: Google) -> None:
    def first(method: str) -> None:
        if method == "batchUpdate" and len(google.sheet.tabs) == 1:
            google.sheet.carry_out(new_tab())

    google.server.before = first
    put(google.store(), product())
    assert [row["Photo"] for row in google.rows()] == ["sofa-1"]


def test_photos_of_one_product_have_a_row_each(google: Google) -> None:
    mug = ProductKey("sku", "00123")
    put(google.store(), product("mug-1", key=mug))
    put(google.store(), product("mug-2", key=mug, fields=SOFA.model_copy(update={"title": "Mug"})))
    assert [(row["Product"], row["Title"]) for row in google.rows()] == [
        ("00123", "White sofa"),
        ("00123", "Mug"),
    ]


# No formulas


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("https://evil.example", "Click")',
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1+1",
        "\n=1+1",
        "'=1+1",
        "00123",
        "1e5",
        "TRUE",
        "3/4",
    ],
)
def test_what_looks_like_a_formula_or_a_number_is_text(google: Google, text: str) -> None:
    fields = Draft(title=text, alt_text=text, tags=[text], category=text, description=text)
    made = product(fields=fields, key=ProductKey("sku", text))
    put(google.store(), made)
    for column in ("Product", "Title", "Alt text", "Tags", "Category", "Description"):
        assert stored(google, column) == {"stringValue": text}
    changed = product(fields=fields.model_copy(update={"title": f"{text} (2)"}))
    put(google.store(), changed, overwrite=True)
    assert stored(google, "Title") == {"stringValue": f"{text} (2)"}


def stored(google: Google, column: str) -> Any:
    return google.tab.rows[1][google.tab.shown()[0].index(column)]["userEnteredValue"]


# The shop's own columns, rows and words


def test_columns_may_stand_in_any_order_among_the_shops_own(google: Google) -> None:
    google.type_tab(
        ["Price", "title", "Photo", "", " Written  AT "],
        ["12", "Mug", "mug-1", "a note", ""],
    )
    put(google.store(), product())
    assert google.tab.shown()[0] == [
        *["Price", "title", "Photo", "", " Written  AT "],
        *["Product", "Alt text", "Tags", "Category", "Description", "Picture", "Status"],
    ]
    mug, sofa = google.tab.shown()[1:]
    assert mug == ["12", "Mug", "mug-1", "a note", ""]
    assert [sofa[place] for place in (0, 1, 2, 3, 6)] == [
        "",
        "White sofa",
        "sofa-1",
        "",
        SOFA.alt_text,
    ]
    assert google.store().find(product()).fields == SOFA


def test_columns_beyond_the_last_one_are_made(google: Google) -> None:
    google.type_tab([f"Own {number}" for number in range(26)])
    put(google.store(), product())
    assert google.tab.shown()[0][26:] == list(COLUMNS)
    assert google.rows()[0]["Written at"]


def test_an_empty_tab_gets_its_headings(google: Google) -> None:
    google.type_tab()
    put(google.store(), product())
    assert google.tab.shown()[0] == list(COLUMNS)


def test_only_what_is_empty_is_filled(google: Google) -> None:
    google.type_tab(
        ["Photo", "Title", "Alt text", "Tags", "Status", "Price"],
        ["sofa-1", "Our best sofa", "", "", "ordered", "=100+99"],
    )
    put(google.store(), product(key=ProductKey("handle", "sofa")))
    (row,) = google.rows()
    assert row["Title"] == "Our best sofa"
    assert row["Status"] == "ordered"
    assert row["Alt text"] == SOFA.alt_text
    assert row["Tags"] == "sofa, white"
    assert row["Product"] == "sofa"
    assert row["Picture"].endswith("/sofa-1.jpg")
    assert google.tab.rows[1][5] == {"userEnteredValue": {"formulaValue": "=100+99"}}


def test_overwriting_writes_the_fields_that_differ(google: Google) -> None:
    google.type_tab(["Photo", "Title", "Status"], ["sofa-1", "Our best sofa", "ordered"])
    put(google.store(), product(), overwrite=True)
    (row,) = google.rows()
    assert (row["Title"], row["Status"]) == ("White sofa", "ordered")


def sort_at(google: Google, method: str, number: int) -> None:
    """Somebody turns the rows round just before the nth call of a method from now on."""
    seen = itertools.count(1)

    def before(name: str) -> None:
        if name == method and next(seen) == number:
            google.tab.rows[1:] = reversed(google.tab.rows[1:])

    google.server.before = before


@pytest.mark.parametrize(("method", "number"), [("get", 2), ("values.batchGet", 3)])
def test_a_row_that_moved_since_it_was_found_is_found_again(
    google: Google, method: str, number: int
) -> None:
    google.type_tab(["Photo", "Title"], ["sofa-1", ""], ["other", ""])
    sort_at(google, method, number)
    listing = put(google.store(), product())
    assert listing.url.endswith("=A3")
    assert [(row["Photo"], row["Title"]) for row in google.rows()] == [
        ("other", ""),
        ("sofa-1", "White sofa"),
    ]


def test_a_row_that_moves_while_it_is_read_is_tried_again(google: Google) -> None:
    google.type_tab(["Photo", "Title"], ["sofa-1", ""], ["other", ""])
    sort_at(google, "values.batchGet", 2)
    with pytest.raises(StoreUnavailableError, match="was moved while it was read"):
        put(google.store(), product())


def test_columns_that_move_while_they_are_read_are_tried_again(google: Google) -> None:
    google.type_tab(["Photo", "Title"], ["sofa-1", ""])

    def before(method: str) -> None:
        if method == "values.batchGet":
            for row in google.tab.rows:
                row.reverse()

    google.server.before = before
    with pytest.raises(StoreUnavailableError, match="columns of the tab Listings were moved"):
        put(google.store(), product())


def test_a_write_that_hit_another_row_is_told(google: Google) -> None:
    put(google.store(), product())
    put(google.store(), product("other"))
    sort_at(google, "batchUpdate", 1)
    changed = product(fields=SOFA.model_copy(update={"title": "Linen sofa"}))
    with pytest.raises(StoreRefusedUsError, match="row 2, which was that of sofa-1"):
        put(google.store(), changed, overwrite=True)


def test_an_append_into_columns_that_moved_is_told(google: Google) -> None:
    put(google.store(), product("other"))

    def before(method: str) -> None:
        if method == "batchUpdate":
            for row in google.tab.rows:
                row.reverse()

    google.server.before = before
    with pytest.raises(StoreRefusedUsError, match="the row of sofa-1 may have been written"):
        put(google.store(), product())


def test_blank_rows_and_notes_below_stay_what_they_are(google: Google) -> None:
    put(google.store(), product("other"))
    google.tab.type_in([], ["", "", "", "a note of ours"])
    put(google.store(), product())
    assert google.tab.shown()[3] == ["", "", "", "a note of ours"]
    assert google.rows()[-1]["Photo"] == "sofa-1"


# Undo


def test_a_withdrawn_row_stays_and_says_so(google: Google) -> None:
    listing = put(google.store(), product())
    for _ in range(2):
        google.store().withdraw(listing, "sofa-1")
    (row,) = google.rows()
    assert (row["Status"], row["Title"]) == ("withdrawn", "White sofa")
    assert google.server.calls["batchUpdate"] == 3
    put(google.store(), product())
    assert google.rows()[0]["Status"] == "new"


def test_texts_are_put_back_and_our_picture_goes(google: Google) -> None:
    google.type_tab(
        ["Photo", "Title", "Alt text", "Tags", "Price"],
        ["sofa-1", "Our sofa", "", "old, blue", "5"],
    )
    listing = put(google.store(), product(), overwrite=True)
    back = {"title": "Our sofa", "alt_text": "", "tags": ["old", "blue"], "category": ""}
    back |= {"description": ""}
    for _ in range(2):
        google.store().put_back(listing, "sofa-1", back)
    (row,) = google.rows()
    assert row["Title"] == "Our sofa"
    assert row["Tags"] == "old, blue"
    assert row["Price"] == "5"
    assert {row[name] for name in ("Alt text", "Category", "Description", "Picture")} == {""}
    assert row["Status"] == "withdrawn"


def test_an_alt_text_and_a_status_of_the_shops_own_are_not_taken_back(google: Google) -> None:
    google.type_tab(["Photo", "Alt text", "Status"], ["sofa-1", "Ours", "ordered"])
    listing = put(google.store(), product())
    google.store().put_back(listing, "sofa-1", {"title": ""})
    (row,) = google.rows()
    assert (row["Alt text"], row["Status"], row["Title"]) == ("Ours", "ordered", "")


def test_a_row_that_somebody_deleted_is_gone(google: Google) -> None:
    listing = put(google.store(), product())
    del google.tab.rows[1]
    assert google.store().look(listing, "sofa-1") is None
    google.store().withdraw(listing, "sofa-1")
    google.store().put_back(listing, "sofa-1", {"title": "x"})
    assert google.rows() == []


# Faults


def not_shared(google: Google) -> None:
    google.server.shared = ""


def only_to_read(google: Google) -> None:
    google.server.shared = "reader"


def not_enabled(google: Google) -> None:
    google.server.enabled = False


def another_sheet(google: Google) -> None:
    google.server.id = "another"


def protected(google: Google) -> None:
    google.sheet.carry_out(new_tab())
    google.tab.locked = [1]


def full(google: Google) -> None:
    google.sheet.most_cells = 26_000


def revoked(google: Google) -> None:
    sheets_api._client.cache_clear()
    google.server.accounts.revoked = True


def with_bad_gateway(google: Google) -> None:
    google.server.fail("get", error_of(502, "Bad gateway", "UNAVAILABLE"))


REFUSALS: list[tuple[Callable[[Google], None], str]] = [
    (not_shared, rf"does not have permission \(share the sheet with {EMAIL} as Editor\)"),
    (only_to_read, rf"does not have permission \(share the sheet with {EMAIL} as Editor\)"),
    (
        not_enabled,
        r"403: Google Sheets API has not been used.*Enable it by visiting https://\S+ .*retry\.$",
    ),
    (another_sheet, rf"404: .* \(see whether store_url is the sheet's address.*{SHEET_ID}\)"),
    (protected, rf"protected cell.*\(in Data > Protect sheets and ranges, let {EMAIL} edit"),
    (full, r"limit of 26000 cells\. \(make a new sheet"),
    (revoked, rf"no token for the key in pt/store/api: invalid_grant.*make a new key for {EMAIL}"),
]


@pytest.mark.parametrize(("trouble", "words"), REFUSALS)
def test_what_google_refuses_is_told_with_what_to_do(
    google: Google, trouble: Callable[[Google], None], words: str
) -> None:
    trouble(google)
    with pytest.raises(StoreRefusedUsError, match=words) as caught:
        put(google.store(), product())
    assert json.loads(google.key_file)["private_key"][40:80] not in str(caught.value)


def test_a_text_beyond_what_a_cell_holds_is_refused_in_googles_words(google: Google) -> None:
    with pytest.raises(StoreRefusedUsError, match="maximum of 50000 characters"):
        put(google.store(), product(fields=SOFA.model_copy(update={"description": "x" * 50_001})))


def test_a_server_in_trouble_is_tried_again_later(google: Google) -> None:
    with_bad_gateway(google)
    with pytest.raises(StoreUnavailableError, match="502: Bad gateway"):
        put(google.store(), product())
    put(google.store(), product())


def test_no_server_is_tried_again_later(google: Google) -> None:
    key_file = google.server.accounts.key_file("http://127.0.0.1:9")
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        put(google.store(key_file=key_file), product())


def test_a_token_that_google_lost_is_asked_for_anew(google: Google) -> None:
    store = google.store()
    store.find(product())
    google.server.accounts._scopes.clear()
    put(store, product())
    assert len(google.rows()) == 1


@pytest.mark.parametrize("method", ["get", "values.batchGet", "batchUpdate"])
def test_quota_is_waited_for_a_little(google: Google, pauses: list[float], method: str) -> None:
    put(google.store(), product("other"))
    google.server.fail(method, over_quota(writes=method == "batchUpdate"), times=2)
    put(google.store(), product())
    assert [row["Photo"] for row in google.rows()] == ["other", "sofa-1"]
    assert len(pauses) == 2
    assert sum(pauses) < 25


def test_quota_that_stays_used_up_is_tried_again_later(google: Google, pauses: list[float]) -> None:
    put(google.store(), product("other"))
    google.server.per_minute = 4
    with pytest.raises(StoreUnavailableError, match="429: Quota exceeded for quota metric 'Read"):
        put(google.store(), product())
    assert len(google.rows()) == 1


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (SHEET_ID, ADDRESS),
        (f" {SHEET_ID} ", ADDRESS),
        (f"{ADDRESS}?gid=0#gid=0", ADDRESS),
        (f"https://docs.google.com/spreadsheets/d/{SHEET_ID}", ADDRESS),
        (
            f"https://docs.google.com/spreadsheets/u/1/d/{SHEET_ID}/edit#gid=3",
            f"https://docs.google.com/spreadsheets/u/1/d/{SHEET_ID}/edit",
        ),
    ],
)
def test_the_address_is_taken_as_the_browser_shows_it(
    google: Google, url: str, address: str
) -> None:
    listing = put(google.store(url), product())
    assert listing.url == f"{address}#gid={google.tab.id}&range=A2"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "Shop listings",
        "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml",
        "https://drive.google.com/drive/folders/1aBcDeFgHiJkLmNoPqRsTuVwXyZ",
        f"https://docs.google.com/document/d/{SHEET_ID}/edit",
    ],
)
def test_an_address_that_is_no_sheets_is_a_setting_to_mend(google: Google, url: str) -> None:
    with pytest.raises(ConfigError, match="store_url"):
        google.store(url)


def test_a_secret_that_holds_no_key_file_is_named(google: Google) -> None:
    with pytest.raises(GoogleKeyError, match="pt/store/api"):
        google.store(key_file='{"signing_key": "x"}')


# Check


def test_check_tells_key_right_and_columns_and_changes_nothing(google: Google) -> None:
    google.type_tab(["Photo", "Title", "Price"])
    before = google.tab.shown()
    assert google.store().check() == [
        f"Google takes the key in pt/store/api: it is that of {EMAIL}.",
        f"The sheet is “Shop listings”, and {EMAIL} may edit it.",
        "Of our columns, the tab Listings has: Photo, Title; the first photo adds Product, "
        "Alt text, Tags, Category, Description, Picture, Status, Written at.",
    ]
    assert google.tab.shown() == before


def test_check_of_a_sheet_without_the_tab(google: Google) -> None:
    assert google.store().check()[-1] == "It has no tab Listings: the first photo makes it."
    assert len(google.sheet.tabs) == 1


@pytest.mark.parametrize(
    ("trouble", "words"),
    [refusal for refusal in REFUSALS if refusal[0] not in (full, protected)]
    + [(protected, f"in the tab Listings, cells are protected against {EMAIL}")],
)
def test_check_finds_what_a_write_would(
    google: Google, trouble: Callable[[Google], None], words: str
) -> None:
    trouble(google)
    with pytest.raises(StoreRefusedUsError, match=words):
        google.store().check()


def test_headings_may_be_protected(google: Google) -> None:
    protected(google)
    google.tab.locked = [0]
    assert len(google.store().check()) == 3
    put(google.store(), product())


# The whole function


def shop_with(aws: Any, google: Google) -> None:
    aws.set("store_target", "sheet")
    aws.set("store_url", ADDRESS)
    aws.client("secretsmanager").put_secret_value(
        SecretId="pt/store/api", SecretString=google.key_file
    )


def test_an_approved_photo_is_written_and_taken_back(aws: Any, answer: Any, google: Google) -> None:
    shop_with(aws, google)
    waiting = aws.waiting_photo()
    answer.approve(waiting.ann, title="White linen sofa")
    written = aws.call("StoreWriter", {"photo_id": waiting.photo})
    assert aws.call("StoreWriter", {"photo_id": waiting.photo}) == written
    listing = written["listing"]
    assert (listing["created"], listing["written"]) == (True, list(FIELD_NAMES))
    (row,) = google.rows()
    assert row["Title"] == "White linen sofa"
    assert re.fullmatch(rf"https://review\.example/p/[\w-]+/{waiting.photo}\.jpg", row["Picture"])
    event = {"step": "RecordListing", "photo_id": waiting.photo, "listing": listing}
    aws.call("Recorder", event)
    undo = {"task": "undo", "photo_id": waiting.photo, "by_user": "admin"}
    assert aws.call("StoreWriter", undo)["does"] == "withdraw"
    assert google.rows()[0]["Status"] == "withdrawn"


def test_the_function_checks_the_sheet(aws: Any, google: Google) -> None:
    shop_with(aws, google)
    answered = aws.call("StoreWriter", {"task": "check"})
    assert answered["store_target"] == "sheet"
    assert len(answered["found"]) == 3


# The server


def test_the_played_sheet_shows_its_rows_and_keeps_them(tmp_path: Path) -> None:
    played = PlayedSheet(tmp_path)
    with served(played.app()) as root:
        secret: Any = SimpleNamespace(whole=played.secret(root), name="pt/store/api")
        listing = put(Sheet(played.parameters(root)["StoreUrl"], secret), product())
        assert listing.url.startswith(f"{root}/spreadsheets/d/")
    with served(PlayedSheet(tmp_path).app()) as root_again:
        shown = listing.url.replace(root, root_again).partition("#")[0]
        page = urllib3.request("GET", shown).data.decode()
    assert "<strong>White sofa</strong>" in page
    assert "Photo: sofa-1" in page


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Listings", Range("Listings")),
        ("Listings!B:C", Range("Listings", start_column=1, end_column=3)),
        ("'Listings'!2:5", Range("Listings", start_row=1, end_row=5)),
        ("'It''s'!AA3", Range("It's", 2, 3, 26, 27)),
        ("Listings!$A$2:B", Range("Listings", 1, None, 0, 2)),
        ("A1:B2", Range(None, 0, 2, 0, 2)),
    ],
)
def test_ranges_in_a1_notation(text: str, found: Range) -> None:
    assert range_of(text, ["Listings", "It's"]) == found


@pytest.mark.parametrize("text", ["'Other'!A1", "Other!A1", "Listings!", "Listings!A", "?", "'x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(BadRangeError):
        range_of(text, ["Listings"])


def test_columns_have_the_letters_that_sheets_gives_them() -> None:
    assert [letters_of(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        *["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    ]


def test_the_server_makes_a_formula_of_what_a_person_types(google: Google) -> None:
    google.type_tab(["=1+1", "12", "'=1+1"])
    formula, number, text = google.tab.rows[0]
    assert formula == {"userEnteredValue": {"formulaValue": "=1+1"}}
    assert number == {"userEnteredValue": {"numberValue": 12}}
    assert formatted(text) == "=1+1"


def test_the_server_takes_nothing_that_the_api_does_not_know(google: Google) -> None:
    api = google.store()._api
    with pytest.raises(StoreRefusedUsError, match='Unknown name "formula" at'):
        api.update([{"updateCells": {"rows": [{"values": [{"formula": "=1"}]}]}}])
