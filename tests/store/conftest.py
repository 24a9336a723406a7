"""A fresh database in SQLite, and one in PostgreSQL where there is a server to start and a driver for it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import make_url

from auditor.runtime.libc import libc
from auditor.store.store import upgrade

_NUMBERS = count()
_PR_SET_PDEATHSIG = 1
_CHEAP = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}
"""A server that is killed loses nothing by that, and no machine is."""


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
    """A server without a port: it listens on a socket in a folder of its own. LookupError where none is installed.

    It ends with us, whatever ends us.
    """
    binaries = _binaries()
    if binaries is None:
        raise LookupError("no PostgreSQL is installed here")
    user = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "nobody"
    # A socket's path has 107 bytes at most, and to a client a comma in it parts two hosts: TMPDIR may be anything.
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(dir="/tmp") as sockets:
        folder = Path(name)
        for place in (folder, sockets):
            shutil.chown(place, user)
        data, said = folder / "data", folder / "said.txt"
        init = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "auditor", "-E", "UTF8", "-N"]
        subprocess.run(init, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        settings = {"unix_socket_directories": sockets, "listen_addresses": "", **_CHEAP}
        command = [
            str(binaries / "postgres"),
            "-D",
            str(data),
            *(f"--{name}={value}" for name, value in settings.items()),
        ]
        prctl = libc().prctl  # found here: between fork and exec nothing is loaded

        def end_with_us() -> None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)

        with said.open("wb") as told:
            server = subprocess.Popen(
                command, user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=told, stderr=told,
                start_new_session=True, preexec_fn=end_with_us,
            )  # fmt: skip
        try:
            while not _is_ready(data):
                if server.poll() is not None:
                    raise OSError(f"PostgreSQL did not start: {said.read_text()}")
                time.sleep(0.02)
            yield f"postgresql+psycopg://auditor@/{{}}?host={sockets}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _is_ready(data: Path) -> bool:
    """What it writes when it takes connections."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    """A new one, as long as this lasts: what many tests made would take the server's folder minutes to go."""
    from sqlalchemy import create_engine

    name = f"reports_{next(_NUMBERS)}"
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            assert connection.dialect.server_version_info is not None
            copied = " STRATEGY FILE_COPY" if connection.dialect.server_version_info >= (15,) else ""
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}{copied}")
        yield server.format(name)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        engine.dispose()


@pytest.fixture
def postgresql_database(postgresql: str) -> Iterator[str]:
    """One that nobody has used yet."""
    with _database(postgresql, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def _postgresql_template(postgresql: str) -> Iterator[str]:
    """The name of a database that has the newest schema, and no row."""
    with _database(postgresql, "template1") as url:
        upgrade(url)
        yield make_url(url).database or ""


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "reports.db"
    upgrade(path)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a row, as ``--db`` names it. A copy: to make its schema takes ten times as long."""
    if request.param == "sqlite":
        yield str(shutil.copy(request.getfixturevalue("_sqlite_template"), tmp_path / "reports.db"))
        return
    with _database(request.getfixturevalue("postgresql"), request.getfixturevalue("_postgresql_template")) as url:
        yield url


@pytest.fixture
def fresh_sqlite(_sqlite_template: Path) -> str:
    """One that was made as a whole, without a migration: to look at, not to write to."""
    return str(_sqlite_template)


@pytest.fixture
def fresh_postgresql(postgresql: str, _postgresql_template: str) -> str:
    """The same in PostgreSQL."""
    return postgresql.format(_postgresql_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def unmade(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is not made yet, as ``--db`` names it."""
    if request.param == "sqlite":
        return str(tmp_path / "reports.db")
    name: str = request.getfixturevalue("postgresql_database")
    return name
