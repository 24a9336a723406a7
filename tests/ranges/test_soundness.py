"""Nothing that onnxruntime gives lies outside its interval; 10^5 graphs: ``python -m tests.ranges.soundness``."""

from __future__ import annotations

import onnx
import pytest
from onnx import parser

from .graphs import RandomGraph
from .soundness import in_a_child, outside

GRAPHS = 2000
HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def test_no_value_lies_outside_its_interval() -> None:
    wrong, operators = in_a_child(0, GRAPHS)
    assert wrong == []
    assert sum(operators.values()) > 5 * GRAPHS
    assert len(operators) > 90


_QUANTISED = """<float s = {{0.01}}, uint8 a = {{{0}}}, uint8 b = {{{1}}}> {{
    p = QuantizeLinear(x, s, a)
    q = DequantizeLinear(p, s, a)
    r = QuantizeLinear(q, s, b)
    y = DequantizeLinear(r, s, b)
}}"""
_STORED = "<float[3] g = {-0.6, -1.4, -1.2}, float[3] b = {0.7, -2.1, 0.8}>"
_LAST = "<float[5] g = {-0.6, -1.4, -1.2, 3.0, 5.0}, float[5] b = {0.0, 0.0, 0.0, 0.0, 0.0}>"


@pytest.mark.parametrize(
    ("signature", "body", "ends"),
    [
        pytest.param("(float[7] x) => (float[7] y)", _QUANTISED.format(21, 165), (-3.0, 3.0), id="pairs, made one"),
        pytest.param("(float[7] x) => (float[7] y)", _QUANTISED.format(160, 100), (-9.0, -8.0), id="pairs, cut off"),
        pytest.param("(float[7] x) => (float[7] y)", _QUANTISED.format(0, 255), (-3.0, 3.0), id="pairs, none left"),
        pytest.param(
            "(float[2, 3, 5, 5] x) => (float[2, 3, 5, 5] y)",
            _STORED + "{ y = InstanceNormalization(x, g, b) }", (0.24711944, 0.24711944), id="all equal, by channel",
        ),
        pytest.param(
            "(float[2, 5] x) => (float[2, 5] y)",
            _LAST + "{ y = LayerNormalization(x, g, b) }", (0.24711944, 0.24711944), id="all equal, by row",
        ),
        pytest.param(
            "(float[4] x) => (int64[4] y)",
            "{ r = Sqrt(x)\n c = Cast<to = 7>(r)\n y = Abs(c) }", (-2.0, -1.0), id="the least integer, without sign",
        ),
        pytest.param(
            "(float[4] x) => (int64[4] y)",
            "{ r = Sqrt(x)\n c = Cast<to = 7>(r)\n y = Neg(c) }", (-2.0, -1.0), id="the least integer, negated",
        ),
        pytest.param(
            "(int64[4] x) => (int64[4] y)",
            "{ y = Add(x, x) }", (0.0, 2.0**62), id="one more than the greatest integer",
        ),
        pytest.param("(float[4] x) => (int64[4] y)", "{ y = Cast<to = 7>(x) }", (0.0, 2.0**63), id="2^63"),
        pytest.param(
            "(float16[4] x) => (float16[4] y)", "{ y = Relu(x) }", (0.83413, 0.83438), id="no number of the type"
        ),
        pytest.param("(float[4] x) => (float[4] y)", "{ y = Relu(x) }", (0.0, 0.3), id="an end that is rounded"),
    ],
)  # fmt: skip
def test_what_random_graphs_have_found(signature: str, body: str, ends: tuple[float, float]) -> None:
    """By onnxruntime's own results: with every tensor an output, and with the last alone, where pairs are fused."""
    model = parser.parse_model(f"{HEAD}g {signature} {body}")
    names = [name for node in model.graph.node for name in node.output]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names[:-1])
    graph = RandomGraph(model, {"x": ends}, names)
    for seed in range(8):
        assert outside(graph, seed) == []
