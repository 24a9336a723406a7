"""Audits that were asked for: each is a row before it is acknowledged, and ends in one report.

What a dispatcher does with the rows stands in `leases`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from ..errors import AuditorError, NothingToAudit
from ..tuples import NamedTuple
from .connection import storable
from .service_tables import answers, jobs, versions
from .tables import audits
from .tokens import moment
from .webhooks import tell_of
from .works import Piece, ReadyPiece, Works

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]

ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
"""In which nothing is done with a job any more."""


class Job(NamedTuple):
    """An audit that was asked for. Times are ISO 8601, UTC."""

    id: str  # its report's uid as well, unless the work was done before
    project: str
    version_id: str | None  # what is audited: this, or a source
    source: str | None
    parent_id: str | None  # the source's job that found this model
    options: Mapping[str, Any]
    state: State
    stage: str  # of one that is running, as far as it was told
    attempts: int  # workers that died of it
    why: str  # of one that failed
    created_at: str
    created_by: str
    started_at: str | None
    ended_at: str | None
    audit_id: int | None  # of one that is done: its report; None too where that was taken out of the store
    reused: bool
    cancelled: bool  # somebody asked for that

    @property
    def ended(self) -> bool:
        """Whether nothing is done with it any more."""
        return self.state in ENDED


class Child(NamedTuple):
    """A model that a source's job found, to be audited where it lies."""

    source: str
    options: Mapping[str, Any]


class KeyTaken(AuditorError):
    """The key of a request was another request's."""


class QueueFull(AuditorError):
    """So many audits of a project wait already."""


class Queue(NamedTuple):
    """How much there is to do."""

    queued: int
    running: int
    oldest: str | None  # when the one that has waited longest was asked for


COLUMNS = (
    jobs.c.id, jobs.c.project, jobs.c.version_id, jobs.c.source, jobs.c.parent_id, jobs.c.options, jobs.c.state,
    jobs.c.stage, jobs.c.attempts, jobs.c.why, jobs.c.created_at, jobs.c.created_by, jobs.c.started_at,
    jobs.c.ended_at, jobs.c.audit_id, jobs.c.reused, jobs.c.cancelled,
)  # fmt: skip
"""In the order of `Job`'s fields."""


def job_of(row: Any) -> Job:
    """The job in a row of `COLUMNS`."""
    found = Job(*row)
    return found._replace(options=json.loads(str(found.options)))


def submit(
    store: Works,
    *,
    version_id: str | None = None,
    source: str | None = None,
    options: Mapping[str, Any],
    by: str,
    request_id: str = "",
    key: str | None = None,
    asked: str = "",
    most: int | None = None,
    done: int | Piece | None = None,
) -> Job:
    """Keep a new audit of a version or a source; when this returns it is stored.

    ``key`` is the request's own (Idempotency-Key) and ``asked`` its hash: the same again gives the same job, and
    another one `KeyTaken`. Where ``most`` audits of the project wait already it is `QueueFull`. ``done`` is work that
    was done before, the id of its audit or what is to be kept of it: then the job is born done. `NothingToAudit` where
    the version is not there.
    """
    now = moment(datetime.now(UTC))
    row = _row(store.project, options, by, request_id, now) | {"version_id": version_id, "source": source}
    turns = [f"answer to {key}"] if key is not None else []
    if isinstance(done, Piece):
        turns.append(f"audits of {done.source}")
        before: ReadyPiece | int | None = store.ready([done._replace(uid=str(row["id"]))])[0]
    else:
        before = done
    with store.writing(*turns) as connection:
        answered = None if key is None else _answered(connection, store.project, key, asked)
        if answered is not None:
            return answered
        if version_id is not None:
            its = select(versions.c.id).where(store.within(versions), versions.c.id == version_id)
            if connection.scalar(its.with_for_update(read=True, key_share=True)) is None:
                raise NothingToAudit("the version was deleted a moment ago")
        row |= _born_done(store, connection, before, now)
        if most is not None and row["state"] == "queued" and _waiting(connection, store.project) >= most:
            raise QueueFull(f"{most} audits of this project wait already: wait until some of them are done")
        connection.execute(insert(jobs), row)
        if key is not None:
            answer = {"project": store.project, "key": key, "asked": asked, "job_id": row["id"], "created_at": now}
            connection.execute(insert(answers), answer)
        found = _found(connection, store.project, str(row["id"]))
    assert found is not None  # it was put there just now
    return found


def add_children(connection: Connection, parent: Job, children: list[Child]) -> None:
    """Have the models of a source audited, each by a job of its own; they are asked for by whoever asked for it."""
    now = moment(datetime.now(UTC))
    rows = [
        _row(parent.project, child.options, parent.created_by, "", now)
        | {"version_id": None, "source": child.source, "parent_id": parent.id}
        for child in children
    ]
    if rows:
        connection.execute(insert(jobs), rows)


def job(store: Works, job_id: str) -> Job | None:
    """The project's job of this id; None if it has none."""
    with store.reading() as connection:
        return _found(connection, store.project, job_id)


def cancel(store: Works, job_id: str) -> Job | None:
    """Nobody wants it any more: what waits ends now, what runs ends when its dispatcher hears of it; None if none."""
    of_it = (jobs.c.id == job_id, jobs.c.project == store.project)
    now = moment(datetime.now(UTC))
    with store.writing() as connection:
        # Held first: between the two, PostgreSQL would let its dispatcher give it back, and nobody had cancelled it.
        connection.execute(select(jobs.c.id).where(*of_it).with_for_update())
        waits = update(jobs).where(*of_it, jobs.c.state == "queued")
        connection.execute(waits.values(state="cancelled", cancelled=True, ended_at=now))
        connection.execute(update(jobs).where(*of_it, jobs.c.state == "running").values(cancelled=True))
        return _found(connection, store.project, job_id)


def listed(
    store: Works,
    limit: int,
    before: tuple[str, str] | None = None,
    *,
    state: str | None = None,
    version_id: str | None = None,
    parent_id: str | None = None,
) -> list[Job]:
    """The project's jobs, the newest first; ``before`` is when the last one seen was asked for, and its id."""
    c = jobs.c
    wanted: list[ColumnElement[bool]] = [c.project == store.project]
    wanted += [
        column == value
        for column, value in ((c.state, state), (c.version_id, version_id), (c.parent_id, parent_id))
        if value is not None
    ]
    if before is not None:
        wanted.append(or_(c.created_at < before[0], and_(c.created_at == before[0], c.id < before[1])))
    query = select(*COLUMNS).where(*wanted).order_by(c.created_at.desc(), c.id.desc()).limit(limit)
    with store.reading() as connection:
        return [job_of(row) for row in connection.execute(query)]


def queue(store: Works) -> Queue:
    """How much there is to do for the store's project."""
    with store.reading() as connection:
        return queue_within(connection, jobs.c.project == store.project)


def whole_queue(store: Works) -> Queue:
    """How much there is to do for all projects."""
    with store.reading() as connection:
        return queue_within(connection)


def queue_within(connection: Connection, *of: ColumnElement[bool]) -> Queue:
    """The same within a transaction, of such jobs."""
    query = select(jobs.c.state, func.count(), func.min(jobs.c.created_at)).group_by(jobs.c.state)
    rows = connection.execute(query.where(jobs.c.state.in_(("queued", "running")), *of))
    found = {state: (number, oldest) for state, number, oldest in rows}
    queued, oldest = found.get("queued", (0, None))
    return Queue(queued, found.get("running", (0, None))[0], oldest)


def _row(project: str, options: Mapping[str, Any], by: str, request_id: str, now: str) -> dict[str, object]:
    """A job that waits."""
    return {
        "id": uuid4().hex, "project": project, "options": json.dumps(options, sort_keys=True), "state": "queued",
        "created_at": now, "created_by": storable(by), "request_id": request_id,
    }  # fmt: skip


def _born_done(store: Works, connection: Connection, done: int | ReadyPiece | None, now: str) -> dict[str, object]:
    """Of a job whose work was done before, what is so from the beginning."""
    audit_id: int | None
    if isinstance(done, ReadyPiece):
        ((audit_id, there),) = store.finish_within(connection, [done])
        if not there:
            tell_of(connection, store.project, audit_id)
    else:  # it may have been taken out of the store a moment ago
        its = (audits.c.id == done, audits.c.project == store.project)
        audit_id = None if done is None else connection.scalar(select(audits.c.id).where(*its))
    if audit_id is None:
        return {}
    return {"state": "done", "reused": True, "audit_id": audit_id, "started_at": now, "ended_at": now}


def _found(connection: Connection, project: str, job_id: str) -> Job | None:
    its = (jobs.c.id == job_id, jobs.c.project == project)
    row = connection.execute(select(*COLUMNS).where(*its)).first()
    return None if row is None else job_of(row)


def _answered(connection: Connection, project: str, key: str, asked: str) -> Job | None:
    """The job that the same request has already; `KeyTaken` where it was another request."""
    c = answers.c
    row = connection.execute(select(c.asked, c.job_id).where(c.project == project, c.key == key)).first()
    if row is None:
        return None
    if row.asked != asked:
        raise KeyTaken(f"the key {key!r} was another request's: make a new one for a new request")
    return _found(connection, project, row.job_id)


def _waiting(connection: Connection, project: str) -> int:
    query = select(func.count()).select_from(jobs).where(jobs.c.state == "queued", jobs.c.project == project)
    return int(connection.scalar(query) or 0)
