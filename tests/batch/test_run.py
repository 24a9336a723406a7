"""A batch: one recorded outcome for every model, nothing done twice, nothing lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import onnx
import onnx.parser
import pytest

import auditor.batch.one
import auditor.batch.state
import auditor.pipeline
from auditor.batch.one import Audited, audit_one
from auditor.batch.pool import Pool
from auditor.batch.refs import Ref
from auditor.batch.run import Outcome, batch
from auditor.batch.tasks import Task, WorkerLimits
from auditor.batch.verdicts import judged
from auditor.errors import ExitCode
from auditor.formats.json import document, parse
from auditor.pipeline import Audit
from auditor.policy.judge import USUAL, judge
from auditor.policy.policy import Bounds, Policy
from auditor.report import Contract, Port, Severity, Verdict
from auditor.settings import Settings
from auditor.store.works import Works
from tests.pace import HANG

from .conftest import reference
from .kills import make_models

Refs = Callable[[Path], list[Ref]]
STATIC = Settings(run=False)
BROKEN = Path(__file__).parents[2] / "sample_models" / "broken"


def run(
    refs: list[Ref],
    database: Path | None,
    settings: Settings = STATIC,
    policy: Policy = USUAL,
    seconds: float = 60.0,
) -> list[Outcome]:
    if database is None:
        return list(batch(refs, settings, lambda ref: policy, None, 2, WorkerLimits(seconds)))
    with Works.open(database) as store:
        return list(batch(refs, settings, lambda ref: policy, store, 2, WorkerLimits(seconds)))


def told(outcome: Outcome) -> Mapping[str, Any]:
    assert outcome.document is not None
    return outcome.document


def audits(database: Path) -> int:
    with sqlite3.connect(database) as plain:
        return int(plain.execute("SELECT count(*) FROM audits").fetchone()[0])


def verdicts(outcomes: list[Outcome]) -> dict[str, Verdict]:
    return {outcome.ref.name: outcome.verdict for outcome in outcomes}


def test_every_model_has_one_outcome_and_it_is_stored(registry: Path, refs: Refs, tmp_path: Path) -> None:
    outcomes = run(refs(registry), tmp_path / "reports.db")
    expected = {str(n): Verdict.PASS if n % 10 else Verdict.FAIL for n in range(12)}
    assert len(outcomes) == 12 and verdicts(outcomes) == expected
    with Works.open(tmp_path / "reports.db") as store:
        for outcome in outcomes:
            assert outcome.audit_id is not None
            assert store.get(outcome.audit_id) == outcome.document
            assert not outcome.reused


def test_nothing_is_stored_without_a_store(registry: Path, refs: Refs) -> None:
    assert [outcome.audit_id for outcome in run(refs(registry), None)] == [None] * 12


def test_unchanged_work_is_reused_and_changed_work_is_not(registry: Path, refs: Refs, tmp_path: Path) -> None:
    first = run(refs(registry), tmp_path / "reports.db")
    changed = registry / "000" / "3.onnx"
    changed.write_bytes((registry / "000" / "0.onnx").read_bytes())  # the same size
    os.utime(registry / "000" / "4.onnx", ns=(1, 1))  # touched, and the same within
    second = run(refs(registry), tmp_path / "reports.db")
    assert {outcome.ref.name for outcome in second if not outcome.reused or outcome.audit_id == 13} == {"3"}
    assert verdicts(second)["3"] is Verdict.FAIL
    others = {outcome.ref.name: outcome.document for outcome in first if outcome.ref.name != "3"}
    assert {outcome.ref.name: outcome.document for outcome in second if outcome.ref.name != "3"} == others
    assert audits(tmp_path / "reports.db") == 13


def test_old_files_are_known_by_their_looks(
    registry: Path, refs: Refs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Size, times, inode and device are enough, once the file has been left alone for a while: nothing is read."""
    monkeypatch.setattr("auditor.files._SETTLED", -1)
    run(refs(registry), tmp_path / "reports.db")
    monkeypatch.setattr("auditor.batch.run.hashed", pytest.fail)
    assert all(outcome.reused for outcome in run(refs(registry), tmp_path / "reports.db"))


@pytest.mark.parametrize("large", [False, True])
def test_a_file_that_was_new_when_it_was_hashed_is_read_again(
    large: bool, registry: Path, refs: Refs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its audit takes: a change in the tick of the one before would not show in its times."""
    clock, late = time.time_ns, [0]

    class LastsLong(Pool):
        def submit(self, *arguments: Any, **more: Any) -> Task:
            task = Pool.submit(self, *arguments, **more)
            late[0] = 3_000_000_000
            return task

    if large:
        monkeypatch.setattr("auditor.batch.run.LARGE", 1)
    monkeypatch.setattr(time, "time_ns", lambda: clock() + late[0])
    (found,) = [ref for ref in refs(registry) if ref.name == "3"]
    os.utime(found.path)
    with Works.open(tmp_path / "reports.db") as store:
        list(batch([found], STATIC, lambda ref: USUAL, store, 1, WorkerLimits(HANG), engine=LastsLong))
        assert late and store.states([found.path]) == {}


def test_another_file_of_the_same_size_and_time_is_looked_into(registry: Path, refs: Refs, tmp_path: Path) -> None:
    """As a file that was copied with its time and moved into the place: its inode is another."""
    for path in registry.rglob("*.onnx"):
        os.utime(path, (1_000_000, 1_000_000))
    run(refs(registry), tmp_path / "reports.db")
    changed = registry / "000" / "3.onnx"
    new = tmp_path / "new"
    new.write_bytes(changed.read_bytes().replace(b"Gemm", b"Gemn"))  # no operator, and as long
    os.utime(new, (1_000_000, 1_000_000))
    new.replace(changed)
    assert verdicts(run(refs(registry), tmp_path / "reports.db"))["3"] is Verdict.FAIL


def test_a_file_that_changes_during_its_audit_is_audited_again(
    registry: Path, refs: Refs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was hashed before is not what was audited: the report is not kept for the content that was hashed."""
    whole = auditor.pipeline.audited
    sound, faulty = registry / "000" / "3.onnx", registry / "000" / "0.onnx"
    before = sound.read_bytes()

    def audit(path: str, *more: Any) -> Audit:
        if path == str(sound):
            sound.write_bytes(faulty.read_bytes())
        return whole(path, *more)

    with monkeypatch.context() as patched:
        patched.setattr("auditor.pipeline.audited", audit)
        assert verdicts(run(refs(registry), tmp_path / "reports.db"))["3"] is Verdict.FAIL
    sound.write_bytes(before)
    again = run(refs(registry), tmp_path / "reports.db")
    assert verdicts(again)["3"] is Verdict.PASS
    assert {outcome.ref.name for outcome in again if not outcome.reused} == {"3"}


def test_what_matters_makes_new_work(registry: Path, tmp_path: Path) -> None:
    path = registry / "000" / "1.onnx"
    data = registry / "000" / "weights.bin"
    data.write_bytes(b"1")
    plain = reference(path)

    def reused(ref: Ref, settings: Settings = STATIC, policy: Policy = USUAL) -> bool:
        (outcome,) = run([ref], tmp_path / "reports.db", settings, policy)
        return outcome.reused

    assert not reused(plain) and reused(plain)
    assert reused(plain, policy=Policy(fail_on=Severity.NOTE))  # policy, applied when a report is read
    assert not reused(plain, STATIC._replace(weights=False))
    assert not reused(plain, STATIC._replace(ignore=frozenset({"nan-weights"})))
    assert not reused(plain._replace(contract=Contract((Port("x", "float32", (1, 3)),))))
    with_data = plain._replace(files=(str(path), str(data)))
    assert not reused(with_data) and reused(with_data)
    data.write_bytes(b"2")
    assert not reused(with_data)


def test_another_auditor_of_the_same_version_audits_anew(
    registry: Path, refs: Refs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is installed from another commit: its rules may find more."""
    run(refs(registry), tmp_path / "reports.db")
    monkeypatch.setattr(auditor.batch.state, "_code", lambda: "another commit")
    assert not any(outcome.reused for outcome in run(refs(registry), tmp_path / "reports.db"))


def test_a_changed_policy_judges_the_stored_report_anew(registry: Path, refs: Refs, tmp_path: Path) -> None:
    run(refs(registry), tmp_path / "reports.db")
    outcomes = run(refs(registry), tmp_path / "reports.db", policy=Policy(fail_on=None))
    assert {(outcome.reused, outcome.verdict, outcome.code) for outcome in outcomes} == {
        (True, Verdict.PASS, ExitCode.PASS)
    }
    assert {told(outcome)["verdict"] for outcome in outcomes} == {"pass"}


def test_the_same_content_at_another_place_is_reused_under_its_own_name(registry: Path, tmp_path: Path) -> None:
    one, other = registry / "000" / "1.onnx", tmp_path / "copy.onnx"
    other.write_bytes(one.read_bytes())
    run([reference(one)], tmp_path / "reports.db")
    for _ in range(2):
        (outcome,) = run([reference(other)], tmp_path / "reports.db")
        assert outcome.reused and told(outcome)["model"]["path"] == str(other)
    assert audits(tmp_path / "reports.db") == 2
    with Works.open(tmp_path / "reports.db") as store:
        assert [row.id for row in store.history(str(other))] == [2]


def test_two_batches_at_once_double_nothing(registry: Path, refs: Refs, tmp_path: Path) -> None:
    database = tmp_path / "reports.db"
    with Works.open(database) as one, Works.open(database) as other:
        first = batch(refs(registry), STATIC, lambda ref: USUAL, one, 1, WorkerLimits())
        second = batch(refs(registry), STATIC, lambda ref: USUAL, other, 1, WorkerLimits())
        pairs = list(zip(first, second, strict=True))  # by turns: each has audited what the other is about to store
    assert len(pairs) == 12
    assert audits(database) == 12


def test_an_interrupted_batch_goes_on(registry: Path, refs: Refs, tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        outcomes = batch(refs(registry), STATIC, lambda ref: USUAL, store, 1, WorkerLimits())
        for _ in range(5):
            next(outcomes)
        outcomes.close()
    assert audits(tmp_path / "reports.db") == 5
    assert sum(outcome.reused for outcome in run(refs(registry), tmp_path / "reports.db")) == 5
    assert audits(tmp_path / "reports.db") == 12


@pytest.mark.parametrize(
    ("act", "hangs", "why"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), False, "its worker was killed 3 times (SIGKILL): by the system"),
        (lambda: time.sleep(HANG), True, "did not end in "),
        (lambda: 1 // 0, False, "a fault of auditor: ZeroDivisionError"),
    ],
    ids=["kills", "hangs", "fails"],
)
def test_a_model_that_ruins_its_worker_has_an_outcome_and_no_other_pays(
    registry: Path,
    refs: Refs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[], object],
    hangs: bool,
    why: str,
) -> None:
    whole = auditor.pipeline.audited

    def audit(path: str, *more: Any) -> Audit:
        if path.endswith("/5.onnx"):
            act()
        return whole(path, *more)

    with monkeypatch.context() as patched:
        patched.setattr("auditor.pipeline.audited", audit)
        outcomes = []
        with Works.open(tmp_path / "reports.db") as store:
            for outcome in batch(refs(registry), STATIC, lambda ref: USUAL, store, 2, WorkerLimits(HANG)):
                outcomes.append(outcome)
                if hangs and len(outcomes) == 11:  # its time is over when the others are done, however busy we are
                    clock = SimpleNamespace(monotonic=lambda now=time.monotonic: now() + 2 * HANG)
                    patched.setattr("auditor.batch.pool.time", clock)
    assert len(outcomes) == 12 and audits(tmp_path / "reports.db") == 12
    (ruined,) = (outcome for outcome in outcomes if outcome.ref.name == "5")
    assert ruined.verdict is Verdict.INCONCLUSIVE
    (failed,) = told(ruined)["coverage"]["failed"]
    assert failed["what"] == "model" and why in failed["why"] and failed["asked"]
    assert ruined.code == (ExitCode.FAULT if ruined.trace else ExitCode.INCONCLUSIVE)
    again = run(refs(registry), tmp_path / "reports.db")  # it is tried again, and now it goes well
    assert {outcome.ref.name for outcome in again if not outcome.reused} == {"5"}
    assert verdicts(again)["5"] is Verdict.PASS


def test_a_model_without_an_end_has_one_report_until_it_comes_to_one(
    registry: Path, refs: Refs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, one = tmp_path / "reports.db", refs(registry)[:1]
    whole = auditor.pipeline.audited

    def hangs(path: str, *more: Any) -> Audit:
        time.sleep(HANG)
        return whole(path, *more)

    with monkeypatch.context() as patched:
        patched.setattr("auditor.pipeline.audited", hangs)
        for expected in (1, 2):
            (outcome,) = run(one, database, seconds=0.3)
            assert (outcome.verdict, outcome.reused, outcome.audit_id) == (Verdict.INCONCLUSIVE, False, expected)
            assert audits(database) == 1
    (outcome,) = run(one, database)
    assert outcome.verdict is Verdict.FAIL and audits(database) == 1
    assert run(one, database)[0].reused and audits(database) == 1


def test_a_file_that_nobody_can_hash_has_one_report(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.onnx")
    for _ in range(3):
        (outcome,) = run([reference(tmp_path / "fifo.onnx")], tmp_path / "reports.db")
        assert outcome.code is ExitCode.FINDINGS and not outcome.reused
    assert audits(tmp_path / "reports.db") == 1


def test_of_many_copies_one_is_audited_and_each_has_its_report(tmp_path: Path) -> None:
    make_models(tmp_path / "one", 1)
    data = (tmp_path / "one" / "000" / "0.onnx").read_bytes()
    paths = [tmp_path / f"{n}.onnx" for n in range(300)]
    for path in paths:
        path.write_bytes(data)
    outcomes = run([reference(path) for path in paths], tmp_path / "reports.db")
    assert sum(not outcome.reused for outcome in outcomes) == 1
    assert {told(outcome)["model"]["path"] for outcome in outcomes} == {str(path) for path in paths}
    assert {outcome.audit_id for outcome in outcomes} == set(range(1, 301)) and audits(tmp_path / "reports.db") == 300
    again = run([reference(path) for path in paths], tmp_path / "reports.db")
    assert all(outcome.reused for outcome in again) and audits(tmp_path / "reports.db") == 300


def test_a_report_without_findings_is_read_again_only_where_it_is_shown_or_asked(
    registry: Path, refs: Refs, tmp_path: Path
) -> None:
    def passed(policy: Policy, all_shown: bool) -> set[bool]:
        with Works.open(tmp_path / "reports.db") as store:
            found = batch(refs(registry), STATIC, lambda ref: policy, store, 2, WorkerLimits(), all_shown=all_shown)
            outcomes = [outcome for outcome in found if outcome.ref.name not in ("0", "10")]
        assert {outcome.verdict for outcome in outcomes} == {Verdict.PASS}
        return {outcome.document is None for outcome in outcomes}

    assert passed(USUAL, all_shown=False) == {False}  # they are new
    assert passed(USUAL, all_shown=False) == {True}
    assert passed(USUAL, all_shown=True) == {False}
    assert passed(Policy(limits={"nodes": Bounds(max=5)}), all_shown=False) == {False}


def test_the_policy_of_each_model_is_applied_and_the_report_is_kept_as_it_was(registry: Path, tmp_path: Path) -> None:
    small = Policy(limits={"nodes": Bounds(max=0)})
    paths = [reference(registry / "000" / f"{n}.onnx") for n in (1, 2)]
    for _ in range(2):
        with Works.open(tmp_path / "reports.db") as store:
            found = batch(paths, STATIC, lambda ref: small if ref.name == "1" else USUAL, store, 2, WorkerLimits())
            outcomes = {outcome.ref.name: outcome for outcome in found}
            assert {name: outcome.verdict for name, outcome in outcomes.items()} == {"1": "fail", "2": "pass"}
            assert [f["rule"] for f in told(outcomes["1"])["findings"]] == ["over-limit"]
            kept = store.get(outcomes["1"].audit_id or 0)
            assert kept is not None and (kept["findings"], kept["verdict"]) == ([], "fail")
    assert audits(tmp_path / "reports.db") == 2


@pytest.mark.parametrize("fail_on", [None, *Severity])
def test_severities_alone_give_the_verdict_of_the_gate(fail_on: Severity | None) -> None:
    """What `judged` does without parsing a report, `gate.judge` does with it."""
    policy = Policy(fail_on=fail_on)
    for path in sorted(BROKEN.glob("*.onnx")):
        raw = audit_one(reference(path), STATIC).document
        (told, verdict, _) = judged(Audited(raw, True), policy)
        judgement = judge(parse(raw)[0], policy)
        assert (verdict, told["findings"]) == (judgement.verdict, document(*judgement[:2])["findings"])


def test_sizes_hold_for_the_models_that_have_them(tmp_path: Path) -> None:
    for name, shape in (("open", "N, 4"), ("fixed", "2, 4")):
        text = f'<ir_version: 8, opset_import: ["" : 17]> g (float[{shape}] x) => (float[{shape}] y) {{ y = Relu (x) }}'
        onnx.save(onnx.parser.parse_model(text), tmp_path / f"{name}.onnx")
    refs = [reference(tmp_path / f"{name}.onnx") for name in ("open", "fixed")]
    settings = STATIC._replace(dims={"N": 3}, shapes={"z": (1,)})
    outcomes = {outcome.ref.name: outcome for outcome in run(refs, None, settings)}
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.PASS}
    assert [told(outcomes[name])["inputs"][0]["shape"] for name in ("open", "fixed")] == [[3, 4], [2, 4]]
    said = {name: {m["what"]: m["why"] for m in told(o)["coverage"]["skipped"]} for name, o in outcomes.items()}
    assert "--dim N" not in said["open"] and said["fixed"]["--dim N"] == "no input has such a size"
    assert said["open"]["--input-shape z"] == said["fixed"]["--input-shape z"] == "the model has no such input"


def test_runs_of_a_batch_come_from_one_server_a_worker(registry: Path, refs: Refs) -> None:
    outcomes = run(refs(registry)[3:6], None, Settings())
    assert [told(outcome)["run"]["status"] for outcome in outcomes] == ["ok"] * 3
    assert {told(outcome)["run"]["isolation"]["level"] for outcome in outcomes} == {"full"}


def test_a_hostile_registry_ends_in_reports(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    make_models(folder, 2)
    os.mkfifo(folder / "fifo.onnx")
    (folder / "loop.onnx").symlink_to("loop.onnx")
    (folder / "gone.onnx").symlink_to("nowhere")
    (folder / "folder.onnx").mkdir()
    (folder / "page.onnx").write_text("<!DOCTYPE html>")
    paths = [*(folder / "000").iterdir(), *(path for path in folder.iterdir() if path.suffix == ".onnx")]
    outcomes = run([reference(path) for path in paths], tmp_path / "reports.db")
    assert {outcome.ref.name: outcome.code for outcome in outcomes} == {
        "0": ExitCode.FINDINGS,
        "1": ExitCode.PASS,
        "page": ExitCode.FINDINGS,
        "fifo": ExitCode.FINDINGS,
        "loop": ExitCode.INCONCLUSIVE,
        "gone": ExitCode.NOTHING,
        "folder": ExitCode.INCONCLUSIVE,
    }
    assert audits(tmp_path / "reports.db") == 7


def test_what_the_registry_cannot_say_is_in_the_report(registry: Path, tmp_path: Path) -> None:
    ref = reference(registry / "000" / "1.onnx", troubles=("config.pbtxt cannot be read",))
    (outcome,) = run([ref], tmp_path / "reports.db")
    assert {"what": "registry", "why": "config.pbtxt cannot be read", "asked": False} in told(outcome)["coverage"][
        "skipped"
    ]


def test_missing_data_is_a_content_too(tmp_path: Path) -> None:
    """A model without its data is not audited over and over, and is when the data comes."""
    model = tmp_path / "m.onnx"
    model.write_bytes((BROKEN / "missing_external_data.onnx").read_bytes())
    ref = reference(model, files=(str(model), str(tmp_path / "head.bin")))
    assert [run([ref], tmp_path / "reports.db")[0].reused for _ in range(3)] == [False, True, True]
    (tmp_path / "head.bin").write_bytes(b"short")
    assert not run([ref], tmp_path / "reports.db")[0].reused


def test_a_model_whose_data_the_source_did_not_name_is_not_reused(tmp_path: Path) -> None:
    """Nobody would see the data change."""
    model = tmp_path / "m.onnx"
    model.write_bytes((BROKEN / "missing_external_data.onnx").read_bytes())
    assert [run([reference(model)], tmp_path / "reports.db")[0].reused for _ in range(2)] == [False, True]
    (tmp_path / "head.bin").write_bytes(b"short")
    model.write_bytes(model.read_bytes() + b"\x12\x03you")  # producer_name
    assert [run([reference(model)], tmp_path / "reports.db")[0].reused for _ in range(2)] == [False, False]
