"""What a role's policies are held against."""

from __future__ import annotations

import base64
import email.utils
import json
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import ses

from photo_tagger_local.aws.mends.executions import Record
from photo_tagger_local.aws.mends.task_tokens import find_wait


def name_resources() -> None:
    """Check three more actions against the resources that AWS checks them against.

    AWS (Service Authorization Reference): ssm:GetParametersByPath on the parameter ARN of the
    path, exactly as asked for (so a grant on parameter/pt/config/* needs the path /pt/config/ with
    its slash); ses:SendRawEmail on the identity of the sender; states:SendTask* on the state
    machine whose execution waits. ministack checks these on "*", so no scoped role may call them.
    AWS checks ses:SendRawEmail on the identity's configuration set as well; this does not.
    """
    named = iam_actions.extract_resource_arn

    def extract(*request: Any) -> Any:
        service, _, _, headers, body, query, region, account = request
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action == "GetParametersByPath":
            return f"arn:aws:ssm:{region}:{account}:parameter{json.loads(body)['Path']}"
        if action.startswith("SendTask"):
            execution, _ = find_wait(json.loads(body).get("taskToken"))
            return execution["stateMachineArn"] if execution else "*"
        if service == "ses" and (sender := _sender(query)):
            return f"arn:aws:ses:{region}:{account}:identity/{sender}"
        return named(*request)

    iam_actions.extract_resource_arn = extract


def _sender(query: Record) -> str | None:
    """The identity that a SendRawEmail call sends as: the address if verified, else its domain."""
    source, data = (query.get(k, [""]) for k in ("Source", "RawMessage.Data"))
    if not data[0]:
        return None
    header = email.message_from_bytes(base64.b64decode(data[0])).get("From", "")
    address = email.utils.parseaddr(source[0] or header)[1]
    return address if address in ses._identities else address.rpartition("@")[2]


def count_loopback_as_secure() -> None:
    """Let policies that refuse plain http pass calls on this machine.

    AWS: aws:SecureTransport is true for https, which every SDK uses (IAM user guide, global
    condition keys). ministack is spoken to by http on 127.0.0.1, and says false.
    """
    resolve = iam_evaluator._resolve_condition_key

    def resolve_key(key: str, request: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, request)

    iam_evaluator._resolve_condition_key = resolve_key
