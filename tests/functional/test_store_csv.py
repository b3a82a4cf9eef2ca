"""The CSV files of a day, as Shopify and WooCommerce import them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from photo_tagger.domain.draft import Draft
from photo_tagger.domain.product import ProductKey, fields_to_write
from store_writer import csv_file
from store_writer.csv_file import CsvFile, Layout, ShopifyLayout, WooCommerceLayout
from store_writer.store import Product, StoreRefusedUsError, StoreUnavailableError
from tests.store_lab import write, written_at_once

BUCKET = "pt-listings-123456789012-ap-southeast-1"
DAY = date(2026, 11, 25)
PHOTO, SECOND = "a-very-long-name-of-a-photo-that-somebody-gave-0123456789ab", "back-ba9876543210"
LAYOUTS = (ShopifyLayout(), WooCommerceLayout())
FIELDS = Draft(
    title='Cups, "mugs" & more',
    alt_text="Two cups",
    tags=["black", "white, blue"],
    category="Kitchen, dining",
    description="First.\nA second line & more.\n\nThe end; really.",
)
NASTY = [
    "=1+1",
    "=-2",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '"=1"',
    " '=1",
    "\u200b=1",
    "\x00=1",
    "＝1",
    "=cmd|' /C calc'!A0",
    "fine; =1",
    "fine;=1;+2",
    "fine\n=1",
    'fine;"\t@x',
    "a &=1",
    "&=;-1",
    "'=as a text",
]


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.name)
def layout(request: pytest.FixtureRequest) -> Layout:
    chosen: Layout = request.param
    return chosen


@pytest.fixture
def store(aws: Any, layout: Layout) -> CsvFile:
    return CsvFile(BUCKET, layout)


@pytest.fixture
def photo() -> Callable[..., Product]:
    addresses = iter(range(100))

    def make(photo_id: str = PHOTO, key: ProductKey | None = None, **more: Any) -> Product:
        values: dict[str, Any] = {
            "idempotency_key": f"{photo_id}-1",
            "key": key or ProductKey("photo", photo_id),
            "fields": FIELDS,
            "jpeg": b"",
            "approved_on": DAY,
            "picture_url": lambda: f"https://review.example/p/k{next(addresses)}/{photo_id}.jpg",
        }
        return Product(photo_id=photo_id, **(values | more))

    return make


def text(aws: Any, name: str) -> str:
    body: bytes = aws.s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()
    return body.decode("utf-8")


def rows(aws: Any, layout: Layout, day: date = DAY) -> list[dict[str, str]]:
    """As any reader of RFC 4180 reads the file."""
    file = io.StringIO(text(aws, f"{layout.name}-{day}.csv"), newline="")
    return list(csv.DictReader(file, strict=True))


def test_a_product_of_two_photos_as_shopify_reads_it(aws: Any, photo: Any) -> None:
    store = CsvFile(BUCKET, ShopifyLayout())
    key = ProductKey("sku", "MUG 01")
    listing = write(store, photo(key=key))
    write(store, photo(SECOND, key, fields=FIELDS.model_copy(update={"alt_text": "The back"})))
    assert listing.id == "shopify-2026-11-25.csv#mug-01"
    assert listing.url == f"s3://{BUCKET}/shopify-2026-11-25.csv"
    assert rows(aws, ShopifyLayout()) == [
        {
            "Title": 'Cups, "mugs" & more',
            "URL handle": "mug-01",
            "Description": "<p>First.<br />A second line &amp; more.</p><p>The end; really.</p>",
            "Type": "Kitchen, dining",
            "Tags": "black, white, blue",
            "Published on online store": "FALSE",
            "Status": "draft",
            "SKU": "MUG 01",
            "Product image URL": f"https://review.example/p/k0/{PHOTO}.jpg",
            "Image position": "1",
            "Image alt text": "Two cups",
        },
        dict.fromkeys(ShopifyLayout.columns, "")
        | {
            "URL handle": "mug-01",
            "Product image URL": f"https://review.example/p/k1/{SECOND}.jpg",
            "Image position": "2",
            "Image alt text": "The back",
        },
    ]


def test_a_product_of_two_photos_as_woocommerce_reads_it(aws: Any, photo: Any) -> None:
    store = CsvFile(BUCKET, WooCommerceLayout())
    key = ProductKey("sku", "MUG 01")
    write(store, photo(key=key, active=True))
    write(store, photo(SECOND, key, fields=FIELDS.model_copy(update={"alt_text": "The back"})))
    addresses = [
        f"https://review.example/p/k{n}/{name}.jpg" for n, name in enumerate((PHOTO, SECOND))
    ]
    assert rows(aws, WooCommerceLayout()) == [
        {
            "Type": "simple",
            "SKU": "MUG 01",
            "Name": 'Cups, "mugs" &amp; more',
            "Published": "1",
            "Description": "<p>First.<br />A second line &amp; more.</p><p>The end; really.</p>",
            "Categories": r"Kitchen\, dining",
            "Tags": r"black, white\, blue",
            "Images": ", ".join(addresses),
            "Image alt texts": "Two cups | The back",
            "Meta: _photo_tagger": f"{PHOTO}, {SECOND}",
        }
    ]


def test_a_photo_of_its_own_goes_by_its_whole_id(aws: Any, store: CsvFile, photo: Any) -> None:
    listing = write(store, photo())
    assert listing.id.endswith(f"#{PHOTO}")
    assert listing.store_target == f"{store._layout.name}-csv"


def test_the_same_photo_again_replaces_its_own_row(
    aws: Any, store: CsvFile, layout: Layout, photo: Any
) -> None:
    first = write(store, photo())
    assert write(store, photo()) == first
    assert len(aws.s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 1
    changed = FIELDS.model_copy(update={"title": "Cups", "alt_text": "A cup"})
    write(store, photo(fields=changed), overwrite=True)
    (row,) = rows(aws, layout)
    assert row["Title" if "Title" in row else "Name"] == "Cups"
    assert "A cup" in row.values()


def test_each_day_has_a_file_of_its_own(
    aws: Any, store: CsvFile, layout: Layout, photo: Any
) -> None:
    write(store, photo())
    write(store, photo(SECOND, approved_on=date(2026, 11, 26)))
    assert len(rows(aws, layout)) == len(rows(aws, layout, date(2026, 11, 26))) == 1


def test_what_is_written_reads_back_as_it_was(aws: Any, store: CsvFile, photo: Any) -> None:
    write(store, photo())
    write(store, photo(SECOND, fields=Draft(title="Only a title")))
    found = store.find(photo())
    assert found is not None
    fields = FIELDS.model_copy()
    if isinstance(store._layout, ShopifyLayout):  # a tag cannot have a comma there
        fields.tags = ["black", "white", "blue"]
    assert fields_to_write(fields, found.fields, overwrite=True) == []
    second = store.find(photo(SECOND))
    assert second is not None
    assert second.fields == Draft(title="Only a title")


def test_a_second_photo_leaves_what_is_there(
    aws: Any, store: CsvFile, layout: Layout, photo: Any
) -> None:
    key = ProductKey("handle", "mug")
    write(store, photo(key=key, fields=Draft(title="First")))
    write(store, photo(SECOND, key))
    found = store.find(photo(SECOND, key))
    assert found is not None
    assert (found.fields.title, found.fields.alt_text) == ("First", "Two cups")
    assert found.fields.category == "Kitchen, dining"
    assert found.other_images == 1


def formulas(raw: str) -> list[str]:
    """What would be a formula somewhere: for a reader that knows quotes, and for one that does not
    and parts the file at semicolons.
    """
    cells = [cell for row in csv.reader(io.StringIO(raw, newline="")) for cell in row]
    pieces = re.split(r"[;\r\n\t]", raw)
    hidden = ' \t\r\n"\u200b\ufeff\x00'
    begin = tuple("=+-@＝")
    return [
        each
        for each in (*cells, *pieces)
        if each.strip(hidden).startswith(begin) and each != "-1"  # WooCommerce's word for a draft
    ]


def test_the_check_for_formulas_finds_some() -> None:
    assert len(formulas('a,"=1"\r\nb,"x;=2"\r\n-1,c\r\n')) == 3


@pytest.mark.parametrize("nasty", NASTY)
def test_no_cell_becomes_a_formula_and_each_reads_back(
    aws: Any, store: CsvFile, layout: Layout, photo: Any, nasty: str
) -> None:
    fields = Draft(
        title=nasty, alt_text=nasty, tags=[nasty, "sofa", nasty], category=nasty, description=nasty
    )
    for name in (PHOTO, SECOND):
        write(store, photo(name, ProductKey("sku", nasty), fields=fields))
    raw = text(aws, f"{layout.name}-{DAY}.csv")
    assert formulas(raw) == []
    assert raw.count("\n") == raw.count("\r\n") == len(rows(aws, layout)) + 1
    found = store.find(photo(key=ProductKey("sku", nasty)))
    assert found is not None
    plain = " ".join(re.sub(r"[\x00-\x1f]", " ", nasty).split())
    assert found.fields.title == plain
    assert found.fields.category == plain
    assert found.fields.alt_text == plain.replace("|", "/" if layout.name == "woocommerce" else "|")
    assert found.fields.tags == [plain, "sofa", plain]


class TestAtTheSameMoment:
    def interfered(
        self, monkeypatch: pytest.MonkeyPatch, times: int, between: Callable[[], object]
    ) -> None:
        """Something happens between our reading of a file and our writing of it."""
        wrote, left = CsvFile._wrote, [times]

        def interfered(self: CsvFile, *given: Any) -> bool:
            if left[0]:
                left[0] -= 1
                monkeypatch.setattr(CsvFile, "_wrote", wrote)
                between()
                monkeypatch.setattr(CsvFile, "_wrote", interfered)
            return wrote(self, *given)

        monkeypatch.setattr(CsvFile, "_wrote", interfered)

    @pytest.mark.parametrize("there", [True, False], ids=["a file", "no file yet"])
    def test_both_photos_stay(
        self,
        aws: Any,
        store: CsvFile,
        layout: Layout,
        photo: Any,
        monkeypatch: pytest.MonkeyPatch,
        there: bool,
    ) -> None:
        if there:
            write(store, photo("third-000000000000"))
        self.interfered(monkeypatch, 1, lambda: write(store, photo(SECOND)))
        write(store, photo())
        assert len(rows(aws, layout)) == (3 if there else 2)

    def test_a_file_that_somebody_takes_away_is_begun_anew(
        self, aws: Any, store: CsvFile, layout: Layout, photo: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(store, photo(SECOND))
        file = f"{layout.name}-{DAY}.csv"
        self.interfered(monkeypatch, 1, lambda: aws.s3.delete_object(Bucket=BUCKET, Key=file))
        write(store, photo())
        assert len(rows(aws, layout)) == 1

    def test_too_many_at_once_are_told(
        self, store: CsvFile, photo: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = iter(f"other-{number:012}" for number in range(100))
        self.interfered(monkeypatch, 99, lambda: write(store, photo(next(names))))
        monkeypatch.setattr(csv_file, "_TRIES", 2)
        with pytest.raises(StoreUnavailableError, match="too many"):
            write(store, photo())


def test_an_answer_that_got_lost_makes_no_second_row(
    aws: Any, store: CsvFile, layout: Layout, photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote = CsvFile._wrote

    def lose(self: CsvFile, *given: Any) -> bool:
        wrote(self, *given)
        raise StoreUnavailableError("lost")

    monkeypatch.setattr(CsvFile, "_wrote", lose)
    with pytest.raises(StoreUnavailableError):
        write(store, photo())
    monkeypatch.setattr(CsvFile, "_wrote", wrote)
    write(store, photo())
    assert len(rows(aws, layout)) == 1


@pytest.mark.parametrize("body", [b"Handle;Title\r\n", "Größe".encode("latin-1"), b""])
def test_a_file_that_somebody_changed_is_left_alone(
    aws: Any, store: CsvFile, layout: Layout, photo: Any, body: bytes
) -> None:
    file = f"{layout.name}-{DAY}.csv"
    aws.s3.put_object(Bucket=BUCKET, Key=file, Body=body)
    with pytest.raises(StoreRefusedUsError, match="another name"):
        write(store, photo())
    assert aws.s3.get_object(Bucket=BUCKET, Key=file)["Body"].read() == body


class TestTakingBack:
    def test_takes_the_row_out_once(
        self, aws: Any, store: CsvFile, layout: Layout, photo: Any
    ) -> None:
        write(store, photo(SECOND))
        listing = write(store, photo())
        store.withdraw(listing, PHOTO)
        store.withdraw(listing, PHOTO)
        (row,) = rows(aws, layout)
        assert SECOND in " ".join(row.values())
        assert store.look(listing, PHOTO) is None

    def test_leaves_the_images_of_others(
        self, aws: Any, store: CsvFile, layout: Layout, photo: Any
    ) -> None:
        key = ProductKey("sku", "MUG")
        listing = write(store, photo(key=key))
        second = write(store, photo(SECOND, key))
        found = store.look(listing, PHOTO)
        assert found is not None
        assert found.other_images == 1
        store.put_back(listing, PHOTO, {"category": ""})
        (row,) = rows(aws, layout)
        assert PHOTO not in " ".join(row.values())
        assert 'Cups, "mugs" ' in row["Title" if "Title" in row else "Name"]
        assert row["Type" if layout.name == "shopify" else "Categories"] == ""
        store.put_back(second, SECOND, {})
        assert rows(aws, layout) == []


class TestThroughTheHandler:
    @pytest.fixture
    def approved(self, aws: Any, answer: Any) -> Callable[[str], str]:
        def approve(key: str) -> str:
            name: str = aws.record(key, key.encode())
            aws.save_draft(name)
            waiting = aws.mailed(name)
            answer.approve(waiting.ann)
            answer.get(waiting.ann)
            return name

        aws.set("store_target", "shopify-csv")
        aws.set("time_zone", "Pacific/Kiritimati")
        # A store without a key: there is no secret to be read
        aws.client("secretsmanager").delete_secret(
            SecretId="pt/store/api", ForceDeleteWithoutRecovery=True
        )
        return approve

    def test_a_photo_is_written_on_the_shops_day_with_an_address_that_works(
        self, aws: Any, answer: Any, approved: Callable[[str], str]
    ) -> None:
        name = approved("sofa.jpg")
        decided = aws.photo(name).decision.decided_at
        done = aws.call("StoreWriter", {"photo_id": name})
        file = done["listing"]["id"].partition("#")[0]
        assert re.fullmatch(r"shopify-\d{4}-\d\d-\d\d\.csv", file)
        # Kiritimati is fourteen hours ahead
        later = str(date.fromordinal(date.fromisoformat(decided[:10]).toordinal() + 1))
        assert file[8:18] == (decided[:10] if int(decided[11:13]) < 10 else later)
        (row,) = csv.DictReader(io.StringIO(text(aws, file), newline=""))
        address = row["Product image URL"].removeprefix("https://review.example")
        assert answer.request("GET", address).body == b"\xff\xd8small"
        listing = done["listing"]
        aws.call("Recorder", {"step": "RecordListing", "photo_id": name, "listing": listing})
        page = answer.request("GET", f"/photo/{name}").text
        assert f"It is in the file {file}, ready to be imported" in page
        aws.call("StoreWriter", {"task": "undo", "photo_id": name, "by_user": "admin"})
        assert len(text(aws, file).splitlines()) == 1

    def test_two_photos_of_one_product_at_the_same_moment_both_end_up_there(
        self, aws: Any, approved: Callable[[str], str]
    ) -> None:
        aws.set("product_key", "sku")
        names = [approved(key) for key in ("MUG__1.jpg", "MUG__2.jpg")]

        ids = {listing["id"] for listing in written_at_once(aws, names)}
        (only,) = ids
        raw = text(aws, only.partition("#")[0])
        assert all(raw.count(f"{name}.jpg") == 1 for name in names)

    def test_the_bucket_is_checked(self, aws: Any, approved: Any) -> None:
        found = aws.call("StoreWriter", {"task": "check"})
        assert found == {
            "store_target": "shopify-csv",
            "found": [f"The files lie in s3://{BUCKET}, which may be read. They need no key."],
        }
