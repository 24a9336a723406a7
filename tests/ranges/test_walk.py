"""Intervals by hand: what relations see, what weights give, what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from itertools import pairwise

import numpy as np
import onnx.defs
import pytest
from onnx import numpy_helper, parser

from auditor.model.load import loads
from auditor.ranges.known import Known, known
from auditor.ranges.registry import all_ranged
from auditor.ranges.stored import StoredNumbers
from auditor.ranges.walk import RangeWalk
from auditor.shapes.facts import infer

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def walked(text: str, stored: Mapping[str, np.ndarray] | None = None, **ranges: tuple[float, float]) -> RangeWalk:
    proto = parser.parse_model(HEAD + text)
    for name, array in (stored or {}).items():
        proto.graph.initializer.append(numpy_helper.from_array(array, name))
    model = loads(proto.SerializeToString())
    facts = infer(model)
    given = {name: known(facts[name].dtype, *ends) for name, ends in ranges.items()}
    return RangeWalk(model, facts, given, StoredNumbers(model), strict=True)


def ends(walk: RangeWalk, name: str = "y") -> tuple[float, float]:
    one = walk.main[name].sound
    assert not one.nan
    return one.least, one.most


@pytest.mark.parametrize(
    ("nodes", "low", "high"),
    [
        ("y = Sub(x, x)", 0.0, 0.0),
        ("y = Mul(x, x)", 0.0, 2500.0),
        ("a = Add(x, x) y = Sub(a, x)", -50.0, 50.0),
        ("n = Neg(x) y = Mul(n, x)", -2500.0, 0.0),
        ("a = Abs(x) b = Add(a, one) y = Div(x, b)", -1.0, 1.0),
        ("m = ReduceMax<axes = [-1]>(x) y = Sub(x, m)", -100.0, 0.0),
        ("m = ReduceMax<axes = [-1]>(x) d = Sub(x, m) e = Exp(d) y = ReduceSum(e, last)", 1.0, 4.0),
        ("y = Relu(x)", 0.0, 50.0),
        ("s = Sigmoid(x) y = Clip(s, half, one)", 0.5, 1.0),
        ("y = Softmax(x)", 0.0, 1.0),
    ],
)
def test_relations_keep_what_intervals_forget(nodes: str, low: float, high: float) -> None:
    lines = nodes.replace(") ", ")\n")
    walk = walked(
        "g (float[2, 4] x) => (float y) <int64[1] last = {-1}, float one = {1}, float half = {0.5}> { " + lines + " }",
        x=(-50.0, 50.0),
    )
    found = ends(walk)
    assert found[0] <= low and found[1] >= high
    assert found == pytest.approx((low, high), rel=1e-3, abs=1e-3)


def test_a_dense_layer_by_the_signs_of_its_weights() -> None:
    weights = np.array([[1.0, -1.0], [2.0, -3.0]], np.float32)
    walk = walked("g (float[5, 2] x) => (float[5, 2] y) { y = MatMul(x, W) }", {"W": weights}, x=(0.0, 1.0))
    one = walk.main["y"].sound
    assert one.low == pytest.approx([0.0, -4.0]) and one.high == pytest.approx([3.0, 0.0])
    assert one.low[0] == 0.0 and one.high[1] == 0.0  # of one sign, exactly


@pytest.mark.parametrize("size", [3, 300])
def test_a_convolution_by_the_signs_of_its_weights_small_and_streamed(size: int) -> None:
    """The same by numbers: each output channel's positive and negative weights, for an input in [-1, 2]."""
    weights = np.random.default_rng(0).normal(size=(size, 8, 3, 3)).astype(np.float32)
    walk = walked(
        f"g (float[1, 8, 9, 9] x) => (float[1, {size}, 7, 7] y) {{ y = Conv(x, W) }}", {"W": weights}, x=(-1.0, 2.0)
    )
    one, rows = walk.main["y"].sound, weights.astype(np.float64).reshape(size, -1)
    above, below = np.maximum(rows, 0).sum(1), np.minimum(rows, 0).sum(1)
    low, high = -above + 2 * below, 2 * above - below
    assert one.low.shape == (size, 1, 1)
    assert (one.low.ravel() <= low).all() and (one.high.ravel() >= high).all()
    assert one.low.ravel() == pytest.approx(low, rel=1e-2) and one.high.ravel() == pytest.approx(high, rel=1e-2)


def test_large_weights_that_are_not_finite_give_anything() -> None:
    weights = np.ones((100, 200), np.float32)
    weights[3, 4] = np.nan
    walk = walked("g (float[5, 100] x) => (float[5, 200] y) { y = MatMul(x, W) }", {"W": weights}, x=(0.0, 1.0))
    assert walk.main["y"].sound.nan


def test_an_unknown_operator_gives_all_that_the_type_holds() -> None:
    walk = walked("g (float[2, 4] x) => (float[2, 4] y) { y = Det(x) }", x=(0.0, 1.0))
    one = walk.main["y"].sound
    assert one.nan and (one.least, one.most) == (-np.inf, np.inf)


def test_integers_that_wrap_around_may_be_anything() -> None:
    walk = walked("g (int32[4] x) => (int32[4] y) { y = Mul(x, x) }", x=(0.0, 1e5))
    assert (walk.main["y"].sound.least, walk.main["y"].sound.most) == (-(2.0**31), 2.0**31 - 1)


def test_a_fault_begins_where_what_goes_in_is_finite() -> None:
    walk = walked(
        "g (float[2, 4] x) => (float[2, 4] y) { e = Exp(x)\n f = Add(e, x)\n y = Relu(f) }", x=(-200.0, 200.0)
    )
    assert [start.tensor for start in walk.starts] == ["e"]
    assert walk.main["y"].sound.most == np.inf


def test_both_branches_and_only_the_one_that_runs() -> None:
    text = """g (float x) => (float y) <float limit = {2.0}> {
      c = Greater(x, limit)
      y = If (c) <
        then_branch = one () => (float z) { z = Abs(x) },
        else_branch = two () => (float w) { w = Neg(x) }
      >
    }"""
    assert ends(walked(text, x=(0.0, 1.0))) == (-1.0, 0.0)
    assert walked(text, x=(0.0, 1.0)).decided == {1: False}
    assert ends(walked(text, x=(0.0, 5.0))) == (-5.0, 5.0)
    assert walked(text, x=(0.0, 5.0)).decided == {}


def test_signatures_are_the_operators() -> None:
    """No attribute that no version of the operator has; one function may stand for operators with fewer inputs."""
    schemas: dict[str, set[str]] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if not schema.domain:
            schemas.setdefault(schema.name, set()).update(schema.attributes)
    for (domain, name), rules in all_ranged().items():
        if not domain and name in schemas:
            for rule in rules:
                assert set(rule.operator.attributes) <= schemas[name] | _OF_A_TWIN.get(name, set()), name
            assert rules[0].operator.since >= 1
        assert all("site" in signature(rule.operator.run).parameters for rule in rules if rule.takes_site)


_OF_A_TWIN = {
    "Scatter": {"reduction"},
    "Upsample": {"extrapolation_value", "coordinate_transformation_mode"},
}
"""Attributes that a function takes for another operator that it stands for."""


def test_constants_are_what_they_are() -> None:
    walk = walked("g (float[2] x) => (float[2] y) <float[2] c = {1.5, -2.0}> { y = Add(x, c) }", x=(0.0, 1.0))
    one: Known = walk.main["y"].sound
    assert one.low.tolist() == [1.5, -2.0] and one.high.tolist() == [2.5, -1.0]


def test_functions_that_call_others_many_times_are_walked_so_far_only() -> None:
    """Ten calls in each of six functions are a million nodes; what lies beyond may be any number."""
    head = '<ir_version: 8, opset_import: ["" : 17, "f" : 1]>\n'
    main = "g (float[2] x) => (float[2] y) { a = f.f5(x)\n y = Neg(a) }\n"
    functions = ""
    for level in range(6):
        inner = f"f.f{level - 1}" if level else "Abs"
        names = ["x", *(f"t{i}" for i in range(9)), "y"]
        body = "\n".join(f"{new} = {inner}({old})" for old, new in pairwise(names))
        functions += f'<domain: "f", opset_import: ["" : 17, "f" : 1]>\nf{level} (x) => (y) {{ {body} }}\n'
    model = loads(parser.parse_model(head + main + functions).SerializeToString())
    facts = infer(model)
    walk = RangeWalk(model, facts, {}, StoredNumbers(model), most=50)
    assert -60 <= walk._left < 0  # the rest of the bodies that were open, and no call was gone into any more
    assert walk.main["y"].sound.most == np.inf


def test_ends_are_the_nearest_numbers_of_the_type() -> None:
    """1 is a bfloat16 and 0.3 none; 1e9 is beyond float16."""
    same = "g ({0}[4] x) => ({0}[4] y) {{ y = Identity(x) }}"
    assert ends(walked(same.format("bfloat16"), x=(-1.0, 1.0))) == (-1.0, 1.0)
    assert ends(walked(same.format("float"), x=(-1.0, 1.0))) == (-1.0, 1.0)
    for name, nearest in (("bfloat16", 0.30078125), ("float", float(np.float32(0.3)))):
        low, high = ends(walked(same.format(name), x=(0.0, 0.3)))
        assert low == 0.0 and nearest <= high <= 0.303
    assert ends(walked(same.format("float16"), x=(-1e9, 1e9))) == (-65504.0, 65504.0)


def test_integers_of_64_bits_that_are_picked_do_not_wrap_around() -> None:
    """The greatest of a number and zero is not negative; the greatest number plus one is."""
    text = "g (int64[4] x) => (int64[4] y) <int64 zero = {0}, int64 one = {1}> "
    assert ends(walked(text + "{ y = Max(x, zero) }")) == (0.0, 2.0**63)
    assert ends(walked(text + "{ m = Max(x, zero)\n y = Add(m, one) }"))[0] == -(2.0**63)


def test_a_quantised_zero_stays_zero() -> None:
    text = """g (float[4] x) => (float[4] y) <float s = {0.5}, uint8 z = {0}> {
        q = QuantizeLinear(x, s, z)
        y = DequantizeLinear(q, s, z)
    }"""
    low, high = ends(walked(text, x=(-300.0, 300.0)))
    assert low == 0.0 and 127.5 <= high <= 128.0  # half a step beyond, if it is made one with a pair before it
