"""A million findings in the store: what a registry asks of it, against raw sqlite3 with the same question."""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import update

from auditor.store.history import history
from auditor.store.rows import insert_audits, rows_of_audit
from auditor.store.store import Store
from auditor.store.tables import audits
from tests.benchmarks.measure import functions
from tests.store.reports import document

MODELS, TIMES_EACH, FINDINGS, RULES = 5_000, 4, 50, 40  # 20,000 audits, 1,000,000 findings
FAILING = "rule-3"

Tell = Callable[[str, str, str, bool], None]


def store(tell: Tell) -> None:
    """Fill a database, then ask it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.db"
        with Store.open(path) as ours, sqlite3.connect(path) as raw:
            fill(ours)
            ask(ours, raw, tell)
        raw.close()


def fill(ours: Store) -> None:
    """Every model audited four times; every rule fails about every model, in one audit or another."""
    whole = document("/m/0.onnx", findings=FINDINGS)
    for k in range(MODELS * TIMES_EACH // 1_000):
        with ours.writing("benchmark") as connection:
            for n in range(k * 1_000, (k + 1) * 1_000):
                whole["model"]["digest"] = f"{n:064d}"
                for i, finding in enumerate(whole["findings"]):
                    finding["rule"] = f"rule-{(i * 7 + n) % RULES if n % 4 else i % 3}"
                    finding["fingerprint"] = f"{(n % MODELS) * FINDINGS + i:020x}"
                source = f"/m/{n % MODELS}.onnx"
                rows = rows_of_audit(whole, source, ours.project)
                rows.audit.update(subject=source, version="", latest=False)
                insert_audits(connection, [rows])
            connection.execute(update(audits).where(audits.c.id > MODELS * (TIMES_EACH - 1)).values(latest=True))


def ask(ours: Store, raw: sqlite3.Connection, tell: Tell) -> None:
    """Latest report of a model; models that fail a rule; the history of a model."""
    count, size = raw.execute("SELECT count(*) FROM findings").fetchone()[0], "/m/77.onnx"
    mine, peer = functions(partial(ours.latest, size), partial(latest, raw, size), 51)
    figure = f"{mine * 1e3:.2f} ms, {mine / peer:.1f}x raw sqlite3"
    tell(f"store of {count:,} findings, latest report of a model", figure, "<= 5 ms", mine <= 5e-3)
    assert ours.failing(FAILING) == failing(raw, FAILING)
    mine, peer = functions(partial(ours.failing, FAILING), partial(failing, raw, FAILING), 21)
    figure = f"{mine * 1e3:.1f} ms for {len(failing(raw, FAILING)):,} models, {mine / peer:.1f}x raw sqlite3"
    tell(f"store of {count:,} findings, models that fail a rule", figure, "<= 20 ms", mine <= 20e-3)
    mine, peer = functions(partial(history, ours, size), partial(pairs, raw, size), 21)
    figure = f"{mine * 1e3:.1f} ms, {mine / peer:.1f}x reading its findings by raw sqlite3"
    tell(f"store of {count:,} findings, history of a model", figure, "<= 50 ms", mine <= 50e-3)


def latest(raw: sqlite3.Connection, source: str) -> bytes:
    """The same with nothing around it, the document unpacked and not parsed."""
    query = "SELECT document FROM audits WHERE latest = 1 AND source = ?"
    return zlib.decompress(raw.execute(query, (source,)).fetchone()[0])


def failing(raw: sqlite3.Connection, rule: str) -> list[str]:
    """The same by the documented view, as a person would write it."""
    return [
        row[0] for row in raw.execute("SELECT DISTINCT source FROM latest_findings WHERE rule = ? ORDER BY 1", (rule,))
    ]


def pairs(raw: sqlite3.Connection, source: str) -> list[tuple[str, ...]]:
    """All the findings of a model's audits."""
    query = "SELECT f.* FROM findings f JOIN audits a ON a.id = f.audit_id WHERE a.source = ?"
    return raw.execute(query, (source,)).fetchall()
