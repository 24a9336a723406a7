"""Every table of a database: a row in each, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select

from auditor.store.service_tables import all_tables


def fill_every_table(connection: Connection, tables: Sequence[Table] = tuple(all_tables.sorted_tables)) -> None:
    """A row in every table that has none: in those of the newest schema, or of an older one."""
    for table in tables:
        if not rows_of(connection, table):
            row = {column.name: _value(column) for column in table.c if not column.nullable}
            connection.execute(insert(table), row)


def _value(column: Column[Any]) -> object:
    """The same id everywhere, so that what points to something finds it."""
    if column.name in ("id", "project", "audit_id") or column.foreign_keys:
        return "default" if column.name == "project" else 1 if column.type.python_type is int else "i" * 32
    kind = column.type.python_type
    return {str: "x", int: 1, float: 1.0, bool: False, bytes: b"x"}[kind]


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """All rows, by their keys."""
    return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()]
