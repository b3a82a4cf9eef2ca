"""Least privilege: every role grants what its code or the workflow calls, and nothing else."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photo_tagger_local.packages import build_function_module
from photo_tagger_local.template import read_template, resources_of

from .grants import Grant, Template, as_list, as_text, grants, resource_name, role_statements
from .needs import idle_rows, needs_of, unknown_calls
from .reach import Reach, Source, read_modules

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
ASL: dict[str, Any] = json.loads((ROOT / "statemachines" / "photo.asl.json").read_text("utf-8"))
MODULES = read_modules(ROOT / "functions")
FOLDER_OF = build_function_module(ROOT / "functions").folder_of

TRUSTED = {
    "PhotoStateMachineRole": "states",
    "ScheduleRole": "scheduler",
    "DriveScheduleRole": "scheduler",
}
INTEGRATIONS = {
    "arn:aws:states:::lambda:invoke": "lambda:InvokeFunction",
    "arn:aws:states:::lambda:invoke.waitForTaskToken": "lambda:InvokeFunction",
}
EVENT_SOURCES = {"SQS": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")}
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
"""Step Functions developer guide, "Logging using CloudWatch Logs". Log delivery has no resource to
name; what writes the events is the delivery service, by the log group's resource policy."""

RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy",
}


def reaches(modules: dict[str, str]) -> dict[str, Reach]:
    """What each function of the template comes to."""
    source = Source(modules)
    functions = resources_of(TEMPLATE, "AWS::Serverless::Function")
    return {name: Reach(source, FOLDER_OF(name)) for name in functions}


REACHES = reaches(MODULES)


# --- the functions' roles against their code ------------------------------------------------------


def function_complaints(template: Template, reaches: dict[str, Reach]) -> Iterator[str]:
    for name, reach in reaches.items():
        folder, role = FOLDER_OF(name), f"{name}Role"
        granted = grants(template, role_statements(template["Resources"][role]))
        calls = needs_of(reach)
        rest = surroundings(template, name)
        yield from unknown_calls(reach)
        for grant in sorted(granted - calls.keys() - rest):
            yield f"{role} grants {told(grant)}, but nothing in {folder}/ uses it"
        for grant in sorted(calls.keys() - granted):
            site = calls[grant]
            yield (
                f"{folder}/ comes to {site.definition}, whose “{site.operation}” needs "
                f"{told(grant)}, which {role} does not grant"
            )
        for grant in sorted(rest - granted):
            yield f"Lambda itself needs {told(grant)} for {name}, which {role} does not grant"


def surroundings(template: Template, name: str) -> set[Grant]:
    """What Lambda does with the function's role by itself: write its log, read its queue."""
    [log] = template["Globals"]["Function"]["LoggingConfig"]["LogGroup"].values()
    events = template["Resources"][name]["Properties"].get("Events", {})
    return {Grant(f"logs:{verb}", log) for verb in ("CreateLogStream", "PutLogEvents")} | {
        Grant(action, resource_name(template, event["Properties"]["Queue"]))
        for event in events.values()
        for action in EVENT_SOURCES[event["Type"]]
    }


def told(grant: Grant) -> str:
    return f"{grant.action} on {grant.resource}"


# --- the other two roles, and what holds for all --------------------------------------------------


def machine_complaints(template: Template, asl: dict[str, Any]) -> Iterator[str]:
    needed: set[Grant] = set()
    for name, state in tasks(asl):
        action = INTEGRATIONS.get(state["Resource"])
        if action is None:
            yield (
                f"{name} calls {state['Resource']}: say in INTEGRATIONS of this test which IAM "
                "action that needs"
            )
            continue
        word = state["Parameters"]["FunctionName"].removeprefix("${").removesuffix("}")
        needed.add(Grant(action, word))
    if "Logging" in template["Resources"]["PhotoStateMachine"]["Properties"]:
        needed |= {Grant(action, "*") for action in LOG_DELIVERY}
    yield from role_complaints(template, "PhotoStateMachineRole", needed, "the workflow")


def tasks(asl: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Task state by name, those inside Parallel and Map states too."""
    for name, state in asl["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for inner in [*state.get("Branches", []), state.get("ItemProcessor", {"States": {}})]:
            yield from tasks(inner)


def schedule_complaints(template: Template) -> Iterator[str]:
    schedules = resources_of(template, "AWS::Scheduler::Schedule").values()
    needed: dict[str, set[Grant]] = {}
    for target in (schedule["Properties"]["Target"] for schedule in schedules):
        grant = Grant("lambda:InvokeFunction", resource_name(template, target["Arn"]))
        needed.setdefault(target["RoleArn"]["Fn::GetAtt"][0], set()).add(grant)
    for role, grants_needed in needed.items():
        yield from role_complaints(template, role, grants_needed, "a schedule")


def role_complaints(template: Template, role: str, needed: set[Grant], who: str) -> Iterator[str]:
    granted = grants(template, role_statements(template["Resources"][role]))
    for grant in sorted(granted - needed):
        yield f"{role} grants {told(grant)}, but {who} does not use it"
    for grant in sorted(needed - granted):
        yield f"{who} needs {told(grant)}, which {role} does not grant"


def shape_complaints(template: Template) -> Iterator[str]:
    """Whatever would grant something that the other checks do not see."""
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        if kind.endswith("Permission") or (
            kind.endswith("Policy") and kind not in RESOURCE_POLICIES
        ):
            yield f"{name} is a {kind}: grant it in a role of the template, where this test looks"
    functions = resources_of(template, "AWS::Serverless::Function")
    for name, function in functions.items():
        if function["Properties"].get("Role") != {"Fn::GetAtt": [f"{name}Role", "Arn"]}:
            yield f"{name} must have a role of its own, {name}Role"
        if "Policies" in function["Properties"]:
            yield f"{name} has Policies beside its role: SAM leaves them out"
    roles = resources_of(template, "AWS::IAM::Role")
    for name in sorted(
        roles.keys() - {f"{function}Role" for function in functions} - TRUSTED.keys()
    ):
        yield f"{name} is nobody's role"
    for name, role in roles.items():
        if role["Properties"].keys() != {"AssumeRolePolicyDocument", "Policies"}:
            yield f"{name} must have policies of its own and nothing else"
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": f"{TRUSTED.get(name, 'lambda')}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        if role["Properties"]["AssumeRolePolicyDocument"]["Statement"] != [trust]:
            yield f"{name} must be assumed by {trust['Principal']['Service']} and by nobody else"
        for statement in role_statements(role):
            if statement.keys() != {"Effect", "Action", "Resource"} or (
                statement["Effect"] != "Allow"
            ):
                yield f"{name}: only Allow with Action and Resource is understood, not {statement}"


# --- policies on queues, the topic and buckets ----------------------------------------------------


def resource_policy_complaints(template: Template) -> Iterator[str]:
    expected = {
        **dict(bucket_policies(template)),
        **dict(queue_policies(template)),
        **dict(topic_policies(template)),
    }
    for name, resource in template["Resources"].items():
        if resource["Type"] not in RESOURCE_POLICIES:
            continue
        properties = resource["Properties"]
        [on] = as_list(properties.get("Bucket") or properties.get("Queues") or properties["Topics"])
        found = properties["PolicyDocument"]["Statement"]
        if found != expected.get(on["Ref"]):
            yield f"{name} must be {expected.get(on['Ref'], 'left out')}, and it is {found}"


def bucket_policies(template: Template) -> Iterator[tuple[str, list[Any]]]:
    """Nobody without TLS; who may do what is for the roles to say."""
    for name in resources_of(template, "AWS::S3::Bucket"):
        resources = [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        yield (
            name,
            [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": resources,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        )


def queue_policies(template: Template) -> Iterator[tuple[str, list[Any]]]:
    """The bucket that notifies a queue, or the rules that have it as their target."""
    for bucket in resources_of(template, "AWS::S3::Bucket").values():
        notified = bucket["Properties"].get("NotificationConfiguration", {})
        for queue in {
            entry["Queue"]["Fn::GetAtt"][0] for entry in notified.get("QueueConfigurations", [])
        }:
            by_name = f"arn:${{AWS::Partition}}:s3:::{as_text(bucket['Properties']['BucketName'])}"
            condition = {
                "ArnEquals": {"aws:SourceArn": {"Fn::Sub": by_name}},
                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            }
            yield queue, [sender("s3.amazonaws.com", queue, condition)]
    rules: dict[str, list[Any]] = {}
    for name, rule in resources_of(template, "AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            rules.setdefault(target["Arn"]["Fn::GetAtt"][0], []).append(
                {"Fn::GetAtt": [name, "Arn"]}
            )
    for queue, arns in rules.items():
        condition = {"ArnEquals": {"aws:SourceArn": arns[0] if len(arns) == 1 else arns}}
        yield queue, [sender("events.amazonaws.com", queue, condition)]


def sender(service: str, queue: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": [queue, "Arn"]},
        "Condition": condition,
    }


def topic_policies(template: Template) -> Iterator[tuple[str, list[Any]]]:
    """The alarms and the budget of this account."""
    users = {"AWS::Budgets::Budget": "budgets", "AWS::CloudWatch::Alarm": "cloudwatch"}
    for topic in resources_of(template, "AWS::SNS::Topic"):
        services = [
            f"{service}.amazonaws.com"
            for kind, service in users.items()
            if f"'Ref': '{topic}'" in str(resources_of(template, kind))
        ]
        yield (
            topic,
            [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": services},
                    "Action": "sns:Publish",
                    "Resource": {"Ref": topic},
                    "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                }
            ],
        )


# --- the tests ------------------------------------------------------------------------------------


def all_complaints(
    template: Template = TEMPLATE,
    asl: dict[str, Any] = ASL,
    reached: dict[str, Reach] = REACHES,
) -> list[str]:
    return [
        *function_complaints(template, reached),
        *idle_rows(list(reached.values())),
        *machine_complaints(template, asl),
        *schedule_complaints(template),
        *shape_complaints(template),
        *resource_policy_complaints(template),
    ]


def test_everything_is_granted_what_it_calls_and_nothing_else() -> None:
    complaints = all_complaints()
    assert not complaints, "\n".join(complaints)


def granted_singly(template: Template, role: str) -> dict[Grant, dict[str, Any]]:
    """Each grant of a role as a statement of its own."""
    return {
        Grant(action, resource_name(template, resource)): {
            "Effect": "Allow",
            "Action": action,
            "Resource": resource,
        }
        for statement in role_statements(template["Resources"][role])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


ROLES = list(resources_of(TEMPLATE, "AWS::IAM::Role"))
EVERY_GRANT = [(role, grant) for role in ROLES for grant in granted_singly(TEMPLATE, role)]


def with_statements(role: str, statements: list[dict[str, Any]]) -> Template:
    """A template in which a role grants just this."""
    template = copy.deepcopy(TEMPLATE)
    [policy] = template["Resources"][role]["Properties"]["Policies"]
    policy["PolicyDocument"]["Statement"] = statements
    return template


@pytest.mark.parametrize(
    ("role", "grant"), EVERY_GRANT, ids=[f"{role} {told(grant)}" for role, grant in EVERY_GRANT]
)
def test_any_single_grant_that_is_taken_away_is_missed(role: str, grant: Grant) -> None:
    singly = granted_singly(TEMPLATE, role)
    del singly[grant]
    [complaint] = all_complaints(with_statements(role, list(singly.values())))
    assert told(grant) in complaint
    assert f"which {role} does not grant" in complaint


@pytest.mark.parametrize(
    ("action", "resource", "words"),
    [
        ("dynamodb:Scan", {"Fn::GetAtt": ["AckTable", "Arn"]}, "dynamodb:Scan on AckTable"),
        ("s3:PutObject", {"Fn::Sub": "${RulesBucket.Arn}/*"}, "s3:PutObject on RulesBucket/*"),
        ("s3:*", {"Fn::Sub": "${DropBucket.Arn}/*"}, "s3:* on DropBucket/*"),
        ("sqs:SendMessage", "*", "sqs:SendMessage on *"),
        ("dynamodb:GetItem", {"Ref": "LinksTable"}, "${LinksTable}, which is no ARN"),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_a_grant_too_many_is_noticed_in_any_role(
    role: str, action: str, resource: Any, words: str
) -> None:
    statements = role_statements(TEMPLATE["Resources"][role])
    one_more = {"Effect": "Allow", "Action": action, "Resource": resource}
    [complaint] = all_complaints(with_statements(role, [*statements, one_more]))
    assert complaint.startswith(f"{role} grants ")
    assert words in complaint


def set_in(*path: str | int) -> Callable[[Any, Any], None]:
    """Puts a value at a path below the template's resources, or the workflow's states."""

    def put(node: Any, value: Any) -> None:
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return put


STATEMENT = ("Properties", "PolicyDocument", "Statement", 0)
TRUST = ("Properties", "AssumeRolePolicyDocument", "Statement", 0)
ROLE_STATEMENT = ("Properties", "Policies", 0, *STATEMENT[1:])


@pytest.mark.parametrize(
    ("change", "value", "words"),
    [
        (
            set_in("PhotoStateMachine", "Properties", "Name"),
            {"Fn::Sub": "${Prefix}-photos"},
            "StarterFunctionRole grants states:StartExecution on arn:",
        ),
        (
            set_in("StarterFunction", "Properties", "Events", "Ready", "Properties", "Queue"),
            {"Fn::GetAtt": ["FailuresQueue", "Arn"]},
            "Lambda itself needs sqs:ReceiveMessage on FailuresQueue",
        ),
        (
            set_in("ResizeFunction", "Properties", "Role"),
            {"Fn::GetAtt": ["ReaderFunctionRole", "Arn"]},
            "ResizeFunction must have a role of its own",
        ),
        (
            set_in("ResizeFunction", "Properties", "Policies"),
            ["AmazonS3FullAccess"],
            "ResizeFunction has Policies beside its role",
        ),
        (
            set_in("ResizeFunctionRole", "Properties", "ManagedPolicyArns"),
            ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
            "ResizeFunctionRole must have policies of its own and nothing else",
        ),
        (
            set_in("MorePolicy"),
            {"Type": "AWS::IAM::Policy", "Properties": {}},
            "MorePolicy is a AWS::IAM::Policy",
        ),
        (
            set_in("MorePermission"),
            {"Type": "AWS::Lambda::Permission", "Properties": {}},
            "MorePermission is a AWS::Lambda::Permission",
        ),
        (
            set_in("SpareRole"),
            copy.deepcopy(TEMPLATE["Resources"]["ResizeFunctionRole"]),
            "SpareRole is nobody's role",
        ),
        (
            set_in("ResizeFunctionRole", *TRUST, "Principal"),
            {"AWS": "*"},
            "ResizeFunctionRole must be assumed by lambda.amazonaws.com",
        ),
        (
            set_in("ResizeFunctionRole", *ROLE_STATEMENT, "Effect"),
            "Deny",
            "ResizeFunctionRole: only Allow",
        ),
        (
            set_in("ResizeFunctionRole", *ROLE_STATEMENT, "Condition"),
            {"Bool": {"aws:SecureTransport": "true"}},
            "ResizeFunctionRole: only Allow",
        ),
        (
            set_in("DropBucketPolicy", *STATEMENT, "Effect"),
            "Allow",
            "DropBucketPolicy must be",
        ),
        (
            set_in("ReadyQueuePolicy", *STATEMENT, "Condition"),
            {},
            "ReadyQueuePolicy must be",
        ),
        (
            set_in("FailuresQueuePolicy", *STATEMENT, "Principal"),
            "*",
            "FailuresQueuePolicy must be",
        ),
        (
            set_in("AdminTopicPolicy", *STATEMENT, "Principal", "Service"),
            ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "s3.amazonaws.com"],
            "AdminTopicPolicy must be",
        ),
        (
            set_in("DeadLettersPolicy"),
            {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "ReadyDeadLetterQueue"}],
                    "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*"}]},
                },
            },
            "DeadLettersPolicy must be left out",
        ),
        (
            set_in("ReconcileSchedule", "Properties", "Target", "Arn"),
            {"Fn::GetAtt": ["FlaggerFunction", "Arn"]},
            "a schedule needs lambda:InvokeFunction on FlaggerFunction",
        ),
    ],
)
def test_a_template_that_grants_in_another_way_is_noticed(
    change: Callable[[Any, Any], None], value: Any, words: str
) -> None:
    template = copy.deepcopy(TEMPLATE)
    change(template["Resources"], value)
    complaints = all_complaints(template)
    assert [complaint for complaint in complaints if words in complaint], complaints


@pytest.mark.parametrize(
    ("change", "value", "words"),
    [
        (
            set_in("Resize", "Resource"),
            "arn:aws:states:::dynamodb:putItem",
            "Resize calls arn:aws:states:::dynamodb:putItem: say in INTEGRATIONS",
        ),
        (
            set_in("Resize", "Parameters", "FunctionName"),
            "${WatcherFunction}",
            "the workflow needs lambda:InvokeFunction on WatcherFunction",
        ),
        (
            set_in("Each"),
            {
                "Type": "Map",
                "ItemProcessor": {"States": {"Inner": {"Type": "Task", "Resource": "activity"}}},
            },
            "Inner calls activity",
        ),
        (
            set_in("Both"),
            {
                "Type": "Parallel",
                "Branches": [{"States": {"Inner": {"Type": "Task", "Resource": "activity"}}}],
            },
            "Inner calls activity",
        ),
    ],
)
def test_a_workflow_that_calls_something_else_is_noticed(
    change: Callable[[Any, Any], None], value: Any, words: str
) -> None:
    asl = copy.deepcopy(ASL)
    change(asl["States"], value)
    complaints = all_complaints(asl=asl)
    assert [complaint for complaint in complaints if words in complaint], complaints


@pytest.mark.parametrize(
    ("module", "old", "new", "words"),
    [
        (
            "photo_tagger.aws.admin",
            'client("sns").publish(',
            'client("sns").create_topic(',
            "photo_tagger.aws.admin.tell_admin does “sns.create_topic”, and the table",
        ),
        (
            "photo_tagger.aws.admin",
            'client("sns").publish(',
            "print(",
            "WatcherFunctionRole grants sns:Publish on AdminTopic, but nothing in watcher/ uses it",
        ),
        (
            "photo_tagger.aws.admin",
            'client("sns").publish(',
            "print(",
            "no function comes to photo_tagger.aws.admin.tell_admin (sns.publish) any more",
        ),
        (
            "photo_tagger.aws.documents",
            'return _read(bucket, "rules.json", RulesDoc)',
            "return prices(bucket)\n\n\ndef prices(bucket: str) -> RulesDoc:\n"
            '    return _read(bucket, "prices.json", RulesDoc)',
            "photo_tagger.aws.documents.prices uses photo_tagger.aws.documents._read too",
        ),
        (
            "quality_gate.handler",
            "rules_doc",
            "style_doc",
            "quality_gate/ comes to photo_tagger.aws.documents._read, whose “s3.get_object” needs "
            "s3:GetObject on RulesBucket/style.json, which QualityGateFunctionRole does not grant",
        ),
        (
            "reader.handler",
            "    record = DraftReader(settings.drafts_table).get(request.photo_id)",
            "    from photo_tagger.aws.drafts import Drafts\n\n"
            "    record, _ = Drafts(settings.drafts_table, '').change(request.photo_id, print)",
            "needs dynamodb:PutItem on DraftsTable, which ReaderFunctionRole does not grant",
        ),
        (
            "resize.resizer",
            ", VersionId=source.version_id",
            "",
            "resize.resizer._unless_deleted does “s3.get_object”, and the table",
        ),
        (
            "photo_tagger.aws.drafts",
            '[{"Put": record}',
            '[{"Update": record}',
            "does “dynamodb.transact_write_items Put Update”, and the table",
        ),
    ],
)
def test_code_that_calls_something_else_is_noticed(
    module: str, old: str, new: str, words: str
) -> None:
    complaints = all_complaints(reached=reaches(with_code(module, old, new)))
    assert [complaint for complaint in complaints if words in complaint], complaints


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("reader.handler", "DraftReader", "Drafts"),
        (
            "photo_tagger.aws.documents",
            "def _read(",
            "def prices(bucket):\n    _read(bucket, 'prices.json', StyleDoc)\n\n\ndef _read(",
        ),
    ],
    ids=["a class that could write, only read from", "a function that nobody calls"],
)
def test_code_that_is_never_come_to_needs_nothing(module: str, old: str, new: str) -> None:
    assert all_complaints(reached=reaches(with_code(module, old, new))) == []


def with_code(module: str, old: str, new: str) -> dict[str, str]:
    assert old in MODULES[module]
    return MODULES | {module: MODULES[module].replace(old, new)}
