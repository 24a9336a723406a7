"""Every step in an operator's history whose words changed has an answer: it means the same, or where it does not."""

import re
from collections import defaultdict
from itertools import pairwise
from typing import Any

import onnx.defs
import pytest
from onnx import helper
from onnx.defs import OpSchema

from auditor.diff.meaning import means_the_same, otherwise
from auditor.diff.turns import turns
from auditor.model.graph import Node
from auditor.model.load import loads

EQUAL = {
    "written more clearly only": """
        Abs.13 ArgMax.13 ArgMin.13 Ceil.13 Floor.13 Clip.13 Concat.11 DepthToSpace.13 EyeLike.22 Gather.13
        GatherElements.13 GatherND.13 Gemm.6 Gemm.13 LRN.13 LSTM.22 Loop.11 Loop.13 Loop.16 MaxPool.11 MaxUnpool.11
        MeanVarianceNormalization.13 Mod.13 NegativeLogLikelihoodLoss.13 NonMaxSuppression.11 Pow.13 QuantizeLinear.24
        ReduceL1.13 ReduceL2.13 ReduceLogSum.13 ReduceLogSumExp.13 ReduceMax.12 ReduceMax.13 ReduceMean.13 ReduceMin.12
        ReduceMin.13 ReduceProd.13 ReduceSumSquare.13 Resize.13 Resize.19 Slice.13 SoftmaxCrossEntropyLoss.13
        Squeeze.23 Transpose.21 Transpose.25 Unsqueeze.23 Conv.11 LpPool.11 BatchNormalization.15
        """,
    "other element types only": """
        Add.14 Sub.14 Mul.14 Div.14 BitShift.28 Cast.9 Mod.28 Pad.13 QuantizeLinear.25 QuantizeLinear.28 ReduceMax.20
        ReduceMin.20 Range.27 OptionalGetElement.18 OptionalHasElement.18
        """,
    "what was an error, or not said, is allowed": """
        ArgMax.11 ArgMin.11 Compress.11 Flatten.11 Gather.11 Hardmax.11 LogSoftmax.11 Softmax.11 If.11 Max.8 Mean.8
        Min.8 Sum.8 ReduceL1.11 ReduceL2.11 ReduceLogSum.11 ReduceLogSumExp.11 ReduceMax.11 ReduceMean.11 ReduceMin.11
        ReduceProd.11 ReduceSum.11 ReduceSumSquare.11 Scan.11 Slice.11 Split.11 Squeeze.11 Unsqueeze.11 Cast.13
        """,
    "an attribute or input that may be left out, and then nothing changes": """
        ArgMax.12 ArgMin.12 Attention.25 AveragePool.7 AveragePool.10 Cast.19 CastLike.19 Constant.11 Constant.12
        DepthToSpace.11 SpaceToDepth.28 DequantizeLinear.13 DequantizeLinear.19 DequantizeLinear.21 DequantizeLinear.23
        GRU.14 LSTM.14 RNN.14 GatherND.12 Gemm.11 LpPool.18 MaxPool.8 MaxPool.10 Pad.18 Pad.19 QuantizeLinear.13
        QuantizeLinear.19 QuantizeLinear.21 QuantizeLinear.23 Reshape.14 Resize.18 ScatterElements.16 ScatterElements.18
        ScatterND.16 ScatterND.18 Shape.15 TopK.11
        ai.onnx.ml:TreeEnsembleClassifier.3 ai.onnx.ml:TreeEnsembleRegressor.3 ai.onnx.ml:LabelEncoder.4
        """,
    "an attribute is an input now": """
        Clip.11 Pad.11 ReduceL1.18 ReduceL2.18 ReduceLogSum.18 ReduceLogSumExp.18 ReduceMax.18 ReduceMean.18
        ReduceMin.18 ReduceProd.18 ReduceSum.13 ReduceSumSquare.18 Slice.10 Split.13 Squeeze.13 TopK.10 Unsqueeze.13
        Upsample.9
        """,
    "what must be said now meant the same where it was said": "Concat.4 Split.18",
    "the sizes for auto_pad contradict the attribute's text in 11 alone; onnxruntime 1.32 rounds up at each opset": """
        AveragePool.11 MaxPool.12
        """,
    "without training, which hands out more outputs": "BatchNormalization.14 Dropout.22",
}
"""Steps that mean the same for every node that is right on both sides, by the reason."""

SIGNED_OTHERWISE = """
    Abs.6 Add.6 BatchNormalization.6 BatchNormalization.9 Ceil.6 Clip.6 Div.6 Dropout.6 Elu.6 Exp.6 Floor.6 GRU.3
    GlobalLpPool.2 GridSample.20 HardSigmoid.6 InstanceNormalization.6 LeakyRelu.6 Log.6 LpPool.2 Max.6 Mean.6 Min.6
    Mul.6 Neg.6 PRelu.6 Pad.2 Reciprocal.6 Relu.6 Reshape.5 Scatter.11 Selu.6 Sigmoid.6 Split.2 Sqrt.6 Sub.6 Sum.6
    Tanh.6 Upsample.7 ai.onnx.ml:LabelEncoder.2 ai.onnx.ml:TreeEnsembleClassifier.5 ai.onnx.ml:TreeEnsembleRegressor.5
    """
"""Steps whose signature says already that they may mean something else: an attribute went, or has another default."""


def _steps() -> dict[str, tuple[OpSchema, OpSchema]]:
    histories: dict[tuple[str, str], list[OpSchema]] = defaultdict(list)
    for schema in onnx.defs.get_all_schemas_with_history():
        histories[schema.domain, schema.name].append(schema)
    found = {}
    for (domain, name), history in sorted(histories.items()):
        for one, two in pairwise(sorted(history, key=lambda s: s.since_version)):
            found[f"{domain}:{name}.{two.since_version}".lstrip(":")] = (one, two)
    return found


STEPS = _steps()


def _words(schema: OpSchema) -> list[str]:
    attributes = sorted(schema.attributes.items())
    texts = [schema.doc or "", *(f"{name}: {attribute.description}" for name, attribute in attributes)]
    texts += [f"{one.name}: {one.description}" for one in (*schema.inputs, *schema.outputs)]
    return [re.sub(r"\s+", " ", text).strip() for text in texts]


def test_each_step_whose_words_changed_has_an_answer() -> None:
    changed = {step for step, (one, two) in STEPS.items() if _words(one) != _words(two)}
    equal = [step for steps in EQUAL.values() for step in steps.split()]
    turned = [f"{two.name}.{two.since_version}" for one, two in STEPS.values() if _turned(one, two)]
    answered = [*equal, *turned, *SIGNED_OTHERWISE.split()]
    assert sorted(changed - set(answered)) == [], (
        "read what changed: does it mean the same? say so above, or in turns.py"
    )
    assert len(answered) == len(set(answered)), "two answers for one step"
    assert set(answered) <= STEPS.keys()


def _turned(one: OpSchema, two: OpSchema) -> bool:
    return any(one.since_version < turn.since <= two.since_version for turn in turns(two.domain, two.name))


@pytest.mark.parametrize("step", [step for steps in EQUAL.values() for step in steps.split()])
def test_a_step_that_was_read_as_equal_is(step: str) -> None:
    one, two = STEPS[step]
    assert means_the_same(two.domain, two.name, one.since_version, two.since_version) is True


def test_a_step_of_another_signature_or_meaning_is_not_equal() -> None:
    for step, (one, two) in STEPS.items():
        if step in SIGNED_OTHERWISE.split() or _turned(one, two):
            assert not means_the_same(two.domain, two.name, one.since_version, two.since_version), step


def test_every_turn_stands_at_a_version_of_its_operator() -> None:
    names = {two.name for _, two in STEPS.values() if not two.domain}
    for name in names:
        assert all(f"{name}.{turn.since}" in STEPS for turn in turns("", name)), name


def _node(op_type: str, outputs: tuple[str, ...] = ("y",), **attributes: Any) -> Node:
    graph = helper.make_graph([helper.make_node(op_type, ["x"], outputs, **attributes)], "g", [], [])
    return loads(helper.make_model(graph).SerializeToString()).graph.nodes[0]


@pytest.mark.parametrize(
    ("node", "old", "new", "same"),
    [
        (_node("MaxPool", kernel_shape=[2]), 21, 22, True),
        (_node("MaxPool", kernel_shape=[2], ceil_mode=1), 21, 22, False),
        (_node("AveragePool", kernel_shape=[2], ceil_mode=1), 18, 19, False),
        (_node("Cast", to=1), 23, 24, True),
        (_node("Cast", to=18), 23, 24, False),
        (_node("Dropout"), 7, 13, True),
        (_node("Dropout", ("y", "mask")), 9, 10, False),
        (_node("ConvTranspose"), 10, 11, True),
        (_node("ConvTranspose", auto_pad="SAME_UPPER"), 10, 11, False),
        (_node("OneHot"), 10, 11, False),
        (_node("Tile"), 5, 6, False),
        (_node("Softmax"), 13, 12, False),
        (_node("Softmax"), 13, 25, True),
        (_node("NoSuchOperator"), 12, 13, False),
    ],
)  # fmt: skip
def test_a_turn_concerns_the_nodes_that_it_speaks_of(node: Node, old: int, new: int, same: bool) -> None:
    assert (otherwise(node, old, new) is None) is same
