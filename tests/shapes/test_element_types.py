"""Types of tensors by the schemas: what we accuse is what onnx's own type check refuses, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
import pytest
from onnx import TensorProto

from auditor.model.load import loads
from auditor.model.type_variables import NONE, type_variables
from auditor.shapes.element_types import _CHOOSERS, _CHOOSING, mistyped
from auditor.shapes.facts import infer
from tests.corpus import node_tests
from tests.make_types import TABLE, made

_OTHERS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.INT8, TensorProto.BOOL)


def test_the_table_is_what_the_generator_makes() -> None:
    if f"ONNX {onnx.__version__}'s " not in TABLE.read_text():
        pytest.skip("made from another release of onnx")
    assert TABLE.read_text() == made()


def test_variables_by_opset() -> None:
    assert type_variables("", "Slice", 13).inputs == ("T", "Tind", "Tind", "Tind", "Tind")
    assert type_variables("", "Concat", 13).of_input(7) == "T"
    assert type_variables("", "Split", 1).inputs == ("T", "T")
    assert type_variables("", "Split", 13) == NONE == type_variables("", "Loop", 16) == type_variables("", "No", 1)


def changed(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    """The model, and copies in which one input is of another type, its output's declaration left open."""
    yield model
    for i in range(len(model.graph.input)):
        for dtype in _OTHERS:
            copy = onnx.ModelProto()
            copy.CopyFrom(model)
            if copy.graph.input[i].type.tensor_type.elem_type not in (0, dtype):
                copy.graph.input[i].type.tensor_type.elem_type = dtype
                for output in copy.graph.output:
                    output.ClearField("type")
                yield copy


def refused(model: onnx.ModelProto) -> bool:
    try:
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except Exception:
        return True
    return False


def test_the_type_check_agrees() -> None:
    compared = accused = 0
    seen: set[object] = set()
    missed: list[str] = []
    for case in node_tests():
        node = case.model.graph.node[0]
        types = tuple(v.type.tensor_type.elem_type for v in case.model.graph.input)
        key = (node.op_type, case.model.opset_import[0].version, types)
        if len(case.model.graph.node) != 1 or key in seen or any(a.HasField("g") for a in node.attribute):
            continue
        seen.add(key)
        for model in changed(case.model):
            ours = bool(mistyped(infer(loads(model.SerializeToString()))))
            theirs = refused(model)
            assert theirs or not ours, (case.name, model.graph)
            missed += [node.op_type] if theirs and not ours else []
            compared, accused = compared + 1, accused + ours
    assert compared > 4_000 and compared / 4 < accused < compared
    # Whose inference sees more than the schema says: widths, lists within attributes, what a sequence holds, a body.
    assert set(missed) <= {
        "BitCast", "LabelEncoder", "TreeEnsemble", "SequenceInsert", "MeanVarianceNormalization", "RMSNormalization",
    }  # fmt: skip


def test_the_operators_that_choose_a_type_are_those_with_such_an_attribute() -> None:
    theirs = {
        s.name
        for s in onnx.defs.get_all_schemas_with_history()
        for name in s.attributes
        if name in _CHOOSING
        and s.attributes[name].type == onnx.defs.OpSchema.AttrType.INT
        and not any("seq" in t for t in s.outputs[0].types)
    }
    assert theirs == _CHOOSERS


def test_a_type_that_rests_on_a_declaration_is_no_proof() -> None:
    text = """<ir_version: 8, opset_import: ["" : 17, "my" : 1]>
    g (float[2] x) => (float[2] y) <float16[2] a> { a = my.Unknown(x) y = Add(x, a) }"""
    assert not mistyped(infer(loads(onnx.parser.parse_model(text).SerializeToString())))
