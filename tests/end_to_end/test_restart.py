"""The same state folder goes on where it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options, StateInUseError

from .conftest import Shop

OWN_RULES = b'{"version": "own", "sharpness": {"min": 1}}'


@dataclass(frozen=True)
class Restarted:
    """A second run of a state, and what the first one left in it."""

    shop: Shop
    state: Path
    photos: Path
    waiting: str
    link: str
    lost: str


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Restarted]:
    folder = tmp_path_factory.mktemp("restart")
    state, photos = folder / "state", folder / "photos"
    options = Options(state, Ports.free(), parameters=A_MAIL_EACH)
    photos.mkdir()
    (photos / "sofa.jpg").write_bytes((samples / "white-sofa.jpg").read_bytes())
    with LocalRun(options) as run:
        shop = Shop(run, samples)
        [waiting] = run.drop(photos).photo_ids.values()
        link = shop.link(waiting)
        with shop.unnoticed():
            lost = shop.drop_sample("white-sofa.jpg", "lost + found.jpg")
        place = {"Bucket": run.outputs["RulesBucket"], "Key": "rules.json"}
        run.aws.client("s3").put_object(**place, Body=OWN_RULES)

    with LocalRun(options) as run:
        yield Restarted(Shop(run, samples), state, photos, waiting, link, lost)


def test_a_waiting_photo_is_decided_through_its_old_mail_after_a_restart(
    restarted: Restarted,
) -> None:
    shop, photo_id = restarted.shop, restarted.waiting
    assert shop.run.drop(restarted.photos).photo_ids == {"sofa.jpg": photo_id}
    assert shop.state(photo_id) == "waiting"
    shop.post(restarted.link, "approve")
    shop.until(photo_id, "listed")
    assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
    assert len(shop.mails(photo_id)) == 1


def test_a_photo_whose_event_was_lost_is_found_at_the_next_start(restarted: Restarted) -> None:
    [mail] = restarted.shop.mails(restarted.lost)
    assert "sofa" in str(mail.message["Subject"]).lower()


def test_documents_that_were_changed_outlive_a_restart(restarted: Restarted) -> None:
    run = restarted.shop.run
    place = {"Bucket": run.outputs["RulesBucket"], "Key": "rules.json"}
    assert run.aws.client("s3").get_object(**place)["Body"].read() == OWN_RULES


def test_a_state_in_use_is_refused(restarted: Restarted) -> None:
    with (
        pytest.raises(StateInUseError, match="another local run"),
        LocalRun(Options(restarted.state, Ports.free(), parameters=A_MAIL_EACH)),
    ):
        pass
