"""What is counted for /metrics, whichever process saw it: sums that only grow."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from .connection import take_turn
from .service_tables import counters
from .store import Store


def count(connection: Connection, more: Mapping[str, float]) -> None:
    """Add to sums by their names, within a transaction that somebody else holds."""
    if more:
        take_turn(connection, "counters")
    for name, value in more.items():
        its = counters.c.name == name
        if not connection.execute(update(counters).where(its).values(value=counters.c.value + value)).rowcount:
            connection.execute(insert(counters), {"name": name, "value": value})


def counted(store: Store) -> dict[str, float]:
    """All sums by their names."""
    with store.reading() as connection:
        return {row.name: row.value for row in connection.execute(select(counters.c.name, counters.c.value))}
