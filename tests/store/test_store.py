"""Reports go in and come back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from auditor.errors import StoreError
from auditor.formats import json as format_json
from auditor.report import ModelIdentity, Report, Totals, Verdict
from auditor.store import where
from auditor.store.rows import rows_of_audit
from auditor.store.store import Row, Store, upgrade
from auditor.store.tables import audits, findings, operators
from tests.pace import check_units, cpu_of

from .reports import document


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = document("v1.onnx", findings=3)
    with Store.open(tmp_path / "deep" / "er" / "reports.db") as store:
        first, second = store.save(saved), store.save(document("v2.onnx"))
        assert first != second
        assert store.get(first) == saved
    with Store.open(str(tmp_path / "deep" / "er" / "reports.db"), create=False) as store:
        assert store.get(first) == saved


@pytest.mark.parametrize("table", [audits, findings, operators], ids=lambda table: table.name)
def test_every_column_is_filled(table: Table) -> None:
    """A few are known only when an audit is inserted."""
    rows = rows_of_audit(document(findings=1) | {"operators": {"Conv": 2}}, "/m.onnx", "default")
    (row,) = {audits: [rows.audit], findings: rows.findings, operators: rows.operators}[table]
    assert set(table.c.keys()) - set(row) == ({"id", "subject", "version"} if table is audits else {"audit_id"})


@pytest.mark.parametrize("audit_id", [0, -1, 2, 1 << 62, 1 << 80])
def test_an_id_that_was_never_given_has_no_report(tmp_path: Path, audit_id: int) -> None:
    with Store.open(tmp_path / "reports.db") as store:
        store.save(document())
        assert store.get(audit_id) is None


def test_history_is_newest_first_and_of_that_model_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open("reports.db") as store:
        ids = [store.save(document("m.onnx", findings=n, content_digest="c" * 64)) for n in range(4)]
        other = store.save(document("other.onnx", digest="e" * 64))
        assert [row.id for row in store.history("m.onnx")] == ids[::-1]
        assert [row.id for row in store.history("./x/../m.onnx", limit=2)] == ids[:1:-1]
        assert [row.id for row in store.history("e" * 64)] == [other]
        assert [row.id for row in store.history("c" * 64)] == ids[::-1]
        assert [row.id for row in store.history("e" * 8)] == [other]
        assert store.history("e" * 7) == store.history("e" * 65) == store.history("e" * 8 + "0") == []
        assert store.history("absent.onnx") == []
        assert store.history("m.onnx", 1) == [
            Row(
                id=ids[3],
                when="2026-01-02T03:04:05Z",
                source=str(tmp_path / "m.onnx"),
                verdict="fail",
                errors=2,
                warnings=1,
                notes=0,
                bytes=100,
                nodes=5,
                parameters=61_706,
                macs=1 << 40,
                digest="d" * 64,
                content_digest="c" * 64,
                subject=str(tmp_path / "m.onnx"),
                version="",
                accepted=None,
            )
        ]


def test_a_registry_names_the_source_itself(tmp_path: Path) -> None:
    with Store.open(tmp_path / "reports.db") as store:
        audit = store.save(document("/models/a/1/model.onnx"), source="triton:a")
        assert [row.id for row in store.history("triton:a")] == [audit]
        assert store.history("/models/a/1/model.onnx") == []


def test_the_newest_audit_of_a_model_is_marked(tmp_path: Path) -> None:
    with Store.open(tmp_path / "reports.db") as store:
        for path in ("a.onnx", "b.onnx", "a.onnx"):
            store.save(document(path))
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        assert plain.execute("SELECT id FROM audits WHERE latest = 1 ORDER BY id").fetchall() == [(2,), (3,)]
        assert plain.execute("SELECT count(*) FROM findings WHERE rule = 'rule-1'").fetchone() == (3,)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM audits WHERE project = 'default' AND source = 'a' AND latest = 1",
        "SELECT id FROM audits WHERE project = 'default' AND source = 'a' ORDER BY id DESC LIMIT 5",
        "SELECT id FROM audits WHERE project = 'default' AND digest = 'a' ORDER BY id DESC",
        "SELECT audit_id FROM findings WHERE rule = 'nan-weights'",
    ],
)
def test_the_searches_that_count_go_by_an_index(tmp_path: Path, query: str) -> None:
    Store.open(tmp_path / "reports.db").close()
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        plan = [row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH") and "INDEX" in plan[0]


def test_odd_names_and_numbers_are_kept(tmp_path: Path) -> None:
    """Not UTF-8, NUL, longer than an index takes, beyond 64 bits, polynomials."""
    paths = ["/m\udc80.onnx", "/m\0.onnx", "/" + "x" * 4000, "/" + "x" * 4001, "", "/%41?#'\"; DROP TABLE audits"]
    totals = Totals(parameters=1 << 70, macs="3*N + 1")
    with Store.open(tmp_path / "odd % ?#\udc80.db") as store:
        for path in paths:
            audit = store.save(format_json.document(Report(ModelIdentity(path), totals=totals), Verdict.PASS))
            assert [(row.id, row.parameters, row.macs) for row in store.history(path)] == [(audit, None, None)]
            saved = store.get(audit)
            assert saved is not None
            assert format_json.parse(saved)[0].totals == totals


def test_a_thousand_reports(tmp_path: Path) -> None:
    with Store.open(tmp_path / "reports.db") as store:
        ids = [store.save(document(f"{n % 10}.onnx", findings=n % 5, bytes=n)) for n in range(1000)]
        assert ids == sorted(set(ids))
        assert [row.bytes for row in store.history("3.onnx", limit=1000)] == list(range(993, 0, -10))
        assert store.get(ids[500]) == document("0.onnx", findings=0, bytes=500)


def test_a_report_that_cannot_be_kept_leaves_nothing(tmp_path: Path) -> None:
    """A finding that breaks a constraint takes its audit with it, and the audit before stays the latest."""
    broken = document()
    broken["findings"][1]["basis"] = {"not": "a text"}
    with Store.open(tmp_path / "reports.db") as store:
        kept = store.save(document())
        with pytest.raises(StoreError, match="cannot be used"):
            store.save(broken)
        assert [row.id for row in store.history("m.onnx")] == [kept]
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        assert plain.execute("SELECT id FROM audits WHERE latest = 1").fetchall() == [(kept,)]
        assert plain.execute("SELECT count(*) FROM findings").fetchone() == (2,)


def test_a_damaged_document_is_one_clear_line(tmp_path: Path) -> None:
    with Store.open(tmp_path / "reports.db") as store:
        audit = store.save(document())
        with sqlite3.connect(tmp_path / "reports.db") as plain:
            plain.execute("UPDATE audits SET document = substr(document, 1, 20)")
        with pytest.raises(StoreError, match=f"report {audit} in .*reports.db is damaged .*: audit the model again"):
            store.get(audit)


def test_sqlite_is_set_up_to_survive(tmp_path: Path) -> None:
    with Store.open(tmp_path / "reports.db") as store, store._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "busy_timeout": 10_000, "foreign_keys": 1, "synchronous": 2}


def test_the_database_is_named_by_option_then_environment_then_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_DB", "/elsewhere/r.db")
    assert where.chosen_path("x.db") == "x.db"
    assert where.chosen_path(None) == where.default_path() == "/elsewhere/r.db"
    monkeypatch.delenv("AUDITOR_DB")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    if sys.platform == "linux":
        assert where.default_path() == "/data/auditor/reports.db"
    assert Path(where.default_path()).name == "reports.db"


def test_upgrade_makes_a_database_that_is_not_there(tmp_path: Path) -> None:
    upgrade(tmp_path / "new" / "reports.db")
    with Store.open(tmp_path / "new" / "reports.db", create=False) as store:
        assert store.save(document()) == 1


def test_what_a_report_costs_to_import(tmp_path: Path) -> None:
    """Nothing of SQLAlchemy before a report is stored, nothing of Alembic while the schema is as it should be."""
    code = (
        "import sys, auditor.store, auditor.store.where, auditor.formats.json\n"
        "assert 'sqlalchemy' not in sys.modules\n"
        "from auditor.store.store import Store\n"
        "Store.open(sys.argv[1]).close()\n"
        "Store.open(sys.argv[1]).close()\n"
        "print([m for m in ('alembic', 'sqlalchemy.orm', 'numpy', 'rich') if m in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path / "reports.db"], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_storing_is_quick(tmp_path: Path) -> None:
    """Into a database that is there: without the half second that Alembic and the ORM take."""
    Store.open(tmp_path / "reports.db").close()

    def save() -> None:
        with Store.open(tmp_path / "reports.db") as store:
            store.save(document())

    save()
    check_units(3, lambda: cpu_of(save))


def test_one_statement_is_read_without_a_transaction(postgresql_database: str) -> None:
    """PostgreSQL is asked once, and not also to begin and to end; several statements still see one moment."""
    with Store.open(postgresql_database) as store:
        status = []
        for once in (True, False):
            with store.reading(once=once) as connection:
                connection.execute(select(audits.c.id)).all()
                driver: Any = connection.connection.driver_connection
                status.append(driver.info.transaction_status.name)
        assert status == ["IDLE", "INTRANS"]
