"""A fresh database in SQLite, and one in PostgreSQL where there is a server to start and a driver for it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count()


def _binaries() -> Path | None:
    """The folder of ``initdb``: on the path, or where Debian puts it."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of our own; ``{}`` in its address is the name of a database."""
    binaries = _binaries()
    if binaries is None or find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL is installed here" if binaries is None else "psycopg is not installed")
    with started_postgresql() as url:
        yield url


@contextmanager
def started_postgresql() -> Iterator[str]:
    """A server without a port: it listens on a socket in a folder of its own. LookupError where none is installed."""
    binaries = _binaries()
    if binaries is None:
        raise LookupError("no PostgreSQL is installed here")
    user = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "nobody"
    # A socket's path has 107 bytes at most, and to a client a comma in it parts two hosts: TMPDIR may be anything.
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(dir="/tmp") as sockets:
        folder = Path(name)
        for made in (folder, sockets):
            shutil.chown(made, user)
        data = str(folder / "data")

        def run(binary: str, *options: str) -> None:
            null = subprocess.DEVNULL
            subprocess.run(
                [binaries / binary, "-D", data, *options], user=user, cwd=folder, check=True, stdout=null, stderr=null
            )

        run("initdb", "-A", "trust", "-U", "auditor", "-E", "UTF8")
        options = f"-k {sockets} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://auditor@/{{}}?host={sockets}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


@pytest.fixture
def postgresql_database(postgresql: str) -> str:
    """One that nobody has used yet."""
    from sqlalchemy import create_engine, text

    name = f"reports_{next(_NUMBERS)}"
    engine = create_engine(postgresql.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgresql.format(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is not made yet, as ``--db`` names it."""
    if request.param == "sqlite":
        return str(tmp_path / "reports.db")
    name: str = request.getfixturevalue("postgresql_database")
    return name
