"""Several processes at one database, and processes that are killed in the middle."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import text

from auditor.store.store import Store
from auditor.store.tables import HEAD
from tests.pace import HANG

from .reports import document

FIRST_RUNS = """
import os, sys
from auditor.store.store import Store
from tests.store.reports import document

def first_run(child):
    os.read(gate, 1)
    with Store.open(sys.argv[1]) as store:
        for n in range(5):
            line = f"{store.save(document(f'{child}-{n}.onnx'))}\\n"
            os.write(1, line.encode())  # at once: print writes the end of the line by itself

gate, opening = os.pipe()
children = []
for child in range(8):
    pid = os.fork()
    if not pid:
        os.close(opening)
        first_run(child)
        os._exit(0)
    children.append(pid)
os.close(opening)  # all read its end, at once
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""

WRITER = """
import sys
from auditor.store.store import Store
from tests.store.reports import document
with Store.open(sys.argv[1]) as store:
    while True:
        print(store.save(document("m.onnx", findings=30)), flush=True)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_eight_first_runs_at_once(unmade: str) -> None:
    out, error = start(FIRST_RUNS, unmade).communicate(timeout=HANG)
    assert error == ""
    ids = [int(line) for line in out.split()]
    assert sorted(ids) == list(range(1, 41))
    with Store.open(unmade) as store, store.reading() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [HEAD]


def test_writers_that_are_killed_lose_nothing_and_leave_no_halves(where: str) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    acknowledged: list[int] = []
    for _ in range(3):
        writer = start(WRITER, where)
        assert writer.stdout is not None
        acknowledged.append(int(writer.stdout.readline()))
        time.sleep(chance.random() * 0.1)
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.communicate()[0].splitlines()]
    assert len(acknowledged) == len(set(acknowledged)) >= 3
    with Store.open(where) as store:
        with store.reading() as connection:
            if connection.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA integrity_check")).all() == [("ok",)]
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            query = "SELECT audits.id, count(rule) FROM audits LEFT JOIN findings ON audit_id = id GROUP BY 1"
            audits = dict(map(tuple, connection.execute(text(query))))
        assert set(acknowledged) <= set(audits)
        assert set(audits.values()) == {30}
        assert all(store.get(audit) == document("m.onnx", findings=30) for audit in acknowledged)
