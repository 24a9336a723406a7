"""Declarations: what the file says of itself, its inputs, outputs and inner tensors."""

from __future__ import annotations

from random import Random

import onnx
from onnx import TensorProto, helper

from auditor.report import Severity

from .bases import parsed
from .fault import Kind, Place, Subject, fault, nodes


def dense() -> onnx.ModelProto:
    """An open batch through a dense layer, with a declared inner tensor."""
    return parsed(
        """agraph (float[N, 4] x) => (float[N, 2] y)
        <float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}, float[N, 2] h> {
          h = MatMul(x, w)
          y = Relu(h)
        }"""
    )


def of_ir_3() -> onnx.ModelProto:
    """A model of IR 3, which lists its initializer among the inputs."""
    return parsed(
        """agraph (float[N, 4] x, float[4, 2] w) => (float[N, 2] y) <float[4, 2] w = {1, 2, 3, 4, 5, 6, 7, 8}> {
          y = MatMul(x, w)
        }""",
        ir=3,
        opset=8,
    )


def _fed(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    stored = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in stored and value.type.HasField("tensor_type")]


@fault(Kind.ILLEGAL, "meaningless-declarations", least=Severity.WARNING)
def graph_without_a_name(subject: Subject, rng: Random) -> Place:
    """The graph has no name."""
    subject.model.graph.ClearField("name")
    return Place()


@fault(Kind.ILLEGAL, "meaningless-declarations")
def graph_without_outputs(subject: Subject, rng: Random) -> Place:
    """The graph has no output."""
    subject.model.graph.ClearField("output")
    return Place()


@fault(Kind.ILLEGAL, "unreadable-model")
def no_graph(subject: Subject, rng: Random) -> Place:
    """The model has no graph."""
    subject.model.ClearField("graph")
    return Place()


@fault(Kind.ILLEGAL, "meaningless-declarations")
def input_without_a_type(subject: Subject, rng: Random) -> Place:
    """An input has no type."""
    value = rng.choice(_fed(subject.model.graph))
    value.ClearField("type")
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "meaningless-declarations")
def input_without_an_element_type(subject: Subject, rng: Random) -> Place:
    """An input has no element type."""
    value = rng.choice(_fed(subject.model.graph))
    value.type.tensor_type.elem_type = 0
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "meaningless-declarations")
def input_of_an_unknown_element_type(subject: Subject, rng: Random) -> Place:
    """An input's element type is none that there is."""
    value = rng.choice(_fed(subject.model.graph))
    value.type.tensor_type.elem_type = 77
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "meaningless-declarations", base=dense)
def input_without_a_name(subject: Subject, rng: Random) -> Place:
    """An input has no name."""
    subject.model.graph.input.append(helper.make_tensor_value_info("", TensorProto.FLOAT, [1]))
    return Place()


@fault(Kind.ILLEGAL, "meaningless-declarations", least=Severity.WARNING)
def output_without_a_type(subject: Subject, rng: Random) -> Place:
    """An output has no type."""
    value = rng.choice(subject.model.graph.output)
    value.ClearField("type")
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "meaningless-declarations", least=Severity.WARNING)
def input_without_a_shape(subject: Subject, rng: Random) -> Place:
    """An input has a type, and no shape."""
    value = rng.choice(_fed(subject.model.graph))
    value.type.tensor_type.ClearField("shape")
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "meaningless-declarations", least=Severity.WARNING)
def output_without_a_shape(subject: Subject, rng: Random) -> Place:
    """An output has a type, and no shape."""
    value = rng.choice(subject.model.graph.output)
    value.type.tensor_type.ClearField("shape")
    return Place(tensor=value.name)


@fault(Kind.WRONG, "meaningless-declarations")
def input_size_negative(subject: Subject, rng: Random) -> Place:
    """A declared size of an input is -4."""
    value = rng.choice(_fed(subject.model.graph))
    value.type.tensor_type.shape.dim[0].dim_value = -4
    return Place(tensor=value.name)


@fault(Kind.WRONG, "meaningless-declarations")
def input_size_zero(subject: Subject, rng: Random) -> Place:
    """An input is declared as empty."""
    value = rng.choice(_fed(subject.model.graph))
    value.type.tensor_type.shape.dim[0].dim_value = 0
    return Place(tensor=value.name)


@fault(Kind.WRONG, "meaningless-declarations", "stale-shape-annotations", base=dense)
def output_size_negative(subject: Subject, rng: Random) -> Place:
    """A declared size of an output is negative."""
    subject.model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = -2
    return Place(tensor="y")


@fault(Kind.WRONG, "meaningless-declarations", "stale-shape-annotations", base=dense)
def inner_size_negative(subject: Subject, rng: Random) -> Place:
    """A declared size of an inner tensor is negative."""
    subject.model.graph.value_info[0].type.tensor_type.shape.dim[0].dim_value = -7
    return Place(tensor="h")


@fault(Kind.WRONG, "fixed-batch-outputs", base=dense, least=Severity.WARNING)
def output_of_fixed_batch(subject: Subject, rng: Random) -> Place:
    """The batch is open, and the output is declared for one."""
    subject.model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    return Place(tensor="y")


@fault(Kind.ILLEGAL, "stale-shape-annotations")
def output_of_another_size(subject: Subject, rng: Random) -> Place | None:
    """An output is declared with another last size than comes out."""
    value = rng.choice(subject.model.graph.output)
    dims = value.type.tensor_type.shape.dim
    if not dims or not dims[-1].dim_value:
        return None
    dims[-1].dim_value += 3
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "stale-shape-annotations")
def output_of_another_type(subject: Subject, rng: Random) -> Place:
    """An output is declared with another element type than comes out."""
    value = rng.choice(subject.model.graph.output)
    value.type.tensor_type.elem_type = TensorProto.INT64
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "stale-shape-annotations", least=Severity.WARNING)
def output_of_another_rank(subject: Subject, rng: Random) -> Place:
    """An output is declared with an axis more than comes out."""
    value = rng.choice(subject.model.graph.output)
    value.type.tensor_type.shape.dim.add().dim_value = 1
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "stale-shape-annotations")
def inner_tensor_of_another_size(subject: Subject, rng: Random) -> Place | None:
    """An inner tensor is declared with another size than comes out."""
    graph = subject.model.graph
    at = rng.choice(nodes(graph, "Conv", "MaxPool", "Gemm") or [-1])
    if at < 0 or graph.node[at].output[0] in {v.name for v in graph.output}:
        return None
    name = graph.node[at].output[0]
    for value in [v for v in graph.value_info if v.name == name]:
        graph.value_info.remove(value)
    other = [1, 12345] if graph.node[at].op_type == "Gemm" else [1, 12345, 1, 1]  # as many axes as it has
    graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, other))
    return Place(tensor=name)


@fault(Kind.ILLEGAL, "stale-shape-annotations", base=dense)
def inner_tensor_of_another_type(subject: Subject, rng: Random) -> Place:
    """An inner tensor is declared with another element type than comes out."""
    subject.model.graph.value_info[0].type.tensor_type.elem_type = TensorProto.INT32
    return Place(tensor="h")


@fault(Kind.WRONG, "idle-declarations")
def declaration_of_nothing(subject: Subject, rng: Random) -> Place:
    """A declaration for a tensor that there is not."""
    subject.model.graph.value_info.append(helper.make_tensor_value_info("ghost", TensorProto.FLOAT, [1]))
    return Place(tensor="ghost")


@fault(Kind.WRONG, "idle-declarations", base=dense)
def declaration_twice(subject: Subject, rng: Random) -> Place:
    """An inner tensor is declared twice, and differently."""
    subject.model.graph.value_info.append(helper.make_tensor_value_info("h", TensorProto.FLOAT, ["N", "M"]))
    return Place(tensor="h")


@fault(Kind.WRONG, "repeated-outputs", least=Severity.WARNING)
def output_twice(subject: Subject, rng: Random) -> Place:
    """One tensor stands twice among the outputs."""
    value = rng.choice(subject.model.graph.output)
    subject.model.graph.output.append(value)
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "duplicate-names")
def input_twice(subject: Subject, rng: Random) -> Place:
    """One name stands twice among the inputs."""
    value = rng.choice(_fed(subject.model.graph))
    subject.model.graph.input.append(value)
    return Place(tensor=value.name)


@fault(Kind.ILLEGAL, "dangling-inputs")
def output_that_nothing_makes(subject: Subject, rng: Random) -> Place:
    """An output that nothing makes."""
    subject.model.graph.output.append(helper.make_tensor_value_info("ghost", TensorProto.FLOAT, [1]))
    return Place(tensor="ghost")


@fault(Kind.WRONG, "unused-inputs")
def input_that_nothing_takes(subject: Subject, rng: Random) -> Place:
    """An input that nothing takes."""
    subject.model.graph.input.append(helper.make_tensor_value_info("ghost", TensorProto.FLOAT, [1]))
    return Place(tensor="ghost")


@fault(Kind.WRONG, "untouched-outputs", base=dense)
def output_that_is_an_input(subject: Subject, rng: Random) -> Place:
    """An input is handed out as it is, and nothing else takes it."""
    graph = subject.model.graph
    graph.input.append(helper.make_tensor_value_info("same", TensorProto.FLOAT, [1]))
    graph.output.append(graph.input[1])
    return Place(tensor="same")


# Initializers among the inputs


@fault(Kind.ILLEGAL, "misfit-defaults", base=of_ir_3)
def default_of_another_shape(subject: Subject, rng: Random) -> Place:
    """An initializer's shape is not that of the input of its name."""
    subject.model.graph.input[1].type.tensor_type.shape.dim[1].dim_value = 3
    return Place(tensor="w")


@fault(Kind.ILLEGAL, "misfit-defaults", base=of_ir_3)
def default_of_another_rank(subject: Subject, rng: Random) -> Place:
    """An initializer's rank is not that of the input of its name."""
    subject.model.graph.input[1].type.tensor_type.shape.dim.add().dim_value = 1
    return Place(tensor="w")


@fault(Kind.ILLEGAL, "misfit-defaults", base=of_ir_3)
def default_of_another_type(subject: Subject, rng: Random) -> Place:
    """An initializer's element type is not that of the input of its name."""
    subject.model.graph.input[1].type.tensor_type.elem_type = TensorProto.DOUBLE
    return Place(tensor="w")


@fault(Kind.WRONG, "overridable-initializers", base=dense)
def initializer_that_callers_may_override(subject: Subject, rng: Random) -> Place:
    """A weight stands among the inputs as well, as up to IR 3 it had to."""
    graph = subject.model.graph
    graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 2]))
    return Place(tensor="w")


@fault(Kind.ILLEGAL, "features-before-their-time", base=of_ir_3, least=Severity.WARNING)
def initializer_that_ir_3_does_not_list(subject: Subject, rng: Random) -> Place:
    """An initializer that is no input, in a model of IR 3."""
    del subject.model.graph.input[1]
    return Place(tensor="w")


@fault(Kind.WRONG, "untouched-outputs", base=dense)
def output_that_is_stored(subject: Subject, rng: Random) -> Place:
    """A weight is handed out as it is."""
    subject.model.graph.output.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 2]))
    return Place(tensor="w")
