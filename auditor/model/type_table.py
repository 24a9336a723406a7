"""Which inputs of ONNX 1.23.2's operators share a type: data for `auditor.model.type_variables`.

Generated: ``python -m tests.make_types`` writes this file anew, and a test compares.
"""

# fmt: off

VARIABLES = {
"": """\
Add|1|T T>T
And|1|T T>-
Attention|23|T1 T1 T2 U T1 T2>T1 T1 T2 T1
Attention|24|T1 T1 T2 U T1 T2 ->T1 T1 T2 T1
BatchNormalization|1|T T T T T>T T T T T
BatchNormalization|14|T T T U U>T U U
BatchNormalization|15|T T1 T1 T2 T2>T T2 T2
BitShift|11|T T>T
BitwiseAnd|18|T T>T
BitwiseOr|18|T T>T
BitwiseXor|18|T T>T
CausalConvWithState|27|T T T T>T T
Clip|11|T T T>T
Concat|1|T>T
Conv|1|T T T>T
ConvInteger|10|T1 T2 T1 T2>-
ConvTranspose|1|T T T>T
DeformConv|19|T T T T T>T
DequantizeLinear|10|T - T>-
DequantizeLinear|19|T1 T2 T1>T2
DequantizeLinear|23|T1 T2 T1>-
Div|1|T T>T
Einsum|12|T>T
Equal|1|T T>-
GRU|1|T T T T T1 T>T T
Gemm|1|T T T>T
Greater|1|T T>-
GreaterOrEqual|12|T T>-
GroupNormalization|18|T T T>T
InstanceNormalization|1|T T T>T
LSTM|1|T T T T T1 T T T>T T T
LayerNormalization|17|T T T>T - -
Less|1|T T>-
LessOrEqual|12|T T>-
LinearAttention|27|T T T S T T>T S
MatMul|1|T T>T
MatMulInteger|10|T1 T2 T1 T2>-
Max|1|T>T
MaxRoiPool|1|T T>T
MaxUnpool|9|T1 T2 T2>T1
Mean|1|T>T
MelWeightMatrix|17|T1 T1 T1 T2 T2>-
Min|1|T>T
Mod|10|T T>T
Mul|1|T T>T
NegativeLogLikelihoodLoss|12|T Tind T>T
Or|1|T T>-
PRelu|1|T T>T
Pad|11|T - T>T
Pad|18|T - T Tind>T
Pow|1|T T>T
Pow|12|
QLinearConv|10|T1 - T1 T2 - T2 - T3 T4>T3
QLinearMatMul|10|T1 - T1 T2 - T2 - T3>T3
QLinearMatMul|21|T1 TS T1 T2 TS T2 TS T3>T3
QuantizeLinear|19|T1 T1 T2>T2
QuantizeLinear|23|T1 T2 T3>T3
RNN|1|T T T T T1 T>T T
Range|11|T T T>T
RoiAlign|10|T1 T1 T2>T1
RotaryEmbedding|23|T T T M>T
STFT|17|T1 T2 T1 T2>T1
Scatter|9|T Tind T>T
ScatterElements|11|T Tind T>T
ScatterND|11|T - T>T
SequenceConstruct|11|T>-
Slice|10|T Tind Tind Tind Tind>T
SoftmaxCrossEntropyLoss|12|T Tind T>T T
Split|1|T T>T
Split|2|
StringConcat|20|T T>T
Sub|1|T T>T
Sum|1|T>T
SwiGLU|28|T T>T
TensorScatter|24|T T ->T
Tile|1|T T T>T
Tile|6|
Where|9|B T T>T
Xor|1|T T>-
""",
"ai.onnx.ml": """\
FeatureVectorizer|1|T1>-
""",
"ai.onnx.preview": """\
FlexAttention|1|T1 T1 T1>T1
""",
}
