"""Lines of the rules on graphs that no page's model decides: whom they name, where they begin, and what they let pass.

What is expected is the specification's or arithmetic's.
"""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from auditor.evidence.deep.activations import REAL, Activations
from auditor.evidence.deep.divergence import Divergence, Diverging
from auditor.model.graph import Function
from auditor.model.load import loads
from auditor.report import Basis, DeepPart, Severity, Stamp
from auditor.rules.beyond_target_dtype import beyond_target_dtype
from auditor.rules.deep_nesting import deep_nesting
from auditor.rules.diverging_tensors import diverging_tensors
from auditor.runtime.deep.activations import Reached
from auditor.runtime.deep.divergence import SideSeen, TensorSeen
from auditor.settings import Settings
from auditor.shapes.facts import infer

from . import hostile_mutators
from .test_details import of
from .test_hostility import found as found_in
from .test_hostility import parsed

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


# ---- where a fault is


def test_a_tensor_in_an_attribute_has_the_place_of_its_node() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    short = TensorProto(data_type=TensorProto.FLOAT, dims=[2], raw_data=bytes(4))  # two floats have 8 bytes
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=short))
    (one,) = found_in("payload-size-mismatch", model)
    assert (one.location.node, one.location.tensor, one.location.attribute) == ("Constant[1]", "c", "value")


def test_an_attribute_of_two_kinds_has_the_place_of_its_node() -> None:
    model = parsed("g (float[2, 3] x) => (float[2, 3] y) { h = Relu(x) y = Softmax<axis = 0>(h) }")
    model.graph.node[1].attribute[0].type = onnx.AttributeProto.FLOAT
    (one,) = found_in("malformed-attributes", model)
    assert (one.location.node, one.location.op_type, one.location.attribute) == ("Softmax[1]", "Softmax", "axis")
    assert one.message.startswith("Softmax[1]: ")


def test_the_first_initializer_without_a_name_lies_at_an_offset() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for values in (b"12345678", b"98765432"):
        model.graph.initializer.add(data_type=TensorProto.FLOAT, dims=[2], raw_data=values)
        (one,) = found_in("nameless-initializers", model)
        held = model.graph.initializer[0].SerializeToString()
        assert one.location.offset == model.SerializeToString().index(held)


@pytest.mark.parametrize("names", [("x1", "xl"), ("0ut", "out"), ("warn", "wam")])
def test_a_port_that_looks_like_another_lies_at_an_offset(names: tuple[str, str]) -> None:
    first, second = names
    model = parsed("g (float[2] x, float[2] z) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].input[0] = model.graph.input[0].name = first
    model.graph.input[1].name = second
    (one,) = found_in("look-alike-names", model)
    assert (one.location.tensor, one.expected) == (second, first)
    assert one.location.offset == model.SerializeToString().index(model.graph.input[1].SerializeToString())


def test_of_many_names_that_are_too_long_the_longest_is_told() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for length in (300, 301, 305, 304, 302):
        model.graph.node.add(op_type="Relu", input=["x"], output=[f"t{length}"], name="n" * length)
    (one,) = found_in("overlong-names", model)
    assert (one.actual, one.location.node) == (305, "n" * 305) and "4 more are over 256" in one.message
    del model.graph.node[-1]
    assert [one.actual for one in found_in("overlong-names", model)] == [300, 301, 305, 304]


@pytest.mark.parametrize("length", [8, 9])
def test_of_a_cycle_eight_are_named(length: int) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for i in range(length):
        model.graph.node.add(op_type="Neg", input=[f"t{i}"], output=[f"t{(i + 1) % length}"], name=f"n{i}")
    (one,) = found_in("cyclic-graph", model)
    named = [i for i in range(length) if f"n{i} " in one.message.replace(":", " ")]
    assert len(named) == 8 and ("more" in one.message) == (length > 8)


# ---- calls


def test_the_call_that_goes_deep_is_named_among_others() -> None:
    model = onnx.load_from_string(hostile_mutators.calling(80, 1))
    (call,) = model.graph.node
    model.graph.node.insert(0, helper.make_node("Neg", [call.input[0]], ["before"]))
    model.graph.node.append(helper.make_node("Neg", [call.input[0]], ["behind"]))
    model.graph.node.append(helper.make_node("f0", [call.input[0]], ["again"], domain="f"))
    (one,) = found_in("deep-nesting", model)
    assert one.location.node == "f0[1]" and one.actual == 81


class _Functions(dict[tuple[str, str, str], Function]):
    """An end for what would go round for ever."""

    looks = 0

    def __getitem__(self, key: tuple[str, str, str]) -> Function:
        self.looks += 1
        assert self.looks < 1000, "it goes round for ever"
        return super().__getitem__(key)


@pytest.mark.parametrize("called", ["f80", "f79", "f1"])
def test_a_chain_whose_last_function_calls_one_before_it(called: str) -> None:
    """Legal it is not; the chain is as long as without that call."""
    model = onnx.load_from_string(hostile_mutators.calling(80, 1))
    last = next(function for function in model.functions if function.name == "f80")
    last.node.insert(0, helper.make_node(called, [last.input[0]], ["again"], domain="f"))
    read = loads(model.SerializeToString())
    found = list(deep_nesting.check(read._replace(functions=_Functions(read.functions))))
    assert [one.actual for one in found] == [81]


# ---- sizes that are written


def test_one_product_of_sizes_that_a_window_has_changed() -> None:
    """It runs where 6 N (T - 1) = 240, so that N T is 40 + N, and never the 40 that the target has."""
    text = (
        "(float[N, 6, T] x) => (y) <int64[2] s = {40, 6}> "
        "{ p = MaxPool<kernel_shape = [2]>(x) t = Transpose<perm = [0, 2, 1]>(p) y = Reshape(t, s) }"
    )
    assert of("baked-in-length", text) == []


POOLED = (
    "(float[N, 4, H, W] x) => (y) <int64[2] s = {{-1, {1}}}> "
    "{{ p = MaxPool<kernel_shape = [{0}, {0}], strides = [{2}, {2}]>(x) y = Reshape(p, s) }}"
)


@pytest.mark.parametrize(
    ("window", "row", "stride", "ranges"),
    [
        (2, 144, 2, ((12, 13),)),  # 4 x 6 x 6
        (5, 16, 1, ((6, 6),)),  # 4 (H - 4)^2 is 16 for 2, too, where the window does not fit
    ],
)
def test_sizes_at_which_an_image_is_a_row(
    window: int, row: int, stride: int, ranges: tuple[tuple[int, int], ...]
) -> None:
    (one,) = of("mixed-batch", POOLED.format(window, row, stride))
    assert [fit.ranges for fit in one.fits] == [ranges]


def test_the_batch_is_what_is_not_one() -> None:
    """36 images of 256 x 5 x 5 come out even as 25 rows, beside an input of one row."""
    text = (
        "(float[1, 9216] z, float[36, 256, 5, 5] x) => (y) <int64[2] s = {-1, 9216}> "
        "{ h = Reshape(x, s) y = Add(h, z) }"
    )
    assert [one.location.node for one in of("mixed-batch", text)] == ["Reshape[0]"]


@pytest.mark.parametrize(("target", "images"), [("-1, 12", 2), ("-1, 4, 3", 0), ("-1, 2, 6", 0), ("-1, 3", 0)])
def test_two_images_in_a_row_are_mixed_where_all_axes_become_one(target: str, images: int) -> None:
    """Two images of 2 x 3: where the target has axes for them, a segment may be meant."""
    found = of(
        "mixed-batch",
        f"(float[N, 2, 3] x) => (y) <int64[{target.count(',') + 1}] s = {{{target}}}> {{ y = Reshape(x, s) }}",
    )
    assert [f"a row holds {images} images" in one.message for one in found] == [True] * bool(images)


@pytest.mark.parametrize("vectors", ["N, 6", "N, 1, 6", "N, 6, 1"])
def test_a_row_of_two_vectors_is_a_pair(vectors: str) -> None:
    assert of("mixed-batch", f"(float[{vectors}] x) => (y) <int64[2] s = {{-1, 12}}> {{ y = Reshape(x, s) }}") == []


@pytest.mark.parametrize(
    ("image", "row", "severity", "basis", "words"),
    [
        ("3, H, W", 12, WARNING, Basis.SUSPICIOUS, "it fits only for H = W = 2"),
        ("3, H, W", 13, ERROR, None, "no input size up to 4096 fits"),  # no multiple of 3
        ("3, 4, 4", 12, ERROR, None, "x gives 3 x 4 x 4 = 48"),
    ],
)
def test_a_row_that_some_images_fit_is_a_warning(
    image: str, row: int, severity: Severity, basis: Basis | None, words: str
) -> None:
    for batch, lead in (("1", 1), ("N", 0)):
        text = f"(float[{batch}, {image}] x) => (y) <int64[2] s = {{{lead}, {row}}}> {{ y = Reshape(x, s) }}"
        (one,) = of("impossible-shapes", text)
        assert (one.severity, one.basis) == (severity, basis)
        assert words in one.message


@pytest.mark.parametrize(
    ("shape", "slope", "wanted"),
    [
        ("N, 3, 4, 5", "2, 1, 1", "[3, 1, 1]"),
        ("N, 3, 4", "2, 1", "[3, 1]"),
        ("N, 3", "2", "[3]"),
        ("3", "2", "[3]"),
    ],
)
def test_a_slope_that_misfits_is_to_have_one_number_for_each_channel(shape: str, slope: str, wanted: str) -> None:
    """Also the last of many, for which no mend is searched."""
    stored = ", ".join(f"float[{slope}] p{i} = {{1, 2}}" for i in range(6))
    layers = " ".join(f"y{i} = PRelu(x, p{i})" for i in range(6))
    found = of(
        "misfit-initializers",
        f"(float[{shape}] x) => ({', '.join(f'y{i}' for i in range(6))}) <{stored}> {{ {layers} }}",
    )
    assert len(found) == 6 and found[5].fix == f"give p5 the shape {wanted}"


@pytest.mark.parametrize(
    "text",
    [
        "(float[N, 3, 4, 4] x) => (y) <float[2, 1, 1] p = {1, 2}> { y = PRelu(x, p) }",
        "(float[N, 3] x, float[3, 2] w) => (y) <float[3] p = {1, 2, 3}> { y = Gemm(x, w, p) }",
        "(float[N, 3, 4, 4] x, float[2, 3, 1, 1] w) => (y) <float[3] p = {1, 2, 3}> { y = Conv(x, w, p) }",
        "(float[N, 3, 4] x) => (y) <float[3] s = {1, 1, 1}, float[4] p = {1, 2, 3, 4}, float[4] q = {1, 1, 1, 1}> "
        "{ y = BatchNormalization(x, s, p, s, q) }",
    ],
)
def test_what_a_parameter_must_be_is_said_once(text: str) -> None:
    (one,) = of("misfit-initializers", text)
    assert one.message.count(" must ") == 1


# ---- work


def test_of_what_is_folded_the_largest_is_named_and_no_layer_of_the_input() -> None:
    """2048^3 = 2^33 multiply-accumulates are folded; the layer behind has twice as many."""
    text = (
        "(float[4096, 2048] x) => (y) <int64[2] s = {2048, 2048}> "
        "{ a = ConstantOfShape(s) b = MatMul(a, a) y = MatMul(x, b) }"
    )
    (one,) = of("costly-constants", text)
    assert one.location.node == "MatMul[1]" and one.actual == 2**33


@pytest.mark.parametrize(
    ("inner", "stored", "expected"),
    [
        (1024, 100, [2**33]),  # twice 2048 x 2048 x 1024, out of next to nothing
        (1024, 32_000, [2**33]),  # 65,536 for each of 131,072 bytes are 2^33, and 128,000 and 1,024 are stored
        (1024, 33_000, []),  # as much as many a layer does for its weights
        (1023, 100, []),
        (2048, 33_000, [2**34]),  # one layer alone does 2^33
    ],
)
def test_work_that_is_folded_is_held_against_what_is_stored(inner: int, stored: int, expected: list[int]) -> None:
    text = (
        f"(float[{stored}] x) => (y, c) <int64[2] s = {{2048, {inner}}}, int64[2] t = {{{inner}, 2048}}> "
        "{ a = ConstantOfShape(s) b = ConstantOfShape(t) p = MatMul(a, b) q = MatMul(p, a) c = Neg(q) y = Add(x, w) }"
    )
    found = of("costly-constants", text, w=np.ones(stored, np.float32))
    assert [one.actual for one in found] == expected


SCANNED = (
    "(float[{0}] x, bool c) => (y, z) {{ z = If (c) <then_branch = t () => (float[{0}] p) {{ p = Neg(x) }}, "
    "else_branch = e () => (float[{0}] q) {{ q = Abs(x) }}> "
    "y = Scan<{1}body = b (float r) => (float o) {{ o = Neg(r) }}>(x) }}"
)


@pytest.mark.parametrize(
    ("length", "scanned", "expected"),
    [
        (999_999, "num_scan_inputs = 1, ", []),
        (1_000_000, "num_scan_inputs = 1, ", [1_000_000]),
        (1_000_000, "num_scan_inputs = 2, ", []),  # of one input
        (1_000_000, "num_scan_inputs = 0, ", []),
        (1_000_000, "", []),
    ],
)
def test_a_scan_of_a_million_rows(length: int, scanned: str, expected: list[int]) -> None:
    assert [one.actual for one in of("endless-loops", SCANNED.format(length, scanned))] == expected


@pytest.mark.parametrize(("values", "expected"), [(1 << 18, 1), ((1 << 18) + 1, 0)])
def test_a_sparse_tensor_of_which_a_thousandth_is_stored(values: int, expected: int) -> None:
    """Of 2^28 floats 2^18 are one in 1024."""
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    numbers = onnx.numpy_helper.from_array(np.ones(values, np.float32), "w")
    places = onnx.numpy_helper.from_array(np.arange(values))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(numbers, places, [1 << 28]))
    assert len(found_in("enormous-tensors", model)) == expected


# ---- loops


@pytest.mark.parametrize(
    ("trips", "go_on", "expected", "actual"),
    [(0, 1, "at least 1", "0"), (-3, 1, "at least 1", "-3"), (3, 0, "true", "false")],
)
def test_what_an_idle_loop_has(trips: int, go_on: int, expected: str, actual: str) -> None:
    (one,) = of(
        "idle-loops",
        f"(float[2] x) => (y) <int64 m = {{{trips}}}, bool t = {{{go_on}}}> {{ y = Loop(m, t, x) "
        "<body = b (int64 i, bool go, float[2] a) => (bool on, float[2] c) { on = Identity(go) c = Neg(a) }> }",
    )
    assert (one.expected, one.actual) == (expected, actual)


@pytest.mark.parametrize(("axis", "row", "expected"), [(1, 5, 0), (-1, 5, 0), (1, 2, 1), (0, 2, 0), (-2, 2, 0)])
def test_a_row_along_each_axis(axis: int, row: int, expected: int) -> None:
    """Along the last axis of [5, 2] a row has 5 numbers."""
    text = (
        f"(float[5, 2] x) => (y) {{ y = Scan<num_scan_inputs = 1, scan_input_axes = [{axis}], "
        f"body = b (float[{row}] r) => (float[{row}] o) {{ o = Neg(r) }}>(x) }}"
    )
    assert len(of("malformed-bodies", text)) == expected


# ---- casts and words


@pytest.mark.parametrize(
    ("to", "held", "beyond"),
    [
        (TensorProto.UINT8, (0, 255), (-1, 256)),
        (TensorProto.INT8, (-128, 127), (-129, 128)),
        (TensorProto.UINT16, (0, 65_535), (-1, 65_536)),
        (TensorProto.UINT32, (0, 2**32 - 1), (-1, 2**32)),
        (TensorProto.INT32, (-(2**31), 2**31 - 1), (-(2**31) - 1, 2**31)),
    ],
)
def test_the_least_and_the_largest_number_of_a_type(to: int, held: tuple[int, int], beyond: tuple[int, int]) -> None:
    text = f"(float[N] x) => (y) {{ c = Cast<to = {to}>(k) f = Cast<to = 1>(c) y = Add(x, f) }}"
    for number in held:
        assert of("lossy-casts", text, k=np.int64(number)) == []
    for number in beyond:
        assert len(of("lossy-casts", text, k=np.int64(number))) == 1


def test_a_cast_of_what_nobody_knows_hides_no_other() -> None:
    text = (
        "(float[4] x) => (y, z) "
        "{ h = com.microsoft.Own(x) y = Cast<to = 7>(h) i = Cast<to = 7>(x) z = Cast<to = 1>(i) }"
    )
    assert [one.location.node for one in of("lossy-casts", text)] == ["Cast[2]"]


def test_a_default_of_several_words_is_not_proposed() -> None:
    """Left out, an RNN has a Tanh for each direction: a list, and not one of the words."""
    text = (
        "(float[5, N, 1] x) => (y) <float[1, 1, 1] w = {1}, float[1, 1, 1] r = {1}> "
        '{ y = RNN<hidden_size = 1, activations = ["zzzz"]>(x, w, r) }'
    )
    (one,) = of("undefined-words", text)
    assert one.fix == "write one of them"


@pytest.mark.parametrize(("declared", "to"), [("float[3, 4]", (2, 4)), ("int64[2, 4]", "float32")])
def test_what_an_output_of_a_branch_is_to_be_declared_as(declared: str, to: tuple[int, ...] | str) -> None:
    text = (
        "(float[2, 4] x, bool c) => (y) { y = If (c) <then_branch = a () => "
        f"({declared} z) {{ z = Relu(x) }}, else_branch = b () => (float[2, 4] w) {{ w = Neg(x) }}> }}"
    )
    (one,) = of("stale-shape-annotations", text)
    (repair,) = one.repairs
    assert getattr(repair, "to", None) == to


# ---- runs


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        (0.0, 65519.996, []),  # rounds to 65504, by IEEE 754
        (0.0, 65520.0, ["65520"]),  # half-way, to the even one: infinity
        (-65520.0, 1.0, ["65520"]),
    ],
)
def test_a_tensor_reaches_the_end_of_float16_where_it_rounds_to_infinity(
    least: float, most: float, expected: list[str]
) -> None:
    with np.errstate(over="ignore"):
        assert bool(expected) == bool(np.isinf(np.array([least, most]).astype(np.float16)).any())
    model = loads(parsed("g (float[2] x) => (float[2] y) { y = Neg(x) }").SerializeToString())
    reached = Reached("y", REAL, TensorProto.FLOAT, least, most, 2, 0, False, 0, 0, 0)
    seen = Activations(DeepPart("activations", "ok"), (), (reached,), {REAL: "given inputs"}, {})
    settings = Settings(run=False, target_dtype="float16")
    assert [one.actual for one in beyond_target_dtype.check(model, infer(model), settings, seen)] == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [("optimisation", ERROR), ("provider", ERROR), ("version", None), ("arrays", None)]
)
def test_a_model_that_parts_from_itself_is_an_error(kind: str, expected: Severity | None) -> None:
    """Of another model, or of a framework's arrays, nobody knows which is right: the rule's own warning."""
    model = loads(parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }").SerializeToString())
    apart = Diverging(
        SideSeen(kind, "the other", (TensorSeen("y", bad=True),)), Stamp("onnxruntime", "CPUExecutionProvider")
    )
    (one,) = diverging_tensors.check(model, Divergence(DeepPart("divergence", "found"), (), (apart,)))
    assert (one.severity, one.location.node) == (expected, "Relu[0]")
