"""Reports to store, and one store that is there already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.formats import json as format_json
from auditor.report import Basis, Finding, Location, ModelIdentity, Report, Severity, Totals, Verdict
from auditor.store.works import FileState, Piece, Works


def finish(
    store: Works, document: dict[str, Any], source: str, key: str | None, states: Iterable[FileState] = (), **named: Any
) -> tuple[int, bool]:
    """One piece of work."""
    return store.finish_all([Piece(document, source, key, tuple(states), **named)])[0]


def document(path: str = "m.onnx", findings: int = 2, **model: Any) -> dict[str, Any]:
    """A failed audit with so many findings, one of every second rule a warning."""
    found = tuple(
        Finding(
            f"rule-{i % 2}",
            (Severity.ERROR, Severity.WARNING)[i % 2],
            Basis.ILLEGAL,
            f"message {i}",
            Location(node=f"Conv[{i}]", op_type="Conv", tensor="w"),
            fingerprint=f"{i:064x}",
        )
        for i in range(findings)
    )
    identity: dict[str, Any] = {"bytes": 100, "digest": "d" * 64} | model
    report = Report(
        ModelIdentity(path, **identity),
        findings=found,
        totals=Totals(nodes=5, parameters=61_706, macs=1 << 40),
        audited_at="2026-01-02T03:04:05Z",
        rules_digest="r" * 64,
    )
    return format_json.document(report, Verdict.FAIL)
