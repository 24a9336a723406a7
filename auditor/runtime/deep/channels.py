"""Along which axis a tensor's channels lie, by the operator that made it."""

from __future__ import annotations

from ..cutting import Cuttable

LAST = frozenset(
    {
        "MatMul", "Gemm", "MatMulInteger", "QLinearMatMul", "QGemm", "MatMulNBits", "FusedMatMul",
        "LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization",
        "Attention", "MultiHeadAttention", "GroupQueryAttention", "LSTM", "GRU", "RNN",
    }
)  # fmt: skip
"""Operators whose features are the last axis."""

_SECOND = frozenset(
    {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "BatchNormalization", "InstanceNormalization", "MaxPool",
     "AveragePool", "GlobalAveragePool"}
)  # fmt: skip
_STAYS = frozenset(
    {
        "Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "Clip", "Sigmoid", "Tanh", "Gelu", "Erf", "Cast", "Identity",
        "QuantizeLinear", "DequantizeLinear", "Dropout", "Softmax", "LogSoftmax", "HardSwish", "HardSigmoid", "Elu",
    }
)  # fmt: skip
_MOST = 16  # operators on the way


def channel_axis(model: Cuttable | None, tensor: str, rank: int) -> int | None:
    """The second axis of what a convolution makes, the last of what a product of matrices makes; None of a vector."""
    if rank < 3 or model is None:
        return 1 if rank > 1 else None
    for _ in range(_MOST):
        maker = model.makers.get(tensor)
        if maker is None:
            break
        node = model.nodes[maker]
        if node.op_type in LAST:
            return rank - 1
        if node.op_type not in _STAYS or node.op_type in _SECOND:
            break
        tensor = next((name for name in node.inputs if name in model.makers), "")
    return 1
