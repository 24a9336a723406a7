"""Random small CNNs: every tensor against the runtime, and bound names against numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from auditor.model.load import loads
from auditor.shapes.facts import infer
from auditor.shapes.sizes.dim import Dim, evaluate
from auditor.shapes.troubles import Impossible
from tests.corpus import dtype_number, observed

LAYERS = (
    "Conv",
    "MaxPool",
    "AveragePool",
    "Relu",
    "BatchNormalization",
    "Residual",
    "Upsample",
    "ConvTranspose",
    "Concat",
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[onnx.ModelProto, tuple[int, int, int]]:
    """A chain of up to seven layers with a flattening head behind some; and the batch, height and width to feed."""
    channels = draw(st.integers(1, 4))
    nodes, stored, at = [], [], "data"

    def weight(name: str, *dims: int) -> str:
        stored.append(numpy_helper.from_array(np.full(dims, 0.1, np.float32), name))
        return name

    for i in range(draw(st.integers(1, 7))):
        op, to = draw(st.sampled_from(LAYERS)), f"t{i}"
        kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
        strides = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
        pads = draw(st.tuples(*(st.integers(0, min(kernel) - 1) for _ in range(4))))
        window: dict[str, Any] = {"kernel_shape": kernel, "strides": strides}
        if draw(st.booleans()):
            window["pads"] = pads
        else:
            window["auto_pad"] = draw(st.sampled_from(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]))
        match op:
            case "Conv":
                out = draw(st.integers(1, 4))
                dilations = draw(st.sampled_from([(1, 1), (2, 1)])) if "auto_pad" not in window else (1, 1)
                inputs = [at, weight(f"w{i}", out, channels, *kernel), weight(f"b{i}", out)]
                nodes.append(helper.make_node(op, inputs, [to], dilations=dilations, **window))
                channels = out
            case "ConvTranspose":
                out = draw(st.integers(1, 3))
                inputs = [at, weight(f"w{i}", channels, out, *kernel)]
                nodes.append(helper.make_node(op, inputs, [to], kernel_shape=kernel, strides=strides))
                channels = out
            case "MaxPool" | "AveragePool":
                if window.get("auto_pad", "NOTSET") == "NOTSET":
                    window["ceil_mode"] = draw(st.integers(0, 1))
                nodes.append(helper.make_node(op, [at], [to], **window))
            case "BatchNormalization":
                names = [weight(f"{part}{i}", channels) for part in ("scale", "shift", "mean", "var")]
                nodes.append(helper.make_node(op, [at, *names], [to]))
            case "Residual":
                nodes.append(helper.make_node("Relu", [at], [f"{to}r"]))
                nodes.append(helper.make_node("Add", [f"{to}r", at], [to]))
            case "Concat":
                nodes.append(helper.make_node("Concat", [at, at], [to], axis=1))
                channels *= 2
            case "Upsample":
                stored.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), f"scales{i}"))
                nodes.append(helper.make_node("Resize", [at, "", f"scales{i}"], [to]))
            case _:
                nodes.append(helper.make_node(op, [at], [to]))
        at = to
    if draw(st.booleans()):
        nodes.append(helper.make_node("Flatten", [at], ["flat"]))
        at = "flat"
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", nodes_channels(nodes, stored), "H", "W"])
    graph = helper.make_graph(nodes, "g", [data], [onnx.ValueInfoProto(name=at)], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model, (draw(st.integers(1, 3)), draw(st.integers(4, 17)), draw(st.integers(4, 17)))


def nodes_channels(nodes: list[onnx.NodeProto], stored: list[onnx.TensorProto]) -> int:
    """The channels that the first layer with a weight takes, halved by each Concat in front of it; else 2."""
    weights = {t.name: t for t in stored}
    doubled = 1
    for node in nodes:
        if node.op_type == "Concat":
            doubled *= 2
        names = [n for n in node.input[1:] if n in weights and not n.startswith("scales")]
        if names:
            dims = weights[names[0]].dims
            channels = dims[1] if node.op_type == "Conv" else dims[0]
            return max(channels // doubled, 1)
    return 2


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(networks())
def test_every_tensor_is_the_runtimes_and_names_bind(drawn: tuple[onnx.ModelProto, tuple[int, int, int]]) -> None:
    """From numbers: the runtime's shapes and dtypes. From names: the same, once the names are bound."""
    model, (batch, height, width) = drawn
    channels = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    loaded = loads(model.SerializeToString())
    facts = infer(loaded, {"data": (batch, channels, height, width)})
    try:
        real = observed(model, {"data": np.zeros((batch, channels, height, width), np.float32)})
    except Exception:  # the runtime refuses: then we must not have said that all is known and well
        real = None
    if any(isinstance(t, Impossible) for t in facts.troubles):
        assert real is None, facts.troubles
    assume(real is not None and not facts.troubles)
    assert real is not None
    for name, array in real.items():
        assert (facts[name].dtype, facts[name].shape) == (dtype_number(array), array.shape), name
    sizes = {"N": batch, "H": height, "W": width}
    named = infer(loaded)
    for name, array in real.items():
        shape = named[name].shape or ()
        assert tuple(evaluate(s, sizes) if isinstance(s, Dim) else s for s in shape) == array.shape, (name, shape)
