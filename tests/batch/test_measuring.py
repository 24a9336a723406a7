"""Large models are hashed and measured by one reading: how many bytes are read, and what is said all the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import auditor.pipeline
from auditor.batch import measuring
from auditor.batch.measuring import HashedPart, hashed_and_measured, hashed_for, in_parts
from auditor.batch.pool import Pool
from auditor.batch.refs import Ref
from auditor.batch.run import Outcome, batch
from auditor.batch.sources import source_at
from auditor.batch.state import hashed
from auditor.batch.tasks import WorkerLimits
from auditor.files import FileLook
from auditor.model.graph import Model
from auditor.model.load import load
from auditor.model.wire import ReadLimits
from auditor.pipeline import Audit, audit
from auditor.policy.judge import USUAL
from auditor.policy.policy import Policy
from auditor.service.jobs import working
from auditor.service.jobs.working import SourceTask, audit_source
from auditor.service.outward.fetching import UrlLimits
from auditor.sessions.asked import asked
from auditor.sessions.attesting import judged_files
from auditor.sessions.listening import Listener
from auditor.settings import Settings
from auditor.store.works import Works
from tests.benchmarks.large import sequential
from tests.benchmarks.large_models import fill, spread

STATIC = Settings(run=False)
COUNTS = Path("/proc/self/io")
counting = pytest.mark.skipif(not COUNTS.exists(), reason="bytes are counted by /proc/self/io, which only Linux has")
LATER = 10_000_000_000_000  # ns: long ago


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LARGE", 1 << 20)
    monkeypatch.setattr("auditor.batch.run.LARGE", 1 << 20)
    monkeypatch.setattr("auditor.pipeline._HASHED", 1 << 20)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with sixteen tensors of 4 MiB in four files. All that an audit imports is here."""
    path = spread(tmp_path_factory.mktemp("filled"), 4, 16 << 20, 4)
    fill(path.parent)
    for file in path.parent.iterdir():
        os.utime(file, ns=(LATER, LATER))
    audit(path, STATIC)
    return path


def refs(path: Path) -> list[Ref]:
    return list(source_at(str(path.parent)).models())


def run(path: Path, database: Path, settings: Settings = STATIC, *, rehash: bool = False) -> Outcome:
    with Works.open(database) as store:
        (outcome,) = batch(refs(path), settings, lambda ref: USUAL, store, 2, WorkerLimits(), rehash=rehash)
    return outcome


def times_read(path: Path, work: Callable[[], object]) -> float:
    """Bytes that this process and its children read meanwhile, against those of the model's files."""
    before = _read()
    work()
    return (_read() - before) / sum(file.stat().st_size for file in path.parent.iterdir())


def _read() -> int:
    """Of children, too, as soon as they are waited for."""
    return int(COUNTS.read_text().split()[1])


@counting
def test_a_batch_reads_each_byte_once(filled: Path, tmp_path: Path) -> None:
    found = list[Outcome]()
    assert 1 <= times_read(filled, lambda: found.append(run(filled, tmp_path / "a.db"))) < 1.1
    assert found[0].document is not None
    assert len(found[0].document["weights"]) == 16
    assert 1 <= times_read(filled, lambda: found.append(run(filled, tmp_path / "a.db", rehash=True))) < 1.1
    assert found[1].reused and found[1].states == found[0].states


@counting
def test_attest_and_bom_sign_hashes_of_the_reading_that_was_judged(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.files._SETTLED", -1)  # their ctime is of now
    asks = asked({"no_config": True, "run": False, "db": str(tmp_path / "a.db")})
    found = []
    assert 1 <= times_read(filled, lambda: found.append(judged_files(str(filled), asks, Listener()))) < 1.1
    known = dict(zip(sorted(p.name for p in filled.parent.iterdir()), sequential(filled.parent), strict=True))
    assert {file.name: file.sha256 for file in found[0].files.files} == known
    assert not found[0].files.unread


@counting
def test_the_services_job_reads_each_byte_once(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "_draw", lambda *_: "")
    monkeypatch.setattr("auditor.files._SETTLED", -1)  # their ctime is of now
    monkeypatch.setattr(working, "tell", lambda stage: None)
    roots = (str(filled.parent),)
    task = SourceTask("a" * 32, "p", str(tmp_path), str(filled), roots, (), UrlLimits(), STATIC, Policy())
    found: list[Any] = []
    assert 1 <= times_read(filled, lambda: found.append(audit_source(task))) < 1.1
    assert found[0].whole and len(found[0].document["weights"]) == 16


def test_only_what_will_be_audited_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.batch.run.settled", lambda states, at: tuple(states))  # its ctime is of now
    path = spread(tmp_path / "model", 2, 1 << 20, 1)
    submitted = list[str]()
    submit = Pool.submit

    def heard(pool: Pool, function: Any, *arguments: Any, **more: Any) -> object:
        submitted.append(function.__name__)
        return submit(pool, function, *arguments, **more)

    monkeypatch.setattr(Pool, "submit", heard)
    expected = {
        "sampled": ["hashed", "audit_one"],
        "new": ["hashed_and_measured", "audit_one"],
        "as it was, and not trusted": ["hashed"],
    }
    run(path, tmp_path / "a.db", STATIC._replace(sample_weights=1))
    seen, submitted = {"sampled": submitted[:]}, []
    run(path, tmp_path / "b.db")
    seen["new"], submitted = submitted[:], []
    run(path, tmp_path / "b.db", rehash=True)
    seen["as it was, and not trusted"] = submitted[:]
    assert seen == expected


def test_what_an_interrupted_batch_has_hashed_is_measured_by_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.batch.run.settled", lambda states, at: tuple(states))  # its ctime is of now
    path = spread(tmp_path / "model", 3, 1 << 20, 1)
    fill(path.parent)
    alone = audit(path, STATIC).weights
    ((first,),) = hashed([(str(path.with_name("model.onnx_data_0")),)])  # type: ignore[misc]  # it is there
    with Works.open(tmp_path / "a.db") as store:
        store.remember([first])
    document = run(path, tmp_path / "a.db").document
    assert document is not None
    assert [row["mean"] for row in document["weights"]] == [row.mean for row in alone]


@pytest.mark.parametrize("data", [True, False])
def test_weights_that_change_behind_their_hashing_are_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bool
) -> None:
    """Nothing is kept of the content that was hashed, and what is said is of the bytes that are there."""
    path = spread(tmp_path / "model", 2, 1 << 20, 1)
    fill(path.parent)
    place = path.with_name("model.onnx_data_1")
    whole, sound, before = auditor.pipeline.audited, place.read_bytes(), audit(path, STATIC).weights

    def audited(model: str, *more: Any) -> Audit:
        if data:
            place.write_bytes(np.float32(9).tobytes() + sound[4:])
        else:
            path.write_bytes(path.read_bytes().replace(b"model.onnx_data_1", b"model.onnx_data_0"))
        return whole(model, *more)

    with monkeypatch.context() as patched:
        patched.setattr("auditor.pipeline.audited", audited)
        outcome = run(path, tmp_path / "a.db")
    assert outcome.document is not None
    now = audit(path, STATIC).weights
    assert now != before
    assert [row["mean"] for row in outcome.document["weights"]] == [row.mean for row in now]
    place.write_bytes(sound)
    assert not run(path, tmp_path / "a.db").reused


def test_statistics_are_held_to_the_look_from_before_the_graph_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = spread(tmp_path / "model", 1, 1 << 16, 1)

    def touched(source: str, limits: ReadLimits) -> Model:
        os.utime(source, ns=(LATER, LATER))
        return load(source, limits)

    monkeypatch.setattr("auditor.batch.measuring.load", touched)
    looked = os.stat(path)
    (part,) = hashed_and_measured(str(path), [str(path.with_name("model.onnx_data_0"))])
    assert part is not None and part.measured is not None
    assert part.measured.model == FileLook.from_status(looked) != FileLook.from_status(os.stat(path))


def test_a_model_that_is_measured_on_the_way_has_the_report_of_one_that_is_not(tmp_path: Path) -> None:
    path = spread(tmp_path / "model", 3, 1 << 20, 2)
    fill(path.parent)
    data = path.with_name("model.onnx_data_2")
    numbers = np.fromfile(data, np.float32)
    numbers[7], numbers[4096:8192] = np.inf, 0
    numbers.tofile(data)
    one = run(path, tmp_path / "a.db").document
    other = audit(refs(path)[0].path, STATIC)
    assert one is not None and {f["rule"] for f in one["findings"]} == {f.rule for f in other.findings} != set()
    assert [row["zeros"] for row in one["weights"]] == [row.zeros for row in other.weights]


def test_files_are_hashed_where_the_model_cannot_be_read_or_one_is_missing(tmp_path: Path) -> None:
    model, data, gone = (tmp_path / name for name in ("model.onnx", "data.bin", "gone.bin"))
    model.write_bytes(b"no model")
    data.write_bytes(b"1" * 2000)
    paths = [str(model), str(data), str(gone)]
    expected = [HashedPart(states[0]) for (states) in hashed([(path,) for path in paths]) if states is not None]
    assert hashed_and_measured(str(model), paths) == expected
    assert hashed_and_measured(str(model), [str(tmp_path)]) == [None]
    sound = spread(tmp_path / "sound", 1, 1 << 16, 1)
    lost = str(sound.with_name("model.onnx_data_0"))
    os.unlink(lost)
    assert [part and part.state.digest for part in hashed_and_measured(str(sound), [lost])] == ["absent"]


@pytest.mark.parametrize(("nodes", "is_measured"), [(20_000, True), (20_001, False)])
def test_of_a_model_of_many_nodes_the_files_are_hashed_alone(tmp_path: Path, nodes: int, is_measured: bool) -> None:
    """Its graph would have to be decoded for each of them."""
    path = spread(tmp_path, 1, 1 << 16, 1)
    model = onnx.load(path, load_external_data=False)
    more = onnx.NodeProto(op_type="Relu", input=["x"], output=["unused"])
    model.graph.node.extend([more] * (nodes - len(model.graph.node)))
    path.write_bytes(model.SerializeToString())
    data = str(path.with_name("model.onnx_data_0"))
    (part,) = hashed_and_measured(str(path), [data])
    assert part is not None and (part.measured is not None) is is_measured
    assert hashed([(data,)]) == [(part.state,)]


def test_before_its_audit_a_model_is_hashed_and_measured_where_that_is_worth_it(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    for path, is_measured in (
        (spread(tmp_path / "small", 1, 1 << 16, 1), False),
        (spread(tmp_path / "large", 1, 1 << 20, 1), True),
    ):
        (ref,) = refs(path)
        states, measured = hashed_for(ref, STATIC)
        assert states == hashed([ref.files])[0] and states is not None
        assert [state.path for state in states] == list(ref.files)
        assert list(measured) == (["model.onnx_data_0"] if is_measured else [])


def test_tasks_hold_a_quarter_of_a_gigabyte_or_one_file() -> None:
    sizes = [("a", 1), ("b", 1 << 28), ("c", 1 << 30), ("d", 5), ("e", 6)]
    assert in_parts(sizes) == [["a", "b"], ["c"], ["d", "e"]]
    assert in_parts([]) == []


def test_a_new_group_holds_nothing_yet() -> None:
    """A quarter of a gigabyte is 2^28 bytes: the last byte of it has its place in each group."""
    full = (1 << 28) - 1
    assert in_parts([("a", full), ("b", 1), ("c", full), ("d", 1), ("e", 1)]) == [["a", "b"], ["c", "d"], ["e"]]
