"""What the service's tables hold that nobody asks for any more, over all projects."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete, select

from .jobs import ENDED
from .service_tables import answers, jobs, models
from .store import Store
from .tables import audits
from .tokens import moment, shifted

_ANSWERS = 7.0  # days for which a request's key gets the same answer


def forget_answers(store: Store) -> int:
    """Keys of requests that nobody repeats any more."""
    with store.reading() as connection:
        if connection.scalar(select(answers.c.key).where(answers.c.created_at < _before(_ANSWERS)).limit(1)) is None:
            return 0
    with store.writing() as connection:
        return connection.execute(delete(answers).where(answers.c.created_at < _before(_ANSWERS))).rowcount


def forget_jobs(store: Store, days: float) -> int:
    """Jobs that ended longer ago, where their report is gone or never was."""
    old = (jobs.c.state.in_(ENDED), jobs.c.ended_at < _before(days), jobs.c.audit_id.is_(None))
    with store.reading() as connection:
        if connection.scalar(select(jobs.c.id).where(*old).limit(1)) is None:
            return 0
    with store.writing() as connection:
        return connection.execute(delete(jobs).where(*old)).rowcount


def has_models(store: Store) -> bool:
    """Whether any project has a model that was registered; reports of the command line are none."""
    with store.reading() as connection:
        return connection.scalar(select(models.c.id).limit(1)) is not None


def projects(store: Store) -> list[str]:
    """The projects that have a report."""
    with store.reading() as connection:
        return sorted(connection.scalars(select(audits.c.project).distinct()))


def running_jobs(store: Store) -> frozenset[str]:
    """The jobs of all projects that somebody is at."""
    with store.reading() as connection:
        return frozenset(connection.scalars(select(jobs.c.id).where(jobs.c.state == "running")))


def known_uids(store: Store, uids: Collection[str]) -> frozenset[str]:
    """Which of these are reports of the store's project."""
    with store.reading() as connection:
        its = select(audits.c.uid).where(store.within(audits), audits.c.uid.in_(uids))
        return frozenset(connection.scalars(its))


def _before(days: float) -> str:
    return moment(shifted(datetime.now(UTC), -86_400 * days))
