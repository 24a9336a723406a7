"""A whole database copied into another: each row under its number, all of them or none."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, update

from auditor.errors import StoreError
from auditor.store.copying import Copied, copy_all
from auditor.store.service_tables import all_tables, jobs
from auditor.store.tables import audits
from auditor.store.works import Works

from .every_table import fill_every_table, rows_of
from .reports import document, finish
from .test_exchange import filled

ROOT = Path(__file__).parents[2]


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Works]:
    """Rows in every table, of two projects; the newest number is nobody's any more."""
    with Works.open(tmp_path / "first.db") as store:
        filled(store)
        other = store.in_project("other")
        kept, _ = finish(other, document("/\\ \N{SNOWMAN}.onnx"), "/s.onnx", "o" * 64)
        other.accept("/s.onnx", kept, reason="a\nb", by="")
        gone = store.save(document("/gone.onnx"))
        with store.writing() as connection:
            fill_every_table(connection)
            connection.execute(delete(audits).where(audits.c.id == gone))
            (job,) = rows_of(connection, jobs)
            connection.execute(update(jobs).values(parent_id=None))
            # Of one moment, and by its id before the job that it belongs to.
            connection.execute(insert(jobs), job | {"id": "a" * 32, "parent_id": job["id"], "audit_id": kept})
        yield store


def every_row(store: Works) -> dict[str, list[dict[str, Any]]]:
    with store.reading() as connection:
        return {table.name: rows_of(connection, table) for table in all_tables.sorted_tables}


def test_every_table_is_the_same_there_and_back(first: Works, where: str, tmp_path: Path) -> None:
    with Works.open(where) as second, Works.open(tmp_path / "third.db") as third:
        whole = every_row(first)
        assert [name for name, rows in whole.items() if not rows] == []
        number = len(whole["audits"])
        assert copy_all(first, second) == Copied(number, sum(map(len, whole.values())) - number)
        assert every_row(second) == whole
        assert copy_all(second.in_project("whatever"), third) == Copied(number, sum(map(len, whole.values())) - number)
        assert every_row(third) == whole
        new = document("/new.onnx")
        assert [store.save(new) for store in (first, second, third)] == [
            max(row["id"] for row in whole["audits"]) + 2
        ] * 3
        first.accept("/new.onnx", 1, reason="", by="")
        second.accept("/new.onnx", 1, reason="", by="")
        assert every_row(second)["acceptances"][-1]["id"] == every_row(first)["acceptances"][-1]["id"]


def test_into_postgresql_no_row_is_sent_as_a_statement(first: Works, postgresql_database: str) -> None:
    """But all of a table's as one COPY: ten times as many a second."""
    with Works.open(postgresql_database) as second:
        said: list[str] = []
        event.listen(second.engine, "before_cursor_execute", lambda *of: said.append(of[2]))
        copy_all(first, second)
        assert said and not [statement for statement in said if statement.startswith("INSERT")]


def test_a_database_with_a_row_is_refused(first: Works, where: str) -> None:
    with Works.open(where) as second:
        kept = second.save(document())
        with pytest.raises(StoreError, match="is not empty, its table audits has rows: copy into another one, or"):
            copy_all(first, second)
        assert len(every_row(second)["audits"]) == 1 and second.get(kept) == document()


def test_nothing_is_copied_where_a_row_does_not_fit(first: Works, postgresql_database: str) -> None:
    """SQLite takes any text into a column of forty letters."""
    with first.writing() as connection:
        connection.execute(update(jobs).values(ended_at="x" * 41))
    with Works.open(postgresql_database) as second:
        with pytest.raises(StoreError, match=r"a row of jobs does not fit .* too long .*: no row was copied"):
            copy_all(first, second)
        assert not any(every_row(second).values())


KILLED = """
import os, signal, sys
from auditor.store import copying
from auditor.store.store import Store

def dying(connection, table, number, go_on=copying.go_on_after):
    go_on(connection, table, number)
    if table.name == "findings":
        os.kill(os.getpid(), signal.SIGKILL)

copying.go_on_after = dying
copying.copy_all(Store.open(sys.argv[1]), Store.open(sys.argv[2]))
"""


def test_a_copy_that_is_killed_leaves_nothing_and_is_begun_anew(first: Works, where: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "first.db"), where]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == -signal.SIGKILL
    with Works.open(where, patience=60.0) as second:
        assert not any(every_row(second).values())
        copy_all(first, second)
        assert every_row(second) == every_row(first)


MEASURED = """
import os, sys
from sqlalchemy import insert
from auditor.store.copying import copy_all
from auditor.store.rows import audit_row
from auditor.store.store import Store
from auditor.store.tables import audits
from tests.store.reports import document

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

first, second, third = (Store.open(where) for where in sys.argv[1:])
row = audit_row(document(), "/m.onnx") | {"latest": False}
with first.writing() as connection:
    for n in range(640):
        connection.execute(insert(audits), row | {"uid": str(n), "document": os.urandom(1 << 16)})
before = peak()
copy_all(first, second)
copy_all(second, third)
print(peak() - before)
"""


def test_memory_is_bounded(where: str, tmp_path: Path) -> None:
    """Forty MiB of reports, in and out, take less than half of that."""
    paths = [str(tmp_path / "first.db"), where, str(tmp_path / "third.db")]
    ran = subprocess.run([sys.executable, "-c", MEASURED, *paths], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 20 << 10  # KiB
