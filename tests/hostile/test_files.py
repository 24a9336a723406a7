"""Each hostile file through the real command: one report, the right exit code, and nothing that gets out of hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from .command import Ended, call
from .files import Case, all_cases

VERDICT_OF = {0: "pass", 1: "fail", 3: "inconclusive", 4: "inconclusive"}

KEYS = {
    "schema_version", "auditor", "model", "verdict", "findings", "coverage", "totals", "inputs", "outputs",
    "weights", "run", "audited_at",
}  # fmt: skip


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "reports.db"


def audited(path: Path, database: Path, *, run: bool) -> Ended:
    limits = ("--timeout", "2", "--memory", "700M") if run else ("--no-run",)
    return call("check", "--format", "json", "--db", str(database), *limits, str(path), seconds=40.0)


@pytest.mark.parametrize("case", all_cases(), ids=repr)
def test_a_hostile_file(case: Case, tmp_path: Path, database: Path) -> None:
    ended = audited(case.make(tmp_path), database, run=case.run)
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
    assert ended.peak < case.memory
    if not case.run:  # with a run, the child's time is in it
        assert ended.cpu < case.cpu
    assert ended.wall < 30.0


def test_there_are_enough() -> None:
    assert len(all_cases()) >= 200
