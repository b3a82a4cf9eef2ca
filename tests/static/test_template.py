"""What must hold of template.yaml before anything is deployed."""

import json
from pathlib import Path
from typing import get_args

from digest.handler import Request
from photo_tagger.aws.config import StoreTarget
from photo_tagger.domain.photo_files import PHOTO_SUFFIXES
from photo_tagger_cli.store_kinds import STORE_KINDS
from photo_tagger_local.packages import build_function_module
from photo_tagger_local.stores import STORES
from photo_tagger_local.template import photo_suffixes, read_template, resources_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")


def test_one_word_leads_from_function_to_folder_handler_and_name() -> None:
    folder_of = build_function_module(ROOT / "functions").folder_of
    for logical_id, resource in FUNCTIONS.items():
        folder = folder_of(logical_id)
        assert (ROOT / "functions" / folder / "handler.py").is_file()
        assert resource["Properties"]["Handler"] == f"{folder}.handler.handle"
        name = f"${{Prefix}}-{folder.replace('_', '-')}"
        assert resource["Properties"]["FunctionName"] == {"Fn::Sub": name}


def test_every_function_folder_is_deployed() -> None:
    folder_of = build_function_module(ROOT / "functions").folder_of
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == {folder_of(logical_id) for logical_id in FUNCTIONS}


def test_reconcile_takes_what_the_notifications_take() -> None:
    assert {suffix.lower() for suffix in photo_suffixes()} == set(PHOTO_SUFFIXES)
    assert set(photo_suffixes()) == {
        case for suffix in PHOTO_SUFFIXES for case in (suffix, suffix.upper())
    }


def test_schedules_hand_over_tasks_that_their_functions_know() -> None:
    schedules = resources_of(TEMPLATE, "AWS::Scheduler::Schedule").values()
    targets = [schedule["Properties"]["Target"] for schedule in schedules]
    assert {(target["Arn"]["Fn::GetAtt"][0], target["Input"]) for target in targets} == {
        ("WatcherFunction", '{"task": "reconcile"}'),
        ("DriveSyncFunction", "{}"),
        *(
            ("DigestFunction", json.dumps({"task": task}))
            for task in get_args(Request.model_fields["task"].annotation)
        ),
    }


def test_what_people_are_mailed_at_a_time_of_day_goes_by_the_shops_clock() -> None:
    for name in ("WeeklySchedule", "FlagsSchedule"):
        schedule = TEMPLATE["Resources"][name]["Properties"]
        assert schedule["ScheduleExpressionTimezone"] == {"Ref": "TimeZone"}


def test_what_is_for_drive_is_made_only_where_it_is_used() -> None:
    resources = TEMPLATE["Resources"]
    conditional = {
        name for name, found in resources.items() if found.get("Condition") == "FromDrive"
    }
    assert conditional == {name for name in resources if name.startswith("Drive")}
    assert TEMPLATE["Parameters"]["DriveFolder"]["Default"] == "-"


def test_logs_are_kept_for_a_week() -> None:
    groups = resources_of(TEMPLATE, "AWS::Logs::LogGroup").values()
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {7}


def test_buckets_are_private_encrypted_versioned_and_tls_only() -> None:
    policies = resources_of(TEMPLATE, "AWS::S3::BucketPolicy").values()
    guarded = {policy["Properties"]["Bucket"]["Ref"] for policy in policies}
    buckets = resources_of(TEMPLATE, "AWS::S3::Bucket")
    assert guarded == set(buckets)
    for bucket in buckets.values():
        properties = bucket["Properties"]
        assert all(properties["PublicAccessBlockConfiguration"].values())
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert properties["BucketEncryption"]


def test_the_record_and_the_originals_outlive_the_stack() -> None:
    for name in ("AuditTable", "DropBucket", "FlaggedBucket", "ListingsBucket"):
        assert TEMPLATE["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_every_alarm_and_the_budget_reach_the_admin() -> None:
    alarms = resources_of(TEMPLATE, "AWS::CloudWatch::Alarm")
    assert set(alarms) == {
        "DeadLettersAlarm",
        "BedrockThrottlesAlarm",
        "LinkFailuresAlarm",
        "FailedExecutionsAlarm",
    }
    for alarm in alarms.values():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AdminTopic"}]
    budget = TEMPLATE["Resources"]["Budget"]["Properties"]
    notices = budget["NotificationsWithSubscribers"]
    assert [notice["Notification"]["Threshold"] for notice in notices] == [80, 100]
    assert {notice["Subscribers"][0]["Address"]["Ref"] for notice in notices} == {"AdminTopic"}


def test_what_becomes_of_mails_reaches_the_watcher() -> None:
    """From the sender by its configuration set and the event bus into the watcher's queue."""
    resources = {name: found["Properties"] for name, found in TEMPLATE["Resources"].items()}
    set_name = {"Ref": "MailEvents"}
    sender = resources["SenderIdentity"]
    assert sender["ConfigurationSetAttributes"] == {"ConfigurationSetName": set_name}
    destination = resources["MailEventsDestination"]
    assert destination["ConfigurationSetName"] == set_name
    published = destination["EventDestination"]
    assert published["Enabled"] is True
    assert published["EventBridgeDestination"]["EventBusArn"]["Fn::Sub"].endswith("/default")
    rule = resources["UnreachedRule"]
    assert rule["Targets"][0]["Arn"] == {"Fn::GetAtt": ["FailuresQueue", "Arn"]}
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.ses"]
    assert pattern["detail"] == {"mail": {"tags": {"ses:configuration-set": [set_name]}}}
    called = {
        "BOUNCE": "Email Bounced",
        "COMPLAINT": "Email Complaint Received",
        "REJECT": "Email Rejected",
    }
    assert published["MatchingEventTypes"] == list(called)
    assert pattern["detail-type"] == list(called.values())


def test_the_visibility_timeout_is_six_times_the_functions() -> None:
    """AWS's advice for SQS event sources."""
    for queue, function in (
        ("ReadyQueue", "StarterFunction"),
        ("FailuresQueue", "WatcherFunction"),
    ):
        hidden = TEMPLATE["Resources"][queue]["Properties"]["VisibilityTimeout"]
        assert hidden >= 6 * FUNCTIONS[function]["Properties"]["Timeout"]


def test_every_store_has_its_name_in_template_settings_docs_and_command() -> None:
    targets = set(get_args(StoreTarget))
    assert set(TEMPLATE["Parameters"]["StoreTarget"]["AllowedValues"]) == targets
    assert set(STORE_KINDS) == {"webhook", *STORES}
    assert set(STORE_KINDS) == {name for name in targets if not name.endswith("-csv")}
    overview = (ROOT / "docs/stores/README.md").read_text()
    assert all(f"`{target}`" in overview for target in targets)
    assert all((ROOT / f"docs/stores/{kind}.md").is_file() for kind in (*STORE_KINDS, "csv"))
