"""The slowest nodes in the model's own words, and their multiply-accumulates."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.evidence.deep.slowest import Slow, slow_figures, slow_lines, slow_nodes, slow_series
from auditor.evidence.sizes import choose
from auditor.model.load import load, loads
from auditor.runtime.deep import slowest as slowest_module
from auditor.runtime.deep.in_memory import SessionFiles
from auditor.runtime.deep.optimised import NodeOrigin
from auditor.runtime.deep.slowest import Profiled, SlowNode, slowest
from auditor.runtime.request import Feed, Request
from auditor.shapes.facts import Facts, infer
from tests.corpus import SAMPLES, light_models
from tests.runtime.deep.in_process import ground_of

TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[N, 8] x) => (float[N, M] z)
<float[8, 100] w, float[100] b, float[100, 2] u, int64[1] first = {0}, int64[1] two = {2}> {
    [wide] m = MatMul (x, w)
    a = Add (m, b)
    [gate] e = Erf (a)
    r = Mul (a, e)
    [last] t = MatMul (r, u)
    h = Shape (m)
    g = Gather (h, first)
    s = Concat <axis = 0> (g, two)
    [flat] y = Reshape (t, s)
    [other] z = Abs (y)
}"""


def facts_of(text: str) -> Facts:
    model = onnx.parser.parse_model(text)
    for index in reversed(range(1, len(model.graph.input))):
        del model.graph.input[index]
    for name, shape in (("w", (8, 100)), ("b", (100,)), ("u", (100, 2))):
        tensor = model.graph.initializer.add(name=name, data_type=1, dims=shape)
        tensor.raw_data = bytes(4 * shape[0] * (shape[1] if len(shape) > 1 else 1))
    return infer(loads(model.SerializeToString()))


@pytest.mark.parametrize("name", ["lenet5/lenet5", "resnet_block", "light_squeezenet"])
def test_all_that_a_model_multiplies_is_found_again_in_what_onnxruntime_runs(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each MAC behind one node, and none twice, whatever layout this processor has: so the origins are right."""
    light = {path.stem: path for path in light_models()}
    path = str(light.get(name, SAMPLES / f"{name}.onnx"))
    for constant, number in (("_RUNS", 1), ("_MOST_RUNS", 1), ("_MOST", 1000)):
        monkeypatch.setattr(slowest_module, constant, number)
    facts = infer(load(path))
    feeds = choose(facts).attempts[0]
    profile = slowest(ground_of(Request(path, attempts=(feeds,))), SessionFiles.made(), float("inf"))
    nodes = slow_nodes(facts, feeds, profile)
    assert not profile.why and len(nodes) == profile.nodes
    assert sum(node.mac_percent or 0 for node in nodes) == pytest.approx(100, abs=0.1)
    assert all(node.mac_percent is not None or node.label.endswith("(added by onnxruntime)") for node in nodes)


FEEDS = (Feed("x", 1, (4, 8)),)
MADE = ("a", "r", "t", "y", "z")


def slow_node(name: str, op_type: str, taken: float, percent: float, origin: NodeOrigin | None = None) -> SlowNode:
    """One that is alike in all runs."""
    return SlowNode(name, op_type, taken, percent, taken, percent, origin)


def named(label: str, taken: float, percent: float, macs: float | None) -> Slow:
    return Slow(label, taken, percent, taken, percent, macs)


def found(*nodes: SlowNode) -> tuple[Slow, ...]:
    return slow_nodes(facts_of(TEXT), FEEDS, Profiled(5, len(nodes), nodes, MADE))


def test_what_is_fused_is_named_and_its_macs_are_those_of_all() -> None:
    """4 x 8 x 100 = 3,200 and 4 x 100 x 2 = 800 multiply-accumulates: 80 % and 20 %."""
    gemm, gelu, last, flat = found(
        slow_node("audited<0>/MatMulAddFusion", "Gemm", 3.0, 60.0, NodeOrigin(0, ("a",), True)),
        slow_node("Gelu", "Gelu", 1.0, 20.0, NodeOrigin(-1, ("r",), True)),
        slow_node("audited<4>", "MatMul", 1.0, 20.0, NodeOrigin(4, ("t",), True)),
        slow_node("audited<8>", "Reshape", 1.0, 20.0, NodeOrigin(8, ("y",), True)),
    )
    assert gemm == named("wide (MatMul, fused with Add[1])", 3.0, 60.0, 80.0)
    assert gelu == named("Mul[3] (Mul, fused with gate)", 1.0, 20.0, 0.0)
    assert last == named("last (MatMul)", 1.0, 20.0, 20.0)
    assert flat == named("flat (Reshape)", 1.0, 20.0, 0.0), "its sizes are folded, and are none of its work"


def test_what_nobody_knows_the_bounds_of_claims_no_more_than_its_name() -> None:
    """The walk from z back would come to the first node: a tensor between is not known to be made."""
    fused, same, added, unknown = found(
        slow_node("audited<4>_x", "FusedMatMul", 3.0, 60.0, NodeOrigin(4, ("t",), False)),
        slow_node("audited<4>", "MatMul", 3.0, 60.0, NodeOrigin(4, (), False)),
        slow_node("ReorderInput", "ReorderInput", 1.0, 10.0),
        slow_node("new", "New", 1.0, 10.0, NodeOrigin()),
    )
    assert fused == named("last (MatMul)", 3.0, 60.0, None)
    assert same == named("last (MatMul)", 3.0, 60.0, 20.0)
    assert added == named("ReorderInput (added by onnxruntime)", 1.0, 10.0, None)
    assert unknown == named("new (New)", 1.0, 10.0, None)


def test_a_number_that_no_node_has_is_none() -> None:
    (one,) = found(slow_node("audited<99>", "Relu", 1.0, 10.0, NodeOrigin(99, ("none",), False)))
    assert one == named("audited<99> (Relu)", 1.0, 10.0, None)


def test_sizes_that_a_file_leaves_open_have_no_macs() -> None:
    node = slow_node("audited<0>", "MatMul", 3.0, 60.0, NodeOrigin(0, ("m",), True))
    filed = (Feed("x", 1, (), "inputs.npz", "x"),)
    ((*_, macs),) = slow_nodes(facts_of(TEXT), filed, Profiled(5, 1, (node,), MADE))
    assert macs is None


NODES = (
    named("flat (Reshape)", 6.0, 60.0, 0.0),
    named("a (Conv)", 3.0, 30.0, 2.0),
    named("b (Conv)", 0.5, 5.5, 97.9),
    named("c (Conv)", 0.09, 3.9, 0.1),
    named("d (Relu)", 0.01, 0.6, None),
)


def test_lines_say_shares_and_what_is_slower_than_its_arithmetic() -> None:
    assert list(slow_lines(Profiled(5, 7), NODES)) == [
        "the slowest of 7 nodes, in 5 runs that were profiled: flat (Reshape): 60 %, 6 ms, none of the MACs",
        "then a (Conv): 30 %, 3 ms, 2 % of the MACs: 15 times as long a MAC as in the whole",
        "then b (Conv): 5.5 %, 500 µs, 97.9 % of the MACs",
        "then c (Conv): 3.9 %, 90 µs, 0.1 % of the MACs",
    ]
    assert list(slow_lines(Profiled(why="it is cut off"), ())) == ["no node was timed: it is cut off"]


def test_what_is_not_alike_in_all_runs_says_so_and_stands_out_only_by_its_fastest_too() -> None:
    busy = Slow("a (Conv)", 12.0, 30.0, 1.24, 3.0, 2.0)
    (line,) = slow_lines(Profiled(9, 1), (busy,))
    assert line.endswith("a (Conv): 30 %, 12 ms (its fastest 1.24 ms), 2 % of the MACs")


@pytest.mark.parametrize(
    ("median", "fastest", "apart"),
    [(1.5, 1.0, False), (1.51, 1.0, True), (0.1, 0.01, False), (0.11, 0.01, True)],
)
def test_runs_are_apart_beyond_half_as_much_again_and_a_tenth_of_a_millisecond(
    median: float, fastest: float, apart: bool
) -> None:
    assert Slow("a", median, 10.0, fastest, 10.0, None).is_apart is apart


@pytest.mark.parametrize("node", NODES[:1] + NODES[2:])
def test_what_takes_little_or_multiplies_much_does_not_stand_out(node: Slow) -> None:
    slower = node.times_slower
    assert slower is None or slower < 5


def test_figures_and_series() -> None:
    figures = {figure.name: (figure.value, figure.unit) for figure in slow_figures(Profiled(5, 7), NODES)}
    assert figures == {
        "profiled-runs": (5, ""),
        "nodes-run": (7, ""),
        "slowest-node-percent": (60.0, ""),
        "slowest-node-mac-percent": (0.0, ""),
        "slowest-five-percent": (100.0, ""),
    }
    times, macs = slow_series(NODES)
    assert times.labels == tuple(node.label for node in NODES) and times.values == (60.0, 30.0, 5.5, 3.9, 0.6)
    assert macs.labels == times.labels[:4] and macs.values == (0.0, 2.0, 97.9, 0.1)
    assert not list(slow_series(())) and not list(slow_figures(Profiled(why="none"), ()))
