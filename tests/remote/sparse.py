"""Models whose weights nobody has to write: protobuf by hand, with stretches of zeros that are only counted.

The encoding is that of https://protobuf.dev/programming-guides/encoding/, the numbers are those of onnx.proto.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from .stand_in import Sparse

Parts: TypeAlias = list[bytes | int]
"""Bytes, and how many zeros stand between them."""

_FLOAT, _INT64 = 1, 7


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def number(field: int, value: int) -> Parts:
    return [varint(field << 3) + varint(value)]


def inside(field: int, *parts: bytes | int) -> Parts:
    """A field with a length: a text, bytes, a message."""
    length = sum(part if isinstance(part, int) else len(part) for part in parts)
    return [varint(field << 3 | 2) + varint(length), *parts]


def zeros(name: str, dims: tuple[int, ...]) -> Parts:
    """A float tensor in raw_data."""
    count = 1
    for size in dims:
        count *= size
    return [*_head(name, dims, _FLOAT), *inside(9, count * 4)]


def integers(name: str, values: tuple[int, ...]) -> Parts:
    """An int64 tensor in raw_data."""
    raw = b"".join(value.to_bytes(8, "little", signed=True) for value in values)
    return [*_head(name, (len(values),), _INT64), *inside(9, raw)]


def elsewhere(name: str, dims: tuple[int, ...], location: str, dtype: int = _FLOAT) -> Parts:
    """A tensor in a file of external data."""
    entry = [*inside(1, b"location"), *inside(2, location.encode())]
    return [*_head(name, dims, dtype), *inside(13, *entry), *number(14, 1)]


def _head(name: str, dims: tuple[int, ...], dtype: int) -> Parts:
    return [*(part for size in dims for part in number(1, size)), *number(2, dtype), *inside(8, name.encode())]


def node(op_type: str, inputs: tuple[str, ...], output: str) -> Parts:
    named = [part for name in inputs for part in inside(1, name.encode())]
    return [*named, *inside(2, output.encode()), *inside(3, output.encode()), *inside(4, op_type.encode())]


def port(name: str, dims: tuple[int, ...]) -> Parts:
    shape = [part for size in dims for part in inside(1, *number(1, size))]
    return [*inside(1, name.encode()), *inside(2, *inside(1, *number(1, _FLOAT), *inside(2, *shape)))]


def model(nodes: list[Parts], tensors: list[Parts], given: Parts, made: Parts, more: Parts) -> Sparse:
    graph = [part for one in nodes for part in inside(1, *one)]
    graph += inside(2, b"g")
    graph += [part for one in tensors for part in inside(5, *one)]
    graph += [*inside(11, *given), *inside(12, *made)]
    return laid([*number(1, 8), *inside(8, *number(2, 17)), *inside(7, *graph), *more])


def laid(parts: Parts) -> Sparse:
    at, pieces = 0, dict[int, bytes]()
    for part in parts:
        if isinstance(part, int):
            at += part
        else:
            pieces[at] = part
            at += len(part)
    return Sparse(at, pieces)


def large(columns: int = 25_000, unknown: int = 0) -> Sparse:
    """Two matrices of a hundred megabytes around a Reshape whose sizes are stored: [1, 1024] to [1, 1000].

    ``unknown``: bytes of a field behind it that no reader knows.
    """
    return model(
        [node("MatMul", ("x", "w1"), "h"), node("Reshape", ("h", "sizes"), "r"), node("MatMul", ("r", "w2"), "y")],
        [zeros("w1", (1024, columns)), integers("sizes", (1, columns)), zeros("w2", (columns, 1000))],
        port("x", (1, 1024)), port("y", (1, 1000)), inside(100, unknown) if unknown else [],
    )  # fmt: skip


def parted(location: str = "weights.bin") -> Sparse:
    """A matrix of a hundred megabytes in a file of its own."""
    return model(
        [node("MatMul", ("x", "w"), "y")], [elsewhere("w", (1024, 25_000), location)],
        port("x", (1, 1024)), port("y", (1, 25_000)), [],
    )  # fmt: skip


def within_itself(location: str) -> Sparse:
    """A matrix of a hundred megabytes, and a bias that is named as data of a file: of the model's own."""
    return model(
        [node("MatMul", ("x", "w"), "h"), node("Add", ("h", "b"), "y")],
        [zeros("w", (1024, 25_000)), elsewhere("b", (25_000,), location)],
        port("x", (1, 1024)), port("y", (1, 25_000)), [],
    )  # fmt: skip


def reshaped(location: str) -> Sparse:
    """A Reshape whose sizes lie in a file of their own: of [1, 1024] to what only they say."""
    return model(
        [node("Reshape", ("x", "sizes"), "r"), node("Relu", ("r",), "y")],
        [elsewhere("sizes", (2,), location, _INT64)], port("x", (1, 1024)), port("y", (1, 1024)), [],
    )  # fmt: skip


def written(found: Sparse, path: Path) -> Path:
    """The same as a file, with holes for the zeros."""
    with path.open("wb") as file:
        for at, piece in found.pieces.items():
            file.seek(at)
            file.write(piece)
        file.truncate(found.size)
    return path
