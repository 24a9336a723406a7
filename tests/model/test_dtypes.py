"""Sets of element types, by their names in onnx.proto."""

from __future__ import annotations

import onnx.parser
import pytest
from onnx import TensorProto

from auditor.costs.count import count
from auditor.model import dtypes
from auditor.model.load import loads
from auditor.shapes.facts import infer


def test_what_is_quantised_is_an_integer_of_at_most_eight_bits() -> None:
    names = {"UINT8", "INT8", "UINT4", "INT4", "UINT2", "INT2"}
    assert {TensorProto.DataType.Name(n) for n in dtypes.QUANTISED} == names
    assert all("FLOAT" in TensorProto.DataType.Name(n) or n == TensorProto.DOUBLE for n in dtypes.FLOATS)


@pytest.mark.parametrize("name", ["FLOAT", "BFLOAT16", "DOUBLE", "UINT8", "INT8", "UINT4", "INT4", "UINT2", "INT2"])
def test_a_table_of_floats_or_of_quantised_numbers_is_learnt(name: str) -> None:
    assert learnable(name) == 8


@pytest.mark.parametrize("name", ["INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "BOOL"])
def test_a_table_of_other_numbers_is_looked_up_and_not_learnt(name: str) -> None:
    """As of identifiers, masks and places."""
    assert learnable(name) == 0


def learnable(name: str) -> object:
    """What counts as learnt of a table of four rows of two, from which rows are taken."""
    model = onnx.parser.parse_model("""
        <ir_version: 13, opset_import: ["" : 25]> g (int64[N] ids) => (y) { y = Gather (table, ids) }
    """)
    dtype = TensorProto.DataType.Value(name)
    model.graph.initializer.append(onnx.helper.make_tensor("table", dtype, [4, 2], [1, 0, 1, 0, 1, 0, 1, 0]))
    return count(infer(loads(model.SerializeToString()))).learnable
