"""float64 that crept in: stored, cast to and declared as float32 all over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...model.dtypes import DType
from ...model.graph import Attribute, Attributes, Graph, Node, TensorType, Value
from ...model.tensor import Tensor
from ...rules.double_precision import double_precision
from ...wording import counted
from ..draft import Draft
from ..numbers import changed
from ..offer import Look, Offer
from ..proof import no_new_faults

if TYPE_CHECKING:
    import numpy

RULE = double_precision.name
_SAYS_A_TYPE = ("to", "dtype", "output_dtype", "stash_type")
_MOST = 3.4028234663852886e38


def offers(look: Look) -> Iterator[Offer]:
    if not look.found_before(RULE) or look.draft.model.functions:
        return
    if any(s.dtype == DType.DOUBLE and s.magnitude > _MOST for s in look.weights.values()):
        return  # infinite in float32
    after = _narrowed(look.draft)
    if after is None:
        return
    facts = after.facts()
    left = [n for n in facts if facts[n].dtype == DType.DOUBLE]
    if left or not no_new_faults(look.facts, facts):
        return
    stored = sum(1 for t in _tensors(look.draft) if t.dtype == DType.DOUBLE)
    outputs = [v.name for v in look.draft.model.graph.outputs if _is_double(v)]
    yield Offer(
        RULE,
        "the graph",
        f"float64 -> float32 ({counted(stored, 'stored tensor')}, {counted(outputs, 'declared output')})",
        "no tensor is float64 any more, and every layer still fits (propagated)",
        lambda draft: _narrowed(draft) or draft,
        keeps=False,
        chosen=False,
    )


def _tensors(draft: Draft) -> Iterator[Tensor]:
    for _, graph in draft.model.graphs:
        yield from graph.initializers
        yield from (v for node in graph.nodes for v in node.attributes.values() if isinstance(v, Tensor))


def _narrowed(draft: Draft) -> Draft | None:
    data = dict(draft.data)
    for tensor in _tensors(draft):
        if tensor.dtype == DType.DOUBLE:
            new = None if tensor.offset in data else changed(draft.source, tensor, DType.FLOAT, _as_is)
            if new is None and tensor.elements:
                return None
            if new is not None:
                data[tensor.offset] = new
    return draft._replace(data=data).changed(_graph, _node)


def _as_is(numbers: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    return numbers


def _tensor(tensor: Tensor) -> Tensor:
    if tensor.dtype != DType.DOUBLE:
        return tensor
    new = tensor._replace(dtype=DType.FLOAT.value)
    return new._replace(spans=(), external=None) if tensor.elements else new


def _graph(graph: Graph) -> Graph:
    new = graph._replace(
        initializers=tuple(map(_tensor, graph.initializers)),
        inputs=tuple(map(_value, graph.inputs)),
        outputs=tuple(map(_value, graph.outputs)),
        value_info=tuple(map(_value, graph.value_info)),
    )
    same = all(getattr(new, f) == getattr(graph, f) for f in ("initializers", "inputs", "outputs", "value_info"))
    return graph if same else new


def _node(node: Node) -> Node:
    new: dict[str, Attribute] = {}
    for name, value in node.attributes.items():
        if isinstance(value, Tensor) and value.dtype == DType.DOUBLE:
            new[name] = _tensor(value)
        elif name in _SAYS_A_TYPE and value == DType.DOUBLE:
            new[name] = DType.FLOAT.value
    return node._replace(attributes=Attributes({**node.attributes, **new})) if new else node


def _value(value: Value) -> Value:
    if not _is_double(value) or not isinstance(value.type, TensorType):
        return value
    return value._replace(type=value.type._replace(dtype=DType.FLOAT.value))


def _is_double(value: Value) -> bool:
    return isinstance(value.type, TensorType) and value.type.dtype == DType.DOUBLE
