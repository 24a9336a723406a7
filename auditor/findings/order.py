"""The order of severities and of findings: said once, for verdicts, reports and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..report import Finding, Severity

RANK: Mapping[str, int] = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
"""How bad: more is worse."""


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings before notes, else as they come."""
    return tuple(sorted(findings, key=lambda f: -RANK[f.severity or Severity.ERROR]))
