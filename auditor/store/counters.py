"""What is counted for /metrics, whichever process saw it: sums that only grow."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, case, insert, select, update

from .connection import take_turn
from .service_tables import counters
from .store import Store


def count(connection: Connection, more: Mapping[str, float]) -> None:
    """Add to sums by their names, within a transaction that somebody else holds."""
    if not more:
        return
    take_turn(connection, "counters")
    c = counters.c
    sums = case({name: float(value) for name, value in more.items()}, value=c.name)
    its = c.name.in_(sorted(more))
    if connection.execute(update(counters).where(its).values(value=c.value + sums)).rowcount == len(more):
        return
    there = set(connection.scalars(select(c.name).where(its)))
    new = [{"name": name, "value": value} for name, value in more.items() if name not in there]
    connection.execute(insert(counters), new)


def counted(store: Store) -> dict[str, float]:
    """All sums by their names."""
    with store.reading() as connection:
        return {row.name: row.value for row in connection.execute(select(counters.c.name, counters.c.value))}
