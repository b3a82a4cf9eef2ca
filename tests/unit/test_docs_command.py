"""`photo-tagger docs`: files in, a table or all that is to be mended out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from photo_tagger_cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, standard output and error of `photo-tagger docs`, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str) -> tuple[int, str, str]:
        exit_code = main(["docs", *arguments])
        captured = capsys.readouterr()
        return exit_code, captured.out, captured.err

    return run


def test_a_template_is_checked_and_shown_as_it_is_understood(run: Run) -> None:
    assert run("template", "style", "--out", "My Style.md") == (0, "", "")
    exit_code, out, err = run("check", "My Style.md")
    assert (exit_code, err) == (0, "")
    assert out.startswith("My Style.md is a good style doc, version ")
    rows = dict(line.split("  ", 1) for line in out.splitlines() if "  " in line.strip())
    assert rows["title format"].strip() == "{colour} {product}"
    assert rows["preferred words"].strip() == "1: couch -> sofa"
    assert rows["words to avoid"].strip() == "2: cheap | best ever"
    assert rows["limits"].strip() == "title 60, alt text 125, description 400"


@pytest.mark.parametrize("suffix", ["md", "yaml", "json", "csv"])
def test_every_format_goes_through_standard_output(run: Run, suffix: str) -> None:
    exit_code, out, _ = run("template", "rules", "--format", suffix)
    assert exit_code == 0
    Path(f"rules.{suffix}").write_text(out)
    exit_code, out, _ = run("check", f"rules.{suffix}")
    assert exit_code == 0
    assert "brightness       40 to 254" in out
    assert "sharpness        at least 30" in out
    assert "shorter side     at least 400 pixels" in out
    assert "width by height  0.4 to 2.5" in out


def test_everything_to_be_mended_is_told_with_its_line(run: Run) -> None:
    Path("rules.yaml").write_text("sharpnes: 3\nmin_edge_px: 0\n")
    assert run("check", "rules.yaml") == (
        1,
        "",
        "photo-tagger: rules.yaml needs mending:\n"
        '  line 1: "sharpnes" is no setting of the rules doc. Expected: perhaps "sharpness"; '
        "there are: mean_luminance, sharpness, min_edge_px, aspect_ratio, version.\n"
        "  line 2: min_edge_px is 0. Expected: at least 1.\n",
    )


def test_the_kind_can_be_said(run: Run) -> None:
    Path("shop.md").write_text("Sharpness: 8\n")
    exit_code, _, err = run("check", "shop.md")
    assert (exit_code, err.count("--kind style or --kind rules")) == (1, 1)
    assert run("check", "shop.md", "--kind", "rules")[0] == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("style.docx", b"", "download it as one of these (Google Docs as Markdown"),
        ("style.md", None, "style.md cannot be read: No such file"),
        ("style.csv", b"tag\n\xe4", "line 2: there is a letter that cannot be read"),
        ("style\x1b[31m.yaml", b"", "style\\x1b[31m.yaml needs mending:\n  the doc is empty"),
    ],
    ids=["no format", "not there", "no text", "steers no terminal"],
)
def test_a_file_that_cannot_be_read_is_told(
    run: Run, name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    exit_code, out, err = run("check", name)
    assert (exit_code, out) == (1, "")
    assert told in err


def test_a_template_overwrites_nothing(run: Run) -> None:
    Path("style.md").write_text("mine")
    exit_code, _, err = run("template", "style", "--out", "style.md")
    assert (exit_code, Path("style.md").read_text()) == (1, "mine")
    assert err == "photo-tagger: style.md is there already, and stays as it is\n"
