"""What workers do, called here: sources that are refused, what is kept of an audit, and what a task may take."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from auditor.batch.one import Audited
from auditor.batch.pool import WorkerLimits
from auditor.batch.run import allowed
from auditor.policy.policy import Policy
from auditor.report import Severity
from auditor.service.jobs.dispatching import Dispatcher
from auditor.service.jobs.working import NotCarried, SourceTask, audit_source, find_models, kept
from auditor.service.outward.fetching import USUAL
from auditor.settings import Settings
from tests.store.reports import document


@pytest.mark.parametrize("work", [find_models, audit_source])
def test_a_source_below_no_root_is_not_looked_at(work: Any, tmp_path: Path) -> None:
    task = SourceTask(
        "0" * 32, "default", str(tmp_path), "/etc", (str(tmp_path),), (), USUAL, Settings(run=False), Policy()
    )
    done = work(task)
    assert done == NotCarried("the path leads to no folder that is allowed")


def test_a_report_is_kept_with_its_verdict_and_the_policy_that_gave_it() -> None:
    strict, lax = (
        kept(Audited(document(), True), Policy(fail_on=level, origin=origin), Settings(ad_hoc=("--no-run",)), None)
        for level, origin in ((Severity.WARNING, "strict.toml"), (None, "lax.toml"))
    )
    assert (strict["verdict"], strict["judged_by"]["policy"]) == ("fail", "strict.toml")
    assert (lax["verdict"], lax["judged_by"]["policy"]) == ("pass", "lax.toml")
    assert strict["ad_hoc"] == ["--no-run"] and strict["findings"] == document()["findings"]


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
