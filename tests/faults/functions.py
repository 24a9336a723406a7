"""Functions that a model brings: how they are called, and what their bodies hold."""

from __future__ import annotations

from random import Random

import onnx
from onnx import helper

from auditor.report import Severity

from .fault import Kind, Place, Subject, fault

INSIDE = "function local.Outer"


def nested() -> onnx.ModelProto:
    """A function that calls another one."""
    return onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
        agraph (float[N, 4] x) => (float[N, 4] y) { y = local.Outer<slope = 0.5>(x) }
        <domain: "local", opset_import: ["" : 17, "local" : 1]>
        Outer <slope> (a) => (b) {
          c = LeakyRelu<alpha : float = @slope>(a)
          b = local.Inner(c)
        }
        <domain: "local", opset_import: ["" : 17]>
        Inner (a) => (b) { b = Neg(a) }"""
    )


def _outer(subject: Subject) -> onnx.FunctionProto:
    return next(f for f in subject.model.functions if f.name == "Outer")


def _inner(subject: Subject) -> onnx.FunctionProto:
    return next(f for f in subject.model.functions if f.name == "Inner")


@fault(Kind.WRONG, "shadowing-functions", least=Severity.WARNING, base=nested)
def function_that_shadows_an_operator(subject: Subject, rng: Random) -> Place:
    """A function has the domain and the name of a standard operator."""
    function = _inner(subject)
    function.domain, function.name = "", "Neg"
    function.node[0].op_type = "Abs"
    _outer(subject).node[1].domain, _outer(subject).node[1].op_type = "", "Neg"
    return Place()


@fault(Kind.ILLEGAL, "impossible-shapes", "recursive-functions", base=nested)
def function_that_calls_itself(subject: Subject, rng: Random) -> Place:
    """A function calls itself."""
    function = _inner(subject)
    function.node[0].op_type, function.node[0].domain = "Inner", "local"
    function.opset_import.append(helper.make_opsetid("local", 1))
    return Place()


@fault(Kind.ILLEGAL, "impossible-shapes", "recursive-functions", base=nested)
def functions_that_call_each_other(subject: Subject, rng: Random) -> Place:
    """Two functions call each other."""
    function = _inner(subject)
    function.node[0].op_type, function.node[0].domain = "Outer", "local"
    function.opset_import.append(helper.make_opsetid("local", 1))
    return Place()


@fault(Kind.ILLEGAL, "miscalled-functions", base=nested)
def function_called_with_more_inputs(subject: Subject, rng: Random) -> Place:
    """A function of one input is called with two."""
    subject.model.graph.node[0].input.append("x")
    return Place("Outer[0]")


@fault(Kind.ILLEGAL, "miscalled-functions", base=nested)
def function_called_for_more_outputs(subject: Subject, rng: Random) -> Place:
    """A function of one output is called for two."""
    subject.model.graph.node[0].output.append("z")
    return Place("Outer[0]")


@fault(Kind.ILLEGAL, "miscalled-functions", base=nested)
def function_called_without_an_input(subject: Subject, rng: Random) -> Place:
    """A function is called without the input that its body needs."""
    del subject.model.graph.node[0].input[0]
    return Place("Outer[0]")


@fault(Kind.WRONG, "miscalled-functions", base=nested)
def function_called_with_an_unknown_attribute(subject: Subject, rng: Random) -> Place:
    """A function is called with an attribute that it does not have."""
    subject.model.graph.node[0].attribute.append(helper.make_attribute("slop", 0.5))
    return Place("Outer[0]", attribute="slop")


@fault(Kind.ILLEGAL, "miscalled-functions", base=nested)
def function_that_refers_to_an_unknown_attribute(subject: Subject, rng: Random) -> Place:
    """A node in a function refers to an attribute that the function does not have."""
    _outer(subject).node[0].attribute[0].ref_attr_name = "steepness"
    return Place("LeakyRelu[0]", attribute="alpha")


@fault(Kind.ILLEGAL, "undeclared-domains", base=nested)
def function_without_an_import(subject: Subject, rng: Random) -> Place:
    """A function does not import the domain of its node."""
    del _outer(subject).opset_import[1]
    return Place("Inner[1]")


@fault(Kind.ILLEGAL, "dangling-inputs", base=nested)
def function_that_takes_nothing_known(subject: Subject, rng: Random) -> Place:
    """A node in a function takes a tensor that nothing makes."""
    _outer(subject).node[1].input[0] = "ghost"
    return Place("Inner[1]", "ghost")


@fault(Kind.ILLEGAL, "dangling-inputs", base=nested)
def function_that_takes_an_outer_tensor(subject: Subject, rng: Random) -> Place:
    """A node in a function takes a tensor of the graph that calls it."""
    _outer(subject).node[0].input[0] = "x"
    return Place("LeakyRelu[0]", "x")


@fault(Kind.ILLEGAL, "dangling-inputs", base=nested)
def function_output_that_nothing_makes(subject: Subject, rng: Random) -> Place:
    """Nothing makes the output of a function."""
    _outer(subject).output[0] = "ghost"
    return Place(tensor="ghost")


@fault(Kind.ILLEGAL, "unknown-operators", base=nested)
def function_of_an_unknown_operator(subject: Subject, rng: Random) -> Place:
    """A node in a function is of no operator that there is."""
    _inner(subject).node[0].op_type = "Negg"
    return Place("Negg[0]")


@fault(Kind.ILLEGAL, "wrong-arity", base=nested)
def function_with_a_wrong_node(subject: Subject, rng: Random) -> Place:
    """A node in a function has an input too many."""
    _inner(subject).node[0].input.append("a")
    return Place("Neg[0]")


@fault(Kind.ILLEGAL, "nodes-out-of-order", base=nested)
def function_out_of_order(subject: Subject, rng: Random) -> Place:
    """The nodes of a function stand the wrong way round."""
    nodes = list(_outer(subject).node)
    del _outer(subject).node[:]
    _outer(subject).node.extend(reversed(nodes))
    return Place("Inner[0]")


@fault(Kind.ILLEGAL, "duplicate-names", base=nested)
def function_that_makes_a_tensor_twice(subject: Subject, rng: Random) -> Place:
    """Two nodes of a function make one tensor."""
    _outer(subject).node.append(_outer(subject).node[1])
    return Place(tensor="b")


@fault(Kind.ILLEGAL, "undefined-opsets", base=nested)
def function_of_opset_zero(subject: Subject, rng: Random) -> Place:
    """A function imports opset 0."""
    _inner(subject).opset_import[0].version = 0
    return Place()
