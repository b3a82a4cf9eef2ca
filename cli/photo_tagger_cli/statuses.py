"""AWS's words for how an execution stands."""

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"

FAILED = ("FAILED", "TIMED_OUT")
"""What needs a person: to mend the cause, then to redrive it."""

STATUSES = (*FAILED, "ABORTED", RUNNING, SUCCEEDED)
"""All of them, what needs a person first."""
