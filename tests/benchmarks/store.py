"""What a registry asks of a full store: a million findings, against raw sqlite3, and PostgreSQL against SQLite.

And of a million audits, in both: against one row of the same store that is looked up by its number.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import true, update

from auditor.store.copying import copy_all
from auditor.store.fleet import fleet
from auditor.store.history import history
from auditor.store.rows import insert_audits, keep_latest_rules, rows_of_audit
from auditor.store.store import Store
from auditor.store.tables import audits
from auditor.store.upkeep import Wish, prune
from tests.benchmarks.measure import AUDITOR, functions, process
from tests.store.conftest import started_postgresql
from tests.store.many import fill_with_many
from tests.store.reports import document

MODELS, TIMES_EACH, FINDINGS, RULES = 5_000, 4, 50, 40  # 20,000 audits, 1,000,000 findings
FAILING = "rule-3"
AUDITS = 1_000_000
MEMORY = 100_000_000

Tell = Callable[[str, str, str, bool], None]


def store(tell: Tell) -> None:
    """Fill a database, then ask it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.db"
        with Store.open(path) as ours, sqlite3.connect(path) as raw:
            fill(ours)
            ask(ours, raw, tell)
            with contextlib.suppress(LookupError), contextlib.ExitStack() as stack:
                where = stack.enter_context(started_postgresql()).format("postgres")
                compare(ours, stack.enter_context(Store.open(where)), tell)
        raw.close()


def compare(ours: Store, there: Store, tell: Tell) -> None:
    """The same in PostgreSQL, into which it is copied: within twice of SQLite and 3 ms."""
    began = time.monotonic()
    rows = sum(copy_all(ours, there))
    rate = rows / (time.monotonic() - began)
    tell("copied into PostgreSQL", f"{rows:,} rows, {rate:,.0f} a second", ">= 20,000", rate >= 20_000)
    source = "/m/77.onnx"
    assert ours.failing(FAILING) == there.failing(FAILING) and ours.latest(source) == there.latest(source)
    for what, ask in (
        ("latest report of a model", lambda store: store.latest(source)),
        ("models that fail a rule", lambda store: store.failing(FAILING)),
        ("history of a model", lambda store: history(store, source)),
    ):
        mine, peer = functions(partial(ask, there), partial(ask, ours), 51)
        figure = f"{mine * 1e3:.2f} ms, {mine / peer:.1f}x SQLite's {peer * 1e3:.2f} ms"
        tell(f"PostgreSQL, {what}", figure, "<= 2x and 3 ms", mine <= 2 * peer + 3e-3)


def million(tell: Tell) -> None:
    """A million audits of a hundred thousand models, in both databases."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        places = {"SQLite": str(Path(folder) / "million.db")}
        with contextlib.suppress(LookupError):
            places["PostgreSQL"] = stack.enter_context(started_postgresql()).format("postgres")
        for name, where in places.items():
            with Store.open(where) as store:
                fill_with_many(store, AUDITS, AUDITS // 10, 1)
                ask_of_many(name, store, tell)
            weigh_commands(name, where, Path(folder), tell)


def weigh_commands(name: str, where: str, folder: Path, tell: Tell) -> None:
    """How much memory each command takes that goes through all of a store."""
    lines, copied = str(folder / "audits.jsonl"), str(folder / "copied.db")
    for words in (
        ("history", "/m", "--db", where),
        ("history", "/m/77.onnx", "--db", where),
        ("db", "export", lines, "--db", where),
        ("db", "copy", where, copied),
        ("db", "prune", "--keep", "5", "--dry-run", "--db", where),
        ("db", "prune", "--keep", "5", "--db", copied),
    ):
        use = process((*AUDITOR, *words))
        what = " ".join(word for word in words if word.isalpha() or word.startswith("/m"))
        figure = f"{use.peak / 1e6:.0f} MB, {use.wall:.1f} s"
        tell(f"{AUDITS:,} audits in {name}, auditor {what}", figure, f"<= {MEMORY / 1e6:.0f} MB", use.peak <= MEMORY)
    for file in (lines, copied):
        Path(file).unlink()


def ask_of_many(name: str, store: Store, tell: Tell) -> None:
    """As multiples of a look at one row; and how fast it is found what may be taken out."""
    one = partial(store.whose, 77)
    source, place = "/m/77.onnx", ("/m/5", "/m/5")
    for what, ask, most in (
        ("latest report of a model", lambda: store.latest(source), 10),
        ("audits of a model", lambda: store.history(source), 50),
        ("history of a model, 10 audits", lambda: history(store, source), 150),
        ("a page of 50 models", lambda: fleet(store, limit=50), 150),
        ("a later page", lambda: fleet(store, after=place, limit=50), 150),
        ("a page by time, which is that of all", lambda: fleet(store, sort="when", limit=50), 150),
    ):
        mine, peer = functions(ask, one, 21)
        figure = f"{mine * 1e3:.2f} ms, {mine / peer:.0f}x one row of it"
        tell(f"{AUDITS:,} audits in {name}, {what}", figure, f"<= {most}x", mine <= most * peer)
    mine, peer = functions(lambda: store.failing(FAILING), one, 5)
    figure = f"{mine * 1e3:.0f} ms, {mine / peer:.0f}x one row of it"
    tell(
        f"{AUDITS:,} audits in {name}, models of {AUDITS // 10:,} that fail a rule",
        figure,
        "<= 3000x",
        mine <= 3000 * peer,
    )
    began = time.monotonic()
    gone = prune(store, Wish(keep=5), dry_run=True).audits
    rate = gone / (time.monotonic() - began)
    tell(f"{AUDITS:,} audits in {name}, old ones found", f"{gone:,}, {rate:,.0f} a second", ">= 20,000", rate >= 20_000)


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
    with ours.writing("benchmark") as connection:
        keep_latest_rules(connection, true())


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
