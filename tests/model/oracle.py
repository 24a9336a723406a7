"""What onnx's own protobuf says, put into the views of auditor.model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import AttributeProto, FunctionProto, GraphProto, NodeProto, TensorProto, TypeProto, ValueInfoProto

from auditor.model import graph as views
from auditor.model.tensor import SparseTensor, Tensor

DATA = Path(onnx.__file__).parent / "backend/test/data"


def files() -> list[Path]:
    return sorted(DATA.rglob("*.onnx"))


def node_models() -> Iterator[onnx.ModelProto]:
    """The models of ONNX's node tests, which the installed package builds rather than carries."""
    from onnx.backend.test.case.node import collect_testcases

    for case in collect_testcases(None):
        if case.model is not None:
            yield case.model


def text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")


def type_of(proto: TypeProto) -> views.Type | None:
    match proto.WhichOneof("value"):
        case "tensor_type" | "sparse_tensor_type" as kind:
            inner = getattr(proto, kind)
            shape = tuple(size(d) for d in inner.shape.dim) if inner.HasField("shape") else None
            return views.TensorType(inner.elem_type, shape, kind == "sparse_tensor_type")
        case "sequence_type":
            inner = proto.sequence_type
            return views.SequenceType(type_of(inner.elem_type) if inner.HasField("elem_type") else None)
        case "optional_type":
            inner = proto.optional_type
            return views.OptionalType(type_of(inner.elem_type) if inner.HasField("elem_type") else None)
        case "map_type":
            inner = proto.map_type
            return views.MapType(inner.key_type, type_of(inner.value_type) if inner.HasField("value_type") else None)
    return None


def size(dim: onnx.TensorShapeProto.Dimension) -> int | str | None:
    if dim.WhichOneof("value") == "dim_value":
        return None if dim.dim_value == -1 else dim.dim_value
    return dim.dim_param or None


def value_of(proto: ValueInfoProto) -> tuple[object, ...]:
    return proto.name, type_of(proto.type) if proto.HasField("type") else None


def tensor_of(proto: TensorProto) -> tuple[object, ...]:
    external = None
    if proto.data_location == TensorProto.EXTERNAL:
        external = tuple((e.key, e.value) for e in proto.external_data)
    return proto.name, proto.data_type, tuple(proto.dims), external


def sparse_of(proto: onnx.SparseTensorProto) -> tuple[object, ...]:
    return tensor_of(proto.values), tensor_of(proto.indices), tuple(proto.dims)


def attribute_of(a: AttributeProto) -> object:
    if a.ref_attr_name:
        return views.AttributeReference(a.ref_attr_name)
    match a.type:
        case AttributeProto.FLOAT:
            return a.f
        case AttributeProto.INT:
            return a.i
        case AttributeProto.STRING:
            return text(a.s)
        case AttributeProto.TENSOR:
            return tensor_of(a.t)
        case AttributeProto.GRAPH:
            return graph_of(a.g)
        case AttributeProto.FLOATS:
            return tuple(a.floats)
        case AttributeProto.INTS:
            return tuple(a.ints)
        case AttributeProto.STRINGS:
            return tuple(text(s) for s in a.strings)
        case AttributeProto.TENSORS:
            return tuple(tensor_of(t) for t in a.tensors)
        case AttributeProto.GRAPHS:
            return tuple(graph_of(g) for g in a.graphs)
        case AttributeProto.SPARSE_TENSOR:
            return sparse_of(a.sparse_tensor)
        case AttributeProto.SPARSE_TENSORS:
            return tuple(sparse_of(s) for s in a.sparse_tensors)
        case AttributeProto.TYPE_PROTO:
            return type_of(a.tp)
        case AttributeProto.TYPE_PROTOS:
            return tuple(type_of(t) for t in a.type_protos)
    return None


def node_of(proto: NodeProto) -> tuple[object, ...]:
    attributes = {a.name: attribute_of(a) for a in proto.attribute}
    return (
        *(proto.op_type, proto.domain, tuple(proto.input), tuple(proto.output)),
        *(attributes, proto.name, proto.overload),
    )


def graph_of(proto: GraphProto) -> tuple[object, ...]:
    return (
        proto.name,
        tuple(node_of(n) for n in proto.node),
        tuple(tensor_of(t) for t in proto.initializer),
        tuple(sparse_of(t) for t in proto.sparse_initializer),
        tuple(value_of(v) for v in proto.input),
        tuple(value_of(v) for v in proto.output),
        tuple(value_of(v) for v in proto.value_info),
    )


def function_of(proto: FunctionProto) -> tuple[object, ...]:
    return (
        *(proto.name, proto.domain, proto.overload, tuple(proto.input), tuple(proto.output), tuple(proto.attribute)),
        {a.name: attribute_of(a) for a in proto.attribute_proto},
        tuple(node_of(n) for n in proto.node),
        {("" if o.domain == "ai.onnx" else o.domain): o.version for o in proto.opset_import},
    )


def model_of(proto: onnx.ModelProto) -> tuple[object, ...]:
    return (
        proto.ir_version,
        tuple((o.domain, o.version) for o in proto.opset_import),
        " ".join(filter(None, (proto.producer_name, proto.producer_version))),
        graph_of(proto.graph),
        tuple(function_of(f) for f in proto.functions),
        tuple((e.key, e.value) for e in proto.metadata_props),
    )


def seen(view: object) -> object:
    """A view of ours without the offsets, in the form of the functions above."""
    match view:
        case Tensor():
            return view.name, view.dtype, view.dims, view.external.entries if view.external else None
        case SparseTensor():
            return seen(view.values), seen(view.indices), view.dims
        case views.Value():
            return view.name, view.type
        case views.Node():
            return (*(seen(v) for v in view[:-1]),)
        case views.Attributes():
            return {name: seen(value) for name, value in view.items()}
        case views.Graph():
            lists = (
                view.nodes,
                view.initializers,
                view.sparse_initializers,
                view.inputs,
                view.outputs,
                view.value_info,
            )
            return (view.name, *(tuple(seen(v) for v in items) for items in lists))
        case views.Function():
            names = (view.name, view.domain, view.overload, view.inputs, view.outputs, view.attributes)
            return (*names, seen(view.defaults), tuple(seen(n) for n in view.nodes), dict(view.opsets))
        case views.Model():
            functions = tuple(seen(f) for f in view.functions.values())
            return view.ir_version, view.imports, view.producer, seen(view.graph), functions, view.metadata
        case tuple() if type(view) is tuple:
            return tuple(seen(v) for v in view)
    return view


def tensors_of(model: onnx.ModelProto) -> Iterator[TensorProto]:
    """All tensors in the order of auditor's `payload.tensors`, functions apart."""
    waiting = [model.graph]
    while waiting:
        graph = waiting.pop()
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        inner: list[GraphProto] = []
        for node in graph.node:
            for a in node.attribute:
                if a.type == AttributeProto.TENSOR:
                    yield a.t
                yield from a.tensors
                for sparse in (
                    *([a.sparse_tensor] if a.type == AttributeProto.SPARSE_TENSOR else []),
                    *a.sparse_tensors,
                ):
                    yield from (sparse.values, sparse.indices)
                inner.extend([a.g] if a.type == AttributeProto.GRAPH else a.graphs)
        waiting.extend(reversed(inner))
