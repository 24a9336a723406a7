"""Files are known by more of their looks, and ad hoc audits are never a model's latest."""

import sqlalchemy as sa
from alembic import op

revision = "0004_trust"
down_revision = "0003_history"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audits", sa.Column("ad_hoc", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("DELETE FROM file_states")  # of these nobody knows when the system last saw them change
    op.add_column("file_states", sa.Column("ctime_ns", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("file_states", sa.Column("device", sa.String(20), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("file_states", "device")
    op.drop_column("file_states", "ctime_ns")
    op.drop_column("audits", "ad_hoc")
