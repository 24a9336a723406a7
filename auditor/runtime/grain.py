"""How coarse a tensor of a model is, by the quantised operators in front of it; and whether chance made it."""

from __future__ import annotations

import math

from .alike import Grain
from .cutting import Cuttable
from .tensors import CannotRead, floats, read_tensor

RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
JUMPS = frozenset(
    {
        "ArgMax", "ArgMin", "TopK", "NonMaxSuppression", "NonZero", "Unique", "Greater", "GreaterOrEqual", "Less",
        "LessOrEqual", "Equal", "Round", "Floor", "Ceil", "Sign", "Cast", "Hardmax", "Mod", "RoiAlign", "If", "Loop",
    }
)  # fmt: skip
"""Operators that make much of little: two neighbours that differ by a rounding may be on either side of a jump."""

AMPLIFIERS = frozenset(
    {
        "Sqrt", "Reciprocal", "Div", "Log", "Pow", "Sub", "Exp", "Tan", "Acos", "Asin", "Acosh", "Atanh",
        "LayerNormalization", "InstanceNormalization", "GroupNormalization", "LpNormalization",
        "MeanVarianceNormalization", "RMSNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization",
    }
)  # fmt: skip
"""Operators whose slope has no bound: what differs by a rounding in front of one may differ by anything behind it."""

MOST_STEPS = 8
_MOVES = frozenset(
    {"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Slice", "Split", "Gather", "Expand",
     "Tile", "MaxPool", "Relu", "Clip", "DepthToSpace", "SpaceToDepth", "Pad", "Concat"}
)  # fmt: skip


def quantises(op_type: str) -> bool:
    """Whether the operator rounds to a few bits, or takes what was rounded so."""
    words = ("QLinear", "DynamicQuantize", "QGemm", "QAttention", "QEmbed", "QMoE", "QOrdered")
    return (
        op_type in ("QuantizeLinear", "DequantizeLinear", "MatMulNBits")
        or op_type.startswith(words)
        or "Integer" in op_type
    )


def grain_of(model: Cuttable, tensor: str) -> Grain | None:
    """The grain of a tensor; None where nothing in front of it is quantised."""
    depth = _layers(model, tensor)
    if not depth:
        return None
    maker = model.makers.get(tensor)
    while maker is not None and model.nodes[maker].op_type in _MOVES and model.nodes[maker].inputs:
        maker = model.makers.get(model.nodes[maker].inputs[0])
    node = model.nodes[maker] if maker is not None else None
    # What is only rounded once, from the input itself, is rounded alike at every level; so one layer is one step.
    steps = min(max(1, depth - 1), MOST_STEPS)
    if node is not None and (node.op_type == "QuantizeLinear" or node.op_type.startswith("QLinear")):
        return Grain(1.0, steps)
    if node is not None and node.op_type == "DequantizeLinear" and len(node.inputs) > 1:
        return Grain(_largest(model, node.inputs[1]), steps)
    return Grain(0.0, min(depth + 1, MOST_STEPS))


def by_chance(model: Cuttable, tensor: str) -> bool:
    """Whether a random operator of the main graph lies in front of it."""
    return any(model.nodes[index].op_type in RANDOM for index in model.needed(tensor))


def _layers(model: Cuttable, tensor: str) -> int:
    """The most quantising operators on a way to the tensor; dequantising is none, but for stored weights."""
    depth: dict[str, int] = {}
    for index in model.needed(tensor):
        node = model.nodes[index]
        before = max((depth.get(name, 0) for name in node.inputs), default=0)
        rounds = quantises(node.op_type) and (node.op_type != "DequantizeLinear" or not before)
        for name in node.outputs:
            depth[name] = before + rounds
    return depth.get(tensor, 0)


def _largest(model: Cuttable, scale: str) -> float:
    """The largest of the stored scales; 0 where they are not to be had."""
    held = model.stored(scale)
    if held is None:
        return 0.0
    try:
        tensor = read_tensor(held)
    except CannotRead:
        return 0.0
    values = floats(tensor.dtype, tensor.array)
    largest = float(abs(values).max()) if values is not None and values.size else 0.0
    return largest if math.isfinite(largest) else 0.0
