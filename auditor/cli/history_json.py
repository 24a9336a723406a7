"""A history for machines: a type of its own, ``schema_version`` first, as docs/history.md lists its keys."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings.figures import FigureOverTime
from ..formats.json import plain
from ..store.history import AuditChanges, FindingKey, FindingOverTime, History, Point

SCHEMA_VERSION = 1

_ROW = ("id", "when", "source", "version", "verdict", "errors", "warnings", "notes")
_SIZES = ("bytes", "nodes", "parameters", "macs")
_DIGESTS = ("digest", "content_digest", "accepted")


def whole(history: History, figures: Sequence[FigureOverTime]) -> dict[str, object]:
    """One model: its audits, its findings over time, and the figures of looks in depth, newest first as the audits."""
    return {
        "schema_version": SCHEMA_VERSION,
        "subject": history.subject,
        "audited": history.audits,
        "audits": [_audit(step) for step in history.steps],
        "findings": [_known(known) for known in history.findings],
        "in_depth": {one.name: {"unit": one.unit, "values": plain(one.values[::-1])} for one in figures},
    }


def history_document(history: History) -> dict[str, object]:
    """One of many models: its newest audit, what changed, and how its sizes moved (newest first)."""
    newest = history.latest
    return {
        "schema_version": SCHEMA_VERSION,
        "subject": history.subject,
        "audited": history.audits,
        "latest": _audit(newest),
        "moved": {key: [getattr(step.row, key) for step in history.steps] for key in _SIZES},
    }


def _audit(step: AuditChanges) -> dict[str, object]:
    changes = step.changes
    row = {key: getattr(step.row, key) for key in (*_ROW, *_SIZES, *_DIGESTS)}
    if changes is None:
        return row
    return {
        **row,
        "appeared": [_found(found) for found in changes.appeared],
        "fixed": [_found(found) for found in changes.fixed],
        "still": changes.still,
        "not_looked_at": changes.unseen,
    }


def _found(found: FindingKey) -> dict[str, str]:
    return {
        "fingerprint": found.fingerprint,
        "rule": found.rule,
        "severity": found.severity,
        "node": found.node,
        "tensor": found.tensor,
        "message": found.message,
    }


def _known(known: FindingOverTime) -> dict[str, object]:
    return {
        **_found(known.found),
        "state": known.state,
        "since": _point(known.since),
        "last": _point(known.last),
        "fixed": None if known.fixed is None else _point(known.fixed),
    }


def _point(point: Point) -> dict[str, object]:
    return {"id": point.id, "when": point.when, "version": point.version}
