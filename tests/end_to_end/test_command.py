"""The command itself, as a process of its own."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from photo_tagger_local.ports import HOST

from .conftest import PATIENCE_SECONDS, eventually, ports_in_a_row

NO_PHOTO = "[red] prices.txt"
"""A name that a terminal library could take for a style of its own."""

COMMAND = [sys.executable, "-m", "photo_tagger_cli.main", "local"]


@pytest.fixture
def photos(tmp_path: Path, samples: Path) -> Path:
    """A clean draft, one too dark, and a file that is no photo."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("white-sofa.jpg", "guitar-on-stage.jpg"):
        shutil.copy(samples / name, folder)
    (folder / NO_PHOTO).write_text("not a photo")
    return folder


def run_json(photos: Path, decide: str) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        [*COMMAND, "run", str(photos), "--decide", decide, "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_run_that_approves_tells_all_of_every_photo(photos: Path) -> None:
    exit_code, [dark, sofa, totals] = run_json(photos, "approve")

    assert exit_code == 0
    assert totals == {
        "totals": {
            "photos": 2,
            "status": {"flagged": 1, "listed": 1},
            "ignored": [NO_PHOTO],
        }
    }
    assert (sofa["file"], sofa["outcome"], sofa["status"], sofa["execution_status"]) == (
        "white-sofa.jpg",
        "draft_ready",
        "listed",
        "SUCCEEDED",
    )
    assert sofa["fields"]["category"] == "Furniture"
    assert sofa["confidence"].keys() == sofa["fields"].keys()
    assert sofa["listing"]["url"].startswith("http://127.0.0.1:")
    assert sofa["execution_arn"].endswith(sofa["photo_id"])
    assert sofa["seconds_to_draft"] > 0
    assert (dark["outcome"], dark["listing"]) == ("flagged", None)
    assert dark["flag_reasons"][0].startswith("Too dark")


def test_a_run_without_decisions_leaves_the_drafts_waiting(photos: Path) -> None:
    exit_code, [_, sofa, _] = run_json(photos, "none")
    assert exit_code == 0
    assert (sofa["status"], sofa["execution_status"], sofa["listing"]) == (
        "waiting",
        "RUNNING",
        None,
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "run", str(tmp_path / "nowhere")], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "nowhere is not a folder" in done.stderr


@pytest.fixture
def first_port() -> int:
    return ports_in_a_row().console


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def test_up_shows_progress_and_ends_cleanly_on_ctrl_c(
    photos: Path, tmp_path: Path, first_port: int
) -> None:
    log = tmp_path / "up.log"
    command = [*COMMAND, "up", "--state", str(tmp_path / "state")]
    with log.open("w") as out:
        up = subprocess.Popen(
            [*command, "--photos", str(photos), "--port", str(first_port)],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: "NotifyOwner" in log.read_text(), "a photo at NotifyOwner")
        eventually(lambda: "flagged Too dark" in log.read_text(), "the dark photo set aside")
        for page in ("", "inbox", "shop"):
            assert httpx.get(f"http://{HOST}:{first_port}/{page}", trust_env=False).is_success
        assert _listening_addresses(range(first_port, first_port + 5)) == {HOST}
        up.send_signal(signal.SIGINT)
        assert up.wait(PATIENCE_SECONDS) == 0
    finally:
        up.kill()
    told = log.read_text()
    assert f"left out: {NO_PHOTO}" in told
    assert "Ended." in told
    assert "Traceback" not in told
    eventually(lambda: all(map(_free, range(first_port, first_port + 5))), "five free ports")


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path, first_port: int) -> None:
    with socket.create_server((HOST, first_port)):
        done = subprocess.run(
            [*COMMAND, "up", "--state", str(tmp_path), "--port", str(first_port)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"port {first_port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def _listening_addresses(ports: range) -> set[str]:
    """The addresses on which these ports listen, from the kernel's own table."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if line.split()[3] == "0A" and int(port, 16) in ports:
                octets = bytes.fromhex(address)[::-1] if len(address) == 8 else b""
                found.add(".".join(map(str, octets)) or address)
    return found


def test_the_table_shows_any_file_name_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "[").mkdir()
    (tmp_path / "[" / "b].jpg").write_text("not a photo either")
    done = subprocess.run(
        [*COMMAND, "run", str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "[/b].jpg" in done.stdout
    assert "1 photos: 1 flagged" in done.stdout
