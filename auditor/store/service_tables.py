"""The tables of the service: who may ask, what was uploaded, what is to be audited, and who did what.

They stand in the same database as the reports, so that a job and its report are done in one transaction. Every row is
a project's. Times are ISO 8601 in UTC with microseconds, so that their order is that of the texts; ids are 32
hexadecimal digits that the server makes, never a row's number.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)
from sqlalchemy.util import OrderedSet

from .tables import NAME, metadata, project

all_tables = metadata
"""What a database holds: the tables of the reports, and these."""

_TIME = String(40)
_ID = String(32)
_SHA256 = String(64)

# Who may ask: of a token only the hash is known here.
tokens = Table(
    "tokens",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("owner", Text, nullable=False),  # who answers for what is done with it
    Column("hash", _SHA256, nullable=False),
    Column("scopes", String(100), nullable=False),  # read, submit, accept, admin: with spaces between
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME),
    Column("revoked_at", _TIME),
    Index("ix_tokens_hash", "hash", unique=True),
    Index("ix_tokens_project", "project", "created_at"),
)

# A browser that showed a token: of its cookie only the hash is known here.
logins = Table(
    "logins",
    metadata,
    Column("hash", _SHA256, primary_key=True),
    Column("token_id", _ID, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Index("ix_logins_token_id", "token_id"),
)

# A file on its way: how much of it is there says the file itself.
uploads = Table(
    "uploads",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("size", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("seen_at", _TIME, nullable=False),  # when a byte came last: what nobody goes on with is swept
    Column("done", Boolean, nullable=False, server_default=false()),
    Index("ix_uploads_project", "project", "created_at"),
    Index("ix_uploads_seen_at", "seen_at"),
)

# A file that is there whole, once a project.
blobs = Table(
    "blobs",
    metadata,
    project(primary_key=True),
    Column("sha256", _SHA256, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("name", NAME, nullable=False),  # at most 512 characters: PostgreSQL indexes no text beyond 2.7 KB
    Column("created_at", _TIME, nullable=False),
    Column("badge", String(64)),  # the part of its address that nobody can guess; null: no badge was asked for
    Index("ix_models_name", "project", "name", unique=True),
    Index("ix_models_badge", "badge", unique=True),
)

versions = Table(
    "versions",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("model_id", _ID, ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    Column("version", Text, nullable=False),  # at most 128 characters
    Column("path", Text, nullable=False),  # of its files the one that is the model
    Column("files", Text, nullable=False),  # JSON: path -> sha256
    Column("contract", Text),  # JSON: as Triton's or MLflow's would say it; null where nobody says anything
    Column("created_at", _TIME, nullable=False),
    Column("created_by", Text, nullable=False),  # the token's owner
    Index("ix_versions_model_id_version", "model_id", "version", unique=True),
    Index("ix_versions_project", "project", "created_at"),
)

# Which blobs a version is made of: a blob that none is made of may be swept.
version_blobs = Table(
    "version_blobs",
    metadata,
    Column("version_id", _ID, ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", _SHA256, primary_key=True),
    project(),
    Index("ix_version_blobs_sha256", "project", "sha256"),
)

# An audit that was asked for. Its report has the same uid, unless the work was done before.
jobs = Table(
    "jobs",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("version_id", _ID, ForeignKey("versions.id", ondelete="CASCADE")),  # what is audited: this, or a source
    Column("source", Text),
    Column("parent_id", _ID, ForeignKey("jobs.id", ondelete="CASCADE")),  # the source's job that found this model
    Column("options", Text, nullable=False),  # JSON: as `check` takes them, by the names of settings
    Column("state", String(16), nullable=False),  # queued, running, done, failed, cancelled
    Column("stage", String(40), nullable=False, server_default=""),  # of an audit that is running
    Column("attempts", Integer, nullable=False, server_default="0"),  # workers that died of it
    Column("why", Text, nullable=False, server_default=""),  # of one that failed
    Column("created_at", _TIME, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("request_id", String(64), nullable=False, server_default=""),
    Column("started_at", _TIME),
    Column("ended_at", _TIME),
    Column("dispatcher", String(64)),  # who has claimed it
    Column("leased_until", _TIME),  # and until when, unless that is said again
    Column("cancelled", Boolean, nullable=False, server_default=false()),  # somebody asked for that
    Column("audit_id", Integer, ForeignKey("audits.id", ondelete="SET NULL")),
    Column("reused", Boolean, nullable=False, server_default=false()),
    Index("ix_jobs_state", "state", "project", "created_at", "id"),
    Index("ix_jobs_project", "project", "created_at", "id"),
    Index("ix_jobs_version_id", "version_id"),
    Index("ix_jobs_parent_id", "parent_id"),
    Index("ix_jobs_audit_id", "audit_id"),
)

# What was answered to a key: the same request again gets the same answer.
answers = Table(
    "answers",
    metadata,
    project(primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("asked", _SHA256, nullable=False),  # hash of the request
    Column("job_id", _ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index("ix_answers_job_id", "job_id"),
)

# A project's own policy: the text of its auditor.toml.
policies = Table(
    "policies",
    metadata,
    project(primary_key=True),
    Column("text", Text, nullable=False),
    Column("changed_at", _TIME, nullable=False),
    Column("changed_by", Text, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # the key of the signature: it has to be known
    Column("created_at", _TIME, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_webhooks_project", "project", "created_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _ID, primary_key=True),
    project(),
    Column("webhook_id", _ID, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("state", String(16), nullable=False),  # waiting, done, given up
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", _TIME),  # of one that waits
    Column("said", Text, nullable=False, server_default=""),  # what came of the last attempt
    Column("created_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Index("ix_deliveries_webhook_id", "webhook_id", "created_at", "id"),
    Index("ix_deliveries_state", "state", "next_at"),
)

# Who did what: rows are added, and never changed.
deeds = Table(
    "deeds",
    metadata,
    Column("id", Integer, primary_key=True),
    project(),
    Column("at", _TIME, nullable=False),
    Column("who", Text, nullable=False),  # the token's owner; "" where no token is asked for
    Column("token_id", String(32), nullable=False, server_default=""),
    Column("what", String(60), nullable=False),  # "audit.submit", "token.create" ...
    Column("subject", Text, nullable=False, server_default=""),  # the id of what it was done to
    Column("request_id", String(64), nullable=False, server_default=""),
    Index("ix_deeds_project", "project", "id"),
    sqlite_autoincrement=True,
)

# What /metrics counts, whichever process saw it.
counters = Table(
    "counters",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Float, nullable=False),
)

# Of two that cost the same SQLite takes what was made last, and SQLAlchemy makes them in any order. So there is one
# order, in which those of the latest audits come behind those of all.
for _table in all_tables.tables.values():
    _table.indexes = OrderedSet(sorted(_table.indexes, key=lambda index: str(index.name), reverse=True))
