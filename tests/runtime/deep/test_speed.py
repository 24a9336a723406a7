"""What is timed, in the sandbox: the runs that were asked for, of each batch, and in turn with another model."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import onnx
import pytest
from onnx import helper

from auditor.evidence.deep.speed import of_pairs
from auditor.evidence.deep.spreads import quantile, spread_of, why_open
from auditor.runtime.deep import part_of, speed
from auditor.runtime.deep.clock import in_turn, repeated
from auditor.runtime.deep.overhearing import Overhearing, copies_added, nodes_placed
from auditor.runtime.deep.speed import SpeedAsked, SpeedHeld, SpeedSeen
from auditor.runtime.deep.speed import look as time_it
from auditor.runtime.outcome import Deep, OutOfMemory
from auditor.runtime.parent import look
from auditor.runtime.request import DeepQuestion, Feed, Request, RunLimits
from tests.pace import HANG
from tests.runtime.conftest import ADD, Write, floats
from tests.runtime.deep.in_process import ground_of
from tests.runtime.deep.latency import judged

OPEN = "g (float[N, 4] x) => (float[N, 4] y) { y = Add (x, x) }"


def seen_of(path: str, *attempts: tuple[Feed, ...], beside: tuple[str, ...] = (), **asked: Any) -> SpeedSeen:
    question = DeepQuestion("speed", json.dumps(asked))
    request = Request(path, attempts=attempts, deep=question, beside=beside, limits=RunLimits(seconds=HANG))
    outcome = look(request)
    assert isinstance(outcome, Deep) and isinstance(outcome.seen, SpeedSeen), outcome
    return outcome.seen


def test_runs_sessions_batches_and_a_reference(write: Write) -> None:
    """All at once: a process costs a third of a second."""
    other = write(OPEN.replace("Add (x, x)", "Mul (x, x)"), "other.onnx")
    attempts = ((floats("x", 2, 4),), (floats("x", 8, 4),))
    seen = seen_of(write(OPEN), *attempts, beside=(other,), runs=7, batches=[2, 8], reference=other)
    assert 1 <= len(seen.sessions) <= 5 and len(seen.warm) == 5
    assert [(one.batch, one.why) for one in seen.timed] == [(2, ""), (8, "")]
    assert 7 <= len(seen.timed[0].milliseconds) <= 140 and len(seen.timed[1].milliseconds) >= 5
    assert seen.in_turn is not None and not seen.in_turn.why
    assert len(seen.in_turn.own) == len(seen.in_turn.reference) >= 7
    assert seen.casts is None and seen.copies is None and not seen.up_to


def test_a_batch_that_onnxruntime_refuses_is_said_and_the_rest_stands(write: Write) -> None:
    fixed = write(ADD)
    gone = str(fixed).replace("model.onnx", "gone.onnx")
    seen = seen_of(fixed, (floats("x", 1, 4),), (floats("x", 3, 4),), runs=3, batches=[1, 3], reference=gone)
    assert len(seen.timed) == 2 and len(seen.timed[0].milliseconds) >= 3
    assert seen.timed[1].why.startswith("onnxruntime refused: ") and not seen.timed[1].milliseconds
    assert seen.in_turn is not None and "reference" in seen.in_turn.why and not seen.in_turn.own


def halves(op_type: str) -> onnx.ModelProto:
    """A node on float16."""
    node = helper.make_node(op_type, ["x"], ["y"])
    ports = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT16, [1, 2, 4, 4]) for name in "xy"]
    graph = helper.make_graph([node], "g", ports[:1], ports[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_casts_are_counted_as_onnxruntime_writes_them_into_its_own_optimised_model(write: Write) -> None:
    """Outside of the sandbox it writes that model: the number is held against the Casts there. The page of kernels of
    1.32 has Softplus for float32 and float64 alone; Identity takes all types."""
    import onnxruntime

    for op_type in ("Softplus", "Identity"):
        path = write(halves(op_type), f"{op_type}.onnx")
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.optimized_model_filepath = path.replace(".onnx", ".optimised")
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        written = [node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node]
        seen = seen_of(path, (Feed("x", 10, (1, 2, 4, 4)),), runs=2, batches=[0], casts=True)
        assert (seen.casts, seen.why) == (written.count("Cast"), "")


def test_where_no_node_can_be_timed_a_model_is_timed_up_to_its_waists(write: Write) -> None:
    path = write("g (float[1, 4] x) => (float[1, 4] y) { a = Abs(x) b = Neg(a) y = Exp(b) }")
    ground = ground_of(Request(path, attempts=((floats("x", 1, 4),),), limits=RunLimits(seconds=HANG, threads=1)))
    ground.held = SpeedHeld(Overhearing(), None)
    seen = time_it(ground, SpeedAsked(2, waists=("a", "b", "none")))
    assert seen.profile is not None and seen.profile.why.startswith("this system has no files in memory")
    assert [one.tensor for one in seen.up_to] == ["a", "b"]
    assert seen.why.startswith("behind none it cannot be cut")


def test_memory_that_runs_out_while_a_session_is_made_is_no_fault_of_ours(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of onnxruntime 1.32 on VGG 19, whose weights its own nodes make, in too little address space."""

    def without_memory(*_: object, **__: object) -> None:
        raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Exception during init: std::bad_alloc")

    ground = ground_of(Request(write(OPEN), attempts=((floats("x", 1, 4),),), deep=DeepQuestion("speed", "{}")))
    ground.held = SpeedHeld(Overhearing(), None)
    monkeypatch.setattr(ground.sessions, "open", without_memory)
    assert isinstance(ground.look(part_of("speed")), OutOfMemory)


@pytest.mark.parametrize(("takes", "made"), [(0.01, 5), (0.4, 3), (0.75, 2), (8.0, 1)])
def test_sessions_are_made_in_a_share_of_the_time(takes: float, made: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five of them, and no further one that would end behind 15 % of the time: here 1.5 s."""
    now = [100.0]

    def opened(level: str, *, usual: bool) -> object:
        now[0] += takes
        return object()

    ground: Any = SimpleNamespace(
        seconds_left=10.0, request=Request("m"), sessions=SimpleNamespace(open=opened), tell=lambda seen: None
    )
    monkeypatch.setattr(speed, "time", SimpleNamespace(monotonic=lambda: now[0], perf_counter=lambda: now[0]))
    looking = speed._Looking(ground, SpeedAsked())
    looking.open_session()
    assert looking.seen.sessions == pytest.approx((1000 * takes,) * made)


@pytest.mark.parametrize(
    ("first", "left", "runs"), [(200.0, 10.0, 10), (201.0, 10.0, 0), (100.0, 1.0, 10), (101.0, 1.0, 0)]
)
def test_another_batch_is_timed_where_its_runs_have_their_time(
    first: float, left: float, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third of thirty runs, in two seconds, and in what is left."""
    ground: Any = SimpleNamespace(
        seconds_left=left, request=Request("m", attempts=((), ())), fed=lambda feeds: [], tell=lambda seen: None
    )
    session: Any = SimpleNamespace(outputs=[], call=lambda names, fed: lambda: None)
    monkeypatch.setattr(speed, "milliseconds", lambda call: first)
    monkeypatch.setattr(speed, "repeated", lambda call, least, *more: (1.0,) * least)
    looking = speed._Looking(ground, SpeedAsked(runs=30, batches=(1, 8), seconds=2.0))
    looking.time_batch(session, 1)
    (timed,) = looking.seen.timed
    assert timed.batch == 8 and len(timed.milliseconds) == runs
    assert timed.why == ("" if runs else f"a run takes {first:g} ms, and 10 of them too long")


def test_runs_end_with_their_time() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)

    now = time.monotonic()
    assert len(repeated(call, 5, 9, 0.0, now + HANG)) == 5
    assert len(repeated(call, 5, 9, HANG, now + HANG)) == 9
    assert repeated(call, 5, 9, HANG, now - 1) == ()
    ones, others = in_turn(lambda: calls.append(2), lambda: calls.append(3), 4, 4, 0.0, now + HANG)
    assert len(ones) == len(others) == 4
    assert calls[-8:] == [2, 3, 3, 2, 2, 3, 3, 2]


def test_the_spread_of_times() -> None:
    """Nearest rank (NIST/SEMATECH e-Handbook, 7.2.6.2 names it among the definitions of percentiles)."""
    hundred = [float(number) for number in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.1, 0.5, 0.9, 0.99, 1.0)] == [10, 50, 90, 99, 100]
    steady = spread_of([1.0, 1.01, 1.02, 1.0, 1.01] * 6)
    assert (steady.p50, steady.p90, steady.why) == (1.01, 1.02, "")
    assert "P90 is 2 times P10" in spread_of([1.0, 2.0] * 15).why
    assert "the medians of 5 stretches lie 20 % apart" in spread_of([1.0] * 15 + [1.2] * 15).why
    assert spread_of([1.0, 1.2] * 5).drift == 0, "the medians of pairs, and each pair is the same"
    assert why_open(1.5, 0.1) == "" != why_open(1.51, 0.0)


def test_a_ratio_is_that_of_pairs() -> None:
    """A machine that becomes ten times slower does so for both."""
    own, other = [2.0, 2.0, 20.0, 20.0, 20.0], [1.0, 1.0, 10.0, 10.0, 10.0]
    assert of_pairs(own, other) == (2.0, 2.0, 2.0)
    assert of_pairs([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5) == (3.0, 2.0, 4.0)


def test_latency_is_held_against_the_loop_s_by_what_is_firm() -> None:
    """By the medians; where others disturb these, by the fastest tenth; and where both are apart, by nothing."""
    loop = tuple([1.0] * 30)
    steady, slow = ((1.01,) * 30, loop), ((1.05,) * 30, loop)
    busy = [((1.01,) * 5 + (9.0 + pair,) * 25, loop) for pair in range(9)]
    wild = [((1.01 + pair,) * 30, loop) for pair in range(9)]
    assert [judged(pairs)[0] for pairs in ([steady] * 9, [slow] * 9, busy, wild)] == ["ok", "SHORT", "ok", "open"]
    assert judged(busy)[1].endswith("1.010 of the loop's fastest tenth, half in 1.010 to 1.010")


def test_onnxruntime_s_log_is_read() -> None:
    """Lines of onnxruntime 1.32; that of the copies is its warning of transformer_memcpy.cc."""
    assert (
        nodes_placed("[V:onnxruntime:, session_state.cc:1601 V]  All nodes placed on [CPU]. Number of nodes: 7\n") == 7
    )
    two = " Node(s) placed on [CUDA]. Number of nodes: 7\n Node(s) placed on [CPU]. Number of nodes: 2\n"
    assert nodes_placed(two) == 9 and nodes_placed("") is None
    assert copies_added("[W] 8 Memcpy nodes are added to the graph main_graph for CUDAExecutionProvider.") == 8
    assert copies_added("") == 0
