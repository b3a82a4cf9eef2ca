"""The product's own template.yaml, as this checkout has it."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def read_template(path: Path) -> dict[str, Any]:
    """A CloudFormation template in YAML, its short tags (`!Ref`) in their long form."""
    text = path.read_text(encoding="utf-8")
    template: dict[str, Any] = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return template


def resources_of(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """The resources of one CloudFormation type, by logical id."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


@cache
def photo_suffixes() -> tuple[str, ...]:
    """The suffixes that the template's drop bucket sends to the ready queue."""
    bucket = resources_of(read_template(ROOT / "template.yaml"), "AWS::S3::Bucket")["DropBucket"]
    notifications = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    return tuple(entry["Filter"]["S3Key"]["Rules"][0]["Value"] for entry in notifications)


class _TemplateLoader(yaml.CSafeLoader):
    """YAML with CloudFormation's short tags."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise yaml.constructor.ConstructorError(
            None, None, f"!{suffix} takes text or a list", node.start_mark
        )
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _long_form)
