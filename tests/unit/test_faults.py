"""Errors in words for the admin."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from photo_tagger.domain.faults import WORDS, in_plain_words

ROOT = Path(__file__).parents[2]
STAYS_INSIDE = {
    "SaidError": "only its kinds are raised",
    "BadFormError": "ack_handler shows the reviewer the form again",
    "DocProblemsError": "drive_sync keeps the last good doc and mails the admin what is wrong",
    "TurnedAwayError": "ack_handler shows the visitor a page that says so",
    "UnreadablePhotoError": "resize turns it into the verdict that flags the photo",
}
"""Errors that never reach an execution."""


def cause(message: str, kind: str = "Error") -> str:
    """A function's error as Lambda hands it to Step Functions."""
    trace = ['  File "/var/task/handler.py", line 41, in handle\\n']
    return json.dumps(
        {"errorMessage": message, "errorType": kind, "requestId": "r-1", "stackTrace": trace}
    )


def errors_of_the_functions() -> set[str]:
    """Every exception class under functions/."""
    classes = [
        node
        for path in (ROOT / "functions").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    return {
        node.name
        for node in classes
        if any(ast.unparse(base).endswith(("Exception", "Error")) for base in node.bases)
    }


def names_in_the_workflow() -> set[str]:
    """Every error that a state tries again: after the last try, that is what it fails with."""
    states = json.loads((ROOT / "statemachines" / "photo.asl.json").read_text())["States"]
    return {
        name
        for state in states.values()
        for rule in state.get("Retry", [])
        for name in rule["ErrorEquals"]
    }


def test_every_error_of_the_functions_has_words() -> None:
    assert len(errors_of_the_functions()) > 10
    assert errors_of_the_functions() - STAYS_INSIDE.keys() <= WORDS.keys()
    assert STAYS_INSIDE.keys() <= errors_of_the_functions()


def test_every_error_that_the_workflow_tries_again_has_words() -> None:
    assert names_in_the_workflow() <= WORDS.keys()


@pytest.mark.parametrize("error", WORDS)
def test_all_words_are_sentences_that_fit_any_message(error: str) -> None:
    words = in_plain_words(error, cause("{said} {0} 100% <b>"))
    assert words[0].isupper()
    assert words.endswith(".")
    assert len(words) < 600


def test_the_message_is_taken_out_of_the_functions_json() -> None:
    said = 'pt/store/api must hold JSON with an "signing_key" of plain letters and digits'
    words = in_plain_words("NoStoreKeyError", cause(said, "NoStoreKeyError"))
    assert words == f"The store's key is missing: {said}. Put the key into that secret."


def test_a_cause_that_is_no_json_is_taken_as_it_is() -> None:
    assert "the store answered 503" in in_plain_words(
        "StoreUnavailableError", "the store answered 503"
    )


def test_every_cut_of_a_cause_gives_as_much_of_the_message_as_is_there() -> None:
    whole = cause('weißes "Sofa"\\n\u202e \U0001f6cb')
    for length in range(len(whole)):
        words = in_plain_words("BadDocumentError", whole[:length])
        assert words.startswith("The style doc or the rules doc needs mending: ")
    assert 'mending: weißes "Sofa' in in_plain_words("BadDocumentError", whole[:40])


@pytest.mark.parametrize("error", ["StoreUnavailableError", "BrandNewError"])
def test_a_huge_message_is_cut(error: str) -> None:
    for huge in ("x" * 200_000, cause("x" * 200_000)):
        assert len(in_plain_words(error, huge)) < 600


@pytest.mark.parametrize("error", ["StoreUnavailableError", "BrandNewError"])
@pytest.mark.parametrize("bad", ["\x1b[31mred", "a\rb", "a\x00b", "\u202eabc", "\ud800", "\x9b2J"])
def test_control_characters_do_not_get_out(error: str, bad: str) -> None:
    for text in (bad, cause(bad)):
        words = in_plain_words(error + bad, text) + in_plain_words(error, text)
        assert words.isprintable()


def test_an_unknown_error_is_told_by_its_name_and_the_first_line() -> None:
    told = in_plain_words("BrandNewError", cause("no reason to flag this photo\nand more"))
    assert told == "It ended with BrandNewError: no reason to flag this photo."
    assert in_plain_words("BrandNewError", "") == "It ended with BrandNewError."


def test_no_error_at_all_is_told_as_such() -> None:
    assert in_plain_words("", "").startswith("No error was given")


def test_an_error_of_aws_goes_by_its_code() -> None:
    message = (
        "An error occurred (AccessDeniedException) when calling the GetItem operation: User: "
        "arn:aws:sts::1:assumed-role/pt-reader is not authorized to perform: dynamodb:GetItem"
    )
    for name in ("ClientError", "GetParameterError", "AccessDeniedException"):
        words = in_plain_words(name, cause(message, name))
        assert words.startswith("A permission is missing: ")
        assert "dynamodb:GetItem. Add it to the role" in words


def test_our_own_error_around_one_of_aws_keeps_its_own_words() -> None:
    message = "An error occurred (ThrottlingException) when calling the Converse operation: slow"
    assert in_plain_words("ModelThrottledError", cause(message)) == WORDS["ModelThrottledError"]


@pytest.mark.parametrize(
    ("code", "operation", "mend"),
    [
        ("AccessDeniedException", "Converse", "ask for access to it"),
        ("ResourceNotFoundException", "Converse", "ask for access to it"),
        ("ValidationException", "Converse", "model_id"),
        ("ResourceNotFoundException", "GetItem", "Deploy the stack again"),
        ("MessageRejected", "SendRawEmail", "Verify that address"),
    ],
)
def test_what_to_mend_depends_on_what_was_asked_of_aws(
    code: str, operation: str, mend: str
) -> None:
    message = f"An error occurred ({code}) when calling the {operation} operation: sorry"
    for name in (code, "ClientError"):
        assert mend in in_plain_words(name, cause(message, name))


def test_the_noise_of_a_validation_error_is_left_out() -> None:
    message = (
        "style.json in pt-rules needs mending: 1 validation error for StyleDoc\n"
        "categories\n  Field required\n"
        "    For further information visit https://errors.pydantic.dev/2.11/v/missing"
    )
    words = in_plain_words("BadDocumentError", cause(message))
    assert "validation error for StyleDoc categories Field required." in words
    assert "http" not in words
