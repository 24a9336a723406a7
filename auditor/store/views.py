"""The views: what SQL tools (datasette, a notebook, a dashboard) may rely on, the tables behind them being ours alone.

The newest migration that makes them says the same; a test holds the two together, and these words to the real columns.
"""

from __future__ import annotations

from ..tuples import NamedTuple


class View(NamedTuple):
    """A view: what a row of it is, its columns with their meaning, and the SQL behind ``AS``."""

    row: str
    columns: dict[str, str]
    query: str


_MODEL = {
    "project": "whose it is; default is the command line's",
    "subject": "the model's name across its versions: as its registry says, else its source",
    "version": "the version that its registry says; empty where none does",
    "source": "the model file's absolute path",
}
_AUDIT = {
    "audit_id": "the number that `auditor show` takes",
    **_MODEL,
    "audited_at": "when it was audited: ISO 8601, UTC",
    "verdict": "pass, fail or inconclusive, by the policy of that moment",
    "errors": "number of findings that are errors",
    "warnings": "number of findings that are warnings",
    "notes": "number of findings that are notes",
    "bytes": "size of the model's file",
    "nodes": "number of nodes",
    "parameters": "number of stored parameters",
    "macs": "multiply-accumulates; null where they hang on an open size",
    "digest": "hash of the model's structure",
}
_AUDIT_COLUMNS = """a.id AS audit_id, a.project, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest"""

VIEWS = {
    "latest_audits": View(
        "the newest audit of a model file, ad hoc looks left aside",
        _AUDIT,
        f"SELECT {_AUDIT_COLUMNS}\nFROM audits AS a\nWHERE a.latest{{is_true}}",
    ),
    "latest_findings": View(
        "a finding of the newest audit of a model file",
        {
            "audit_id": _AUDIT["audit_id"],
            **_MODEL,
            "rule": "the rule's name, as `auditor explain` takes it",
            "severity": "error, warning or note",
            "basis": "illegal, refused or suspicious",
            "graph": "path of the subgraph; empty for the main graph",
            "node": "the node's name, or its operator and index",
            "op_type": "the node's operator",
            "tensor": "the tensor's name",
            "message": "what is there, and what was expected",
            "fingerprint": "the same for the same finding in another version",
        },
        """SELECT f.audit_id, a.project, a.subject, a.version, a.source, f.rule, f.severity, f.basis,
f.graph, f.node, f.op_type, f.tensor, f.message, f.fingerprint
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest{is_true}""",
    ),
    "model_history": View(
        "an audit, old ones too",
        {**_AUDIT, "accepted_at": "when this audit was last accepted; null if it never was"},
        f"SELECT {_AUDIT_COLUMNS},\n(SELECT max(c.accepted_at) FROM acceptances AS c WHERE c.audit_id = a.id)"
        " AS accepted_at\nFROM audits AS a",
    ),
    "failing_rules": View(
        "a rule and a severity with findings in the newest audits",
        {
            "project": _MODEL["project"],
            "rule": "the rule's name",
            "severity": "error, warning or note",
            "models": "number of model files with such findings",
            "findings": "number of such findings",
        },
        """SELECT a.project, f.rule, f.severity, count(DISTINCT f.audit_id) AS models, count(*) AS findings
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest{is_true}
GROUP BY a.project, f.rule, f.severity""",
    ),
}


def create_view(name: str, dialect: str) -> str:
    """The statement that makes a view. SQLite finds the partial index only by the words that it was made with."""
    return f"CREATE VIEW {name} AS\n" + VIEWS[name].query.format(is_true=" = 1" if dialect == "sqlite" else "")
