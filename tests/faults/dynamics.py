"""Answers that are not one to an image, images for which one stands, and sizes that are not as open as said."""

from __future__ import annotations

from random import Random

import onnx
from onnx import helper

from .bases import parsed
from .batches import becomes, images, number, sequences, vectors
from .fault import Kind, Place, Subject, Where, fault

# ---- one image for all


@fault(Kind.WRONG, "broadcast-over-batch", base=images)
def way_around_of_one_image(subject: Subject, rng: Random) -> Where:
    """The way around a layer holds the first image alone, and is added to all."""
    graph = subject.model.graph
    first = [number(subject, name, value) for name, value in (("from", 0), ("until", 1), ("along", 0))]
    graph.node.insert(2, helper.make_node("Slice", ["x", *first], ["one"]))
    graph.node[3].input[1] = "one"
    return (Place("Add[3]"), Place("Slice[2]"))


@fault(Kind.WRONG, "broadcast-over-batch", base=images)
def way_around_declared_for_one(subject: Subject, rng: Random) -> Where:
    """What is added to all images comes in beside them, and is declared for one."""
    graph = subject.model.graph
    graph.input.append(helper.make_tensor_value_info("before", onnx.TensorProto.FLOAT, [1, 2, 4, 4]))
    graph.node[2].input[1] = "before"
    return (Place("Add[2]"), Place(tensor="before"))


def four_images() -> onnx.ModelProto:
    """Vectors in a batch of four, and a dense layer."""
    return parsed(
        """agraph (float[4, 8] x) => (float[4, 2] y)
        <float[8, 2] w = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}, float[2] b = {1, 2}> {
          y = Gemm(x, w, b)
        }"""
    )


@fault(Kind.WRONG, "broadcast-over-batch", base=four_images)
def bias_of_each_image(subject: Subject, rng: Random) -> Where:
    """Gemm's C has a row for each image of the batch, as it was when the model was traced."""
    _bias(subject, [4, 2], range(8))
    return (Place("Gemm[0]"), Place(tensor="b"))


@fault(Kind.WRONG, "broadcast-over-batch", base=four_images)
def bias_along_the_batch(subject: Subject, rng: Random) -> Where:
    """Gemm's C has a number for each image, and none for each unit."""
    _bias(subject, [4, 1], range(4))
    return (Place("Gemm[0]"), Place(tensor="b"))


def _bias(subject: Subject, dims: list[int], values: range) -> None:
    graph = subject.model.graph
    bias = next(t for t in graph.initializer if t.name == "b")
    bias.CopyFrom(helper.make_tensor("b", onnx.TensorProto.FLOAT, dims, [float(v) for v in values]))


@fault(Kind.WRONG, "broadcast-over-batch", base=vectors)
def bias_made_of_the_batch(subject: Subject, rng: Random) -> Where:
    """Gemm's C is worked out from one of the images."""
    graph = subject.model.graph
    first = [number(subject, name, value) for name, value in (("from", 0), ("until", 1), ("along", 0))]
    graph.node.insert(0, helper.make_node("Slice", ["x", *first], ["one"]))
    graph.node[1].input[2] = "one"
    return (Place("Gemm[1]"), Place("Slice[0]"))


# ---- answers that are not one to an image


def headed() -> onnx.ModelProto:
    """A dense layer behind a convolution."""
    weight = ", ".join(str(i % 7) for i in range(64))
    return parsed(
        f"""agraph (float[N, 2, 4, 4] x) => (float[N, 2] y) <float[32, 2] w = {{{weight}}}, int64[2] s = {{-1, 32}}> {{
          r = Relu(x)
          f = Reshape(r, s)
          y = MatMul(f, w)
        }}"""
    )


def _head(subject: Subject, target: tuple[int, int], rows: int) -> None:
    graph = subject.model.graph
    for tensor in graph.initializer:
        if tensor.name == "s":
            tensor.CopyFrom(helper.make_tensor("s", onnx.TensorProto.INT64, [2], target))
        else:
            values = [float(i % 7) for i in range(rows * 2)]
            tensor.CopyFrom(helper.make_tensor("w", onnx.TensorProto.FLOAT, [rows, 2], values))
    graph.output[0].type.tensor_type.shape.dim[0].dim_param = "M"


@fault(Kind.WRONG, "split-images", base=headed)
def rows_within_an_image(subject: Subject, rng: Random) -> Where:
    """`view(-1, K)` cuts an image into rows, each of which the dense layer answers."""
    size = rng.choice([8, 16])
    _head(subject, (-1, size), size)
    return Place("Reshape[1]")


@fault(Kind.ILLEGAL, "mixed-batch", base=headed)
def rows_across_images(subject: Subject, rng: Random) -> Where:
    """`view(-1, K)` with a K that is no multiple of an image: rows hold parts of several."""
    _head(subject, (-1, 24), 24)
    return Place("Reshape[1]")


@fault(Kind.WRONG, "baked-in-batch", base=headed)
def images_in_one_row(subject: Subject, rng: Random) -> Where:
    """`view(1, -1)` lays all images into one row."""
    _head(subject, (1, -1), 32)
    return Place("Reshape[1]")


@fault(Kind.WRONG, "baked-in-batch", base=headed)
def batch_of_the_example(subject: Subject, rng: Random) -> Where:
    """`view(4, 32)`: the batch of the traced example."""
    _head(subject, (4, 32), 32)
    return Place("Reshape[1]")


@fault(Kind.WRONG, "split-images", "baked-in-batch", base=headed)
def flattened_from_the_batch_on(subject: Subject, rng: Random) -> Where:
    """Flatten from axis 0 on lays all images into one row."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Flatten", ["r"], ["row"], axis=0))
    graph.output.append(helper.make_tensor_value_info("row", onnx.TensorProto.FLOAT, [1, "M"]))
    return Place("Flatten[3]")


@fault(Kind.WRONG, "split-images", base=headed)
def flattened_within_an_image(subject: Subject, rng: Random) -> Where:
    """Flatten from axis 2 on in front of a dense layer: each channel is answered for itself."""
    graph = subject.model.graph
    _head(subject, (-1, 16), 16)
    graph.node[1].CopyFrom(helper.make_node("Flatten", ["r"], ["f"], axis=2))
    return Place("Flatten[1]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def batch_joined_with_itself(subject: Subject, rng: Random) -> Where:
    """A Concat of two features goes along the axis of the images: twice as many answers."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Concat", ["r", "h"], ["both"], axis=0))
    graph.output.append(helper.make_tensor_value_info("both", onnx.TensorProto.FLOAT, ["M", 4]))
    return Place("Concat[3]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def batch_tiled(subject: Subject, rng: Random) -> Where:
    """A Tile repeats the images, not the features."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Tile", ["y", number(subject, "repeats", 2, 1)], ["both"]))
    graph.output.append(helper.make_tensor_value_info("both", onnx.TensorProto.FLOAT, ["M", 4]))
    return Place("Tile[3]")


@fault(Kind.WRONG, "baked-in-batch", base=vectors)
def batch_split(subject: Subject, rng: Random) -> Where:
    """A Split halves the batch, not the features."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Split", ["y"], ["one", "other"], axis=0))
    graph.node.append(helper.make_node("Mul", ["one", "other"], ["half"]))
    graph.output.append(helper.make_tensor_value_info("half", onnx.TensorProto.FLOAT, ["M", 4]))
    return Place("Split[3]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def answers_transposed(subject: Subject, rng: Random) -> Where:
    """The output has the images along its last axis."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Transpose", ["y"], ["turned"], perm=[1, 0]))
    graph.output.append(helper.make_tensor_value_info("turned", onnx.TensorProto.FLOAT, [4, "N"]))
    return (Place("Transpose[3]"), Place(tensor="turned"))


# ---- sizes that are not as open as said


@fault(Kind.WRONG, "baked-in-batch", base=vectors)
def batch_expanded_to_a_number(subject: Subject, rng: Random) -> Where:
    """A stored state is expanded to the batch of the example and joined with the data."""
    graph = subject.model.graph
    graph.initializer.append(helper.make_tensor("state", onnx.TensorProto.FLOAT, [1, 4], [1, 2, 3, 4]))
    graph.node.append(helper.make_node("Expand", ["state", number(subject, "two", 2, 4)], ["states"]))
    graph.node.append(helper.make_node("Concat", ["y", "states"], ["both"], axis=1))
    graph.output.append(helper.make_tensor_value_info("both", onnx.TensorProto.FLOAT, ["N", 8]))
    return (Place("Expand[3]"), Place("Concat[4]"))


@fault(Kind.WRONG, "baked-in-batch", base=sequences)
def state_of_one(subject: Subject, rng: Random) -> Where:
    """The state of a recurrent layer is stored for a batch of one."""
    graph = subject.model.graph
    graph.initializer.append(helper.make_tensor("h0", onnx.TensorProto.FLOAT, [1, 1, 3], [0, 0, 0]))
    graph.node[1].input.extend(["", "", "h0"])
    return Place("RNN[1]")


@fault(Kind.WRONG, "baked-in-batch", base=images)
def other_input_for_one(subject: Subject, rng: Random) -> Where:
    """An input beside the images is declared for one alone, and joined with them."""
    graph = subject.model.graph
    graph.input.append(helper.make_tensor_value_info("before", onnx.TensorProto.FLOAT, [1, 2, 4, 4]))
    graph.node[2].CopyFrom(helper.make_node("Concat", ["r", "before"], ["y"], axis=1))
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = 4
    return Place(tensor="before")


@fault(Kind.WRONG, "baked-in-length", "mixed-batch", base=sequences)
def length_of_the_example(subject: Subject, rng: Random) -> Where:
    """An open length is written into a Reshape as that of the example."""
    becomes(
        subject,
        """agraph (float[N, time, 6] x) => (float[N, 20, 2, 3] y) <int64[4] s = {-1, 20, 2, 3}> {
          r = Relu(x)
          y = Reshape(r, s)
        }""",
    )
    return Place("Reshape[1]")


@fault(Kind.WRONG, "misfit-initializers", base=images)
def channels_declared_open(subject: Subject, rng: Random) -> Where:
    """The channels are declared open, and the convolution takes one number of them."""
    subject.model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "C"
    return (Place(tensor="x"), Place("Conv[0]"))


@fault(Kind.WRONG, "misfit-initializers", base=headed)
def height_declared_open(subject: Subject, rng: Random) -> Where:
    """The height is declared open, and the dense layer takes one alone."""
    becomes(
        subject,
        f"""agraph (float[N, 2, H, 4] x) => (float[N, 2] y) <float[32, 2] w = {{{", ".join("1" * 64)}}}> {{
          r = Relu(x)
          f = Flatten(r)
          y = MatMul(f, w)
        }}""",
    )
    return (Place(tensor="x"), Place("MatMul[2]"), Place("Flatten[1]"))


@fault(Kind.WRONG, "baked-in-size", base=vectors)
def positions_of_the_example(subject: Subject, rng: Random) -> Where:
    """A table of positions of a fixed length is added to a sequence of open length."""
    table = ", ".join(str(i) for i in range(40))
    becomes(
        subject,
        f"""agraph (float[N, seq, 4] x) => (float[N, seq, 4] y) <float[1, 10, 4] table = {{{table}}}> {{
          a = Add(x, table)
          y = Relu(a)
        }}""",
    )
    return (Place("Add[0]"), Place(tensor="table"))


@fault(Kind.WRONG, "one-name-for-two-axes", base=images)
def batch_named_as_the_height(subject: Subject, rng: Random) -> Where:
    """The batch has the name of the height: only as many images as rows may come."""
    dims = subject.model.graph.input[0].type.tensor_type.shape.dim
    dims[0].dim_param = dims[2].dim_param = "N"
    return Place(tensor="x")
