"""ONNX's node tests, operator by operator: what is known of each output is what is stored, and all of it is known."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.model.load import loads
from auditor.shapes.fact import Fact
from auditor.shapes.facts import Facts, infer
from auditor.shapes.troubles import Impossible, Internal, Misfit, Unsupported
from tests.corpus import NodeTest, dtype_number, node_tests

_EXPANDED = "functions as their bodies"

_CASES: dict[str, list[NodeTest]] = {}
for _case in node_tests():
    _nodes = _case.model.graph.node
    _CASES.setdefault(_nodes[-1].op_type if len(_nodes) == 1 else _EXPANDED, []).append(_case)

_DECIDES = {
    **dict.fromkeys(("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean"), "axes"),
    **dict.fromkeys(("ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Squeeze", "Unsqueeze"), "axes"),
    **dict.fromkeys(("AffineGrid", "BlackmanWindow", "HammingWindow", "HannWindow"), "size"),
    **dict.fromkeys(("CenterCropPad", "ConstantOfShape", "Expand", "Reshape"), "shape"),
    "Col2Im": "image_shape",
    "Compress": "condition",
    "DFT": "dft_length",
    "ImageDecoder": "encoded_stream",
    "Loop": "M",
    "MaxUnpool": "output_shape",
    "MelWeightMatrix": "num_mel_bins",
    "NonMaxSuppression": "boxes",
    "NonZero": "X",
    "OneHot": "depth",
    "OptionalGetElement": "input",
    "Pad": "pads",
    "Range": "limit",
    "Resize": "scales",
    "STFT": "frame_step",
    "Slice": "ends",
    "Split": "split",
    "StringNormalizer": "X",
    "StringSplit": "X",
    "Tile": "repeats",
    "TopK": "K",
    "Unique": "X",
    "Upsample": "scales",
}
"""Operators whose outputs' sizes hang on values, and the input whose: the specification's name for it."""

_FOLLOWED = """
Abs Add And BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Clip Compress Concat Constant ConstantOfShape Equal
Expand Flatten Floor Gather GatherElements Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Max Min Mod Neg
NonMaxSuppression NonZero Not OptionalGetElement Or Range Relu Round Scatter Shape Sign Size Split Sqrt Squeeze
StringConcat StringNormalizer StringSplit Tile Transpose Trilu Unique Unsqueeze Xor
"""
_VALUES = frozenset(_FOLLOWED.split())
"""Operators whose values are followed to the last, in all of their node tests."""


def _facts(case: NodeTest, with_values: bool) -> Facts:
    names = [value.name for value in case.model.graph.input]
    fed = {name: array for name, array in zip(names, case.inputs, strict=False) if array is not None}
    model = loads(case.model.SerializeToString())
    return infer(model, values=fed) if with_values else infer(model, {name: a.shape for name, a in fed.items()})


def _outputs(case: NodeTest) -> list[tuple[str, np.ndarray]]:
    names = [value.name for value in case.model.graph.output]
    return [(name, array) for name, array in zip(names, case.outputs, strict=False) if array is not None]


def _is_whole(fact: Fact | None, array: np.ndarray) -> bool:
    return fact is not None and (fact.dtype, fact.shape) == (dtype_number(array), array.shape)


@pytest.mark.parametrize("op_type", sorted(_CASES))
def test_every_output_comes_out_exactly_where_values_are_known(op_type: str) -> None:
    """Type and shape are those stored, and so is each value that is followed; nothing is accused."""
    for case in _CASES[op_type]:
        facts = _facts(case, with_values=True)
        assert not _accused(facts), case.name
        for name, array in _outputs(case):
            fact = facts[name]
            assert (fact.dtype, fact.shape) == (dtype_number(array), array.shape), f"{case.name}: {name}"
            if fact.elements is not None:
                _hold_to(fact, array, f"{case.name}: {name}")
            if op_type in _VALUES:
                assert fact.elements is not None and None not in fact.elements, f"{case.name}: {name}"


@pytest.mark.parametrize("op_type", sorted(_CASES.keys() - {_EXPANDED}))
def test_every_output_comes_out_exactly_from_shapes_but_where_values_decide(op_type: str) -> None:
    for case in _CASES[op_type]:
        facts = _facts(case, with_values=False)
        assert not _accused(facts), case.name
        for name, array in _outputs(case):
            if op_type not in _DECIDES:
                assert _is_whole(facts.get(name), array), f"{case.name}: {name}: {facts.get(name)}"
            elif (fact := facts.get(name)) is not None:
                _hold_shape_to(fact, array, f"{case.name}: {name}")


def test_the_bodies_of_functions_come_to_nothing_wrong_from_shapes() -> None:
    for case in _CASES[_EXPANDED]:
        facts = _facts(case, with_values=False)
        assert not _accused(facts), case.name
        for name, array in _outputs(case):
            if (fact := facts.get(name)) is not None:
                _hold_shape_to(fact, array, f"{case.name}: {name}")


def _accused(facts: Facts) -> list[object]:
    return [t for t in facts.troubles if isinstance(t, Impossible | Misfit | Internal | Unsupported)]


def _hold_to(fact: Fact, array: np.ndarray, where: str) -> None:
    real = array.ravel().tolist()
    assert fact.elements is not None and len(fact.elements) == len(real), where
    for mine, theirs in zip(fact.elements, real, strict=True):
        same = mine is None or mine == theirs or (mine != mine and theirs != theirs)  # NaN equals nothing
        assert same, f"{where}: {mine}, stored is {theirs}"


def _hold_shape_to(fact: Fact, array: np.ndarray, where: str) -> None:
    assert fact.dtype in (None, dtype_number(array)), where
    if fact.shape is not None:
        assert len(fact.shape) == len(array.shape), where
        assert all(m == n for m, n in zip(fact.shape, array.shape, strict=True) if isinstance(m, int)), where
