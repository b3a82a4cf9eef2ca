"""What template.yaml grants, each grant as one action on one resource.

A resource that is named through its logical id is told by that id (`DropBucket/*` for
`!Sub '${DropBucket.Arn}/*'`). Those that roles name by an ARN of their own, because a reference
would go in a circle or does not exist, are recognised by the names that the template gives them,
so that a changed name is noticed here; every other ARN stands for itself.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from photo_tagger_local.deploy import resources_of

Template = dict[str, Any]
Statement = dict[str, Any]

SETTINGS = "the settings' path"
_REF_IS_AN_ARN = ("AWS::SNS::Topic", "AWS::Serverless::StateMachine")


class Grant(NamedTuple):
    """One IAM action on one resource."""

    action: str
    resource: str


def arn(
    service: str, rest: str, *, region: str = "${AWS::Region}", account: str = "${AWS::AccountId}"
) -> str:
    """An ARN as the template writes it, with pseudo parameters."""
    return f"arn:${{AWS::Partition}}:{service}:{region}:{account}:{rest}"


def role_statements(role: dict[str, Any]) -> list[Statement]:
    """All statements of a role's own policies, those of some stacks only among them."""
    return [
        statement["Fn::If"][1] if "Fn::If" in statement else statement
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def grants(template: Template, statements: list[Statement]) -> set[Grant]:
    """Every grant of some statements of a role."""
    return {
        Grant(action, resource_name(template, resource))
        for statement in statements
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def resource_name(template: Template, node: Any) -> str:
    """The word for what a statement's resource names (see the module's docstring)."""
    text = as_text(node)
    if isinstance(node, dict) and "Ref" in node:
        kind = template["Resources"].get(node["Ref"], {}).get("Type")
        return node["Ref"] if kind in _REF_IS_AN_ARN else f"{text}, which is no ARN"
    named = _named(template).get(text)
    return named or re.sub(r"^\$\{(\w+)\.Arn\}", r"\1", text)


def as_text(node: Any) -> str:
    """A name or an ARN as `!Sub` would write it."""
    if isinstance(node, dict) and "Fn::GetAtt" in node:
        return f"${{{'.'.join(node['Fn::GetAtt'])}}}"
    if isinstance(node, dict) and "Ref" in node:
        return f"${{{node['Ref']}}}"
    return str(node["Fn::Sub"] if isinstance(node, dict) else node)


def as_list(node: Any) -> list[Any]:
    """IAM lets a list of one stand without its brackets."""
    return node if isinstance(node, list) else [node]


def _named(template: Template) -> dict[str, str]:
    def name(logical_id: str, attribute: str) -> str:
        return as_text(template["Resources"][logical_id]["Properties"][attribute])

    machine = name("PhotoStateMachine", "Name")
    settings = {
        as_text(function["Properties"]["Environment"]["Variables"]["CONFIG_PATH"])
        for function in resources_of(template, "AWS::Serverless::Function").values()
        if "CONFIG_PATH" in function["Properties"]["Environment"]["Variables"]
    }
    return {
        arn("states", f"stateMachine:{machine}"): "PhotoStateMachine",
        arn("states", f"execution:{machine}:*"): "PhotoStateMachine executions",
        # Secrets Manager ends a secret's ARN in six random characters.
        arn("secretsmanager", f"secret:{name('StoreSecret', 'Name')}-??????"): "StoreSecret",
        arn("secretsmanager", f"secret:{name('DriveSecret', 'Name')}-??????"): "DriveSecret",
        arn("ses", f"identity/{name('SenderIdentity', 'EmailIdentity')}"): "SenderIdentity",
        arn("ses", f"configuration-set/{name('MailEvents', 'Name')}"): "MailEvents",
        **{arn("ssm", f"parameter{path}"): SETTINGS for path in settings},
    }
