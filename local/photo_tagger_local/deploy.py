"""Deploys the product's own template.yaml to the emulator.

What is changed on the way, and nothing else: functions run on `provided.al2023` with a bootstrap
that starts AWS's Python runtime client (so that errors have the names they have on AWS), code and
definition come from S3 as `sam deploy` would put them there, numeric parameters are put in as
numbers (CloudFormation converts them, the emulator does not), and budgets, which the emulator does
not know, are left out.
"""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from photo_tagger_local.aws.emulator import Emulator
from photo_tagger_local.errors import CommandError
from photo_tagger_local.packages import build_function_module, function_zip
from photo_tagger_local.template import read_template, resources_of

STACK = "photo-tagger"
_ARTIFACTS = "photo-tagger-artifacts"
_LEFT_OUT = ("AWS::Budgets::Budget",)


class DeployError(CommandError):
    """The stack could not be deployed; the message names the resources and their reasons."""


@dataclass(frozen=True)
class Project:
    """The checkout that is deployed; links to the functions' requirements go into `build`."""

    root: Path
    build: Path

    @property
    def functions(self) -> Path:
        """The folder with one folder per function."""
        return self.root / "functions"


def deploy(emulator: Emulator, project: Project, parameters: dict[str, str]) -> dict[str, str]:
    """Create or update the stack and return its outputs. Raises DeployError."""
    s3 = emulator.client("s3")
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(
            Bucket=_ARTIFACTS,
            CreateBucketConfiguration={"LocationConstraint": emulator.region},
        )
    template = _for_the_emulator(s3, project, parameters)
    url = f"{emulator.endpoint}/{_ARTIFACTS}/{_upload(s3, json.dumps(template).encode(), 'json')}"
    cloudformation = emulator.client("cloudformation")
    request = {
        "StackName": STACK,
        "TemplateURL": url,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    _create_or_update(cloudformation, request)
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _for_the_emulator(s3: Any, project: Project, parameters: dict[str, str]) -> dict[str, Any]:
    template = read_template(project.root / "template.yaml")
    folder_of = build_function_module(project.functions).folder_of
    for name, resource in resources_of(template, "AWS::Serverless::Function").items():
        folder = folder_of(name)
        package = function_zip(project.functions, folder, project.build / folder)
        resource["Properties"]["CodeUri"] = _stored(s3, package, "zip")
        resource["Properties"]["Runtime"] = "provided.al2023"
    for resource in resources_of(template, "AWS::Serverless::StateMachine").values():
        properties = resource["Properties"]
        definition = (project.root / properties["DefinitionUri"]).read_bytes()
        properties["DefinitionUri"] = _stored(s3, definition, "json")
    for kind in _LEFT_OUT:
        for name in resources_of(template, kind):
            del template["Resources"][name]
    numbers = {
        name: int(parameters.get(name, parameter["Default"]))
        for name, parameter in template["Parameters"].items()
        if parameter["Type"] == "Number"
    }
    template["Resources"] = _with_numbers(template["Resources"], numbers)
    return template


def _with_numbers(node: Any, numbers: dict[str, int]) -> Any:
    if isinstance(node, dict):
        if node.keys() == {"Ref"} and node["Ref"] in numbers:
            return numbers[node["Ref"]]
        return {name: _with_numbers(value, numbers) for name, value in node.items()}
    if isinstance(node, list):
        return [_with_numbers(value, numbers) for value in node]
    return node


def _stored(s3: Any, body: bytes, suffix: str) -> dict[str, str]:
    return {"Bucket": _ARTIFACTS, "Key": _upload(s3, body, suffix)}


def _upload(s3: Any, body: bytes, suffix: str) -> str:
    key = f"{hashlib.sha256(body).hexdigest()}.{suffix}"
    s3.put_object(Bucket=_ARTIFACTS, Key=key, Body=body)
    return key


def _create_or_update(cloudformation: Any, request: dict[str, Any]) -> None:
    try:
        try:
            cloudformation.create_stack(**request)
            waiter = "stack_create_complete"
        except cloudformation.exceptions.AlreadyExistsException:
            cloudformation.update_stack(**request)
            waiter = "stack_update_complete"
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise DeployError(f"The template was refused: {error}") from error
    try:
        cloudformation.get_waiter(waiter).wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except WaiterError as error:
        raise DeployError(f"The stack failed: {_failures(cloudformation)}") from error


def _failures(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    return "; ".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    )
