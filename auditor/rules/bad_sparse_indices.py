"""Sparse tensors whose indices are out of range, out of order, or not as many as the values.

## What it does
Looks at the indices of every sparse initializer and every Constant's `sparse_value`: their type, their number against
that of the values, their form, their range within the shape, and their order.

## Why it matters
"The sequence of non-default values are encoded as a tensor of shape [NNZ]"; the indices are "a tensor of shape [NNZ,
rank]" or "a tensor of shape [NNZ]", of linearized indices, and "must appear in ascending order without duplication"
(onnx.proto, SparseTensorProto; int64 by its checker). An index beyond the shape is a write beyond the buffer that a
careless reader makes dense; one that stands twice leaves open which value counts.

## Fires on
```mutator
sparse_index_out_of_range
sparse_index_repeated
sparse_indices_unsorted
sparse_indices_missing
sparse_indices_int32
```

## Quiet on
```mutator
sparse_weight
sparse_weight_by_axes
```

## How to fix
Make the sparse tensor anew from the dense one (`onnx.helper.make_sparse_tensor`, with the indices of `nonzero`), or
store it densely: onnxruntime makes it dense anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import prod

from ..errors import CannotLook
from ..findings.kind import KnownBy
from ..model.dtypes import DType, name_of
from ..model.graph import Model
from ..model.payload import small
from ..model.scopes import scopes
from ..model.tensor import SparseTensor
from ..report import Basis, Found, Location, Severity
from . import rule

_MOST = 1 << 20
"""Indices that are looked at."""


@rule(Severity.ERROR, Basis.ILLEGAL, known_by=KnownBy.TENSOR)
def bad_sparse_indices(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        graph = scope.graph
        for sparse in graph.sparse_initializers:
            yield from _finding(model, sparse, Location(scope.path, tensor=sparse.name))
        for index, node in graph.nodes_of({"Constant"}):
            value = node.attributes.get("sparse_value")
            if isinstance(value, SparseTensor):
                label, name = graph.label(index), next(iter(node.outputs), "")
                place = Location(scope.path, label, node.op_type, name, "sparse_value", node.offset)
                yield from _finding(model, value, place)


def _finding(model: Model, sparse: SparseTensor, place: Location) -> Iterator[Found]:
    why = _why(model, sparse)
    if why:
        offset = sparse.values.offset if sparse.values.offset >= 0 else None
        yield Found(
            f"the sparse tensor {place.tensor!r} {why}",
            place if place.offset is not None else place._replace(offset=offset),
            "make it anew with onnx.helper.make_sparse_tensor from the dense tensor, or store it densely",
        )


def _why(model: Model, sparse: SparseTensor) -> str:
    values, indices, shape = sparse.values, sparse.indices, sparse.dims
    if any(size < 0 for size in shape):
        return f"has a negative size: {list(shape)}"
    if len(values.dims) != 1:
        return f"has values of shape {list(values.dims)}, where one axis is allowed"
    if indices.dtype != DType.INT64:
        return f"has indices of {name_of(indices.dtype)}, where int64 is allowed" if indices.dtype else "has no indices"
    count = values.dims[0]
    if indices.dims not in ((count,), (count, len(shape))):
        wanted = f"[{count}] or [{count}, {len(shape)}]"
        return f"has {count} values and indices of shape {list(indices.dims)}, where {wanted} is allowed"
    return _out_of_place(model, sparse)


def _out_of_place(model: Model, sparse: SparseTensor) -> str:
    try:
        numbers = small(model, sparse.indices, _MOST)
    except CannotLook:
        return ""
    if numbers is None:
        return ""
    indices = [n for n in numbers if isinstance(n, int)]
    linear = len(sparse.indices.dims) == 1
    axes = 1 if linear else len(sparse.dims)
    bounds = (prod(sparse.dims),) if linear else sparse.dims
    rows = [tuple(indices[i : i + axes]) for i in range(0, len(indices), axes or 1)]
    for row in rows:
        if any(not 0 <= n < bound for n, bound in zip(row, bounds, strict=True)):
            return f"has the index {_shown(row)}, and its shape is {list(sparse.dims)}"
    for one, other in pairwise(rows):
        if one == other:
            return f"has the index {_shown(one)} twice"
        if one > other:
            return f"has the index {_shown(other)} behind {_shown(one)}: they must ascend"
    return ""


def _shown(row: tuple[int, ...]) -> str:
    return str(row[0]) if len(row) == 1 else str(list(row))
