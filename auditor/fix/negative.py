"""Sizes below zero in declarations: our views have them as unknown, as runtimes do, so the file is asked."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.fields import MESSAGES
from ..model.graph import Model
from .reader import Reader

_MODEL, _GRAPH, _VALUE, _TYPE, _TENSOR, _SHAPE, _DIMENSION = (
    MESSAGES[name]
    for name in (
        "ModelProto", "GraphProto", "ValueInfoProto", "TypeProto", "TypeProto.Tensor", "TensorShapeProto",
        "TensorShapeProto.Dimension",
    )
)  # fmt: skip
_INPUT, _OUTPUT, _DIM_VALUE = 11, 12, 1


def below_zero(model: Model) -> Mapping[int, tuple[int, ...]]:
    """The axes of inputs and outputs of the main graph whose size is below zero, by the offset of the value."""
    reader = Reader(model)
    found: dict[int, tuple[int, ...]] = {}
    graph = reader.extents(_MODEL, [(0, model.size)], 7)
    for field in list(reader.fields(_GRAPH, graph)):
        if field.number not in (_INPUT, _OUTPUT):
            continue
        shape = reader.within((_VALUE, _TYPE, _TENSOR), (2, 1, 2), [(field.body, field.end)])
        axes = []
        for axis, extent in enumerate(reader.extents(_SHAPE, shape, 1)):
            sizes = [f for f in reader.fields(_DIMENSION, [extent]) if f.number == _DIM_VALUE]
            if sizes and reader.number(sizes[-1]) < 0:
                axes.append(axis)
        if axes:
            found[field.body] = tuple(axes)
    return found
