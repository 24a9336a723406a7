"""Each hostile file through the real command: one report, the right exit code, and nothing that gets out of hand."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.forked import Ended, call
from tests.pace import check_units

from .files import CASES, Case, all_cases

VERDICT_OF = {0: "pass", 1: "fail", 3: "inconclusive", 4: "inconclusive"}

KEYS = {
    "schema_version", "auditor", "model", "verdict", "findings", "coverage", "totals", "inputs", "outputs",
    "weights", "run", "operators", "dtypes", "audited_at", "depth", "ad_hoc", "judged_by", "ranges",
}  # fmt: skip


def audited(path: Path, seconds: float | None = None) -> Ended:
    """Checked, with a run of so many seconds at most or with none."""
    limits = ("--no-run",) if seconds is None else ("--timeout", f"{seconds}", "--memory", "700M")
    return call("check", "--format", "json", "--no-store", *limits, str(path))


@pytest.mark.parametrize("case", all_cases(), ids=repr)
def test_a_hostile_file(case: Case, tmp_path: Path) -> None:
    path = case.make(tmp_path)
    ended = audited(path, case.seconds if case.run else None)
    assert "Traceback" not in ended.err, ended.err
    assert ended.status == case.exit, (ended.out[:3000], ended.err)
    report = ended.report
    assert set(report) == KEYS
    assert report["verdict"] == VERDICT_OF[case.exit]
    found = {finding["rule"] for finding in report["findings"]}
    assert not case.rule or case.rule in found, found
    not_looked_at = [f"{m['what']}: {m['why']}" for kind in ("skipped", "failed") for m in report["coverage"][kind]]
    assert case.coverage in "\n".join(not_looked_at)
    assert not [line for line in not_looked_at if "fault of auditor" in line]
    if case.sound:
        assert {finding["severity"] for finding in report["findings"]} <= {"note"}
    assert all(finding["message"].strip() for finding in report["findings"])
    assert ended.grown < case.memory
    if not case.run:  # with a run, the child's time is in it
        check_units(case.work, lambda: audited(path).cpu, ended.cpu)


STORED = (
    "empty",
    "pipe",
    "missing_path",
    "named_ansi",
    "named_nul",
    "names_of_sizes",
    "path_not_utf8",
    "everything_not_utf8",
)


def test_hostile_reports_are_stored(tmp_path: Path) -> None:
    """Several models, one object a line, and each report that there is lies in the database."""
    paths = []
    for name in STORED:
        (tmp_path / name).mkdir()
        paths.append(str(CASES[name].make(tmp_path / name)))
    database = tmp_path / "reports.db"
    ended = call("check", "--format", "json", "--no-run", "--db", str(database), *paths)
    assert ended.status == 1
    assert not ended.err.count("not stored"), ended.err
    assert [json.loads(line)["schema_version"] for line in ended.out.splitlines()] == [1] * len(STORED)
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute("select count(*) from audits").fetchone()
    assert count == len(STORED) - 1  # of a path without a file there is nothing to keep


def test_there_are_enough() -> None:
    assert len(all_cases()) >= 250
