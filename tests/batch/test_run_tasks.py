"""What a batch hands to its workers: files to hash, together and apart, and models."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx.parser
import pytest

import auditor.pipeline
from auditor.batch import run as batches
from auditor.batch.pool import Pool
from auditor.batch.refs import Ref
from auditor.batch.run import Outcome, batch
from auditor.batch.state import Keys, hashed
from auditor.batch.tasks import Task, Told, WorkerLimits
from auditor.errors import ExitCode, UsageError
from auditor.pipeline import Audit
from auditor.policy.judge import USUAL, exit_code
from auditor.policy.policy import Bounds, Policy
from auditor.report import Missed, Verdict
from auditor.settings import Settings
from auditor.store.works import Done, FileState, Works

from .by_hand import MODEL, put
from .conftest import reference

Refs = Callable[[Path], list[Ref]]
STATIC = Settings(run=False)


def run(refs: list[Ref], database: Path, settings: Settings = STATIC, *, all_shown: bool = True) -> list[Outcome]:
    with Works.open(database) as store:
        found = batch(refs, settings, lambda ref: USUAL, store, 2, WorkerLimits(), all_shown=all_shown)
        return list(found)


def test_a_wrong_name_ends_a_batch_before_anything_is_audited(registry: Path, refs: Refs, tmp_path: Path) -> None:
    settings = STATIC._replace(select=frozenset({"no-such-rule"}))
    with pytest.raises(UsageError, match="no-such-rule"):
        run(refs(registry), tmp_path / "reports.db", settings)
    with Works.open(tmp_path / "reports.db") as store:
        assert store.get(1) is None


@pytest.mark.parametrize(
    ("most", "most_bytes", "sizes"),
    [
        (4, 1 << 30, [4, 4, 2]),
        (10, 1 << 30, [10]),
        (64, 3 * len(MODEL), [3, 3, 3, 1]),
        (64, 3 * len(MODEL) - 1, [2, 2, 2, 2, 2]),
        (64, 1, [1] * 10),  # each is more than a task may hold, and has one of its own
    ],
)
def test_files_are_hashed_so_many_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, most_bytes: int, sizes: list[int]
) -> None:
    """Ten models of one size: by their number, and by their bytes."""
    paths = [tmp_path / f"{n}.onnx" for n in range(10)]
    for path in paths:
        path.write_bytes(MODEL)
    handed: list[int] = []
    real = batches._Batch._hash

    def hash_(self: batches._Batch, works: list[batches._Work]) -> None:
        handed.append(len(works))
        real(self, works)

    monkeypatch.setattr(batches._Batch, "_hash", hash_)
    monkeypatch.setattr(batches, "_CHUNK", most)
    monkeypatch.setattr(batches, "_CHUNK_BYTES", most_bytes)
    outcomes = run([reference(path) for path in paths], tmp_path / "reports.db")
    assert len(outcomes) == 10 and handed == sizes


def hash_but_one(groups: list[tuple[str, ...]]) -> list[tuple[FileState, ...] | None]:
    if any(path.endswith("/5.onnx") for group in groups for path in group):
        raise MemoryError("of this one")
    return hashed(groups)


def test_a_file_that_fails_its_hashing_is_found_out_and_audited_all_the_same(
    registry: Path, refs: Refs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were to be hashed with it are hashed one by one, and known again; it is not."""
    monkeypatch.setattr(batches, "hashed", hash_but_one)
    outcomes = run(refs(registry), tmp_path / "reports.db")
    expected = {str(n): Verdict.PASS if n % 10 else Verdict.FAIL for n in range(12)}
    assert {outcome.ref.name: outcome.verdict for outcome in outcomes} == expected
    again = run(refs(registry), tmp_path / "reports.db")
    assert {outcome.ref.name for outcome in again if not outcome.reused} == {"5"}


def test_a_report_that_is_not_read_again_is_reused_all_the_same(registry: Path, refs: Refs, tmp_path: Path) -> None:
    sound = [ref for ref in refs(registry) if ref.name not in ("0", "10")]
    first = {outcome.ref.name: outcome for outcome in run(sound, tmp_path / "reports.db")}
    for outcome in run(sound, tmp_path / "reports.db", all_shown=False):
        assert outcome._replace(states=()) == Outcome(
            outcome.ref, None, Verdict.PASS, ExitCode.PASS, True, first[outcome.ref.name].audit_id
        )


@pytest.mark.parametrize("before", [USUAL, Policy(fail_on=None)], ids=["usual", "never"])
def test_a_report_that_finds_nothing_and_is_open_is_no_pass_when_it_is_taken_again(
    before: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where onnxruntime does not load the model and no rule that says so was chosen: a second look says the same."""
    real = auditor.pipeline.audited

    def audit(path: str, *more: Any) -> Audit:
        whole = real(path, *more)
        run = whole.report.run._replace(status="failed", why="onnxruntime does not load the model")
        skipped = (Missed("run", run.why, asked=True),)
        coverage = whole.report.coverage._replace(skipped=skipped)
        return whole._replace(report=whole.report._replace(run=run, coverage=coverage, findings=()))

    monkeypatch.setattr(auditor.pipeline, "audited", audit)
    (tmp_path / "m.onnx").write_bytes(MODEL)
    model = [reference(tmp_path / "m.onnx")]

    def looked_at(policy: Policy) -> Outcome:
        with Works.open(tmp_path / "reports.db") as store:
            (outcome,) = batch(model, STATIC, lambda ref: policy, store, 1, WorkerLimits(), all_shown=False)
        return outcome

    for policy in (before, USUAL, USUAL):
        outcome = looked_at(policy)
        verdict = Verdict.PASS if policy.fail_on is None else Verdict.INCONCLUSIVE
        assert (outcome.verdict, outcome.code) == (verdict, exit_code(verdict))
    assert outcome.reused, "it is not audited again"


def test_no_more_models_are_taken_than_may_be_held(registry: Path, refs: Refs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time, and two may be held: when the first one is done, no third has been asked for."""
    monkeypatch.setattr(batches, "_BLOCK", 2)
    monkeypatch.setattr(batches, "_MOST", 2)
    taken: list[Ref] = []

    def source() -> Iterator[Ref]:
        for ref in refs(registry):
            taken.append(ref)
            yield ref

    outcomes = batch(source(), STATIC, lambda ref: USUAL, None, 2, WorkerLimits())
    first = next(outcomes)
    assert len(taken) == 2 and first.ref in taken
    assert len(list(outcomes)) == 11 and len(taken) == 12


@pytest.mark.parametrize(("before", "verdict"), [(3, Verdict.PASS), (2, Verdict.FAIL)])
def test_a_model_may_grow_no_more_than_its_policy_says_since_the_accepted_version(
    tmp_path: Path, before: int, verdict: Verdict
) -> None:
    """Of three parameters: one more than two is too many, and none more than three is not."""
    policy = Policy(limits={"parameters": Bounds(max_increase=0)})

    def version(name: str, size: int) -> Ref:
        numbers = ", ".join(["1.0"] * size)
        text = f"g (float[{size}] x) => (float[{size}] y) <float[{size}] w = {{{numbers}}}> {{ y = Add(x, w) }}"
        model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
        return reference(put(tmp_path / f"{name}.onnx", model.SerializeToString()), subject="net")

    with Works.open(tmp_path / "reports.db") as store:
        (first,) = batch([version("first", before)], STATIC, lambda ref: policy, store, 1, WorkerLimits())
        assert first.verdict is Verdict.PASS and first.audit_id is not None  # there is nothing to compare it with
        store.accept("net", first.audit_id, reason="it is good", by="ann")
        (second,) = batch([version("second", 3)], STATIC, lambda ref: policy, store, 1, WorkerLimits())
    assert second.verdict is verdict


def test_so_many_keys_are_kept_in_mind_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_LATELY", 3)
    with Pool(1, WorkerLimits()) as pool:
        one = batches._Batch(iter(()), STATIC, lambda ref: USUAL, None, pool, True, False, Keys(STATIC), lambda: False)
        for n in range(7):
            one._keep_in_mind(f"key {n}", Done("m.onnx", n, True))
            assert f"key {n}" in one.lately and len(one.lately) <= 3


def test_how_far_an_audit_has_come_is_told_with_its_model_as_long_as_it_goes_on() -> None:
    told: list[tuple[Ref, str]] = []
    one, other = (reference(Path(name)) for name in ("one.onnx", "other.onnx"))
    with Pool(1, WorkerLimits()) as pool:
        work = batches._Batch(
            iter(()), STATIC, lambda ref: USUAL, None, pool, True, False, Keys(STATIC), lambda: False,
            lambda ref, stage: told.append((ref, stage)),
        )  # fmt: skip
        audits = [Task(len, (), WorkerLimits()) for _ in range(3)]
        for task, ref in zip(audits, (one, other), strict=False):
            work._hand([batches._Work(ref)], task)
        for task, stage in zip(audits, ("speed", "growth", "of nobody's"), strict=True):
            work._hear(Told(task, stage))
    assert told == [(one, "speed"), (other, "growth")]


def test_a_fetched_model_is_whole_though_another_one_takes_a_link_to_its_file(registry: Path, tmp_path: Path) -> None:
    """The cache's files are exchanged by nobody; a further link changes their time."""
    path = next(iter(sorted(registry.rglob("*.onnx"))))
    ref = Ref("m", "1", str(path), (str(path),), {}, None, (), address="s3://bucket/m.onnx")
    links = iter(range(100))

    def policies(_: Ref) -> Policy:
        os.link(path, tmp_path / f"link{next(links)}")
        return USUAL

    reused = []
    for _ in range(2):
        with Works.open(tmp_path / "reports.db") as store:
            (outcome,) = batch([ref], STATIC, policies, store, 1, WorkerLimits())
        assert outcome.document is not None and outcome.document["model"]["path"] == "s3://bucket/m.onnx"
        reused.append(outcome.reused)
    assert reused == [False, True]
