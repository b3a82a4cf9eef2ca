"""What may be caught, and which errors there are to catch and to try again."""

from collections.abc import Iterator

from .machine import Machine, check, entries, error_names
from .retries import DEATH, OURS

AWS_ERRORS = {
    "Lambda.ClientExecutionTimeoutException": "Step Functions lost the connection to Lambda",
    "Lambda.ServiceException": "an outage in Lambda, a 500",
    "Lambda.AWSLambdaException": "an outage in Lambda, a 500 of an unknown kind",
    "Lambda.SdkClientException": "Step Functions did not come through to Lambda",
    "Lambda.TooManyRequestsException": "no concurrency left",
    "Lambda.Unknown": "out of memory, or a time-out, by AWS's guide",
    "Runtime.ExitError": "the process ended: a signal, or out of memory",
    "Sandbox.Timedout": "the function's own Timeout",
    "States.Timeout": "the Task's timeout, or nobody's answer in time",
}
"""Names that no code of ours raises. Step Functions developer guide, "Handle Lambda service
exceptions" and "Handling errors in Step Functions workflows"."""

NOT_TRIED_AGAIN = {
    "BadDocumentError": "somebody must mend the style doc or the rules doc",
    "ConfigError": "somebody must mend a setting",
    "CopyFailedError": "S3 says that a copy is not what its original is: somebody should look",
    "GoogleKeyError": "somebody must put the key file into the secret",
    "NoStoreKeyError": "somebody must put the key into the secret",
    "NoSuchPhotoError": "somebody must restore the record",
    "PictureNotFetchedError": "somebody must see why the shop's server cannot fetch or keep it",
    "SmallCopyGoneError": "somebody must put a copy there",
    "StoreRefusedUsError": "somebody must mend the store's key or address",
    "SupersededError": "the photo has moved on: a later try finds the same",
}
"""Faults of ours that another try at once would only meet again, and who ends them."""

CAUGHT = {
    "Resize": (DEATH.errors, "a file that kills the function is the file's doing"),
    "NotifyOwner": (("States.Timeout",), "no answer in time is no fault"),
}
"""The only errors that are data, by the state that catches them, and why they are."""


@check
def no_fault_is_caught(machine: Machine) -> Iterator[str]:
    """A fault fails the execution in its very state, where a redrive resumes. A redriven Fail state
    only fails again."""
    for name, state in machine.states.items():
        if state.get("Type") == "Fail":
            yield f"{name} is a Fail state, and a redrive only fails there again: take it out."
        errors, why = CAUGHT.get(name, ((), ""))
        caught = [error for entry in entries(state, "Catch") for error in error_names(entry)]
        for error in sorted(set(caught) - set(errors)):
            yield f"{name} catches {error}: leave it uncaught, so that a redrive resumes here."
        for error in errors:
            if error not in caught:
                yield f"{name} does not catch {error}: catch it, since {why}."
            if caught.count(error) > 1:
                yield f"{name} catches {error} twice: only the first counts, keep one."


@check
def deaths_are_tried_again_where_they_are_caught(machine: Machine) -> Iterator[str]:
    """A death may have been bad luck, once."""
    for name, task in machine.tasks.items():
        retried = {error for entry in entries(task, "Retry") for error in error_names(entry)}
        dies = set(CAUGHT.get(name, ((), ""))[0]) == set(DEATH.errors)
        for error in DEATH.errors:
            if dies and error not in retried:
                yield f"{name} flags a photo at the first {error}: try once more."
            if not dies and error in retried:
                yield f"{name} tries again after {error}: only what is caught as a death may."


@check
def error_names_can_occur(machine: Machine) -> Iterator[str]:
    """A class that the state's function may raise, or a name of AWS's."""
    for name, task in machine.tasks.items():
        folder = machine.folder_of(task)
        raised = machine.errors.get(folder or "", frozenset())
        for field in ("Retry", "Catch"):
            for error in (error for entry in entries(task, field) for error in error_names(entry)):
                if error not in raised and error not in AWS_ERRORS:
                    yield (
                        f"{name} has {error} in its {field}, which {folder}/ never raises and "
                        "AWS_ERRORS does not list: correct the name, or take it out."
                    )


@check
def every_error_is_tried_again_or_known_not_to_be(machine: Machine) -> Iterator[str]:
    """Whatever may leave a function is in POLICIES and in the Retry of its states, or in
    NOT_TRIED_AGAIN."""
    passing = {error for policy in OURS for error in policy.errors}
    for name, task in machine.tasks.items():
        retried = {error for entry in entries(task, "Retry") for error in error_names(entry)}
        folder = machine.folder_of(task)
        for error in sorted(machine.errors.get(folder or "", ())):
            if error in passing and error not in retried:
                yield f"{name} does not try again after {error}, which passes: add it to its Retry."
            if error not in passing and error not in NOT_TRIED_AGAIN:
                yield (
                    f"{name} may fail with {error} of {folder}/: add it to POLICIES, if it passes "
                    "by itself, or to NOT_TRIED_AGAIN."
                )
