"""Audits with their documents, and their findings."""

import sqlalchemy as sa
from alembic import op

# The name of this file without its suffix: auditor finds the revisions that it knows by their files.
revision = "0001_reports"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("latest", sa.Boolean, nullable=False),
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("content_digest", sa.String(128)),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("warnings", sa.Integer, nullable=False),
        sa.Column("notes", sa.Integer, nullable=False),
        sa.Column("audited_at", sa.String(40), nullable=False),
        sa.Column("auditor_version", sa.String(40), nullable=False),
        sa.Column("rules", sa.String(128), nullable=False),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("nodes", sa.BigInteger),
        sa.Column("parameters", sa.BigInteger),
        sa.Column("learnable_parameters", sa.BigInteger),
        sa.Column("macs", sa.BigInteger),
        sa.Column("weight_bytes", sa.BigInteger),
        sa.Column("peak_activation_bytes", sa.BigInteger),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audits_source_id", "audits", ["source", "id"])
    op.create_index("ix_audits_digest_id", "audits", ["digest", "id"])
    op.create_index("ix_audits_content_digest_id", "audits", ["content_digest", "id"])
    op.create_index(
        "ix_audits_latest_source",
        "audits",
        ["source"],
        unique=True,
        sqlite_where=sa.text("latest = 1"),
        postgresql_where=sa.text("latest"),
    )
    op.create_table(
        "findings",
        sa.Column("audit_id", sa.Integer, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("graph", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("op_type", sa.Text, nullable=False),
        sa.Column("tensor", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(128), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", "ordinal", name="pk_findings"),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_findings_audit_id_audits", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_findings_rule_audit_id", "findings", ["rule", "audit_id"])
    op.create_index("ix_findings_fingerprint_audit_id", "findings", ["fingerprint", "audit_id"])


def downgrade() -> None:
    op.drop_table("findings")
    op.drop_table("audits")
