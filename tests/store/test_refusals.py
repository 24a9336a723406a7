"""A database that cannot be used: one line that says what, where, and what to do."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from auditor.errors import StoreError
from auditor.store.connection import address
from auditor.store.store import Store
from auditor.store.tables import HEAD

from .reports import document


def refused(
    where: Path | str, says: str, use: Callable[[Store], object] = lambda store: None, create: bool = True
) -> str:
    """The line that opening or using the database ends in."""
    with pytest.raises(StoreError, match=says) as caught, Store.open(where, create, patience=0.2) as store:
        use(store)
    line = str(caught.value)
    assert "\n" not in line
    assert "--db" in line
    return line


def test_more_at_once_than_there_are_connections(tmp_path: Path) -> None:
    def hold(store: Store) -> None:
        with ExitStack() as held:
            for _ in range(100):
                held.enter_context(store.reading()).exec_driver_sql("SELECT 1")

    engine = create_engine(address(tmp_path / "reports.db"), pool_size=1, max_overflow=1, pool_timeout=0.01)
    with pytest.raises(StoreError, match="has no connection free"):
        hold(Store(engine, 0.2))
    engine.dispose()


def test_a_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in refused(tmp_path, "is a folder")


def test_something_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.db")
    refused(tmp_path / "pipe.db", "not a regular file")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(
        tmp_path / "file" / "sub" / "reports.db",
        r"folder of the report database .*reports.db cannot be made or entered \(Not a dir",
    )


def test_none_there_and_none_wanted(tmp_path: Path) -> None:
    refused(tmp_path / "reports.db", "no report database .* yet: `auditor check MODEL` makes it", create=False)
    assert not (tmp_path / "reports.db").exists()


@pytest.mark.parametrize("content", [b"no database " * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_not_a_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    refused(path, "not a report database|damaged|cannot be opened")
    assert path.read_bytes() == content


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    with Store.open(path) as store:
        for n in range(50):
            store.save(document(f"{n}.onnx"))
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    refused(path, "is damaged: restore it from a copy", lambda store: store.save(document()))


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE runs (id INTEGER)"],
        ["CREATE TABLE audits (id INTEGER)"],
        [
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('a1b2c3')",
            "CREATE TABLE runs (id INTEGER)",
        ],
    ],
)
def test_the_database_of_another_program_is_left_as_it_was(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as plain:
        for statement in statements:
            plain.execute(statement)
    plain.close()
    before = path.read_bytes()
    refused(path, "database of another program")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["mlflow.db"]


def test_a_database_of_a_newer_auditor(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    Store.open(path).close()
    with sqlite3.connect(path) as plain:
        plain.execute("UPDATE alembic_version SET version_num = '0099_later'")
    plain.close()
    refused(path, f"newer auditor .schema 0099_later; this one knows {HEAD}.: upgrade auditor")


def test_locked(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    with Store.open(path) as store:
        kept = store.save(document())
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    refused(path, r"locked by another process \(waited 0.2 s\): try again", lambda store: store.save(document()))
    with Store.open(path) as store:  # readers do not wait
        assert store.get(kept) == document()
    holder.close()


def test_a_fresh_database_that_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    refused(path, "locked by another process")
    holder.close()


def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    with Store.open(path) as store:
        kept = store.save(document())
        pages = store._engine.raw_connection().execute("PRAGMA page_count").fetchone()[0]

    def use(store: Store) -> None:
        store._engine.dispose()
        event.listen(store._engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"))
        for n in range(50):
            store.save(document(f"{n}.onnx", findings=100))

    refused(path, "the disk of the report database .* is full: free some space", use)
    with Store.open(path) as store:
        assert store.get(kept) == document()


def in_a_child(work: Callable[[], None]) -> str:
    """What work prints into the pipe: the line of its StoreError. In a child, for it gives up rights for good."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            line = "it worked"
        except StoreError as error:
            line = str(error)
        except BaseException as error:
            line = f"{type(error)} {error}"
        os.write(writer, line.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        line = pipe.read()
    os.waitpid(child, 0)
    return line


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    Store.open(path).close()

    def grow() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))
        with Store.open(path, patience=0.2) as store:
            for n in range(50):
                store.save(document(f"{n}.onnx", findings=100))

    assert "cannot be read or written" in in_a_child(grow)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "says"),
    [
        (0o555, 0o444, "read-only: make it and its folder writable|cannot be opened: look at the permissions"),
        (0o777, 0o444, "read-only: make it and its folder writable"),
        (0o777, 0o000, "cannot be opened: look at the permissions"),
        (0o000, 0o644, "cannot be made or entered .Permission denied."),
    ],
)
def test_no_permission(folder_mode: int, file_mode: int, says: str) -> None:
    with tempfile.TemporaryDirectory() as name:  # where others may enter: root passes every permission
        folder = Path(name) / "data"
        folder.mkdir()
        path = folder / "reports.db"
        Store.open(path).close()
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        Path(name).chmod(0o755)

        def save() -> None:
            if os.geteuid() == 0:
                os.setresuid(65534, 65534, 65534)
            refused(path, says, lambda store: store.save(document()))

        try:
            assert in_a_child(save) == "it worked"
        finally:
            folder.chmod(0o755)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://user:secret@host/db", "neither an SQLite nor a PostgreSQL database"),
        ("sqlite+nonsense:///x.db", "no driver sqlite.nonsense is known"),
        ("postgresql://user:secret@host:notaport/db", "postgresql://... is not a database URL"),
        ("sqlite:////nowhere\0/x.db", "cannot be made or entered .embedded null byte"),
    ],
)
def test_urls_that_name_nothing(url: str, says: str) -> None:
    assert "secret" not in refused(url, says)
