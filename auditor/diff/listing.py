"""One model as text of which lines can be compared: what ``git diff`` is given in place of the bytes.

Nodes stand in an order that hangs on the graph alone, attributes on lines of their own, stored tensors by name with a
short hash: so a line differs where the model does, and moving things about in the file changes none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..hashing import blake2b
from ..model.canonical import Structure
from ..model.dtypes import name_of
from ..model.graph import Attribute, AttributeReference, Graph, Model, Node, Value
from ..model.scopes import scopes
from ..model.tensor import Blob, SparseTensor, Tensor
from ..names import visible
from ..shapes.declared import declared
from ..shapes.fact import Fact, show
from ..shapes.facts import Facts
from ..weights.users import stored
from .stored import StoredHashes

_MOST_ELEMENTS, _LONGEST = 32, 200
_NAME = 200


def listing(facts: Facts) -> Iterator[str]:
    """The lines, without their ends."""
    model = facts.model
    yield f"onnx model, IR {model.ir_version}, made by {visible(model.producer) or '(not said)'}"
    for domain, version in sorted(model.opsets.items()):
        yield f"opset {visible(domain) or 'ai.onnx'} {version}"
    for key, value in sorted(model.metadata):
        yield f"metadata {visible(key)} = {_text(value)}"
    structures: dict[int, Structure] = {}

    def structure(graph: Graph) -> Structure:
        if id(graph) not in structures:
            structures[id(graph)] = Structure(graph, model.functions, structure)
        return structures[id(graph)]

    with StoredHashes(model) as hashes:
        yield from _graphs(facts, hashes, structure)
        yield ""
        yield from sorted(_tensors(model, hashes))


def _graphs(facts: Facts, hashes: StoredHashes, structure: Callable[[Graph], Structure]) -> Iterator[str]:
    for scope in scopes(facts.model):
        if scope.path:
            yield ""
            yield f"graph {visible(scope.path, 1000)}" if scope.function is None else visible(scope.path, 1000)
        yield from (f"input {_port(value)}" for value in scope.graph.feeds)
        yield from (f"output {_port(value)}" for value in scope.graph.outputs)
        nodes, rank = scope.graph.nodes, structure(scope.graph).rank
        for index in sorted(range(len(nodes)), key=rank.__getitem__):
            yield from _node(nodes[index], scope.path, facts, hashes)


def _tensors(model: Model, hashes: StoredHashes) -> Iterator[str]:
    for key, tensor in stored(model):
        yield _tensor(key.graph, key.tensor, tensor, hashes)
    for scope in scopes(model):
        for sparse in scope.graph.sparse_initializers:
            yield _tensor(scope.path, f"{sparse.name} indices", sparse.indices, hashes)


def _tensor(path: str, name: str, tensor: Tensor, hashes: StoredHashes) -> str:
    shown = visible(f"{path}/{name}" if path else name, _NAME)
    return f"tensor {shown} {name_of(tensor.dtype)}{list(tensor.dims)} {hashes.short(tensor)}"


def _node(node: Node, path: str, facts: Facts, hashes: StoredHashes) -> Iterator[str]:
    domain = f"{visible(node.domain)}:" if node.domain else ""
    takes = ", ".join(visible(name, _NAME) for name in node.inputs)
    gives = ", ".join(_made(name, path, facts) for name in node.outputs)
    name = f" {visible(node.name, _NAME)}" if node.name else ""
    yield f"node {domain}{visible(node.op_type, _NAME)}{name} ({takes}) -> {gives}"
    for name, value in sorted(node.attributes.items()):
        yield f"    {visible(name, _NAME)} = {_attribute(value, hashes)}"


def _made(name: str, path: str, facts: Facts) -> str:
    fact = facts.at(name, path) if name else None
    return visible(name, _NAME) + ("" if fact is None else f" {_type(fact)}")


def _port(value: Value) -> str:
    fact = declared(value)
    return f"{visible(value.name, _NAME)} {_type(fact)}"


def _attribute(value: Attribute, hashes: StoredHashes) -> str:
    match value:
        case Tensor():
            return f"tensor {name_of(value.dtype)}{list(value.dims)} {hashes.short(value)}"
        case SparseTensor():
            held = f"{hashes.short(value.values)} at {hashes.short(value.indices)}"
            return f"sparse tensor {name_of(value.values.dtype)}{list(value.dims)} {held}"
        case Graph():
            return f"graph of {len(value.nodes):,} nodes"
        case Blob():
            return f"{value.length:,} bytes {hashes.text(value)}"
        case AttributeReference():
            return f"the call's {visible(value.name, _NAME)}"
        case str():
            return _text(value)
        case tuple():
            return _listed(value, hashes)
        case float():
            return f"{value:.9g}"
        case _:
            return visible(str(value), _LONGEST)


def _listed(values: Sequence[Any], hashes: StoredHashes) -> str:
    parts = [_attribute(one, hashes) for one in values[:_MOST_ELEMENTS]]
    if len(values) <= _MOST_ELEMENTS:
        return f"[{', '.join(parts)}]"
    elsewhere = any(isinstance(one, Tensor | SparseTensor | Blob) for one in values)  # then they say where, not what
    whole = repr([_attribute(one, hashes) for one in values] if elsewhere else values)
    return f"[{', '.join(parts)}, … of {len(values):,} {_short(whole)}]"


def _type(fact: Fact) -> str:
    return f"{name_of(fact.dtype)}{', any shape' if fact.shape is None else show(fact.shape)}"


def _text(value: str) -> str:
    shown = visible(value, _LONGEST)
    return f'"{shown}"' + (f" {_short(value)}" if len(value) > _LONGEST else "")


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
