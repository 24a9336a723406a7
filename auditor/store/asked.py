"""Audits that were asked for, with what came of them: what the service tells of a job or a version; and badges."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from ..tuples import NamedTuple
from .connection import parts, storable
from .jobs import COLUMNS, Job, job_of
from .service_tables import jobs, models, versions
from .store import Store, key_of
from .tables import audits

_RANDOM = 24  # bytes of a badge's address


class AskedAudit(NamedTuple):
    """A job, what it is of, and its report as it was judged when it was made. None where there is none."""

    job: Job
    model_id: str | None
    model: str | None  # its name
    version: str | None
    report_uid: str | None
    verdict: str | None
    errors: int | None
    warnings: int | None
    notes: int | None
    ad_hoc: bool | None  # a look with options that are not configured: the gate does not go by it


class BadgeModel(NamedTuple):
    """Whose badge that is."""

    project: str
    model_id: str


class KeptAudit(NamedTuple):
    """A report that is kept, and whose it is."""

    id: int
    uid: str
    source: str
    subject: str
    digest: str
    findings: int = 0


_OF_IT = (
    models.c.id, models.c.name, versions.c.version, audits.c.uid, audits.c.verdict, audits.c.errors,
    audits.c.warnings, audits.c.notes, audits.c.ad_hoc,
)  # fmt: skip
"""In the order of `AskedAudit`'s fields, behind the job's."""


def _asked(store: Store) -> Select[Any]:
    joined = (
        jobs.outerjoin(versions, versions.c.id == jobs.c.version_id)
        .outerjoin(models, models.c.id == versions.c.model_id)
        .outerjoin(audits, audits.c.id == jobs.c.audit_id)
    )
    return select(*COLUMNS, *_OF_IT).select_from(joined).where(jobs.c.project == store.project)


def _audit(row: Any) -> AskedAudit:
    whole = tuple(row)
    return AskedAudit(job_of(whole[: len(COLUMNS)]), *whole[len(COLUMNS) :])


def asked_audit(store: Store, job_id: str) -> AskedAudit | None:
    """The project's job of this id; None if it has none."""
    with store.reading() as connection:
        row = connection.execute(_asked(store).where(jobs.c.id == storable(job_id))).first()
    return None if row is None else _audit(row)


def asked_audits(
    store: Store,
    limit: int,
    before: tuple[str, str] | None = None,
    *,
    state: str | None = None,
    verdict: str | None = None,
    model: str | None = None,
    by: str | None = None,
    version_id: str | None = None,
    parent_id: str | None = None,
) -> list[AskedAudit]:
    """The project's jobs, the newest first; ``before`` is when the last one seen was asked for, and its id.

    ``verdict`` is the one that the report had when it was made, ``model`` a name, ``by`` the owner of a token.
    """
    c = jobs.c
    said: tuple[tuple[ColumnElement[Any], str | None], ...] = (
        (c.state, state), (audits.c.verdict, verdict), (models.c.name, model), (c.created_by, by),
        (c.version_id, version_id), (c.parent_id, parent_id),
    )  # fmt: skip
    query = _asked(store).where(*(column == storable(value) for column, value in said if value is not None))
    if before is not None:
        query = query.where(or_(c.created_at < before[0], and_(c.created_at == before[0], c.id < before[1])))
    with store.reading() as connection:
        return [
            _audit(row) for row in connection.execute(query.order_by(c.created_at.desc(), c.id.desc()).limit(limit))
        ]


def standings(store: Store, job_ids: Collection[str], version_ids: Collection[str] = ()) -> dict[str, str]:
    """How far jobs of any project have come, and the newest job of each version, by the id that was given.

    Two texts of one id differ where something has changed. Who may know of them was asked before.
    """
    c = jobs.c
    look = (c.id, c.state, c.stage, c.attempts, c.cancelled)
    found: dict[str, str] = {}
    with store.reading() as connection:
        for part in parts(job_ids):
            for row in connection.execute(select(*look).where(c.id.in_(part))):
                found[row.id] = "/".join(map(str, row))
        for part in parts(version_ids):
            query = select(c.version_id, *look).where(c.version_id.in_(part)).order_by(c.created_at, c.id)
            for of_version in connection.execute(query):
                found[of_version.version_id] = "/".join(map(str, of_version[1:]))
    return found


def kept_audit(store: Store, audit_id: int) -> KeptAudit | None:
    """The project's report of this number."""
    with store.reading() as connection:
        row = connection.execute(_kept_query(store).where(audits.c.id == audit_id)).first()
    return None if row is None else KeptAudit(*row)


def kept_audit_of(store: Store, version_id: str) -> KeptAudit | None:
    """The report by which a version is judged: the newest one that is no ad hoc look."""
    query = (
        _kept_query(store)
        .join(jobs, jobs.c.audit_id == audits.c.id)
        .where(jobs.c.version_id == storable(version_id), jobs.c.project == store.project, jobs.c.state == "done")
        .where(~audits.c.ad_hoc)
        .order_by(jobs.c.ended_at.desc(), jobs.c.id.desc())
        .limit(1)
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else KeptAudit(*row)


def _kept_query(store: Store) -> Select[Any]:
    c = audits.c
    found = c.errors + c.warnings + c.notes
    return select(c.id, c.uid, c.source, c.subject, c.digest, found).where(c.project == store.project)


def make_badge(store: Store, model_id: str) -> tuple[str, bool] | None:
    """The part of a badge's address that nobody can guess, and whether it is new; None where there is no model."""
    its = (models.c.id == storable(model_id), models.c.project == store.project)
    with store.writing(f"badge {model_id}") as connection:
        row = connection.execute(select(models.c.badge).where(*its)).first()
        if row is None or row.badge is not None:
            return None if row is None else (row.badge, False)
        made = secrets.token_urlsafe(_RANDOM)
        connection.execute(update(models).where(*its).values(badge=made))
    return made, True


def drop_badge(store: Store, model_id: str) -> bool:
    """The badge's address is nobody's from now on; False where there is no model."""
    its = (models.c.id == storable(model_id), models.c.project == store.project)
    with store.writing(f"badge {model_id}") as connection:
        return connection.execute(update(models).where(*its).values(badge=None)).rowcount > 0


def badge_model(store: Store, badge: str) -> BadgeModel | None:
    """The model, of whatever project, whose badge has this address."""
    query = select(models.c.project, models.c.id).where(models.c.badge == key_of(badge))
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else BadgeModel(row.project, row.id)
