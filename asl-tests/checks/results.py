"""Where results go."""

import re
from collections import defaultdict
from collections.abc import Iterator

from .machine import Machine, Node, check, entries, word

INPUT = "the execution's input"
SHARED = {
    "$.attempt": ({INPUT, "Escalate", "AddHint"}, "what ReadPhoto is to read: a round, or anew"),
    "$.outcome": ({"DraftReady", "NeedsReview"}, "the two answers of RouteByConfidence"),
    "$.review": ({"SaveDraft", "WaitLonger", "ReopenReview"}, "the wait that NotifyOwner begins"),
    "$.decision": ({"NotifyOwner", "ExpireDraft"}, "what Decision decides by"),
    "$.recorded": (
        {"RecordListing", "SkipDuplicate", "FlagPhoto", "MoveToFlagged"},
        "what the photo's record says at an end",
    ),
}
"""Who writes to the same place, so that whoever reads there need not know who wrote; and what."""


@check
def result_paths_are_explicit(machine: Machine) -> Iterator[str]:
    """Every Task, Pass and catcher adds one field to the state, and replaces nothing else."""
    for where, node in _writers(machine):
        if "ResultPath" not in node:
            yield f"{where} has no ResultPath: name one, or what came before is lost."
        elif not re.fullmatch(r"\$\.[a-z_]+", word(node, "ResultPath")):
            yield (
                f"{where} has the ResultPath {node['ResultPath']}: it must be one field of the "
                "state, as in $.reading."
            )


@check
def results_meet_knowingly(machine: Machine) -> Iterator[str]:
    """Two states write to one place only where SHARED says so."""
    writers: dict[str, set[str]] = defaultdict(set)
    for name in machine.execution_input:
        writers[f"$.{name}"].add(INPUT)
    for where, node in _writers(machine):
        writers[word(node, "ResultPath")].add(where)
    writers.pop("", None)
    for path in sorted(writers.keys() | SHARED.keys()):
        agreed, what = SHARED.get(path, (set(), ""))
        several = writers[path] if len(writers[path]) > 1 else set()
        for where in sorted(several - agreed):
            others = ", ".join(sorted(several - {where}))
            yield (
                f"{where} writes to {path}, and so does {others}: take another ResultPath, or say "
                "in SHARED what is the same about them."
            )
        for where in sorted(agreed - writers[path]):
            yield f"{where} does not write to {path}, which has {what}: correct it, or SHARED."


def _writers(machine: Machine) -> Iterator[tuple[str, Node]]:
    """Each node that writes a result, with its name."""
    for name, state in machine.states.items():
        if state.get("Type") in ("Task", "Pass"):
            yield name, state
        for number, catcher in enumerate(entries(state, "Catch"), 1):
            yield f"{name}, catcher {number},", catcher
