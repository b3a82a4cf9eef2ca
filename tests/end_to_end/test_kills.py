"""kill -9 of the whole local run, again and again: every accepted photo is found and finishes."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from photo_tagger_local.inbox import Inbox
from photo_tagger_local.reviewer import Reviewer, ReviewError, link_in, post_decision
from photo_tagger_local.run import A_MAIL_EACH, LocalRun, Options

from .conftest import Shop, eventually, ports_in_a_row

KILLS = 3
SAMPLES = ("white-sofa.jpg", "chair.jpg", "guitar-on-stage.jpg")


class KilledRun:
    """`photo-tagger local up` as a process, with a folder of photos that grows."""

    def __init__(self, folder: Path, samples: Path, chance: random.Random) -> None:
        self.state, self.photos = folder / "state", folder / "photos"
        self.photos.mkdir()
        self.decided: set[str] = set()
        self._samples = samples
        self._chance = chance
        self.ports = ports_in_a_row()
        self._log = folder / "up.log"

    def live_a_while(self, number: int) -> None:
        """Start it, add photos, decide one, and kill all of it at some moment of all that."""
        sample = SAMPLES[number % len(SAMPLES)]
        name = f"photo-{number}.jpg"
        shutil.copy(self._samples / sample, self.photos / name)
        with (self.photos / name).open("ab") as photo:
            photo.write(name.encode())
        command = [sys.executable, "-m", "photo_tagger_cli.main", "local", "up"]
        command += ["--state", str(self.state), "--photos", str(self.photos)]
        with self._log.open("w") as log:
            up = subprocess.Popen(
                [*command, "--port", str(self.ports.console)], stdout=log, stderr=subprocess.STDOUT
            )
        try:
            if self._chance.random() < 0.3:
                time.sleep(self._chance.uniform(0.2, 4))  # perhaps while it starts
            else:
                self._until_up(up)
                time.sleep(self._chance.uniform(0, 3))
                self._decide_one()
                time.sleep(self._chance.uniform(0, 0.5))
        finally:
            kill_all(up)

    def _until_up(self, up: subprocess.Popen[bytes]) -> None:
        def is_up() -> bool:
            assert up.poll() is None, self._log.read_text()
            return "Ctrl-C ends this" in self._log.read_text()

        eventually(is_up, self._log.read_text)

    def _decide_one(self) -> None:
        """Approve through some mail; only what was answered counts as accepted."""
        mails = Inbox(self.state / "inbox", 0).messages()
        if mails:
            link = link_in(self._chance.choice(mails))
            with contextlib.suppress(httpx.TransportError, ReviewError):
                post_decision(link, "approve")
                self.decided.add(link)


def kill_all(up: subprocess.Popen[bytes]) -> None:
    """kill -9, in one go, of the command, the emulator and every function."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,pgid="], capture_output=True, text=True, check=True
    ).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    groups = {pgid for _, ppid, pgid in rows if ppid == up.pid and pgid != os.getpgrp()}
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    up.kill()
    up.wait()


def standing(shop: Shop, photos: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The status and the execution's last state of each photo that is at no end."""
    return {
        name: (shop.state(photo_id), shop.states_entered(photo_id)[-1])
        for name, photo_id in photos.items()
        if shop.state(photo_id) not in ("listed", "flagged")
    }


def test_three_kills_lose_no_photo_and_no_decision(tmp_path: Path, samples: Path) -> None:
    seed = time.time_ns()
    print(f"random seed {seed}")
    killed = KilledRun(tmp_path, samples, random.Random(seed))  # noqa: S311 - no secret
    for number in range(KILLS):
        killed.live_a_while(number)

    options = Options(killed.state, killed.ports, parameters=A_MAIL_EACH)
    with LocalRun(options) as run:
        shop = Shop(run, samples)
        accepted = run.drop(killed.photos).photo_ids
        assert len(accepted) == KILLS
        reviewer = Reviewer(run.inbox)

        def all_at_their_ends() -> bool:
            list(reviewer.decide_new("approve"))
            return all(shop.state(one) in ("listed", "flagged") for one in accepted.values())

        eventually(all_at_their_ends, lambda: f"the end of every photo: {standing(shop, accepted)}")
        for photo_id in accepted.values():
            assert shop.until_ended(photo_id)["status"] == "SUCCEEDED"
            listed = shop.state(photo_id) == "listed"
            assert len(shop.listings(photo_id)) == int(listed), photo_id
            assert len(shop.rows("ack", photo_id)) == int(listed), photo_id
            assert shop.actions(photo_id).count("accepted") == 1
            assert shop.actions(photo_id).count("started") == 1
        for link in killed.decided:
            assert "Approved by you" in shop.browser.get(link).text
