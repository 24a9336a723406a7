"""The dispatcher: whatever becomes of a worker or of the dispatcher itself, each job ends in one report."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import update

from auditor.batch.pool import Pool, tell
from auditor.batch.refs import Ref
from auditor.batch.tasks import Returned, WorkerLimits
from auditor.errors import StoreError
from auditor.service.context import ServiceLimits
from auditor.service.files.storage import Storage, Undrawn
from auditor.service.files.tidying import Tidying
from auditor.service.jobs import dispatching
from auditor.service.jobs.dispatching import TRIES, Dispatcher
from auditor.service.jobs.submitting import submit_version
from auditor.service.jobs.wanted import wanted
from auditor.service.jobs.working import Carried, VersionTask
from auditor.service.outward.fetching import UrlLimits
from auditor.service.samples import audit_samples, samples
from auditor.store import jobs, leases
from auditor.store.counters import counted
from auditor.store.jobs import Job
from auditor.store.service_tables import jobs as job_rows
from auditor.store.tables import audits
from auditor.store.works import Works
from tests.batch.kills import make_models
from tests.pace import HANG, until
from tests.service.kills import put_version
from tests.store.reports import document

ME, OTHER = "1" * 32, "2" * 32
PLAIN = {"run": False}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Works]:
    with Works.open(tmp_path / "reports.db") as opened:
        yield opened


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "storage")


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    """Eleven small models; the first has a fault."""
    make_models(tmp_path / "models", 11)
    return sorted((tmp_path / "models").rglob("*.onnx"), key=lambda path: int(path.stem))


@pytest.fixture
def dispatcher(store: Works, storage: Storage) -> Iterator[Callable[..., Dispatcher]]:
    """Makes them, and ends their workers."""
    pools = []

    def made(name: str = ME, **more: Any) -> Dispatcher:
        pools.append(Pool(2, WorkerLimits(HANG)))
        return Dispatcher(store, storage, pools[-1], name, **{"fetch": UrlLimits(floor=0), **more})

    yield made
    for pool in pools:
        pool.close()


Make = Callable[..., Dispatcher]


def asked(store: Works, storage: Storage, path: Path, name: str = "", **options: Any) -> Job:
    version_id, version = put_version(store, storage, name or f"m{path.stem}", path)
    return submit_version(store, version, version_id, {**PLAIN, **options}, by="ada")


def is_now(store: Works, job: Job) -> Job:
    found = jobs.job(store.in_project(job.project), job.id)
    assert found is not None
    return found


def work(dispatcher: Dispatcher, *over: Job) -> None:
    """Until these jobs have ended."""

    def step() -> bool:
        dispatcher.step()
        return all(is_now(dispatcher.store, job).ended for job in over)

    until(step, "the end of the jobs")


def report(store: Works, job: Job) -> dict[str, Any]:
    now = is_now(store, job)
    assert now.audit_id is not None
    found = store.in_project(job.project).get(now.audit_id)
    assert found is not None
    return found


def test_what_is_submitted_is_audited_as_check_audits_it(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    from auditor.pipeline import audit
    from auditor.settings import Settings

    job = asked(store.in_project("team"), storage, models[0], "detectors/yolo")
    work(dispatcher(), job)
    found, there = report(store, job), audit(models[0], Settings(run=False))
    assert [f["rule"] for f in found["findings"]] == [f.rule for f in there.findings] != []
    assert (found["model"]["path"], found["model"]["digest"]) == ("model.onnx", there.model.digest)
    assert str(storage.folder) not in str(found)
    audit_id = is_now(store, job).audit_id
    assert audit_id is not None
    team = store.in_project("team")
    assert team.whose(audit_id) == ("team/detectors/yolo@1", "detectors/yolo", "1")
    assert team.uid_of(audit_id) == job.id
    assert storage.work_folders() == []
    assert [page.name for page in storage.pages("team").glob("*.html")] == [f"{job.id}.html"]


def test_audits_that_wait_come_before_pictures_and_these_when_they_are_asked_for(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    every = [asked(store, storage, path) for path in models]
    ours = dispatcher()
    work(ours, *every)
    drawn = {page.stem for page in storage.pages("default").glob("*.html")}
    late = [Undrawn("default", job.id) for job in every if job.id not in drawn]
    assert late  # others waited behind the first ones
    for one in (*late, Undrawn("default", "f" * 32), Undrawn("nobody", every[0].id)):
        storage.ask_to_draw(one)
    ours.hear()

    def step() -> bool:
        ours.step()
        return not storage.undrawn()

    until(step, "the end of the drawing")
    assert {page.stem for page in storage.pages("default").glob("*.html")} == {job.id for job in every}
    assert not (storage.pages("nobody") / f"{every[0].id}.html").exists()
    assert {"<svg" in page.read_text() for page in storage.pages("default").glob("*.html")} == {True}
    assert storage.work_folders() == []


def test_the_same_content_again_is_answered_at_once(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    first = asked(store, storage, models[1], "one")
    work(dispatcher(), first)
    again = asked(store, storage, models[1], "other")
    assert (again.state, again.reused) == ("done", True)
    assert report(store, again)["model"] == report(store, first)["model"]
    assert again.audit_id != is_now(store, first).audit_id  # a model with a history of its own
    assert asked(store, storage, models[1], "third", weights=False).state == "queued"
    assert asked(store.in_project("team"), storage, models[1], "one").state == "queued"


def test_the_same_content_by_another_name_is_named_as_it_was_uploaded(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    first = asked(store, storage, models[1], "one")
    work(dispatcher(), first)
    version_id, version = put_version(store, storage, "other", models[1])
    files = {"yolo.onnx": version.files["model.onnx"]}
    again = submit_version(store, version._replace(path="yolo.onnx", files=files), version_id, PLAIN, by="ada")
    assert (again.state, again.reused) == ("done", True)
    was = report(store, first)["model"]
    assert was["path"] == "model.onnx" and report(store, again)["model"] == {**was, "path": "yolo.onnx"}


def test_options_that_make_no_sense_any_more_fail_the_job(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    version_id, _ = put_version(store, storage, "m", models[0])
    job = jobs.submit(store, version_id=version_id, options={"no-such": 1}, by="ada")
    work(dispatcher(), job)
    assert is_now(store, job).state == "failed"
    assert is_now(store, job).why.startswith("there is no option 'no-such'")


def test_a_blob_that_is_gone_fails_the_job_and_says_nothing_of_the_server(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    job = asked(store, storage, models[0])
    (blob,) = storage.blobs("default").rglob("*/*")
    blob.unlink()
    work(dispatcher(), job)
    assert is_now(store, job).state == "failed"
    assert "not in the storage" in is_now(store, job).why and str(storage.folder) not in is_now(store, job).why


def kill_worker(task: VersionTask) -> None:
    Path(task.storage, "work", f"{task.job_id}00000000").mkdir()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_model_that_kills_its_worker_three_times_has_a_report_that_says_so(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "audit_version", kill_worker)
    job = asked(store, storage, models[0])
    work(dispatcher(), job)
    now, found = is_now(store, job), report(store, job)
    assert (now.state, now.attempts, found["verdict"]) == ("done", TRIES, "inconclusive")
    assert "its worker was killed 3 times (SIGKILL)" in found["coverage"]["failed"][0]["why"]
    assert found["model"]["path"] == "model.onnx"
    assert storage.work_folders() == []
    assert counted(store) == {"worker deaths": 3, "audits inconclusive": 1}
    monkeypatch.undo()
    again = asked(store, storage, models[0], "another name")  # it was not done: it is done now
    work(dispatcher(OTHER), again)
    assert report(store, again)["verdict"] == "fail"


def broken(task: VersionTask) -> None:
    raise ZeroDivisionError(f"at {task.job_id}")


def test_a_fault_of_ours_fails_the_job_and_its_trace_is_told(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "audit_version", broken)
    told: list[str] = []
    job = asked(store, storage, models[0])
    work(dispatcher(tell=told.append), job)
    assert is_now(store, job).state == "failed"
    assert is_now(store, job).why == f"ZeroDivisionError: at {job.id}"
    assert "Traceback" in told[0]


def test_a_report_that_cannot_be_kept_does_not_come_back_for_ever(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise ValueError("no row takes it")

    monkeypatch.setattr(leases, "finish", refused)
    job = asked(store, storage, models[0])
    work(dispatcher(), job)
    assert (is_now(store, job).state, is_now(store, job).why) == (
        "failed", "its report cannot be kept: no row takes it",
    )  # fmt: skip


def locked(*_: object, **__: object) -> None:
    raise StoreError("the report database is locked by another process")


def test_a_report_that_the_database_does_not_take_at_once_is_not_lost(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, told, takes = leases.finish, list[str](), iter([locked, locked])
    monkeypatch.setattr(leases, "finish", lambda *of: next(takes, made)(*of))
    job = asked(store, storage, models[0])
    work(dispatcher(tell=told.append), job)
    assert (is_now(store, job).state, report(store, job)["verdict"], len(told)) == ("done", "fail", 2)


def test_a_report_that_the_database_never_takes_fails_the_job(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "finish", locked)
    job = asked(store, storage, models[0])
    work(dispatcher(), job)
    assert (is_now(store, job).state, is_now(store, job).attempts) == ("failed", TRIES)
    assert is_now(store, job).why == "its report cannot be kept: the report database could not be used 3 times"
    assert counted(store) == {"audits failed": 1}


def test_a_job_that_nobody_can_begin_ends_no_other(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a row says is looked at in the dispatcher's own process: a fault there must not end it again and again."""
    poisoned, other = (asked(store, storage, path) for path in models[:2])
    made = wanted

    def fails(store: Works, registered: Any, options: Any) -> Any:
        if registered.model == "m0":
            raise RecursionError("too deep")
        return made(store, registered, options)

    monkeypatch.setattr(dispatching, "wanted", fails)
    told: list[str] = []
    work(dispatcher(tell=told.append), poisoned, other)
    assert (is_now(store, poisoned).state, is_now(store, poisoned).why) == ("failed", "too deep")
    assert is_now(store, other).state == "done" and "Traceback" in told[0]


@pytest.mark.parametrize("name", ["look", "renew", "claim"])
def test_a_database_that_is_locked_for_a_while_ends_nothing(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    told: list[str] = []
    made = dispatcher(tell=told.append)
    with monkeypatch.context() as patched:
        patched.setattr(dispatching, "audit_version", hang)
        job = asked(store, storage, models[0])
        if name == "renew":
            until_it_reads(made, job)
        patched.setattr(leases, name, locked)
        for _ in range(2):
            made.hear()
            made._renewed = 0.0
            made.step()
    assert told == ["the report database is locked by another process"]  # once
    jobs.cancel(store, job.id)
    made.hear()
    work(made, job)
    assert is_now(store, job).state == "cancelled"


def hang(task: VersionTask) -> None:
    tell("reading")
    signal.pause()


def until_it_reads(dispatcher: Dispatcher, job: Job) -> None:
    def step() -> bool:
        dispatcher.step()
        return is_now(dispatcher.store, job).stage == "reading"

    until(step, "the stage")


def test_stages_are_seen_while_it_runs_and_a_cancelled_job_ends(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "audit_version", hang)
    job, made = asked(store, storage, models[0]), dispatcher()
    until_it_reads(made, job)
    assert isinstance(made.pool, Pool)
    (worker,) = made.pool.processes()
    jobs.cancel(store, job.id)
    work(made, job)
    assert (is_now(store, job).state, is_now(store, job).stage) == ("cancelled", "")
    assert not made._stages, "nothing is known of a job that has ended"
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_dispatcher_that_ends_gives_back_what_it_holds(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(dispatching, "audit_version", hang)
        job, made = asked(store, storage, models[0]), dispatcher()
        until_it_reads(made, job)
        made.close()
    assert (is_now(store, job).state, is_now(store, job).attempts) == ("queued", 0)
    work(dispatcher(OTHER), job)
    assert is_now(store, job).state == "done"


def test_near_its_end_it_begins_nothing_and_what_runs_goes_on(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "audit_version", hang)
    made, asked_for = dispatcher(), [asked(store, storage, path) for path in models[:5]]
    for job in asked_for[:2]:
        until_it_reads(made, job)
    assert [is_now(store, job).state for job in asked_for] == ["running"] * 4 + ["queued"]
    made.drain()
    assert [is_now(store, job).state for job in asked_for] == ["running"] * 2 + ["queued"] * 3
    made.step(claims=False)
    assert made.busy and made.pool.outstanding == 2


def test_quick_jobs_are_claimed_as_many_at_once_as_there_are_workers(dispatcher: Make) -> None:
    """Two workers: of jobs that take long four are held, of quick ones six; of these no single one is claimed."""
    made = dispatcher()
    assert isinstance(made.pool, Pool) and made.pool.jobs == 2
    for seconds, rooms in ((2.0, [4, 3, 2, 1, 0, -1, -2]), (1.9, [6, 5, 4, 3, 2, 0, 0])):
        made._took = seconds
        found = []
        for held in range(7):
            made._held = {f"{n}": None for n in range(held)}  # type: ignore[misc]  # they are counted alone
            found.append(made._room())
        assert found == rooms
    made._held = {}


def test_how_long_jobs_take_is_known_by_the_last_ones() -> None:
    """A quarter of what the next one takes otherwise: from 4 s, with 2 s to 3.5 s."""
    of: Any = SimpleNamespace(_took=4.0, _keep=lambda *what: None)
    held: Any = SimpleNamespace(claimed=SimpleNamespace(job=None))
    done = Carried({}, Ref("m", "", "m.onnx", (), {}, None, ()), True, "k", "", {"reading": 0.5, "running": 1.5})
    Dispatcher._finish(of, held, cast(Any, SimpleNamespace(result=Returned(done))))
    assert of._took == 3.5


def test_whoever_slept_for_longer_than_its_lease_ends_nothing_twice(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job is another's meanwhile, and has a report: the work of the one that slept is dropped."""
    with monkeypatch.context() as patched:
        patched.setattr(dispatching, "audit_version", hang)
        job, slow = asked(store, storage, models[0]), dispatcher()
        until_it_reads(slow, job)
    assert leases.give_back_all(store, ME) == 1  # as when its lease is over
    work(dispatcher(OTHER), job)
    slow._renewed = 0.0

    def let_go() -> bool:
        slow.step(claims=False)
        return not slow.busy

    until(let_go, "its end")
    assert is_now(store, job).state == "done" and store.audit_by_uid(job.id) == is_now(store, job).audit_id
    assert counted(store)["audits fail"] == 1


def test_a_folder_below_a_root_becomes_a_job_for_each_model(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = models[0].parents[1]
    parent = jobs.submit(store, source=str(folder), options=PLAIN, by="ada")
    made = dispatcher(roots=(str(folder),))
    with monkeypatch.context() as patched:
        patched.setattr(Dispatcher, "_look", lambda of: None)  # it knows of them itself
        work(made, parent)
        children = jobs.listed(store, 99, parent_id=parent.id)
        assert {job.source for job in children} == {str(path) for path in models}
        work(made, *children)
    assert {is_now(store, job).state for job in children} == {"done"}
    failed = {job.source for job in children if report(store, job)["verdict"] == "fail"}
    assert failed == {str(models[0]), str(models[10])}


def test_a_name_that_is_no_text_costs_only_itself(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, tmp_path: Path
) -> None:
    """Bytes that are not UTF-8, and an end of a line: the others are audited, and that is said."""
    folder = tmp_path / "odd"
    folder.mkdir()
    for name in (b"\xff\xfe.onnx", b"two\nlines.onnx", b"good.onnx"):
        (folder / os.fsdecode(name)).write_bytes(models[0].read_bytes())
    parent = jobs.submit(store, source=str(folder), options=PLAIN, by="ada")
    work(dispatcher(roots=(str(folder),)), parent)
    found = is_now(store, parent)
    assert found.state == "done" and found.why.count("a path that cannot be printed is not audited") == 2
    assert [job.source for job in jobs.listed(store, 9, parent_id=parent.id)] == [str(folder / "good.onnx")]


def test_a_folder_below_no_root_is_refused(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(models[0].parent)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(models[0].parent)
    made = dispatcher(roots=(str(tmp_path / "root"),))
    for source in (models[0].parent, tmp_path / "root" / "link", tmp_path / "root" / ".." / "models"):
        job = jobs.submit(store, source=str(source), options=PLAIN, by="ada")
        work(made, job)
        assert is_now(store, job).state == "failed"


def test_what_nobody_needs_goes(store: Works, storage: Storage, models: list[Path], dispatcher: Make) -> None:
    job = asked(store, storage, models[0])
    work(dispatcher(), job)
    running = asked(store, storage, models[1])
    leases.claim(store, OTHER, 1, 30.0, {})
    kept = storage.pages("default") / f"{job.id}.html"
    gone = storage.pages("default") / f"{'a' * 32}.html"
    gone.touch()
    for page in (kept, gone):
        os.utime(page, (0, 0))
    young = storage.pages("default") / f"{'b' * 32}.html"
    young.touch()
    for name in (f"{running.id}00000000", f"{job.id}00000000"):
        storage.work(name).mkdir()
    Tidying(store, storage).tidy()
    assert (kept.exists(), gone.exists(), young.exists()) == (True, False, True)
    assert storage.work_folders() == [f"{running.id}00000000"]


def test_what_somebody_else_put_into_the_storage_ends_nothing(store: Works, storage: Storage) -> None:
    """As `lost+found` does, where the folder is a disk of its own: the dispatcher tidies up when it starts."""
    storage.pages("default")
    storage.blob("default", "a" * 64).parent.mkdir(parents=True)
    there = [
        *(storage.folder / room / name for room in ("pages", "blobs") for name in ("lost+found", "notes")),
        storage.folder / "pages" / "default" / "folder", storage.folder / "blobs" / "default" / "notes",
        storage.folder / "blobs" / "default" / "aa" / "notes", storage.folder / "work" / "notes",
    ]  # fmt: skip
    for path in there:
        if path.name in ("lost+found", "folder"):
            path.mkdir()
        else:
            path.touch()
        os.utime(path, (0, 0))
    Tidying(store, storage).tidy()
    assert all(path.exists() for path in there)


def test_old_reports_go_and_a_versions_newest_stays(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make
) -> None:
    version_id, version = put_version(store, storage, "m", models[0])
    ad_hoc = submit_version(store, version, version_id, PLAIN, by="ada")
    newest = submit_version(store, version, version_id, {}, by="ada")
    work(dispatcher(), ad_hoc, newest)
    with store.writing() as connection:
        connection.execute(update(audits).values(audited_at="2026-01-01T00:00:00+00:00"))
        connection.execute(update(job_rows).values(ended_at="2026-01-01T00:00:00.000000+00:00"))
    Tidying(store, storage, retention=1e5).tidy()
    assert is_now(store, ad_hoc).audit_id is not None
    Tidying(store, storage, retention=7.0).tidy()
    assert is_now(store, newest).audit_id is not None
    assert [job.id for job in jobs.listed(store, 9)] == [newest.id]


def test_samples_are_audited_where_no_model_was_uploaded_and_nowhere_else(
    store: Works, storage: Storage, models: list[Path], dispatcher: Make, tmp_path: Path
) -> None:
    folder = samples()
    assert folder is not None  # the tests run in a checkout
    store.save(document())  # of the command line
    limits = ServiceLimits(floor=0)
    assert audit_samples(store, storage, folder, limits) == 2
    assert audit_samples(store, storage, folder, limits) == 0
    asked_for = jobs.listed(store, 9)
    work(dispatcher(), *asked_for)
    verdicts = {report(store, job)["model"]["path"]: report(store, job)["verdict"] for job in asked_for}
    assert verdicts == {"lenet5.onnx": "pass", "wrong_bias.onnx": "fail"}
    with Works.open(tmp_path / "others.db") as others:
        asked(others.in_project("team"), storage, models[0])
        assert audit_samples(others, storage, folder, limits) == 0
