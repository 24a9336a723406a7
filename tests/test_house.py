"""The house's own rules: imports point down, the style is one, the types hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.trees import constants

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--quiet", "."],
        ["ruff", "format", "--check", "--quiet", "."],
        ["mypy", "--no-error-summary"],  # pyproject.toml says of what, and how strictly
        ["importlinter"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_it_is_clean(command: list[str]) -> None:
    """What the tool says is the message."""
    tool, *options = command
    if tool == "importlinter":
        arguments = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    else:
        arguments = [sys.executable, "-m", tool, *options]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}:\n{done.stdout}{done.stderr}", pytrace=False)


def test_every_module_has_its_place() -> None:
    """A module that no layer names could be imported from anywhere."""
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    named = {name.strip() for layer in layers for name in layer.split("|")}
    modules = {p.stem if p.is_file() else p.name for p in (ROOT / "auditor").iterdir()}
    modules = {m for m in modules if not m.startswith("_") and m not in ("py.typed", "py")}
    assert modules == named


def test_rules_are_known_by_name_nowhere_else() -> None:
    """What is special to a rule it says itself (`auditor.findings.kind`); so a rule is added in one file."""
    from auditor.rules import all_rules

    names = {rule.name for rule in all_rules()}
    for path, found in constants().items():
        if path.parent.name == "rules":
            continue
        known = [f"{path}:{n.lineno}: {n.value}" for n in found if isinstance(n.value, str) and n.value in names]
        assert not known


def test_no_repeated_group_is_possessive() -> None:
    """Python before 3.11.5, which we allow, goes on in a wrong place behind it (python/cpython#106052)."""
    import re

    possessive = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")
    for path, found in constants().items():
        for constant in found:
            text = constant.value.decode("latin-1") if isinstance(constant.value, bytes) else str(constant.value)
            assert not possessive.search(text), f"{path}:{constant.lineno}"
