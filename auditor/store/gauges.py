"""What /metrics and /readyz ask of the database, over all projects."""

from __future__ import annotations

from sqlalchemy import func, select

from ..tuples import NamedTuple
from .jobs import queue_within
from .service_tables import blobs, counters, deliveries, uploads
from .store import Store


class Gauges(NamedTuple):
    """How much there is, and to do."""

    queued: int
    running: int
    oldest: str | None  # when the oldest audit that waits was asked for: ISO 8601, UTC
    blobs: int
    blob_bytes: int
    uploads: int  # that are on their way
    deliveries: int  # that wait
    counters: dict[str, float]  # as `counters` has them: what only grows


def gauges(store: Store) -> Gauges:
    """All of it, of one moment."""
    with store.reading() as connection:
        queue = queue_within(connection)
        stored = connection.execute(select(func.count(), func.coalesce(func.sum(blobs.c.size), 0))).one()
        coming = connection.execute(select(func.count()).where(uploads.c.done.is_(False))).scalar_one()
        unsent = connection.execute(select(func.count()).where(deliveries.c.state == "waiting")).scalar_one()
        sums = dict(map(tuple, connection.execute(select(counters.c.name, counters.c.value))))
    return Gauges(*queue, stored[0], int(stored[1]), coming, unsent, sums)


def answers_now(store: Store) -> bool:
    """Whether the database can be asked; a `StoreError` says why not."""
    with store.reading() as connection:
        return bool(connection.execute(select(1)).scalar_one())
