"""Sparse tensors whose indices, values and shape do not go together."""

from __future__ import annotations

from random import Random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault


def sparse() -> onnx.ModelProto:
    """A sparse weight of three numbers."""
    model = parsed("agraph (float[N, 4] x) => (float[N, 4] y) { y = Add(x, w) }", ir=8)
    values = numpy_helper.from_array(np.array([1, 2, 3], np.float32), "w")
    indices = numpy_helper.from_array(np.array([0, 1, 3], np.int64), "w_indices")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))
    return model


def _indices(subject: Subject, values: object, dtype: type = np.int64) -> Where:
    tensor = subject.model.graph.sparse_initializer[0]
    tensor.indices.CopyFrom(numpy_helper.from_array(np.array(values, dtype), "w_indices"))
    return (Place(tensor="w"), Place(tensor="w_indices"))


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_index_beyond_the_shape(subject: Subject, rng: Random) -> Where:
    """An index of a sparse tensor lies beyond its shape."""
    return _indices(subject, [0, 1, 9])


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_index_negative(subject: Subject, rng: Random) -> Where:
    """An index of a sparse tensor is negative."""
    return _indices(subject, [-1, 1, 3])


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_indices_out_of_order(subject: Subject, rng: Random) -> Where:
    """The indices of a sparse tensor do not ascend."""
    return _indices(subject, [0, 3, 1])


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_index_twice(subject: Subject, rng: Random) -> Where:
    """An index of a sparse tensor stands twice."""
    return _indices(subject, [0, 1, 1])


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_indices_too_few(subject: Subject, rng: Random) -> Where:
    """A sparse tensor has fewer indices than values."""
    return _indices(subject, [0, 1])


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_indices_of_int32(subject: Subject, rng: Random) -> Where:
    """The indices of a sparse tensor are int32."""
    return _indices(subject, [0, 1, 3], np.int32)


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_indices_of_three_axes(subject: Subject, rng: Random) -> Where:
    """The indices of a sparse tensor have as many columns as it has not axes."""
    return _indices(subject, [[0, 0], [0, 1], [0, 3]])


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_values_of_two_axes(subject: Subject, rng: Random) -> Where:
    """The values of a sparse tensor have two axes."""
    subject.model.graph.sparse_initializer[0].values.dims[:] = [1, 3]
    return Place(tensor="w")


@fault(Kind.ILLEGAL, "bad-sparse-indices", base=sparse)
def sparse_shape_negative(subject: Subject, rng: Random) -> Where:
    """The shape of a sparse tensor is negative."""
    subject.model.graph.sparse_initializer[0].dims[:] = [-4]
    return Place(tensor="w")


@fault(Kind.ILLEGAL, "bad-sparse-indices")
def sparse_constant_beyond_its_shape(subject: Subject, rng: Random) -> Where:
    """An index of a Constant's sparse_value lies beyond its shape."""
    graph = subject.model.graph
    values = numpy_helper.from_array(np.array([1, 2], np.float32), "sparse_one")
    indices = numpy_helper.from_array(np.array([1, 40], np.int64), "sparse_one_indices")
    node = helper.make_node("Constant", [], ["spread"], name="spreads")
    node.attribute.add(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR).sparse_tensor.CopyFrom(
        helper.make_sparse_tensor(values, indices, [10])
    )
    graph.node.append(node)
    graph.output.append(helper.make_tensor_value_info("spread", TensorProto.FLOAT, [10]))
    return (Place("spreads"), Place(tensor="spread"), Place(tensor="sparse_one"), Place(tensor="sparse_one_indices"))
