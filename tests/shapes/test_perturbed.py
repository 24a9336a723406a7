"""Single nodes with an axis one longer or one more: what we say is wrong the runtime refuses, and how much of it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.shapes.perturbing import is_accused, perturbed, sound
from tests.shapes.running import run_all

_SOUND = sound()

_COUNTS = """
:Add=30 :And=24 :Attention=65 :AveragePool=5 :BatchNormalization=40 :BitShift=10 :BitwiseAnd=18 :BitwiseOr=20
:BitwiseXor=18 :CausalConvWithState=33 :Col2Im=5 :Concat=16 :Conv=30 :ConvInteger=11 :ConvTranspose=20 :DFT=3
:DeformConv=64 :DepthToSpace=4 :DequantizeLinear=6 :Det=4 :Div=22 :Einsum=14 :Equal=30 :Expand=5 :EyeLike=3 :GRU=56
:Gather=2 :GatherElements=9 :GatherND=7 :Gemm=28 :Greater=30 :GreaterOrEqual=30 :GridSample=25
:GroupNormalization=12 :ImageDecoder=5 :InstanceNormalization=12 :LSTM=70 :LayerNormalization=52 :Less=30
:LessOrEqual=30 :LinearAttention=30 :LpPool=5 :MatMul=15 :MatMulInteger=3 :Max=9 :MaxPool=5 :MaxUnpool=9 :Mean=5
:Min=9 :Mod=10 :Mul=26 :NegativeLogLikelihoodLoss=39 :NonMaxSuppression=35 :OneHot=10 :Or=24 :PRelu=9 :Pad=10
:Pow=12 :QLinearConv=8 :QLinearMatMul=24 :QuantizeLinear=6 :RMSNormalization=34 :RNN=56 :Reshape=25 :Resize=10
:ReverseSequence=12 :RoiAlign=18 :STFT=3 :Scatter=14 :ScatterElements=35 :ScatterND=50 :Slice=18
:SoftmaxCrossEntropyLoss=26 :SpaceToDepth=12 :Split=11 :SplitToSequence=4 :Squeeze=2 :StringConcat=7 :Sub=26 :Sum=5
:SwiGLU=18 :TensorScatter=7 :TfIdfVectorizer=2 :Tile=4 :TopK=12 :Transpose=4 :Unsqueeze=5 :Upsample=2 :Where=12
:Xor=24 Attention=14 AttnLSTM=2 BeamSearch=2 BiasAdd=6 BiasGelu=6 BiasSplitGelu=6 BifurcationDetector=2 CDist=8
CausalConvWithState=6 ConvTransposeWithDynamicPads=14 CropAndResize=10 DecoderAttention=20
DecoderMaskedMultiHeadAttention=8 DequantizeLinear=5 DynamicQuantizeMatMul=12 DynamicSparseAttention=4
EmbedLayerNormalization=20 FastGelu=3 FusedConv=16 FusedGemm=12 FusedMatMul=6 FusedMatMulActivation=4 GatherND=2
GemmFastGelu=4 GemmFloat8=8 GreedySearch=2 GridSample=4 GroupNorm=10 GroupQueryAttention=5 HyperConnectionPreMix=1
LinearAttention=17 LinearAttentionGate=10 LongformerAttention=22 MatMulBnb4=2 MatMulInteger16=6
MatMulIntegerToFloat=16 MatMulNBits=22 MatMulNBitsMlp=2 MatMulNBitsQLoRA=2 MatMulPacked=2 MaxpoolWithMask=2 MoE=22
MulInteger=7 MultiHeadAttention=17 NGramHashMapping=2 NhwcConv=12 NhwcFusedConv=12 NhwcMaxPool=2 PackedAttention=14
PackedMultiHeadAttention=2 Pad=4 PagedAttention=4 QAttention=14 QEmbedLayerNormalization=4 QGemm=12 QLinearAdd=2
QLinearAveragePool=2 QLinearConcat=2 QLinearConv=16 QLinearMul=2 QLinearWhere=9 QOrderedAttention=4 QOrderedMatMul=4
RestorePadding=4 Sampling=2 SimplifiedLayerNormalization=11 SkipLayerNormalization=12
SkipSimplifiedLayerNormalization=6 SwiGLU=14 TorchEmbedding=2 TransposeMatMul=4 UnfoldTensor=1 Unique=2
VarlenCausalConvWithState=10 VarlenNGramHashMapping=4 ai.onnx.ml:TreeEnsemble=2 ai.onnx.preview.training:Adagrad=18
ai.onnx.preview.training:Adam=24 ai.onnx.preview.training:Momentum=24 ai.onnx.preview:FlexAttention=65
nchwc:AveragePool=2 nchwc:Conv=4 nchwc:MaxPool=2 nhwc:AveragePool=2 nhwc:BatchNormalization=18 nhwc:Conv=12
nhwc:ConvTranspose=12 nhwc:DepthToSpace=4 nhwc:GridSample=10 nhwc:InstanceNormalization=10 nhwc:LpPool=2
nhwc:MaxPool=2 nhwc:SpaceToDepth=6
"""
_TOLD = {name: int(count) for name, _, count in (word.rpartition("=") for word in _COUNTS.split())}
"""Of each operator's perturbed nodes, how many we tell: onnxruntime was seen to refuse them."""

_RUN_ALL_THE_SAME = {
    ":GatherND": (2, "The specification wants the batch axes of data and indices to be equal; onnxruntime reads on."),
    ":GroupNormalization": (4, "The specification wants scale and bias of one axis; onnxruntime counts elements."),
    ":PRelu": (1, "The slope must broadcast to X and not stretch it; onnxruntime stretches both."),
    ":STFT": (1, "The window has one axis; onnxruntime counts elements."),
    ":SoftmaxCrossEntropyLoss": (4, "One weight for each class; onnxruntime indexes, and does not look."),
    "DynamicQuantizeMatMul": (2, "The bias has one axis; onnxruntime counts elements."),
    "LinearAttentionGate": (4, "Both parameters have one axis; onnxruntime counts elements."),
    "MatMulIntegerToFloat": (2, "The scale and the bias have one axis; onnxruntime counts elements."),
    "SimplifiedLayerNormalization": (2, "The scale has the normalized axes; onnxruntime broadcasts."),
}
"""What runs though its documentation says that it must not: how many, and why."""


@pytest.mark.parametrize("name", sorted(_SOUND))
def test_a_sound_node_is_let_be_and_what_is_wrong_of_its_inputs_is_told(name: str) -> None:
    """A number that changes with reason: `python -m tests.shapes.perturbing` prints all of them."""
    assert not [str(case) for case in _SOUND[name] if is_accused(case)]
    assert sum(is_accused(wrong) for case in _SOUND[name] for wrong in perturbed(case)) == _TOLD.get(name, 0)


def test_the_runtime_refuses_what_we_tell() -> None:
    """Where it has a kernel."""
    cases = [(n, p) for n, sounds in _SOUND.items() for c in sounds for p in perturbed(c) if not p.inferred]
    told = [(name, case) for name, case in cases if is_accused(case)]
    ran = Counter(
        name
        for (name, _), truth in zip(told, run_all([case for _, case in told]), strict=True)
        if not isinstance(truth, str)
    )
    assert len(told) > 2000
    assert ran == {name: count for name, (count, _) in _RUN_ALL_THE_SAME.items()}
