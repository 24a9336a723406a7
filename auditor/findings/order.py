"""The order of severities and of findings: said once, for verdicts, reports and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from ..report import Severity


class _Severe(Protocol):
    @property
    def severity(self) -> Severity: ...


_S = TypeVar("_S", bound=_Severe)

RANK: Mapping[str, int] = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
"""How bad: more is worse."""


def worse(one: Severity, other: Severity) -> Severity:
    """The worse of two."""
    return max(one, other, key=RANK.__getitem__)


def worst_first(findings: Iterable[_S]) -> tuple[_S, ...]:
    """Errors before warnings before notes, else as they come."""
    return tuple(sorted(findings, key=lambda f: -RANK[f.severity]))
