"""Makes every sample: ``python sample_models/make.py [FOLDER]``. README.md says what each is for.

The same bytes come out each time (seeds are fixed), and a test holds the committed files to this program.
Needs onnx and NumPy; the golden vector of LeNet-5 is worked out with onnx's reference evaluator.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OPSET = 17
IR = 8
FLOAT = TensorProto.FLOAT


class Net:
    """A chain of layers under construction; the last tensor is ``at``."""

    def __init__(self, name: str, data: list[int | str]) -> None:
        self.name = name
        self.inputs = [helper.make_tensor_value_info("data", FLOAT, data)]
        self.at = "data"
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []
        self.annotations: list[onnx.ValueInfoProto] = []

    def add(self, op: str, name: str, *parameters: str, **attributes: object) -> Net:
        self.nodes.append(helper.make_node(op, [self.at, *parameters], [name], name=name, **attributes))
        self.at = name
        return self

    def store(self, name: str, values: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(values, name))
        return name

    def generate(self, name: str, *dims: int) -> str:
        """A weight that a ConstantOfShape makes in the graph, as ONNX's light models do: the file stays small."""
        shape = self.store(f"{name}_shape", np.array(dims, np.int64))
        value = helper.make_tensor("value", FLOAT, [1], [0.01])
        self.nodes.append(helper.make_node("ConstantOfShape", [shape], [name], name=f"make_{name}", value=value))
        return name

    def conv(self, name: str, into: int, out: int, kernel: int, **attributes: object) -> Net:
        w, b = self.generate(f"{name}_w", out, into, kernel, kernel), self.generate(f"{name}_b", out)
        return self.add("Conv", name, w, b, kernel_shape=[kernel, kernel], **attributes)

    def dense(self, name: str, into: int, out: int) -> Net:
        return self.add("Gemm", name, self.generate(f"{name}_w", out, into), self.generate(f"{name}_b", out), transB=1)

    def pool(self, name: str, kernel: int, stride: int) -> Net:
        return self.add("MaxPool", name, kernel_shape=[kernel, kernel], strides=[stride, stride])

    def model(self, out: list[int | str]) -> onnx.ModelProto:
        outputs = [helper.make_tensor_value_info(self.at, FLOAT, out)]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, outputs, self.stored, value_info=self.annotations)
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=IR, producer_name="auditor samples")


def lenet5() -> onnx.ModelProto:
    """LeNet-5 as usually built: 61,706 learnable parameters (LeCun et al., 1998; FACTS.md section 1)."""
    rng = np.random.default_rng(5)
    net = Net("lenet5", ["N", 1, 32, 32])

    def weights(name: str, *dims: int) -> str:
        fan_in = int(np.prod(dims[1:])) or 1
        return net.store(name, rng.normal(0, fan_in**-0.5, dims).astype(np.float32))

    def bias(name: str, size: int) -> str:
        return net.store(name, rng.normal(0, 0.1, size).astype(np.float32))

    net.add("Conv", "c1", weights("c1_w", 6, 1, 5, 5), bias("c1_b", 6), kernel_shape=[5, 5]).add("Tanh", "c1_tanh")
    net.add("AveragePool", "s2", kernel_shape=[2, 2], strides=[2, 2])
    net.add("Conv", "c3", weights("c3_w", 16, 6, 5, 5), bias("c3_b", 16), kernel_shape=[5, 5]).add("Tanh", "c3_tanh")
    net.add("AveragePool", "s4", kernel_shape=[2, 2], strides=[2, 2]).add("Flatten", "flat")
    net.add("Gemm", "f5", weights("f5_w", 120, 400), bias("f5_b", 120), transB=1).add("Tanh", "f5_tanh")
    net.add("Gemm", "f6", weights("f6_w", 84, 120), bias("f6_b", 84), transB=1).add("Tanh", "f6_tanh")
    net.add("Gemm", "output", weights("output_w", 10, 84), bias("output_b", 10), transB=1)
    return net.model(["N", 10])


def alexnet(height: int | str, width: int | str, batch: int | str = 1) -> onnx.ModelProto:
    """AlexNet's single tower without padding in its first layer: fits exactly for 227 <= H, W <= 258."""
    net = Net("alexnet", [batch, 3, height, width])
    net.conv("conv1", 3, 96, 11, strides=[4, 4]).add("Relu", "relu1").add("LRN", "norm1", size=5).pool("pool1", 3, 2)
    net.conv("conv2", 96, 256, 5, pads=[2] * 4).add("Relu", "relu2").add("LRN", "norm2", size=5).pool("pool2", 3, 2)
    net.conv("conv3", 256, 384, 3, pads=[1] * 4).add("Relu", "relu3")
    net.conv("conv4", 384, 384, 3, pads=[1] * 4).add("Relu", "relu4")
    net.conv("conv5", 384, 256, 3, pads=[1] * 4).add("Relu", "relu5").pool("pool5", 3, 2).add("Flatten", "flat")
    net.dense("fc6", 9216, 4096).add("Relu", "relu6").dense("fc7", 4096, 4096).add("Relu", "relu7").dense(
        "fc8", 4096, 1000
    )
    return net.add("Softmax", "prob", axis=1).model([batch, 1000])


def vgg16() -> onnx.ModelProto:
    """VGG-16: 138,357,544 learnable parameters (Simonyan and Zisserman, 2014)."""
    net = Net("vgg16", [1, 3, 224, 224])
    into = 3
    for block, (layers, out) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for layer in range(1, layers + 1):
            net.conv(f"conv{block}_{layer}", into, out, 3, pads=[1] * 4).add("Relu", f"relu{block}_{layer}")
            into = out
        net.pool(f"pool{block}", 2, 2)
    net.add("Flatten", "flat").dense("fc6", 25088, 4096).add("Relu", "relu6").dense("fc7", 4096, 4096).add(
        "Relu", "relu7"
    )
    return net.dense("fc8", 4096, 1000).model([1, 1000])


def open_sizes() -> onnx.ModelProto:
    """Batch, height and width open, and a global pooling before the dense layer: right for every image."""
    net = Net("open_sizes", ["N", 3, "H", "W"])
    net.conv("conv1", 3, 32, 3, strides=[2, 2], pads=[1] * 4).add("Relu", "relu1")
    net.conv("conv2", 32, 64, 3, pads=[1] * 4).add("Relu", "relu2").pool("pool2", 2, 2)
    return net.add("GlobalAveragePool", "pool").add("Flatten", "flat").dense("head", 64, 10).model(["N", 10])


def resnet_block() -> onnx.ModelProto:
    """A residual block as PyTorch's older exporter writes it: the flattening Reshape takes its batch from a Shape."""
    net = Net("resnet_block", ["N", 16, 28, 28])
    net.conv("conv1", 16, 16, 3, pads=[1] * 4).add("Relu", "relu1").conv("conv2", 16, 16, 3, pads=[1] * 4)
    net.add("Add", "sum", "data").add("Relu", "relu2").pool("pool", 2, 2)
    net.nodes.append(helper.make_node("Shape", ["pool"], ["shape"], name="shape"))
    net.nodes.append(
        helper.make_node("Gather", ["shape", net.store("zero", np.array(0, np.int64))], ["batch"], name="batch")
    )
    axes = net.store("axes", np.array([0], np.int64))
    net.nodes.append(helper.make_node("Unsqueeze", ["batch", axes], ["batch_1d"], name="batch_1d"))
    rest = net.store("rest", np.array([-1], np.int64))
    net.nodes.append(helper.make_node("Concat", ["batch_1d", rest], ["target"], name="target", axis=0))
    return net.add("Reshape", "flat", "target").dense("head", 16 * 14 * 14, 10).model(["N", 10])


def small(head: int = 8 * 8 * 8, data: list[int | str] | None = None) -> Net:
    """What the broken samples below are made from: a convolution, a pooling, and the features before a dense layer."""
    net = Net("small", data or ["N", 3, 16, 16])
    rng = np.random.default_rng(1)
    w = net.store("conv_w", rng.normal(0, 0.2, (8, 3, 3, 3)).astype(np.float32))
    b = net.store("conv_b", rng.normal(0, 0.1, 8).astype(np.float32))
    net.add("Conv", "conv", w, b, kernel_shape=[3, 3], pads=[1] * 4).add("Relu", "relu").pool("pool", 2, 2)
    net.store("head_w", rng.normal(0, 0.05, (10, head)).astype(np.float32))
    net.store("head_b", rng.normal(0, 0.1, 10).astype(np.float32))
    return net


def never_fits() -> onnx.ModelProto:
    """Height and width open, and a dense layer that takes 500 features: no image gives 8 x 62.5."""
    net = small(head=500, data=["N", 3, "H", "W"])
    return net.add("Flatten", "flat").add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])


def wrong_bias() -> onnx.ModelProto:
    """The convolution has 8 filters and 6 biases. Checkers and session creation are silent; the run fails."""
    net = small()
    next(t for t in net.stored if t.name == "conv_b").CopyFrom(
        numpy_helper.from_array(np.zeros(6, np.float32) + 0.1, "conv_b")
    )
    return net.add("Flatten", "flat").add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])


def batch_baked_in() -> onnx.ModelProto:
    """The input's batch is open, and the Reshape in front of the dense layer says 1."""
    net = small()
    net.add("Reshape", "flat", net.store("target", np.array([1, 512], np.int64)))
    return net.add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])


def batch_mixed() -> onnx.ModelProto:
    """``view(-1, 1024)`` on 512 features an image: each row holds two images, and every even batch runs."""
    net = small(head=1024)
    net.add("Reshape", "flat", net.store("target", np.array([-1, 1024], np.int64)))
    return net.add("Gemm", "head", "head_w", "head_b", transB=1).model(["M", 10])


def nan_weights() -> onnx.ModelProto:
    """One of the dense layer's weights is NaN: one class is never predicted, or always."""
    net = small()
    head = next(t for t in net.stored if t.name == "head_w")
    values = numpy_helper.to_array(head).copy()
    values[3, 100] = np.nan
    head.CopyFrom(numpy_helper.from_array(values, "head_w"))
    return net.add("Flatten", "flat").add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])


def training_mode() -> onnx.ModelProto:
    """The Dropout was exported in training mode: answers vary from run to run, or with the optimiser's level."""
    net = small().add("Flatten", "flat")
    ratio, training = net.store("ratio", np.array(0.5, np.float32)), net.store("training", np.array(True))
    return (
        net.add("Dropout", "drop", ratio, training).add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])
    )


def wrong_declared_shape() -> onnx.ModelProto:
    """The file says that the pooling gives 7 x 7; it gives 8 x 8."""
    net = small()
    net.annotations.append(helper.make_tensor_value_info("pool", FLOAT, ["N", 8, 7, 7]))
    return net.add("Flatten", "flat").add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])


def missing_external_data() -> onnx.ModelProto:
    """The dense layer's weight lies in a file that did not travel with the model."""
    net = small()
    head = next(t for t in net.stored if t.name == "head_w")
    size = len(head.raw_data)
    head.ClearField("raw_data")
    head.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "head.bin"), ("offset", "0"), ("length", str(size))):
        head.external_data.add(key=key, value=value)
    return net.add("Flatten", "flat").add("Gemm", "head", "head_w", "head_b", transB=1).model(["N", 10])


SAMPLES = {
    "lenet5/lenet5.onnx": lenet5,
    "alexnet.onnx": lambda: alexnet(227, 227),
    "alexnet_open.onnx": lambda: alexnet("H", "W", "N"),
    "vgg16.onnx": vgg16,
    "open_sizes.onnx": open_sizes,
    "resnet_block.onnx": resnet_block,
    "broken/alexnet_224.onnx": lambda: alexnet(224, 224),
    "broken/head_never_fits.onnx": never_fits,
    "broken/wrong_bias.onnx": wrong_bias,
    "broken/batch_baked_in.onnx": batch_baked_in,
    "broken/batch_mixed.onnx": batch_mixed,
    "broken/nan_weights.onnx": nan_weights,
    "broken/training_mode.onnx": training_mode,
    "broken/wrong_declared_shape.onnx": wrong_declared_shape,
    "broken/missing_external_data.onnx": missing_external_data,
}


def golden(model: onnx.ModelProto, folder: Path) -> None:
    """One test vector in the zoo's layout, worked out by onnx's reference evaluator."""
    folder.mkdir(parents=True, exist_ok=True)
    data = np.random.default_rng(7).normal(0, 1, (2, 1, 32, 32)).astype(np.float32)
    (output,) = ReferenceEvaluator(model).run(None, {"data": data})
    (folder / "input_0.pb").write_bytes(numpy_helper.from_array(data, "data").SerializeToString())
    (folder / "output_0.pb").write_bytes(
        numpy_helper.from_array(output, model.graph.output[0].name).SerializeToString()
    )


def main(folder: Path) -> None:
    for name, make in SAMPLES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make().SerializeToString(deterministic=True))
    golden(lenet5(), folder / "lenet5" / "test_data_set_0")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
