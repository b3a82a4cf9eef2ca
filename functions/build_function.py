"""Puts one function's package together: its folder, the shared package and its requirements.

`sam build` calls it through the Makefile for AWS. The laptop takes the same sources from here and
links the requirements from its own environment, since it runs another Python on other hardware.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parent
SHARED = "photo_tagger"

GOOGLE_DOCUMENTS = Path("googleapiclient/discovery_cache/documents")
GOOGLE_APIS = ("drive.v3.json", "sheets.v4.json")
"""The discovery documents that are used, of some six hundred: 0.5 MB of 100."""


def folder_of(logical_id: str) -> str:
    """`QualityGateFunction` in the template is the folder `quality_gate`."""
    words = re.findall(r"[A-Z][a-z0-9]*", logical_id.removesuffix("Function"))
    return "_".join(words).lower()


def copy_sources(folder: str, target: Path) -> None:
    """The function's own folder and the shared package."""
    for name in (folder, SHARED):
        shutil.copytree(
            FUNCTIONS / name,
            target / name,
            ignore=shutil.ignore_patterns("__pycache__", "requirements.txt"),
        )


def install_requirements(folder: str, target: Path) -> None:
    """The wheels for AWS's Python on arm64, whatever machine this is."""
    platforms = ("manylinux_2_28_aarch64", "manylinux2014_aarch64")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:"]
    command += [f"--platform={platform}" for platform in platforms]
    command += ["--python-version=3.14", "--implementation=cp", f"--target={target}"]
    command += ["-r", str(FUNCTIONS / folder / "requirements.txt")]
    command += ["-c", str(FUNCTIONS / "constraints.txt")]
    subprocess.run(command, check=True)
    remove_unused_google_apis(target)


def remove_unused_google_apis(target: Path) -> None:
    """Take the discovery documents that are not used out of a package, if it has any."""
    for document in (target / GOOGLE_DOCUMENTS).glob("*.json"):
        if document.name not in GOOGLE_APIS:
            document.unlink()


def size_mb(folder: Path) -> float:
    """What the files in a folder take, in megabytes; AWS takes 250 in all."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main(logical_id: str, target: str) -> None:
    """Build the package of the function with this logical id into the folder `target`."""
    folder = folder_of(logical_id)
    copy_sources(folder, Path(target))
    install_requirements(folder, Path(target))
    print(f"{folder}: {size_mb(Path(target)):.1f} MB of 250")


if __name__ == "__main__":
    main(*sys.argv[1:])
