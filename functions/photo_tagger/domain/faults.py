"""What made an execution fail, in words for the admin."""

import json
import re

from photo_tagger.domain.lines import in_one_line

_SAID_SHOWN = 300
_NAME_SHOWN = 80

_MESSAGE = re.compile(r'"errorMessage"\s*:\s*"((?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*)')
"""The message in a cause that is Lambda's JSON, cut off or whole."""

_AWS_ERROR = re.compile(r"An error occurred \((\w+)\) when calling the (\w+) operation")
"""How boto3 words an error: code and operation."""

_NOISE = "For further information visit"

_DENIED = "A permission is missing: {said}. Add it to the role in template.yaml, and deploy."
_SLOWED_DOWN = (
    "An AWS service asked us to slow down for longer than we try again: {said}. It passes by "
    "itself; if it keeps coming, ask AWS for a higher quota."
)
_LAMBDA_TROUBLE = (
    "AWS Lambda could not run the function: {said}. It mostly passes by itself; if not, look at "
    "the AWS status page and at the workflow's role."
)
_DIED = (
    "The function died at work, mostly for want of memory: {said}. If it happens again, raise its "
    "MemorySize in template.yaml, and deploy."
)
_TOO_SLOW = (
    "The function took longer than its time: {said}. What it waits for may be slow; if it happens "
    "again, look at its log."
)
_UNREACHABLE = "An AWS service did not answer: {said}. It mostly passes by itself."
_NO_MODEL = (
    "Amazon Bedrock does not let us use the model: {said}. In the Bedrock console, in the stack's "
    "region, ask for access to it; the settings model_id and escalation_model_id name it."
)
_BAD_PACKAGE = "The function's package is broken: {said}. Build and deploy again."

WORDS = {
    # Our own
    "BadDocumentError": "The style doc or the rules doc needs mending: {said}.",
    "BusyRecordError": (
        "Too many wrote to the photo's record at the same moment. There is nothing to mend."
    ),
    "ConfigError": "A setting needs mending: {said}. Settings are SSM parameters.",
    "CopyFailedError": (
        "The copy in the flagged bucket is not what the original is: {said}. The original is "
        "where it was, and there is nothing to mend."
    ),
    "DriveBusyError": (
        "Google Drive asks us to slow down: {said}. It passes by itself; if it keeps coming, look "
        "at the quotas of the Drive API in the Google Cloud console."
    ),
    "DriveDownError": (
        "Google Drive does not answer as it should: {said}. It mostly passes by itself; Google's "
        "Workspace status page tells of outages."
    ),
    "DriveFolderError": "The Google Drive folder cannot be watched: {said}.",
    "DriveKeyRefusedError": (
        "Google does not take {said}: it was deleted, was switched off or has expired. Make a new "
        "key for the service account in the Google Cloud console, and put the file into the secret."
    ),
    "DriveRefusedError": (
        "Google Drive refuses what we ask: {said}. See that the Drive API is enabled in the "
        "service account's Google Cloud project, and that the folder is shared with its address."
    ),
    "ExecutionNotToldError": (
        "Step Functions did not take what the owner had decided: {said}. The decision is on "
        "record; there is nothing to mend."
    ),
    "MailUnavailableError": (
        "The mail service was down or busy for longer than we try again: {said}. It passes by "
        "itself; the SES console tells more."
    ),
    "ModelThrottledError": (
        "Amazon Bedrock asked us to slow down for longer than we try again. It passes by itself; "
        "if it keeps coming, ask AWS for a higher quota for the model."
    ),
    "ModelUnavailableError": (
        "Amazon Bedrock did not answer as it should for longer than we try again: {said}. It "
        "mostly passes by itself; the AWS status page tells of outages."
    ),
    "GoogleKeyError": "Google's key is missing: {said}.",
    "NoStoreKeyError": "The store's key is missing: {said}. Put the key into that secret.",
    "NoSuchTabError": (
        "Somebody renamed or deleted the sheet's tab for listings at the moment of a write: "
        "{said}. Redrive: the next try makes a new one."
    ),
    "NoSuchPhotoError": (
        "The photo's record is gone: {said}. Restore it from the table's point-in-time recovery."
    ),
    "PictureNotFetchedError": (
        "The store could not fetch the photo from our address, or not keep it: {said}. The shop's "
        "server must be let out to the address of the review pages, and may write into its uploads "
        "folder; it may pass by itself, too. Then redrive."
    ),
    "SlowFileError": (
        "A file in Google Drive takes longer to copy than a run may take: {said}. All others are "
        "taken; make it smaller, or see why it is slow."
    ),
    "SmallCopyGoneError": (
        "The photo's small copy is gone, as copies are kept for 400 days: {said}. Put a JPEG of "
        "the photo there under that name."
    ),
    "StoreRefusedUsError": (
        "The store refuses our key or our request: {said}. Mend the key in the store's secret, or "
        "the setting store_url; `photo-tagger store check` tells whether it is right."
    ),
    "StoreUnavailableError": (
        "The store was down or busy for longer than we try again: {said}. See that it answers."
    ),
    "SupersededError": (
        "The photo has moved on without this execution: {said}. Look at its record before you "
        "do anything."
    ),
    "ValidationError": (
        "What a function was handed is not what it takes: {said}. Its settings, the photo's "
        "record or the workflow do not fit its code: deploy all of one version."
    ),
    # AWS, whichever service
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "States.Permissions": _DENIED,
    "ProvisionedThroughputExceededException": _SLOWED_DOWN,
    "RequestLimitExceeded": _SLOWED_DOWN,
    "SlowDown": _SLOWED_DOWN,
    "ServiceQuotaExceededException": _SLOWED_DOWN,
    "Throttling": _SLOWED_DOWN,
    "ThrottlingException": _SLOWED_DOWN,
    "TooManyRequestsException": _SLOWED_DOWN,
    "ResourceNotFoundException": (
        "Something the stack needs is not there: {said}. Deploy the stack again."
    ),
    "NoSuchKey": "A file is not in its bucket: {said}. See whether somebody deleted it.",
    "NoSuchVersion": (
        "That version of the file is not in its bucket: {said}. See whether somebody deleted it."
    ),
    "NoSuchBucket": "A bucket of the stack is not there: {said}. Deploy the stack again.",
    "ValidationException": "An AWS service does not take what we sent: {said}. See the settings.",
    "ConnectTimeoutError": _UNREACHABLE,
    "ConnectionClosedError": _UNREACHABLE,
    "EndpointConnectionError": _UNREACHABLE,
    "ReadTimeoutError": _UNREACHABLE,
    # Amazon Bedrock
    "Converse.AccessDeniedException": _NO_MODEL,
    "Converse.ResourceNotFoundException": _NO_MODEL,
    "Converse.ValidationException": (
        "Amazon Bedrock does not take our question: {said}. See the settings model_id and "
        "escalation_model_id."
    ),
    # Amazon SES
    "MessageRejected": (
        "Amazon SES refuses the mail: {said}. Verify that address or domain in the SES console; "
        "in the sandbox, the reviewers' addresses too."
    ),
    "MailFromDomainNotVerifiedException": (
        "Amazon SES refuses the mail: {said}. Verify the sender's domain in the SES console."
    ),
    "AccountSendingPausedException": (
        "Amazon SES has paused the account's mail: {said}. The SES console says why."
    ),
    # AWS Lambda
    "Lambda.AWSLambdaException": _LAMBDA_TROUBLE,
    "Lambda.ClientExecutionTimeoutException": _LAMBDA_TROUBLE,
    "Lambda.SdkClientException": _LAMBDA_TROUBLE,
    "Lambda.ServiceException": _LAMBDA_TROUBLE,
    "Lambda.TooManyRequestsException": (
        "AWS Lambda had no place free for longer than we try again: {said}. Redrive fewer at "
        "once, or ask AWS for a higher concurrency quota."
    ),
    "Lambda.ResourceNotFoundException": (
        "The function is not there: {said}. Deploy the stack again."
    ),
    "Lambda.Unknown": _DIED,
    "Runtime.ExitError": _DIED,
    "Runtime.OutOfMemory": _DIED,
    "Sandbox.Timedout": _TOO_SLOW,
    "Runtime.HandlerNotFound": _BAD_PACKAGE,
    "Runtime.ImportModuleError": _BAD_PACKAGE,
    "Runtime.UserCodeSyntaxError": _BAD_PACKAGE,
    # AWS Step Functions
    "States.Timeout": _TOO_SLOW,
    "States.DataLimitExceeded": (
        "More than 256 KiB went from one state to the next: {said}. This is a bug: tell the "
        "developers."
    ),
    "States.Runtime": (
        "The workflow and what it was handed do not fit together: {said}. This is a bug, or "
        "workflow and functions are of two versions: tell the developers."
    ),
}
"""What happened and what to mend, by error name; `{said}` is the error's own message.

A name with an operation before it ("Converse.AccessDeniedException") goes first, for the calls
whose errors need another mend than most.
"""


def in_plain_words(error: str, cause: str) -> str:
    """What happened and what to mend, in one to three sentences.

    `error` and `cause` are those of the execution: the cause is a function's error as Lambda's
    JSON, or a text, and may be cut off. An error that has no words here is told by its name and
    the first line of its message.
    """
    message = _message(cause)
    words = _words(error, message)
    if words:
        return words.format(said=_said(message) or error)
    if not error:
        return "No error was given: somebody stopped it, or its time ran out."
    name = in_one_line(error, _NAME_SHOWN)
    first_line = in_one_line(message.strip().partition("\n")[0], _SAID_SHOWN).rstrip(".")
    return f"It ended with {name}: {first_line}." if first_line else f"It ended with {name}."


def _words(error: str, message: str) -> str | None:
    """A name without words of its own (ClientError) goes by the AWS code in its message."""
    found = _AWS_ERROR.search(message)
    code, operation = found.groups() if found else ("", "")
    name = error if error in WORDS else code
    return WORDS.get(f"{operation}.{name}") or WORDS.get(name)


def _message(cause: str) -> str:
    found = _MESSAGE.search(cause)
    return str(json.loads(f'"{found[1]}"', strict=False)) if found else cause


def _said(message: str) -> str:
    lines = [line for line in message.splitlines() if not line.strip().startswith(_NOISE)]
    return in_one_line(" ".join(lines), _SAID_SHOWN).rstrip(".")
