"""What makes a finding the same in the next version of a model: the rule and the structure around it, never names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache

from .model.graph import Graph, Model, Node, SparseTensor, Tensor
from .report import Finding


def fingerprinted(model: Model | None, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with their fingerprints; those that stand at equal places are told apart by an ordinal."""
    graphs = dict(model.graphs) if model is not None else {}

    @cache
    def place(graph: str, label: str, tensor: str) -> str:
        found = graphs.get(graph)
        return "" if found is None else _surroundings(found, label, tensor)

    counts: Counter[str] = Counter()
    done = []
    for finding in findings:
        where = finding.location
        depth = where.graph.count("/")
        around = place(where.graph, where.node, where.tensor)
        text = "\0".join((finding.rule, where.op_type, where.attribute, str(depth), around))
        counts[text] += 1
        digest = hashlib.sha256(f"{text}\0{counts[text]}".encode("utf-8", "surrogateescape")).hexdigest()[:20]
        done.append(finding._replace(fingerprint=digest))
    return tuple(done)


def _surroundings(graph: Graph, label: str, tensor: str) -> str:
    """The node of that label with its neighbours; of a tensor alone, what it is and who takes it."""
    index = next((i for i in range(len(graph.nodes)) if graph.label(i) == label), None) if label else None
    if index is None:
        stored = next((t for t in graph.initializers if t.name == tensor), None)
        takers = [graph.nodes[i].op_type for i in graph.consumers.get(tensor, ())]
        return f"{stored.dtype if stored else ''}{stored.dims if stored else ''}{sorted(takers)}"
    node = graph.nodes[index]
    behind = [i for name in node.outputs for i in graph.consumers.get(name, ())]
    before = [graph.producers[name] for name in node.inputs if name in graph.producers]
    stored_dims = {t.name: t.dims for t in graph.initializers}
    parameters = [stored_dims[name] for name in node.inputs if name in stored_dims]
    return "|".join(
        (
            _shape(node),
            str(parameters),
            ",".join(sorted(_shape(graph.nodes[i]) for i in before)),
            ",".join(sorted(_shape(graph.nodes[i]) for i in behind)),
        )
    )


def _shape(node: Node) -> str:
    """An operator and its attributes, without the contents of tensors and graphs."""
    plain = {
        name: value
        for name, value in sorted(node.attributes.items())
        if not isinstance(value, Tensor | SparseTensor | Graph)
    }
    return f"{node.domain}:{node.op_type}{plain}"
