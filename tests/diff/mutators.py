"""Edits of the kinds that a diff is to know, each with the lines of the script that say it, and how bad it is.

A line is a tuple: what happened, and where by the names of the old model; nodes that come in are known by their
operators, for names are to say nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from auditor.diff.difference import Degree

Line = tuple[str, ...]


class Mutation(NamedTuple):
    lines: tuple[Line, ...]
    degree: Degree


class Workbench:
    """A model under edit. What one edit touched, and what stands beside it, no other one touches."""

    def __init__(self, model: ModelProto, seed: int) -> None:
        self.model = ModelProto()
        self.model.CopyFrom(model)
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self._touched: set[str] = set()
        self._count = 0

    @property
    def nodes(self) -> list[NodeProto]:
        return list(self.model.graph.node)

    def free(self, wanted: Callable[[NodeProto], bool]) -> NodeProto | None:
        """A node that nobody touched yet."""
        found = [n for n in self.model.graph.node if not self._is_touched(n) and n.op_type != "Constant" and wanted(n)]
        return self.random.choice(found) if found else None

    def _is_touched(self, node: NodeProto) -> bool:
        return any(name in self._touched for name in (*node.input, *node.output) if name)

    def touch(self, *nodes: NodeProto) -> None:
        for node in nodes:
            self._touched.update(filter(None, (*node.input, *node.output)))

    def touch_around(self, node: NodeProto) -> None:
        """It, and the nodes beside it."""
        self.touch(node, *(n for n in self.model.graph.node if set(n.input) & set(node.output)))
        self.touch(*(n for n in self.model.graph.node if set(n.output) & set(node.input)))

    def name(self, what: str) -> str:
        self._count += 1
        return f"new_{what}_{self._count}"

    def users(self, tensor: str) -> list[NodeProto]:
        return [n for n in self.model.graph.node if tensor in n.input]

    @property
    def outputs(self) -> set[str]:
        return {value.name for value in self.model.graph.output}

    def initializer(self, name: str) -> TensorProto | None:
        return next((t for t in self.model.graph.initializer if t.name == name), None)

    def weights_of(self, node: NodeProto) -> list[TensorProto]:
        """The float tensors that are this node's alone."""
        found = [self.initializer(name) for name in node.input]
        return [t for t in found if t is not None and t.data_type == TensorProto.FLOAT and t.dims
                and len(self.users(t.name)) == 1 and t.raw_data]  # fmt: skip

    def insert_behind(self, tensor: str, nodes: list[NodeProto], users: list[NodeProto]) -> None:
        """Nodes into the edges from a tensor to these users; the last of them makes what they take then."""
        last = nodes[-1].output[0]
        for user in users:
            user.input[:] = [last if name == tensor else name for name in user.input]
        at = next((i for i, n in enumerate(self.model.graph.node) if tensor in n.output), -1) + 1
        for offset, node in enumerate(nodes):
            self.model.graph.node.insert(at + offset, node)

    def make(self, op: str, inputs: list[str], **attributes: Any) -> NodeProto:
        name = self.name(op)
        return helper.make_node(op, inputs, [f"{name}_out"], name=name, **attributes)


def _plain(bench: Workbench) -> Callable[[NodeProto], bool]:
    """A node of one float output that nodes of the main graph take, and the graph does not hand out."""

    def fits(node: NodeProto) -> bool:
        return (
            len(node.output) == 1 and node.output[0] not in bench.outputs and bool(bench.users(node.output[0]))
            and node.op_type in _FLOAT
        )  # fmt: skip

    return fits


_FLOAT = frozenset(
    {"Conv", "BatchNormalization", "Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "Add", "Concat", "Mul", "Sub"}
    | {"Div", "MaxPool", "AveragePool", "GlobalAveragePool", "Gemm", "MatMul", "LRN", "Softmax", "Flatten"}
)


def stride(bench: Workbench) -> Mutation | None:
    node = bench.free(
        lambda n: n.op_type in ("Conv", "MaxPool", "AveragePool") and any(a.name == "strides" for a in n.attribute)
    )
    if node is None:
        return None
    next(a for a in node.attribute if a.name == "strides").ints[:] = [2, 3]
    bench.touch_around(node)
    return Mutation((("changed", node.name, "strides"),), Degree.BEHAVIOUR)


def attribute(bench: Workbench) -> Mutation | None:
    values = {"BatchNormalization": ("epsilon", 0.25), "LeakyRelu": ("alpha", 0.37), "Gemm": ("alpha", 0.5),
              "LRN": ("beta", 0.6), "Softmax": ("axis", 0), "Flatten": None}  # fmt: skip
    node = bench.free(lambda n: values.get(n.op_type) is not None)
    if node is None:
        return None
    name, value = values[node.op_type] or ("", 0)
    for at in [i for i, a in enumerate(node.attribute) if a.name == name]:
        del node.attribute[at]
    node.attribute.append(helper.make_attribute(name, value))
    bench.touch_around(node)
    return Mutation((("changed", node.name, name),), Degree.BEHAVIOUR)


def operator(bench: Workbench) -> Mutation | None:
    """Another operator in its place, without attributes."""
    others = {"Relu": "Tanh", "Sigmoid": "Relu", "Tanh": "Elu", "MaxPool": "AveragePool"}
    node = bench.free(lambda n: n.op_type in others and len(n.output) == 1)
    if node is None:
        return None
    node.op_type = others[node.op_type]
    bench.touch_around(node)
    return Mutation((("changed", node.name, "op_type"),), Degree.BEHAVIOUR)


def weight(bench: Workbench) -> Mutation | None:
    node = bench.free(lambda n: n.op_type in ("Conv", "Gemm", "MatMul") and bool(bench.weights_of(n)))
    if node is None:
        return None
    tensor = bench.random.choice(bench.weights_of(node))
    values = numpy_helper.to_array(tensor).copy()
    if bench.random.random() < 0.5:
        values.reshape(-1)[bench.numbers.integers(values.size)] += 0.5
    else:
        values = values + bench.numbers.normal(0, 0.1, values.shape).astype(np.float32)
    tensor.raw_data = values.astype(np.float32).tobytes()
    bench.touch_around(node)
    return Mutation((("values", tensor.name),), Degree.WEIGHTS)


def node_added(bench: Workbench) -> Mutation | None:
    node = bench.free(_plain(bench))
    if node is None:
        return None
    op = bench.random.choice(["Relu", "Sigmoid", "Tanh", "Abs", "Neg"])
    users = bench.users(node.output[0])
    bench.touch_around(node)
    bench.touch(*users)
    new = bench.make(op, [node.output[0]])
    bench.insert_behind(node.output[0], [new], users)
    bench.touch(new)
    return Mutation((("added", op),), Degree.BEHAVIOUR)


def idle_added(bench: Workbench) -> Mutation | None:
    node = bench.free(_plain(bench))
    if node is None:
        return None
    op = bench.random.choice(["Identity", "Dropout"])
    users = bench.users(node.output[0])
    bench.touch_around(node)
    new = bench.make(op, [node.output[0]])
    bench.insert_behind(node.output[0], [new], users)
    bench.touch(new)
    return Mutation((("added", op),), Degree.COMPATIBLE)


def node_removed(bench: Workbench) -> Mutation | None:
    kinds = ("Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "LRN")
    made = {name for n in bench.nodes for name in n.output}
    inner = made - bench.outputs
    node = bench.free(
        lambda n: n.op_type in kinds and n.input[0] in made and n.output[0] in inner and bool(bench.users(n.output[0]))
    )
    if node is None:
        return None
    bench.touch_around(node)
    for user in bench.users(node.output[0]):
        user.input[:] = [node.input[0] if name == node.output[0] else name for name in user.input]
    line = ("removed", node.op_type, node.name)
    bench.model.graph.node.remove(node)
    return Mutation((line,), Degree.BEHAVIOUR)


def output_changed(bench: Workbench) -> Mutation | None:
    """One more output, or one that is gone, or one of another name."""
    graph, kind = bench.model.graph, bench.random.randrange(3)
    if kind == 0:
        node = bench.free(_plain(bench))
        if node is None:
            return None
        graph.output.append(helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None))
        bench.touch_around(node)
        return Mutation((("port added", "output"),), Degree.COMPATIBLE)
    place = bench.random.randrange(len(graph.output))
    value = graph.output[place]
    makers = [n for n in graph.node if value.name in n.output and not bench._is_touched(n)]
    if not makers or value.name.startswith("new_") or bench.users(value.name):
        return None
    bench.touch_around(makers[0])
    if kind == 1 and len(graph.output) > 1 and place == len(graph.output) - 1:
        del graph.output[place]
        return Mutation((("port removed", "output", value.name),), Degree.BREAKING)
    new = bench.name("output")
    makers[0].output[:] = [new if name == value.name else name for name in makers[0].output]
    line = ("port renamed", "output", value.name, new)
    value.name = new
    return Mutation((line,), Degree.BREAKING)


def dtype(bench: Workbench) -> Mutation | None:
    """An input of another type, cast behind it."""
    graph = bench.model.graph
    stored = {t.name for t in graph.initializer}
    values = [v for v in graph.input if v.name not in stored and v.type.tensor_type.elem_type == TensorProto.FLOAT]
    if not values:
        return None
    value = bench.random.choice(values)
    users = bench.users(value.name)
    if not users or any(map(bench._is_touched, users)):
        return None
    bench.touch(*users)
    value.type.tensor_type.elem_type = TensorProto.DOUBLE
    new = bench.make("Cast", [value.name], to=TensorProto.FLOAT)
    bench.insert_behind(value.name, [new], users)
    return Mutation((("retyped", "input", value.name), ("added", "Cast")), Degree.BREAKING)


def swapped(bench: Workbench) -> Mutation | None:
    node = bench.free(lambda n: n.op_type in ("Sub", "Div", "Concat") and len(set(n.input)) > 1)
    if node is None:
        return None
    node.input[:] = [node.input[1], node.input[0], *node.input[2:]]
    bench.touch_around(node)
    return Mutation((("swapped", node.name),), Degree.BEHAVIOUR)


def block_inserted(bench: Workbench) -> Mutation | None:
    node = bench.free(_plain(bench))
    if node is None:
        return None
    users = bench.users(node.output[0])
    bench.touch_around(node)
    kinds = [bench.random.choice(["Relu", "Sigmoid", "Tanh", "Abs", "Neg", "Softplus"]) for _ in range(3)]
    first = bench.make(kinds[0], [node.output[0]])
    second = bench.make(kinds[1], [first.output[0]])
    third = bench.make(kinds[2], [node.output[0]])
    last = bench.make("Add", [second.output[0], third.output[0]])
    bench.insert_behind(node.output[0], [first, second, third, last], users)
    bench.touch(first, second, third, last)
    return Mutation((("added", *sorted([*kinds, "Add"])),), Degree.BEHAVIOUR)


def opset_raised(bench: Workbench) -> Mutation | None:
    """By what every operator of ours keeps: from 17 on they only take more types."""
    entry = next((o for o in bench.model.opset_import if o.domain == ""), None)
    same = _FLOAT - {"AveragePool"}
    if entry is None or entry.version != 17 or any(n.op_type not in same for n in bench.nodes):
        return None
    entry.version = 21
    bench.model.ir_version = 10
    return Mutation((("opset", "ai.onnx"), ("header", "ir_version")), Degree.COMPATIBLE)


def quantised(bench: Workbench) -> Mutation | None:
    """Weights as int8 with scale and zero point, and some tensors on their way."""
    nodes = [n for n in bench.nodes if n.op_type in ("Conv", "Gemm") and not bench._is_touched(n)
             and any(t.name == n.input[1] for t in bench.weights_of(n))]  # fmt: skip
    if not nodes or any(n.op_type in ("QuantizeLinear", "DequantizeLinear") for n in bench.nodes):
        return None
    graph, lines = bench.model.graph, []
    if next(o.version for o in bench.model.opset_import if o.domain == "") < 13:
        return None
    for node in bench.random.sample(nodes, min(len(nodes), 4)):
        tensor = bench.initializer(node.input[1])
        assert tensor is not None
        values = numpy_helper.to_array(tensor)
        scale = np.float32(max(float(np.abs(values).max()), 1e-6) / 127)
        lines.append(tensor.name)
        new, scale_name, zero = bench.name("q"), bench.name("scale"), bench.name("zero")
        integers = np.clip(np.round(values / scale), -127, 127).astype(np.int8)
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(integers, new))
        graph.initializer.append(numpy_helper.from_array(np.array(scale), scale_name))
        graph.initializer.append(numpy_helper.from_array(np.array(0, np.int8), zero))
        back = bench.make("DequantizeLinear", [new, scale_name, zero])
        into = bench.make("QuantizeLinear", [node.input[0], scale_name, zero])
        out = bench.make("DequantizeLinear", [into.output[0], scale_name, zero])
        at = list(graph.node).index(node)
        for offset, one in enumerate((back, into, out)):
            graph.node.insert(at + offset, one)
        node.input[:] = [out.output[0], back.output[0], *node.input[2:]]
        bench.touch(node, back, into, out)
    return Mutation((("quantised", *sorted(lines)),), Degree.BEHAVIOUR)


def fused(bench: Workbench) -> Mutation | None:
    """A BatchNormalization into the Conv before it."""

    def conv_of(node: NodeProto) -> NodeProto | None:
        makers = [n for n in bench.nodes if node.input[0] in n.output and n.op_type == "Conv"]
        if not makers or bench._is_touched(makers[0]) or len(bench.users(node.input[0])) != 1:
            return None
        parts = [bench.initializer(name) for name in (*node.input[1:], *makers[0].input[1:])]
        return makers[0] if all(p is not None and p.raw_data for p in parts) else None

    node = bench.free(lambda n: n.op_type == "BatchNormalization" and len(n.output) == 1 and conv_of(n) is not None)
    conv = conv_of(node) if node is not None else None
    if node is None or conv is None or node.input[0] in bench.outputs:
        return None
    bench.touch_around(node)
    bench.touch_around(conv)
    stored = [bench.initializer(name) for name in (*node.input[1:], conv.input[1])]
    scale, shift, mean, variance, kernel = (
        numpy_helper.to_array(t).astype(np.float64) for t in stored if t is not None
    )
    epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5)
    factor = scale / np.sqrt(variance + epsilon)
    before = bench.initializer(conv.input[2]) if len(conv.input) > 2 else None
    bias = 0 if before is None else numpy_helper.to_array(before).astype(np.float64)
    new_kernel = (kernel * factor.reshape(-1, 1, 1, 1)).astype(np.float32)
    new_bias = ((bias - mean) * factor + shift).astype(np.float32)
    names = bench.name("kernel"), bench.name("bias")
    for name, values in zip(names, (new_kernel, new_bias), strict=True):
        bench.model.graph.initializer.append(numpy_helper.from_array(values, name))
    gone = {*node.input[1:], *conv.input[1:]}
    conv.input[:] = [conv.input[0], *names]
    conv.output[0] = node.output[0]
    lines = (("fused", node.name, conv.name),)
    bench.model.graph.node.remove(node)
    unused = [t for t in bench.model.graph.initializer if t.name in gone and not bench.users(t.name)]
    for tensor in unused:
        bench.model.graph.initializer.remove(tensor)
    return Mutation(lines, Degree.COMPATIBLE)


def opened(bench: Workbench) -> Mutation | None:
    """The batch of every input and output, by a name."""
    graph = bench.model.graph
    stored = {t.name for t in graph.initializer}
    values = [v for v in graph.input if v.name not in stored]
    if len(values) != 1 or any(n.op_type not in _FLOAT - {"Concat", "Softmax"} for n in bench.nodes):
        return None
    sizes = values[0].type.tensor_type.shape.dim
    if len(sizes) != 4 or not sizes[0].dim_value:
        return None
    sizes[0].dim_param = "batch"
    return Mutation((("size", "input", values[0].name, "0"),), Degree.COMPATIBLE)


MUTATORS = (
    stride, attribute, operator, weight, node_added, idle_added, node_removed, output_changed, dtype, swapped,
    block_inserted, opset_raised, quantised, fused, opened,
)  # fmt: skip


def mutated(model: ModelProto, seed: int, edits: int) -> tuple[ModelProto, tuple[Mutation, ...]]:
    """The model after so many edits (or fewer, where no more find a place), each of another kind."""
    bench = Workbench(model, seed)
    done: list[Mutation] = []
    for mutator in bench.random.sample(MUTATORS, len(MUTATORS)):
        if len(done) == edits:
            break
        mutation = mutator(bench)
        if mutation is not None:
            done.append(mutation)
    onnx.checker.check_model(bench.model)
    return bench.model, tuple(done)
