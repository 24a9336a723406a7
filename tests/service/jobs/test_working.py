"""What workers do, called here: sources that are refused, what is kept of an audit, and what a task may take."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from auditor.batch.one import Audited
from auditor.batch.run import allowed
from auditor.batch.tasks import WorkerLimits
from auditor.policy.policy import Policy
from auditor.report import Severity, Verdict
from auditor.service.answers.summaries import JudgementKey, kept_summary
from auditor.service.jobs import working
from auditor.service.jobs.dispatching import Dispatcher
from auditor.service.jobs.working import (
    Carried,
    FoundModels,
    NotCarried,
    SourceTask,
    VersionTask,
    audit_source,
    find_models,
    is_whole,
    kept,
)  # fmt: skip
from auditor.service.outward.fetching import USUAL, UrlLimits
from auditor.settings import Settings
from tests.batch.kills import make_models
from tests.store.reports import document


def task_of(source: Path, storage: Path, *roots: Path) -> SourceTask:
    settings = Settings(run=False)
    return SourceTask(
        "0" * 32, "default", str(storage), str(source), tuple(map(str, roots)), (), USUAL, settings, Policy()
    )


@pytest.mark.parametrize("work", [find_models, audit_source])
def test_a_source_below_no_root_is_not_looked_at(work: Any, tmp_path: Path) -> None:
    task = task_of(Path("/etc"), tmp_path, tmp_path)
    done = work(task)
    assert done == NotCarried("the path leads to no folder that is allowed")


def test_models_are_found_and_it_is_said_that_they_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[str] = []
    monkeypatch.setattr(working, "tell", stages.append)
    make_models(tmp_path / "models", 2)
    there = {str(path) for path in (tmp_path / "models").rglob("*.onnx")}
    found = find_models(task_of(tmp_path / "models", tmp_path, tmp_path))
    assert isinstance(found, FoundModels) and set(found.sources) == there and len(there) == len(found.sources) == 2
    assert stages == ["finding"]


def test_a_model_is_audited_where_it_lies_and_has_its_page(tmp_path: Path) -> None:
    make_models(tmp_path / "models", 1)
    (model,) = (tmp_path / "models").rglob("*.onnx")
    done = audit_source(task_of(model, tmp_path / "storage", tmp_path))
    assert isinstance(done, Carried) and done.document["model"]["path"] == done.ref.path == str(model)
    assert done.document["verdict"] == "fail", "the first of these models has a fault"
    assert {"fetching", "reading", "drawing"} <= done.seconds.keys() and done.key is not None
    (page,) = (tmp_path / "storage").rglob("*.html")
    assert page.stem == "0" * 32 and page.name[:-5] + ".json" in {beside.name for beside in page.parent.iterdir()}


@pytest.mark.parametrize(("findings", "is_kept"), [(1_000, True), (999, False)])
def test_of_a_large_report_its_judgements_are_kept(tmp_path: Path, findings: int, is_kept: bool) -> None:
    """Half of the findings of this report are errors; the gate asks for no less."""
    keys = tuple(JudgementKey("default", "0" * 32, gate, "a") for gate in (False, True))
    want: Any = SimpleNamespace(policy=Policy())
    task = VersionTask("0" * 32, "default", str(tmp_path), want, None, keys=keys)
    working._summarise(task, document(findings=findings))
    found = [kept_summary(tmp_path, key) for key in keys]
    counted = [one and (one.verdict, one.errors, one.warnings, one.notes) for one in found]
    assert counted == [(Verdict.FAIL, findings // 2, findings // 2, 0) if is_kept else None] * 2


def test_a_stage_has_the_time_until_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is counted before the first; one that comes again goes on."""
    now, stages = [100.0], list[str]()
    monkeypatch.setattr(working, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(working, "tell", stages.append)
    clock = working._StageClock()
    for stage, began in (("reading", 101.0), ("running", 103.0), ("reading", 107.0)):
        now[0] = began
        clock.at(stage)
    now[0] = 115.0
    assert clock.seconds() == {"reading": 2.0 + 8.0, "running": 4.0}
    assert stages == ["reading", "running", "reading"]


def test_a_report_is_kept_with_its_verdict_and_the_policy_that_gave_it() -> None:
    strict, lax = (
        kept(Audited(document(), True), Policy(fail_on=level, origin=origin), Settings(ad_hoc=("--no-run",)), None)
        for level, origin in ((Severity.WARNING, "strict.toml"), (None, "lax.toml"))
    )
    assert (strict["verdict"], strict["judged_by"]["policy"]) == ("fail", "strict.toml")
    assert (lax["verdict"], lax["judged_by"]["policy"]) == ("pass", "lax.toml")
    assert strict["ad_hoc"] == ["--no-run"] and strict["findings"] == document()["findings"]


@pytest.mark.parametrize(
    ("asked", "fail_on", "whole"), [(True, None, False), (True, Severity.ERROR, True), (False, None, True)]
)
def test_an_audit_with_something_open_that_passes_is_done_again(
    asked: bool, fail_on: Severity | None, whole: bool
) -> None:
    """By a policy under which nothing fails; another policy would take the pass that is kept for its own."""
    skipped = [{"what": "the run", "why": "it was not made", "asked": asked}]
    raw = {**document(findings=0), "coverage": {"ran": [], "skipped": skipped, "failed": []}}
    audited = Audited(raw, True)
    assert is_whole(audited, kept(audited, Policy(fail_on=fail_on), Settings(), None)) is whole
    assert not is_whole(audited._replace(whole=False), kept(audited, Policy(), Settings(), None))


def test_a_task_takes_what_its_settings_ask_for_and_no_more_than_the_service_gives() -> None:
    usual, asked = allowed(Settings()), []

    def submit(function: Any, one: Any, *, limits: WorkerLimits, tries: int) -> None:
        asked.append((limits, tries))

    small, large = WorkerLimits(1.0, 1 << 20), WorkerLimits(usual.seconds * 2, usual.memory * 2)
    for limits in (small, large):
        pool = cast(Any, SimpleNamespace(submit=submit))
        of: Any = SimpleNamespace(pool=pool, limits=limits, fetch=USUAL)
        Dispatcher._submit(of, find_models, None, Settings())
    assert asked == [(small, 1), (usual, 1)], "deaths are counted in the row"


def test_a_model_that_is_fetched_has_the_time_for_that_as_well() -> None:
    usual, asked = allowed(Settings()), list[float]()

    def submit(function: Any, one: Any, *, limits: WorkerLimits, tries: int) -> None:
        asked.append(limits.seconds)

    pool, fetch = cast(Any, SimpleNamespace(submit=submit)), UrlLimits(seconds=7.0)
    of: Any = SimpleNamespace(pool=pool, limits=WorkerLimits(usual.seconds + 60, usual.memory), fetch=fetch)
    there = task_of(Path("/models/a.onnx"), Path("/storage"))
    for task in (there, there._replace(source="https://models.example.com/a.onnx")):
        Dispatcher._submit(of, audit_source, task, Settings())
    assert asked == [usual.seconds, usual.seconds + 7.0]
