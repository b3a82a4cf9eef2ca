"""How long a Task may take, and when it is tried again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .machine import Machine, Node, check, dig, entries, error_names, number

SHORTEST_MARGIN = 10
"""Seconds a Task waits beyond its function's own Timeout. Lambda's init phase, up to 10 seconds, is
not part of that (Lambda developer guide, "Understanding the Lambda execution environment
lifecycle")."""
LONGEST_MARGIN = 15
"""Seconds: a call that got lost is noticed soon."""

WILD = frozenset({"States.ALL", "States.TaskFailed"})


@dataclass(frozen=True)
class Policy:
    """How one trouble is tried again, wherever it comes up; `interval` and `longest` in seconds."""

    trouble: str
    errors: tuple[str, ...]
    interval: int
    attempts: int
    rate: int
    longest: int | None = None

    def fields(self) -> Node:
        """As it stands in a Retry, without the names."""
        once = {
            "IntervalSeconds": self.interval,
            "MaxAttempts": self.attempts,
            "BackoffRate": self.rate,
        }
        if self.longest is None:
            return once
        return {**once, "MaxDelaySeconds": self.longest, "JitterStrategy": "FULL"}


LAMBDA_SERVICE = Policy(
    "trouble of the Lambda service",
    (
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ),
    interval=2,
    attempts=6,
    rate=2,
    longest=60,
)
DEATH = Policy(
    "a death of the function",
    ("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"),
    interval=1,
    attempts=1,
    rate=1,
)
OURS = (
    Policy(
        "a busy record",
        ("BusyRecordError",),
        interval=1,
        attempts=4,
        rate=2,
        longest=20,
    ),
    Policy(
        "the model",
        ("ModelThrottledError", "ModelUnavailableError"),
        interval=5,
        attempts=6,
        rate=2,
        longest=120,
    ),
    Policy(
        "mail and answers",
        ("MailUnavailableError", "ExecutionNotToldError"),
        interval=10,
        attempts=6,
        rate=2,
        longest=120,
    ),
    Policy(
        "the store",
        ("StoreUnavailableError",),
        interval=5,
        attempts=10,
        rate=2,
        longest=120,
    ),
)
POLICIES = (LAMBDA_SERVICE, *OURS, DEATH)
"""The one place that says what is tried again and how. A death is only tried again in Resize."""


@check
def every_task_has_a_timeout(machine: Machine) -> Iterator[str]:
    """A little longer than its function's own; the wait for the owner takes its length from the
    state."""
    for name, task in machine.tasks.items():
        waits = str(task.get("Resource")).endswith(".waitForTaskToken")
        field = "TimeoutSecondsPath" if waits else "TimeoutSeconds"
        other = "TimeoutSeconds" if waits else "TimeoutSecondsPath"
        if other in task:
            yield f"{name} has a {other}: it must have a {field} instead."
        if field not in task:
            yield f"{name} has no {field}: give it one."
        elif field == "TimeoutSeconds":
            yield from _timeout_sentences(machine, name, task)


def _timeout_sentences(machine: Machine, name: str, task: Node) -> Iterator[str]:
    function = machine.function_of(task)
    own = dig(machine.template["Resources"].get(function), "Properties", "Timeout")
    if not isinstance(own, int):
        return
    first, last = own + SHORTEST_MARGIN, own + LONGEST_MARGIN
    seconds = number(task, "TimeoutSeconds")
    if seconds is None or not first <= seconds <= last:
        yield (
            f"{name} waits {task['TimeoutSeconds']} seconds for {function}, whose Timeout is "
            f"{own}: wait {first} to {last}."
        )


@check
def retries_are_named_and_calm(machine: Machine) -> Iterator[str]:
    """Errors by name, each once; what is tried more than once backs off, to a limit, at random."""
    for name, task in machine.tasks.items():
        retriers = entries(task, "Retry")
        if not retriers:
            yield f"{name} has no Retry: name the errors that pass by themselves."
        named = Counter(error for entry in retriers for error in error_names(entry))
        for error, times in named.items():
            if error in WILD:
                yield f"{name} retries {error}, a bug included: name the errors that pass."
            if times > 1:
                yield f"{name} retries {error} in {times} entries: only the first counts, keep one."
        for place, entry in enumerate(retriers, 1):
            yield from (f"{name}, Retry {place}, {words}." for words in _lacks(entry))


def _lacks(entry: Node) -> Iterator[str]:
    if not error_names(entry):
        yield "names no error: name some, or take it out"
    for field in ("IntervalSeconds", "MaxAttempts", "BackoffRate"):
        if number(entry, field) is None:
            yield f"leaves {field} to AWS: say it"
    if (number(entry, "MaxAttempts") or 0) > 1:
        if (number(entry, "BackoffRate") or 0) <= 1:
            yield "tries again at the same pace: BackoffRate must be more than 1"
        if not number(entry, "MaxDelaySeconds"):
            yield "backs off without a limit: give it MaxDelaySeconds"
        if entry.get("JitterStrategy") != "FULL":
            yield "has everyone try again at once: JitterStrategy must be FULL"


@check
def one_trouble_is_tried_again_in_one_way(machine: Machine) -> Iterator[str]:
    """Each Retry is a row of the table, and every Task has that of the Lambda service."""
    for name, task in machine.tasks.items():
        retried: set[str] = set()
        for place, entry in enumerate(entries(task, "Retry"), 1):
            where, names = f"{name}, Retry {place},", set(error_names(entry))
            retried |= names
            policies = [policy for policy in POLICIES if names & set(policy.errors)]
            if len(policies) == 1:
                yield from (f"{where} {words}." for words in _differences(policies[0], entry))
            elif names:
                yield (
                    f"{where} is for {_listed(names)}, and POLICIES has "
                    f"{'several rows' if policies else 'no row'} for that: have one row for each."
                )
        if not retried & set(LAMBDA_SERVICE.errors):
            yield f"{name} does not try again after {LAMBDA_SERVICE.trouble}: copy that entry here."


def _differences(policy: Policy, entry: Node) -> Iterator[str]:
    names = set(error_names(entry))
    for missing in sorted(set(policy.errors) - names):
        yield f"is for {policy.trouble}, and lacks {missing}: add it"
    for other in sorted(names - set(policy.errors)):
        yield f"is for {policy.trouble}, and has {other}: take it out"
    fields = policy.fields()
    for field in sorted(fields.keys() | entry.keys() - {"ErrorEquals", "Comment"}):
        here, agreed = (node.get(field, "not there") for node in (entry, fields))
        if here != agreed:
            yield f"is for {policy.trouble}, and its {field} is {here}: POLICIES says {agreed}"


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
