"""From a file in the Google Drive folder to a draft in the owner's mailbox."""

from photo_tagger.domain.ids import photo_id as photo_id_of

from .conftest import Shop, eventually


def test_a_file_put_into_the_drive_folder_becomes_a_waiting_draft(shop: Shop) -> None:
    assert shop.drive
    photo = (shop.samples / "white-sofa.jpg").read_bytes() + b"from Drive"
    (shop.drive / "Sofa aus Drive.jpg").write_bytes(photo)
    photo_id = eventually(lambda: from_drive(shop), "a photo from Drive on record")
    record = shop.until(photo_id, "waiting")
    assert record.file_name == "Sofa aus Drive.jpg"
    assert record.source.key.startswith("drive/1")
    assert shop.post(shop.link(photo_id), "reject", reason="Something else").status_code == 200
    shop.until(photo_id, "rejected")


def from_drive(shop: Shop) -> str | None:
    """The id of the photo that lies in the drop bucket's lane for Drive."""
    bucket = shop.run.outputs["DropBucket"]
    listed = shop.run.aws.client("s3").list_object_versions(Bucket=bucket, Prefix="drive/")
    for entry in listed.get("Versions", []):
        return photo_id_of(bucket, entry["Key"], entry["VersionId"])
    return None
