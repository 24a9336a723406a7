"""What a dispatcher does with jobs: it claims them for a while, says so again, and gives back or ends what it holds.

Whoever has lost a job, because its time ran out or the job is gone, can end it no more: each step asks again, in the
transaction in which it is taken, whether the job is still the dispatcher's.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from ..tuples import NamedTuple
from .counters import count
from .jobs import COLUMNS, Child, Job, add_children, job_of
from .service_tables import jobs, models, versions
from .tables import audits
from .tokens import moment
from .webhooks import tell_of
from .works import Piece, Works


class Registered(NamedTuple):
    """The version that a job is of."""

    model: str  # its name
    version: str
    path: str  # of its files the one that is the model
    files: Mapping[str, str]  # by path the sha256
    contract: Mapping[str, Any] | None


class Claimed(NamedTuple):
    """A job that is this dispatcher's for a while."""

    job: Job
    version: Registered | None  # None: of a source


class QueueSeen(NamedTuple):
    """What a dispatcher sees when it looks up."""

    waiting: bool  # whether there is a job to claim
    wanted_no_more: frozenset[str]  # of its jobs those that somebody cancelled


def look(store: Works, dispatcher: str) -> QueueSeen:
    """A look that writes nothing, over all projects."""
    c = jobs.c
    with store.reading() as connection:
        waiting = connection.scalar(select(c.id).where(c.state == "queued").limit(1)) is not None
        of_ours = select(c.id).where(c.state == "running", c.dispatcher == dispatcher, c.cancelled)
        return QueueSeen(waiting, frozenset(connection.scalars(of_ours)))


def claim(store: Works, dispatcher: str, number: int, seconds: float, served: dict[str, int]) -> list[Claimed]:
    """So many jobs at most of all projects, for so many seconds.

    The next is of a project of which the fewest run, and among those of the one that was served longest ago: a
    thousand jobs of one project do not keep another's waiting. ``served`` remembers that from call to call.
    """
    c = jobs.c
    taken: list[str] = []
    with store.writing() as connection:
        now = _now(connection)
        oldest = _of_projects(connection, "queued", func.min(c.created_at))
        running = _of_projects(connection, "running", func.count())
        while oldest and len(taken) < number:
            project = min(oldest, key=lambda p: (running.get(p, 0), served.get(p, 0), oldest[p]))
            first = select(c.id).where(c.state == "queued", c.project == project).order_by(c.created_at, c.id).limit(1)
            job_id = connection.scalar(first.with_for_update(skip_locked=True))
            if job_id is None:
                del oldest[project]
                continue
            connection.execute(
                update(jobs).where(c.id == job_id).values(
                    state="running", stage="", started_at=moment(now), dispatcher=dispatcher,
                    leased_until=moment(now + timedelta(seconds=seconds)),
                )
            )  # fmt: skip
            served[project] = max(served.values(), default=0) + 1
            running[project] = running.get(project, 0) + 1
            taken.append(job_id)
        return list(_claimed(connection, taken))


def renew(store: Works, dispatcher: str, held: Mapping[str, str], seconds: float) -> frozenset[str]:
    """Hold these jobs for so many seconds from now, at these stages; those that are still this dispatcher's."""
    with store.writing() as connection:
        until = moment(_now(connection) + timedelta(seconds=seconds))
        kept = [
            job_id
            for job_id, stage in sorted(held.items())  # in one order: two dispatchers never wait for each other
            if connection.execute(
                update(jobs).where(*_held(job_id, dispatcher)).values(leased_until=until, stage=stage)
            ).rowcount
        ]
        return frozenset(kept)


def finish(
    store: Works, job: Job, dispatcher: str, piece: Piece, counted: Mapping[str, float]
) -> tuple[int, bool] | None:
    """Keep the report of a job and say that it is done, in one transaction; None where it is the dispatcher's no more.

    Returns the audit's id, and whether the same work was done before: then the report is that one.
    """
    its = _in(store, job)
    ready = its.ready([piece._replace(uid=job.id)])
    with its.writing(f"audits of {piece.source}") as connection:
        if not _is_held(connection, job.id, dispatcher):
            return None
        ((audit_id, there),) = its.finish_within(connection, ready)
        _end(connection, job.id, "done", audit_id=audit_id, reused=there)
        if not there:
            tell_of(connection, job.project, audit_id)
        kept = select(audits.c.verdict).where(audits.c.id == audit_id)
        verdict = connection.scalar(kept) if there else piece.document["verdict"]
        count(connection, {**counted, f"audits {verdict}": 1})
        return audit_id, there


def finish_source(store: Works, job: Job, dispatcher: str, children: list[Child], why: str = "") -> bool:
    """The models that a source has are asked for, and its own job is done; False where it is held no more.

    ``why`` says what could not be read there.
    """
    with _in(store, job).writing() as connection:
        if not _is_held(connection, job.id, dispatcher):
            return False
        add_children(connection, job, children)
        _end(connection, job.id, "done", why=why)
        return True


def fail(store: Works, job: Job, dispatcher: str, why: str) -> bool:
    """The job came to no report, and why; False where it is held no more."""
    return _ended(store, job, dispatcher, "failed", why)


def give_up(store: Works, job: Job, dispatcher: str) -> bool:
    """The job was cancelled while it ran; False where it is held no more."""
    return _ended(store, job, dispatcher, "cancelled", "")


def died(store: Works, job: Job, dispatcher: str, most: int) -> int:
    """A worker died of the job: how many there were with this one. Unless there were so many, it waits again."""
    with store.writing() as connection:
        attempts = _tried_once_more(connection, job.id, dispatcher, most)
        count(connection, {"worker deaths": 1})
        return attempts


def not_taken(store: Works, job: Job, dispatcher: str, most: int, why: str) -> int:
    """The database did not take what came of the job: it waits again. After so many times it has failed, and why."""
    with store.writing() as connection:
        attempts = _tried_once_more(connection, job.id, dispatcher, most)
        if attempts >= most:
            _end(connection, job.id, "failed", why=why)
            count(connection, {"audits failed": 1})
        return attempts


def give_back(store: Works, dispatcher: str, job_ids: Collection[str]) -> None:
    """These wait again, and nothing is said against them: the dispatcher ends before they do."""
    with store.writing() as connection:
        for job_id in sorted(job_ids):
            _give_back(connection, *_held(job_id, dispatcher))


def give_back_all(store: Works, dispatcher: str) -> int:
    """What a dispatcher of this name held when it died waits again; how many jobs that are."""
    with store.writing() as connection:
        return _give_back(connection, jobs.c.state == "running", jobs.c.dispatcher == dispatcher)


def expire(store: Works) -> int:
    """What dispatchers have held for longer than they said waits again; how many jobs that are."""
    c = jobs.c
    with store.reading() as connection:
        late = (c.state == "running", c.leased_until < moment(_now(connection)))
        if connection.scalar(select(c.id).where(*late).limit(1)) is None:
            return 0
    with store.writing() as connection:
        return _give_back(connection, c.state == "running", c.leased_until < moment(_now(connection)))


def _in(store: Works, job: Job) -> Works:
    return store.in_project(job.project)


def _of_projects(connection: Connection, state: str, what: ColumnElement[Any]) -> dict[str, Any]:
    """By project, a figure of its jobs in a state."""
    query = select(jobs.c.project, what.label("figure")).where(jobs.c.state == state).group_by(jobs.c.project)
    return {row.project: row.figure for row in connection.execute(query)}


def _now(connection: Connection) -> datetime:
    """The database's clock, where several machines use it: theirs differ."""
    if connection.dialect.name == "postgresql":
        found = connection.scalar(select(func.clock_timestamp()))
        assert isinstance(found, datetime)
        return found
    return datetime.now(UTC)


def _held(job_id: str, dispatcher: str) -> tuple[ColumnElement[bool], ...]:
    return jobs.c.id == job_id, jobs.c.state == "running", jobs.c.dispatcher == dispatcher


def _is_held(connection: Connection, job_id: str, dispatcher: str) -> bool:
    """Whether it is; and it stays so until this transaction ends."""
    found = select(jobs.c.id).where(*_held(job_id, dispatcher)).with_for_update()
    return connection.scalar(found) is not None


def _ended(store: Works, job: Job, dispatcher: str, state: str, why: str) -> bool:
    with store.writing() as connection:
        if not _is_held(connection, job.id, dispatcher):
            return False
        _end(connection, job.id, state, why=why)
        count(connection, {f"audits {state}": 1})
        return True


def _end(connection: Connection, job_id: str, state: str, **more: object) -> None:
    ended = {"state": state, "stage": "", "ended_at": moment(datetime.now(UTC)), "dispatcher": None}
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(**ended, leased_until=None, **more))


def _tried_once_more(connection: Connection, job_id: str, dispatcher: str, most: int) -> int:
    """How often it was tried with this time, 0 where it is held no more. Unless that was so often, it waits again."""
    c = jobs.c
    connection.execute(update(jobs).where(*_held(job_id, dispatcher)).values(attempts=c.attempts + 1))
    attempts = int(connection.scalar(select(c.attempts).where(*_held(job_id, dispatcher))) or 0)
    if attempts < most:
        _give_back(connection, *_held(job_id, dispatcher))
    return attempts


def _give_back(connection: Connection, *which: ColumnElement[bool]) -> int:
    """Back into the queue; what somebody cancelled meanwhile ends instead."""
    free = {"stage": "", "dispatcher": None, "leased_until": None}
    now = moment(datetime.now(UTC))
    connection.execute(update(jobs).where(*which, jobs.c.cancelled).values(**free, state="cancelled", ended_at=now))
    return connection.execute(update(jobs).where(*which).values(**free, state="queued", started_at=None)).rowcount


def _claimed(connection: Connection, job_ids: list[str]) -> Iterator[Claimed]:
    joined = jobs.outerjoin(versions, versions.c.id == jobs.c.version_id).outerjoin(
        models, models.c.id == versions.c.model_id
    )
    of_version = (models.c.name, versions.c.version, versions.c.path, versions.c.files, versions.c.contract)
    query = select(*COLUMNS, *of_version).select_from(joined).where(jobs.c.id.in_(job_ids))
    rows = {row.id: row for row in connection.execute(query)}
    for job_id in job_ids:
        row = tuple(rows[job_id])
        name, version, path, files, contract = row[len(COLUMNS) :]
        said = None if contract is None else json.loads(contract)
        registered = None if name is None else Registered(name, version, path, json.loads(files), said)
        yield Claimed(job_of(rows[job_id][: len(COLUMNS)]), registered)
