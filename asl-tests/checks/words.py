"""Words follow through: a state, its function's folder, logical id and substitution."""

import re
from collections import Counter
from collections.abc import Iterator

from .machine import Machine, check, dig, strings_in, word

_STEM = 4
"""Letters that two words share when one is made from the other: `ReadPhoto`, `reader`."""


@check
def substitutions_are_bound_and_used(machine: Machine) -> Iterator[str]:
    """Each leads to the function of its own name."""
    text = [value for _, value in strings_in(machine.definition)]
    used = {name for value in text for name in re.findall(r"\$\{([^}]*)}", value)}
    for name in sorted(used - machine.bound.keys()):
        yield f"${{{name}}} is not bound: add it to DefinitionSubstitutions in template.yaml."
    for name, value in machine.bound.items():
        if name not in used:
            yield f"${{{name}}} is bound, and no state uses it: take it out of template.yaml."
        if value != {"Ref": name}:
            yield f"${{{name}}} is bound to {value}: it must be !Ref {name}."
    for name, task in machine.tasks.items():
        if machine.function_of(task) is None:
            yield f"{name} invokes no function of the template: name one as ${{...Function}}."


@check
def states_and_folders_share_their_words(machine: Machine) -> Iterator[str]:
    """A handler's source names the states it serves; one that serves several is told which."""
    served = Counter(machine.folder_of(task) for task in machine.tasks.values())
    for name, task in machine.tasks.items():
        folder = machine.folder_of(task)
        if folder is None:
            continue
        if not re.search(rf"\b{re.escape(name)}\b", machine.handlers.get(folder, "")):
            yield (
                f"{name} is served by {folder}/, whose handler.py does not name it: invoke the "
                "function that is for this state, or name it there."
            )
        step = dig(task, "Parameters", "Payload", "step")
        if served[folder] > 1 and step != name:
            yield f"{name} tells {folder}/ to take the step {step}: it must be {name}."
        if served[folder] == 1 and not _akin(name, folder):
            yield f"{name} and {folder}/ share no word: rename one of them."


@check
def everything_has_a_comment(machine: Machine) -> Iterator[str]:
    """The console shows it."""
    if not word(machine.definition, "Comment"):
        yield "The workflow has no Comment: say what it does."
    for name, state in machine.states.items():
        if not word(state, "Comment"):
            yield f"{name} has no Comment: say what happens there, and why."


def _akin(state: str, folder: str) -> bool:
    stems = {part[:_STEM].lower() for part in re.findall("[A-Z][a-z]+", state)}
    return {part[:_STEM] for part in folder.split("_")} <= stems
