"""Lines of rules on batches, shapes, names and stored numbers that no page's model decides.

What is expected is the specification's or arithmetic's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from auditor.model.load import loads
from auditor.report import Severity
from auditor.rules import dead_units
from auditor.shapes.mending import MOST_SEARCHES

from .test_details import of, told
from .test_hostility import found as found_in
from .test_hostility import parsed

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


# ---- batches


def test_a_tile_that_writes_a_one_is_no_reshape() -> None:
    """Two ways meet: one of [N, 18], and one that a Reshape has made [1, 18 N]."""
    text = (
        "(float[N, 18] x) => (y) <int64[2] s = {1, -1}, int64[2] once = {1, 1}> "
        "{ t = Tile(x, once) r = Reshape(x, s) y = Add(t, r) }"
    )
    (one,) = of("baked-in-batch", text)
    assert one.location.node == "Reshape[1]"


def test_of_two_tiles_one_changes_the_number_of_images() -> None:
    text = (
        "(float[N, 2, 4] x) => (y, z) <int64[3] r = {2, 1, 1}, int64[3] s = {1, 1, 2}> "
        "{ y = Tile(x, r) z = Tile(x, s) }"
    )
    (one,) = of("crossed-batch", text)
    assert one.location.node == "Tile[0]" and [place.nodes for place in one.places] == [(0,)]


def test_sequences_are_cut_as_images_are() -> None:
    """Of 2 x 4 numbers two rows of 4."""
    text = (
        "(float[N, 2, 4] x) => (float[M, 2] y) <int64[2] s = {-1, 4}, float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}> "
        "{ f = Reshape(x, s) y = MatMul(f, w) }"
    )
    (one,) = of("split-images", text)
    assert (one.expected, one.actual) == ("8", "4")


@pytest.mark.parametrize(("nodes", "repairs"), [("", 1), ("z = ConstantOfShape(left)", 0)])
def test_what_mends_two_batches_of_three_is_no_repair(nodes: str, repairs: int) -> None:
    """24 - N is below zero for the third that is tried."""
    text = (
        "(float[N, 18] x) => (y) <int64[2] s = {1, -1}, int64[1] most = {24}> { r = Reshape(x, s) y = Add(x, r) "
        f"n = Shape<start = 0, end = 1>(x) left = Sub(most, n) {nodes} }}"
    )
    (one,) = of("baked-in-batch", text)
    assert one.location.node == "Reshape[0]" and len(one.repairs) == repairs


def test_a_weight_that_is_fed_is_no_batch_beside_one_with_a_name() -> None:
    """Images of 8 x 5 x 5 in front of a layer that takes 8 x 6 x 6."""
    text = (
        "(float[B, 8, 5, 5] x, float[288, 10] w) => (y) <int64[2] s = {-1, 288}> { h = Reshape(x, s) y = MatMul(h, w) }"
    )
    (one,) = of("mixed-batch", text)
    assert "rows of 288 elements for MatMul[1] from images of 200 (8 x 5 x 5)" in one.message


# ---- layers


def test_a_normalization_without_a_shift() -> None:
    """https://onnx.ai/onnx/operators/onnx__RMSNormalization.html: of X and scale alone."""
    for number, expected in (("0", [WARNING]), ("1", [])):
        text = f"(float[N, 4] x) => (y) <float[4] s = {{{', '.join(number * 4)}}}> {{ y = RMSNormalization(x, s) }}"
        assert [one.severity for one in of("dead-normalizations", text, 23)] == expected


@pytest.mark.parametrize(("most", "expected"), [(16, 1), (15, 0)])
def test_a_weight_that_is_too_large_is_not_read_again(
    most: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two channels the second is read by none of eight filters."""
    monkeypatch.setattr(dead_units, "_MOST", most)
    weight = np.zeros((8, 2, 1, 1), np.float32)
    weight[:, 0] = np.arange(1, 9, dtype=np.float32).reshape(8, 1, 1)
    assert len(of("dead-units", "(float[N, 2, 4, 4] x) => (y) { y = Conv(x, w) }", w=weight)) == expected


@pytest.mark.parametrize(("most", "expected"), [(1e30, []), (1.01e30, [WARNING])])
def test_a_weight_beyond_1e30(most: float, expected: list[Severity]) -> None:
    """As float64, which holds the bound as it is written."""
    text = "(double[N, 2] x) => (y) { y = MatMul(x, w) }"
    assert [one.severity for one in of("float16-overflow", text, w=np.array([[1, most], [0.5, 0.25]]))] == expected


@pytest.mark.parametrize(("more", "expected"), [(0, ["Concat[1]"]), (1, [])])
def test_an_input_of_nothing_has_no_bytes(more: int, expected: list[str]) -> None:
    """A gibibyte is 1024 times the mebibyte that comes in; beside one byte more it is less than that."""
    text = (
        f"(uint8[1048576] x, uint8[{more}] z) => (y) "
        f"{{ t = Concat<axis = 0>({', '.join('x' * 128)}) y = Concat<axis = 0>({', '.join('t' * 8)}) }}"
    )
    assert [one.location.node for one in of("enormous-tensors", text)] == expected


LUT = (
    "(float[N, 4] x) => (y) <float s = {{0.02}}, uint8 z = {{128}}, float t = {{{}}}, uint8 u = {{{}}}> "
    "{{ q = QuantizeLinear(x, s, z) r = com.microsoft.QLinearSigmoid(q, s, z, s, z) y = DequantizeLinear(r, t, u) }}"
)


@pytest.mark.parametrize(("scale", "zero", "tensor"), [(0.02, 128, None), (0.05, 128, "t"), (0.02, 0, "u")])
def test_what_a_quantised_sigmoid_writes(scale: float, zero: int, tensor: str | None) -> None:
    """X, X_scale, X_zero_point, Y_scale, Y_zero_point (onnxruntime's docs/ContribOperators.md)."""
    found = of("mismatched-quantisation", LUT.format(scale, zero))
    assert [(one.location.node, one.location.tensor) for one in found] == (
        [("DequantizeLinear[2]", tensor)] if tensor else []
    )


@pytest.mark.parametrize(("ratio", "expected"), [("r", []), ("h", ["Dropout[0]"]), ('""', ["Dropout[0]"])])
def test_a_dropout_that_trains(ratio: str, expected: list[str]) -> None:
    """https://onnx.ai/onnx/operators/onnx__Dropout.html: left out, the ratio is 0.5."""
    text = f"(float[2] x) => (y) <float r = {{0}}, float h = {{0.5}}, bool t = {{1}}> {{ y = Dropout(x, {ratio}, t) }}"
    assert [one.location.node for one in of("training-mode", text)] == expected


# ---- shapes that do not fit


@pytest.mark.parametrize(
    ("text", "weight", "bias", "words"),
    [
        (
            "(float[1, 3, 8, 8] x) => (y) { y = Conv(x, w, b) }", (4, 3, 3, 3), 3,
            "b is [3], must be [4] (one number for each filter); its input is [1, 3, 8, 8]",
        ),
        (
            "(float[1, 3, 8] x) => (y) { y = InstanceNormalization(x, w, b) }", (3,), 4,
            "b is [4], must be [3] (one number for each channel); its input is [1, 3, 8]",
        ),
    ],
)  # fmt: skip
def test_what_a_parameter_means(text: str, weight: tuple[int, ...], bias: int, words: str) -> None:
    (one,) = of("misfit-initializers", text, w=np.ones(weight, np.float32), b=np.ones(bias, np.float32))
    assert words in one.message and "group" not in one.message


def test_more_weights_that_are_turned_around_than_are_searched_for() -> None:
    """Of [1, n] by [2, n] each would fit as [n, 2]."""
    sizes = range(4, 4 + MOST_SEARCHES + 1)
    text = (
        f"({', '.join(f'float[1, {n}] x{n}' for n in sizes)}) => ({', '.join(f'y{n}' for n in sizes)}) "
        f"{{ {' '.join(f'y{n} = MatMul(x{n}, w{n})' for n in sizes)} }}"
    )
    weights: dict[str, Any] = {f"w{n}": np.ones((2, n), np.float32) for n in sizes}
    found = of("misfit-initializers", text, **weights)
    for n, one in zip(sizes, found, strict=True):
        assert one.fix.startswith(f"w{n} stands turned around: store it as [{n}, 2]")
    assert [bool(one.repairs) for one in found] == [True] * MOST_SEARCHES + [False]


def test_rows_that_no_image_fills_are_searched_for_a_few_times() -> None:
    """An image has 2 x n x 3 numbers, of which 7 are no row."""
    sizes = range(8, 8 + MOST_SEARCHES + 1)
    text = (
        f"({', '.join(f'float[1, 2, {n}, 3] x{n}' for n in sizes)}) => ({', '.join(f'y{n}' for n in sizes)}) "
        f"<int64[2] s = {{1, 7}}> {{ {' '.join(f'y{n} = Reshape(x{n}, s)' for n in sizes)} }}"
    )
    found = of("impossible-shapes", text)
    assert [one.actual for one in found] == [6 * n for n in sizes]
    assert [bool(one.repairs) for one in found] == [True] * MOST_SEARCHES + [False]


def test_where_the_shape_that_does_not_fit_comes_from() -> None:
    text = (
        "(float[N, 2, 3, 3] x) => (y) { t = Transpose<perm = [0, 2, 3, 1]>(x) y = MaxPool<kernel_shape = [5, 5]>(t) }"
    )
    (one,) = of("impossible-shapes", text)
    assert [step.node for step in one.derivation] == ["Transpose[0]"]


@pytest.mark.parametrize("missing", ["else_branch", "then_branch"])
def test_an_if_that_lacks_a_branch_beside_one_of_the_same_name(missing: str) -> None:
    """Both are the specification's "required": other rules speak of that, and of the name."""
    branches = (
        "<then_branch = a () => (float[2] p) { p = Neg(x) }, "
        "else_branch = b () => (float[1, 2] q) { q = Unsqueeze(x, at) }>"
    )
    model = parsed(
        f"g (float[2] x, bool c) => (y, z) <int64[1] at = {{0}}> {{ y = If (c) {branches} z = If (c) {branches} }}"
    )
    for node in model.graph.node:
        node.name = "one"
    last = model.graph.node[1].attribute
    kept = [attribute for attribute in last if attribute.name != missing]
    del last[:]
    last.extend(kept)
    assert [one.location.tensor for one in found_in("unequal-branches", model)] == ["y"]


# ---- declarations


def test_an_output_is_mended_at_the_layer_in_front_of_it() -> None:
    """8 pixels by a window of 3 are 6; with one more at each side they stay 8."""
    text = "(float[1, 3, 8, 8] x) => (float[1, 2, 8, 8] y) { y = Conv(x, w) }"
    (one,) = of("stale-shape-annotations", text, w=np.ones((2, 3, 3, 3), np.float32))
    assert "AttributeChange" in [type(repair).__name__ for repair in one.repairs]
    assert one.message == "the output 'y' is declared as [1, 2, 8, 8]; Conv[0] gives [1, 2, 6, 6]"


@pytest.mark.parametrize(
    ("more", "deleted", "words"), [("", 1, "[2, 4]"), (", float[2, 5] i", 0, "and 1 other tensor whose")]
)
def test_one_declaration_may_go(more: str, deleted: int, words: str) -> None:
    text = f"(float[2, 4] x) => (float[2, 4] y) <float[2, 5] h{more}> {{ h = Neg(x) i = Abs(h) y = Relu(i) }}"
    (one,) = of("stale-shape-annotations", text)
    assert len(one.repairs) == deleted and words in one.message


@pytest.mark.parametrize(
    ("names", "words"),
    [("gone", "1 tensor is declared, and nothing makes it"), ("gone, float[2] away", "2 tensors are declared")],
)
def test_how_many_are_declared_in_vain(names: str, words: str) -> None:
    (one,) = of("idle-declarations", f"(float[2] x) => (float[2] y) <float[2] {names}> {{ y = Relu(x) }}")
    assert one.message.startswith(words)


def test_what_is_taken_of_a_tensor_that_nobody_knows() -> None:
    text = "(float[2, 4] x) => (y) <int64[1] s = {1}> { h = com.microsoft.Own(x) y = Slice(h, s, s) }"
    assert of("takes-nothing", text) == []
    assert len(of("takes-nothing", text.replace("com.microsoft.Own", "Neg"))) == 1


# ---- names and words


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("l1", "ll", ["l1"]), ("ll", "l1", ["ll"]), ("l", "1", []), ("a", "b", [])]
)
def test_ports_that_look_alike(first: str, second: str, expected: list[str]) -> None:
    """Exporters number their tensors: what is figures alone is such a number."""
    model = parsed("g (float[2] x) => (float[2] y, float[2] z) { y = Relu(x) z = Neg(x) }")
    for value, node, name in zip(model.graph.output, model.graph.node, (first, second), strict=True):
        value.name = node.output[0] = name
    found = found_in("look-alike-names", model)
    assert [(one.expected, one.actual) for one in found] == [(name, second) for name in expected]


def test_words_of_a_domain_that_is_not_imported() -> None:
    assert of("undefined-words", '(float[2] x) => (y) { y = foo.Own<how = "x">(x) }') == []


@pytest.mark.parametrize(("value", "expected"), [(0, []), (1, []), (2, ["allowzero"])])
def test_a_switch_of_a_reshape(value: int, expected: list[str]) -> None:
    """https://onnx.ai/onnx/operators/onnx__Reshape.html speaks of 0 and of 1."""
    text = f"(float[N, 4] x) => (y) <int64[2] s = {{-1, 2}}> {{ y = Reshape<allowzero = {value}>(x, s) }}"
    assert [one.location.attribute for one in of("odd-switches", text)] == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
        ("-----BEGIN " + "PRIVATE KEY-----", "a private key"),
        ("a " + "private key", None),
        ("AKIA" + "IOSFODNN7EXAMPLE", "a key of AWS"),
        ("akia" + "iosfodnn7example", None),  # they are of capitals and figures
    ],
)
def test_what_a_key_looks_like(text: str, what: str | None) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.metadata_props.add(key="note", value=text)
    found = found_in("secrets-in-text", model)
    assert [one.message.partition(" holds ")[2].partition(",")[0] for one in found] == ([what] if what else [])


# ---- stored values


@pytest.mark.parametrize("values", [(1, 0), (1, 1)])
def test_bools_that_stand_each_behind_its_tag(values: tuple[int, int]) -> None:
    """Not packed, as any reader of protocol buffers takes them: field 5 (int32_data) of TensorProto, a varint."""
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    held = TensorProto(name="keep", data_type=TensorProto.BOOL, dims=[2]).SerializeToString()
    held += b"".join(bytes((5 << 3, value)) for value in values)
    graph = model.graph.SerializeToString() + bytes((5 << 3 | 2, len(held))) + held
    model.ClearField("graph")
    whole = model.SerializeToString() + bytes((7 << 3 | 2, len(graph))) + graph
    assert len(graph) < 128 and list(onnx.load_from_string(whole).graph.initializer[0].int32_data) == list(values)
    assert told("values-beyond-type", loads(whole)) == []
