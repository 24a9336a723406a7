"""The same model, written by other programs: nothing that anybody computes is another."""

from collections.abc import Callable
from pathlib import Path

import onnx
import onnx_ir
import pytest
from google.protobuf import json_format, text_format
from onnx import ModelProto, TensorProto, helper, numpy_helper, shape_inference

from auditor.diff.difference import Degree
from auditor.diff.differing import model_difference
from auditor.model.load import load
from auditor.shapes.facts import infer
from tests.corpus import SAMPLES

_SMALL = 1 << 20  # bytes of a sample that is written a value at a time
_TYPED = {
    TensorProto.FLOAT,
    TensorProto.INT64,
    TensorProto.INT32,
    TensorProto.DOUBLE,
    TensorProto.INT8,
    TensorProto.UINT8,
}


def _copy(model: ModelProto) -> ModelProto:
    copy = ModelProto()
    copy.CopyFrom(model)
    return copy


def _in_typed_fields(model: ModelProto) -> ModelProto:
    copy = _copy(model)
    for tensor in copy.graph.initializer:
        if tensor.HasField("raw_data") and tensor.data_type in _TYPED:
            values = numpy_helper.to_array(tensor).flatten().tolist()
            tensor.CopyFrom(helper.make_tensor(tensor.name, tensor.data_type, tensor.dims, values))
    return copy


def _in_raw_fields(model: ModelProto) -> ModelProto:
    copy = _copy(model)
    for tensor in copy.graph.initializer:
        if tensor.data_type in _TYPED and not tensor.HasField("raw_data"):
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
    return copy


def _backwards(model: ModelProto) -> ModelProto:
    copy = _copy(model)
    copy.graph.initializer.reverse()
    copy.graph.value_info.reverse()
    copy.opset_import.reverse()
    return copy


WRITERS: dict[str, Callable[[ModelProto], ModelProto]] = {
    "onnx_ir": lambda model: onnx_ir.to_proto(onnx_ir.from_proto(model)),
    "json": lambda model: json_format.Parse(json_format.MessageToJson(model), ModelProto()),
    "text": lambda model: text_format.Parse(text_format.MessageToString(model), ModelProto()),
    "shape_inference": shape_inference.infer_shapes,
    "typed": _in_typed_fields,
    "raw": lambda model: _in_raw_fields(_in_typed_fields(model)),
    "backwards": _backwards,
}


def _samples() -> list[Path]:
    return [path for path in sorted(SAMPLES.glob("*.onnx")) if path.stat().st_size < _SMALL]


@pytest.mark.parametrize("writer", [*WRITERS, "external"])
def test_another_writer_changes_nothing_that_matters(writer: str, tmp_path: Path) -> None:
    for path in _samples():
        model = onnx.load(path)
        written = tmp_path / path.name
        if writer == "external":
            onnx.save(model, written, save_as_external_data=True, location=f"{path.stem}.data", size_threshold=0)
        else:
            onnx.save(WRITERS[writer](model), written)
        found = model_difference(infer(load(path)), infer(load(written)))
        assert found.conclusion.degree <= Degree.RENAMED, (path.name, found.edits)
        assert found.conclusion.certain
