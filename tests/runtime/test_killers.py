"""Files of a hundred bytes that kill onnxruntime: each is a result, and the parent lives on."""

from __future__ import annotations

import time

import onnx
import pytest
from onnx import TensorProto, helper

from auditor.runtime.outcome import Crashed, Failed, Outcome, OutOfMemory, TimedOut
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Request, RunLimits
from tests.pace import HANG

from .conftest import HEADER, Write, floats

MEGABYTE = 1 << 20


def made(
    nodes: list[onnx.NodeProto], inputs: tuple[Feed, ...], outputs: tuple[str, ...], **constants: onnx.TensorProto
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "killer",
        [helper.make_tensor_value_info(feed.name, feed.dtype, feed.shape) for feed in inputs],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        list(constants.values()),
    )
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 18)])


def test_a_division_that_overflows(write: Write) -> None:
    low = helper.make_tensor("low", TensorProto.INT64, [1], [-(2**63)])
    minus = helper.make_tensor("minus", TensorProto.INT64, [1], [-1])
    model = made([helper.make_node("Div", ["low", "minus"], ["y"])], (), ("y",), low=low, minus=minus)
    outcome = run(Request(write(model), attempts=((),)))
    assert isinstance(outcome, Crashed)
    assert outcome.signal == "SIGFPE"
    assert outcome.isolation["rlimits"] == "yes"


def test_a_split_into_more_than_it_says(write: Write) -> None:
    x = floats("x", 3)
    model = made([helper.make_node("Split", ["x"], ["a", "b", "c"], num_outputs=1)], (x,), ("a",))
    outcome = run(Request(write(model), attempts=((x,),)))
    assert isinstance(outcome, Crashed)
    assert (outcome.signal, outcome.stage) == ("SIGABRT", "load")
    assert outcome.feeds == ()


def test_a_normalization_with_an_empty_bias(write: Write) -> None:
    """It is onnxruntime's optimiser that dies of it."""
    x, scale = floats("x", 2, 3), floats("s", 3)
    model = made([helper.make_node("LayerNormalization", ["x", "s", ""], ["y", "mean"])], (x, scale), ("y",))
    outcome = run(Request(write(model), attempts=((x, scale),), optimisation="all"))
    assert isinstance(outcome, Crashed)
    assert (outcome.signal, outcome.stage) == ("SIGSEGV", "load")


def test_a_maximum_of_nothing(write: Write) -> None:
    x = floats("x", 2)
    model = made([helper.make_node("Max", ["x", ""], ["y"])], (x,), ("y",))
    outcome = run(Request(write(model), attempts=((x,),)))
    assert isinstance(outcome, Crashed)
    assert (outcome.signal, outcome.stage) == ("SIGSEGV", "run")


def test_random_numbers_between_nan_and_nan(write: Write) -> None:
    x, nan = floats("x", 2), float("nan")
    model = made([helper.make_node("RandomUniformLike", ["x"], ["y"], low=nan, high=nan)], (x,), ("y",))
    outcome = run(Request(write(model), attempts=((x,),)))
    assert isinstance(outcome, Crashed)
    assert outcome.signal == "SIGABRT"
    assert (outcome.stage, outcome.feeds) == ("run", (x,))


LOOP = """
killer (float[1] x) => (float[1] y) {
    trips = Constant <value = int64 {4611686018427387904}> ()
    y = Loop (trips, "", x) <body = body (int64 i, bool go, float[1] a) => (bool on, float[1] b) {
        on = Identity (go)
        b = Add (a, a)
    }>
}"""


def ended(request: Request, stage: str = "start") -> Outcome:
    """What came of a run, which came soon after its limit; of one that was held before it had come so far it is asked
    again, with more time."""
    far = {"load": 1, "run": 2}
    while True:
        started = time.monotonic()
        outcome = run(request)
        assert time.monotonic() - started < 20 * request.limits.seconds
        if not isinstance(outcome, TimedOut) or far.get(outcome.stage, 0) >= far.get(stage, 0):
            return outcome
        request = request._replace(limits=request.limits._replace(seconds=2 * request.limits.seconds))


def test_a_loop_that_never_ends(write: Write, patience: float) -> None:
    x = floats("x", 1)
    outcome = ended(Request(write(LOOP), attempts=((x,),), limits=RunLimits(seconds=patience)), "run")
    assert isinstance(outcome, TimedOut)
    assert (outcome.stage, outcome.feeds) == ("run", (x,)) and outcome.seconds in {patience * 2**n for n in range(8)}


GROWING = """
killer (float[1048576] x) => (float[N, 1048576] y) {
    trips = Constant <value = int64 {4611686018427387904}> ()
    last, y = Loop (trips, "", x) <body = body (int64 i, bool go, float[K] a) => (bool on, float[K] b, float[K] c) {
        on = Identity (go)
        b = Add (a, a)
        c = Add (a, a)
    }>
}"""


def test_a_loop_whose_output_grows(write: Write) -> None:
    limits = RunLimits(seconds=HANG, memory=700 * MEGABYTE)
    outcome = run(Request(write(GROWING), attempts=((floats("x", 1 << 20),),), limits=limits))
    assert isinstance(outcome, OutOfMemory | Crashed)


@pytest.mark.parametrize("operator", ["ConstantOfShape", "Expand"])
def test_a_tensor_of_a_million_millions(write: Write, operator: str) -> None:
    shape = helper.make_tensor("shape", TensorProto.INT64, [1], [1 << 40])
    x = floats("x", 1)
    inputs = ["shape"] if operator == "ConstantOfShape" else ["x", "shape"]
    model = made([helper.make_node(operator, inputs, ["y"], name="huge")], (x,), ("y",), shape=shape)
    outcome = run(Request(write(model), attempts=((x,),)))
    assert isinstance(outcome, OutOfMemory | Failed)
    assert (outcome.node, outcome.op_type) == ("huge", operator)


def test_products_that_are_folded_when_loading(write: Write, patience: float) -> None:
    """Unfolded they are computed when running; either way the time is bounded."""
    size = helper.make_tensor("size", TensorProto.INT64, [2], [3000, 3000])
    nodes = [helper.make_node("ConstantOfShape", ["size"], ["m0"])]
    nodes += [helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(60)]
    path = write(made(nodes, (), ("m60",), size=size))
    for level, stage in (("all", "load"), ("off", "run")):
        outcome = ended(Request(path, attempts=((),), optimisation=level, limits=RunLimits(seconds=patience)), stage)
        assert isinstance(outcome, TimedOut)
        assert outcome.stage == stage


def test_functions_that_expand_without_end(write: Write, patience: float) -> None:
    functions = "".join(
        f'<domain: "f", opset_import: ["" : 17, "f" : 1]>\n'
        f"f{i} (a) => (c) {{ b = f.f{i + 1} (a) c = f.f{i + 1} (b) }}\n"
        for i in range(24)
    )
    last = '<domain: "f", opset_import: ["" : 17]>\nf24 (a) => (c) { c = Neg (a) }\n'
    text = HEADER.replace("17]", '17, "f" : 1]') + "killer (float[1] x) => (float[1] y) { y = f.f0 (x) }\n"
    model = onnx.parser.parse_model(text + functions + last)
    limits = RunLimits(seconds=patience, memory=800 * MEGABYTE)
    outcome = ended(Request(write(model), attempts=((floats("x", 1),),), limits=limits))
    assert isinstance(outcome, TimedOut | OutOfMemory | Crashed)
