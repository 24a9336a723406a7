"""Which models fail a rule is found without the findings of older audits."""

import sqlalchemy as sa
from alembic import op

revision = "0008_latest_rules"
down_revision = "0007_pages"
branch_labels = None
depends_on = None

_NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "latest_rules",
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("source", _NAME, nullable=False),
        sa.Column("audit_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("project", "rule", "source", name="pk_latest_rules"),
        sa.ForeignKeyConstraint(
            ["audit_id"], ["audits.id"], name="fk_latest_rules_audit_id_audits", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_latest_rules_audit_id", "latest_rules", ["audit_id"])
    op.execute(
        "INSERT INTO latest_rules (project, rule, source, audit_id) SELECT DISTINCT a.project, f.rule, a.source, a.id "
        "FROM audits AS a JOIN findings AS f ON f.audit_id = a.id WHERE a.latest"
    )


def downgrade() -> None:
    op.drop_table("latest_rules")
