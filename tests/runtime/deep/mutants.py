"""Models with one thing in them that is not as it was, and the node that it is in: what the divergence must find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Mutate = Callable[[onnx.ModelProto, int, np.random.Generator], bool]
"""Changes the node of an index; False where there is nothing in it to be changed."""

LARGEST = 8 << 20  # elements of a weight that is made random; others stay one number


def with_weights(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """The model with random weights stored, in place of the one number that each of its ConstantOfShape gives.

    With one number throughout all channels are the same, and a softmax over them never moves.
    """
    random = np.random.default_rng(seed)
    graph = model.graph
    stored = {one.name: one for one in graph.initializer}
    users = {name: (node, place) for node in graph.node for place, name in enumerate(node.input)}
    kept = []
    for node in graph.node:
        shape = stored.get(node.input[0]) if node.op_type == "ConstantOfShape" else None
        sizes = [] if shape is None else numpy_helper.to_array(shape).tolist()
        if shape is None or np.prod(sizes) > LARGEST or node.output[0] not in users:
            kept.append(node)
            continue
        user, place = users[node.output[0]]
        if user.op_type == "Unsqueeze":
            user, place = users[user.output[0]]
        graph.initializer.append(numpy_helper.from_array(_values(random, user, place, sizes), node.output[0]))
    last = kept[-1]
    if last.op_type == "Softmax" and last.output[0] == graph.output[0].name:
        # Behind random weights it gives a one and zeros, whatever goes on in front of it.
        kept.pop()
        graph.output[0].CopyFrom(helper.make_tensor_value_info(last.input[0], onnx.TensorProto.FLOAT, None))
    del graph.node[:]
    graph.node.extend(kept)
    taken = {name for node in kept for name in node.input}
    for held in (graph.initializer, graph.input):
        for place in reversed(range(len(held))):
            if held[place].name not in taken:
                del held[place]
    return model


def _values(random: np.random.Generator, user: onnx.NodeProto, place: int, sizes: list[int]) -> NDArray[np.float32]:
    if user.op_type == "Mul" or (user.op_type == "BatchNormalization" and place in (1, 4)):
        return np.asarray(random.uniform(0.5, 1.5, sizes), np.float32)
    if place == 1 and user.op_type in ("Conv", "Gemm", "MatMul"):
        fan_in = int(np.prod(sizes[1:])) or 1
        return np.asarray(random.normal(0, 1, sizes) * np.sqrt(2 / fan_in), np.float32)
    return np.asarray(random.normal(0, 0.1, sizes), np.float32)


def candidates(model: onnx.ModelProto, mutate: Mutate) -> list[int]:
    """The nodes in which a mutation finds something."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    random = np.random.default_rng(0)
    return [index for index in range(len(copy.graph.node)) if mutate(copy, index, random)]


def one_weight(model: onnx.ModelProto, index: int, random: np.random.Generator) -> bool:
    """One weight of a layer is far from what it was."""
    values = _weight_of(model, index)
    if values is None:
        return False
    flat = values.reshape(-1)
    flat[random.integers(flat.size)] += np.float32(30 * np.abs(flat).max() + 1)
    _store(model, index, values)
    return True


def one_channel(model: onnx.ModelProto, index: int, random: np.random.Generator) -> bool:
    """One channel of a layer is so large that nothing else is seen beside it."""
    node = model.graph.node[index]
    values = _weight_of(model, index)
    if values is None or node.op_type == "MatMul":
        return False
    transposed = any(a.name == "transB" and a.i for a in node.attribute)
    channel = random.integers(values.shape[0 if node.op_type == "Conv" or transposed else -1])
    values[(channel if node.op_type == "Conv" or transposed else (..., channel))] *= np.float32(100)
    _store(model, index, values)
    return True


def one_attribute(model: onnx.ModelProto, index: int, random: np.random.Generator) -> bool:
    """An attribute says something else that gives the same shape: a window aside, another epsilon, half of the bias."""
    node = model.graph.node[index]
    held = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    pads = list(held.get("pads", ()))
    half = len(pads) // 2
    if node.op_type in ("Conv", "MaxPool", "AveragePool") and any(pads[half:]) and node.op_type != "MaxPool":
        _say(node, "pads", [p + (q > 0) for p, q in zip(pads, pads[half:] + [0] * half, strict=True)][:half]
             + [q - (q > 0) for q in pads[half:]])  # fmt: skip
    elif node.op_type == "BatchNormalization":
        _say(node, "epsilon", 0.5)
    elif node.op_type == "LRN":
        _say(node, "alpha", 20 * held.get("alpha", 1e-4) + 0.5)
    elif node.op_type == "Gemm" and len(node.input) > 2:
        _say(node, "alpha", 0.8)
    elif node.op_type == "Softmax":
        _say(node, "axis", 0)
    else:
        return False
    return True


def one_pattern(model: onnx.ModelProto, index: int, random: np.random.Generator) -> bool:
    """Of a chain that onnxruntime fuses, a link is another one: the activation or the normalisation behind a layer."""
    node = model.graph.node[index]
    makers = {name: other for other in model.graph.node for name in other.output}
    before = makers.get(node.input[0]) if node.input else None
    if before is None or before.op_type not in ("Conv", "Gemm", "BatchNormalization", "Add", "Sum"):
        return False
    match node.op_type:
        case "Relu":
            node.op_type = "LeakyRelu"
            _say(node, "alpha", 0.2)
        case "Tanh":
            node.op_type = "Softsign"
        case "BatchNormalization":
            _say(node, "epsilon", 0.1)
        case _:
            return False
    return True


KINDS: dict[str, Mutate] = {
    "weight": one_weight,
    "attribute": one_attribute,
    "pattern": one_pattern,
    "channel": one_channel,
}


def _weight_of(model: onnx.ModelProto, index: int) -> NDArray[np.float32] | None:
    node = model.graph.node[index]
    if node.op_type not in ("Conv", "Gemm", "MatMul"):
        return None
    stored = next((one for one in model.graph.initializer if one.name == node.input[1]), None)
    if stored is None:
        return None
    folder = next((e.value for e in stored.external_data if e.key == "basepath"), "")
    return numpy_helper.to_array(stored, folder).copy()


def _store(model: onnx.ModelProto, index: int, values: NDArray[np.float32]) -> None:
    """The layer's own weight from now on; what others take stays."""
    node = model.graph.node[index]
    name = f"{node.input[1]}_of_{index}"
    node.input[1] = name
    model.ir_version = max(model.ir_version, 4)  # a stored value need not be an input
    model.graph.initializer.append(numpy_helper.from_array(values, name))


def _say(node: onnx.NodeProto, name: str, value: object) -> None:
    for attribute in node.attribute:
        if attribute.name == name:
            node.attribute.remove(attribute)
            break
    node.attribute.append(helper.make_attribute(name, value))


def saved(model: onnx.ModelProto, path: Path) -> Path:
    """With its weights beside it, so that a mutant is a small file."""
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=1 << 12)
    return path
