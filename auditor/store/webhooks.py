"""Webhooks: who hears of a changed verdict, and what was sent to whom.

What is to be sent is a row, written in the transaction of the report that it tells of; it is sent at least once.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, tuple_, update

from ..tuples import NamedTuple
from .connection import storable
from .counters import count
from .service_tables import deliveries, models, webhooks
from .store import Store
from .tables import audits
from .tokens import moment

TRIES = 8
"""Attempts of a delivery."""

MOST = 20
"""Webhooks of a project."""

_FIRST, _TIMES, _LONGEST = 30.0, 4, 12 * 3600.0  # seconds to the second attempt, and how that grows
_MARK = "auh_"
_RANDOM = 32  # bytes: 256 bits
_SAID = 300  # characters


class Webhook(NamedTuple):
    """An address that hears of changed verdicts."""

    id: str
    url: str
    created_at: str  # ISO 8601, UTC
    created_by: str


class Delivery(NamedTuple):
    """One thing that is to be sent, or was."""

    id: str
    webhook_id: str
    body: str  # JSON
    state: str  # waiting, done, given up
    attempts: int
    next_at: str | None  # of one that waits; this and the others: ISO 8601, UTC
    said: str  # what came of the last attempt
    created_at: str
    ended_at: str | None


class DueDelivery(NamedTuple):
    """One that is to be sent now: plain data, for a worker."""

    id: str
    project: str
    url: str
    secret: bytes
    body: str
    attempts: int  # with this one


_WEBHOOK = (webhooks.c.id, webhooks.c.url, webhooks.c.created_at, webhooks.c.created_by)
_DELIVERY = (
    deliveries.c.id, deliveries.c.webhook_id, deliveries.c.body, deliveries.c.state, deliveries.c.attempts,
    deliveries.c.next_at, deliveries.c.said, deliveries.c.created_at, deliveries.c.ended_at,
)  # fmt: skip


def create(store: Store, url: str, by: str) -> tuple[Webhook, str] | None:
    """A new webhook of the store's project, and the secret of its signatures, which nobody is told again.

    None where the project has `MOST` of them. Whether the URL is one that may be asked is the caller's to see to.
    """
    new = Webhook(uuid4().hex, storable(url), moment(datetime.now(UTC)), storable(by))
    secret = _MARK + secrets.token_urlsafe(_RANDOM)
    with store.writing(f"webhooks of {store.project}") as connection:
        query = select(func.count()).select_from(webhooks).where(webhooks.c.project == store.project)
        if (connection.scalar(query) or 0) >= MOST:
            return None
        row = new._asdict() | {"project": store.project, "secret": secret.encode()}
        connection.execute(insert(webhooks), row)
    return new, secret


def listed(store: Store, limit: int = MOST, after: tuple[str, str] | None = None) -> list[Webhook]:
    """The webhooks of the store's project, the oldest first; ``after`` is time and id of the last one seen."""
    query = select(*_WEBHOOK).where(webhooks.c.project == store.project)
    if after is not None:
        query = query.where(tuple_(webhooks.c.created_at, webhooks.c.id) > tuple_(*after))
    query = query.order_by(webhooks.c.created_at, webhooks.c.id).limit(limit)
    with store.reading() as connection:
        return [Webhook(*row) for row in connection.execute(query)]


def webhook_of(store: Store, webhook_id: str) -> Webhook | None:
    """The webhook with this id; None if the project has no such one."""
    with store.reading() as connection:
        row = connection.execute(select(*_WEBHOOK).where(*_is(store, webhook_id))).first()
    return None if row is None else Webhook(*row)


def remove(store: Store, webhook_id: str) -> bool:
    """From now on it hears nothing, and what was sent is forgotten. False if the project has no such one."""
    with store.writing("webhooks") as connection:
        return connection.execute(delete(webhooks).where(*_is(store, webhook_id))).rowcount > 0


def sent(store: Store, webhook_id: str, limit: int, before: tuple[str, str] | None = None) -> list[Delivery]:
    """Deliveries of a webhook of the project, the newest first; ``before`` is time and id of the last one seen."""
    c = deliveries.c
    query = select(*_DELIVERY).where(c.webhook_id == webhook_id, c.project == store.project)
    if before is not None:
        query = query.where(tuple_(c.created_at, c.id) < tuple_(*before))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(c.created_at.desc(), c.id.desc()).limit(limit))
        return [Delivery(*row) for row in rows]


def send_test(store: Store, webhook_id: str) -> Delivery | None:
    """Something to be sent to this one alone; None if the project has no such webhook."""
    with store.writing("webhooks") as connection:
        if connection.scalar(select(webhooks.c.id).where(*_is(store, webhook_id))) is None:
            return None
        row = _row(store.project, webhook_id, "test", {})
        connection.execute(insert(deliveries), row)
        return Delivery(*connection.execute(select(*_DELIVERY).where(deliveries.c.id == row["id"])).one())


def tell_of(connection: Connection, project: str, audit_id: int) -> int:
    """Write what is to be sent of an audit that was kept just now, in the same transaction; returns to how many.

    That is where its verdict is another than that of the subject's audit before. Ad hoc looks are nobody's verdict.
    """
    c = audits.c
    now = connection.execute(
        select(c.uid, c.subject, c.version, c.verdict, c.errors, c.warnings, c.notes, c.ad_hoc).where(c.id == audit_id)
    ).one()
    if now.ad_hoc:
        return 0
    before = connection.scalar(
        select(c.verdict)
        .where(c.project == project, c.subject == now.subject, c.id < audit_id, ~c.ad_hoc)
        .order_by(c.id.desc())
        .limit(1)
    )
    ids = []
    if before not in (None, now.verdict):
        ids = list(connection.scalars(select(webhooks.c.id).where(webhooks.c.project == project)))
    if ids:
        model = connection.scalar(select(models.c.id).where(models.c.project == project, models.c.name == now.subject))
        audit = {name: getattr(now, name) for name in ("version", "errors", "warnings", "notes")}
        said = {
            "model": {"id": model, "name": now.subject}, "before": before, "now": now.verdict,
            "audit": {"id": now.uid, **audit},
        }  # fmt: skip
        connection.execute(insert(deliveries), [_row(project, one, "verdict.changed", said) for one in ids])
    return len(ids)


def _row(project: str, webhook_id: str, event: str, said: Mapping[str, Any]) -> dict[str, Any]:
    at, new = moment(datetime.now(UTC)), uuid4().hex
    body = json.dumps({"id": new, "event": event, "at": at, "project": project, **said})
    return {
        "id": new, "project": project, "webhook_id": webhook_id, "body": body, "state": "waiting",
        "next_at": at, "created_at": at,
    }  # fmt: skip


def claimed(store: Store, limit: int, seconds: float) -> list[DueDelivery]:
    """Deliveries of any project that are due, of each webhook one at most; for so long they are the caller's.

    The attempt counts from now on, so that one that kills its worker comes to its end, too.
    """
    c, at = deliveries.c, datetime.now(UTC)
    due = and_(c.state == "waiting", c.next_at <= moment(at))
    with store.reading() as connection:  # mostly there is none, and nobody has to wait for that
        if connection.scalar(select(c.id).where(due).limit(1)) is None:
            return []
    number = func.row_number().over(partition_by=c.webhook_id, order_by=(c.next_at, c.id)).label("number")
    first = select(c.id, number).where(due).subquery()
    query = (
        select(c.id, c.project, webhooks.c.url, webhooks.c.secret, c.body, c.attempts + 1)
        .join(webhooks, webhooks.c.id == c.webhook_id)
        .join(first, first.c.id == c.id)
        .where(first.c.number == 1)
        .order_by(c.next_at, c.id)
        .limit(limit)
    )
    with store.writing("deliveries") as connection:
        taken = [DueDelivery(*row) for row in connection.execute(query)]
        if taken:
            until = moment(at + timedelta(seconds=seconds))
            mine = c.id.in_([one.id for one in taken])
            connection.execute(update(deliveries).where(mine).values(next_at=until, attempts=c.attempts + 1))
    return taken


def delivered(store: Store, due: DueDelivery, said: str) -> None:
    """It came to whom it is for."""
    _ended(store, due, "done", said)


def not_delivered(store: Store, due: DueDelivery, said: str, again: bool = True) -> None:
    """It did not: it is tried again later, or given up after `TRIES`, or where nobody wants it."""
    if not again or due.attempts >= TRIES:
        _ended(store, due, "given up", said)
        return
    at = moment(datetime.now(UTC) + timedelta(seconds=pause(due.attempts)))
    with store.writing("deliveries") as connection:
        connection.execute(update(deliveries).where(*_waits(due)).values(next_at=at, said=storable(said)[:_SAID]))


def pause(attempts: int) -> float:
    """Seconds to wait after so many attempts: 30 at first, four times as many each time, half a day at most; over all
    about a day. A fifth more or less, so that what failed together does not come back together."""
    return min(_FIRST * float(_TIMES) ** (attempts - 1), _LONGEST) * random.uniform(0.8, 1.2)


def forget(store: Store, seconds: float) -> int:
    """Forget the deliveries of all projects that ended so long ago; returns how many."""
    c = deliveries.c
    before = moment(datetime.now(UTC) - timedelta(seconds=seconds))
    with store.writing("deliveries") as connection:
        return connection.execute(delete(deliveries).where(c.ended_at < before)).rowcount


def _ended(store: Store, due: DueDelivery, state: str, said: str) -> None:
    values = {"state": state, "said": storable(said)[:_SAID], "next_at": None, "ended_at": moment(datetime.now(UTC))}
    with store.writing("deliveries") as connection:
        if connection.execute(update(deliveries).where(*_waits(due)).values(values)).rowcount:
            count(connection, {f"deliveries {state}": 1})


def _waits(due: DueDelivery) -> tuple[ColumnElement[bool], ...]:
    """That attempt's row: another one may have been made since, by somebody who took this one for dead."""
    c = deliveries.c
    return c.id == due.id, c.state == "waiting", c.attempts == due.attempts


def _is(store: Store, webhook_id: str) -> tuple[ColumnElement[bool], ...]:
    return webhooks.c.id == webhook_id, webhooks.c.project == store.project
