"""Which operators belong together to the eye."""

from __future__ import annotations

from collections.abc import Mapping

from ..picture.graph import OperatorKind

_BY_KIND: Mapping[OperatorKind, str] = {
    OperatorKind.CONV: ("Conv ConvTranspose ConvInteger QLinearConv DeformConv FusedConv NhwcConv CausalConv1d"),
    OperatorKind.DENSE: (
        "MatMul Gemm MatMulInteger QLinearMatMul QGemm FusedMatMul FusedGemm MatMulNBits Einsum Attention "
        "MultiHeadAttention GroupQueryAttention QAttention LSTM GRU RNN DynamicQuantizeLSTM LinearAttention "
        "Linear LinearRegressor LinearClassifier SVMClassifier SVMRegressor"
    ),
    OperatorKind.POOL: (
        "MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool MaxUnpool MaxRoiPool RoiAlign "
        "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp "
        "ReduceSumSquare ArgMax ArgMin TopK CumSum CumProd Resize Upsample QLinearAveragePool "
        "QLinearGlobalAveragePool"
    ),
    OperatorKind.NORM: (
        "BatchNormalization LayerNormalization InstanceNormalization GroupNormalization RMSNormalization "
        "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization LpNormalization "
        "MeanVarianceNormalization LRN Normalizer Scaler EmbedLayerNormalization GroupNorm SkipGroupNorm Dropout"
    ),
    OperatorKind.ACTIVATION: (
        "Relu LeakyRelu PRelu Elu Selu Celu ThresholdedRelu Sigmoid HardSigmoid Tanh Softmax LogSoftmax Hardmax "
        "Gelu FastGelu BiasGelu QuickGelu Mish Swish HardSwish Softplus Softsign Clip Erf Shrink"
    ),
    OperatorKind.ELEMENTWISE: (
        "Add Sub Mul Div Pow Sqrt Exp Log Neg Abs Min Max Sum Mean Mod And Or Not Xor Equal Greater Less "
        "GreaterOrEqual LessOrEqual Where Floor Ceil Round Sign Reciprocal Sin Cos Tan Asin Acos Atan Sinh Cosh "
        "Asinh Acosh Atanh IsNaN IsInf BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot QLinearAdd QLinearMul "
        "RotaryEmbedding"
    ),
    OperatorKind.SHAPE: (
        "Shape Size Reshape Flatten Transpose Squeeze Unsqueeze Concat Split Slice Gather GatherND GatherElements "
        "ScatterND ScatterElements Scatter Expand Tile Pad Identity Cast CastLike DepthToSpace SpaceToDepth Range "
        "ConstantOfShape Constant NonZero OneHot EyeLike ReverseSequence Compress Unique Trilu TensorScatter"
    ),
    OperatorKind.CONTROL: (
        "If Loop Scan SequenceMap SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert "
        "SequenceLength ConcatFromSequence SplitToSequence Optional OptionalGetElement OptionalHasElement "
        "BeamSearch GreedySearch Sampling"
    ),
    OperatorKind.QUANT: ("QuantizeLinear DequantizeLinear DynamicQuantizeLinear"),
}

_KINDS: Mapping[str, OperatorKind] = {op: kind for kind, names in _BY_KIND.items() for op in names.split()}


def kind_of(op_type: str) -> OperatorKind:
    """The kind of an operator, whatever its domain; OTHER where nobody knows it."""
    return _KINDS.get(op_type, OperatorKind.OTHER)
