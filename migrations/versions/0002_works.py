"""What a batch has done already: which work led to which audit, and the files as they were when they were hashed."""

import sqlalchemy as sa
from alembic import op

revision = "0002_works"
down_revision = "0001_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "works",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", "source", name="pk_works"),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_works_audit_id_audits", ondelete="CASCADE"),
    )
    op.create_index("ix_works_audit_id", "works", ["audit_id"])
    op.create_table(
        "file_states",
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("inode", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_file_states"),
    )


def downgrade() -> None:
    op.drop_table("file_states")
    op.drop_table("works")
