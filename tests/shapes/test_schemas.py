"""The table of operators is onnx.defs, no more and no less."""

from __future__ import annotations

from typing import Any

import onnx.defs
import pytest
from onnx import TensorProto
from onnx.helper import get_attribute_value

from auditor.model.schemas import Schema, domains, newest, operators, schema, versions
from tests.make_schemas import TABLE, made

_ALL = sorted(onnx.defs.get_all_schemas_with_history(), key=lambda s: (s.domain, s.name, s.since_version))


def test_the_table_is_what_the_generator_makes() -> None:
    if f"ONNX {onnx.__version__} " not in TABLE.read_text():
        pytest.skip("made from another release of onnx")
    assert TABLE.read_text() == made()


def test_every_operator_is_as_onnx_says() -> None:
    theirs = [s for s in _ALL if s.since_version in versions(s.domain, s.name)]
    assert len(theirs) >= 650
    for s in theirs:
        found = schema(s.domain, s.name, s.since_version)
        assert found is not None
        _is_alike(found, s)


def _is_alike(mine: Schema, theirs: onnx.defs.OpSchema) -> None:
    option = onnx.defs.OpSchema.FormalParameterOption
    assert (mine.since, mine.deprecated) == (theirs.since_version, theirs.deprecated)
    assert (mine.min_inputs, mine.min_outputs) == (theirs.min_input, theirs.min_output)
    most = [2**31 - 1 if n is None else n for n in (mine.max_inputs, mine.max_outputs)]
    assert most == [theirs.max_input, theirs.max_output]
    for ours, listed in ((mine.inputs, theirs.inputs), (mine.outputs, theirs.outputs)):
        assert [p.name for p in ours] == [p.name for p in listed]
        assert [p.optional for p in ours] == [p.option is option.Optional for p in listed]
        assert [p.variadic for p in ours] == [p.option is option.Variadic for p in listed]
        assert [sorted(p.dtypes - {0}) for p in ours] == [_tensors(p.types) for p in listed]
    assert mine.attributes.keys() == theirs.attributes.keys()
    for name, spec in mine.attributes.items():
        declared = theirs.attributes[name]
        kind: Any = declared.type  # an enumeration; the stub keeps its names for itself
        assert (spec.kind, spec.required) == (kind.name.lower(), declared.required)
        if declared.default_value.type and spec.kind not in ("tensor", "graph"):
            value = get_attribute_value(declared.default_value)
            expected = [value] if not isinstance(value, list) else value
            held = list(spec.default) if isinstance(spec.default, tuple) else [spec.default]
            assert held == [v.decode() if isinstance(v, bytes) else v for v in expected]
        else:
            assert spec.default is None


def _tensors(types: set[str]) -> list[int]:
    return sorted(TensorProto.DataType.Value(t[7:-1].upper()) for t in types if t.startswith("tensor("))


def test_the_version_that_holds_is_the_last_one_not_after_the_opset() -> None:
    assert versions("", "Gemm") == (1, 6, 7, 9, 11, 13)
    assert [s.since for o in (1, 5, 6, 8, 10, 99) if (s := schema("", "Gemm", o))] == [1, 1, 6, 7, 9, 13]
    assert schema("", "Resize", 9) is None
    assert schema("", "Gem", 13) is None
    assert schema("com.example", "Gemm", 13) is None
    upsample = schema("", "Upsample", 12)
    assert upsample is not None and upsample.deprecated


def test_domains() -> None:
    assert {"", "ai.onnx.ml"} <= set(domains())
    assert newest("") >= 26 and newest("ai.onnx.ml") >= 5 and newest("com.example") == 0
    assert {"Conv", "Gemm"} <= set(operators("")) and not operators("com.example")
