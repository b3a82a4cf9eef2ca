"""`photo-tagger check`: the gate's verdict on files of this computer, told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photo_tagger.domain.rules import RulesDoc, judge
from photo_tagger.texts import Texts
from photo_tagger_cli.check.names import shown
from photo_tagger_cli.check.photos import check_photos, find_photos
from photo_tagger_cli.main import main
from photo_tagger_local.errors import CommandError

RULES = {"version": "3", "sharpness": {"min": 0}, "min_edge_px": 100}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with the shop's rules."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    Path("rules.json").write_text(json.dumps(RULES))
    return tmp_path


def put(name: str, brightness: int = 150, size: tuple[int, int] = (300, 200)) -> Path:
    """A photo with an edge in it; its bytes differ with each brightness and size."""
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    picture = Image.new("RGB", size, (brightness,) * 3)
    picture.paste((0, 0, 0), (size[0] // 2, size[1] // 2, size[0] // 2 + 20, size[1] // 2 + 20))
    picture.save(path)
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(shop: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; answers its exit code, and what it told on both streams."""

    def run_it(*arguments: str) -> tuple[int, str, str]:
        exit_code = main(["check", *arguments])
        told = capsys.readouterr()
        return exit_code, told.out, told.err

    return run_it


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# Verdicts


def test_a_good_photo_is_ok_with_what_it_measures_and_the_rules(run: Run) -> None:
    put("sofa.jpg")
    exit_code, out, err = run("sofa.jpg", "--rules", "rules.json")
    assert (exit_code, err) == (0, "")
    first, measures, _, total, rules = out.splitlines()
    assert first == "sofa.jpg  ok"
    assert measures.startswith("  brightness 149, sharpness ")
    assert measures.endswith(", 300 x 200 pixels, width by height 1.50")
    assert total == "1 photo: 1 pass"
    assert rules == (
        "Rules: rules.json, version 3: brightness 40 to 254, sharpness at least 0, "
        "shorter side at least 100 pixels, width by height 0.4 to 2.5"
    )


def test_a_bad_photo_fails_with_every_reason_and_that_is_no_error(run: Run) -> None:
    put("sofa.jpg", brightness=20, size=(300, 50))
    exit_code, out, _ = run("sofa.jpg", "--rules", "rules.json")
    assert exit_code == 0
    (row,) = rows(run("sofa.jpg", "--rules", "rules.json", "--json")[1])
    assert len(row["reasons"]) == 3
    assert out.splitlines()[:4] == ["sofa.jpg  fails", *(f"  {told}" for told in row["reasons"])]
    assert "1 photo: 0 pass, 1 fail\n  1 too dark\n  1 too small\n  1 odd shape\n" in out


def test_without_rules_the_products_defaults_count(run: Run) -> None:
    put("sofa.jpg")
    _, out, _ = run("sofa.jpg")
    assert "Too small: the shorter side has 200 pixels, the shop's minimum is 400." in out
    assert "\nRules: the product's defaults: brightness 40 to 254" in out


def test_what_is_no_photo_inside_is_unreadable_with_the_owners_sentence(run: Run) -> None:
    put("good.jpg")
    Path("broken.jpg").write_bytes(b"not a photo")
    Path("empty.jpg").touch()
    exit_code, out, _ = run("good.jpg", "broken.jpg", "empty.jpg", "--rules", "rules.json")
    assert exit_code == 0
    assert "broken.jpg  unreadable\n  This file is not a photo we can open" in out
    assert "empty.jpg  unreadable\n  The file is empty. Please upload it again.\n" in out
    assert "3 photos: 1 pass, 2 unreadable\n" in out


def test_the_same_bytes_are_a_duplicate_of_the_photo_before(run: Run) -> None:
    path = put("a.jpg")
    Path("b.jpg").write_bytes(path.read_bytes())
    _, out, _ = run("a.jpg", "b.jpg", "--rules", "rules.json")
    assert "b.jpg  duplicate\n  Same file as a.jpg\n" in out
    assert "2 photos: 1 pass, 1 duplicate" in out


def test_a_photo_that_fails_holds_its_copy_back_no_more_than_in_the_workflow(run: Run) -> None:
    path = put("a.jpg", brightness=10)
    Path("b.jpg").write_bytes(path.read_bytes())
    both = rows(run("a.jpg", "b.jpg", "--rules", "rules.json", "--json")[1])
    assert [row["verdict"] for row in both] == ["fails", "fails"]


def test_json_is_one_object_a_line_per_photo(run: Run) -> None:
    put("a.jpg")
    put("b.jpg", brightness=5)
    exit_code, out, _ = run("a.jpg", "b.jpg", "--rules", "rules.json", "--json")
    good, bad = rows(out)
    assert exit_code == 0
    assert (good["file"], good["verdict"], good["reasons"]) == ("a.jpg", "ok", [])
    assert (bad["file"], bad["verdict"], bad["rules_version"]) == ("b.jpg", "fails", "3")
    assert bad["reasons"] == ["Too dark: brightness 5, the shop's minimum is 40."]
    assert bad["measurements"]["width"] == 300


def test_many_photos_are_told_in_order_by_several_processes(run: Run) -> None:
    names = [put(f"photos/{number:02}.jpg", brightness=60 + number).name for number in range(10)]
    found = find_photos([Path("photos")]).photos
    # Whatever is known of them one by one
    one_by_one = [next(check_photos([path], RulesDoc(**RULES))) for path in found]
    # Is known of them at once, in the same order
    assert list(check_photos(found, RulesDoc(**RULES))) == one_by_one
    assert [Path(photo.file).name for photo in one_by_one] == names


# What is given


def test_folders_and_photos_are_taken_once_and_what_is_no_photo_is_told(run: Run) -> None:
    put("photos/a.jpg")
    put("photos/.hidden.jpg", brightness=70)
    Path("photos/notes.txt").touch()
    exit_code, out, err = run("photos", "photos/a.jpg", "--rules", "rules.json", "--json")
    assert exit_code == 0
    assert [row["file"] for row in rows(out)] == ["photos/a.jpg"]
    assert err == "Not a photo we take, left out: photos/notes.txt\n"


def test_what_is_not_there_is_an_error_before_anything_is_read(run: Run) -> None:
    put("a.jpg")
    assert run("a.jpg", "b.jpg") == (1, "", "photo-tagger: there is no file or folder b.jpg\n")


def test_no_photo_at_all_is_an_error(run: Run) -> None:
    Path("empty").mkdir()
    assert run("empty") == (1, "", "photo-tagger: no photo to check\n")
    assert run("rules.json")[2] == (
        "photo-tagger: no photo to check (no photos we take: rules.json)\n"
    )


def test_a_photo_that_cannot_be_opened_is_an_error_and_no_verdict(shop: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.jpg cannot be read: No such file"):
        list(check_photos([Path("gone.jpg")], RulesDoc(version="1")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "line 1: a name should begin, and the doc ends there"),
        ('{"version": "1", "sharpnes": {"min": 1}}', 'Expected: perhaps "sharpness"'),
        ('{"version": "1", "sharpness": {"min": "very"}}', 'sharpness min is "very"'),
        ('{"version": "1", "a\\u001b[31m": 8}', '"a\ufffd[31m" is no setting'),
    ],
    ids=["no JSON", "misspelt", "no number", "colours"],
)
def test_rules_that_need_mending_are_told_by_line_and_what_is_expected(
    run: Run, text: str, told: str
) -> None:
    put("a.jpg")
    Path("rules.json").write_text(text)
    exit_code, out, err = run("a.jpg", "--rules", "rules.json")
    assert (exit_code, out) == (1, "")
    heading, problem = err.splitlines()
    assert heading == "photo-tagger: rules.json needs mending:"
    assert told in problem


def test_rules_are_taken_in_every_format(run: Run) -> None:
    put("a.jpg")
    Path("rules.md").write_text("Sharpness: 0\n\nShorter side: 100\n\nVersion: May\n")
    _, out, _ = run("a.jpg", "--rules", "rules.md")
    assert "Rules: rules.md, version May: brightness 40 to 254, sharpness at least 0" in out


def test_rules_that_are_not_there_are_told(run: Run) -> None:
    put("a.jpg")
    expected = "photo-tagger: no.json cannot be read: No such file or directory\n"
    assert run("a.jpg", "--rules", "no.json") == (1, "", expected)


# Names are data


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["told", "json"])
def test_names_steer_no_terminal_and_are_no_markup(run: Run, more: tuple[str, ...]) -> None:
    names = ["[red] x :cat:.jpg", "a\x1b[31mb\x7f\x9b.jpg", "left\u202egpj.jpg"]
    for number, name in enumerate(names):
        put(name, brightness=100 + number)
    exit_code, out, _ = run(*names, "--rules", "rules.json", *more)
    assert exit_code == 0
    assert "[red] x :cat:.jpg" in out
    assert not set("\x1b\x7f\x9b\u202e") & set(out)
    if more:
        assert [row["file"] for row in rows(out)] == names
    else:
        assert "a\\x1b[31mb\\x7f\\x9b.jpg  ok\n" in out


def test_bytes_that_are_no_text_can_be_shown() -> None:
    assert shown(Path(os.fsdecode(b"caf\xe9.jpg"))) == "caf\\udce9.jpg"
    assert shown("Küche 椅子.jpg") == "Küche 椅子.jpg"


# The plot


def test_a_plot_is_written_and_written_over(run: Run) -> None:
    put("a.jpg", brightness=10)
    for _ in range(2):
        exit_code, _, err = run("a.jpg", "--plot", "plot.png")
        assert (exit_code, err) == (0, "Plot: plot.png\n")
    assert Image.open("plot.png").format == "PNG"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plot.jpg", "the plot is a PNG: its name must end in .png, not plot.jpg"),
        ("no/plot.png", "there is no folder no for the plot"),
        ("photo.png", "photo.png is there already and is no plot: choose another name for --plot"),
    ],
)
def test_where_no_plot_can_be_is_told_before_a_photo_is_read(
    run: Run, name: str, told: str
) -> None:
    before = put("photo.png").read_bytes()
    assert run("photo.png", "--plot", name) == (1, "", f"photo-tagger: {told}\n")
    assert Path("photo.png").read_bytes() == before


def test_reasons_are_the_gates_own(run: Run) -> None:
    path = put("a.jpg", brightness=1, size=(500, 100))
    (photo,) = check_photos([path], RulesDoc(version="1"))
    assert photo.measurements
    assert photo.reasons == judge(photo.measurements, RulesDoc(version="1"), Texts("en")) != []
