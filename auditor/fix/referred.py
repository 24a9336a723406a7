"""Tensors that something beside nodes and outputs names: they are used all the same."""

from __future__ import annotations

from ..model.fields import MESSAGES, Message
from ..model.graph import Model
from .reader import Reader

_MODEL, _GRAPH, _ENTRY = (MESSAGES[name] for name in ("ModelProto", "GraphProto", "StringStringEntryProto"))
_ANNOTATION = Message("TensorAnnotation", {})
_GRAPH_FIELD, _TRAINING_FIELD, _ANNOTATION_FIELD, _TENSOR, _PARAMETERS, _VALUE = 7, 20, 14, 1, 2, 2


def referred(source: Model) -> frozenset[str] | None:
    """The names in quantization_annotation of the main graph: of tensors, and of the parameters that belong to them.

    None where there is training information or a layout over devices, which may name any.
    """
    reader = Reader(source)
    if source.shardings or reader.extents(_MODEL, [(0, source.size)], _TRAINING_FIELD):
        return None
    found: set[str] = set()
    graph = reader.extents(_MODEL, [(0, source.size)], _GRAPH_FIELD)
    for extent in reader.extents(_GRAPH, graph, _ANNOTATION_FIELD):
        for field in list(reader.fields(_ANNOTATION, [extent])):
            if field.number == _TENSOR:
                found.add(reader.text(field))
            elif field.number == _PARAMETERS:
                entry = list(reader.fields(_ENTRY, [(field.body, field.end)]))
                found.update(reader.text(one) for one in entry if one.number == _VALUE)
    return frozenset(found)
