"""What goes into a function's package."""

import ast
import io
import re
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from photo_tagger.google import _VERSIONS
from photo_tagger_local.packages import (
    build_function_module,
    function_zip,
    link_requirements,
)

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
BUILD = build_function_module(FUNCTIONS)
FOLDERS = sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_package_holds_its_folder_and_the_shared_package_only(
    folder: str, tmp_path: Path
) -> None:
    archive = zipfile.ZipFile(io.BytesIO(function_zip(FUNCTIONS, folder, tmp_path / "links")))
    tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {folder, "photo_tagger", "bootstrap"}


def test_equal_sources_give_equal_packages(tmp_path: Path) -> None:
    links = tmp_path / "links"
    assert function_zip(FUNCTIONS, "resize", links) == function_zip(FUNCTIONS, "resize", links)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_imports_with_its_own_requirements_alone(folder: str, tmp_path: Path) -> None:
    """All of it: some modules are imported when they are needed."""
    links = tmp_path / "links"
    modules = [f"{folder}.{path.stem}" for path in (FUNCTIONS / folder).glob("*.py")]
    link_requirements(FUNCTIONS / folder / "requirements.txt", links)
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import {', '.join(modules)}"],
        env={"PYTHONPATH": f"{FUNCTIONS}:{links}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_nothing_that_is_deployed_imports_what_is_for_the_laptop() -> None:
    for path in FUNCTIONS.rglob("*.py"):
        laptop = {name for name in imported(path) if re.match(r"photo_tagger_(local|cli)", name)}
        assert not laptop, path


def test_the_domain_imports_no_aws() -> None:
    for path in (FUNCTIONS / "photo_tagger" / "domain").rglob("*.py"):
        aws = {
            name
            for name in imported(path)
            if name.split(".")[0] in ("boto3", "botocore") or name.startswith("photo_tagger.aws")
        }
        assert not aws, path


def test_no_function_imports_another() -> None:
    for folder in FOLDERS:
        others = set(FOLDERS) - {folder}
        for path in (FUNCTIONS / folder).rglob("*.py"):
            assert not {name.split(".")[0] for name in imported(path)} & others, path


def test_a_package_has_the_discovery_documents_that_are_used_and_no_others(
    tmp_path: Path,
) -> None:
    documents = tmp_path / "googleapiclient" / "discovery_cache" / "documents"
    documents.mkdir(parents=True)
    apis = {f"{api}.{version}.json" for api, version in _VERSIONS.items()}
    for name in {*apis, "drive.v2.json", "gmail.v1.json", "index.json"}:
        (documents / name).touch()
    beside = documents.parent / "__init__.py"
    beside.touch()
    BUILD.remove_unused_google_apis(tmp_path)
    assert {path.name for path in documents.iterdir()} == apis
    assert beside.exists()


def test_the_documents_are_where_googles_client_has_them() -> None:
    client = Path(str(files("googleapiclient"))).parent
    assert all((client / BUILD.GOOGLE_DOCUMENTS / name).is_file() for name in BUILD.GOOGLE_APIS)


def test_every_requirement_is_pinned() -> None:
    pins = (FUNCTIONS / "constraints.txt").read_text().lower()
    for folder in FOLDERS:
        for name in (FUNCTIONS / folder / "requirements.txt").read_text().split():
            assert re.search(rf"^{name.replace('-', '[-_]')}==", pins, re.MULTILINE), name
