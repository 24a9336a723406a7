"""Tensors that quantisation annotations name: parameters that no node takes, and that are used all the same."""

from __future__ import annotations

from ..model.fields import MESSAGES, Message
from ..model.graph import Model
from .reader import Reader

_MODEL, _GRAPH, _ENTRY = (MESSAGES[name] for name in ("ModelProto", "GraphProto", "StringStringEntryProto"))
_ANNOTATION = Message("TensorAnnotation", {})
_GRAPH_FIELD, _ANNOTATION_FIELD, _TENSOR, _PARAMETERS, _VALUE = 7, 14, 1, 2, 2


def annotated(source: Model) -> frozenset[str]:
    """The names in quantization_annotation of the main graph: of tensors, and of the parameters that belong to them."""
    reader = Reader(source)
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
