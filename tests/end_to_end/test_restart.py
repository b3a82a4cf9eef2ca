"""The same state folder goes on where it was."""

from pathlib import Path

import pytest

from photo_tagger_local.ports import Ports
from photo_tagger_local.run import LocalRun, Options, StateInUseError

from .conftest import Shop, eventually


def test_a_waiting_photo_is_decided_through_its_old_mail_after_a_restart(
    tmp_path: Path, samples: Path
) -> None:
    options = Options(tmp_path / "state", Ports.free())
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "sofa.jpg").write_bytes((samples / "white-sofa.jpg").read_bytes())
    with LocalRun(options) as run:
        [photo_id] = run.drop(photos).photo_ids.values()
        link = Shop(run, samples).link(photo_id)

    with LocalRun(options) as run:
        shop = Shop(run, samples)
        assert run.drop(photos).photo_ids == {"sofa.jpg": photo_id}
        assert shop.state(photo_id) == "waiting"
        shop.post(link, "approve")
        shop.until(photo_id, "listed")
        assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
        assert len(shop.mails(photo_id)) == 1


def test_a_photo_whose_event_was_lost_is_found_at_the_next_start(
    tmp_path: Path, samples: Path
) -> None:
    options = Options(tmp_path / "state", Ports.free())
    with LocalRun(options) as run:
        s3, bucket = run.aws.client("s3"), run.outputs["DropBucket"]
        notifications = s3.get_bucket_notification_configuration(Bucket=bucket)
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": []}
        )
        body = (samples / "white-sofa.jpg").read_bytes()
        s3.put_object(Bucket=bucket, Key="lost + found.jpg", Body=body)
        notifications.pop("ResponseMetadata")
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=notifications
        )

    with LocalRun(options) as run:
        shop = Shop(run, samples)
        [mail] = [*_first_mail(shop)]
        assert "sofa" in mail.lower()


def _first_mail(shop: Shop) -> list[str]:
    return eventually(
        lambda: [str(mail.message["Subject"]) for mail in shop.run.inbox.messages()],
        "a mail about the photo whose event was lost",
    )


def test_documents_that_were_changed_outlive_a_restart(tmp_path: Path) -> None:
    options = Options(tmp_path / "state", Ports.free())
    own = b'{"version": "own", "sharpness": {"min": 1}}'
    with LocalRun(options) as run:
        place = {"Bucket": run.outputs["RulesBucket"], "Key": "rules.json"}
        run.aws.client("s3").put_object(**place, Body=own)
    with LocalRun(options) as run:
        assert run.aws.client("s3").get_object(**place)["Body"].read() == own


def test_a_state_in_use_is_refused(tmp_path: Path) -> None:
    options = Options(tmp_path, Ports.free())
    with (
        LocalRun(options),
        pytest.raises(StateInUseError, match="another local run"),
        LocalRun(Options(tmp_path, Ports.free())),
    ):
        pass
