"""Function packages for the laptop: the sources as for AWS, the requirements linked, not copied.

On AWS a package holds its requirements. Here they are links into this environment, and only to what
the function's own requirements.txt asks for: an import that would fail there fails here too.
"""

import importlib.util
import io
import re
import sys
import tempfile
import zipfile
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement

RUNTIME_CLIENT = "awslambdaric"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_function_module(functions: Path) -> ModuleType:
    """`functions/build_function.py`, which decides what belongs into a package."""
    spec = importlib.util.spec_from_file_location("build_function", functions / "build_function.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{functions}/build_function.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function_zip(functions: Path, folder: str, links: Path) -> bytes:
    """The zip of one function for the emulator; `links` gets the links to its requirements.

    Equal sources give equal bytes, so that an unchanged function is not deployed again.
    """
    link_requirements(functions / folder / "requirements.txt", links)
    out = io.BytesIO()
    with (
        tempfile.TemporaryDirectory() as staged,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        build_function_module(functions).copy_sources(folder, Path(staged))
        for path in sorted(Path(staged).rglob("*")):
            if path.is_file():
                name = str(path.relative_to(staged))
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes())
        archive.writestr(zipfile.ZipInfo("bootstrap", _EPOCH), _bootstrap(links))
    return out.getvalue()


def link_requirements(requirements: Path, links: Path) -> None:
    """Link what `requirements` names, with all that those need, and AWS's runtime client.

    Links that are right are left alone: a function that goes on from an earlier run may be
    importing through them.
    """
    links.mkdir(parents=True, exist_ok=True)
    names = [line for line in requirements.read_text().splitlines() if line.strip()]
    packages = _with_dependencies([*names, RUNTIME_CLIENT])
    wanted = {entry.name: entry for name in packages for entry in _top_level(name)}
    for link in links.iterdir():
        if link.readlink() != wanted.get(link.name):
            link.unlink()
    for name, entry in wanted.items():
        if not (links / name).is_symlink():
            (links / name).symlink_to(entry)


def _with_dependencies(names: list[str]) -> set[str]:
    found: set[str] = set()
    todo = [Requirement(name).name for name in names]
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name not in found:
            found.add(name)
            todo += _needs(name)
    return found


@cache
def _needs(name: str) -> list[str]:
    """What a package itself asks for. Kept: most functions need the same ones."""
    needs = map(Requirement, distribution(name).requires or [])
    return [need.name for need in needs if _applies(need)]


def _applies(need: Requirement) -> bool:
    return need.marker is None or need.marker.evaluate({"extra": ""})


@cache
def _top_level(name: str) -> list[Path]:
    """What a package has in site-packages. Kept: most functions need the same ones."""
    dist = distribution(name)
    tops = {file.parts[0] for file in dist.files or []}
    return [Path(str(dist.locate_file(top))) for top in sorted(tops - {"..", "__pycache__"})]


def _bootstrap(links: Path) -> str:
    """What the emulator runs: this Python without its own packages, and AWS's runtime client."""
    return (
        "#!/bin/sh\n"
        f'export PYTHONPATH="$LAMBDA_TASK_ROOT:{links}" PYTHONDONTWRITEBYTECODE=1\n'
        f'exec "{sys.executable}" -S -m {RUNTIME_CLIENT} "$_HANDLER"\n'
    )
