"""`photo-tagger executions`: which photos are on their way or failed, and why."""

from collections import Counter
from datetime import UTC, datetime

from photo_tagger.aws.executions import console_url
from photo_tagger.domain.faults import in_plain_words
from photo_tagger_cli.statuses import FAILED, RUNNING, STATUSES, SUCCEEDED
from photo_tagger_cli.telling import Teller
from photo_tagger_cli.workflow import Execution, Standing, Workflow

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def executions(workflow: Workflow, status: str | None, *, console_links: bool) -> int:
    """List those of one status, or all that have not succeeded; 0 whatever there is to tell."""
    teller, counts = Teller(), Counter[str]()
    for wanted in [status] if status else STATUSES[:-1]:
        for execution in workflow.executions(wanted):
            standing = workflow.standing(execution.photo_id)
            _tell(teller, execution, standing, console_links=console_links)
            counts[standing.status] += 1
    teller.line(_summary(counts, status))
    return 0


def age(seconds: float) -> str:
    """In the largest unit that fits: "3 minutes"."""
    for unit, size in _UNITS:
        count = int(max(seconds, 1) // size)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("a second always fits")


def where(standing: Standing) -> str:
    """The state, as the end of a sentence."""
    return f"in {standing.state}" if standing.state else "before its first state"


def _tell(teller: Teller, execution: Execution, standing: Standing, *, console_links: bool) -> None:
    since = age((datetime.now(UTC) - execution.since).total_seconds())
    when = f"started {since} ago" if standing.status == RUNNING else f"{since} ago"
    teller.headline(execution.photo_id, standing.status, f"{where(standing)}, {when}")
    if standing.status not in (RUNNING, SUCCEEDED):
        teller.paragraph(in_plain_words(standing.error, standing.cause))
    if console_links:
        teller.address(console_url(execution.arn))
    teller.line()


def _summary(counts: Counter[str], status: str | None) -> str:
    if not counts:
        if status:
            return f"No photo's execution is {status}."
        return "Nothing needs you: no photo failed, and none is on its way."
    total = counts.total()
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    summary = f"{total} execution{'' if total == 1 else 's'}: {told}."
    if any(word in FAILED for word in counts):
        summary += "\nMend the cause, then `photo-tagger redrive ID` or `--all-failed`."
    return summary
