"""Stored tensors: form, type and payload of real weights."""

from __future__ import annotations

from random import Random

import numpy as np
from onnx import TensorProto, numpy_helper

from .fault import Kind, Place, Subject, fault, label, nodes


@fault(Kind.ILLEGAL, "malformed-tensors")
def tensor_of_a_negative_size(subject: Subject, rng: Random) -> Place | None:
    """A stored tensor has a negative size."""
    stored = [t for t in subject.model.graph.initializer if t.dims]
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.dims[0] = -tensor.dims[0]
    return Place(tensor=tensor.name)


@fault(Kind.ILLEGAL, "malformed-tensors")
def tensor_of_no_type(subject: Subject, rng: Random) -> Place | None:
    """A stored tensor has no element type."""
    stored = subject.model.graph.initializer
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.data_type = 0
    return Place(tensor=tensor.name)


@fault(Kind.ILLEGAL, "malformed-tensors")
def tensor_of_an_unknown_type(subject: Subject, rng: Random) -> Place | None:
    """A stored tensor's element type is none that there is."""
    stored = subject.model.graph.initializer
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.data_type = 93
    return Place(tensor=tensor.name)


@fault(Kind.ILLEGAL, "payload-size-mismatch")
def tensor_cut_short(subject: Subject, rng: Random) -> Place | None:
    """A stored tensor has lost its last bytes."""
    stored = [t for t in subject.model.graph.initializer if len(t.raw_data) > 4]
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.raw_data = tensor.raw_data[:-3]
    return Place(tensor=tensor.name)


@fault(Kind.ILLEGAL, "conflicting-data-fields")
def tensor_with_two_payloads(subject: Subject, rng: Random) -> Place | None:
    """A stored tensor has its data twice."""
    stored = [t for t in subject.model.graph.initializer if t.raw_data and t.data_type == TensorProto.FLOAT]
    if not stored:
        return None
    tensor = rng.choice(stored)
    tensor.float_data.append(1.0)
    return Place(tensor=tensor.name)


@fault(Kind.ILLEGAL, "misfit-initializers")
def weight_transposed(subject: Subject, rng: Random) -> Place | None:
    """The weight of a dense layer is stored the other way round."""
    graph = subject.model.graph
    stored = {t.name: t for t in graph.initializer}
    for at in nodes(graph, "Gemm"):
        tensor = stored.get(graph.node[at].input[1])
        if tensor is not None and tensor.raw_data and tensor.dims[0] != tensor.dims[1]:
            tensor.dims[:] = [tensor.dims[1], tensor.dims[0]]
            return Place(label(graph, at))
    return None


@fault(Kind.ILLEGAL, "wrong-types")
def weight_of_float16(subject: Subject, rng: Random) -> Place | None:
    """One weight is stored as float16, and the rest of the model is float32."""
    graph = subject.model.graph
    stored = {t.name: t for t in graph.initializer}
    for at in nodes(graph, "Conv", "Gemm"):
        tensor = stored.get(graph.node[at].input[1])
        if tensor is not None:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name))
            for value in graph.input:
                if value.name == name:
                    value.type.tensor_type.elem_type = TensorProto.FLOAT16
            return Place(label(graph, at))
    return None
