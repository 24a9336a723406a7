"""Nodes with one thing changed: we accuse those that onnx's checker refuses, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
import pytest
from onnx import AttributeProto, checker, helper

from auditor.model.conformance import arity_flaws, attribute_flaws, flawed, schema_of
from auditor.model.load import loads
from auditor.model.schemas import versions
from tests.corpus import node_tests


def changed(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    """The model, and copies with an input, an output or an attribute too many, too few or of another kind."""
    yield model
    node = model.graph.node[0]
    for field in (node.input, node.output):
        if field:
            copy = _copy(model)
            (copy.graph.node[0].input if field is node.input else copy.graph.node[0].output).append(
                "another" if field is node.output else field[0]
            )
            yield copy
    if node.input:
        copy = _copy(model)
        del copy.graph.node[0].input[-1]
        yield copy
        copy = _copy(model)
        copy.graph.node[0].input[0] = ""
        yield copy
    for i, attribute in enumerate(node.attribute):
        copy = _copy(model)
        del copy.graph.node[0].attribute[i]
        yield copy
        copy = _copy(model)
        copy.graph.node[0].attribute[i].name = "bogus"
        yield copy
        copy = _copy(model)
        other = [1.5] if attribute.type == AttributeProto.INT else 1
        copy.graph.node[0].attribute[i].CopyFrom(helper.make_attribute(attribute.name, other))
        yield copy


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def refused(model: onnx.ModelProto) -> bool:
    context = checker.C.CheckerContext()
    context.ir_version = model.ir_version
    context.opset_imports = {o.domain: o.version for o in model.opset_import}
    try:
        checker.check_node(model.graph.node[0], context)
    except checker.ValidationError:
        return True
    return False


def test_the_checker_agrees() -> None:
    compared = accused = 0
    for case in node_tests():
        if len(case.model.graph.node) != 1 or any(a.HasField("g") for a in case.model.graph.node[0].attribute):
            continue
        for model in changed(case.model):
            ours = loads(model.SerializeToString())
            node = ours.graph.nodes[0]
            if node.op_type == "BatchNormalization" and len(node.outputs) == 2:
                continue  # 1 or 3, says the checker; the table has ranges alone
            verdict = flawed(ours, node, ours.opsets)
            assert verdict == refused(model), (case.name, model.graph.node[0])
            compared, accused = compared + 1, accused + verdict
    assert compared > 10_000
    assert compared / 4 < accused < compared


@pytest.mark.parametrize("op_type", ["Squeeze", "Upsample", "Mish"])
def test_an_opset_that_has_no_such_operator_is_no_matter_of_conformance(op_type: str) -> None:
    text = f'<ir_version: 8, opset_import: ["" : 9]> g (float[1] x) => (float[1] y) {{ y = {op_type}<bogus = 1>(x) }}'
    model = loads(onnx.parser.parse_model(text).SerializeToString())
    node = model.graph.nodes[0]
    known = schema_of(model, node, model.opsets)
    assert (known is None) == (versions("", op_type)[0] > 9)
    if known is not None:
        assert list(attribute_flaws(node.attributes, known))
        assert bool(list(arity_flaws(node, known))) == (known.min_inputs > 1)
