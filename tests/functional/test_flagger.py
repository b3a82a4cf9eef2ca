"""FlagPhoto and MoveToFlagged: the very version that was judged goes to the flagged bucket."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from flagger.originals import CopyFailedError
from photo_tagger.domain import lifecycle

TOO_DARK = {"gate": {"usable": False, "reasons": ["Too dark: brightness 3."]}}


def flag(aws: Any, photo: str, state: dict[str, Any] = TOO_DARK) -> Any:
    return aws.call("Flagger", {"step": "FlagPhoto", "photo_id": photo, "state": state})


def test_the_original_is_moved_and_the_reasons_are_on_record(aws: Any) -> None:
    name = aws.record(data=b"the original")
    result = flag(aws, name)
    assert result == {"status": "flagged", "reasons": ["Too dark: brightness 3."]}
    assert aws.objects(aws.drop_bucket) == []
    ((key, version, data),) = aws.objects(aws.flagged_bucket)
    assert (key, data) == (f"{name}/original", b"the original")
    record = aws.photo(name)
    assert (record.status, record.outcome) == ("flagged", "flagged")
    assert record.flag_reasons == ["Too dark: brightness 3."]
    assert record.flagged.model_dump() == {
        "bucket": aws.flagged_bucket,
        "key": key,
        "version_id": version,
    }
    row = aws.audit(name)[-1]
    assert row["action"] == "flagged"
    assert (row["before"]["status"], row["after"]["status"]) == ("processing", "flagged")


def test_a_newer_version_of_the_file_stays_where_it_is(aws: Any) -> None:
    name = aws.record(data=b"judged")
    aws.drop("sofa.jpg", b"newer")
    flag(aws, name)
    assert [data for *_, data in aws.objects(aws.drop_bucket)] == [b"newer"]
    assert [data for *_, data in aws.objects(aws.flagged_bucket)] == [b"judged"]


def test_a_file_with_an_odd_name_is_moved_too(aws: Any) -> None:
    name = aws.record("drive/1/weißes Sofa + 100% & more.jpg")
    flag(aws, name)
    assert aws.objects(aws.drop_bucket) == []
    assert len(aws.objects(aws.flagged_bucket)) == 1


@pytest.mark.parametrize("operation", ["TransactWriteItems", "DeleteObject"])
def test_a_crash_on_the_way_loses_nothing_and_the_next_try_goes_on(
    aws: Any, boto: Any, operation: str
) -> None:
    # Given a crash after the copy, or after the record
    name = aws.record(data=b"the original")
    boto.fail(operation, "InternalError")
    with pytest.raises(ClientError, match="InternalError"):
        flag(aws, name)
    assert [data for *_, data in aws.objects(aws.drop_bucket)] == [b"the original"]
    # When the state is tried again
    boto.mend(operation)
    assert flag(aws, name)["status"] == "flagged"
    # Then the original lies where the record says, and there alone
    assert aws.objects(aws.drop_bucket) == []
    record = aws.photo(name)
    assert record.flagged.version_id in [
        version for _, version, data in aws.objects(aws.flagged_bucket) if data == b"the original"
    ]
    assert [row["action"] for row in aws.audit(name)].count("flagged") == 1


def test_after_all_is_done_another_try_changes_nothing(aws: Any) -> None:
    name = aws.record()
    flag(aws, name)
    before = (aws.dump(), aws.objects(aws.flagged_bucket))
    assert flag(aws, name)["status"] == "flagged"
    assert (aws.dump(), aws.objects(aws.flagged_bucket)) == before


def delete_original(aws: Any, photo: str) -> None:
    source = aws.photo(photo).source
    aws.s3.delete_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)


def test_a_photo_whose_original_was_deleted_is_set_aside_all_the_same(aws: Any) -> None:
    name = aws.record()
    delete_original(aws, name)
    assert flag(aws, name)["status"] == "flagged"
    record = aws.photo(name)
    assert (record.flagged, record.set_aside) == (None, True)
    assert aws.objects(aws.flagged_bucket) == []
    assert aws.audit(name)[-1]["after"]["flag_reasons"] == ["Too dark: brightness 3."]


def test_an_original_that_is_gone_is_found_where_an_earlier_try_put_it(aws: Any, boto: Any) -> None:
    # Given a try that copied, and a record that does not know; the original was deleted since
    name = aws.record(data=b"the original")
    boto.fail("TransactWriteItems", "InternalError")
    with pytest.raises(ClientError):
        flag(aws, name)
    boto.mend("TransactWriteItems")
    delete_original(aws, name)
    # When the state is tried again
    flag(aws, name)
    # Then the record leads to the copy
    record = aws.photo(name)
    ((key, version, data),) = aws.objects(aws.flagged_bucket)
    assert (record.flagged.key, record.flagged.version_id, data) == (key, version, b"the original")


def test_a_photo_taken_through_anew_stays_where_it_lies_with_its_new_reasons(aws: Any) -> None:
    name = aws.record(data=b"the original")
    flag(aws, name)
    lies = aws.objects(aws.flagged_bucket)
    aws.drafts().change(name, lambda record: lifecycle.requeued(record, start=2, by_user="Admin"))
    flag(aws, name, {"resized": {"problem": "The file is damaged."}})
    record = aws.photo(name)
    assert (record.status, record.flag_reasons) == ("flagged", ["The file is damaged."])
    assert aws.objects(aws.flagged_bucket) == lies
    assert [row["action"] for row in aws.audit(name)] == [
        "accepted",
        "flagged",
        "requeued",
        "flagged",
    ]


def test_a_copy_that_is_not_whole_leaves_the_original(
    aws: Any, monkeypatch: pytest.MonkeyPatch, boto: Any
) -> None:
    name = aws.record()
    original = boto.call

    def cut(client: Any, operation: str, request: dict[str, Any]) -> Any:
        result = original(client, operation, request)
        if operation == "HeadObject" and request["Bucket"] == aws.flagged_bucket:
            result["ContentLength"] -= 1
        return result

    monkeypatch.setattr(boto, "call", cut)
    with pytest.raises(CopyFailedError):
        flag(aws, name)
    assert len(aws.objects(aws.drop_bucket)) == 1
    assert aws.photo(name).status == "processing"


def test_without_a_reason_nothing_is_moved(aws: Any) -> None:
    name = aws.record()
    with pytest.raises(ValueError, match="no reason"):
        flag(aws, name, state={})
    assert len(aws.objects(aws.drop_bucket)) == 1


def test_a_rejected_photo_is_moved_and_stays_rejected(aws: Any, answer: Any) -> None:
    waiting = aws.waiting_photo()
    answer.post(waiting.ann, "reject", reason="We do not sell this")
    event = {"step": "MoveToFlagged", "photo_id": waiting.photo}
    assert aws.call("Flagger", event) == {
        "status": "rejected",
        "reasons": ["We do not sell this"],
    }
    record = aws.photo(waiting.photo)
    assert (record.status, record.flag_reasons) == ("rejected", ["We do not sell this"])
    assert len(aws.objects(aws.flagged_bucket)) == 1
    assert aws.objects(aws.drop_bucket) == []
    assert aws.audit(waiting.photo)[-1]["action"] == "moved"
