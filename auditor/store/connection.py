"""A connection to the report database, and its errors in the reader's words.

What only SQLite or only PostgreSQL knows stands here and nowhere else.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Table,
    TextClause,
    create_engine,
    event,
    func,
    literal_column,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import StoreError

PATIENCE = 10.0
"""Seconds to wait for a database that another process holds."""

AT_ONCE = 400
"""Values, or pairs of them, in one statement: older SQLite takes no more than 999."""

T = TypeVar("T")

OTHER = "give another database with --db or AUDITOR_DB"


def address(where: str | Path) -> URL:
    """The URL of a path, or of a URL as text."""
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(Path(where).expanduser().absolute()))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:  # no more of it is shown: a password may stand in it
        raise StoreError(f"{where.partition('://')[0]}://... is not a database URL: {OTHER}") from error
    # Without a driver's name SQLAlchemy 2.0 and 2.1 take different ones.
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def file_of(url: URL) -> Path | None:
    """The database's file, where it is one."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
        return None
    return Path(url.database)


def shown(url: URL) -> str:
    """What a person calls it: the path, or the URL without its password."""
    return str(file_of(url) or url.render_as_string(hide_password=True))


def open_engine(url: URL, patience: float = PATIENCE, foreign_keys: bool = True) -> Engine:
    """An engine whose transactions are whole, DDL included. Nothing is opened yet."""
    is_sqlite = url.get_backend_name() == "sqlite"
    if not is_sqlite and url.get_backend_name() != "postgresql":
        raise StoreError(f"{shown(url)} is neither an SQLite nor a PostgreSQL database: {OTHER}")
    try:
        engine = create_engine(url, connect_args={"timeout": patience} if is_sqlite else {})
    except NoSuchModuleError as error:
        raise StoreError(f"{shown(url)}: no driver {url.drivername} is known; {OTHER}") from error
    except ModuleNotFoundError as error:
        raise StoreError(f"{shown(url)} needs the Python package {error.name}: pip install {error.name}") from error
    if is_sqlite:
        _make_sqlite_transactional(engine, foreign_keys)
    return engine


def _make_sqlite_transactional(engine: Engine, foreign_keys: bool) -> None:
    """The driver's own BEGIN comes late and never before DDL; ours comes first, and takes the write lock."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        if not foreign_keys:  # migrations, which copy and rename tables that views look at
            connection.execute("PRAGMA legacy_alter_table=ON")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: Engine, once: bool = False) -> Iterator[Connection]:
    """A connection that only reads: one snapshot, and nobody who writes has to wait for it.

    ``once``: a single statement, or several of which each may see a moment of its own.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            if once:  # without BEGIN and ROLLBACK, each of which is a way there and back
                connection.execution_options(isolation_level="AUTOCOMMIT")
            else:  # else each statement would see what others have written by then
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection.execution_options(reading=True)


def parts(values: Iterable[T]) -> Iterator[list[T]]:
    """As many of the values at a time as one statement takes."""
    values = list(values)
    return (values[i : i + AT_ONCE] for i in range(0, len(values), AT_ONCE))


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same text, by which no index is chosen.

    SQLite takes it that a project has ten rows: of a million it would read them all, rather than look up eleven ids.
    """
    return column.concat(literal_column("''"))


def storable(value: str) -> str:
    """A text that every database takes: PostgreSQL refuses the character NUL."""
    return value.replace("\0", "\\x00")


def upsert(table: Table) -> TextClause:
    """An insert of whole rows, each in the place of one with the same primary key.

    Two who delete and then insert the same at once are refused by PostgreSQL: neither sees the other's row. Many rows
    go in one order, whoever writes them: else each of two could hold what the other waits for.
    """
    names, key = list(table.c.keys()), list(table.primary_key.columns.keys())
    new = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    values = ", ".join(f":{name}" for name in names)
    into = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"
    return text(f"{into} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {new}")


def take_turn(connection: Connection, what: str) -> None:
    """Until this transaction ends, nobody else has its turn at ``what``. SQLite's BEGIN IMMEDIATE has seen to it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"auditor {what}", 0))))


def alone_with(connection: Connection, tables: Sequence[Table]) -> None:
    """Until this transaction ends, nobody else writes to these tables. SQLite's BEGIN IMMEDIATE has seen to it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE:g}s'")
        connection.exec_driver_sql(f"LOCK TABLE {_names(tables)} IN SHARE ROW EXCLUSIVE MODE")


def look_at_anew(engine: Engine, tables: Sequence[Table]) -> None:
    """Many rows are new and kept: PostgreSQL plans by what it knows, and reads them beside the index until told.

    By itself it looks within minutes. No transaction may have this in it.
    """
    if engine.dialect.name == "postgresql":
        with errors_in_words(engine.url), engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {_names(tables)}")


def insert_whole(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Rows with a value for each column of a table, in its order: many of them, in the fastest way that there is."""
    names = ", ".join(table.c.keys())
    if connection.dialect.name == "sqlite":
        values = ", ".join("?" * len(table.c))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({values})", [tuple(r) for r in rows])
        return
    statement = f"COPY {table.name} ({names}) FROM STDIN"
    dialect = connection.dialect
    raw: Any = connection.connection  # psycopg's, of which SQLAlchemy knows no more than the standard says
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:  # as SQLAlchemy says it of a statement that it sends itself
        raise DBAPIError.instance(statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error


def last_number(connection: Connection, table: Table) -> int:
    """The last number that a table gave to a row of its own, also to one that is gone; 0 where it gives none."""
    if not _numbers(table):
        return 0
    if connection.dialect.name == "sqlite":
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return int(connection.exec_driver_sql(query, (table.name,)).scalar() or 0)
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
    return int(connection.exec_driver_sql(f"SELECT last_value FROM {sequence} WHERE is_called").scalar() or 0)


def go_on_after(connection: Connection, table: Table, number: int) -> None:
    """The table's next row of its own gets the number after this one."""
    if not number or not _numbers(table):
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, number))
    else:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), number)))


def _numbers(table: Table) -> bool:
    """Whether its rows are numbered: such a number is never another row's."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _names(tables: Sequence[Table]) -> str:
    return ", ".join(table.name for table in tables)


def write_ahead(engine: Engine, patience: float) -> None:
    """Put a new SQLite database into WAL mode. SQLite does not wait for a lock here, so we do."""
    if engine.dialect.name != "sqlite":
        return
    until = time.monotonic() + patience
    connection = engine.raw_connection()
    try:
        while True:
            try:
                connection.cursor().execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > until:
                    raise
                time.sleep(0.01)
    finally:
        connection.close()


@contextmanager
def errors_in_words(url: URL, patience: float = PATIENCE) -> Iterator[None]:
    """Turn the database's errors into one line: what, where, what to do."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreError(
            f"the report database {shown(url)} has no connection free for this one: others hold all of them; try again"
        ) from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(_line(shown(url), cause, patience)) from error


def _line(where: str, cause: BaseException | None, patience: float) -> str:
    name = getattr(cause, "sqlite_errorname", "")  # "SQLITE_IOERR_WRITE"
    match name.removeprefix("SQLITE_").partition("_")[0]:
        case "BUSY" | "LOCKED":
            waited = f"(waited {patience:g} s)"
            return f"the report database {where} is locked by another process {waited}: try again, or {OTHER}"
        case "READONLY" | "PERM" | "AUTH":
            return f"the report database {where} is read-only: make it and its folder writable, or {OTHER}"
        case "NOTADB":
            return f"{where} is not a report database (not an SQLite file): {OTHER}"
        case "CORRUPT":
            return f"the report database {where} is damaged: restore it from a copy, or {OTHER}"
        case "FULL":
            return f"the disk of the report database {where} is full: free some space, or {OTHER}"
        case "CANTOPEN":
            return f"the report database {where} cannot be opened: look at the permissions of its folder, or {OTHER}"
        case "IOERR":
            return f"the report database {where} cannot be read or written ({cause}): look at its disk, or {OTHER}"
        case _:
            why = (str(cause).strip() or type(cause).__name__).splitlines()[0]
            return f"the report database {where} cannot be used: {why}; {OTHER}"
