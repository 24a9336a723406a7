"""Jobs are rows: what was acknowledged is there, is claimed by one at a time, and ends in one report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text, update

from auditor.errors import NothingToAudit
from auditor.store import jobs, leases
from auditor.store.counters import count, counted
from auditor.store.jobs import KeyTaken, QueueFull
from auditor.store.rows import rows_of_audit
from auditor.store.service_tables import jobs as job_rows
from auditor.store.service_tables import models, versions
from auditor.store.tables import audits
from auditor.store.works import Piece, Works
from tests.pace import HANG, until
from tests.store.reports import document

ME, OTHER = "1" * 32, "2" * 32


@pytest.fixture
def store(where: str) -> Iterator[Works]:
    with Works.open(where) as opened:
        yield opened


def submitted(store: Works, **more: Any) -> jobs.Job:
    return jobs.submit(store, **{"source": "m.onnx", "options": {}, "by": "ada"} | more)


def claimed(store: Works, number: int = 1, dispatcher: str = ME, served: dict[str, int] | None = None) -> list[str]:
    found = leases.claim(store, dispatcher, number, 30.0, {} if served is None else served)
    return [one.job.id for one in found]


def piece(source: str = "m", key: str | None = None) -> Piece:
    return Piece(document(), source, key, whole=key is not None)


def reports(store: Works) -> list[str]:
    """The uids of all that are stored."""
    with store.reading() as connection:
        return list(connection.scalars(select(audits.c.uid).order_by(audits.c.id)))


def is_now(store: Works, job: jobs.Job) -> jobs.Job:
    found = jobs.job(store.in_project(job.project), job.id)
    assert found is not None
    return found


def test_what_is_submitted_is_there_as_it_was_asked_for(store: Works) -> None:
    made = submitted(store, options={"run": False, "dims": {"N": 1}}, request_id="r" * 32)
    assert is_now(store, made) == made
    assert (made.state, made.stage, made.attempts, made.audit_id, made.reused) == ("queued", "", 0, None, False)
    assert (made.options, made.created_by, made.source) == ({"run": False, "dims": {"N": 1}}, "ada", "m.onnx")
    assert jobs.job(store.in_project("other"), made.id) is None
    assert jobs.cancel(store.in_project("other"), made.id) is None
    assert jobs.listed(store.in_project("other"), 10) == []


def test_the_same_request_again_is_the_same_job_and_another_one_is_refused(store: Works) -> None:
    first = submitted(store, key="k", asked="a" * 64)
    assert submitted(store, key="k", asked="a" * 64).id == first.id
    with pytest.raises(KeyTaken):
        submitted(store, key="k", asked="b" * 64)
    elsewhere = submitted(store.in_project("other"), key="k", asked="b" * 64)
    assert elsewhere.id != first.id
    assert len(jobs.listed(store, 10)) == 1


def test_many_at_once_with_one_key_are_one_job(store: Works) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: submitted(store, key="k", asked="a" * 64).id, range(24)))
    assert len(set(made)) == 1 and len(jobs.listed(store, 10)) == 1


def test_so_many_wait_at_most(store: Works) -> None:
    for _ in range(2):
        submitted(store, most=2)
    with pytest.raises(QueueFull, match="2 audits"):
        submitted(store, most=2)
    submitted(store.in_project("other"), most=2)
    claimed(store)
    submitted(store, most=2)


def test_each_is_claimed_once_the_oldest_first(store: Works) -> None:
    made = [submitted(store).id for _ in range(5)]
    assert leases.look(store, ME).waiting
    assert claimed(store, 2) == made[:2]
    assert claimed(store, 9, OTHER) == made[2:]
    assert not leases.look(store, ME).waiting
    assert claimed(store, 9) == []
    assert {job.state for job in jobs.listed(store, 9)} == {"running"}


def test_many_who_claim_at_once_never_get_the_same(store: Works) -> None:
    made = {submitted(store).id for _ in range(40)}
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda i: claimed(store, 2, f"{i:032d}"), range(20)))
    found = [job_id for one in taken for job_id in one]
    assert len(found) == len(set(found)) and set(found) <= made
    assert set(found) | set(claimed(store, 40)) == made


def test_a_thousand_of_one_project_do_not_keep_anothers_waiting(store: Works) -> None:
    """Even where one after the other is done, so that none runs while the next is claimed."""
    many = [submitted(store) for _ in range(20)]
    few = [submitted(store.in_project("other")) for _ in range(3)]
    served: dict[str, int] = {}
    order = []
    for _ in range(6):
        (found,) = leases.claim(store, ME, 1, 30.0, served)
        order.append(found.job.project)
        assert leases.finish(store, found.job, ME, piece(), {}) is not None
    assert order == ["default", "other"] * 3
    assert len(many) == 20 and {is_now(store, job).state for job in few} == {"done"}


def test_fewest_that_run_come_first(store: Works) -> None:
    for _ in range(6):
        submitted(store)
    assert len(claimed(store, 3)) == 3
    late = [submitted(store.in_project("late")).id for _ in range(4)]
    found = claimed(store, 4)
    assert found[:3] == late[:3] and len(found) == 4  # as many of each run then


def test_a_version_comes_with_its_files(store: Works) -> None:
    made = _version(store, "detectors/yolo", "7", {"yolo.onnx": "a" * 64})
    job = submitted(store, source=None, version_id=made)
    (found,) = leases.claim(store, ME, 1, 30.0, {})
    assert found.job.id == job.id
    assert found.version == leases.Registered("detectors/yolo", "7", "yolo.onnx", {"yolo.onnx": "a" * 64}, None)


def test_report_and_row_are_done_together_and_the_ids_are_the_same(store: Works) -> None:
    job = submitted(store)
    claimed(store)
    done = leases.finish(store, job, ME, piece(), {"seconds reading": 1.5})
    assert done is not None
    now = is_now(store, job)
    assert (now.state, now.audit_id, now.reused, now.stage) == ("done", done[0], False, "")
    assert now.ended and now.ended_at is not None
    assert reports(store) == [job.id]
    assert counted(store) == {"audits fail": 1, "seconds reading": 1.5}


def test_a_report_that_cannot_be_kept_leaves_the_row_as_it_was(store: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: what breaks at its end undoes its beginning."""
    job = submitted(store)
    claimed(store)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(leases, "count", broken)
    with pytest.raises(RuntimeError):
        leases.finish(store, job, ME, piece(), {})
    assert (is_now(store, job).state, reports(store)) == ("running", [])


@pytest.mark.parametrize(
    "lose",
    [
        lambda store, job: leases.give_back(store, ME, [job.id]),
        lambda store, job: leases.give_back_all(store, ME) and claimed(store, 1, OTHER),
        lambda store, job: leases.finish(store, job, ME, piece(), {}),
        lambda store, job: leases.fail(store, job, ME, "why"),
        lambda store, job: leases.give_up(store, job, ME),
    ],
    ids=["given back", "another's", "done", "failed", "cancelled"],
)
def test_whoever_lost_a_job_can_end_it_no_more(store: Works, lose: Callable[[Works, jobs.Job], object]) -> None:
    job = submitted(store)
    claimed(store)
    lose(store, job)
    before, there = is_now(store, job), reports(store)
    assert leases.finish(store, job, ME, piece("other"), {}) is None
    assert not leases.fail(store, job, ME, "why")
    assert not leases.give_up(store, job, ME)
    assert not leases.finish_source(store, job, ME, [jobs.Child("a", {})])
    assert leases.renew(store, ME, {job.id: "running"}, 30.0) == frozenset()
    assert leases.died(store, job, ME, 1) == leases.not_taken(store, job, ME, 1, "why") == 0
    leases.give_back(store, ME, [job.id])
    assert (is_now(store, job), reports(store)) == (before, there)


def test_how_jobs_end_is_counted(store: Works) -> None:
    for end in (lambda job: leases.fail(store, job, ME, "why"), lambda job: leases.give_up(store, job, ME)):
        job = submitted(store)
        claimed(store)
        assert end(job)
    assert counted(store) == {"audits failed": 1, "audits cancelled": 1}


def test_a_lease_that_is_not_renewed_ends(store: Works) -> None:
    job, other = submitted(store), submitted(store)
    claimed(store, 2)
    assert leases.expire(store) == 0
    with store.writing() as connection:
        past = update(job_rows).values(leased_until="2026-01-01T00:00:00.000000+00:00")
        connection.execute(past)
    assert leases.renew(store, ME, {other.id: "reading"}, 30.0) == {other.id}
    assert leases.expire(store) == 1
    assert (is_now(store, job).state, is_now(store, job).attempts) == ("queued", 0)
    assert (is_now(store, other).state, is_now(store, other).stage) == ("running", "reading")


def test_who_takes_a_name_gives_back_what_the_one_before_held(store: Works) -> None:
    mine, others = submitted(store), submitted(store)
    assert claimed(store) == [mine.id] and claimed(store, 1, OTHER) == [others.id]
    assert leases.give_back_all(store, ME) == 1
    assert (is_now(store, mine).state, is_now(store, others).state) == ("queued", "running")


def test_deaths_are_counted_in_the_row_and_put_it_back(store: Works) -> None:
    job = submitted(store)
    for attempt in (1, 2):
        claimed(store)
        assert leases.died(store, job, ME, 3) == attempt
        assert (is_now(store, job).state, is_now(store, job).attempts) == ("queued", attempt)
    claimed(store)
    assert leases.died(store, job, ME, 3) == 3
    assert is_now(store, job).state == "running"  # its report says so
    assert counted(store) == {"worker deaths": 3}


def test_what_waits_is_cancelled_at_once_and_what_runs_when_its_dispatcher_hears(store: Works) -> None:
    runs, waits = submitted(store), submitted(store)
    assert claimed(store) == [runs.id]
    assert jobs.cancel(store, waits.id) == is_now(store, waits)
    assert is_now(store, waits).state == "cancelled" and claimed(store) == []
    jobs.cancel(store, runs.id)
    assert is_now(store, runs).state == "running"
    assert leases.look(store, ME).wanted_no_more == {runs.id}
    assert leases.look(store, OTHER).wanted_no_more == frozenset()
    assert leases.give_up(store, runs, ME)
    assert is_now(store, runs).state == "cancelled"
    done = is_now(store, runs)
    assert jobs.cancel(store, runs.id) == done  # too late


def test_what_is_cancelled_when_its_dispatcher_dies_does_not_come_back(store: Works) -> None:
    job = submitted(store)
    claimed(store)
    jobs.cancel(store, job.id)
    leases.give_back_all(store, ME)
    assert is_now(store, job).state == "cancelled"


def test_work_that_is_done_is_answered_at_once(store: Works) -> None:
    first = submitted(store)
    claimed(store)
    done = leases.finish(store, first, ME, piece("m", "k" * 64), {})
    assert done is not None
    again = submitted(store, done=done[0])
    assert (again.state, again.reused, again.audit_id) == ("done", True, done[0])
    elsewhere = submitted(store, done=piece("n", "k" * 64))
    assert (elsewhere.state, elsewhere.reused) == ("done", True)
    assert reports(store) == [first.id, elsewhere.id]
    assert submitted(store, done=4711).state == "queued"  # it was taken out a moment ago
    theirs = submitted(store.in_project("other"), done=done[0])
    assert theirs.state == "queued"  # another project's report is nobody's


def test_the_same_work_by_two_at_once_is_one_report(store: Works) -> None:
    first, second = submitted(store), submitted(store)
    claimed(store, 2)
    done = leases.finish(store, first, ME, piece("m", "k" * 64), {})
    again = leases.finish(store, second, ME, piece("m", "k" * 64), {})
    assert done is not None and again == (done[0], True)
    assert is_now(store, second).reused and reports(store) == [first.id]


def test_the_models_of_a_source_are_jobs_of_their_own(store: Works) -> None:
    parent = submitted(store, source="registry", options={"run": False})
    claimed(store)
    assert leases.finish_source(store, parent, ME, [jobs.Child("a.onnx", {"run": False}), jobs.Child("b.onnx", {})])
    assert is_now(store, parent).state == "done"
    children = jobs.listed(store, 9, parent_id=parent.id)
    assert {(job.source, job.created_by, job.state) for job in children} == {
        ("a.onnx", "ada", "queued"), ("b.onnx", "ada", "queued"),
    }  # fmt: skip


def test_lists_come_a_page_at_a_time_and_by_state(store: Works) -> None:
    made = [submitted(store).id for _ in range(7)]
    seen: list[str] = []
    before = None
    while page := jobs.listed(store, 3, before):
        seen += [job.id for job in page]
        before = (page[-1].created_at, page[-1].id)
    assert seen == made[::-1]
    old = sorted(made[-2:])  # were asked for at one moment, before all others
    with store.writing() as connection:
        connection.execute(update(job_rows).where(job_rows.c.id.in_(old)).values(created_at="2020-01-01T00:00:00Z"))
    first = jobs.listed(store, 6)
    assert [job.id for job in first] == [*made[-3::-1], old[1]]
    assert [job.id for job in jobs.listed(store, 6, (first[-1].created_at, first[-1].id))] == [old[0]]
    claimed(store, 2)
    assert [job.id for job in jobs.listed(store, 9, state="running")] == old[::-1]


def test_the_queue_is_told_by_project_and_in_all(store: Works) -> None:
    first = submitted(store)
    submitted(store)
    second = submitted(store.in_project("other"))
    assert jobs.queue(store) == (2, 0, first.created_at)
    assert jobs.queue(store.in_project("other")) == (1, 0, second.created_at)
    claimed(store)
    assert jobs.whole_queue(store) == (2, 1, jobs.queue(store).oldest)


def test_a_look_writes_nothing(where: str, store: Works) -> None:
    """It comes five times a second, for as long as the service lives."""
    submitted(store)
    statements: list[str] = []
    from sqlalchemy import event

    event.listen(store.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    leases.look(store, ME)
    leases.expire(store)
    assert statements and all(said.lstrip().startswith(("SELECT", "BEGIN")) for said in statements)
    assert not any("IMMEDIATE" in said for said in statements)


def test_counters_add_up_whoever_counts(store: Works) -> None:
    def once(_: int) -> None:
        with store.writing() as connection:
            count(connection, {"a": 1, "b": 0.5})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(once, range(20)))
    assert counted(store) == {"a": 20, "b": 10}


def test_what_is_claimed_and_looked_for_goes_by_an_index(tmp_path: Any) -> None:
    with Works.open(tmp_path / "reports.db") as store, store.reading() as connection:
        for query in (
            "SELECT id FROM jobs WHERE state = 'queued' AND project = 'p' ORDER BY created_at, id LIMIT 1",
            "SELECT project, min(created_at) FROM jobs WHERE state = 'queued' GROUP BY project",
            "SELECT id FROM jobs WHERE state = 'running' AND dispatcher = 'd' AND cancelled",
        ):
            plan = " ".join(str(row[3]) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert "ix_jobs_state" in plan and "SCAN" not in plan, plan


def _version(store: Works, name: str, version: str, files: dict[str, str]) -> str:
    now = datetime.now(UTC).isoformat()
    model_id, version_id = uuid4().hex, uuid4().hex
    with store.writing() as connection:
        connection.execute(insert(models), {"id": model_id, "project": store.project, "name": name, "created_at": now})
        connection.execute(
            insert(versions),
            {
                "id": version_id, "project": store.project, "model_id": model_id, "version": version,
                "path": next(iter(files)), "files": json.dumps(files), "created_at": now, "created_by": "ada",
            },
        )  # fmt: skip
    return version_id


def test_a_version_that_is_gone_takes_its_jobs_along(store: Works) -> None:
    made = _version(store, "m", "1", {"m.onnx": "a" * 64})
    job = submitted(store, source=None, version_id=made)
    claimed(store)
    with store.writing() as connection:
        connection.execute(versions.delete())
    assert leases.renew(store, ME, {job.id: ""}, 30.0) == frozenset()
    assert leases.finish(store, job, ME, piece(), {}) is None
    assert (jobs.listed(store, 9), reports(store)) == ([], [])
    assert Counter(counted(store)) == Counter()


def test_what_its_dispatcher_gives_back_at_that_moment_is_cancelled(store: Works) -> None:
    made = submitted(store)
    claimed(store)
    with ThreadPoolExecutor() as pool:
        with store.writing() as connection:
            leases._give_back(connection, job_rows.c.id == made.id)
            cancelled = pool.submit(jobs.cancel, store, made.id)
            if connection.dialect.name == "postgresql":
                until(lambda: _waits_for_a_lock(store), "that it waits")
        assert cancelled.result(HANG) is not None
    assert (is_now(store, made).state, is_now(store, made).cancelled) == ("cancelled", True)


def _waits_for_a_lock(store: Works) -> bool:
    with store.reading() as connection:
        waiting = text("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
        return connection.scalar(waiting) is not None


def test_a_version_that_is_deleted_meanwhile_is_not_audited(store: Works) -> None:
    with pytest.raises(NothingToAudit, match="deleted a moment ago"):
        submitted(store, version_id="0" * 32, source=None)
    assert jobs.listed(store, 9) == []


def test_nobody_waits_while_a_report_is_taken_apart(store: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of 100,000 findings takes seconds, and SQLite has one writer."""
    made = rows_of_audit

    def beside(*of: Any) -> Any:
        submitted(store, source="another")
        return made(*of)

    monkeypatch.setattr("auditor.store.works.rows_of_audit", beside)
    first = submitted(store)
    (one,) = leases.claim(store, ME, 1, 30.0, {})
    assert leases.finish(store, one.job, ME, piece(), {}) is not None
    second = submitted(store, done=piece("n"))
    assert [is_now(store, job).state for job in (first, second)] == ["done", "done"]
    assert len(jobs.listed(store, 9)) == 4
