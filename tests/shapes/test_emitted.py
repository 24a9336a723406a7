"""What onnxruntime's tools emit: every tensor of it against the run, and nothing of it accused."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from auditor.model.load import loads
from auditor.shapes.facts import infer
from tests.corpus import dtype_number, observed
from tests.shapes.emitted import EMITTED, emitted, feeds
from tests.shapes.test_corpus import wrong

# What each of them is here for: operators that its tools must have put in.
_OPERATORS = {
    "bert, fused": {"Attention", "BiasGelu", "EmbedLayerNormalization", "SkipLayerNormalization"},
    "bert, fused, dynamic": {"QAttention", "QEmbedLayerNormalization"},
    "bert, dynamic, all": {"DynamicQuantizeMatMul", "FusedMatMul", "MatMulIntegerToFloat", "SkipLayerNormalization"},
    "bert, operators": {"QLinearAdd", "QLinearMul", "QLinearSoftmax"},
    "bert, n bits": {"MatMulNBits"},
    "bert, 4-bit floats": {"MatMulBnb4"},
    "bert, packed": {"PackedAttention", "RemovePadding", "RestorePadding"},
    "blocks of 4 bits, all": {"MatMulNBits"},
    "cnn, extended": {"FusedConv"},
    "cnn, all": {"ReorderOutput"},
    "cnn, operators": {"QGemm", "QLinearAveragePool", "QLinearConcat", "QLinearLeakyRelu", "QLinearSigmoid"},
}


@pytest.mark.parametrize("name", EMITTED)
def test_every_tensor(name: str, tmp_path: Path) -> None:
    try:
        model = emitted(name, tmp_path)
    except ImportError as missing:
        pytest.skip(f"onnxruntime's tool wants another package: {missing}")
    assert {node.op_type for node in model.graph.node} >= _OPERATORS.get(name, set())
    given = feeds(model)
    del model.graph.value_info[:]  # what the tools declare is not to help us
    facts = infer(loads(model.SerializeToString()), {n: array.shape for n, array in given.items()})
    assert not facts.troubles
    if name == "bert, packed":
        assert facts[model.graph.output[0].name].shape == (3, 3, 16)
        return
    # Channels in blocks: how wide one is, the processor decides, and with it how many channels there are.
    blocked = {name for node in model.graph.node if node.domain == "com.microsoft.nchwc" for name in node.output}
    truth = observed(_without_declared(model), given)
    for tensor, array in truth.items():
        assert wrong(facts, tensor, dtype_number(array), array.shape) == ""
        fact = facts[tensor]
        assert fact.dtype is not None, tensor
        open_axes = {1} if tensor in blocked else set()
        assert fact.shape is not None and len(fact.shape) == array.ndim, tensor
        for axis, (mine, theirs) in enumerate(zip(fact.shape, array.shape, strict=True)):
            assert mine == theirs or (axis in open_axes and not isinstance(mine, int)), (
                tensor,
                fact.shape,
                array.shape,
            )


def _without_declared(model: onnx.ModelProto) -> onnx.ModelProto:
    """Outputs keep their types only: a tool may have written a shape that no longer holds."""
    found = onnx.ModelProto()
    found.CopyFrom(model)
    for value in found.graph.output:
        value.type.tensor_type.ClearField("shape")
    return found
