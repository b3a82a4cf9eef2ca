"""One vision model behind Bedrock's Converse API."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from photo_tagger.aws.clients import client
from photo_tagger.domain.draft import Usage
from photo_tagger.observability import count
from reader.prices import cost_usd

MAX_TOKENS = 1500
_PATIENCE_SECONDS = 25
"""Two questions must fit into the function's minute; the state machine does the retrying."""

_THROTTLES = frozenset({"ThrottlingException", "ServiceQuotaExceededException"})
_OUTAGES = frozenset(
    {
        "InternalServerException",
        "ModelErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ServiceUnavailableException",
    }
)


class ModelThrottledError(Exception):
    """Bedrock asks us to slow down; the state machine tries again."""


class ModelUnavailableError(Exception):
    """Bedrock did not answer as it should; the state machine tries again."""


@dataclass(frozen=True)
class Answer:
    """What the model said, whole or cut short, and what it took."""

    text: str
    stop_reason: str
    usage: Usage


class VisionModel:
    """Asks one model, by its id or inference profile."""

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id

    def ask(self, *, system: str, messages: list[dict[str, Any]], schema: dict[str, Any]) -> Answer:
        """One Converse call whose answer follows the JSON schema.

        Raises ModelThrottledError and ModelUnavailableError for what passes by itself, and
        botocore's ClientError for what somebody must mend (access, a wrong model id).
        """
        try:
            answer = client("bedrock-runtime", read_seconds=_PATIENCE_SECONDS, attempts=1).converse(
                modelId=self._model_id,
                system=[{"text": system}],
                messages=messages,
                inferenceConfig={"maxTokens": MAX_TOKENS, "temperature": 0.0},
                outputConfig={
                    "textFormat": {
                        "type": "json_schema",
                        "structure": {
                            "jsonSchema": {"name": "listing_draft", "schema": json.dumps(schema)}
                        },
                    }
                },
            )
        except ClientError as error:
            raise _fault(error) from error
        except (ConnectionError, HTTPClientError) as error:
            raise ModelUnavailableError(str(error)) from error
        content = answer["output"]["message"]["content"]
        return Answer(
            text="".join(block.get("text", "") for block in content),
            stop_reason=answer["stopReason"],
            usage=self._usage(answer["usage"]),
        )

    def _usage(self, counted: dict[str, Any]) -> Usage:
        tokens = {
            "input_tokens": counted["inputTokens"],
            "output_tokens": counted["outputTokens"],
        }
        return Usage(model=self._model_id, **tokens, cost_usd=cost_usd(self._model_id, **tokens))


def _fault(error: ClientError) -> Exception:
    fault: Exception = error
    code = error.response["Error"]["Code"]
    if code in _THROTTLES:
        count("BedrockThrottles")
        fault = ModelThrottledError(str(error))
    elif code in _OUTAGES or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        fault = ModelUnavailableError(str(error))
    return fault
