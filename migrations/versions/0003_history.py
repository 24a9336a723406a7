"""Models have names and versions, audits are accepted, and views tell SQL tools what there is."""

import sqlalchemy as sa
from alembic import op

revision = "0003_history"
down_revision = "0002_works"
branch_labels = None
depends_on = None

# What each column means stands in auditor/store/views.py and in docs/database.md.
VIEWS = {
    "latest_audits": """SELECT a.id AS audit_id, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest
FROM audits AS a
WHERE a.latest{is_true}""",
    "latest_findings": """SELECT f.audit_id, a.subject, a.version, a.source, f.rule, f.severity, f.basis,
f.graph, f.node, f.op_type, f.tensor, f.message, f.fingerprint
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest{is_true}""",
    "model_history": """SELECT a.id AS audit_id, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest,
(SELECT max(c.accepted_at) FROM acceptances AS c WHERE c.audit_id = a.id) AS accepted_at
FROM audits AS a""",
    "failing_rules": """SELECT f.rule, f.severity, count(DISTINCT f.audit_id) AS models, count(*) AS findings
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest{is_true}
GROUP BY f.rule, f.severity""",
}


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, length in (("subject", None), ("version", None), ("uid", 32)):
        kind = sa.String(length) if length else sa.Text()
        op.add_column("audits", sa.Column(name, kind, nullable=False, server_default=""))
    uid = "lower(hex(randomblob(16)))" if is_sqlite else "replace(CAST(gen_random_uuid() AS text), '-', '')"
    op.execute(f"UPDATE audits SET subject = source, uid = {uid}")
    op.create_index("ix_audits_subject_id", "audits", ["subject", "id"])
    op.create_index("ix_audits_uid", "audits", ["uid"], unique=True)
    op.create_table(
        "acceptances",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Integer, nullable=False),
        sa.Column("accepted_at", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("accepted_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acceptances"),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_acceptances_audit_id_audits", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_acceptances_subject", "acceptances", ["subject", "accepted_at", "id"])
    op.create_index("ix_acceptances_audit_id", "acceptances", ["audit_id"])
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS\n" + query.format(is_true=" = 1" if is_sqlite else ""))


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
    op.drop_table("acceptances")
    op.drop_index("ix_audits_uid", "audits")
    op.drop_index("ix_audits_subject_id", "audits")
    for name in ("uid", "version", "subject"):
        op.drop_column("audits", name)
