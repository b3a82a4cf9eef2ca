"""Where the states lead."""

from collections.abc import Iterable, Iterator

from .machine import Machine, Node, check, entries, word


@check
def every_way_leads_to_a_state(machine: Machine) -> Iterator[str]:
    """StartAt, Next, Default, and the Next of rules and catchers."""
    for where, node, key in _ways(machine):
        target = word(node, key)
        if key not in node:
            yield f"{where} leads nowhere: give it a {key}."
        elif target not in machine.states:
            yield f"{where} leads to {target or 'no name'}, which is no state: name one that is."
    for name, state in machine.states.items():
        if state.get("Type") == "Choice" and not entries(state, "Choices"):
            yield f"{name} chooses between nothing: give it Choices, or make it no Choice."
        if "End" in state and ("Next" in state or state["End"] is not True):
            yield f"{name} must say either Next or End: true: leave one out."


@check
def every_state_is_on_the_way_to_an_end(machine: Machine) -> Iterator[str]:
    """No state that nothing leads to, and none that leads to no end."""
    onward = {name: targets_of(state) for name, state in machine.states.items()}
    backward = {
        name: {source for source, targets in onward.items() if name in targets} for name in onward
    }
    ends = [name for name, state in machine.states.items() if is_end(state)]
    reached = _spread(onward, [word(machine.definition, "StartAt")])
    ending = _spread(backward, ends)
    for name in onward:
        if name not in reached:
            yield f"{name} is never come to: lead a state to it, or take it out."
        if name not in ending:
            yield f"{name} leads to no end: have something behind it end."


def targets_of(state: Node) -> set[str]:
    """The names that a state leads to."""
    nodes = [state, *entries(state, "Choices"), *entries(state, "Catch")]
    return {word(node, key) for node in nodes for key in ("Next", "Default")} - {""}


def is_end(state: Node) -> bool:
    """Whether an execution may end here."""
    return state.get("End") is True or state.get("Type") in ("Succeed", "Fail")


def _ways(machine: Machine) -> Iterator[tuple[str, Node, str]]:
    """Each way with the node and the field that name its target."""
    yield "The workflow", machine.definition, "StartAt"
    for name, state in machine.states.items():
        if state.get("Type") in ("Task", "Pass") and "End" not in state:
            yield name, state, "Next"
        if "Default" in state:
            yield f"The Default of {name}", state, "Default"
        for kind, key in (("rule", "Choices"), ("catcher", "Catch")):
            for number, entry in enumerate(entries(state, key), 1):
                yield f"{name}, {kind} {number},", entry, "Next"


def _spread(ways: dict[str, set[str]], start: Iterable[str]) -> set[str]:
    """Every state that is come to from some."""
    found: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name in ways and name not in found:
            found.add(name)
            todo += ways[name]
    return found
