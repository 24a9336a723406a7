"""The schema of a report database: made, recognised, brought up to date.

A fresh database is made from the tables and stamped; Alembic is imported only where the schema is behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, insert, inspect

from ..errors import StoreError
from .connection import OTHER, PATIENCE, errors_in_words, reading, shown, take_turn, write_ahead
from .service_tables import all_tables
from .tables import HEAD, alembic_version, audits

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = "schema"
"""What has to be taken in turns (`take_turn`) by those who make or change the schema."""


def migrations_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parent.parent
    for folder in (package / "_migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise StoreError(f"auditor's migrations are missing beside {package}: install auditor again")


def ensure(engine: Engine, patience: float = PATIENCE) -> None:
    """Make the schema, bring it to its head, or say why this database is not ours."""
    if _is_current(engine, patience):
        return
    write_ahead(engine, patience)
    with engine.begin() as connection:
        take_turn(connection, SCHEMA)
        if _revision(connection) is None:  # nobody was faster
            _create(connection)


def migrate(url: URL, patience: float = PATIENCE) -> None:
    """Bring a database to the newest schema by its migrations, step by step, all of them or none."""
    from alembic import command

    with errors_in_words(url, patience):
        command.upgrade(config(url, patience), "head")


def config(url: URL, patience: float = PATIENCE) -> Config:
    """Alembic's settings. The URL is an attribute: as an option, a ``%`` in a path would be interpolated."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    settings.attributes.update(url=url, patience=patience)
    return settings


def _is_current(engine: Engine, patience: float) -> bool:
    """True at the head, after an upgrade where one is due; False of an empty database."""
    with reading(engine) as connection:
        revision = _revision(connection)
    if revision not in (None, HEAD):
        migrate(engine.url, patience)
    return revision is not None


def _revision(connection: Connection) -> str | None:
    """The revision of a database of ours, perhaps behind; None if it is empty. Any other is refused."""
    where = shown(connection.engine.url)
    there = inspect(connection)
    revision: str | None = None
    if there.has_table(alembic_version.name):
        words = f"SELECT {alembic_version.c.version_num.name} FROM {alembic_version.name}"
        revision = connection.exec_driver_sql(words).scalar()  # in words: a new engine would compile it each time
    if revision == HEAD:
        return HEAD
    tables = set(there.get_table_names())
    if revision is None and tables <= {alembic_version.name}:
        return None
    if audits.name not in tables or revision is None:
        raise StoreError(f"{where} is the database of another program (it has tables, and none of them ours): {OTHER}")
    if not (migrations_folder() / "versions" / f"{revision}.py").is_file():
        raise StoreError(
            f"the report database {where} was written by a newer auditor (schema {revision}; "
            f"this one knows {HEAD}): upgrade auditor, or {OTHER}"
        )
    return revision


def _create(connection: Connection) -> None:
    all_tables.create_all(connection)
    alembic_version.create(connection, checkfirst=True)
    connection.execute(insert(alembic_version).values(version_num=HEAD))
