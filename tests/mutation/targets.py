"""What is changed, and which tests may see it: the configuration of a campaign."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".mutation"

PACKAGES = ("shapes", "costs", "findings", "policy", "rules", "batch", "model", "evidence")
"""Folders of auditor/ that decide what is found, counted and judged."""

ROOMS = tuple(f"auditor/{package}" for package in PACKAGES)

_DATA = frozenset({"auditor/model/schema_table.py", "auditor/targets/release_table.py"})
"""Tables made by a script; a test makes them again and compares."""

TESTS = (
    "findings", "policy", "costs", "evidence", "model", "rules", "batch", "shapes", "config", "weights", "cli",
    "remote", "runtime", "sessions",  # what a batch fetches, what evidence is asked of a run, and where both are driven
)  # fmt: skip
"""Folders of tests/ that are collected, where they are there; tests/test_*.py beside them are named below."""

_MORE_TESTS = ("test_samples.py", "test_known_numbers.py")


def added_since(commit: str, root: Path = ROOT) -> frozenset[str]:
    """The tracked files that a commit did not have. Raises `subprocess.CalledProcessError` where there is no commit."""
    command = ["git", "diff", "--name-only", "--diff-filter=A", "--no-renames", commit, "--", "auditor"]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return frozenset(said.splitlines())


def package_of(path: str) -> str:
    """``shapes`` of ``auditor/shapes/ops/linear.py``."""
    return path.split("/")[1]


def sources(rooms: Sequence[str] = ROOMS) -> Iterator[str]:
    """The files that are changed, from the root on, in order. A room is a folder, or a file."""
    for room in rooms:
        place = ROOT / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else (place,):
            name = path.relative_to(ROOT).as_posix()
            if name not in _DATA:
                yield name


def test_files(below: Sequence[str] = ()) -> list[str]:
    """The files of tests, from the root on, in order: those of the campaign, or all those below some paths."""
    if below:
        places = [ROOT / name for name in below]
        inside = [p for place in places for p in (sorted(place.rglob("test_*.py")) if place.is_dir() else [place])]
        return [path.relative_to(ROOT).as_posix() for path in dict.fromkeys(inside)]
    folders = [ROOT / "tests" / name for name in TESTS]
    found = [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]
    found += [path for name in _MORE_TESTS if (path := ROOT / "tests" / name).exists()]
    return [path.relative_to(ROOT).as_posix() for path in found]


def module_of(path: str) -> str:
    """``auditor.rules`` of ``auditor/rules/__init__.py``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
