"""Which arrows, retries, catches and timeouts of the workflow the cases took, and which none did.

An entry of `Retry` counts the tries of all its errors together. So it is covered when each of its
errors was retried once and the entry once ran out of tries.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from photo_tagger_local.graph.arrows import END, START, Arrow, Kind, arrows_of
from photo_tagger_local.graph.drawing import drawing

from .cases import CASES
from .engines import Moto
from .stories import Story, Visit
from .workflow import the_definition

TIMEOUT = "States.Timeout"


@dataclass(frozen=True)
class Item:
    """One thing that an execution can do. `arrow` is there where it is a way in the graph."""

    state: str
    what: str
    wanted: str
    arrow: Arrow | None = None

    @property
    def missing(self) -> str:
        """What to say when no case did it."""
        return f"No case {self.wanted}: add one (docs/testing.md says how)."


Coverage = dict[Item, list[str]]
"""For each item the cases that took it."""


def coverage(definition: dict[str, Any], stories: Iterable[Story]) -> Coverage:
    """What each of these stories did, of all that the definition lets an execution do."""
    covered: Coverage = {item: [] for item in _items(definition)}
    for story in stories:
        for item in dict.fromkeys(_done_in(story, definition)):
            covered.get(item, []).append(story.case)
    return covered


def untaken(covered: Coverage) -> list[Arrow]:
    """The arrows that no case took."""
    return [item.arrow for item, cases in covered.items() if item.arrow and not cases]


def _items(definition: dict[str, Any]) -> Iterator[Item]:
    for name in definition["States"]:
        yield _entered(name)
    for arrow in arrows_of(definition):
        yield _taken(arrow, definition)
    for name, state in definition["States"].items():
        if state["Type"] == "Choice" and "Default" not in state:
            yield _unmatched(name)
        for number, catcher in enumerate(state.get("Catch", ())):
            for error in catcher["ErrorEquals"]:
                yield _caught(name, number, error)
        for number, retrier in enumerate(state.get("Retry", ())):
            for error in retrier["ErrorEquals"]:
                yield _retried(name, number, error)
            yield _exhausted(name, number, retrier)
        if state["Type"] == "Task":
            yield _timed_out(name)


def _done_in(story: Story, definition: dict[str, Any]) -> Iterator[Item]:
    yield _taken(Arrow(START, story.path[0], Kind.START), definition)
    for visit, after in zip(story.visits, [*story.visits[1:], None], strict=True):
        state = definition["States"].get(visit.state)
        if state is None:
            continue
        yield _entered(visit.state)
        if TIMEOUT in visit.errors:
            yield _timed_out(visit.state)
        yield from _retries_in(visit, state)
        if after or story.status == "SUCCEEDED":
            yield from _way_out(visit, after.state if after else END, definition)
        elif state["Type"] == "Choice":
            yield _unmatched(visit.state)


def _retries_in(visit: Visit, state: dict[str, Any]) -> Iterator[Item]:
    retriers = state.get("Retry", [])
    numbers = [_entry_for(error, retriers) for error in visit.retried]
    for error, number in zip(visit.retried, numbers, strict=True):
        if number is not None:
            yield _retried(visit.state, number, error)
    last = _entry_for(visit.error, retriers)
    if last is not None and numbers.count(last) == retriers[last]["MaxAttempts"]:
        yield _exhausted(visit.state, last, retriers[last])


def _way_out(visit: Visit, target: str, definition: dict[str, Any]) -> Iterator[Item]:
    ways = [
        arrow
        for arrow in arrows_of(definition)
        if arrow.source == visit.state and arrow.target == target
    ]
    if visit.error:
        catchers = definition["States"][visit.state].get("Catch", [])
        number = _entry_for(visit.error, catchers)
        if number is not None:
            yield _caught(visit.state, number, visit.error)
        ways = [arrow for arrow in ways if arrow.kind is Kind.CATCH and arrow.number == number]
    else:
        ways = [arrow for arrow in ways if arrow.kind is not Kind.CATCH]
    if len(ways) > 1:
        raise ValueError(
            f"{visit.state} leads to {target} by more than one rule, and which of them a case took "
            "cannot be told. Make them one rule, with Or."
        )
    for arrow in ways:
        yield _taken(arrow, definition)


def _entry_for(error: str, entries: list[dict[str, Any]]) -> int | None:
    """The number of the first entry of a Retry or a Catch that names this error."""
    return next(
        (number for number, entry in enumerate(entries) if error in entry["ErrorEquals"]), None
    )


def _entered(state: str) -> Item:
    return Item(state, "entered", f"enters {state}")


def _taken(arrow: Arrow, definition: dict[str, Any]) -> Item:
    target = arrow.target or "the end"
    if arrow.kind is Kind.START:
        return Item(arrow.target, "start", f"starts at {target}", arrow)
    names = {
        Kind.NEXT: "next",
        Kind.RULE: f"rule {arrow.number + 1}",
        Kind.DEFAULT: "default",
        Kind.CATCH: f"catch {arrow.number + 1}",
        Kind.END: "end",
    }
    what = names[arrow.kind]
    if arrow.kind in (Kind.RULE, Kind.CATCH, Kind.DEFAULT):
        wanted = f"takes {what} of {arrow.source}, to {target}"
    else:
        wanted = f"goes on from {arrow.source} to {target}"
    return Item(arrow.source, f"{what}, to {target}", wanted, arrow)


def _unmatched(state: str) -> Item:
    return Item(state, "no rule matches", f"fails in {state} because no rule matches")


def _caught(state: str, number: int, error: str) -> Item:
    return Item(
        state, f"catch {number + 1}: {error}", f"has {error} caught in {state} (catch {number + 1})"
    )


def _retried(state: str, number: int, error: str) -> Item:
    return Item(
        state, f"retry {number + 1}: {error}", f"retries {state} for {error} (retry {number + 1})"
    )


def _exhausted(state: str, number: int, retrier: dict[str, Any]) -> Item:
    tries, errors = retrier["MaxAttempts"], " or ".join(retrier["ErrorEquals"])
    return Item(
        state,
        f"retry {number + 1}: all {tries} tries in vain",
        f"meets {errors} in {state} once more than the {tries} retries (retry {number + 1})",
    )


def _timed_out(state: str) -> Item:
    return Item(state, "timeout", f"runs out of time in {state} ({TIMEOUT})")


def report(covered: Coverage) -> Table:
    """A line for each item, with the cases that took it."""
    taken = sum(bool(cases) for cases in covered.values())
    table = Table(title=f"{taken} of {len(covered)} taken by {len(CASES)} cases")
    for column in ("state", "what", "cases"):
        table.add_column(column, overflow="fold")
    order = {state: number for number, state in enumerate(the_definition()["States"])}
    last = ""
    for item, cases in sorted(covered.items(), key=lambda pair: order[pair[0].state]):
        shown = f"{cases[0]}{f' and {len(cases) - 1} more' if cases[1:] else ''}" if cases else ""
        table.add_row(
            item.state if item.state != last else "", item.what, shown or "[bold red]NONE[/]"
        )
        last = item.state
    return table


def main(svg_file: str) -> int:
    """Run all cases on moto, print the table and draw the graph, with what no case took in red."""
    engine = Moto(the_definition())
    stories = [engine.story(case.name, case.given) for case in CASES.values()]
    covered = coverage(the_definition(), stories)
    Console(width=None if sys.stdout.isatty() else 120).print(report(covered))
    Path(svg_file).parent.mkdir(parents=True, exist_ok=True)
    Path(svg_file).write_text(drawing(the_definition(), untaken(covered)), "utf-8")
    print(f"The graph is in {svg_file}")
    missing = [item.missing for item, cases in covered.items() if not cases]
    print("\n".join(missing))
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
