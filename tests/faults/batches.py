"""Images of a batch that meet: operators along its axis, in models that answer each image for itself."""

from __future__ import annotations

from random import Random

import onnx
from onnx import helper

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault


def vectors() -> onnx.ModelProto:
    """A dense layer on vectors, and a Softmax over the classes."""
    return parsed(
        """agraph (float[N, 4] x) => (float[N, 4] y)
        <float[4, 4] w = {1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1}, float[4] b = {1, 2, 3, 4}> {
          h = Gemm(x, w, b)
          r = Relu(h)
          y = Softmax<axis = 1>(r)
        }"""
    )


def images() -> onnx.ModelProto:
    """A convolution with a way around it."""
    return parsed(
        """agraph (float[N, 2, 4, 4] x) => (float[N, 2, 4, 4] y)
        <float[2, 2, 1, 1] w = {1, 2, 3, 4}> {
          c = Conv(x, w)
          r = Relu(c)
          y = Add(r, x)
        }"""
    )


def becomes(subject: Subject, text: str, opset: int = 17) -> None:
    """Put another model in the place of the subject's."""
    subject.model.CopyFrom(parsed(text, opset=opset))


def behind(subject: Subject, tensor: str, *nodes: onnx.NodeProto) -> None:
    """Put nodes between a tensor and those that take it: the first takes ``tensor``, the last gives ``tensor_then``."""
    graph = subject.model.graph
    at = next(i for i, node in enumerate(graph.node) if tensor in node.output) if tensor != "x" else -1
    for node in graph.node[at + 1 :]:
        node.input[:] = [f"{tensor}_then" if name == tensor else name for name in node.input]
    for offset, node in enumerate(nodes):
        graph.node.insert(at + 1 + offset, node)


def number(subject: Subject, name: str, *values: int) -> str:
    """Store a vector of whole numbers. Returns its name."""
    subject.model.graph.initializer.append(helper.make_tensor(name, onnx.TensorProto.INT64, [len(values)], values))
    return name


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def softmax_over_the_batch(subject: Subject, rng: Random) -> Where:
    """Softmax over the axis of the images."""
    subject.model.graph.node[2].attribute[0].i = 0
    return Place("Softmax[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def softmax_over_the_batch_from_behind(subject: Subject, rng: Random) -> Where:
    """Softmax over axis -2 of a matrix, which is the axis of the images."""
    subject.model.graph.node[2].attribute[0].i = -2
    return Place("Softmax[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def log_softmax_over_the_batch(subject: Subject, rng: Random) -> Where:
    """LogSoftmax over the axis of the images."""
    subject.model.graph.node[2].CopyFrom(helper.make_node("LogSoftmax", ["r"], ["y"], axis=0))
    return Place("LogSoftmax[2]")


def old_vectors() -> onnx.ModelProto:
    """A Softmax as it was before opset 13."""
    return parsed("agraph (float[N, 4] x) => (float[N, 4] y) { r = Relu(x)  y = Softmax<axis = 1>(r) }", opset=11)


@fault(Kind.WRONG, "crossed-batch", base=old_vectors)
def old_softmax_over_everything(subject: Subject, rng: Random) -> Where:
    """Before opset 13 Softmax from axis 0 on goes over all images together."""
    subject.model.graph.node[1].attribute[0].i = 0
    return Place("Softmax[1]")


@fault(Kind.WRONG, "crossed-batch")
def softmax_of_images_over_the_batch(subject: Subject, rng: Random) -> Where:
    """The Softmax at a network's end goes over the axis of the images."""
    graph = subject.model.graph
    if not any(len(v.type.tensor_type.shape.dim) == 4 for v in graph.input):
        return None
    if subject.model.opset_import[0].version < 13 or graph.node[-1].op_type == "Softmax":
        return None
    before = graph.node[-1].output[0]
    if before != graph.output[0].name:
        return None
    graph.node[-1].output[0] = f"{before}_scores"
    graph.node.append(helper.make_node("Softmax", [f"{before}_scores"], [before], name="mixing", axis=0))
    return Place("mixing")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def hardmax_over_the_batch(subject: Subject, rng: Random) -> Where:
    """Hardmax over the axis of the images."""
    subject.model.graph.node[2].CopyFrom(helper.make_node("Hardmax", ["r"], ["y"], axis=0))
    return Place("Hardmax[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def length_normalized_over_the_batch(subject: Subject, rng: Random) -> Where:
    """LpNormalization over the axis of the images."""
    behind(subject, "r", helper.make_node("LpNormalization", ["r"], ["r_then"], axis=0))
    return Place("LpNormalization[2]")


@fault(Kind.WRONG, "crossed-batch", base=images)
def mean_and_variance_over_the_batch(subject: Subject, rng: Random) -> Where:
    """MeanVarianceNormalization over all images."""
    behind(subject, "r", helper.make_node("MeanVarianceNormalization", ["r"], ["r_then"], axes=[0, 2, 3]))
    return Place("MeanVarianceNormalization[2]")


@fault(Kind.WRONG, "crossed-batch", base=images)
def statistics_of_the_batch(subject: Subject, rng: Random) -> Where:
    """The mean of all images is taken from each."""
    mean = helper.make_node("ReduceMean", ["r"], ["m"], axes=[0, 2, 3])
    behind(subject, "r", mean, helper.make_node("Sub", ["r", "m"], ["r_then"]))
    return Place("ReduceMean[2]")


@fault(Kind.WRONG, "crossed-batch", base=images)
def layer_normalized_over_the_batch(subject: Subject, rng: Random) -> Where:
    """LayerNormalization from axis 0 on."""
    graph = subject.model.graph
    graph.initializer.append(helper.make_tensor("gamma", onnx.TensorProto.FLOAT, [4], [1, 1, 1, 2]))
    behind(subject, "r", helper.make_node("LayerNormalization", ["r", "gamma"], ["r_then"], axis=0))
    return Place("LayerNormalization[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def mean_over_the_batch(subject: Subject, rng: Random) -> Where:
    """The answer is the mean of all images."""
    behind(subject, "r", helper.make_node("ReduceMean", ["r"], ["r_then"], axes=[0], keepdims=1))
    return Place("ReduceMean[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def largest_over_the_batch(subject: Subject, rng: Random) -> Where:
    """The largest over all images is taken from each, as a Softmax by hand does it along the wrong axis."""
    most = helper.make_node("ReduceMax", ["r"], ["m"], axes=[0], keepdims=1)
    behind(subject, "r", most, helper.make_node("Sub", ["r", "m"], ["r_then"]))
    return Place("ReduceMax[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def sum_over_the_batch(subject: Subject, rng: Random) -> Where:
    """Each number is divided by its sum over all images."""
    total = helper.make_node("ReduceSum", ["r", number(subject, "first", 0)], ["m"], keepdims=1)
    behind(subject, "r", total, helper.make_node("Div", ["r", "m"], ["r_then"]))
    return Place("ReduceSum[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def running_sum_over_the_batch(subject: Subject, rng: Random) -> Where:
    """CumSum along the axis of the images."""
    subject.model.graph.initializer.append(helper.make_tensor("first", onnx.TensorProto.INT64, [], [0]))
    behind(subject, "r", helper.make_node("CumSum", ["r", "first"], ["r_then"]))
    return Place("CumSum[2]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def best_of_the_batch(subject: Subject, rng: Random) -> Where:
    """ArgMax along the axis of the images: which image is best for a class."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("ArgMax", ["y"], ["best"], axis=0))
    graph.output.append(helper.make_tensor_value_info("best", onnx.TensorProto.INT64, [1, 4]))
    return Place("ArgMax[3]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def top_of_the_batch(subject: Subject, rng: Random) -> Where:
    """TopK along the axis of the images."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("TopK", ["y", number(subject, "one", 1)], ["best", "which"], axis=0))
    graph.output.append(helper.make_tensor_value_info("best", onnx.TensorProto.FLOAT, [1, 4]))
    return Place("TopK[3]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def first_image_answers_for_all(subject: Subject, rng: Random) -> Where:
    """Only the first image of a batch is answered (x[0])."""
    becomes(
        subject,
        """agraph (float[N, 4] x) => (float[4] y) <int64 first = {0}> {
          r = Relu(x)
          y = Gather<axis = 0>(r, first)
        }""",
    )
    return Place("Gather[1]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def slice_of_one_image(subject: Subject, rng: Random) -> Where:
    """Only the first image of a batch is answered (x[:1])."""
    first = [number(subject, name, value) for name, value in (("from", 0), ("until", 1), ("along", 0))]
    behind(subject, "r", helper.make_node("Slice", ["r", *first], ["r_then"]))
    return Place("Slice[2]")


@fault(Kind.WRONG, "crossed-batch", base=images)
def resized_over_the_batch(subject: Subject, rng: Random) -> Where:
    """Resize makes twice as many images as came in."""
    graph = subject.model.graph
    graph.initializer.append(helper.make_tensor("scales", onnx.TensorProto.FLOAT, [4], [2, 1, 1, 1]))
    graph.node.append(helper.make_node("Resize", ["y", "", "scales"], ["large"], mode="nearest"))
    graph.output.append(helper.make_tensor_value_info("large", onnx.TensorProto.FLOAT, ["M", 2, 4, 4]))
    return Place("Resize[3]")


@fault(Kind.WRONG, "crossed-batch", base=images)
def padded_over_the_batch(subject: Subject, rng: Random) -> Where:
    """Pad puts an empty image in front of those that came in."""
    graph = subject.model.graph
    pads = number(subject, "pads", 1, 0, 0, 0, 0, 0, 0, 0)
    graph.node.append(helper.make_node("Pad", ["y", pads], ["large"]))
    graph.output.append(helper.make_tensor_value_info("large", onnx.TensorProto.FLOAT, ["M", 2, 4, 4]))
    return Place("Pad[3]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def product_over_the_batch(subject: Subject, rng: Random) -> Where:
    """A matrix product sums over the images, for a Transpose is missing."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Gemm", ["r", "h"], ["gram"], transA=1))
    graph.output.append(helper.make_tensor_value_info("gram", onnx.TensorProto.FLOAT, [4, 4]))
    return Place("Gemm[3]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def einsum_over_the_batch(subject: Subject, rng: Random) -> Where:
    """An Einsum sums over the index of the images."""
    graph = subject.model.graph
    graph.node.append(helper.make_node("Einsum", ["r", "h"], ["gram"], equation="ni,nj->ij"))
    graph.output.append(helper.make_tensor_value_info("gram", onnx.TensorProto.FLOAT, [4, 4]))
    return Place("Einsum[3]")


def sequences() -> onnx.ModelProto:
    """A recurrent layer over time, whose data comes batch first."""
    return parsed(
        """agraph (float[batch, time, 2] x) => (float[time, 1, batch, 3] y)
        <float[1, 3, 2] w = {1, 2, 3, 4, 5, 6}, float[1, 3, 3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
          t = Transpose<perm = [1, 0, 2]>(x)
          y = RNN<hidden_size = 3>(t, w, r)
        }"""
    )


@fault(Kind.WRONG, "crossed-batch", base=sequences)
def recurrence_over_the_batch(subject: Subject, rng: Random) -> Where:
    """A recurrent layer runs from image to image: the Transpose of batch-first data was left out."""
    graph = subject.model.graph
    del graph.node[0]
    graph.node[0].input[0] = "x"
    dims = graph.output[0].type.tensor_type.shape.dim
    dims[0].dim_param, dims[2].dim_param = "batch", "time"
    return Place("RNN[0]")


@fault(Kind.WRONG, "crossed-batch", base=vectors)
def order_of_the_batch_turned(subject: Subject, rng: Random) -> Where:
    """A Slice with a step of -1 answers the images in the opposite order."""
    ends = [number(subject, f"s{i}", v) for i, v in enumerate((-1, -(2**31), 0, -1))]
    behind(subject, "r", helper.make_node("Slice", ["r", *ends], ["r_then"]))
    return Place("Slice[2]")


@fault(Kind.WRONG, "training-mode", base=images)
def normalized_by_the_batch(subject: Subject, rng: Random) -> Where:
    """A BatchNormalization in training mode takes its statistics from the images of a batch."""
    graph = subject.model.graph
    for name in ("gamma", "beta", "mean", "var"):
        graph.initializer.append(helper.make_tensor(name, onnx.TensorProto.FLOAT, [2], [1, 2]))
    ends = ["r_then", "mean_then", "var_then"]
    node = helper.make_node("BatchNormalization", ["r", "gamma", "beta", "mean", "var"], ends, training_mode=1)
    behind(subject, "r", node)
    return Place("BatchNormalization[2]")
