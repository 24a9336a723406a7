"""The views are as documented, here and in docs/database.md, and programs that know nothing of us can read them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from auditor.store.store import Store
from auditor.store.views import VIEWS
from tests.pace import HANG

from ..readme import DOCS
from .reports import document

PAGE = (DOCS / "database.md").read_text(encoding="utf-8")


def filled(where: str | Path) -> None:
    with Store.open(where) as store:
        store.save(document("/r/a/1/model.onnx", 4), subject="a", version="1")
        store.save(document("/r/a/2/model.onnx", 3), subject="a", version="2")
        store.save(document("/r/a/2/model.onnx", 2))
        store.accept("a", 1, reason="", by="Ada")


def test_the_columns_are_those_that_are_documented(where: str) -> None:
    with Store.open(where) as store:
        found = inspect(store.engine)
        assert set(found.get_view_names()) == set(VIEWS)
        real = {name: [column["name"] for column in found.get_columns(name)] for name in VIEWS}
    assert real == {name: list(view.columns) for name, view in VIEWS.items()}


def test_the_page_names_them_all() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", PAGE, re.MULTILINE))
    assert {name: re.findall(r"`(\w+)`", rows.get(name, "")) for name in VIEWS} == {
        name: list(view.columns) for name, view in VIEWS.items()
    }


def test_the_pages_query_finds_what_it_says(tmp_path: Path) -> None:
    (query,) = re.findall(r'"(SELECT [^"]*)"', PAGE)
    filled(tmp_path / "reports.db")
    with closing(sqlite3.connect(tmp_path / "reports.db")) as plain:
        plain.execute("UPDATE findings SET rule = 'nan-weights' WHERE audit_id = 1 AND ordinal = 0")
        assert plain.execute(query).fetchall() == [("/r/a/1/model.onnx",)]


def test_what_they_say(where: str) -> None:
    filled(where)
    with Store.open(where) as store, store.reading() as connection:

        def rows(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(text(query))]

        assert rows("SELECT audit_id, subject, version, errors, warnings FROM latest_audits ORDER BY 1") == [
            (1, "a", "1", 2, 2), (3, "a", "2", 1, 1),
        ]  # fmt: skip
        assert rows("SELECT audit_id, rule FROM latest_findings WHERE rule = 'rule-0' ORDER BY 1, 2") == [
            (1, "rule-0"), (1, "rule-0"), (3, "rule-0"),
        ]  # fmt: skip
        assert rows("SELECT audit_id, accepted_at IS NULL FROM model_history ORDER BY 1") == [
            (1, False), (2, True), (3, True),
        ]  # fmt: skip
        assert rows("SELECT * FROM failing_rules ORDER BY rule") == [
            ("default", "rule-0", "error", 2, 3), ("default", "rule-1", "warning", 2, 3),
        ]  # fmt: skip


@pytest.mark.parametrize("query", ["SELECT * FROM latest_audits WHERE source = 'x'", "SELECT * FROM latest_audits"])
def test_the_newest_are_found_by_their_index(tmp_path: Path, query: str) -> None:
    filled(tmp_path / "reports.db")
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        (plan,) = (row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert "ix_audits_latest_source" in plan


def test_datasette_opens_the_file(tmp_path: Path) -> None:
    program = os.environ.get("AUDITOR_DATASETTE") or shutil.which("datasette")
    if program is None:
        pytest.skip("datasette is not installed; AUDITOR_DATASETTE names one elsewhere")
    filled(tmp_path / "reports.db")
    address = "/reports/failing_rules.json?_shape=array&_sort=rule"
    command = [program, "--get", address, str(tmp_path / "reports.db")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=HANG)
    assert json.loads(ran.stdout) == [
        {"project": "default", "rule": "rule-0", "severity": "error", "models": 2, "findings": 3},
        {"project": "default", "rule": "rule-1", "severity": "warning", "models": 2, "findings": 3},
    ]
