"""The tables: what is searched as columns, the whole report beside them as compressed JSON.

``migrations/`` says the same as steps; a test holds the two together. Counts that are polynomials or exceed 64 bits are
null here and whole in the document. All text columns hold names escaped as in JSON.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    event,
    false,
    text,
)

from .views import VIEWS, create_view

HEAD = "0009_order"
"""The revision of ``migrations/`` that these tables are: known here, so that a fresh database needs no Alembic."""

DEFAULT = "default"
"""The project of the command line, and of all that was kept before there were others."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    }
)


def project(primary_key: bool = False) -> Column[str]:
    """Whose row it is: a project's queries see its own rows, and no others."""
    return Column("project", String(64), primary_key=primary_key, nullable=False, server_default=DEFAULT)


NAME = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared letter by letter, as SQLite compares all: so the index has the order that names are shown in."""

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True),
    project(),
    Column("source", NAME, nullable=False),  # the model's absolute path
    Column("latest", Boolean, nullable=False),  # the newest audit of its source that is no ad hoc look
    Column("digest", String(128), nullable=False),
    Column("content_digest", String(128)),
    Column("verdict", String(16), nullable=False),
    Column("errors", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("notes", Integer, nullable=False),
    Column("audited_at", String(40), nullable=False),  # ISO 8601, UTC
    Column("auditor_version", String(40), nullable=False),
    Column("rules", String(128), nullable=False),
    Column("bytes", BigInteger),
    Column("nodes", BigInteger),
    Column("parameters", BigInteger),
    Column("learnable_parameters", BigInteger),
    Column("macs", BigInteger),
    Column("weight_bytes", BigInteger),
    Column("peak_activation_bytes", BigInteger),
    # The model's name across its versions, and the version: as a registry says, else the source and "".
    Column("subject", NAME, nullable=False, server_default=""),
    Column("version", Text, nullable=False, server_default=""),
    Column("uid", String(32), nullable=False, server_default=""),  # the same audit in every database, once a project
    Column("ad_hoc", Boolean, nullable=False, server_default=false()),  # made with options that are not configured
    Column("producer", Text, nullable=False, server_default=""),
    Column("opset", Integer),  # of the default domain, ai.onnx
    # The versioned JSON, zlib; the last of them: SQLite reads what stands behind it through all its pages.
    Column("document", LargeBinary, nullable=False),
    Index("ix_audits_source_id", "project", "source", "id"),
    Index("ix_audits_digest_id", "project", "digest", "id"),
    Index("ix_audits_content_digest_id", "project", "content_digest", "id"),
    Index("ix_audits_subject_id", "project", "subject", "id"),
    Index("ix_audits_uid", "project", "uid", unique=True),
    # One row a model: the way to "latest report of a model" and, with findings' index, to "models that fail a rule".
    Index(
        "ix_audits_latest_source",
        "project",
        "source",
        unique=True,
        sqlite_where=text("latest = 1"),
        postgresql_where=text("latest"),
        postgresql_include=["id"],  # which SQLite has in every index: so no row is read to know who is found by a rule
    ),
    # The same by the model's name, for those who ask for names: else SQLite takes now this one, now the one above.
    Index(
        "ix_audits_latest_subject",
        "project",
        "subject",
        sqlite_where=text("latest = 1 AND subject IS NOT NULL"),
        postgresql_where=text("latest AND subject IS NOT NULL"),
    ),
    # Pages of a fleet by time, and by verdict, each of which is looked for by itself.
    Index(
        "ix_audits_latest_when",
        "project",
        "audited_at",
        "subject",
        sqlite_where=text("latest = 1"),
        postgresql_where=text("latest"),
    ),
    Index(
        "ix_audits_latest_verdict",
        "project",
        "verdict",
        "subject",
        sqlite_where=text("latest = 1"),
        postgresql_where=text("latest"),
    ),
    sqlite_autoincrement=True,  # an id that `auditor show` knew is never another report's
)

findings = Table(
    "findings",
    metadata,
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),  # its place in the report
    Column("rule", String(100), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("basis", String(16), nullable=False),
    Column("graph", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("op_type", Text, nullable=False),
    Column("tensor", Text, nullable=False),
    Column("fingerprint", String(128), nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_findings_rule_audit_id", "rule", "audit_id"),
    Index("ix_findings_fingerprint_audit_id", "fingerprint", "audit_id"),
    sqlite_with_rowid=False,
)

# By which rules the newest audits found something: the findings' own index has those of all older audits as well.
latest_rules = Table(
    "latest_rules",
    metadata,
    project(primary_key=True),
    Column("rule", String(100), primary_key=True),
    Column("source", NAME, primary_key=True),
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="CASCADE"), nullable=False),
    Index("ix_latest_rules_audit_id", "audit_id"),
    sqlite_with_rowid=False,
)

# Which operators a model uses: "Conv", "com.microsoft:Gelu".
operators = Table(
    "operators",
    metadata,
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("operator", String(300), primary_key=True),
    Index("ix_operators_operator_audit_id", "operator", "audit_id"),
    sqlite_with_rowid=False,
)

# Work that is done: a model's content, the rules and the settings are the key; a model at two places has two audits.
works = Table(
    "works",
    metadata,
    project(primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="CASCADE"), nullable=False),
    Index("ix_works_audit_id", "audit_id"),
)

# Files as they were when they were hashed: one that still looks so need not be read again.
file_states = Table(
    "file_states",
    metadata,
    project(primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", String(20), nullable=False),  # up to 2^64, which no database's integer holds
    Column("digest", String(64), nullable=False),
    Column("ctime_ns", BigInteger, nullable=False, server_default="0"),
    Column("device", String(20), nullable=False, server_default="0"),
)

# Audits that somebody answers for; of a subject the newest counts.
acceptances = Table(
    "acceptances",
    metadata,
    Column("id", Integer, primary_key=True),
    project(),
    Column("subject", Text, nullable=False),
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="CASCADE"), nullable=False),
    Column("accepted_at", String(40), nullable=False),  # ISO 8601, UTC
    Column("reason", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Index("ix_acceptances_subject", "project", "subject", "accepted_at", "id"),
    Index("ix_acceptances_audit_id", "audit_id"),
    sqlite_autoincrement=True,
)


@event.listens_for(metadata, "after_create")
def _make_views(_metadata: object, connection: Connection, **_options: Any) -> None:
    for name in VIEWS:
        connection.exec_driver_sql(create_view(name, connection.dialect.name))


# Alembic's own table, as Alembic makes it.
alembic_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
