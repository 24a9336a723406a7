"""Millions of tiny things: each costs two bytes in the file, and a hundred in a careless reader."""

from __future__ import annotations

from .files import add, case
from .wire import FUNCTIONS, HEAD, METADATA, OPSET_IMPORT, binary, graph_bytes, handmade, message, parsed, tag, varint

FOUR_MILLIONS = 4_000_000
EIGHT_MILLIONS = 8_000_000

NODE = message(2, b"y") + message(4, b"Relu")
OUTPUT = message(12, message(1, b"y"))


def _empty(number: int) -> bytes:
    return message(number, b"") * FOUR_MILLIONS


def _tensor(dims: bytes) -> bytes:
    return handmade(message(1, NODE) + message(5, dims + message(8, b"w")) + OUTPUT)


FLOODS = {
    "nodes": lambda: handmade(_empty(1)),
    "initializers": lambda: handmade(message(1, NODE) + _empty(5)),
    "sparse_initializers": lambda: handmade(message(1, NODE) + _empty(15)),
    "inputs": lambda: handmade(message(1, NODE) + _empty(11)),
    "annotations": lambda: handmade(message(1, NODE) + _empty(13)),
    "node_inputs": lambda: handmade(message(1, NODE + _empty(1)) + OUTPUT),
    "node_outputs": lambda: handmade(message(1, NODE + _empty(2)) + OUTPUT),
    "attributes": lambda: handmade(message(1, NODE + _empty(5)) + OUTPUT),
    "attribute_strings": lambda: handmade(message(1, NODE + message(5, message(1, b"a") + _empty(9))) + OUTPUT),
    "attribute_tensors": lambda: handmade(message(1, NODE + message(5, message(1, b"a") + _empty(10))) + OUTPUT),
    "attribute_graphs": lambda: handmade(message(1, NODE + message(5, message(1, b"a") + _empty(11))) + OUTPUT),
    "dims_of_an_input": lambda: handmade(
        message(11, message(1, b"x") + message(2, message(1, message(2, _empty(1))))) + message(1, NODE)
    ),
    "entries_of_external_data": lambda: _tensor(_empty(13)),
    "opset_imports": lambda: handmade(graph_bytes()) + _empty(OPSET_IMPORT),
    "metadata": lambda: handmade(graph_bytes()) + _empty(METADATA),
    "functions": lambda: handmade(graph_bytes()) + _empty(FUNCTIONS),
    "nodes_of_a_function": lambda: handmade(graph_bytes()) + message(FUNCTIONS, message(1, b"f") + _empty(7)),
    "nodes_of_a_branch": lambda: handmade(message(1, NODE + message(5, message(1, b"b") + message(6, _empty(1))))),
    "rank_packed": lambda: _tensor(tag(1, 2) + varint(EIGHT_MILLIONS) + b"\x01" * EIGHT_MILLIONS),
    "rank_unpacked": lambda: _tensor(b"\x08\x01" * EIGHT_MILLIONS),
}
for name, maker in FLOODS.items():
    add(f"flood_of_{name}", lambda maker=maker: maker(), "unreadable-model", work=240)


@case("", 0, work=240)
def flood_of_unknown_fields() -> bytes:
    """A million fields that onnx does not have."""
    return binary(HEAD + "g (float[2] x) => (float[2] y) { y = Relu(x) }") + (tag(1000, 0) + b"\x01") * 1_000_000


@case("undeclared-domains", work=100)
def flood_of_numbers() -> bytes:
    """An attribute of eight million numbers."""
    model = parsed(HEAD + "g (float[2] x) => (float[2] y) { y = Relu<alpha = [1]>(x) }")
    held = message(1, b"ints") + tag(8, 2) + varint(EIGHT_MILLIONS) + b"\x01" * EIGHT_MILLIONS + b"\xa0\x01\x07"
    node = message(1, b"x") + message(2, b"y") + message(4, b"Foo") + message(7, b"custom") + message(5, held)
    model.graph.ClearField("node")
    return handmade(message(1, node) + bytes(model.graph.SerializeToString()))


@case("", 0, work=150)
def a_hundred_thousand_nodes() -> bytes:
    """Not hostile, only large: a chain of nodes without names."""
    nodes = [
        b"".join((message(1, b"t%d" % i), message(2, b"t%d" % (i + 1)), message(4, b"Relu"))) for i in range(50_000)
    ]
    value = message(2, message(1, b"\x08\x01" + message(2, message(1, b"\x08\x02"))))
    ends = message(11, message(1, b"t0") + value) + message(12, message(1, b"t50000") + value)
    return handmade(b"".join(message(1, node) for node in nodes) + message(2, b"g") + ends)
