"""A model of three gigabytes that takes a few kilobytes of disk: its weights are a hole in the file."""

from __future__ import annotations

import os
from pathlib import Path

import onnx
from onnx import TensorProto

from auditor.fix.protobuf import message, varint
from auditor.fix.rope import Copy, Piece

from .copies import parsed

SIZE = 3 << 30


def write(path: Path, size: int = SIZE) -> None:
    """MatMul with a weight of so many zero bytes, and nodes out of order."""
    columns = 1 << 10
    model = parsed(
        f"agraph (float[N, {size // 4 // columns}] x) => (float[N, {columns}] y) {{ y = Relu(a) a = MatMul(x, w) }}"
    )
    head = TensorProto(dims=[size // 4 // columns, columns], data_type=TensorProto.FLOAT, name="w").SerializeToString()
    graph = model.graph.SerializeToString()
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    whole.ClearField("graph")
    weight: tuple[Piece, ...] = (head, varint(9 << 3 | 2) + varint(size), Copy("", 0, size))
    pieces = (whole.SerializeToString(), *message(7, (graph, *message(5, weight))))
    with path.open("wb") as file:
        for piece in pieces:
            if isinstance(piece, bytes):
                file.write(piece)
            else:
                file.seek(size, os.SEEK_CUR)
        file.truncate()
