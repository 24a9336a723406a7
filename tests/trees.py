"""The package's own source, parsed: what the house's rules are asked of."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def trees() -> dict[Path, ast.Module]:
    """The modules of the package, parsed once by the process that runs such tests."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "auditor").rglob("*.py"))}


@cache
def constants() -> dict[Path, list[ast.Constant]]:
    """The constants of each module: a walk takes as long as parsing does."""
    return {path: [n for n in ast.walk(tree) if isinstance(n, ast.Constant)] for path, tree in trees().items()}
