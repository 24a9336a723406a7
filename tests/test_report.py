"""What a report says: every field of its types is filled by somebody."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from auditor import report
from auditor.report import Coverage, ModelIdentity, Report, RunSummary, Totals, WeightRow

PACKAGE = Path(report.__file__).parent


def filled(kind: type[Any]) -> set[str]:
    """The fields that some call of the type fills, in all of the package but where reports are read again."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path == PACKAGE / "formats" / "json.py" or kind.__name__ not in text:
            continue
        for call in ast.walk(ast.parse(text)):
            if not isinstance(call, ast.Call):
                continue
            named = {word.arg for word in call.keywords if word.arg}
            if isinstance(call.func, ast.Name) and call.func.id == kind.__name__:
                found |= {*kind._fields[: len(call.args)], *named}
            elif (
                isinstance(call.func, ast.Attribute)
                and call.func.attr == "_replace"
                and path.stem in ("summary", "judge")
            ):
                found |= named  # what a run came to, and who judged, is filled in afterwards
    return found


@pytest.mark.parametrize("kind", [Report, ModelIdentity, Coverage, Totals, RunSummary, WeightRow])
def test_every_field_is_filled(kind: type[Any]) -> None:
    """One that nobody fills would be its default in every report."""
    assert set(kind._fields) - filled(kind) == set()
