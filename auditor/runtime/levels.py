"""Where two levels of optimisation part: the first tensor, by cutting the model, and the optimiser, by leaving it out.

Nothing here runs a model: whoever asks says how a tensor's value is had (`Values`), so that tests may say anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ..tuples import NamedTuple
from .alike import apart
from .cutting import Cuttable
from .grain import JUMPS, grain_of
from .parting import first_bad, in_front
from .request import OFF

if TYPE_CHECKING:
    from .tensors import Array

OPTIMISERS = (
    # Rewrite rules.
    "DivMulFusion", "FuseReluClip", "GemmSumFusion", "GemmTransposeFusion", "NotWhereFusion", "ConvAddFusion",
    "ConvMulFusion", "ConvBNFusion", "Pad_Fusion", "MatMul_BatchNormalization_Fusion", "LabelEncoderFusion",
    "ClipQuantRewrite", "ReluQuantRewrite",
    # Transformers of the whole graph: basic, extended, for a layout.
    "DoubleQDQPairsRemover", "ConstantSharing", "CommonSubexpressionElimination", "ConstantFolding",
    "ConstantFoldingDQ", "MatMulAddFusion", "ReshapeFusion", "FreeDimensionOverrideTransformer", "GeluFusionL1",
    "LayerNormFusionL1", "QDQPropagationTransformer", "WeightBiasQuantization", "WhereDummyDq",
    "EnsureUniqueDQForNodeUnit", "SliceConcatToSpaceToDepthFusion", "FuseFp16InitializerToFp32NodeTransformer",
    "TransposeOptimizer",
    "TransposeOptimizer_CPUExecutionProvider", "QDQS8ToU8Transformer", "QDQSelectorActionTransformer",
    "GemmActivationFusion", "MatMulActivationFusion", "MatMulIntegerToFloatFusion", "DynamicQuantizeMatMulFusion",
    "ConvActivationFusion", "ConvAddActivationFusion", "GeluFusionL2", "LayerNormFusionL2", "SimplifiedLayerNormFusion",
    "AttentionFusion", "EmbedLayerNormFusion", "GatherSliceToSplitFusion", "GatherToSliceFusion",
    "MatmulTransposeFusion", "BiasGeluFusion", "GroupQueryAttentionFusion", "GroupQueryAttentionPreNormFusion",
    "SkipLayerNormFusion", "FastGeluFusion", "QuickGeluFusion", "SwiGluFusion", "GeluApproximation",
    "BiasSoftmaxFusion", "BiasDropoutFusion", "BiasSkipLayerNormFusion", "MatMulScaleFusion", "MatMulNBitsFusion",
    "MatMulNBitsMlpFusion", "MatMulNBitsQkvFusion", "MatMulNBitsQLoRAFusion", "DQMatMulNBitsFusion",
    "GqaValueLayoutTransformer", "Avx2WeightS8ToU8Transformer",
    "QDQFinalCleanupTransformer", "NchwcTransformer", "NhwcTransformer",
    # Rewrite rules that take out what does nothing: where one of them does harm with a fusion, that is told.
    "EliminateIdentity", "EliminateSlice", "UnsqueezeElimination", "EliminateDropout", "ExpandElimination",
    "CastElimination", "CastChainElimination", "PreShapeNodeElimination", "NoopElimination",
)  # fmt: skip
"""What ``disabled_optimizers`` takes, by the names in onnxruntime 1.32's log; an unknown one does no harm."""


class Culprit(NamedTuple):
    """The first tensor that parts, and what makes it. ``jump``: it made much of a rounding, and is no fault."""

    tensor: str
    node: str
    op_type: str
    jump: bool = False


class TypedArray(NamedTuple):
    """ONNX's number of the element type, and the elements."""

    dtype: int
    array: Array


Values: TypeAlias = Callable[[bytes, str, frozenset[str]], TypedArray | None]
"""The only output of a model at a level without some optimisers; None where it is not to be had."""


class OutOfTime(Exception):
    """The search is given up; what it has found so far stands."""


class Search:
    """Of a model whose output ``output`` differs between ``level`` and no optimisation."""

    def __init__(self, model: Cuttable, values: Values, level: str) -> None:
        self._model, self._values, self._level = model, values, level
        self._pairs: dict[str, tuple[TypedArray | None, TypedArray | None]] = {}

    def first(self, output: str) -> Culprit:
        """The first tensor that parts while nothing that its node takes does."""
        tensor = first_bad(self._model, output, self._parts)
        maker = self._model.makers.get(tensor)
        if maker is None:
            return Culprit(tensor, "", "")
        node = self._model.nodes[maker]
        jump = node.op_type in JUMPS and any(not self._same(name) for name in in_front(self._model, tensor))
        return Culprit(tensor, node.name, node.op_type, jump)

    def optimisers(self, tensor: str) -> tuple[str, ...]:
        """Those without which the tensor does not part; none where it parts without all of them, too."""
        cut = self._model.behind(tensor)
        right = self._pair(tensor)[1]

        def well(without: frozenset[str]) -> bool:
            return not self._differ(tensor, self._values(cut, self._level, without), right)

        return culprits(OPTIMISERS, well)

    def _pair(self, tensor: str) -> tuple[TypedArray | None, TypedArray | None]:
        if tensor not in self._pairs:
            cut = self._model.behind(tensor)
            self._pairs[tensor] = self._values(cut, self._level, frozenset()), self._values(cut, OFF, frozenset())
        return self._pairs[tensor]

    def _parts(self, tensor: str) -> bool:
        return self._differ(tensor, *self._pair(tensor))

    def _differ(self, tensor: str, got: TypedArray | None, right: TypedArray | None) -> bool:
        """What cannot be had on one side does not part: the search goes on behind it."""
        if got is None or right is None:
            return False
        return apart(right.array, got.array, (right.dtype, got.dtype), grain_of(self._model, tensor)) is not None

    def _same(self, tensor: str) -> bool:
        """To the last bit."""
        got, right = self._pair(tensor)
        return got is None or right is None or got.array.tobytes() == right.array.tobytes()


def culprits(names: Sequence[str], well: Callable[[frozenset[str]], bool], most: int = 3) -> tuple[str, ...]:
    """A small set of names without which all is well; () where it is not well without any of them.

    The shortest beginning of the names that must be left out ends in a culprit; with that one out, again.
    """
    if not well(frozenset(names)):
        return ()
    found: list[str] = []
    left = list(names)
    while len(found) < most:
        low, high = 0, len(left)  # without left[:high] all is well
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if well(frozenset((*found, *left[:middle]))) else (middle, high)
        found.append(left[high - 1])
        left = left[: high - 1]
        if not left or well(frozenset(found)):
            break
    return tuple(sorted(found))
