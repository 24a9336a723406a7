"""Sound single nodes with one input made wrong: an axis one longer, or an axis more.

``python -m tests.shapes.perturbing`` prints how many of them we tell, as test_perturbed.py holds it.
"""

from __future__ import annotations

import random
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from auditor.shapes.fact import ShapeError
from auditor.shapes.ops.checks import fits
from auditor.shapes.registry import operator_for
from tests.corpus import NodeTest, node_tests
from tests.shapes.asking import ask, fact_of
from tests.shapes.microsoft import MAKERS
from tests.shapes.running import Case

_DRAWS = 2
_NODE_TESTS = 5  # of one operator


@cache
def sound() -> dict[str, list[Case]]:
    """Nodes that run, by operator: random ones of onnxruntime's operators, and the first node tests of ONNX's."""
    found = {name: [make(random.Random(f"{name} {i}")) for i in range(_DRAWS)] for name, make in MAKERS.items()}
    for test in node_tests():
        if (case := _case(test)) is not None:
            cases = found.setdefault(f"{case.domain}:{case.op_type}", [])
            if len(cases) < _NODE_TESTS:
                cases.append(case)
    return found


def _case(test: NodeTest) -> Case | None:
    graph = test.model.graph
    if len(graph.node) != 1 or any(a.g.node or a.graphs for a in graph.node[0].attribute):
        return None
    node = graph.node[0]
    arrays = dict(zip((v.name for v in graph.input), test.inputs, strict=True))
    inputs = [arrays[name] if name else None for name in node.input]
    if any(name and array is None for name, array in zip(node.input, inputs, strict=True)):
        return None
    versions = {o.domain: o.version for o in test.model.opset_import}
    return Case(
        node.op_type,
        inputs,
        {a.name: _plain(onnx.helper.get_attribute_value(a)) for a in node.attribute},
        tuple(map(bool, node.output)),
        node.domain,
        versions.get("", 17),
        version=versions.get(node.domain, 1),
    )


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def perturbed(case: Case) -> Iterator[Case]:
    """The node with one input made wrong, for each axis of each."""
    for n, array in enumerate(case.inputs):
        if array is not None and array.size:
            longer = [np.concatenate([array, np.take(array, [-1], axis)], axis) for axis in range(array.ndim)]
            for other in (*longer, array[None]):
                yield case._replace(inputs=[other if i == n else x for i, x in enumerate(case.inputs)])


def is_accused(case: Case) -> bool:
    """Whether we say that the node is wrong, told its inputs' shapes and small values."""
    opset = case.version if case.domain else case.opset
    rule = operator_for(case.domain, case.op_type, opset)
    assert rule is not None
    facts = [None if a is None else fact_of(a, values=a.size <= 64) for a in case.inputs]
    try:
        answer = ask(case.op_type, opset, facts, attributes_of(case), len(case.outputs), case.domain)
    except ShapeError:
        return True
    given = dict(zip(rule.inputs, facts, strict=False))
    needs = ((given.get(name), need) for name, need in answer.needs.items())
    return any(f is not None and f.shape is not None and fits(f.shape, need) is False for f, need in needs)


def attributes_of(case: Case) -> dict[str, Any]:
    """As a rule is given them."""
    return {name: _attribute(value) for name, value in case.attributes.items()}


def _attribute(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_plain, value))
    return fact_of(numpy_helper.to_array(value), values=True) if isinstance(value, onnx.TensorProto) else value


def told() -> dict[str, int]:
    """How many of an operator's perturbed nodes we say are wrong."""
    return {name: sum(map(is_accused, (p for c in cases for p in perturbed(c)))) for name, cases in sound().items()}


if __name__ == "__main__":
    print(
        textwrap.fill(" ".join(f"{name}={n}" for name, n in sorted(told().items()) if n), 116, break_on_hyphens=False)
    )
