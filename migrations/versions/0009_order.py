"""In SQLite a database that came through the migrations has its columns and indexes in the order of a fresh one.

What stands behind a document is read through all the document's pages; and of two indexes that cost the same SQLite
takes the one that was made last.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_order"
down_revision = "0008_latest_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    connection = op.get_bind()
    columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(audits)")]
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name DESC"
    indexes = connection.exec_driver_sql(query).all()
    for name, _ in indexes:
        op.execute(f"DROP INDEX {name}")
    if columns[-1] != "document":
        _make_audits_anew()
    for _, sql in indexes:
        connection.exec_driver_sql(sql)


def downgrade() -> None:
    """In what order they stand changes nothing."""


def _make_audits_anew() -> None:
    made = op.create_table(
        "audits_anew",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
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
        sa.Column("subject", sa.Text, nullable=False, server_default=""),
        sa.Column("version", sa.Text, nullable=False, server_default=""),
        sa.Column("uid", sa.String(32), nullable=False, server_default=""),
        sa.Column("ad_hoc", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("producer", sa.Text, nullable=False, server_default=""),
        sa.Column("opset", sa.Integer),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
        sqlite_autoincrement=True,
    )
    names = ", ".join(made.c.keys())
    op.execute(f"INSERT INTO audits_anew ({names}) SELECT {names} FROM audits")
    # The last number that was given, also to an audit that is gone: none is given twice.
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'audits_anew'")
    op.execute("INSERT INTO sqlite_sequence SELECT 'audits_anew', seq FROM sqlite_sequence WHERE name = 'audits'")
    op.drop_table("audits")
    op.rename_table("audits_anew", "audits")
