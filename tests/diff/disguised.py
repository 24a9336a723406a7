"""A model renamed and reordered inside: what clients see keeps its name."""

from __future__ import annotations

from onnx import GraphProto, ModelProto

from tests.disguise import Disguise


def disguised(model: ModelProto, seed: int) -> ModelProto:
    """Every inner name, every free order and every function's name another."""
    disguise = Disguise(model, seed)
    visible = (*model.graph.input, *model.graph.output)
    names = {disguise.names[v.name]: v.name for v in visible if v.name}
    _rename(disguise.model.graph, names)
    return disguise.model


def _rename(graph: GraphProto, names: dict[str, str]) -> None:
    for node in graph.node:
        for tensors in (node.input, node.output):
            tensors[:] = [names.get(name, name) for name in tensors]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                _rename(inner, names)
    for things in (graph.input, graph.output, graph.value_info, graph.initializer):
        for thing in things:
            thing.name = names.get(thing.name, thing.name)
    for sparse in graph.sparse_initializer:
        sparse.values.name = names.get(sparse.values.name, sparse.values.name)
    for note in graph.quantization_annotation:
        note.tensor_name = names.get(note.tensor_name, note.tensor_name)
