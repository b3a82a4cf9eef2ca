"""The command's start: what it imports, before and while a command is run."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "PIL",
    "boto3",
    "httpx",
    "matplotlib",
    "ministack",
    "numpy",
    "photo_tagger_local.run",
    "rich",
    "starlette",
    "uvicorn",
}


def imported_by(*arguments: str) -> set[str]:
    """Which of HEAVY a process has imported when the command has run."""
    code = (
        "import contextlib, sys\n"
        "from photo_tagger_cli.main import main\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main(sys.argv[1:])\n"
        "print('imported:', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    last_line = done.stdout.splitlines()[-1]
    assert last_line.startswith("imported: ")
    return HEAVY & set(last_line.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["check", "--help"],
        ["docs", "check", "--help"],
        ["eval", "--help"],
        ["executions", "--help"],
        ["local", "up", "--help"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_help_and_usage_errors_import_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by(*arguments) == set()


def test_what_asks_aws_imports_no_emulator_no_server_and_no_photo_library() -> None:
    # Nobody answers on this port, which is as far as the imports go.
    assert imported_by("executions", "--local", "--port", "1024") == {"boto3", "rich"}
