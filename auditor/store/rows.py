"""An audit as the tables take it: its document taken apart into rows, and these inserted."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, insert, select

from ..tuples import NamedTuple
from .connection import storable
from .tables import audits, findings, latest_rules, operators

LARGEST = 1 << 63
"""Of a database's large integers, the first that is too large."""

_OPSETS = 1 << 31  # the same of its usual ones
_INSERT = insert(audits).returning(audits.c.id, sort_by_parameter_order=True)
_INSERT_FINDINGS, _INSERT_OPERATORS, _INSERT_RULES = insert(findings), insert(operators), insert(latest_rules)
_OPERATOR = 300  # letters of an operator's name that are kept


class AuditRows(NamedTuple):
    """One audit, without what is known only where it is inserted."""

    audit: dict[str, object]
    findings: list[dict[str, object]]
    operators: list[dict[str, object]]


def rows_of_audit(document: Mapping[str, Any], source: str, project: str, uid: str | None = None) -> AuditRows:
    """All rows of a document; ``uid`` is its id in every database, where it has one already."""
    audit = audit_row(document, source) | {"project": project}
    if uid is not None:
        audit["uid"] = uid
    return AuditRows(audit, finding_rows(document), operator_rows(document))


def audit_row(document: Mapping[str, Any], source: str) -> dict[str, object]:
    """The row of ``audits`` for a document, without its project."""
    model, totals = document["model"], document["totals"]
    severities = Counter(f["severity"] for f in document["findings"])
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return {
        "uid": uuid4().hex,
        "source": source,
        "latest": True,
        "digest": storable(model["digest"]),
        "content_digest": model["content_digest"],
        "verdict": document["verdict"],
        "errors": severities["error"],
        "warnings": severities["warning"],
        "notes": severities["note"],
        "audited_at": document["audited_at"],
        "auditor_version": document["auditor"]["version"],
        "rules": document["auditor"]["rules"],
        "bytes": _count(model["bytes"]),
        "nodes": _count(totals["nodes"]),
        "parameters": _count(totals["parameters"]),
        "learnable_parameters": _count(totals["learnable_parameters"]),
        "macs": _count(totals["macs"]),
        "weight_bytes": _count(totals["weight_bytes"]),
        "peak_activation_bytes": _count(totals["peak_activation_bytes"]),
        "document": zlib.compress(text.encode("ascii")),
        "ad_hoc": bool(document.get("ad_hoc")),
        "producer": storable(model["producer"]),
        "opset": _opset(model["opsets"]),
    }


def finding_rows(document: Mapping[str, Any]) -> list[dict[str, object]]:
    """Its rows of ``findings``, without the audit's id."""
    return [_finding(i, f) for i, f in enumerate(document["findings"])]


def operator_rows(document: Mapping[str, Any]) -> list[dict[str, object]]:
    """Its rows of ``operators``, without the audit's id; of a long name the beginning, once."""
    names = {storable(name)[:_OPERATOR] for name in document.get("operators", {})}
    return [{"operator": name} for name in sorted(names)]


def insert_audits(connection: Connection, rows: Sequence[AuditRows]) -> list[int]:
    """Audits with their findings and operators; their ids, in order.

    That no other audit of a source is its latest is the caller's to see to.
    """
    numbers = [int(i) for i in connection.scalars(_INSERT, [row.audit for row in rows])]
    of_both = (_INSERT_FINDINGS, [row.findings for row in rows]), (_INSERT_OPERATORS, [row.operators for row in rows])
    for made, below in of_both:
        parts = [{"audit_id": i, **part} for i, its in zip(numbers, below, strict=True) for part in its]
        if parts:
            connection.execute(made, parts)
    rules = [row for i, its in zip(numbers, rows, strict=True) for row in _latest_rules(i, its)]
    if rules:
        connection.execute(_INSERT_RULES, rules)
    return numbers


def _latest_rules(audit_id: int, rows: AuditRows) -> list[dict[str, object]]:
    if not rows.audit["latest"]:
        return []
    whose = {name: rows.audit[name] for name in ("project", "source")}
    rules = sorted({str(finding["rule"]) for finding in rows.findings})
    return [{**whose, "rule": rule, "audit_id": audit_id} for rule in rules]


def keep_latest_rules(connection: Connection, which: ColumnElement[bool]) -> None:
    """The rules of audits that were kept before they became the latest."""
    a, names = audits.c, ("project", "rule", "source", "audit_id")
    found = select(a.project, findings.c.rule, a.source, a.id).join(findings, findings.c.audit_id == a.id)
    connection.execute(insert(latest_rules).from_select(names, found.where(a.latest, which).distinct()))


def _finding(ordinal: int, finding: Mapping[str, Any]) -> dict[str, object]:
    place = finding["location"]
    return {
        "ordinal": ordinal,
        "rule": storable(finding["rule"]),
        "severity": finding["severity"] or "",
        "basis": finding["basis"] or "",
        "graph": storable(place["graph"]),
        "node": storable(place["node"]),
        "op_type": storable(place["op_type"]),
        "tensor": storable(place["tensor"]),
        "fingerprint": storable(finding["fingerprint"]),
        "message": storable(finding["message"]),
    }


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and -LARGEST <= value < LARGEST else None


def _opset(opsets: Mapping[str, Any]) -> int | None:
    """Of the default domain, under either of its names; None where a file says nothing that it could be."""
    said = opsets.get("", opsets.get("ai.onnx"))
    return said if isinstance(said, int) and 0 <= said < _OPSETS else None
