"""Small models, and what onnxruntime's own tools make of them: its transformer optimiser, quantiser and optimiser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEADS, SIZE, HIDDEN, WORDS = 2, 8, 16, 20


class Builder:
    """Nodes one behind the other, with weights that are the same at every call."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(5)

    def __call__(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        name = f"{op_type}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [f"{name}_y"], name, **attributes))
        return f"{name}_y"

    def weight(self, *sizes: int) -> str:
        return self.constant(self._random.standard_normal(sizes).astype(np.float32) * 0.2)

    def constant(self, value: object, dtype: type = np.float32) -> str:
        array = value if isinstance(value, np.ndarray) else np.array(value, dtype)
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def model(self, inputs: list[onnx.ValueInfoProto], output: str, opset: int = 17) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "g", inputs, [onnx.ValueInfoProto(name=output)], self.weights)
        graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)

    # Layers

    def dense(self, x: str, inner: int, columns: int) -> str:
        return self("Add", self("MatMul", x, self.weight(inner, columns)), self.weight(columns))

    def norm(self, x: str) -> str:
        scale, bias = self.constant(np.ones(HIDDEN, np.float32)), self.constant(np.zeros(HIDDEN, np.float32))
        return self("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-12)

    def heads(self, x: str, perm: list[int]) -> str:
        split = self("Reshape", self.dense(x, HIDDEN, HIDDEN), self.constant([0, 0, HEADS, SIZE], np.int64))
        return self("Transpose", split, perm=perm)

    def attention(self, x: str, mask: str) -> str:
        query, key, value = self.heads(x, [0, 2, 1, 3]), self.heads(x, [0, 2, 3, 1]), self.heads(x, [0, 2, 1, 3])
        scores = self("Div", self("MatMul", query, key), self.constant(SIZE**0.5))
        weights = self("Softmax", self("Add", scores, mask), axis=-1)
        joined = self("Transpose", self("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self("Reshape", joined, self.constant([0, 0, HIDDEN], np.int64))

    def gelu(self, x: str) -> str:
        erf = self("Erf", self("Div", x, self.constant(2.0**0.5)))
        return self("Mul", self("Mul", x, self("Add", erf, self.constant(1.0))), self.constant(0.5))

    def encoder(self, x: str, mask: str) -> str:
        attended = self.dense(self.attention(x, mask), HIDDEN, HIDDEN)
        x = self.norm(self("Add", attended, x))
        inner = self.gelu(self.dense(x, HIDDEN, 4 * HIDDEN))
        return self.norm(self("Add", self.dense(inner, 4 * HIDDEN, HIDDEN), x))


_SIZES = {"past": 4, "new": 1, "total": 5}
"""Of the decoder: one token behind four."""


def bert() -> onnx.ModelProto:
    """Two layers of an encoder, as PyTorch writes it out, with its embedding."""
    b = Builder()
    ids, segments, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "token_type_ids", "attention_mask")
    )
    words, kinds = b("Gather", b.weight(WORDS, HIDDEN), "input_ids"), b("Gather", b.weight(2, HIDDEN), "token_type_ids")
    length = b(
        "Unsqueeze", b("Gather", b("Shape", "input_ids"), b.constant(1, np.int64), axis=0), b.constant([0], np.int64)
    )
    positions = b(
        "Slice", b.constant(np.arange(32)[None]), b.constant([0], np.int64), length, b.constant([1], np.int64)
    )
    places = b("Gather", b.weight(32, HIDDEN), positions)
    x = b.norm(b("Add", b("Add", words, kinds), places))
    wide = b("Unsqueeze", b("Unsqueeze", "attention_mask", b.constant([1], np.int64)), b.constant([2], np.int64))
    hidden = b("Sub", b.constant(1.0), b("Cast", wide, to=TensorProto.FLOAT))
    added = b("Mul", hidden, b.constant(-10000.0))
    for _ in range(2):
        x = b.encoder(x, added)
    return b.model([ids, segments, mask], x)


def convolutional() -> onnx.ModelProto:
    """A CNN with a residual, pools and a dense layer."""
    b = Builder()
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 16, 16])

    def layer(name: str, inner: int, filters: int) -> str:
        y = b("Conv", name, b.weight(filters, inner, 3, 3), b.weight(filters), pads=[1, 1, 1, 1])
        scale, mean = b.constant(np.ones(filters, np.float32)), b.constant(np.zeros(filters, np.float32))
        return b("Relu", b("BatchNormalization", y, scale, mean, mean, scale))

    first = layer("x", 3, 8)
    y = b("Add", layer(first, 8, 8), first)
    y = b("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
    y = b("LeakyRelu", b("Conv", y, b.weight(12, 8, 3, 3), strides=[2, 2]))
    y = b("Concat", y, b("Sigmoid", y), axis=1)
    y = b("AveragePool", y, kernel_shape=[3, 3])
    y = b("Flatten", b("GlobalAveragePool", y))
    return b.model([x], b("Softmax", b("Gemm", y, b.weight(24, 5), b.weight(5))))


def quantised_weights() -> onnx.ModelProto:
    """Dense layers of 4-bit weights, as blocks with a scale each: onnxruntime makes MatMulNBits of them."""
    b = Builder()
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "length", 64])
    y = "x"
    for n in range(2):
        raw = helper.make_tensor(f"raw_{n}", TensorProto.UINT4, [64, 64], np.arange(64 * 64) % 16)
        b.weights.append(raw)
        y = b("MatMul", y, b("DequantizeLinear", f"raw_{n}", b.weight(2, 64), axis=0, block_size=32))
        y = b("Relu", y)
    return b.model([x], y, 21)


def decoder() -> onnx.ModelProto:
    """Two layers of a language model with its cache, as onnxruntime-genai's builder writes them: 4-bit weights."""
    b = Builder()
    heads, shared, size, hidden = 4, 2, 16, 64
    own = {"domain": "com.microsoft"}
    info = helper.make_tensor_value_info
    inputs = [
        info(name, TensorProto.INT64, ["batch", length])
        for name, length in (("input_ids", "new"), ("attention_mask", "total"))
    ]

    def dense(x: str, inner: int, columns: int) -> str:
        blocks = inner // 32
        packed = np.arange(columns * blocks * 16).reshape(columns, blocks, 16).astype(np.uint8)
        attributes = {"K": inner, "N": columns, "bits": 4, "block_size": 32, **own}
        return b("MatMulNBits", x, b.constant(packed), b.weight(columns, blocks), **attributes)

    total = b("Gather", b("Shape", "attention_mask"), b.constant(1, np.int64), axis=0)
    total = b("Cast", total, to=TensorProto.INT32)
    counted = b("ReduceSum", "attention_mask", b.constant([1], np.int64), keepdims=0)
    lengths = b("Cast", b("Sub", counted, b.constant(1, np.int64)), to=TensorProto.INT32)
    cosines, sines = b.weight(32, size // 2), b.weight(32, size // 2)
    x = b("Gather", b.weight(WORDS, hidden), "input_ids")
    scale = b.constant(np.ones(hidden, np.float32))
    y = b("SimplifiedLayerNormalization", x, scale, axis=-1, epsilon=1e-6, stash_type=1)
    for layer in range(2):
        pasts = [f"past_{kind}_{layer}" for kind in ("key", "value")]
        inputs += [info(name, TensorProto.FLOAT, ["batch", shared, "past", size]) for name in pasts]
        q, k, v = dense(y, hidden, heads * size), dense(y, hidden, shared * size), dense(y, hidden, shared * size)
        name = f"attention_{layer}"
        b.nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [q, k, v, *pasts, lengths, total, cosines, sines],
                [name, f"present_key_{layer}", f"present_value_{layer}"],
                num_heads=heads,
                kv_num_heads=shared,
                do_rotary=1,
                **own,
            )
        )
        for inner in (heads * size, 2 * hidden):
            if inner == 2 * hidden:
                gate, up = dense(y, hidden, inner), dense(y, hidden, inner)
                name = b("Mul", b("Mul", gate, b("Sigmoid", gate)), up)
            skip = f"sum_{layer}_{inner}"
            outputs = [f"norm_{layer}_{inner}", "", "", skip]
            joined = [x, dense(name, inner, hidden), scale]
            b.nodes.append(helper.make_node("SkipSimplifiedLayerNormalization", joined, outputs, epsilon=1e-6, **own))
            x, y = skip, outputs[0]
    model = b.model(inputs, dense(y, hidden, WORDS))
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def feeds(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Inputs of one size for the open ones."""
    random = np.random.default_rng(3)
    found = {}
    for value in model.graph.input:
        sizes = [d.dim_value or _SIZES.get(d.dim_param, 3) for d in value.type.tensor_type.shape.dim]
        kind = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        if value.name == "attention_mask":
            found[value.name] = np.ones(sizes, kind)
        elif kind.kind in "iu":
            found[value.name] = random.integers(0, 2, sizes).astype(kind)
        else:
            found[value.name] = random.standard_normal(sizes).astype(kind)
    return found


def optimised(model: onnx.ModelProto, folder: Path, level: str) -> onnx.ModelProto:
    """As onnxruntime's own optimiser writes it out for this machine."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return onnx.load(folder / "optimised.onnx")


def fused(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """As the transformer optimiser makes it."""
    from onnxruntime.transformers.optimizer import optimize_model

    onnx.save(model, folder / "plain.onnx")
    found = optimize_model(str(folder / "plain.onnx"), "bert", HEADS, HIDDEN, opt_level=0).model
    assert isinstance(found, onnx.ModelProto)
    if all(imported.domain != "com.microsoft" for imported in found.opset_import):
        found.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return found


def halved(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """And in half precision."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    found = convert_float_to_float16(fused(model, folder), keep_io_types=True, disable_shape_infer=True)
    assert isinstance(found, onnx.ModelProto)
    return found


def dynamic(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(model, folder / "dynamic.onnx", extra_options={"DefaultTensorType": TensorProto.FLOAT})
    return onnx.load(folder / "dynamic.onnx")


def static(
    model: onnx.ModelProto, folder: Path, form: str, per_channel: bool = False, wide: bool = False
) -> onnx.ModelProto:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
        def __init__(self) -> None:
            self.left = [feeds(model)]

        def get_next(self) -> dict[str, np.ndarray] | None:
            return self.left.pop() if self.left else None

    quantize_static(
        model,
        folder / "static.onnx",
        Reader(),
        QuantFormat[form],
        per_channel=per_channel,
        activation_type=QuantType.QUInt16 if wide else QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return onnx.load(folder / "static.onnx")


def four_bits(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer

    quantiser = MatMulBnb4Quantizer(model, 1, 16)
    quantiser.process()
    found = quantiser.model.model
    assert isinstance(found, onnx.ModelProto)
    return found


def n_bits(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantiser = MatMulNBitsQuantizer(model, block_size=16)
    quantiser.process()
    found = quantiser.model.model
    assert isinstance(found, onnx.ModelProto)
    return found


def packed(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """Rows of several lengths behind one another: no CPU runs it."""
    from onnxruntime.transformers.convert_to_packing_mode import PackingMode
    from onnxruntime.transformers.onnx_model import OnnxModel

    wrapped = OnnxModel(fused(model, folder))
    PackingMode(wrapped).convert()
    found = wrapped.model
    assert isinstance(found, onnx.ModelProto)
    return found


Tool = Callable[[onnx.ModelProto, Path], onnx.ModelProto]

EMITTED: dict[str, tuple[Callable[[], onnx.ModelProto], tuple[Tool, ...]]] = {
    "bert": (bert, ()),
    "bert, fused": (bert, (fused,)),
    "bert, fused and halved": (bert, (halved,)),
    "bert, extended": (bert, (lambda m, f: optimised(m, f, "ORT_ENABLE_EXTENDED"),)),
    "bert, fused, dynamic": (bert, (fused, dynamic)),
    "bert, fused, dynamic, all": (bert, (fused, dynamic, lambda m, f: optimised(m, f, "ORT_ENABLE_ALL"))),
    "bert, dynamic, all": (bert, (dynamic, lambda m, f: optimised(m, f, "ORT_ENABLE_ALL"))),
    "bert, operators": (bert, (lambda m, f: static(m, f, "QOperator"),)),
    "bert, fused, static, all": (
        bert,
        (fused, lambda m, f: static(m, f, "QDQ"), lambda m, f: optimised(m, f, "ORT_ENABLE_ALL")),
    ),
    "bert, 16 bits": (bert, (lambda m, f: static(m, f, "QDQ", wide=True),)),
    "bert, 4-bit floats": (bert, (four_bits,)),
    "bert, n bits": (bert, (fused, n_bits)),
    "bert, packed": (bert, (packed,)),
    "decoder": (decoder, ()),
    "decoder, all": (decoder, (lambda m, f: optimised(m, f, "ORT_ENABLE_ALL"),)),
    "blocks of 4 bits": (quantised_weights, ()),
    "blocks of 4 bits, all": (quantised_weights, (lambda m, f: optimised(m, f, "ORT_ENABLE_ALL"),)),
    "cnn, extended": (convolutional, (lambda m, f: optimised(m, f, "ORT_ENABLE_EXTENDED"),)),
    "cnn, all": (convolutional, (lambda m, f: optimised(m, f, "ORT_ENABLE_ALL"),)),
    "cnn, operators": (convolutional, (lambda m, f: static(m, f, "QOperator"),)),
    "cnn, operators, all": (
        convolutional,
        (lambda m, f: static(m, f, "QOperator"), lambda m, f: optimised(m, f, "ORT_ENABLE_ALL")),
    ),
    "cnn, per channel": (convolutional, (lambda m, f: static(m, f, "QDQ", per_channel=True),)),
    "cnn, static, all": (
        convolutional,
        (lambda m, f: static(m, f, "QDQ"), lambda m, f: optimised(m, f, "ORT_ENABLE_ALL")),
    ),
}


def emitted(name: str, folder: Path) -> onnx.ModelProto:
    make, tools = EMITTED[name]
    model = make()
    for tool in tools:
        model = tool(model, folder)
    return model
