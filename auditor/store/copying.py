"""A whole database into another, empty one: every row of every project, under the same numbers and ids.

Read is one moment of the one, written one transaction of the other: it has all, or it is as empty as it was. To bring
what one project has into a database that is in use is `exchange`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Table, literal, select
from sqlalchemy.exc import DataError, IntegrityError

from ..errors import StoreError
from ..tuples import NamedTuple
from .connection import alone_with, go_on_after, insert_whole, last_number, look_at_anew, shown
from .service_tables import all_tables
from .store import Store
from .tables import audits

_ROWS, _DOCUMENTS = 1_000, 32  # that are in memory at once: a report may have megabytes


class Copied(NamedTuple):
    """How many rows there are now."""

    audits: int
    others: int


def copy_all(source: Store, target: Store) -> Copied:
    """Copy a database, of whatever project the stores are. A target with a row in it is refused."""
    where = shown(target.engine.url)
    counts: dict[str, int] = {}
    tables = all_tables.sorted_tables  # what is pointed to comes first
    with source.reading() as reader, target.writing() as writer:
        alone_with(writer, tables)
        for table in tables:
            if writer.scalar(select(literal(1)).select_from(table).limit(1)) is not None:
                raise StoreError(
                    f"{where} is not empty, its table {table.name} has rows: copy into another one, or bring the "
                    "reports of a project into it by `auditor db export` and `auditor db import`"
                )
        for table in tables:
            counts[table.name] = 0
            for rows in _rows(reader, table):
                try:
                    insert_whole(writer, table, rows)
                except (DataError, IntegrityError) as error:
                    why = (str(error.orig).splitlines() or [""])[0][:200]
                    raise StoreError(
                        f"a row of {table.name} does not fit into {where} ({why}): no row was copied"
                    ) from error
                counts[table.name] += len(rows)
            go_on_after(writer, table, last_number(reader, table))
    look_at_anew(target.engine, tables)
    return Copied(counts[audits.name], sum(counts.values()) - counts[audits.name])


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    """Some at a time, in the order of their keys, and behind the rows of the same table that they point to."""
    size = _DOCUMENTS if any(isinstance(column.type, LargeBinary) for column in table.c) else _ROWS
    query = select(table).order_by(*_points_within(table), *table.primary_key.columns)
    return connection.execute(query, execution_options={"yield_per": size}).partitions()


def _points_within(table: Table) -> Iterator[ColumnElement[Any]]:
    """What sorts those who point to nobody first, and then by age."""
    for key in table.foreign_keys:
        if key.column.table is table:
            yield key.parent.is_not(None)
            yield table.c.created_at
