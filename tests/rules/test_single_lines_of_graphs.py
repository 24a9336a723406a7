"""Lines of the rules on graphs that no page's model decides: whom they name, where they begin, and what they let pass.

What is expected is the specification's or arithmetic's.
"""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from auditor.evidence.deep.divergence import Divergence, Diverging
from auditor.model.graph import Function
from auditor.model.load import loads
from auditor.report import DeepPart, Severity, Stamp
from auditor.rules.deep_nesting import deep_nesting
from auditor.rules.diverging_tensors import diverging_tensors
from auditor.runtime.deep.divergence import SideSeen, TensorSeen

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


def test_an_initializer_without_a_name_lies_at_an_offset() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.initializer.add(data_type=TensorProto.FLOAT, dims=[2], raw_data=b"12345678")
    (one,) = found_in("nameless-initializers", model)
    held = model.graph.initializer[0].SerializeToString()
    assert one.location.offset == model.SerializeToString().index(held)


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


# ---- work


def test_of_what_is_folded_the_largest_is_named_and_no_layer_of_the_input() -> None:
    """2048^3 = 2^33 multiply-accumulates are folded; the layer behind has twice as many."""
    text = (
        "(float[4096, 2048] x) => (y) <int64[2] s = {2048, 2048}> "
        "{ a = ConstantOfShape(s) b = MatMul(a, a) y = MatMul(x, b) }"
    )
    (one,) = of("costly-constants", text)
    assert one.location.node == "MatMul[1]" and one.actual == 2**33


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
