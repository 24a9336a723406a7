"""Where NaN is born, in models that onnxruntime runs; ONNX's reference evaluator makes the same of the witnesses."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx.parser
import onnxruntime
import pytest
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from auditor import witness_inputs
from auditor.evidence.deep import inside
from auditor.evidence.deep.nonfinite import _plan
from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.report import Finding, Report, Severity
from auditor.runtime.request import Feed, InputRange
from auditor.settings import Settings
from auditor.shapes.facts import infer
from tests.rules.deep_mutators import beside

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
DEEP = Settings(deep_parts=frozenset({"nonfinite"}))


def looked(text: str, **changes: Any) -> Report:
    return audit(onnx.parser.parse_model(HEAD + text).SerializeToString(), DEEP._replace(**changes))


def told(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.rule == "nonfinite-inside"]


def lines(report: Report) -> str:
    (part,) = report.depth
    return "\n".join(part.lines)


ATTENTION = """agraph (float[N, L, 8] q, bool[N, L, L] mask) => (float[N, L, 8] y) <float least = {LEAST}> {
  k = Transpose<perm = [0, 2, 1]>(q)
  s = MatMul(q, k)
  m = Where(mask, s, least)
  p = Softmax<axis = -1>(m)
  y = MatMul(p, q)
}"""


def test_a_row_that_is_masked_altogether_has_its_softmax_named_and_a_witness() -> None:
    text = ATTENTION.replace("LEAST", "-inf")
    (found,) = told(looked(text, dims={"N": 1, "L": 4}))
    assert found.severity is Severity.WARNING
    assert found.location.node == "Softmax[3]" and found.location.tensor == "p"
    assert "'m' not finite throughout (there -inf, -inf, -inf, -inf)" in found.message, "the row that it normalises"
    assert "'mask' all false" in found.message
    assert found.witness is not None and found.witness.nan_outputs == ("y",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy: NaN is what is looked for
        (y,) = ReferenceEvaluator(onnx.parser.parse_model(HEAD + text)).run(None, witness_inputs(found.witness))
    assert np.isnan(y).all()


def test_a_mask_that_is_finite_is_silent() -> None:
    report = looked(ATTENTION.replace("LEAST", "-3.4e38"), dims={"N": 1, "L": 4})
    assert not told(report)
    assert "'mask' all false" in lines(report)


def test_what_some_inputs_happen_to_show_is_a_note() -> None:
    """Between 0.2 and 0.9 it is NaN: of three invented numbers one is there, 0 and 1 are not."""
    report = looked(
        """agraph (float[1] x) => (float[1] y) <float low = {0.2}, float high = {0.9}> {
          a = Sub(x, low) b = Sub(x, high) c = Mul(a, b) y = Sqrt(c) }"""
    )
    (found,) = told(report)
    assert found.severity is Severity.NOTE
    assert "in 1 of 3 tries" in found.message
    (there,) = re.findall(r"'c' in .* \(there ([^)]*)\)", found.message)
    assert float(there) < 0, "the one number that has no root"


def test_ranges_say_what_may_be_asked() -> None:
    text = "agraph (float[4] x) => (float[4] y) <float one = {1}> { a = Sub(x, one) y = Log(a) }"
    assert told(looked(text))
    assert not told(looked(text, ranges={"x": (2.0, 3.0)}))
    (found,) = told(looked(text, ranges={"x": (1.0, 3.0)}))
    assert found.severity is Severity.NOTE and "low ends" in found.message  # -inf alone


def test_a_divisor_that_the_caller_gives_is_the_callers() -> None:
    assert not told(looked("agraph (float[4] x, float[4] s) => (float[4] y) { e = Exp(x) y = Div(e, s) }"))


@pytest.mark.parametrize("operator", ["Acosh", "Log", "Sqrt", "Asin", "Reciprocal"])
def test_the_domain_of_an_argument_is_the_callers(operator: str) -> None:
    """An inverse hyperbolic cosine of [0, 1) is NaN, and says nothing of the model."""
    assert not told(looked(f"agraph (float[4] x) => (float[4] y) {{ i = Identity(x) y = {operator}(i) }}"))


def test_nan_that_becomes_an_index_is_told() -> None:
    (found,) = told(
        looked(
            """agraph (float[1, 4] x) => (int64[1, 1] y) {
              n = ReduceL2<axes = [-1]>(x) d = Div(x, n) y = ArgMax<axis = -1>(d) }"""
        )
    )
    assert found.location.tensor == "d" and "'y' is decided by it" in found.message


def test_a_stored_infinity_is_meant_wherever_it_is_stored() -> None:
    """As an initializer, as a Constant, as one that is worked out of constants."""
    for stored in (
        "<float[1, 2] least = {-inf, 0}> {",
        "{ least = Constant<value = float[1, 2] {-inf, 0}>()",
        "<float[1, 2] open = {0, 1}> { least = Log(open)",
    ):
        made = "e = Exp(x) m = Add(e, least) y = Where(on, m, least) }"
        text = f"agraph (float[1, 2] x, bool[1, 2] on) => (float[1, 2] y) {stored} {made}"
        assert not told(looked(text)), stored


def test_in_float16_the_infinity_counts_that_a_cpu_does_not_show() -> None:
    """onnxruntime computes float16 in float32 on a CPU, and rounds what somebody sees: the output alone is finite."""
    (found,) = told(
        looked(
            """agraph (float16[2, 16] x) => (float16[2, 1] y) <float16 large = {30208}, float16 small = {1024}> {
              z = Mul(x, large) s = ReduceSum<keepdims = 1>(z) m = Mul(s, small) n = Neg(s) o = Mul(n, small)
              y = Add(m, o) }""".replace("keepdims = 1>(z)", "keepdims = 1>(z, last)").replace(
                "small = {1024}", "small = {1024}, int64[1] last = {-1}"
            )
        )
    )
    assert found.location.tensor == "s" and "rounds to its 16 bits" in found.message


def test_names_inside_of_bodies_are_not_taken_for_the_main_graphs() -> None:
    (found,) = told(
        looked(
            """agraph (float[4] x, bool c) => (float[4] y) {
              q = Mul(x, x)
              l = If (c) <
                then_branch = one () => (float[4] a) { i = Identity(q) a = Log(i) },
                else_branch = two () => (float[4] b) { b = Neg(q) }
              >
              m = ReduceMean<axes = [0]>(l)
              y = Sub(l, m)
            }"""
        )
    )
    assert found.location.tensor == "l"


def test_a_golden_vector_that_expects_nan_is_right(tmp_path: Path) -> None:
    text = HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { y = Sqrt(x) }"
    x = np.array([[1, -1, 4, -4]], np.float32)
    with np.errstate(invalid="ignore"):
        path = beside(tmp_path, text, [x], np.sqrt)
    report = audit(path, DEEP)
    assert "golden vector" in lines(report)
    assert not [f for f in told(report) if "golden" in f.message]


def test_some_tensors_at_a_time_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ATTENTION.replace("LEAST", "-inf")
    whole = told(looked(text, dims={"N": 1, "L": 4}))
    monkeypatch.setattr(inside, "CHUNK", 1)
    assert told(looked(text, dims={"N": 1, "L": 4})) == whole


def test_masks_and_scales_are_known_by_their_use() -> None:
    model = loads(
        onnx.parser.parse_model(
            HEAD
            + """agraph (float[N, 4] x, int64[N, 4] attention, int64[N, 4] ids, float[N, 1] scale, bool[N, 4] on)
            => (float[N, 4] y) <float one = {1}, float[9, 1] table = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
              f = Cast<to = 1>(attention) w = Sub(one, f) e = Gather(table, ids) r = Squeeze(e)
              a = Add(x, w) b = Add(a, r) s = Reshape(scale, shape) d = Div(b, s) y = Where(on, d, x) }""".replace(
                "float[9, 1]", "int64[2] shape = {-1, 1}, float[9, 1]"
            )
        ).SerializeToString()
    )
    assert inside.masks(model) == {"attention", "on"}
    bare = inside.taken_as_they_are(model)
    assert bare.never_zero == {"scale"}
    assert [model.graph.nodes[index].op_type for index in bare.nodes] == ["Div"]


SOUND = """agraph (int64[N, L] ids, int64[N, L] attention, float[N, L, 4] more) => (float[N, 4] pooled,
 float[N, L, 4] b) <float one = {1}, float least = {-3.4e38}, float eps = {1e-5}, float two = {2},
 float root = {1.4142135}, float half = {0.5}, int64[1] first = {1}, int64[2] middle = {1, 2}, int64[1] last = {-1},
 float tiny = {1e-9}, float slope = {1.702}> {
  e = Gather(table, ids)
  h = Add(e, more)
  f = Cast<to = 1>(attention)
  g = Sub(one, f)
  open = Unsqueeze(g, first)
  bias = Mul(open, least)
  q = MatMul(h, w)
  k = Transpose<perm = [0, 2, 1]>(q)
  s = MatMul(q, k)
  m = Add(s, bias)
  p = Softmax<axis = -1>(m)
  c = MatMul(p, q)
  r = Add(h, c)
  mu = ReduceMean<axes = [-1]>(r)
  d = Sub(r, mu)
  d2 = Pow(d, two)
  v = ReduceMean<axes = [-1]>(d2)
  ve = Add(v, eps)
  sd = Sqrt(ve)
  ln = Div(d, sd)
  gd = Div(ln, root)
  ge = Erf(gd)
  gf = Add(ge, one)
  gg = Mul(ln, gf)
  b = Mul(gg, half)
  qs = Mul(b, slope)
  qe = Sigmoid(qs)
  sw = Mul(b, qe)
  wide = Unsqueeze(f, last)
  kept = Mul(sw, wide)
  total = ReduceSum<keepdims = 0>(kept, first)
  count = ReduceSum<keepdims = 0>(wide, first)
  some = Clip(count, tiny)
  mean = Div(total, some)
  len2 = ReduceL2<axes = [-1]>(mean)
  len = Clip(len2, tiny)
  pooled = Div(mean, len)
}"""


def test_a_sound_transformer_is_silent_on_every_edge() -> None:
    model = onnx.parser.parse_model(HEAD + SOUND)
    random = np.random.default_rng(0)
    for name, shape in (("table", (9, 4)), ("w", (4, 4))):
        model.graph.initializer.append(numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name))
    report = audit(model.SerializeToString(), DEEP._replace(deep_parts=frozenset({"nonfinite", "activations"})))
    assert not [f for f in report.findings if f.severity is not Severity.NOTE]
    assert not told(report)
    assert [part.status for part in report.depth] == ["ok", "ok"]
    assert "'attention' all false" in report.depth[0].lines[0]


STEADY = """agraph (float[1, 4, 8, 8] x) => (float[1, 2] y) <float[4] one = {1, 1, 1, 1}, float[4] zero = {0, 0, 0, 0},
 float[4, 1, 1] slope = {0.1, 0.2, 0.3, 0.4}, int64[1] nought = {0}, int64[1] most = {8}, int64[1] last = {3},
 int64[8] pads = {0, 0, 1, 1, 0, 0, 1, 1}, float[4] twice = {1, 1, 2, 2}, float low = {0}> {
  conv = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(x, w)
  back = ConvTranspose<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(conv, w)
  norm = BatchNormalization(back, one, zero, zero, one)
  response = LRN<size = 3>(norm)
  relu = Relu(response)
  leaky = LeakyRelu(relu)
  prelu = PRelu(leaky, slope)
  add = Add(prelu, conv)
  sub = Sub(add, x)
  sum = Sum(sub, x, relu)
  product = Mul(sum, x)
  left, right = Split<axis = 1>(product)
  joined = Concat<axis = 1>(left, right)
  part = Slice(joined, nought, most, last)
  most_of = MaxPool<kernel_shape = [2, 2]>(part)
  mean_of = AveragePool<kernel_shape = [2, 2]>(most_of)
  padded = Pad(mean_of, pads)
  larger = Resize<mode = "nearest">(padded, , twice)
  mean = GlobalAveragePool(larger)
  peak = GlobalMaxPool(larger)
  both = Add(mean, peak)
  flat = Flatten(both)
  dense = Gemm(flat, v)
  denser = MatMul(dense, v)
  shape = Shape(denser)
  more = ConstantOfShape(shape)
  moved = Add(denser, more)
  square = Constant<value = int64[2] {2, 2}>()
  squared = Reshape(moved, square)
  turned = Transpose(squared)
  wide = Unsqueeze(turned, nought)
  narrow = Squeeze(wide, nought)
  kept = Dropout(narrow)
  same = Identity(kept)
  shares = Softmax(same)
  first = Gather(shares, nought)
  gate = Sigmoid(first)
  bent = Tanh(gate)
  held = Clip(bent, low)
  hard = HardSigmoid(held)
  cast = Cast<to = 1>(hard)
  y = Floor(cast)
}"""


def planned(data: bytes, *feeds: Feed, **changes: Any) -> dict[str, tuple[InputRange, ...]]:
    """What is tried on inputs that are invented: its words, and the ranges."""
    evidence = Evidence(loads(data), Settings(**changes))
    plan = _plan(evidence, [inside.GivenInputs("invented inputs", feeds, False)])
    return {one.trying.word: one.trying.ranges for one in plan}


def test_where_no_operator_has_an_edge_none_is_tried() -> None:
    """onnxruntime gives numbers on zeros, ones and others: none of these operators has one that it does not take."""
    model = onnx.parser.parse_model(HEAD + STEADY)
    random = np.random.default_rng(0)
    for name, of in (("w", (4, 4, 3, 3)), ("v", (4, 4))):
        model.graph.initializer.append(numpy_helper.from_array(random.normal(size=of).astype(np.float32), name))
    data = model.SerializeToString()
    session = onnxruntime.InferenceSession(data)
    feed = Feed("x", 1, (1, 4, 8, 8))
    for x in (np.zeros(feed.shape), np.ones(feed.shape), random.uniform(-100, 100, feed.shape)):
        (y,) = session.run(None, {"x": x.astype(np.float32)})
        assert np.isfinite(y).all()
    assert list(planned(data, feed)) == ["invented inputs", "other invented inputs"]
    model.graph.node[-1].op_type = "Sqrt"
    assert {"zeros", "ones"} < planned(model.SerializeToString(), feed).keys()


def test_an_input_without_a_range_lies_between_0_and_1_and_beyond_where_another_has_one() -> None:
    """The largest number of float32 is (2 - 2**-23) * 2**127."""
    text = "agraph (float[2] x, float[2] z) => (float[2] y) { a = Add(x, z) y = Exp(a) }"
    data = onnx.parser.parse_model(HEAD + text).SerializeToString()
    feeds = Feed("x", 1, (2,)), Feed("z", 1, (2,))
    largest = (2 - 2.0**-23) * 2.0**127
    one = planned(data, *feeds, ranges={"x": (2.0, 3.0)})
    x = InputRange("x", 1, (2,), 2.0, 3.0)
    assert one["other invented inputs"] == (x, InputRange("z", 1, (2,), 0.0, 1.0))
    assert one["numbers from -1 to 1"] == (x, InputRange("z", 1, (2,), -1.0, 1.0))
    assert one["the largest numbers of their types"] == (x, InputRange("z", 1, (2,), -largest, largest))
    both = planned(data, *feeds, ranges={"x": (2.0, 3.0), "z": (1.0, 4.0)})
    assert not {"numbers from -1 to 1", "the largest numbers of their types"} & both.keys()


@pytest.mark.parametrize(
    ("dtype", "width"),
    [("float", 4), ("float16", 2), ("double", 8), ("bfloat16", 2), ("int32", 0), ("float8e4m3fn", 0)],
)
def test_tensors_of_floating_point_are_looked_at_and_take_their_bytes(dtype: str, width: int) -> None:
    """Two tensors of four elements, each as wide as its type; of other types none is NaN."""
    head = '<ir_version: 9, opset_import: ["" : 19]>\n'
    text = f"{head} agraph ({dtype}[4] x) => ({dtype}[4] y) {{ a = Identity(x) y = Identity(a) }}"
    model = loads(onnx.parser.parse_model(text).SerializeToString())
    bound = infer(model)
    found = inside.chunks(model, bound)
    assert found == ((("a", "y"),) if width else ())
    assert inside.bytes_of_chunks(bound, found) == 2 * 4 * width
