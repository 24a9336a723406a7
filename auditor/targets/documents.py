"""What NVIDIA's documents say that releases of TensorRT support: read, not measured.

Source: docs/operators.md of github.com/onnx/onnx-tensorrt as it was for the releases 8.5, 9.2, 10.6 and 10.15 (of 8.5
at commit 6d0ab7be, of 10.6 at 0137504e), and the dates of docs/Changelog.md there. Of the types of an operator those
are kept that are not quantised ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..tuples import NamedTuple

_DOCUMENTS = """\
8.5|2022-11-02|fhdilqo
9.2|2023-11-08|fhbdil8quo
10.6|2024-11-01|fhbdil8q4uo
10.15|2026-02-02|fhbdil8eq4uo
"""

# What is written of operators: the documents as numbers in this order, the types ("" none: it is said not to be
# supported; "*": not said of the first input), the operators. 8.5 says int32 for int64 too, which it casts, and has no
# uint8 in its list, which its changelog says that it takes at the model's rim.
_OPERATORS = """\
||Bernoulli BitShift Compress ConcatFromSequence ConvInteger DFT Det DynamicQuantizeLinear MatMulInteger MaxRoiPool
||MaxUnpool MelWeightMatrix Multinomial NegativeLogLikelihoodLoss Optional OptionalGetElement OptionalHasElement
||QLinearConv QLinearMatMul SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength
||SequenceMap SoftmaxCrossEntropyLoss SplitToSequence StringNormalizer TfIdfVectorizer Unique
-0||Hardmax IsInf LayerNormalization
-1||BlackmanWindow HammingWindow HannWindow STFT
2-||AffineGrid BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Col2Im ImageDecoder RegexFullMatch StringConcat
2-||StringSplit
|o|And Not Or Xor
|*|ConstantOfShape DequantizeLinear RandomNormal RandomUniform
2-|*|BlackmanWindow HammingWindow HannWindow STFT
|fhb|Acos Acosh Asin Asinh Atan Atanh BatchNormalization Ceil Celu Clip Conv ConvTranspose Cos Cosh CumSum Dropout
|fhb|Einsum Elu Erf Exp Floor Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool GRU HardSigmoid HardSwish ImageScaler
|fhb|InstanceNormalization LeakyRelu Log LogSoftmax LRN LSTM LpNormalization LpPool MatMul MaxPool
|fhb|MeanVarianceNormalization ParametricSoftplus PRelu QuantizeLinear RandomNormalLike RandomUniformLike Reciprocal
|fhb|Resize RNN Round ScaledTanh Scan Selu Sigmoid Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh ThresholdedRelu
|fhb|Upsample
1-|fhb|AveragePool GroupNormalization Hardmax IsInf LayerNormalization
-2|fhb|Pow
3-|fhb|Attention RMSNormalization RotaryEmbedding
-0|fh|ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
-0|fh|ReduceSumSquare Relu ReverseSequence TopK
|fh|GridSample NonMaxSuppression NonZero RoiAlign
2-|fh|DeformConv Mish
-0|fhil|AveragePool
3-|fhbi|TensorScatter
|fhbil|Abs Add DepthToSpace Div Equal Greater GreaterOrEqual IsNaN Less LessOrEqual Max Mean Min Mod Mul Neg Pad Range
|fhbil|Scatter ScatterElements ScatterND Shrink Sign SpaceToDepth Sub Sum
1-|fhbil|ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
1-|fhbil|ReduceSum ReduceSumSquare Relu TopK
2-|fhbil|Gelu
3-|fhbil|Pow
|fhbilo|Cast Concat Constant Expand EyeLike Flatten Gather GatherElements GatherND Identity If Loop OneHot Reshape Shape
|fhbilo|Size Slice Split Squeeze Tile Transpose Trilu Unsqueeze Where
1-|fhbilo|CastLike ReverseSequence
"""

_LETTERS = {"f": 1, "u": 2, "q": 3, "i": 6, "l": 7, "o": 9, "h": 10, "d": 11, "b": 16, "8": 17, "4": 22, "e": 23}
_UINT8, _QUANTISED = 2, frozenset({2, 3, 17, 22, 23})
_FLOAT, _DOUBLE = 1, 11  # that is made float32, say the documents


class Document(NamedTuple):
    """What is written of one release."""

    version: str
    date: str
    dtypes: frozenset[int]  # that a tensor may have
    operators: Mapping[str, frozenset[int] | None]  # the types of the first input, none if unsupported; None: not said

    def refuses(self, op_type: str) -> bool:
        """Whether the operator of ONNX's is said not to be supported."""
        return self.operators.get(op_type, self.dtypes) == frozenset()

    def names(self, op_type: str, dtype: int | None) -> bool:
        """Whether the operator is named, and for the type of its first input; one that is quantised is no question."""
        types = self.operators.get(op_type, frozenset())
        return types is None or (
            bool(types) and (dtype is None or dtype in _QUANTISED or (_FLOAT if dtype == _DOUBLE else dtype) in types)
        )


def documents(version: str) -> tuple[Document, ...]:
    """The document on a release, ``10.6`` or ``10.6.0.26``; else the ones before and behind it; none of neither end."""
    every = _documents()
    wanted = _numbers(version)
    if len(wanted) == 1:  # the newest of that name, as of onnxruntime
        found = [one for one in every if _numbers(one.version)[:1] == wanted]
        return tuple(found[-1:])
    older = [one for one in every if _numbers(one.version) <= wanted[:2]]
    newer = [one for one in every if _numbers(one.version) >= wanted[:2]]
    if not older or not newer:
        return ()
    return (older[-1],) if older[-1] is newer[0] else (older[-1], newer[0])


def all_versions() -> tuple[str, ...]:
    """Of the releases on which there is a document, the oldest first."""
    return tuple(one.version for one in _documents())


@cache
def _documents() -> tuple[Document, ...]:
    found = []
    for number, line in enumerate(_DOCUMENTS.splitlines()):
        version, date, letters = line.split("|")
        dtypes = frozenset(_LETTERS[one] for one in letters) | {_UINT8}
        operators: dict[str, frozenset[int] | None] = {}
        for row in _OPERATORS.splitlines():
            span, types, names = row.split("|")
            first, _, last = span.partition("-")
            if int(first or 0) <= number <= int(last or number):
                held = None if types == "*" else frozenset(_LETTERS[one] for one in types) & dtypes
                operators.update(dict.fromkeys(names.split(), held))
        found.append(Document(version, date, dtypes, operators))
    return tuple(found)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
