"""Very many audits, made by the database itself: what a store is asked when it is full."""

from __future__ import annotations

from sqlalchemy import Connection, text, true

from auditor.store.connection import look_at_anew
from auditor.store.rows import audit_row, keep_latest_rules
from auditor.store.service_tables import all_tables
from auditor.store.store import Store

from .reports import document

RULES = 40

# Of each model the audits follow one another; its last one is the latest. Both databases understand all of this.
_AUDITS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {audits})
INSERT INTO audits (project, source, subject, version, uid, latest, audited_at, verdict, digest, errors, {others})
SELECT 'default', '/m/' || (i % {models}) || '.onnx', '/m/' || (i % {models}) || '.onnx', '',
    '00000000000000' || (100000000000000000 + i),
    CASE WHEN i >= {audits} - {models} THEN {true} ELSE {false} END,
    '20' || (10 + i / {models}) || '-01-02T03:04:05Z',
    CASE i % 3 WHEN 0 THEN 'fail' WHEN 1 THEN 'pass' ELSE 'inconclusive' END, 'd' || i, i % 2, {values} FROM n
"""
_FINDINGS = """
WITH RECURSIVE k(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM k WHERE j + 1 < {each})
INSERT INTO findings (audit_id, ordinal, rule, severity, basis, graph, node, op_type, tensor, fingerprint, message)
SELECT a.id, k.j, 'rule-' || ((a.id * 7 + k.j * 11) % {rules}), 'error', 'illegal', '', 'Conv[0]', 'Conv', 'w',
    'f' || (a.id % {models}) || '-' || k.j, 'what is there, and what was expected' FROM audits AS a CROSS JOIN k
"""


def fill_with_many(store: Store, audits: int, models: int, findings: int) -> None:
    """So many audits, of so many models, of so many findings each."""
    whole = document("/m.onnx", findings=2)
    row = audit_row(whole, "/m.onnx")
    said = ("content_digest", "warnings", "notes", "auditor_version", "rules", "bytes", "nodes", "parameters")
    others = {name: row[name] for name in (*said, "ad_hoc", "producer", "opset", "document")}
    is_sqlite = store.engine.dialect.name == "sqlite"
    names = {"others": ", ".join(others), "values": ", ".join(f":{name}" for name in others)}
    names |= {"true": "1", "false": "0"} if is_sqlite else {"true": "true", "false": "false"}
    with store.writing() as connection:
        connection.execute(text(_AUDITS.format(audits=audits, models=models, **names)), others)
        connection.execute(text(_FINDINGS.format(each=findings, rules=RULES, models=models)))
        keep_latest_rules(connection, true())
    look_at_anew(store.engine, all_tables.sorted_tables)


def plan(connection: Connection, query: str, values: object) -> list[str]:
    """By which indexes a database goes, a step a line."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)  # type: ignore[arg-type]
        return [row[3] for row in found]
    return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {query}", values)]  # type: ignore[arg-type]
