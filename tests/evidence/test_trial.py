"""Whether a model is started, on what, and what its run proves."""

from __future__ import annotations

import os
from itertools import count as count_from
from pathlib import Path
from types import SimpleNamespace

import onnx.parser
import pytest

from auditor.costs.count import count
from auditor.evidence.in_memory import attempt_in_memory
from auditor.evidence.trial import Trial, attempt, faulty
from auditor.model.graph import Model
from auditor.model.load import load, loads
from auditor.report import Missed
from auditor.runtime.messages import MACHINE
from auditor.runtime.outcome import (
    Crashed,
    Failed,
    GoldenResult,
    NotRun,
    Observed,
    Outcome,
    OutOfMemory,
    Run,
    TimedOut,
    Try,
)
from auditor.runtime.request import Feed, ProviderLibrary, ProviderOption, Request, RunLimits
from auditor.settings import Settings
from auditor.shapes.facts import infer

MODEL = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[N, 4] x) => (float[N, 4] y) <float[4] b = {1, 2, 3, 4}> { y = Add(x, b) }
"""
RAN = Run("CPUExecutionProvider", "1.32", {})
FILE = "inputs.npz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m.onnx").write_bytes(onnx.parser.parse_model(MODEL).SerializeToString())
    return tmp_path


def with_golden(folder: Path) -> None:
    place = folder / "test_data_set_0"
    place.mkdir()
    for name in ("input_0.pb", "output_0.pb"):
        (place / name).write_bytes(b"")


def tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, settings: Settings, size: int | None = None
) -> tuple[Trial, list[Request]]:
    """The trial of the model where its run comes to this; and what was asked of the runtime."""
    requests: list[Request] = []

    def run(request: Request) -> Outcome:
        requests.append(request)
        return outcome

    monkeypatch.setattr("auditor.runtime.parent.run", run)
    model = load(folder / "m.onnx")
    if size is not None:
        model = model._replace(size=size)
    facts = infer(model, settings.shapes, settings.dims)
    return attempt(model, facts, count(facts), settings), requests


@pytest.mark.parametrize(
    ("outcome", "why", "asked", "kept"),
    [
        (RAN, "", False, True),
        (NotRun("no onnxruntime"), "no onnxruntime", False, True),
        (Failed("load", "FAIL", "bad"), "onnxruntime does not load the model: bad", True, True),
        (Failed("run", "FAIL", "bad"), "it failed on inputs that auditor invented: bad", False, True),
        (Failed("load", MACHINE, "no GPU"), "this machine lacks what the model needs: no GPU", False, False),
        (Crashed("SIGSEGV", "load"), "", False, True),
        (Crashed("SIGSEGV", "import"), "onnxruntime did not get as far as the model", True, False),
        (TimedOut(1, "start"), "onnxruntime did not get as far as the model", True, False),
        (TimedOut(1, "run"), "", False, True),
        (OutOfMemory(1, "import"), "onnxruntime did not get as far as the model", True, False),
        (OutOfMemory(1, "load"), "", False, True),
        (RAN._replace(gone=("CUDAExecutionProvider",)), "onnxruntime could not start it", True, True),
    ],
)
def test_what_a_run_comes_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, why: str, asked: bool, kept: bool
) -> None:
    """Before the runtime has the model, nothing that happens is the model's fault."""
    trial, requests = tried(folder, monkeypatch, outcome, Settings())
    assert len(requests) == 1 + (trial.plain is not None) and trial.invented
    assert (trial.result == outcome) is kept and (kept or isinstance(trial.result, NotRun))
    what = f"provider {outcome.gone[0]}" if isinstance(outcome, Run) and outcome.gone else "run"
    assert [m.what for m in trial.missed] == ([what] if why else [])
    assert all(m.why.startswith(why) and m.asked is asked for m in trial.missed)


@pytest.mark.parametrize(
    "settings",
    [Settings(provider_asked=True), Settings(require_isolation=True), Settings(inputs=FILE)],
    ids=["provider", "isolation", "inputs"],
)
def test_who_asks_for_a_run_is_told_that_there_was_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    trial, _ = tried(folder, monkeypatch, NotRun("no onnxruntime"), settings)
    assert [m.asked for m in trial.missed] == [True]


@pytest.mark.parametrize(
    ("end", "said"),
    [(Crashed("SIGABRT", "provider"), "SIGABRT"), (TimedOut(1, "provider"), "no end within the limits")],
)
def test_a_library_that_ends_the_process_is_no_fault_of_the_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, end: Outcome, said: str
) -> None:
    settings = Settings(provider="mine", provider_libraries={"mine": "lib/mine.so"}, device=1)
    trial, (request,) = tried(folder, monkeypatch, end, settings._replace(provider_options={"mine": {"a": "b"}}))
    (missed,) = trial.missed
    assert isinstance(trial.result, NotRun)
    assert (missed.what, missed.why, missed.asked) == ("run", missed.why, True)
    assert missed.why.startswith("loading 'mine.so' came to nothing: ")
    assert said in missed.why
    assert request.provider_libraries == (ProviderLibrary("mine", os.path.abspath("lib/mine.so")),)
    assert request.provider_options == (ProviderOption("mine", "a", "b"),)
    assert request.device == 1


@pytest.mark.parametrize(
    ("provider", "placement", "why"),
    [
        ("CPUExecutionProvider", {"CPUExecutionProvider": 1}, "the run was on the CPU, as it was asked for"),
        ("CUDAExecutionProvider", {}, "onnxruntime does not say which nodes ran where"),
        ("CUDAExecutionProvider", {"CUDAExecutionProvider": 1}, ""),
    ],
)
def test_that_nothing_falls_back_is_seen_or_said_not_to_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch, provider: str, placement: dict[str, int], why: str
) -> None:
    ran = RAN._replace(provider=provider, placement=placement)
    trial, _ = tried(folder, monkeypatch, ran, Settings(no_cpu_fallback=True))
    assert [(m.what, m.asked) for m in trial.missed] == ([("no-cpu-fallback", True)] if why else [])
    assert all(m.why.startswith(why) for m in trial.missed)


def test_inputs_that_are_given_prove_something(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, (request,) = tried(folder, monkeypatch, Failed("run", "FAIL", "bad"), Settings(inputs=FILE))
    assert not trial.invented and trial.missed == ()
    assert [(feed.name, feed.file, feed.key) for feed in request.attempts[0]] == [("x", FILE, "x")]
    ran = RAN._replace(tries=(Try((), "FAIL", "wrong rank"),))
    trial, _ = tried(folder, monkeypatch, ran, Settings(inputs=FILE))
    assert [(m.why, m.asked) for m in trial.missed] == [(f"it failed on the inputs of {FILE}: wrong rank", True)]


def test_where_golden_vectors_alone_ran_the_inputs_that_did_not_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = RAN._replace(tries=(Try((), "FAIL", "wrong rank\nat line 7"), Try((), "FAIL", "wrong size")))
    trial, _ = tried(folder, monkeypatch, failed, Settings())
    assert trial.missed == (Missed("inputs", "none that auditor invented ran: wrong rank"),)
    later = failed._replace(feeds=(Feed("x", 1, (1, 4)),))
    assert tried(folder, monkeypatch, later, Settings())[0].missed == ()


def test_golden_vectors_prove_something(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_golden(folder)
    failed = RAN._replace(golden=(GoldenResult("set_0"), GoldenResult("set_1", (), "it cannot be read")))
    trial, (request,) = tried(folder, monkeypatch, failed, Settings())
    assert not trial.invented and len(request.golden) == 1
    assert [(m.what, m.why, m.asked) for m in trial.missed] == [("golden vector set_1", "it cannot be read", True)]


def test_a_model_that_needs_more_memory_than_it_may_have_is_not_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 bytes of weights, 2 x 4 floats that come and as many that go: 16 + 32 + 32."""
    for memory, starts in ((79, False), (80, True)):
        settings = Settings(dims={"N": 2}, memory=memory)
        trial, requests = tried(folder, monkeypatch, RAN, settings)
        assert bool(requests) is starts and (trial.result == RAN) is starts
    assert isinstance(trial.result, Run)
    trial, _ = tried(folder, monkeypatch, RAN, Settings(dims={"N": 2}, memory=79))
    assert isinstance(trial.result, OutOfMemory) and trial.result.stage == "prediction" and trial.result.limit == 79


def test_a_file_beyond_protobufs_two_gibibytes_is_not_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size, starts in ((2**31 - 1, True), (2**31, False)):
        _, requests = tried(folder, monkeypatch, RAN, Settings(), size)
        assert bool(requests) is starts


def test_the_request_holds_the_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(dims={"N": 2}, seed=7, rtol=0.5, atol=0.25, timeout=3.0, memory=1 << 30)
    _, (request,) = tried(folder, monkeypatch, RAN, settings)
    assert (request.seed, request.rtol, request.atol) == (7, 0.5, 0.25)
    assert (request.limits.seconds, request.limits.memory) == (3.0, 1 << 30)
    assert request.predicted_bytes == 64  # beside the weights
    _, (open_sizes,) = tried(folder, monkeypatch, RAN, Settings())
    assert open_sizes.predicted_bytes is None


def test_where_the_child_died_it_is_run_once_more_without_optimisation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, requests = tried(folder, monkeypatch, Crashed("SIGSEGV", "run"), Settings())
    assert [(one.optimisation, one.second) for one in requests] == [("all", True), ("off", False)]
    assert trial.plain == Crashed("SIGSEGV", "run")
    trial, requests = tried(folder, monkeypatch, Crashed("SIGSEGV", "run"), Settings(optimisation="off"))
    assert [(one.optimisation, one.second) for one in requests] == [("off", False)]
    assert trial.plain is None


def test_both_runs_have_their_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is predicted for one is had twice; what was asked for bounds them together."""
    ((both, *_), (one, *_), (said, *_)) = (
        tried(folder, monkeypatch, RAN, settings)[1]
        for settings in (Settings(), Settings(optimisation="off"), Settings(timeout=7.0))
    )
    assert both.limits.seconds >= one.limits.seconds
    assert said.limits.seconds == 7.0


def test_what_is_not_finite_is_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On other values, and on other sizes where the model leaves any open; not on inputs that somebody gave."""
    odd = RAN._replace(outputs=(Observed("y", 1, (2,), nonfinite=1),))
    trial, requests = tried(folder, monkeypatch, odd, Settings())
    assert trial.again and all(one.nonfinite for one in trial.again)
    assert len(requests) == 1 + len(trial.again)
    assert {(one.seed, one.second, one.golden) for one in requests[1:]} == {(1, False, ())}
    trial, requests = tried(folder, monkeypatch, odd, Settings(inputs=FILE))
    assert (trial.again, len(requests)) == ((), 1)


def test_vectors_of_a_model_that_did_not_run_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_golden(folder)
    for outcome in (Failed("load", "FAIL", "bad"), Crashed("SIGSEGV", "load"), TimedOut(1, "run")):
        trial, _ = tried(folder, monkeypatch, outcome, Settings())
        assert [m.asked for m in trial.missed if m.what == "golden vector test_data_set_0"] == [True]


def test_a_fault_of_ours_in_the_child_is_open_and_traced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, _ = tried(folder, monkeypatch, NotRun("a fault of auditor in the child: E", {}, "Traceback"), Settings())
    assert trial.missed[0] == Missed("run", "a fault of auditor in the child: E", True, "Traceback")


def test_what_nobody_could_look_into_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = RAN._replace(outputs=(Observed("y", 8, (1,), unseen="its strings are not UTF-8"),))
    trial, _ = tried(folder, monkeypatch, odd, Settings())
    assert Missed("values of y", "its strings are not UTF-8") in trial.missed


FOLDED = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[1, 1] x) => (float[4000, 4000] y) <int64[2] s = {4000, 4000}> {
      m = ConstantOfShape(s)
      a = MatMul(m, m)
      b = MatMul(a, a)
      y = Add(b, x)
    }
"""


def test_what_is_folded_asks_for_no_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 * 4000^3 multiply-accumulates, all of them on constants."""
    (folder / "m.onnx").write_bytes(onnx.parser.parse_model(FOLDED).SerializeToString())
    _, requests = tried(folder, monkeypatch, RAN, Settings())
    assert requests[0].limits.seconds == RunLimits.predicted(0).seconds


def test_all_runs_of_a_model_have_one_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = RAN._replace(outputs=(Observed("y", 1, (2,), nonfinite=1),))
    _, requests = tried(folder, monkeypatch, odd, Settings(timeout=50.0))
    assert len(requests) > 1
    assert all(one.limits.seconds < 50.0 for one in requests[1:])
    clock = count_from(0, 50)
    monkeypatch.setattr("auditor.evidence.trial.time", SimpleNamespace(monotonic=lambda: next(clock)))
    trial, requests = tried(folder, monkeypatch, odd, Settings(timeout=50.0))
    assert (len(requests), trial.again) == (1, ())


def test_a_model_in_memory_is_run_from_a_file_of_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is gone when the run is over."""
    data = onnx.parser.parse_model(MODEL).SerializeToString()
    model = loads(data)
    facts = infer(model)
    held: list[Path] = []

    def attempted(there: Model, *more: object) -> Trial:
        held.append(Path(there.path))
        assert held[0].read_bytes() == data
        return Trial(RAN, True)

    monkeypatch.setattr("auditor.evidence.in_memory.attempt", attempted)
    assert attempt_in_memory(model, facts, count(facts), Settings()) == Trial(RAN, True)
    assert not held[0].parent.exists()


def test_a_fault_of_ours_before_the_run_is_open_and_traced() -> None:
    assert faulty("why", "Traceback") == Trial(
        NotRun("why", fault="Traceback"), True, (Missed("run", "why", True, "Traceback"),)
    )
