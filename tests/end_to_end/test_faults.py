"""A fault fails in its own state; mended and redriven, the photo goes on from there."""

import json
from pathlib import Path

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import LocalRun, Options

from .conftest import Shop


def test_a_missing_store_key_fails_in_write_to_store_and_is_redriven(
    tmp_path: Path, samples: Path
) -> None:
    with LocalRun(Options(tmp_path, Ports.free())) as run:
        shop, secret = Shop(run, samples), run.aws.client("secretsmanager")
        good = secret.get_secret_value(SecretId="pt/store/api")["SecretString"]
        secret.put_secret_value(SecretId="pt/store/api", SecretString='{"api_key": ""}')
        photo_id = shop.drop_sample("white-sofa.jpg", "keyless.jpg")
        shop.post(shop.link(photo_id), "approve")

        failed = shop.until_ended(photo_id)
        assert (failed["status"], failed["error"]) == ("FAILED", "NoStoreKeyError")
        assert "pt/store/api holds no key" in json.loads(failed["cause"])["errorMessage"]
        assert shop.states_entered(photo_id)[-1] == "WriteToStore"
        assert shop.state(photo_id) == "approved"
        page = shop.browser.get(shop.link(photo_id))
        assert "Your decision is safe" in page.text

        secret.put_secret_value(SecretId="pt/store/api", SecretString=good)
        run.aws.client("stepfunctions").redrive_execution(executionArn=failed["executionArn"])
        shop.until(photo_id, "listed")
        assert len(shop.listings(photo_id)) == 1
        assert len(shop.mails(photo_id)) == 1
