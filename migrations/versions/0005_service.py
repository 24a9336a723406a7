"""Every row is a project's, and the tables of the service: tokens, uploads, models, jobs, webhooks, who did what."""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0005_service"
down_revision = "0004_trust"
branch_labels = None
depends_on = None

_BEFORE = {
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

# What each column means stands in auditor/store/views.py and in docs/database.md.
VIEWS = {
    "latest_audits": """SELECT a.id AS audit_id, a.project, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest
FROM audits AS a
WHERE a.latest{is_true}""",
    "latest_findings": """SELECT f.audit_id, a.project, a.subject, a.version, a.source, f.rule, f.severity, f.basis,
f.graph, f.node, f.op_type, f.tensor, f.message, f.fingerprint
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest{is_true}""",
    "model_history": """SELECT a.id AS audit_id, a.project, a.subject, a.version, a.source, a.audited_at, a.verdict,
a.errors, a.warnings, a.notes, a.bytes, a.nodes, a.parameters, a.macs, a.digest,
(SELECT max(c.accepted_at) FROM acceptances AS c WHERE c.audit_id = a.id) AS accepted_at
FROM audits AS a""",
    "failing_rules": """SELECT a.project, f.rule, f.severity, count(DISTINCT f.audit_id) AS models, count(*) AS findings
FROM findings AS f
JOIN audits AS a ON a.id = f.audit_id
WHERE a.latest{is_true}
GROUP BY a.project, f.rule, f.severity""",
}

_TABLES = (
    "answers",
    "version_blobs",
    "jobs",
    "versions",
    "operators",
    "logins",
    "deliveries",
    "webhooks",
    "uploads",
    "tokens",
    "policies",
    "models",
    "deeds",
    "counters",
    "blobs",
)
_INDEXES = {
    "ix_audits_source_id": ("audits", ["source", "id"]),
    "ix_audits_digest_id": ("audits", ["digest", "id"]),
    "ix_audits_content_digest_id": ("audits", ["content_digest", "id"]),
    "ix_audits_subject_id": ("audits", ["subject", "id"]),
    "ix_acceptances_subject": ("acceptances", ["subject", "accepted_at", "id"]),
}
_WORKS = (("key", sa.String(64)), ("source", sa.Text()))
_STATES = (
    ("path", sa.Text(), True, None),
    ("size", sa.BigInteger(), False, None),
    ("mtime_ns", sa.BigInteger(), False, None),
    ("inode", sa.String(20), False, None),
    ("digest", sa.String(64), False, None),
    ("ctime_ns", sa.BigInteger(), False, "0"),
    ("device", sa.String(20), False, "0"),
)


def upgrade() -> None:
    _drop_views(_BEFORE)
    op.add_column("audits", _project())
    op.add_column("audits", sa.Column("producer", sa.Text, nullable=False, server_default=""))
    op.add_column("audits", sa.Column("opset", sa.Integer))
    op.add_column("acceptances", _project())
    for name, (table, columns) in _INDEXES.items():
        op.drop_index(name, table)
        op.create_index(name, table, ["project", *columns])
    _uid(["project", "uid"])
    _latest(["project", "source"])
    op.create_index(
        "ix_audits_latest_subject", "audits", ["project", "subject"],
        sqlite_where=sa.text("latest = 1 AND subject IS NOT NULL"),
        postgresql_where=sa.text("latest AND subject IS NOT NULL"),
    )  # fmt: skip
    _works([_project()])
    _file_states([_project()])
    op.create_table(
        "blobs",
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("project", "sha256", name="pk_blobs"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "deeds",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("token_id", sa.String(32), nullable=False, server_default=""),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("subject", sa.Text, nullable=False, server_default=""),
        sa.Column("request_id", sa.String(64), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_deeds"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deeds_project", "deeds", ["project", "id"])
    op.create_table(
        "models",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("badge", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
    )
    op.create_index("ix_models_badge", "models", ["badge"], unique=True)
    op.create_index("ix_models_name", "models", ["project", "name"], unique=True)
    op.create_table(
        "policies",
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("changed_at", sa.String(40), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_policies"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(100), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.String(40), nullable=True),
        sa.Column("revoked_at", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_index("ix_tokens_hash", "tokens", ["hash"], unique=True)
    op.create_index("ix_tokens_project", "tokens", ["project", "created_at"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("seen_at", sa.String(40), nullable=False),
        sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_project", "uploads", ["project", "created_at"])
    op.create_index("ix_uploads_seen_at", "uploads", ["seen_at"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_project", "webhooks", ["project", "created_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("webhook_id", sa.String(32), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", sa.String(40), nullable=True),
        sa.Column("said", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("ended_at", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="fk_deliveries_webhook_id_webhooks", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "next_at"])
    op.create_index("ix_deliveries_webhook_id", "deliveries", ["webhook_id", "created_at", "id"])
    op.create_table(
        "logins",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("token_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_logins"),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name="fk_logins_token_id_tokens", ondelete="CASCADE"),
    )
    op.create_index("ix_logins_token_id", "logins", ["token_id"])
    op.create_table(
        "operators",
        sa.Column("audit_id", sa.Integer, nullable=False),
        sa.Column("operator", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", "operator", name="pk_operators"),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_operators_audit_id_audits", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_operators_operator_audit_id", "operators", ["operator", "audit_id"])
    op.create_table(
        "versions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("model_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("contract", sa.Text, nullable=True),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_versions_model_id_models", ondelete="CASCADE"),
    )
    op.create_index("ix_versions_model_id_version", "versions", ["model_id", "version"], unique=True)
    op.create_index("ix_versions_project", "versions", ["project", "created_at"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("version_id", sa.String(32), nullable=True),
        sa.Column("source", sa.Text, nullable=True),
        sa.Column("parent_id", sa.String(32), nullable=True),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("started_at", sa.String(40), nullable=True),
        sa.Column("ended_at", sa.String(40), nullable=True),
        sa.Column("dispatcher", sa.String(64), nullable=True),
        sa.Column("leased_until", sa.String(40), nullable=True),
        sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("audit_id", sa.Integer, nullable=True),
        sa.Column("reused", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_jobs_audit_id_audits", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["parent_id"], ["jobs.id"], name="fk_jobs_parent_id_jobs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name="fk_jobs_version_id_versions", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_jobs_audit_id", "jobs", ["audit_id"])
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])
    op.create_index("ix_jobs_project", "jobs", ["project", "created_at", "id"])
    op.create_index("ix_jobs_state", "jobs", ["state", "project", "created_at", "id"])
    op.create_index("ix_jobs_version_id", "jobs", ["version_id"])
    op.create_table(
        "version_blobs",
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.PrimaryKeyConstraint("version_id", "sha256", name="pk_version_blobs"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name="fk_version_blobs_version_id_versions", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_version_blobs_sha256", "version_blobs", ["project", "sha256"])
    op.create_table(
        "answers",
        sa.Column("project", sa.String(64), nullable=False, server_default="default"),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("project", "key", name="pk_answers"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_answers_job_id_jobs", ondelete="CASCADE"),
    )
    op.create_index("ix_answers_job_id", "answers", ["job_id"])
    _fill()
    _make_views(VIEWS)


def downgrade() -> None:
    _drop_views(VIEWS)
    for name in _TABLES:
        op.drop_table(name)
    for table in ("acceptances", "audits"):  # what other projects have, this schema has no place for
        op.execute(f"DELETE FROM {table} WHERE project <> 'default'")
    op.execute("DELETE FROM findings WHERE audit_id NOT IN (SELECT id FROM audits)")  # SQLite's keys are off here
    _works([])
    _file_states([])
    _uid(["uid"])
    _latest(["source"])
    op.drop_index("ix_audits_latest_subject", "audits")
    for name, (table, columns) in _INDEXES.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
    op.drop_column("acceptances", "project")
    for name in ("opset", "producer", "project"):
        op.drop_column("audits", name)
    _make_views(_BEFORE)


def _project() -> sa.Column[str]:
    return sa.Column("project", sa.String(64), nullable=False, server_default="default")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _drop_views(views: dict[str, str]) -> None:
    for name in views:
        op.execute(f"DROP VIEW {name}")


def _make_views(views: dict[str, str]) -> None:
    for name, query in views.items():
        op.execute(f"CREATE VIEW {name} AS\n" + query.format(is_true=" = 1" if _is_sqlite() else ""))


def _latest(columns: list[str]) -> None:
    op.drop_index("ix_audits_latest_source", "audits")
    op.create_index(
        "ix_audits_latest_source", "audits", columns, unique=True,
        sqlite_where=sa.text("latest = 1"), postgresql_where=sa.text("latest"),
    )  # fmt: skip


def _uid(columns: list[str]) -> None:
    op.drop_index("ix_audits_uid", "audits")
    op.create_index("ix_audits_uid", "audits", columns, unique=True)


def _works(project: list[sa.Column[str]]) -> None:
    """The same with another primary key, and the rows that were there."""
    op.execute("CREATE TABLE kept_works AS SELECT key, source, audit_id FROM works")
    op.drop_table("works")
    op.create_table(
        "works",
        *project,
        *(sa.Column(name, kind, nullable=False) for name, kind in _WORKS),
        sa.Column("audit_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(*(column.name for column in project), "key", "source", name="pk_works"),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_works_audit_id_audits", ondelete="CASCADE"),
    )
    op.create_index("ix_works_audit_id", "works", ["audit_id"])
    op.execute(
        "INSERT INTO works (key, source, audit_id) SELECT key, source, audit_id FROM kept_works "
        "WHERE audit_id IN (SELECT id FROM audits)"
    )
    op.drop_table("kept_works")


def _file_states(project: list[sa.Column[str]]) -> None:
    """How files looked is only remembered to save time: what was there is read again."""
    op.drop_table("file_states")
    op.create_table(
        "file_states",
        *project,
        *(sa.Column(name, kind, nullable=False, server_default=usual) for name, kind, _, usual in _STATES),
        sa.PrimaryKeyConstraint(*(column.name for column in project), "path", name="pk_file_states"),
    )


def _fill() -> None:
    """Producer, opset and operators of the audits that are there, out of their documents."""
    bind = op.get_bind()
    audits = sa.table("audits", *(sa.column(name) for name in ("id", "document", "producer", "opset")))
    operators = sa.table("operators", sa.column("audit_id"), sa.column("operator"))
    for number in bind.scalars(sa.select(audits.c.id).order_by(audits.c.id)).all():
        packed = bind.scalar(sa.select(audits.c.document).where(audits.c.id == number))
        try:
            document = json.loads(zlib.decompress(packed))
            model = document["model"]
            producer, opsets = str(model.get("producer") or ""), model.get("opsets", {})
            opset = opsets.get("", opsets.get("ai.onnx"))
            names = sorted({str(name).replace("\0", "\\x00")[:300] for name in document.get("operators", {})})
        except (zlib.error, ValueError, KeyError, AttributeError):  # damaged: `show` says so
            continue
        known = isinstance(opset, int) and 0 <= opset < 1 << 31
        said = {"producer": producer.replace("\0", "\\x00"), "opset": opset if known else None}
        bind.execute(sa.update(audits).where(audits.c.id == number).values(said))
        if names:
            bind.execute(sa.insert(operators), [{"audit_id": number, "operator": name} for name in names])
