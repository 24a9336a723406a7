"""Protobuf written by hand, for what no library writes, and models from ONNX's text form."""

from __future__ import annotations

import onnx
from onnx import parser

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
RELU = HEAD + "relu (float[2] x) => (float[2] y) { y = Relu(x) }"
WEIGHTED = HEAD + "weighted (float[4] x) => (float[4] y) <float[4] w = {1.0, 2.0, 3.0, 4.0}> { y = Add(x, w) }"

# Numbers of ModelProto's fields.
IR_VERSION, GRAPH, OPSET_IMPORT, METADATA, FUNCTIONS = 1, 7, 8, 14, 25


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def tag(number: int, wire: int) -> bytes:
    return varint(number << 3 | wire)


def message(number: int, payload: bytes) -> bytes:
    """One length-delimited field."""
    return tag(number, 2) + varint(len(payload)) + payload


def integer(number: int, value: int) -> bytes:
    return tag(number, 0) + varint(value & (1 << 64) - 1)


def nested(depth: int, *numbers: int) -> bytes:
    """Empty messages in messages, so many deep, their field numbers taken in turn from outside."""
    inner = b""
    for level in reversed(range(depth)):
        inner = message(numbers[level % len(numbers)], inner)
    return inner


def parsed(text: str) -> onnx.ModelProto:
    return parser.parse_model(text)


def binary(text: str) -> bytes:
    return bytes(parsed(text).SerializeToString())


def handmade(graph: bytes, *, tail: bytes = b"") -> bytes:
    """A model around the bytes of a graph."""
    opset = message(OPSET_IMPORT, integer(2, 17))
    return integer(IR_VERSION, 8) + opset + message(GRAPH, graph) + tail


def graph_bytes(text: str = RELU) -> bytes:
    return bytes(parsed(text).graph.SerializeToString())
