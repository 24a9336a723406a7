"""Ways to spoil a model: its bytes, or, more deeply, what they mean."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import onnx
from google.protobuf.message import DecodeError

_VARINTS = (
    b"\x00", b"\x7f", b"\x80" * 9 + b"\x01", b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\x80\x80\x04",
)  # fmt: skip
_NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    5,
    7,
    -2,
    -5,
    64,
    255,
    1 << 20,
    1 << 31,
    -(1 << 31),
    1 << 40,
    1 << 62,
    (1 << 63) - 1,
    -(1 << 63),
)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-38, 1e38, float("inf"), float("-inf"), float("nan"))
_NAMES = ("N", "M", "?", "", "N*M//0", "-1", "K" * 300)


def bytes_spoilt(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """One to six changes of bytes. Most such files are refused, and must be refused well."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _change(rng, out, others)
    return bytes(out)


def _change(rng: random.Random, out: bytearray, others: Sequence[bytes]) -> None:
    size = len(out)
    at = rng.randrange(size) if size else 0
    length = min(rng.choice((1, 2, 4, 8, 30, 200)), size - at)
    match rng.randrange(12):
        case 0 | 1 | 2 if size:
            out[at] ^= 1 << rng.randrange(8)
        case 3 | 4 if size:
            out[at] = rng.randrange(256)
        case 5:
            del out[at : at + length]
        case 6:
            out[at:at] = out[at : at + length]
        case 7:
            out[at:at] = rng.choice(_VARINTS)
        case 8:
            out[at : at + 1] = rng.choice(_VARINTS)
        case 9:
            del out[at:]
        case 10:
            to = rng.randrange(size + 1)
            out[to:to] = out[at : at + length]
        case _:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            out[at : at + length] = other[start : start + rng.choice((2, 8, 40, 300))]


def meaning_spoilt(rng: random.Random, data: bytes, operators: Sequence[str]) -> bytes:
    """One to four changes of nodes, attributes, sizes and values: the file stays one that can be read."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        return data
    graph = model.graph
    for _ in range(rng.choice((1, 1, 2, 4))):
        if graph.node and rng.random() < 0.7:
            _spoil_node(rng, rng.choice(graph.node), operators, _names(graph))
        else:
            _spoil_graph(rng, model)
    return bytes(model.SerializeToString())


def _names(graph: onnx.GraphProto) -> list[str]:
    made = [name for node in graph.node for name in node.output]
    return ["", *made, *(v.name for v in graph.input), *(t.name for t in graph.initializer)]


def _spoil_node(rng: random.Random, node: onnx.NodeProto, operators: Sequence[str], names: Sequence[str]) -> None:
    match rng.randrange(8):
        case 0:
            node.op_type = rng.choice(operators)
        case 1 if node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice(names)
        case 2:
            node.input.append(rng.choice(names))
        case 3 if node.input:
            node.input.pop()
        case 4:
            node.output.append(rng.choice(["", "more", *names]))
        case 5 if node.attribute:
            del node.attribute[rng.randrange(len(node.attribute))]
        case _ if node.attribute:
            _spoil_attribute(rng, rng.choice(node.attribute), operators, names)


def _spoil_attribute(
    rng: random.Random, attribute: onnx.AttributeProto, operators: Sequence[str], names: Sequence[str]
) -> None:
    kinds = onnx.AttributeProto
    match attribute.type:
        case kinds.INT:
            attribute.i = rng.choice(_NUMBERS)
        case kinds.FLOAT:
            attribute.f = rng.choice(_FLOATS)
        case kinds.INTS if attribute.ints and rng.random() < 0.7:
            attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(_NUMBERS)
        case kinds.INTS:
            attribute.ints.append(rng.choice(_NUMBERS))
        case kinds.STRING:
            attribute.s = rng.choice(
                (b"", b"SAME_UPPER", b"VALID", b"\xff", b"ij,jk->ik", b"...,...", b"->", b"linear")
            )
        case kinds.TENSOR:
            _spoil_tensor(rng, attribute.t)
        case kinds.GRAPH if attribute.g.node:
            _spoil_node(rng, rng.choice(attribute.g.node), operators, [*names, *_names(attribute.g)])
        case _:
            kind: Any = rng.randrange(15)  # some of which name no kind that holds a value
            attribute.type = kind


def _spoil_tensor(rng: random.Random, tensor: onnx.TensorProto) -> None:
    match rng.randrange(4):
        case 0 if tensor.dims:
            tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(_NUMBERS)
        case 1:
            tensor.data_type = rng.randrange(30)
        case 2:
            tensor.dims.append(rng.choice(_NUMBERS))
        case _ if tensor.data_type == onnx.TensorProto.INT64 and len(tensor.raw_data) >= 8:
            at = 8 * rng.randrange(len(tensor.raw_data) // 8)
            value = rng.choice(_NUMBERS).to_bytes(8, "little", signed=True)
            tensor.raw_data = tensor.raw_data[:at] + value + tensor.raw_data[at + 8 :]


def _spoil_graph(rng: random.Random, model: onnx.ModelProto) -> None:
    graph = model.graph
    match rng.randrange(6):
        case 0 if model.opset_import:
            rng.choice(model.opset_import).version = rng.choice((*range(1, 28), *_NUMBERS))
        case 1 if graph.initializer:
            _spoil_tensor(rng, rng.choice(graph.initializer))
        case 2 if len(graph.node) > 1:
            graph.node.append(graph.node[rng.randrange(len(graph.node))])
        case 3 if graph.node:
            del graph.node[rng.randrange(len(graph.node))]
        case _ if graph.input:
            value = rng.choice(graph.input).type.tensor_type
            if value.shape.dim and rng.random() < 0.8:
                dim = rng.choice(value.shape.dim)
                if rng.random() < 0.5:
                    dim.dim_param = rng.choice(_NAMES)
                else:
                    dim.dim_value = rng.choice(_NUMBERS)
            else:
                value.ClearField("shape")
