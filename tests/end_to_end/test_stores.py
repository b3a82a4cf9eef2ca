"""Every store that can be played: an approved draft comes to it, and is taken back."""

from __future__ import annotations

import csv
import io
from html import escape
from pathlib import Path

import httpx
import pytest

from photo_tagger_cli.store import StoreWriter
from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options
from photo_tagger_local.stores import STORES

from .conftest import Shop


@pytest.mark.parametrize("kind", sorted(STORES))
def test_an_approved_draft_is_in_the_store_and_is_taken_back(
    kind: str, tmp_path: Path, samples: Path
) -> None:
    options = Options(tmp_path, Ports.free(), parameters=A_MAIL_EACH, store=kind)
    with LocalRun(options) as run:
        shop, store = Shop(run, samples), StoreWriter(run.aws.client, "pt")
        assert store.check()["found"]
        photo_id = shop.drop_sample("white-sofa.jpg", "sofa.jpg")
        shop.post(shop.link(photo_id), "approve", title="A sofa & more")
        record = shop.until(photo_id, "listed")
        assert record.listing is not None
        assert record.listing.store_target == kind

        console = f"http://127.0.0.1:{options.ports.console}/shop"
        seen = httpx.get(console, follow_redirects=True, trust_env=False).text
        assert seen == httpx.get(run.addresses["shop"], trust_env=False).text
        assert escape("A sofa & more") in seen
        assert "withdrawn" not in seen

        assert store.undo(photo_id, dry_run=False)["does"] == "withdraw"
        assert shop.until(photo_id, "withdrawn").in_store.fields is None
        assert httpx.get(run.addresses["shop"], trust_env=False).text != seen


def test_an_approved_draft_is_in_the_file_of_the_day(tmp_path: Path, samples: Path) -> None:
    parameters = {**A_MAIL_EACH, "StoreTarget": "shopify-csv"}
    with LocalRun(Options(tmp_path, Ports.free(), parameters=parameters)) as run:
        shop = Shop(run, samples)
        photo_id = shop.drop_sample("white-sofa.jpg", "sofa.jpg")
        shop.post(shop.link(photo_id), "approve", title="A sofa & more")
        record = shop.until(photo_id, "listed")
        assert record.listing is not None
        bucket, _, key = record.listing.url.removeprefix("s3://").partition("/")
        body = run.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        (row,) = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
        assert (row["URL handle"], row["Title"]) == (photo_id, "A sofa & more")
        picture = httpx.get(row["Product image URL"], trust_env=False)
        assert picture.headers["content-type"] == "image/jpeg"
