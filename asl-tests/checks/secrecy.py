"""What must not get about: the task token, and the words of a draft."""

from collections.abc import Iterator

from photo_tagger.domain.draft import FIELD_NAMES

from .machine import MACHINE, Machine, Node, check, dig, strings_in, word
from .paths import handed_on, paths_in, words_of

TOKEN = "$$.Task.Token"
NOTIFIER = "NotifyFunction"
TEXT = frozenset({*FIELD_NAMES, "draft", "fields", "notes", "hint", "hints", "reject_reason"})
"""What answers call that which a person or a model wrote."""

DRAFTS = "ReadPhoto"
HANDED_WORDS = {
    "Escalate": "keeps the first reading, to be bettered by the second",
    "ReadPhoto": "keeps the surer draft of two readings, field by field",
    "SaveDraft": "puts the draft on the record, which has it from then on",
    "FlagPhoto": "is handed all there is, and looks for reasons",
}
"""The only states that are handed the words of a draft, and what for."""


@check
def logs_hold_no_execution_data(machine: Machine) -> Iterator[str]:
    """It holds task tokens and the words of drafts."""
    properties = machine.template["Resources"][MACHINE]["Properties"]
    if dig(properties, "Logging", "IncludeExecutionData") is not False:
        yield f"{MACHINE} logs task tokens: IncludeExecutionData of its Logging must be false."


@check
def the_task_token_goes_to_the_notifier_alone(machine: Machine) -> Iterator[str]:
    """And to its payload alone; nothing else is taken from the context object, which holds it."""
    for name, state in machine.states.items():
        function = machine.function_of(state)
        waits = word(state, "Resource").endswith(".waitForTaskToken")
        if waits and function != NOTIFIER:
            yield f"{name} gives its token to {function}: have {NOTIFIER} keep it."
        payload = [text for _, text in handed_on(dig(state, "Parameters", "Payload"))]
        if waits and TOKEN not in payload:
            yield f"{name} waits for an answer to a token that nobody has: put it in the Payload."
        taken = [text for _, text in strings_in(state) if "$$" in text]
        if waits and TOKEN in payload:
            taken.remove(TOKEN)
        for text in taken:
            yield f"{name} has {text}: leave it out, only {NOTIFIER} is handed a token, and once."


@check
def texts_for_people_hold_no_data(machine: Machine) -> Iterator[str]:
    """A Comment, Cause or Error shows in consoles, mails and events: it carries no path."""
    for name, node in [("The workflow", _without_states(machine)), *machine.states.items()]:
        for key, text in strings_in(node):
            if key in ("Comment", "Cause", "Error", "CausePath", "ErrorPath") and "$" in text:
                yield f"{name} has {text} in its {key}: write a text without any path."


@check
def answers_are_picked_over(machine: Machine) -> Iterator[str]:
    """Each Task names what it keeps of an answer, and only ReadPhoto keeps words of a draft."""
    for name, task in machine.tasks.items():
        if not isinstance(task.get("ResultSelector"), dict):
            yield f"{name} keeps all of the answer: name the fields in a ResultSelector."
        for key, path in _picked(task):
            if path in ("$", "$.Payload"):
                yield f"{name} keeps all of the answer as {key}: name the fields."
            if name != DRAFTS and {key, *words_of(path)} & TEXT:
                yield f"{name} keeps {path}, words of a draft: the record has them, leave them out."


@check
def the_words_of_a_draft_go_no_further(machine: Machine) -> Iterator[str]:
    """Once saved, the record has them; a state is handed ids and what routing needs."""
    held = _where_words_are(machine)
    for name, state in machine.states.items():
        for _, expression in handed_on(state.get("Parameters")):
            for path in paths_in(expression):
                if name not in HANDED_WORDS and _holds(path, held):
                    yield (
                        f"{name} is handed {path}, which holds the words of a draft: have it read "
                        "the record, or say in HANDED_WORDS what it needs them for."
                    )


def _picked(task: Node) -> Iterator[tuple[str, str]]:
    """Each field that is kept of an answer, with the paths it comes from."""
    for key, expression in handed_on(task.get("ResultSelector")):
        yield from ((key, path) for path in paths_in(expression))


def _where_words_are(machine: Machine) -> set[tuple[str, ...]]:
    """Where the words of a draft may be in the state, whichever way led there."""
    held = {
        (*words_of(word(task, "ResultPath")), key)
        for task in machine.tasks.values()
        for key, path in _picked(task)
        if {key, *words_of(path)} & TEXT
    }
    passes = [state for state in machine.states.values() if state.get("Type") == "Pass"]
    before = -1
    while before != (before := len(held)):
        for state in passes:
            for key, expression in handed_on(state.get("Parameters")):
                if any(_holds(path, held) for path in paths_in(expression)):
                    held.add((*words_of(word(state, "ResultPath")), key))
    return held


def _holds(path: str, held: set[tuple[str, ...]]) -> bool:
    """Whether a path leads to something that is held, into it, or to what holds it."""
    words = words_of(path)
    return any(words[: len(other)] == other[: len(words)] for other in held)


def _without_states(machine: Machine) -> Node:
    return {key: value for key, value in machine.definition.items() if key != "States"}
