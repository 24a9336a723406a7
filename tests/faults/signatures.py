"""Nodes against their operator's signature, and names that do not hang together, at real nodes of whole models."""

from __future__ import annotations

from random import Random

import onnx
from onnx import helper

from .fault import Kind, Place, Subject, fault, label, nodes


def _drawn(subject: Subject, rng: Random, *op_types: str) -> int | None:
    found = nodes(subject.model.graph, *op_types)
    return rng.choice(found) if found else None


@fault(Kind.ILLEGAL, "wrong-arity")
def input_too_many(subject: Subject, rng: Random) -> Place | None:
    """A node has an input more than its operator takes."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "MaxPool", "GlobalAveragePool")
    if at is None:
        return None
    graph.node[at].input.append(graph.node[at].input[0])
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "wrong-arity")
def input_too_few(subject: Subject, rng: Random) -> Place | None:
    """A layer has lost its weight."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "Gemm")
    if at is None:
        return None
    del graph.node[at].input[1:]
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "wrong-arity")
def input_left_out(subject: Subject, rng: Random) -> Place | None:
    """A layer's weight is left out as ""."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].input[1] = ""
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "wrong-arity")
def output_too_many(subject: Subject, rng: Random) -> Place | None:
    """A node has an output more than its operator gives."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].output.append("one_more")
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "wrong-arity")
def no_output(subject: Subject, rng: Random) -> Place | None:
    """A node gives nothing."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node.append(helper.make_node("Relu", [graph.node[at].output[0]], [], name="idle"))
    return Place("idle")


@fault(Kind.ILLEGAL, "undeclared-attributes")
def attribute_unknown(subject: Subject, rng: Random) -> Place | None:
    """A node has an attribute that its operator does not have."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "MaxPool", "Gemm")
    if at is None:
        return None
    graph.node[at].attribute.append(helper.make_attribute("colour", 3))
    return Place(label(graph, at), attribute="colour")


@fault(Kind.ILLEGAL, "undeclared-attributes")
def attribute_misspelt(subject: Subject, rng: Random) -> Place | None:
    """A node's pads are misspelt."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "MaxPool")
    pads = None if at is None else next((a for a in graph.node[at].attribute if a.name == "pads"), None)
    if at is None or pads is None:
        return None
    pads.name = "padding"
    return Place(label(graph, at), attribute="padding")


@fault(Kind.ILLEGAL, "undeclared-attributes")
def attribute_of_another_kind(subject: Subject, rng: Random) -> Place | None:
    """A node's strides are floats."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "MaxPool")
    if at is None:
        return None
    kept = [a for a in graph.node[at].attribute if a.name != "strides"]
    del graph.node[at].attribute[:]
    graph.node[at].attribute.extend([*kept, helper.make_attribute("strides", [1.0, 1.0])])
    return Place(label(graph, at), attribute="strides")


@fault(Kind.ILLEGAL, "undeclared-attributes")
def attribute_missing(subject: Subject, rng: Random) -> Place | None:
    """A pooling has lost its kernel_shape."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "MaxPool", "AveragePool")
    if at is None:
        return None
    kept = [a for a in graph.node[at].attribute if a.name != "kernel_shape"]
    del graph.node[at].attribute[:]
    graph.node[at].attribute.extend(kept)
    return Place(label(graph, at), attribute="kernel_shape")


@fault(Kind.ILLEGAL, "duplicate-attributes")
def attribute_twice(subject: Subject, rng: Random) -> Place | None:
    """A node has one attribute twice."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "MaxPool", "AveragePool")
    if at is None or not graph.node[at].attribute:
        return None
    graph.node[at].attribute.append(graph.node[at].attribute[0])
    return Place(label(graph, at), attribute=graph.node[at].attribute[0].name)


@fault(Kind.ILLEGAL, "malformed-attributes")
def attribute_of_no_type(subject: Subject, rng: Random) -> Place | None:
    """An attribute has a value and no type."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "MaxPool", "AveragePool")
    if at is None or not graph.node[at].attribute:
        return None
    graph.node[at].attribute[0].ClearField("type")
    return Place(label(graph, at), attribute=graph.node[at].attribute[0].name)


@fault(Kind.ILLEGAL, "malformed-attributes")
def attribute_of_two_values(subject: Subject, rng: Random) -> Place | None:
    """An attribute holds a list and a number."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Conv", "MaxPool", "AveragePool")
    if at is None or not graph.node[at].attribute:
        return None
    graph.node[at].attribute[0].f = 1.5
    return Place(label(graph, at), attribute=graph.node[at].attribute[0].name)


@fault(Kind.ILLEGAL, "undeclared-attributes", "nameless-attributes")
def attribute_without_a_name(subject: Subject, rng: Random) -> Place | None:
    """An attribute has no name."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Gemm")
    if at is None:
        return None
    graph.node[at].attribute.append(helper.make_attribute("named", 1))
    graph.node[at].attribute[-1].name = ""
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "unknown-operators")
def operator_misspelt(subject: Subject, rng: Random) -> Place | None:
    """An operator is misspelt."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].op_type = graph.node[at].op_type.lower()
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "unknown-operators")
def operator_without_a_name(subject: Subject, rng: Random) -> Place | None:
    """A node says no operator."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].op_type = ""
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "unknown-operators")
def operator_of_a_later_opset(subject: Subject, rng: Random) -> Place | None:
    """A Relu becomes a Gelu, which came with opset 20."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu")
    if at is None:
        return None
    graph.node[at].op_type = "Gelu"
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "undeclared-domains")
def domain_undeclared(subject: Subject, rng: Random) -> Place | None:
    """A node is of a domain that the model does not import."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].domain = "com.example"
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "dangling-inputs")
def input_that_nothing_makes(subject: Subject, rng: Random) -> Place | None:
    """A node takes a tensor that nothing makes."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].input[0] = "ghost"
    return Place(label(graph, at), "ghost")


@fault(Kind.ILLEGAL, "dangling-inputs")
def weight_that_is_gone(subject: Subject, rng: Random) -> Place | None:
    """An initializer was removed."""
    graph = subject.model.graph
    stored = {t.name: t for t in graph.initializer}
    at = next((i for i in nodes(graph, "Conv", "Gemm") if graph.node[i].input[1] in stored), None)
    if at is None:
        return None
    name = graph.node[at].input[1]
    graph.initializer.remove(stored[name])
    for value in [v for v in graph.input if v.name == name]:
        graph.input.remove(value)
    return Place(label(graph, at), name)


@fault(Kind.ILLEGAL, "cyclic-graph")
def node_that_takes_its_own_output(subject: Subject, rng: Random) -> Place | None:
    """A node takes its own output."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv", "Gemm")
    if at is None:
        return None
    graph.node[at].input[0] = graph.node[at].output[0]
    return Place(label(graph, at))


@fault(Kind.ILLEGAL, "nodes-out-of-order")
def nodes_exchanged(subject: Subject, rng: Random) -> Place | None:
    """A node stands behind the one that takes its output."""
    graph = subject.model.graph
    for i in range(len(graph.node) - 1):
        if graph.node[i].output[0] in graph.node[i + 1].input:
            first, second = (onnx.NodeProto.FromString(graph.node[k].SerializeToString()) for k in (i, i + 1))
            graph.node[i].CopyFrom(second)
            graph.node[i + 1].CopyFrom(first)
            return Place(label(graph, i))
    return None


@fault(Kind.ILLEGAL, "duplicate-names")
def tensor_made_twice(subject: Subject, rng: Random) -> Place | None:
    """Two nodes make one tensor."""
    graph = subject.model.graph
    at = _drawn(subject, rng, "Relu", "Conv")
    if at is None:
        return None
    twin = onnx.NodeProto.FromString(graph.node[at].SerializeToString())
    twin.name = "twin"
    graph.node.append(twin)
    return Place(tensor=twin.output[0])


@fault(Kind.ILLEGAL, "duplicate-names")
def node_that_makes_an_input(subject: Subject, rng: Random) -> Place:
    """A node makes a tensor that has the name of the model's input."""
    graph = subject.model.graph
    name = graph.input[0].name
    graph.node.append(helper.make_node("Identity", [graph.output[0].name], [name], name="again"))
    return Place(tensor=name)


@fault(Kind.ILLEGAL, "duplicate-names")
def initializer_twice(subject: Subject, rng: Random) -> Place | None:
    """Two initializers have one name."""
    graph = subject.model.graph
    if not graph.initializer:
        return None
    tensor = rng.choice(graph.initializer)
    graph.initializer.append(tensor)
    return Place(tensor=tensor.name)


@fault(Kind.ILLEGAL, "duplicate-names")
def nodes_of_one_name(subject: Subject, rng: Random) -> Place | None:
    """Two nodes have one name."""
    graph = subject.model.graph
    found = nodes(graph, "Relu", "Conv", "Gemm", "MaxPool")
    if len(found) < 2:
        return None
    for at in found[:2]:
        graph.node[at].name = "the_same"
    return Place("the_same")
