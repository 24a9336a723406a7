"""A page of the models by verdict or by time is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0007_pages"
down_revision = "0006_letters"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audits_latest_when": ["project", "audited_at", "subject"],
    "ix_audits_latest_verdict": ["project", "verdict", "subject"],
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, "audits", columns, sqlite_where=sa.text("latest = 1"), postgresql_where=sa.text("latest"))


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "audits")
