"""Ask an operator's rule directly, as the walk does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from auditor.shapes.fact import Answer, Element, Fact, Shape, ShapeError
from auditor.shapes.ops.checks import fits
from auditor.shapes.registry import operator_for
from auditor.shapes.sizes.dim import Size

FLOAT, INT64, STRING = 1, 7, 8


def tensor(*sizes: Size | None, dtype: int | None = FLOAT) -> Fact:
    """A tensor of this shape."""
    return Fact(dtype, sizes)


def values(*elements: Element, dtype: int = INT64) -> Fact:
    """A vector of known values."""
    return Fact(dtype, (len(elements),), elements)


def ask(
    op_type: str,
    opset: int,
    inputs: Sequence[Fact | None],
    attributes: Mapping[str, Any] | None = None,
    outputs: int = 1,
    domain: str = "",
) -> Answer:
    """What the rule of this opset answers. Attributes that it does not name do not reach it."""
    rule = operator_for(domain, op_type, opset)
    assert rule is not None, f"no rule for {op_type} at opset {opset}"
    arguments = {name: value for name, value in (attributes or {}).items() if name in rule.attributes}
    if rule.counts_outputs:
        arguments["output_count"] = outputs
    result = rule.run(*inputs, **arguments)
    if isinstance(result, Answer):
        return result
    return Answer(result if type(result) is tuple else (result,))


def shape(
    op_type: str,
    opset: int,
    inputs: Sequence[Fact | None],
    attributes: Mapping[str, Any] | None = None,
    output: int = 0,
) -> Shape | None:
    """The shape of one output."""
    return ask(op_type, opset, inputs, attributes, output + 1).outputs[output].shape


def formula(
    op_type: str, opset: int, inputs: Sequence[Fact | None], attributes: Mapping[str, Any] | None = None
) -> str:
    """How the first output's shape comes about."""
    answer = ask(op_type, opset, inputs, attributes)
    return "" if answer.formula is None else answer.formula()


def misfits(
    op_type: str, opset: int, inputs: Sequence[Fact | None], attributes: Mapping[str, Any] | None = None
) -> set[str]:
    """The parameters that certainly do not have the shape that they need."""
    rule = operator_for("", op_type, opset)
    assert rule is not None
    given = dict(zip(rule.inputs, inputs, strict=False))
    found = set()
    for name, need in ask(op_type, opset, inputs, attributes).needs.items():
        fact = given.get(name)
        if fact is not None and fact.shape is not None and fits(fact.shape, need) is False:
            found.add(name)
    return found


def observed(
    op_type: str,
    opset: int,
    inputs: Sequence[np.ndarray | None],
    attributes: Mapping[str, Any],
    outputs: int = 1,
    values: bool = False,
    domain: str = "",
) -> list[Fact] | None:
    """What onnxruntime's CPU makes of one node: types, shapes, and values if asked for; None where it refuses."""
    import onnx
    import onnxruntime
    from onnx import helper

    names = ["" if array is None else f"i{n}" for n, array in enumerate(inputs)]
    feeds = {name: array for name, array in zip(names, inputs, strict=True) if array is not None}
    node = helper.make_node(op_type, names, [f"o{n}" for n in range(outputs)], domain=domain, **attributes)
    graph = helper.make_graph(
        [node],
        op_type,
        [helper.make_tensor_value_info(name, dtype_of(array), array.shape) for name, array in feeds.items()],
        [onnx.ValueInfoProto(name=name) for name in node.output],
    )
    imports = [helper.make_opsetid(domain, opset)] + ([helper.make_opsetid("", 17)] if domain else [])
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        made = session.run(None, feeds)
    except Exception:
        return None
    return [fact_of(array, values) for array in made]


def fact_of(array: np.ndarray, values: bool = False) -> Fact:
    """What a rule would be told of an array; with its values if asked for."""
    if not isinstance(array, np.ndarray):  # a sequence or a map: no tensor
        return Fact()
    return Fact(dtype_of(array), array.shape, tuple(array.ravel().tolist()) if values else None)


def dtype_of(array: np.ndarray) -> int:
    """The ONNX element type of an array; of objects, for strings arrive as such."""
    from onnx.helper import np_dtype_to_tensor_dtype

    return STRING if array.dtype == object else int(np_dtype_to_tensor_dtype(array.dtype))


def contradiction(claimed: Sequence[Fact], truth: Sequence[Fact]) -> str:
    """Where what a rule claims is not what was observed; "" if it never is. What is unknown contradicts nothing."""
    for n, (mine, theirs) in enumerate(zip(claimed, truth, strict=False)):
        if mine.dtype is not None and mine.dtype != theirs.dtype:
            return f"output {n} has dtype {theirs.dtype}, we say {mine.dtype}"
        if mine.shape is not None and theirs.shape is not None:
            if len(mine.shape) != len(theirs.shape):
                return f"output {n} has shape {theirs.shape}, we say {mine.shape}"
            if any(m is not None and m != t for m, t in zip(mine.shape, theirs.shape, strict=True)):
                return f"output {n} has shape {theirs.shape}, we say {mine.shape}"
    return ""


def confront(
    op_type: str,
    opset: int,
    arrays: Sequence[np.ndarray | None],
    attributes: Mapping[str, Any] | None = None,
    outputs: int = 1,
    values: bool = False,
) -> bool:
    """Hold a rule to onnxruntime: what ran is not accused, and nothing claimed of it is wrong. False if it did not run.

    ``values``: the rule is told the values of small tensors behind the first, as it would be of initializers.
    """
    attributes = attributes or {}
    truth = observed(op_type, opset, arrays, attributes, outputs)
    if truth is None:
        return False
    facts = [None if a is None else fact_of(a, values and n > 0 and a.size <= 16) for n, a in enumerate(arrays)]
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()}
    case = f"{op_type}-{opset} {[f and f.shape for f in facts]} {attributes}"
    try:
        answer = ask(op_type, opset, facts, given, outputs)
        wrong = misfits(op_type, opset, facts, given)
    except ShapeError as error:
        assert any(0 in (fact.shape or ()) for fact in truth), f"{case}: {error}"  # an empty image is an error to us
        return True
    assert not wrong, f"{case}: {wrong} do not fit"
    assert not contradiction(answer.outputs, truth), f"{case}: {contradiction(answer.outputs, truth)}"
    if answer.formula is not None:
        assert answer.formula().count("?") == 0 or any(s is None for s in answer.outputs[0].shape or (None,)), case
    return True
