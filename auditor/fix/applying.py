"""The repairs that findings carry, made on a draft. None: this one needs its maker, or does not apply (any more)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from ..model.dtypes import DType
from ..model.encoding import FORMATS
from ..model.graph import Attribute, Attributes, Graph, Node, TensorType, Value
from ..model.schemas import schema
from ..repair import (
    AttributeChange,
    Declaration,
    DimensionName,
    InputSizes,
    Insertion,
    Literal,
    Move,
    OpsetImport,
    ParameterShape,
    Removal,
    Repair,
    Replacement,
)
from ..shapes.fact import Element
from .draft import Draft, fresh, taking, with_attribute
from .naming import all_names, hidden, with_uses

_INTEGERS, _FLOATS = {DType.INT64, DType.INT32}, {DType.FLOAT, DType.FLOAT16, DType.DOUBLE}


def applied(draft: Draft, repair: Repair) -> Draft | None:
    """The draft with the repair. What lies in a subgraph or a function is left to its maker."""
    if getattr(repair, "graph", ""):
        return None
    match repair:
        case AttributeChange(node=node, attribute=name, to=to):
            return _with_value(draft, node, name, to)
        case ParameterShape(parameter=name, to=dims):
            tensor = draft.stored(name)
            if tensor is None or tensor._replace(dims=dims).elements != tensor.elements:
                return None
            return draft.with_stored(name, tensor._replace(dims=dims))
        case InputSizes(input=name, axes=axes, to=sizes):
            return with_sizes(draft, name, dict(zip(axes, sizes, strict=True)))
        case Insertion():
            return _inserted(draft, repair)
        case Removal(node=node):
            return _removed(draft, node)
        case Move(node=node, before=before):
            return _moved(draft, node, before)
        case Replacement(node=node, replace_by="MatMul"):
            return _as_matmul(draft, node)
        case Declaration(tensor=tensor_name, declares=kind, to=to):
            return _declared(draft, tensor_name, kind, to)
        case OpsetImport(opset=domain, to=version):
            return _imported(draft, domain, version)
        case DimensionName(tensor=tensor_name, dimension=axis, to=new):
            return _named(draft, tensor_name, axis, new)
    return None


def place_of(draft: Draft, label: str) -> tuple[int, Node] | None:
    """The node that a finding calls so: by the order of the file, wherever it stands by now."""
    graph = draft.source.graph
    for index, node in enumerate(graph.nodes):
        if label in (graph.label(index), f"{node.op_type}[{index}]"):
            return draft.node(node.offset)
    return None


# -- values ----------------------------------------------------------------------------------------------------------


def _with_value(draft: Draft, label: str, name: str, to: Literal) -> Draft | None:
    """An attribute, or an input that stands in for one since a later opset."""
    found = place_of(draft, label)
    if found is None:
        return None
    index, node = found
    spec = schema(node.domain, node.op_type, draft.model.opsets.get(node.domain, 1))
    inputs = [p.name for p in spec.inputs] if spec is not None else []
    if spec is not None and name not in spec.attributes and name in inputs:
        position = inputs.index(name)
        if to is None:
            return draft.with_node(index, taking(node, position, ""))
        values: tuple[int | float | str, ...] = to if isinstance(to, tuple) else (to,)
        given = node.inputs[position] if position < len(node.inputs) else ""
        fact = draft.facts().at(given) if given else None
        allowed = spec.inputs[position].dtypes
        dtype = _type_of(values, allowed) if fact is None or fact.dtype is None else fact.dtype
        dims = () if fact is not None and fact.shape == () else (len(values),)
        numbers = tuple(v for v in values if not isinstance(v, str))
        if dtype is None or len(numbers) < len(values):
            return None
        new = fresh(f"{given or name}_mended", all_names(draft.model.graph))
        draft = adding(draft, new, dtype, dims, numbers)
        return draft.with_node(index, taking(node, position, new))
    if to is None:
        left = Attributes({key: value for key, value in node.attributes.items() if key != name})
        return draft.with_node(index, node._replace(attributes=left))
    return draft.with_node(index, with_attribute(node, name, _attribute(node, name, to)))


def _attribute(node: Node, name: str, to: Literal) -> Attribute:
    """A whole number where the attribute is a float stays a float."""
    if isinstance(to, int) and isinstance(node.attributes.get(name), float):
        return float(to)
    return to


def _type_of(values: tuple[int | float | str, ...], allowed: frozenset[int]) -> int | None:
    wanted = _INTEGERS if all(isinstance(v, int) for v in values) else _FLOATS
    return next((dtype.value for dtype in sorted(wanted, reverse=True) if dtype in allowed), None)


def adding(draft: Draft, name: str, dtype: int, dims: tuple[int, ...], values: tuple[int | float, ...]) -> Draft:
    """With a new small initializer of these numbers."""
    elements: tuple[Element, ...] = values
    return draft.adding(name, dtype, dims, struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values), elements)


# -- nodes -----------------------------------------------------------------------------------------------------------


def _inserted(draft: Draft, repair: Insertion) -> Draft | None:
    found = place_of(draft, repair.node)
    if found is None or repair.position >= len(found[1].inputs):
        return None
    index, node = found
    taken = all_names(draft.model.graph)
    given = node.inputs[repair.position]
    new = fresh(f"{given}_{repair.insert.lower()}", taken)
    attributes: dict[str, Attribute] = {}
    inputs = [given]
    if repair.perm is not None:
        attributes["perm"] = repair.perm
    if repair.axis is not None:
        attributes["axis"] = repair.axis
    if repair.axes is not None and draft.model.opsets.get("", 1) < 13:
        attributes["axes"] = repair.axes
    elif repair.axes is not None:
        axes = fresh(f"{new}_axes", taken)
        draft = adding(draft, axes, DType.INT64, (len(repair.axes),), repair.axes)
        inputs.append(axes)
    node = taking(node, repair.position, new)
    if repair.back is not None:
        made = fresh(f"{node.outputs[0]}_turned", taken)
        draft = draft.with_node(index, node._replace(outputs=(made, *node.outputs[1:])))
        draft = draft.inserting(index + 1, new_node("Transpose", (made,), node.outputs[0], {"perm": repair.back}))
    else:
        draft = draft.with_node(index, node)
    return draft.inserting(index, new_node(repair.insert, tuple(inputs), new, attributes))


def _removed(draft: Draft, label: str) -> Draft | None:
    found = place_of(draft, label)
    if found is None or not found[1].inputs or not found[1].inputs[0] or not found[1].outputs:
        return None
    index, node = found
    graph = draft.model.graph
    if node.outputs[0] in {v.name for v in graph.outputs}:  # the graph's output keeps its name
        return draft.with_node(index, new_node("Identity", node.inputs[:1], node.outputs[0], {}))
    if node.inputs[0] in hidden(graph):
        return None  # who takes the output in there would take another tensor
    graph = graph._replace(nodes=(*graph.nodes[:index], *graph.nodes[index + 1 :]))
    names = {node.outputs[0]: node.inputs[0]}
    graph = with_uses(graph, names)
    gone = set(node.outputs)
    return draft.with_graph(graph._replace(value_info=tuple(v for v in graph.value_info if v.name not in gone)))


def _moved(draft: Draft, label: str, before: str) -> Draft | None:
    found, there = place_of(draft, label), place_of(draft, before)
    if found is None or there is None or len(found[1].inputs) != 1 or len(found[1].outputs) != 1:
        return None
    node = found[1]
    removed = _removed(draft, label)
    place = None if removed is None else removed.node(there[1].offset)
    if removed is None or place is None or not place[1].inputs:
        return None
    index, taker = place
    new = fresh(node.outputs[0], all_names(removed.model.graph))
    moved = node._replace(inputs=taker.inputs[:1], outputs=(new,))
    return removed.with_node(index, taking(taker, 0, new)).inserting(index, moved)


def _as_matmul(draft: Draft, label: str) -> Draft | None:
    """A Gemm with alpha and beta 1: C is added behind, and what it turned is turned in front."""
    found = place_of(draft, label)
    if found is None or found[1].op_type != "Gemm" or found[1].domain:
        return None
    index, node = found
    said = node.attributes
    if said.get("alpha", 1.0) != 1.0 or said.get("beta", 1.0) != 1.0 or said.get("transA", 0):
        return None
    taken = all_names(draft.model.graph)
    a, b, *rest = node.inputs
    nodes: list[Node] = []
    if said.get("transB", 0):
        turned = fresh(f"{b}_transpose", taken)
        nodes.append(new_node("Transpose", (b,), turned, {"perm": (1, 0)}))
        b = turned
    bias = rest[0] if rest and rest[0] else ""
    product = fresh(f"{node.outputs[0]}_product", taken) if bias else node.outputs[0]
    new = node._replace(op_type="MatMul", inputs=(a, b), outputs=(product,), attributes=Attributes())
    behind = (new_node("Add", (product, bias), node.outputs[0], {}),) if bias else ()
    return draft.with_node(index, new).inserting(index + 1, *behind).inserting(index, *nodes)


def new_node(op_type: str, inputs: tuple[str, ...], output: str, attributes: Mapping[str, Attribute]) -> Node:
    return Node(op_type, "", inputs, (output,), Attributes(attributes), "", "", -1)


# -- declarations ----------------------------------------------------------------------------------------------------


def with_sizes(draft: Draft, name: str, sizes: Mapping[int, int | str]) -> Draft | None:
    """An input or output declared with other sizes along some axes."""

    def one(value: Value) -> Value:
        kind = value.type
        if value.name != name or not isinstance(kind, TensorType) or kind.shape is None:
            return value
        shape = tuple(sizes.get(axis, size) for axis, size in enumerate(kind.shape))
        return value._replace(type=kind._replace(shape=shape))

    return _each(draft, one, inputs=True)


def _named(draft: Draft, name: str, axis: int, new: str) -> Draft | None:
    return with_sizes(draft, name, {axis: new})


def _declared(draft: Draft, name: str, kind: str, to: object) -> Draft | None:
    if to is None:
        graph = draft.model.graph
        kept = tuple(v for v in graph.value_info if v.name != name)
        return draft.with_graph(graph._replace(value_info=kept)) if len(kept) < len(graph.value_info) else None
    fact = draft.facts().at(name)

    def one(value: Value) -> Value:
        if value.name != name or fact is None or fact.dtype is None:
            return value
        old = value.type if isinstance(value.type, TensorType) else TensorType(fact.dtype, None)
        if kind == "shape" and isinstance(to, tuple):
            return value._replace(type=old._replace(shape=to))
        return value._replace(type=old._replace(dtype=fact.dtype)) if kind == "type" else value

    return _each(draft, one)


def _each(draft: Draft, one: Callable[[Value], Value], *, inputs: bool = False) -> Draft | None:
    """None where nothing changes."""
    graph = draft.model.graph
    new: Graph = graph._replace(
        inputs=tuple(map(one, graph.inputs)) if inputs else graph.inputs,
        outputs=tuple(map(one, graph.outputs)),
        value_info=tuple(map(one, graph.value_info)),
    )
    before, after = ((g.inputs, g.outputs, g.value_info) for g in (graph, new))
    return draft.with_graph(new) if before != after else None


def _imported(draft: Draft, domain: str, version: int) -> Draft:
    model = draft.model
    others = tuple(one for one in model.imports if ("" if one[0] == "ai.onnx" else one[0]) != domain)
    return draft._replace(model=model._replace(imports=(*others, (domain, version))))
