"""Single nodes of which less is known: nothing is accused or said otherwise for it, and as much as before is known."""

from __future__ import annotations

import pytest

from tests.shapes.forgetting import known
from tests.shapes.perturbing import sound

_SOUND = sound()

_COUNTS = """
:Abs=22 :Acos=36 :Acosh=36 :Add=870 :AffineGrid=240 :And=627 :ArgMax=103 :ArgMin=103 :Asin=36 :Asinh=36 :Atan=36
:Atanh=36 :Attention=1640 :AveragePool=126 :BatchNormalization=1480 :Bernoulli=44 :BitCast=80 :BitShift=170
:BitwiseAnd=189 :BitwiseNot=54 :BitwiseOr=175 :BitwiseXor=189 :BlackmanWindow=30 :Cast=100 :CastLike=490
:CausalConvWithState=720 :Ceil=36 :Celu=54 :CenterCropPad=194 :Clip=460 :Col2Im=429 :Compress=186 :Concat=350
:Constant=0 :ConstantOfShape=96 :Conv=350 :ConvInteger=258 :ConvTranspose=332 :Cos=36 :Cosh=36 :CumProd=186
:CumSum=186 :DFT=75 :DeformConv=522 :DepthToSpace=56 :DequantizeLinear=292 :Det=24 :Div=602 :Dropout=510
:DynamicQuantizeLinear=136 :Einsum=138 :Elu=58 :Equal=870 :Erf=14 :Exp=36 :Expand=121 :EyeLike=64 :Flatten=61
:Floor=36 :GRU=1156 :Gather=190 :GatherElements=138 :GatherND=106 :Gelu=72 :Gemm=362 :GlobalAveragePool=44
:GlobalMaxPool=44 :Greater=870 :GreaterOrEqual=870 :GridSample=353 :GroupNormalization=220 :HammingWindow=30
:HannWindow=30 :HardSigmoid=58 :HardSwish=22 :Hardmax=102 :Identity=64 :ImageDecoder=50 :InstanceNormalization=208
:IsInf=64 :IsNaN=32 :LRN=28 :LSTM=2230 :LayerNormalization=1378 :LeakyRelu=58 :Less=870 :LessOrEqual=870
:LinearAttention=1071 :Log=36 :LogSoftmax=102 :LpNormalization=94 :LpPool=80 :MatMul=256 :MatMulInteger=98 :Max=194
:MaxPool=290 :MaxUnpool=170 :Mean=99 :MeanVarianceNormalization=26 :MelWeightMatrix=128 :Min=194 :Mish=8 :Mod=206
:Mul=736 :Neg=36 :NegativeLogLikelihoodLoss=207 :NonMaxSuppression=525 :NonZero=26 :Not=54 :OneHot=381
:OptionalGetElement=36 :OptionalHasElement=40 :Or=627 :PRelu=114 :Pad=332 :Pow=203 :QLinearConv=316
:QLinearMatMul=1144 :QuantizeLinear=334 :RMSNormalization=256 :RNN=1244 :Range=204 :Reciprocal=36 :ReduceL1=188
:ReduceL2=188 :ReduceLogSum=174 :ReduceLogSumExp=188 :ReduceMax=165 :ReduceMean=188 :ReduceMin=165 :ReduceProd=165
:ReduceSum=188 :ReduceSumSquare=188 :RegexFullMatch=56 :Relu=22 :Reshape=479 :Resize=252 :ReverseSequence=138
:RoiAlign=327 :RotaryEmbedding=561 :Round=14 :STFT=182 :Scatter=152 :ScatterElements=380 :ScatterND=470 :Selu=58
:Shape=131 :Shrink=28 :Sigmoid=36 :Sign=14 :Sin=36 :Sinh=36 :Size=36 :Slice=492 :Softmax=102
:SoftmaxCrossEntropyLoss=514 :Softplus=36 :Softsign=36 :SpaceToDepth=100 :Split=322 :SplitToSequence=0 :Sqrt=36
:Squeeze=220 :StringConcat=159 :StringNormalizer=54 :StringSplit=168 :Sub=736 :Sum=99 :SwiGLU=168 :Swish=14 :Tan=36
:Tanh=36 :TensorScatter=318 :TfIdfVectorizer=93 :ThresholdedRelu=58 :Tile=86 :TopK=376 :Transpose=238 :Trilu=202
:Unique=300 :Unsqueeze=823 :Upsample=46 :Where=188 :Xor=627 Attention=480 AttnLSTM=1436 BeamSearch=1084 BiasAdd=184
BiasDropout=232 BiasGelu=81 BiasSoftmax=103 BiasSplitGelu=114 BifurcationDetector=196 BitmaskBiasDropout=192
BitmaskDropout=80 BranchwiseRMSNorm=40 CDist=100 CausalConvWithState=442 ConvTransposeWithDynamicPads=176
CropAndResize=290 DecoderAttention=1772 DecoderMaskedMultiHeadAttention=816 DequantizeLinear=70
DequantizeWithOrder=108 DynamicQuantizeMatMul=299 DynamicSparseAttention=532 DynamicTimeWarping=42
EmbedLayerNormalization=986 EngramGate=776 ExpandDims=85 FastGelu=60 FusedConv=148 FusedGemm=156 FusedMatMul=94
FusedMatMulActivation=90 GatedAdd=148 GatedDeltaNet=998 GatedRMSNorm=184 GatedRelativePositionBias=482
GatherBlockQuantized=150 GatherND=56 GatherPacked=90 Gelu=36 GemmFastGelu=102 GemmFloat8=100 GreedySearch=150
GridSample=128 GroupNorm=196 GroupQueryAttention=1764 HyperConnectionPostMix=202 HyperConnectionPreMix=104
Inverse=44 LinearAttention=655 LinearAttentionGate=184 LongformerAttention=414 MRotaryEmbedding=292 MatMulBnb4=158
MatMulFpQ4=154 MatMulInteger16=106 MatMulIntegerToFloat=328 MatMulNBits=270 MatMulNBitsMlp=550 MatMulNBitsQLoRA=436
MatMulPacked=86 MaxpoolWithMask=92 MoE=256 MoEGroupRouter=296 MoEPacked=244 MulInteger=95 MultiHeadAttention=1620
MurmurHash3=36 NGramHashMapping=352 NGramRepeatBlock=92 NhwcConv=128 NhwcFusedConv=128 NhwcMaxPool=32
PackedAttention=248 PackedMultiHeadAttention=264 Pad=83 PagedAttention=1072 QAttention=1240
QEmbedLayerNormalization=1624 QGemm=434 QLinearAdd=421 QLinearAveragePool=368 QLinearConcat=258 QLinearConv=664
QLinearGlobalAveragePool=380 QLinearLeakyRelu=207 QLinearMul=370 QLinearReduceMean=294 QLinearSigmoid=289
QLinearSoftmax=292 QLinearWhere=519 QMoE=319 QOrderedAttention=1158 QOrderedGelu=166 QOrderedLayerNormalization=260
QOrderedMatMul=278 QuantizeLinear=96 QuantizeWithOrder=107 QuickGelu=36 Range=90 RestorePadding=118
RotaryEmbedding=254 SampleOp=40 Sampling=150 ScaledSiLU=36 SimplifiedLayerNormalization=259
SkipLayerNormalization=1168 SkipSimplifiedLayerNormalization=748 SwiGLU=126 Tokenizer=40 TorchEmbedding=121
TransposeMatMul=93 Trilu=68 UnfoldTensor=34 Unique=88 VarlenCausalConvWithState=722 VarlenNGramHashMapping=916
WordConvEmbedding=208 ai.onnx.ml:ArrayFeatureExtractor=44 ai.onnx.ml:Binarizer=22 ai.onnx.ml:LabelEncoder=64
ai.onnx.ml:TreeEnsemble=46 ai.onnx.preview.training:Adagrad=840 ai.onnx.preview.training:Adam=1575
ai.onnx.preview.training:Momentum=1036 ai.onnx.preview:FlexAttention=365 nchwc:AveragePool=32 nchwc:Conv=88
nchwc:GlobalAveragePool=32 nchwc:GlobalMaxPool=32 nchwc:MaxPool=32 nchwc:ReorderInput=24 nchwc:ReorderOutput=42
nchwc:Upsample=40 nhwc:AveragePool=32 nhwc:BatchNormalization=740 nhwc:Conv=116 nhwc:ConvTranspose=92
nhwc:DepthToSpace=32 nhwc:GlobalAveragePool=44 nhwc:GlobalLpPool=32 nhwc:GlobalMaxPool=32 nhwc:GridSample=122
nhwc:InstanceNormalization=196 nhwc:LRN=28 nhwc:LpPool=44 nhwc:MaxPool=42 nhwc:SpaceToDepth=32
"""
_KNOWN = {name: int(count) for name, _, count in (word.rpartition("=") for word in _COUNTS.split())}
"""How many ranks, sizes, types and values were seen to be known of each operator's outputs, each of them right."""


@pytest.mark.parametrize("name", sorted(_SOUND))
def test_of_inputs_half_known_the_rest_is_followed(name: str) -> None:
    """`python -m tests.shapes.forgetting` prints the numbers, when more is known."""
    assert sum(map(known, _SOUND[name])) >= _KNOWN[name]
