"""Does anything notice when the workflow is broken? Run as `make asl-mutants`.

Each mutant of mutants.py is held against the static checks, then against the cases that pass
through the state where it is broken, then against all others. The first that notices ends it.
"""

import multiprocessing
import signal
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import track

from .cases import CASES, Case
from .checks import CHECKS, the_machine
from .engines import Moto
from .mutants import Mutant, mutants
from .test_cases import test_case
from .workflow import runnable

_PATIENCE_SECONDS = 30


def noticed_by(mutant: Mutant) -> str:
    """The name of a check or a case that notices; empty for a mutant that survives."""
    machine = replace(the_machine(), definition=mutant.definition)
    for check in CHECKS:
        if check(machine):
            return check.__name__
    engine = Moto(runnable(mutant.definition))
    for case in sorted(CASES.values(), key=lambda case: mutant.state not in case.path.split()):
        if not _passes(case, engine):
            return case.name
    return ""


def _passes(case: Case, engine: Moto) -> bool:
    """Whether the case finds all as it should be, in time: a mutant may go round for ever."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_PATIENCE_SECONDS)
    try:
        test_case(case, lambda case: engine.story(case.name, case.given))
    except Exception:  # noqa: BLE001 - whatever goes wrong, it was noticed
        return False
    finally:
        signal.alarm(0)
    return True


def _give_up(*_: Any) -> None:
    raise TimeoutError


def main(words: list[str]) -> int:
    """Break what has all of these words in its description (everything without words)."""
    console = Console()
    if notices := noticed_by(Mutant("", "nothing", the_machine().definition)):
        console.print(f"{notices} finds fault with the workflow as it is: mend that first.")
        return 1
    broken = [
        mutant
        for mutant in mutants(the_machine().definition)
        if all(word in mutant.what for word in words)
    ]
    with multiprocessing.Pool() as pool:
        answers = pool.imap(noticed_by, broken, chunksize=4)
        found = list(track(answers, "breaking", total=len(broken), console=console))
    by = Counter(
        "checks" if name in {c.__name__ for c in CHECKS} else "cases" for name in found if name
    )
    survivors = [mutant.what for mutant, name in zip(broken, found, strict=True) if not name]
    console.print(
        f"{len(broken)} mutants: {by['checks']} noticed by a check, {by['cases']} by a case, "
        f"{len(survivors)} by nothing"
    )
    for what in survivors:
        console.print(f"  {what}", markup=False)
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
