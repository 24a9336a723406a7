"""What is counted where a weight is not simply an input of its layer."""

from __future__ import annotations

import onnx.parser

from auditor.costs.count import Costs, count
from auditor.errors import Unreadable
from auditor.model.load import load, loads
from auditor.shapes.facts import infer
from tests.corpus import DATA, SAMPLES


def costs(text: str) -> Costs:
    return count(infer(loads(onnx.parser.parse_model(text).SerializeToString())))


def test_layers_in_functions_have_the_weights_of_their_calls() -> None:
    """As torch.onnx.dynamo_export writes them: names inside mean nothing outside, and one body serves all calls."""
    found = costs("""
        <ir_version: 10, opset_import: ["" : 18, "nn" : 1, "aten" : 1]>
        g (float[N, 2] x) => (float[N, 2] y)
        <float[2, 2] first = {1, 2, 3, 4}, float[2] bias = {1, 2}, float[2, 2] second = {5, 6, 7, 8},
         float[2] a = {1, 2}> {
          h = nn.Linear(x, first, bias)
          i = nn.Linear(h, second, bias)
          j = nn.Product(h, i)
          y = Add(j, a)
        }
        <opset_import: ["" : 18, "aten" : 1], domain: "nn"> Linear (x, w, b) => (y) { y = aten.addmm(b, x, w) }
        <opset_import: ["" : 18], domain: "aten"> addmm (c, a, b) => (y) { y = Gemm(a, b, c) }
        <opset_import: ["" : 18], domain: "nn"> Product (a, b) => (y) {
          t = Transpose<perm = [1, 0]>(b)
          s = MatMul(a, t)
          y = MatMul(s, b)
        }
    """)
    assert found.learnable == 4 + 2 + 4
    assert str(found.macs) == "4*N^2 + 8*N"


def test_a_stored_weight_counts_as_stored_where_its_input_is_open() -> None:
    """The channels that arrive are unknown; those of the weight are not."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, C, H, W] x) => (float[N, 1, H, W] y) <float[1, 3, 1, 1] w = {1, 2, 3}, float[1] b = {1}> {
          y = Conv(x, w, b)
        }
    """)
    assert found.learnable == 3 + 1


def test_a_table_of_small_integers_is_a_table() -> None:
    """Looked up first and dequantised then: 6 x 2 numbers, and one scale."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (int64[N] ids) => (float[N, 2] y)
        <int8[6, 2] table = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, float scale = {0.5}, int8 zero = {0}> {
          rows = Gather(table, ids)
          y = DequantizeLinear(rows, scale, zero)
        }
    """)
    assert (found.parameters, found.learnable) == (12 + 1, 12)


def test_a_table_that_is_looked_up_and_dequantised_by_one_node_is_a_table() -> None:
    """A limit on parameters is not passed by an operator of onnxruntime's: 2 x 16 numbers, a scale for each row."""
    found = costs("""
        <ir_version: 10, opset_import: ["" : 21, "com.microsoft" : 1]>
        g (int64[N] ids) => (float[N, 16] y)
        <int8[2, 16] table = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
         1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, float[2, 1] scales = {0.5, 0.25}> {
          y = com.microsoft.GatherBlockQuantized<block_size = 16, quantize_axis = 1>(table, ids, scales)
        }
    """)
    assert (found.parameters, found.learnable) == (32 + 2, 32)


def test_weights_of_small_integers_are_weights() -> None:
    """As quantisers of weights alone write them: W = Cast(stored) * scale."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2] x) => (float[N, 3] y)
        <int8[2, 3] w = {1, 2, 3, 4, 5, 6}, float[3] scale = {0.1, 0.2, 0.3}> {
          c = Cast<to = 1>(w)
          m = Mul(c, scale)
          y = MatMul(x, m)
        }
    """)
    assert (found.parameters, found.learnable) == (6 + 3, 6)


def test_wide_integers_that_a_layer_takes_are_weights_too() -> None:
    """A limit on parameters is not passed by another type and a division."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2] x) => (float[N, 3] y) <int64[2, 3] w = {1, 2, 3, 4, 5, 6}, float by = {1000.0}> {
          c = Cast<to = 1>(w)
          m = Div(c, by)
          y = MatMul(x, m)
        }
    """)
    assert (found.parameters, found.learnable) == (6 + 1, 6)


def test_weights_far_from_their_layer_are_weights() -> None:
    """A limit on parameters is not passed by forty operators that do nothing."""
    nodes = " ".join(f"h{i + 1} = Identity(h{i})" for i in range(40))
    found = costs(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2] x) => (float[N, 3] y) <int8[2, 3] h0 = {{1, 2, 3, 4, 5, 6}}> {{
          {nodes}
          c = Cast<to = 1>(h40)
          y = MatMul(x, c)
        }}
    """)
    assert (found.parameters, found.learnable) == (6, 6)


def test_what_is_computed_was_not_learnt() -> None:
    """The matrix of a discrete cosine transform, out of a range: three numbers are stored."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 4] x) => (float[N, 4] y)
        <float a = {0.0}, float b = {4.0}, float d = {1.0}, int64[1] zero = {0}, int64[1] one = {1}> {
          r = Range(a, b, d)
          c = Unsqueeze(r, one)
          k = Unsqueeze(r, zero)
          p = Mul(c, k)
          w = Cos(p)
          y = MatMul(x, w)
        }
    """)
    assert (found.parameters, found.learnable) == (3, 0)


def test_no_more_is_learnt_than_is_stored() -> None:
    """A filter stored once and stretched over the channels; a product of two factors; a matrix of three parts."""
    stretched = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 8, 9, 9] x) => (float[N, 8, 7, 7] y)
        <float[1, 1, 3, 3] f = {1, 2, 3, 4, 5, 6, 7, 8, 9}, int64[4] to = {8, 1, 3, 3}> {
          w = Expand(f, to)
          y = Conv<group = 8>(x, w)
        }
    """)
    assert (stretched.parameters, stretched.learnable) == (9, 9)
    parts = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2] x) => (float[N, 4] y)
        <float[2, 1] q = {1, 2}, float[2, 1] k = {3, 4}, float[2, 2] v = {5, 6, 7, 8}> {
          w = Concat<axis = 1>(q, k, v)
          y = MatMul(x, w)
        }
    """)
    assert (parts.parameters, parts.learnable) == (8, 8)
    factors = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 8] x) => (float[N, 8] y)
        <float[8, 1] a = {1, 2, 3, 4, 5, 6, 7, 8}, float[1, 8] b = {1, 2, 3, 4, 5, 6, 7, 8}> {
          w = MatMul(a, b)
          y = MatMul(x, w)
        }
    """)
    assert factors.parameters == 16
    assert factors.learnable == 16


def test_numbers_in_attributes_are_stored_as_well() -> None:
    trees = costs("""
        <ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
        g (float[N, 2] x) => (float[N, 1] y) {
          y = ai.onnx.ml.TreeEnsembleRegressor <
            n_targets = 1, nodes_featureids = [0, 0, 0], nodes_values = [0.5, 0.0, 0.0],
            nodes_modes = ["BRANCH_LEQ", "LEAF", "LEAF"], nodes_nodeids = [0, 1, 2], nodes_treeids = [0, 0, 0],
            nodes_truenodeids = [1, 0, 0], nodes_falsenodeids = [2, 0, 0], target_ids = [0, 0], target_nodeids = [1, 2],
            target_treeids = [0, 0], target_weights = [1.0, 2.0]> (x)
        }
    """)
    assert trees.parameters == 3 + 2
    assert trees.weight_bytes == 4 * (3 + 2) + 8 * (3 * 5 + 2 * 3)
    constant = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 3] x) => (float[N, 3] y) {
          c = Constant<value_floats = [1.0, 2.0, 3.0]>()
          y = Mul(x, c)
        }
    """)
    assert (constant.parameters, constant.weight_bytes) == (3, 12)


def test_learnable_is_no_more_than_stored_where_all_is_in_the_file() -> None:
    """Over all models of the onnx package and the samples; ConstantOfShape's weights are in no file."""
    seen = 0
    for path in (*SAMPLES.rglob("*.onnx"), *DATA.rglob("*.onnx")):
        try:
            model = load(path)
        except Unreadable:
            continue
        found = count(infer(model))
        if found.generated_bytes == 0 and isinstance(found.learnable, int):
            assert found.learnable <= found.parameters, path
            seen += found.learnable > 0
    assert seen >= 40


def test_what_is_folded_is_counted_apart() -> None:
    """A product of two constants is made once, when the model is loaded: 2 x 2 x 2."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2] x) => (float[N, 2] y) <float[2, 2] a = {1, 2, 3, 4}, float[2, 2] b = {5, 6, 7, 8}> {
          w = MatMul(a, b)
          y = MatMul(x, w)
        }
    """)
    assert found.folded_macs == 8
    assert str(found.macs) == "4*N + 8"


def test_what_is_folded_counts_with_its_bodies_and_in_functions() -> None:
    """A loop of three products of constants, and one product of constants in a function that x goes through."""
    found = costs("""
        <ir_version: 8, opset_import: ["" : 17, "own" : 1]>
        g (float[N, 2] x) => (float[N, 2] y, float[2, 2] z) <float[2, 2] a = {1, 2, 3, 4}, int64 n = {3}> {
          y = own.through(x)
          z = Loop(n, "", a) <body = b (int64 i, bool go, float[2, 2] m) => (bool on, float[2, 2] p) {
            on = Identity(go)
            p = MatMul(m, m)
          }>
        }
        <domain: "own", opset_import: ["" : 17]> through (x) => (y) {
          w = Constant<value = float[2, 2] {1, 2, 3, 4}>()
          v = MatMul(w, w)
          y = MatMul(x, v)
        }
    """)
    assert found.folded_macs == 3 * 8 + 8
    assert str(found.run_flops) == "8*N"
