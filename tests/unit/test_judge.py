"""The judge of bench/ sees whatever a decoder may do besides opening or refusing a file."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from bench.judge import Bounds, Decoder, Outcome, Verdict, verdicts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the judge needs Linux")
MEGABYTES = 400


class RefusedError(Exception):
    """This decoder's way to say no."""


def decode(data: bytes) -> None:
    """Do what the file says."""
    match data.split():
        case [b"refuse", *words]:
            raise RefusedError(b" ".join(words).decode())
        case [b"refuse-for-memory"]:
            try:
                bytearray(2**40)
            except MemoryError as error:
                raise RefusedError("The file is too large. Make it smaller.") from error
        case [b"fail"]:
            raise AssertionError("no palette")
        case [b"exit"]:
            sys.exit(3)
        case [b"leave"]:
            os._exit(3)
        case [b"die"]:
            os.kill(os.getpid(), signal.SIGSEGV)
        case [b"eat", megabytes]:
            bytearray(int(megabytes) << 20)
        case [b"hang"]:
            while True:
                pass


DECODER = Decoder(decode, RefusedError)


@pytest.fixture(scope="module")
def judged() -> dict[str, Verdict]:
    """The verdicts on all of these files, one good file after each bad one."""
    bad = (
        "refuse This is no photo. Send another.",
        "refuse no",
        "refuse",
        "refuse-for-memory",
        "fail",
        "exit",
        "leave",
        "die",
        "eat 100",
        f"eat {MEGABYTES}",
        "hang",
    )
    files = (
        (name, name.encode()) for bad_one in bad for name in (bad_one, f"good after {bad_one}")
    )
    return dict(verdicts(DECODER, files, Bounds(MEGABYTES, seconds=1.0), processes=2))


def test_each_file_gets_one_verdict(judged: dict[str, Verdict]) -> None:
    assert len(judged) == 22


def test_whatever_came_before_a_good_file_is_opened(judged: dict[str, Verdict]) -> None:
    good = [verdict.outcome for name, verdict in judged.items() if name.startswith("good")]
    assert good == [Outcome.COPY] * 11


def test_a_refusal_in_words_is_one(judged: dict[str, Verdict]) -> None:
    verdict = judged["refuse This is no photo. Send another."]
    assert (verdict.outcome, verdict.reason) == (
        Outcome.REFUSED,
        "This is no photo. Send another.",
    )


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("refuse", "refused without a sentence: ''"),
        ("refuse no", "refused without a sentence: 'no'"),
        ("refuse-for-memory", "more memory than there is"),
        ("fail", "AssertionError (no palette) in test_judge.py, line"),
        ("exit", "SystemExit (3)"),
        ("leave", "ended with exit code 3"),
        ("die", "died by SIGSEGV"),
        (f"eat {MEGABYTES}", "MemoryError"),
        ("hang", "no end after 1 s"),
    ],
)
def test_anything_else_is_told(judged: dict[str, Verdict], file: str, reason: str) -> None:
    verdict = judged[file]
    assert verdict.outcome is Outcome.OTHER
    assert verdict.reason.startswith(reason)


def test_a_peak_is_one_files_own(judged: dict[str, Verdict]) -> None:
    eaten = judged["eat 100"].peak_megabytes
    others = [verdict.peak_megabytes for name, verdict in judged.items() if name != "eat 100"]
    assert 100 < eaten < MEGABYTES
    assert max(others) < eaten - 90


def test_here_and_now_the_same_is_seen() -> None:
    outcomes = [
        DECODER.judge(file).outcome for file in (b"good", b"refuse This is not a photo.", b"fail")
    ]
    assert outcomes == [Outcome.COPY, Outcome.REFUSED, Outcome.OTHER]


def test_who_interrupts_is_not_taken_for_a_bad_file() -> None:
    def interrupted(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Decoder(interrupted, RefusedError).judge(b"")
