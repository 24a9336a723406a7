"""PostgreSQL compares names letter by letter, as SQLite does: whatever its language, an index has them in order."""

import sqlalchemy as sa
from alembic import op

revision = "0006_letters"
down_revision = "0005_service"
branch_labels = None
depends_on = None

_NAMES = (("audits", "source"), ("audits", "subject"), ("models", "name"))

# As they are: PostgreSQL lets no column change that a view looks at.
_VIEWS = {
    "latest_audits": """SELECT a.id AS audit_id, a.project, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest
FROM audits AS a
WHERE a.latest""",
    "latest_findings": """SELECT f.audit_id, a.project, a.subject, a.version, a.source, f.rule, f.severity, f.basis,
f.graph, f.node, f.op_type, f.tensor, f.message, f.fingerprint
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest""",
    "model_history": """SELECT a.id AS audit_id, a.project, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest,
(SELECT max(c.accepted_at) FROM acceptances AS c WHERE c.audit_id = a.id) AS accepted_at
FROM audits AS a""",
    "failing_rules": """SELECT a.project, f.rule, f.severity, count(DISTINCT f.audit_id) AS models, count(*) AS findings
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest
GROUP BY a.project, f.rule, f.severity""",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _collate("C")
        _index_latest(["id"])  # which SQLite has in every index: who is found by a rule is known without their rows


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _index_latest([])
        _collate("default")


def _index_latest(also: list[str]) -> None:
    op.drop_index("ix_audits_latest_source", "audits")
    op.create_index(
        "ix_audits_latest_source", "audits", ["project", "source"], unique=True,
        postgresql_where=sa.text("latest"), postgresql_include=also,
    )  # fmt: skip


def _collate(order: str) -> None:
    for view in _VIEWS:
        op.execute(f"DROP VIEW {view}")
    for table, column in _NAMES:
        op.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE text COLLATE "{order}"')
    for view, query in _VIEWS.items():
        op.execute(f"CREATE VIEW {view} AS\n{query}")
