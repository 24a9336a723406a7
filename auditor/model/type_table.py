"""Which inputs of ONNX 1.23.2's operators, and of onnxruntime 1.32.0's own, share a type.

Data for `auditor.model.type_variables`. Generated: ``python -m tests.make_types`` writes this file anew, and a test
compares.
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
"com.microsoft": """\
Attention|1|T T T M T T M>T T
AttnLSTM|1|T T T T T1 T T T T T T T T1 T>T T T
BeamSearch|1|F I I I I T T M M I I I>I T T
BiasAdd|1|T T T>T
BiasDropout|1|T T T T1 T2>T T2
BiasGelu|1|T T>T
BiasSoftmax|1|T T>T
BiasSplitGelu|1|T T>T
BifurcationDetector|1|T T T T>T T
BitmaskBiasDropout|1|T T T T1 T2>T -
CDist|1|T T>T
CausalConvWithState|1|T T T T>T T T
ComplexMul|1|T T>T
ComplexMulConj|1|T T>T
ConvStateReplay|1|T T T TI>T
ConvTransposeWithDynamicPads|1|T T - T>T
CropAndResize|1|T1 T1 T2 T2>T1
DecoderAttention|1|T T T T T B T T B B B B>T T T
DecoderMaskedMultiHeadAttention|1|T T T M T T T M M M T>T T T -
DecoderMaskedSelfAttention|1|T T T M T T M M M>T T
DequantizeBFP|1|T1 T2 T2>-
DequantizeLinear|1|T1 T2 T1>T2
DynamicQuantizeLSTM|1|T T2 T2 T T1 T T T T T2 T T2>T T T
DynamicQuantizeMatMul|1|T1 T2 T1 T2 T1>T1
DynamicSparseAttention|1|TQuery TQuery TValue TCache TCache T T M M M M T T - T T T M S S>T TCache TCache M
EmbedLayerNormalization|1|T1 T1 T T T T T T1 T1>T T1 T
EngramGate|1|T T T T T T>T T
FastGelu|1|T T>T
FusedConv|1|T T T T>T
FusedGemm|1|T T T>T
FusedMatMul|1|T T>T
FusedMatMulActivation|1|T T>T
GatedAdd|1|T T T T>T
GatedDeltaNet|1|T T T TI TG TG TS TS TS TI TI>T TS TS
GatedDeltaNetStateReplay|1|T T T TI>T
GatedRMSNorm|1|T T T>T
GatedRelativePositionBias|1|T T T T T T M>T
GatherBlockQuantized|1|T1 Tind T2 T1>T2
GemmFastGelu|1|T T T>T
GemmFloat8|1|TA TB TC TS TS TS>-
GemmaRotaryEmbedding|1|U T T T T>T T
GreedySearch|1|I I I T I I I>I
GridSample|1|T1 T1>-
GroupNorm|1|T M M>T
GroupQueryAttention|1|T T T T_CACHE T_CACHE M M T T - T T T_KV_SCALE T_KV_SCALE T T M>T T_CACHE T_CACHE T
HyperConnectionLowRankMix|1|T T T T T T T>T T T
HyperConnectionPostMix|1|T T M M>T
IsAllFinite|1|V>-
LinearAttention|1|T T T S T T>T S
LinearAttentionGate|1|T TF TF T>T T
LongformerAttention|1|T T T T T T G>T
MRotaryEmbedding|1|T M T T>T
Mamba2Verify|1|T T F T T F F F F I>T T F T F
MatMulBlockQuantizedFp4Weight|1|T T1 T2 T3 T3 T>T
MatMulBlockQuantizedFp8Weight|1|T T1 T2 T2 T>T
MatMulBnb4|1|T1 T2 T1>T1
MatMulIntegerToFloat|1|T1 T2 T3 T3 T1 T2 T3>T3
MatMulNBits|1|T1 T2 T1 T3 T4 T1>T1
MatMulNBitsMlp|1|T1 T1 T1 T2 T1 T1 T2 T1 T1>T1 T1
MatMulNBitsQLoRA|1|T TQ T TQ T TQ T>T
MatMulNBitsQkv|1|T1 T1 T1 T2 T1 T1 T2 T1 T1 T2 T1 T1>T1 T1 T1 T1
MoE|1|T T T T T T T T>T
MoEGroupRouter|1|T TF T>T TF TF
MoEPacked|1|T TR T2 T2 T2 TR>T
MulInteger|1|T T T T>-
MultiHeadAttention|1|T T T T M T T T M M>T T T -
NGramHashMapping|1|M M M M M M ->M M
NhwcConv|1|T T T>T
NhwcFusedConv|1|T T T T>T
PackedAttention|1|T T T M M T>T
PackedMultiHeadAttention|1|T T T T M M T>T
PackedSparseAttentionIndexer|1|T T T T T T M M T T T I T_KEY T T M M M M M M M>M M T_KEY T T M T M M
PackedSparseAttentionIndexerMerge|1|T T T T T T T>T T T
Pad|1|T - T>T
PagedAttention|1|T T T T_CACHE T_CACHE S S S T T S T T T T_KV_SCALE T_KV_SCALE S>T T_CACHE T_CACHE
QAttention|1|T1 T2 T3 T3 T3 T4 T1 T2 T3>T3 T3
QEmbedLayerNormalization|1|T1 T1 T2 T2 T2 T2 T2 T1 T T T T T T2 T2 T2 T2 T2>T T1
QGemm|1|TA T TA TB T TB TC T TYZ>-
QLinearAdd|1|T - T T - T - T>T
QLinearAveragePool|1|T - T - T>T
QLinearConv|1|T1 - T1 T2 - T2 - T3 T4>T3
QLinearGlobalAveragePool|1|T - T - T>T
QLinearLeakyRelu|1|T - T - T>T
QLinearMul|1|T - T T - T - T>T
QLinearReduceMean|1|T - T - T>T
QLinearSigmoid|1|T - T - T>T
QLinearSoftmax|1|T - T - T>T
QLinearWhere|1|B T TF T T TF T TF T>T
QMoE|1|T T T1 T2 T T1 T2 T T1 T2 T T1 T1 T1 T T4 T4 T4 T4 T2 T2>T
QOrderedAttention|1|Q S S S S Q Q Q S S S S S S S S S G Q S>Q
QOrderedGelu|1|Q S S>Q
QOrderedLayerNormalization|1|Q S F F S>Q
QOrderedLongformerAttention|1|Q S Q S S S S F Q S S S G S>Q
QOrderedMatMul|1|Q S Q S S S Q S>Q
QuantizeLinear|1|T1 T1 T2>T2
RMSNormRotary|1|T F I TCos TCos TI>- F
Range|1|T T T>T
RelativePositionBias|1|T U U>T
RotaryEmbedding|1|T M T T>T
RouterGateUpProj|1|T T>T T
Sampling|1|I I I T I I I I I>I T
SkipGroupNorm|1|T M M T T>T T
SkipLayerNormalization|1|T T T T T>T - - T
SkipSimplifiedLayerNormalization|1|T T T T>T - - T
Snpe|1|T>T
SparseAttention|1|T T T T T M M M M T T>T T T
SparseAttentionIndexer|1|T T T T T T TB T T T T I M T>M T T
SparsePagedAttention|1|T T T T_CACHE T_CACHE S S S S S S T T S T T T T T T_KV_SCALE T_KV_SCALE S>T T_CACHE T_CACHE
SpeculativePrefixCommit|1|I64 I64 I32 I64 I64 I64 I64>I32 I64 I64
SwiGLU|1|T T>T
TransposeMatMul|1|T T>T
VarlenCausalConvWithState|1|T T M T T M T T>T T T
VarlenNGramHashMapping|1|M M M S M M M - S S>M M S M
WhisperBeamSearch|1|F I I I I T T M M I I I I I T>I T T - T
WordConvEmbedding|1|T T1 T1 T1>T1
""",
}
