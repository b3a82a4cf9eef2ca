"""QualityGate: the rules doc in the bucket decides."""

from __future__ import annotations

from typing import Any

import pytest

from photo_tagger.aws.documents import BadDocumentError

GOOD = {"width": 800, "height": 600, "mean_luminance": 120.0, "sharpness": 90.0}


def judged(aws: Any, **changes: Any) -> Any:
    return aws.call("QualityGate", {"photo_id": "sofa-1", "measurements": GOOD | changes})


def test_a_good_photo_is_usable_under_the_version_of_the_rules(aws: Any) -> None:
    assert judged(aws) == {"usable": True, "reasons": [], "rules_version": "3"}


def test_a_bad_photo_is_not_with_every_reason(aws: Any) -> None:
    result = judged(aws, mean_luminance=3.0, width=50)
    assert result["usable"] is False
    assert [reason.split(":")[0] for reason in result["reasons"]] == [
        "Too dark",
        "Too small",
        "Odd shape",
    ]


def test_rules_that_changed_count_at_once(aws: Any) -> None:
    assert judged(aws)["usable"]
    aws.put_document("rules.json", {"version": "4", "sharpness": {"min": 91}})
    result = judged(aws)
    assert (result["usable"], result["rules_version"]) == (False, "4")


def test_rules_that_make_no_sense_are_a_fault_that_names_them(aws: Any) -> None:
    aws.put_document("rules.json", {"version": "4", "sharpness": "very"})
    with pytest.raises(BadDocumentError, match=r"rules\.json.*(?s:.)*sharpness"):
        judged(aws)


def test_missing_rules_are_a_fault_that_names_bucket_and_file(aws: Any) -> None:
    aws.s3.delete_object(Bucket=aws.rules_bucket, Key="rules.json")
    with pytest.raises(BadDocumentError, match=f"rules.json is not in {aws.rules_bucket}"):
        judged(aws)
