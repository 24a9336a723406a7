"""The short form of the figures on very large models: counts, and no seconds."""

from __future__ import annotations

import io
import os
import tracemalloc
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from threading import Barrier, active_count

import numpy as np
import pytest

from auditor.attest.model_files import hashed_files
from auditor.batch.pool import Pool
from auditor.batch.run import batch
from auditor.batch.sources import source_at
from auditor.batch.state import hashed
from auditor.batch.tasks import WorkerLimits
from auditor.formats import write
from auditor.model.load import load
from auditor.picturing import picture_of
from auditor.pipeline import audit, audited
from auditor.policy.judge import USUAL
from auditor.report import Report, Verdict
from auditor.settings import Settings
from auditor.store.works import Works
from auditor.threads import in_threads
from auditor.weights import measure
from tests.benchmarks.large import sequential
from tests.benchmarks.large_models import NODES_IN_BLOCK, fill, many_nodes, registry, spread
from tests.pace import HANG, calls_in

STATIC = Settings(run=False, weights=False)
BLOCK = 131_072  # elements
LATER = 10_000_000_000_000  # ns: long ago


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with twelve tensors of 4 MiB in three files."""
    path = spread(tmp_path_factory.mktemp("filled"), 3, 4 * (4 << 20), 4)
    fill(path.parent)
    for file in path.parent.iterdir():
        os.utime(file, ns=(LATER, LATER))
    return path


def test_a_static_audit_reads_the_graph_of_a_hundred_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = spread(tmp_path, 20, 5_000_000_000)
    read: list[int] = []
    pread = os.pread

    def counted(fd: int, length: int, offset: int) -> bytes:
        data = pread(fd, length, offset)
        read.append(len(data))
        return data

    def never(*_: object) -> int:
        raise AssertionError("weights are read")

    monkeypatch.setattr(os, "pread", counted)
    monkeypatch.setattr(os, "preadv", never)
    tracemalloc.start()
    try:
        report = audit(path, STATIC)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not report.findings
    assert report.totals is not None
    assert report.totals.weight_bytes > 99_000_000_000
    assert sum(read) < 20 * path.stat().st_size  # rules that look at texts read some of it again
    assert peak < 64e6


def test_files_hashed_by_threads_have_the_digests_of_files_hashed_in_turn(filled: Path) -> None:
    known = dict(zip(sorted(p.name for p in filled.parent.iterdir()), sequential(filled.parent), strict=True))
    assert {file.name: file.sha256 for file in hashed_files(str(filled)).files} == known


def test_answers_of_threads_come_in_order_and_an_error_is_raised() -> None:
    assert in_threads(lambda n: n * n, range(50)) == [n * n for n in range(50)]
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda n: 1 // n, range(2))


def test_as_many_are_at_work_at_once_as_there_are_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.threads.processors", lambda: 3)
    meeting, before = Barrier(3), active_count()
    assert sorted(in_threads(lambda _: meeting.wait(HANG), range(6))) == [0, 0, 1, 1, 2, 2]
    assert active_count() == before


def test_weights_read_by_threads_are_those_read_by_one(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = dict(measure(load(filled)))
    monkeypatch.setattr(import_module("auditor.weights.measure"), "WORTH_THREADS", 0)
    assert dict(measure(load(filled))) == alone
    assert len(alone) == 12


def test_a_sample_proves_a_nan_that_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    path = spread(tmp_path, 1, 8 * BLOCK * 4, 1)
    fill(path.parent)
    data = path.with_name("model.onnx_data_0")
    values = np.fromfile(data, np.float32)
    assert values.size == 8 * BLOCK
    values[-1] = np.nan
    values.tofile(data)
    seen = sampled(path, 2)  # the first block and the last
    assert [(f.rule, f.actual) for f in seen.findings if f.rule == "nan-weights"] == [("nan-weights", 1)]
    assert f"1 of {2 * BLOCK:,} elements that were looked at" in seen.findings[0].message
    values[-1], values[3 * BLOCK] = 0, np.nan
    values.tofile(data)
    unseen = sampled(path, 2)
    assert not [f for f in unseen.findings if f.rule == "nan-weights"]
    assert [m.why for m in unseen.coverage.skipped if "model.layers.0.0.weight" in m.what] == [
        "sampled: 2 of 8 blocks; NaN and Inf were looked for in these, and nothing else"
    ]
    assert not unseen.weights
    assert unseen.model.content_digest is None
    assert [f.actual for f in sampled(path, 8).findings if f.rule == "nan-weights"] == [1]  # all of it


def sampled(path: Path, blocks: int) -> Report:
    return audit(path, Settings(run=False, sample_weights=blocks))


def test_a_batch_goes_on_behind_the_last_file_of_a_large_model_that_was_hashed(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.batch.run.LARGE", 1 << 20)
    monkeypatch.setattr("auditor.batch.run.settled", lambda states, at: tuple(states))  # its ctime is of now
    first, second, third = (str(filled.with_name(f"model.onnx_data_{n}")) for n in range(3))
    asked: list[str] = []
    submit = Pool.submit

    def heard(pool: Pool, function: object, *arguments: object, **more: object) -> object:
        if function is hashed:
            asked.extend(path for group in arguments[0] for path in group)  # type: ignore[attr-defined]  # a list
        return submit(pool, function, *arguments, **more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(Pool, "submit", heard)
    with Works.open(tmp_path / "audits.db") as store:
        (known,) = hashed([(first,)])
        assert known is not None
        store.remember(known)  # an earlier batch came so far
        refs = list(source_at(str(filled.parent)).models())
        for reused in (False, True):
            (outcome,) = batch(refs, STATIC, lambda ref: USUAL, store, 2, WorkerLimits())
            assert outcome.reused is reused
            assert outcome.document is not None
            assert not outcome.document["findings"]
        assert sorted(asked) == [str(filled), second, third]
        assert set(store.states([first, second, third])) == {first, second, third}


def test_a_network_in_blocks_has_the_nodes_and_the_parameters_that_it_says(tmp_path: Path) -> None:
    path = tmp_path / "nodes.onnx"
    assert many_nodes(path, 1_000) == 1_000
    report = audit(path, STATIC)
    assert not report.findings
    assert report.totals is not None
    assert report.totals.nodes == 1_000
    blocks = 1_000 // NODES_IN_BLOCK
    # Of a block four products of 8 x 8, a bias of 8 for each of three, and a normalization's scale and bias.
    assert report.totals.learnable_parameters == blocks * (4 * 64 + 3 * 8 + 2 * 8)


@pytest.mark.parametrize(("drawn", "most"), [(False, 40), (True, 330)])
def test_each_node_more_costs_a_few_calls(tmp_path: Path, drawn: bool, most: int) -> None:
    """Of a check 25 for each, and of a page, with its check, 250: before what holds for all nodes of a kind was asked
    of one, they were 105 and 435. Of twice as many nodes the same, or something is not linear."""
    small, large, larger = (tmp_path / f"{blocks}.onnx" for blocks in (20, 40, 60))
    for path in (small, large, larger):
        many_nodes(path, int(path.stem) * NODES_IN_BLOCK)

    def work(path: Path) -> None:
        found = audited(path, STATIC)
        if drawn and found.evidence is not None:
            evidence = found.evidence
            picture = picture_of(evidence.model, evidence.facts, evidence.costs, found.report)
            write("html", found.report, Verdict.PASS, picture, io.StringIO())

    work(small)  # what is remembered for all models
    calls = [calls_in(partial(work, path), "auditor") for path in (small, large, larger)]
    first, second = (after - before for before, after in pairwise(calls))
    assert second <= most * 20 * NODES_IN_BLOCK, calls
    assert second <= first * 1.1, calls


def test_a_registry_of_links_is_listed_one_by_one(tmp_path: Path) -> None:
    registry(tmp_path / "registry", 500, kinds=5, each=50)
    source = source_at(str(tmp_path / "registry"))
    assert len({ref.path for ref in source.models()}) == 500
    assert not source.troubles
