"""`photo-tagger check` against the handlers: the same photos, the same verdicts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photo_tagger_cli.main import main

RULES = {"version": "5", "sharpness": {"min": 8}, "min_edge_px": 100}


def photos() -> dict[str, bytes]:
    """One of each kind, in the order of their names."""
    noise = Image.effect_noise((300, 200), 60).convert("RGB")
    kinds: dict[str, Callable[[], Image.Image]] = {
        "a-good.png": lambda: noise,
        "b-dark-and-plain.png": lambda: Image.new("RGB", (300, 200), (9, 9, 9)),
        "c-narrow.png": lambda: noise.crop((0, 0, 300, 90)),
        "d-larger-than-its-small-copy.png": lambda: Image.effect_noise((1500, 700), 60),
        "d-white.png": lambda: Image.new("RGB", (300, 200), "white"),
    }
    made = {name: encoded(make()) for name, make in kinds.items()}
    return made | {
        "e-copy-of-good.png": made["a-good.png"],
        "f-broken.png": made["a-good.png"][:3000],
        "g-empty.png": b"",
        "h-text.png": b"no photo",
        "i-copy-of-narrow.png": made["c-narrow.png"],
    }


def encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_the_commands_verdicts_are_those_of_resize_and_quality_gate(
    aws: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.put_document("rules.json", RULES)
    (tmp_path / "rules.json").write_text(json.dumps(RULES))
    # Given photos that went through the workflow's first two functions, one after the other
    expected = []
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in photos().items():
        (folder / name).write_bytes(data)
        expected.append(in_the_workflow(aws, name, data))
    assert {row["verdict"] for row in expected} == {"ok", "fails", "unreadable", "duplicate"}
    # When the command is run over the same photos
    arguments = [str(folder), "--rules", str(tmp_path / "rules.json"), "--json"]
    assert main(["check", *arguments]) == 0
    # Then it says the same of each
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [{key: row[key] for key in expected[0]} for row in told] == expected


def in_the_workflow(aws: Any, name: str, data: bytes) -> dict[str, Any]:
    """What the two handlers say, in the command's words; a flagged photo lets its claim go."""
    photo = aws.record(name, data)
    source = aws.drafts().get(photo).source.model_dump()
    resized = aws.call("Resize", {"photo_id": photo, "source": source})
    gate: dict[str, Any] = {"reasons": []}
    if resized["verdict"] == "ok":
        measured = resized["measurements"]
        gate = aws.call("QualityGate", {"photo_id": photo, "measurements": measured})
    reasons = [resized["problem"]] if resized["problem"] else gate["reasons"]
    if reasons:
        state = {"resized": resized, "gate": gate}
        aws.call("Flagger", {"step": "FlagPhoto", "photo_id": photo, "state": state})
    return {
        "verdict": "fails" if gate["reasons"] else resized["verdict"],
        "reasons": reasons,
        "measurements": resized["measurements"],
        "sha256": resized["sha256"],
    }
