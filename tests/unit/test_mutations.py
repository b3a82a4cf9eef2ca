"""Damaged photos of every format become a copy or are refused in words: a share of the full run.

`make mutations` tries eleven times as many, in processes that may die.
"""

from __future__ import annotations

import struct
import time
from collections import Counter
from pathlib import Path

import pytest

from bench import mutations
from bench.damage import WAYS, Mutant, damaged, mutants
from bench.judge import Decoder, Outcome, Verdict
from bench.mutations import RESIZE
from bench.originals import originals

WHOLE = originals()
FORMATS = sorted({name.split()[0] for name in WHOLE})
SHARE = range(2)


@pytest.mark.parametrize("name", WHOLE)
def test_every_original_is_a_photo(name: str) -> None:
    assert RESIZE.judge(WHOLE[name]) == Verdict(Outcome.COPY)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_file_is_opened_or_refused_and_nothing_else(kind: str) -> None:
    share = [mutant for mutant in mutants(WHOLE, SHARE) if mutant.format == kind]
    found = {mutant: RESIZE.judge(damaged(mutant, WHOLE)) for mutant in share}
    wrong = {str(m): v.reason for m, v in found.items() if v.outcome is Outcome.OTHER}
    assert wrong == {}
    outcomes = Counter(verdict.outcome for verdict in found.values())
    assert outcomes[Outcome.REFUSED] > len(share) / 10
    assert outcomes[Outcome.COPY] > len(share) / 10


def test_no_original_tells_when_it_was_made() -> None:
    started = time.time()
    made = originals()
    days = [time.gmtime(moment)[:3] for moment in (started, time.time())]
    for name, data in made.items():  # a colour profile's year, month and day
        assert not any(struct.pack(">HHH", *day) in data for day in days), name
    for second in range(int(started), int(time.time()) + 1):  # an animation's seconds since 1904
        assert struct.pack(">I", second + 2_082_844_800) not in made["avif animated"]


def test_the_same_mutant_is_the_same_file_every_time() -> None:
    share = list(mutants(WHOLE, range(1)))
    files = [damaged(mutant, WHOLE) for mutant in share]
    assert all(damaged(mutant, WHOLE) == file for mutant, file in zip(share, files, strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_damages_every_original(way: str) -> None:
    for name, whole in WHOLE.items():
        files = {damaged(Mutant(name, way, number), WHOLE) for number in range(8)}
        assert files - {whole}, name


def test_the_full_run_is_of_ten_thousand_files() -> None:
    assert len(list(mutants(WHOLE, range(mutations.EACH)))) > 10_000


def test_the_command_tells_what_became_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutations.main(["gif animated", "cut off"]) == 0
    assert "gif" in capsys.readouterr().out


def never(_: bytes) -> None:
    """A decoder that can do nothing."""
    raise AssertionError("never")


def test_the_command_keeps_what_is_neither(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutations, "KEPT", tmp_path)
    monkeypatch.setattr(mutations, "RESIZE", Decoder(never, ValueError))
    assert mutations.main(["bmp one bit, cut off, 7"]) == 1
    assert "bmp one bit, cut off, 7: AssertionError (never)" in capsys.readouterr().out
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == damaged(Mutant("bmp one bit", "cut off", 7), WHOLE)
