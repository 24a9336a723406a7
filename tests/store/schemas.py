"""What a database itself tells of its schema: so that two of them can be compared, however each was made."""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text

from auditor.store.connection import address

_COLUMNS = "table_name, column_name, collation_name, data_type, is_nullable, character_maximum_length, column_default"
_TABLES = """SELECT name, wr, sql LIKE '%AUTOINCREMENT%' FROM pragma_table_list JOIN sqlite_schema USING (name, type)
WHERE type = 'table'"""
_IN_POSTGRESQL = {
    "columns": f"SELECT {_COLUMNS} FROM information_schema.columns WHERE table_schema = 'public'",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace",
}


def schema_of(where: str) -> dict[str, list[tuple[object, ...]]]:
    """Tables with their columns and constraints, indexes with the order of their columns, and views.

    Of SQLite also in which order the indexes were made, by which it decides where two cost the same, and whether what
    is long stands behind all else. Any other order of columns says nothing, and is not told.
    """
    engine = create_engine(address(where))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            told = _of_sqlite(connection)
        else:
            told = {what: _sorted(connection, query) for what, query in _IN_POSTGRESQL.items()}
    engine.dispose()
    return told


def _of_sqlite(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = _sorted(connection, _TABLES)
    told = {"tables": tables, "views": _sorted(connection, "SELECT name, sql FROM sqlite_schema WHERE type = 'view'")}
    for name, *_ in tables:
        query = f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{name}')"
        columns = [tuple(row) for row in connection.execute(text(query))]
        told[f"columns of {name}"] = [*sorted(columns, key=repr), ("the last is a blob", columns[-1][1] == "BLOB")]
        keys = f'SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(\'{name}\')'
        told[f"foreign keys of {name}"] = _sorted(connection, keys)
        indexes = connection.execute(text(
            "SELECT i.name, i.\"unique\", i.partial, substr(s.sql, instr(s.sql, ' ON ')), "
            f"(SELECT group_concat(name) FROM pragma_index_info(i.name)) FROM pragma_index_list('{name}') AS i "
            "LEFT JOIN sqlite_schema AS s ON s.name = i.name ORDER BY i.seq"
        ))  # fmt: skip
        told[f"indexes of {name}"] = [tuple(row) for row in indexes]
    return told


def _sorted(connection: Connection, query: str) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in connection.execute(text(query))), key=repr)
