"""A model held against what documents say of a runtime: what they refuse, and what they do not say."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.scopes import scopes
from ..shapes.facts import Facts
from .documents import Document
from .refusals import NotKnown, NoType, SaidUnsupported


def read(facts: Facts, documents: tuple[Document, ...]) -> Iterator[SaidUnsupported | NoType | NotKnown]:
    """``documents``: those on the release, or on the ones around it, and then only what all of them say counts."""
    model = facts.model
    held = {id(visited.nodes): visited.facts for visited in facts.graphs.values()}
    for scope in scopes(model):
        graph = scope.graph
        tensors = [(t.name, t.dtype) for t in graph.initializers]
        tensors += [(v.name, dtype) for v in graph.inputs if (dtype := getattr(v.type, "dtype", 0))]
        unlisted = [
            (name, dtype) for name, dtype in tensors if dtype > 0 and all(dtype not in d.dtypes for d in documents)
        ]
        for name, dtype in {dtype: (name, dtype) for name, dtype in reversed(unlisted)}.values():
            yield NoType(scope, name, dtype)
        for index, node in enumerate(graph.nodes):
            if node.domain or (node.domain, node.op_type, node.overload) in model.functions:
                continue
            if all(document.refuses(node.op_type) for document in documents):
                yield SaidUnsupported(scope, index)
                continue
            facts_here = held.get(id(graph.nodes), {})
            fact = facts_here[node.inputs[0]] if node.inputs and node.inputs[0] in facts_here else None
            dtype = fact.dtype if fact is not None else None
            if not all(document.names(node.op_type, dtype) for document in documents):
                yield NotKnown(scope, index, "NVIDIA's document does not name the operator for its type")
