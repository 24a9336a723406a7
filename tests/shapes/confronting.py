"""One operator's rule against onnxruntime, with the values of the inputs known and then unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from auditor.shapes.fact import Answer, Fact, ShapeError
from tests.shapes.asking import ask, contradiction, fact_of, observed

_NOT_ALWAYS_WHOLE = frozenset({"Slice", "StringNormalizer", "SVMClassifier", "Unique"})
"""What is left of these hangs on more values than are followed, or on bounds beyond any size."""


def confront(
    op_type: str,
    opset: int,
    inputs: Sequence[np.ndarray | None],
    attributes: Mapping[str, Any] | None = None,
    outputs: int = 1,
    domain: str = "",
) -> bool:
    """Assert that nothing we claim is otherwise in the runtime, and that we refuse nothing that runs.

    False where the runtime refuses; then nothing was compared.
    """
    truth = observed(op_type, opset, inputs, attributes or {}, outputs, values=True, domain=domain)
    if truth is None:
        return False
    case = f"{op_type}-{opset} of {inputs} with {attributes}"
    for known in (True, False):
        facts = [None if array is None else fact_of(array, values=known) for array in inputs]
        answer = _asked(op_type, opset, facts, attributes, outputs, domain, case)
        assert (fault := contradiction(answer.outputs, truth)) == "", f"{case}: {fault}"
        for mine, theirs in zip(answer.outputs, truth, strict=False):
            whole = (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
            assert whole or not known or op_type in _NOT_ALWAYS_WHOLE, f"{case}: {mine} is not all"
            assert (fault := _other_value(mine, theirs)) == "", f"{case}: {fault}"
    return True


def _asked(
    op_type: str,
    opset: int,
    facts: Sequence[Fact | None],
    attributes: Mapping[str, Any] | None,
    outputs: int,
    domain: str,
    case: str,
) -> Answer:
    try:
        return ask(op_type, opset, facts, attributes, outputs, domain)
    except ShapeError as error:
        raise AssertionError(f"{case} runs, and we say: {error}") from error


def _other_value(mine: Fact, theirs: Fact) -> str:
    if mine.elements is None:
        return ""
    assert theirs.elements is not None
    if len(mine.elements) != len(theirs.elements):
        return f"{len(theirs.elements)} values, we say {len(mine.elements)}"
    for i, (claimed, real) in enumerate(zip(mine.elements, theirs.elements, strict=True)):
        if claimed is None:
            continue
        if type(claimed) is not type(real):
            return f"value {i} is {real!r}, we say {claimed!r}"
        if claimed != real and (claimed == claimed or real == real):  # NaN equals nothing
            return f"value {i} is {real!r}, we say {claimed!r}"
    return ""
