"""Every field of the views, and every value, is what onnx's protobuf and numpy_helper say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import onnx
import pytest
from onnx import numpy_helper

from auditor.model import payload
from auditor.model.graph import Model
from auditor.model.load import load, loads

from . import oracle
from .rewriting import backwards


def compare_values(model: Model, proto: onnx.ModelProto) -> int:
    compared = 0
    ours = [t for _, t in payload.tensors(model)][: sum(1 for _ in oracle.tensors_of(proto))]
    for tensor, stored in zip(ours, oracle.tensors_of(proto), strict=True):
        expected = numpy_helper.to_array(stored)
        assert payload.trouble(model, tensor) == ()
        got = payload.array(model, tensor)
        if expected.dtype.kind == "V" or expected.dtype.name.startswith(("bfloat16", "float8_", "float6_", "float4_")):
            expected = expected.astype(numpy.float32)
        if stored.data_type == onnx.TensorProto.STRING:
            assert got.tolist() == expected.tolist()
        else:
            numpy.testing.assert_array_equal(got, expected.astype(got.dtype))
        assert got.shape == expected.shape
        values = payload.small(model, tensor)
        if expected.size <= 4096 and expected.dtype.kind != "c":
            flat = got.reshape(-1).tolist()
            assert values is not None
            # NaN alone is unequal to itself
            assert all(a == b or (a != a and b != b) for a, b in zip(values, flat, strict=True))
        compared += 1
    return compared


@pytest.mark.parametrize("path", oracle.files(), ids=lambda p: str(p.relative_to(oracle.DATA)))
def test_files(path: Path) -> None:
    data = path.read_bytes()
    proto = onnx.load_model_from_string(data)
    model = load(path)
    assert oracle.seen(model) == oracle.model_of(proto)
    assert oracle.seen(loads(data)) == oracle.model_of(proto)
    compare_values(model, proto)
    assert model.troubles == ()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # onnx's own, while it makes the models
def test_node_tests() -> None:
    models = tensors = 0
    for proto in oracle.node_models():
        data = proto.SerializeToString()
        model = loads(data)
        assert oracle.seen(model) == oracle.model_of(proto)
        assert model.troubles == ()
        tensors += compare_values(model, proto)
        models += 1
    assert models > 1000
    assert tensors > 500


def test_every_known_field_is_ours() -> None:
    from google.protobuf.descriptor import FieldDescriptor as F
    from onnx import onnx_ml_pb2

    from auditor.model.fields import BYTES, FLOAT, INT32, INT64, MESSAGE, MESSAGES, PAYLOAD, TEXT

    kinds = {TEXT: {F.TYPE_STRING}, BYTES: {F.TYPE_BYTES}, INT64: {F.TYPE_INT64}, FLOAT: {F.TYPE_FLOAT}}
    kinds |= {INT32: {F.TYPE_INT32, F.TYPE_ENUM}, MESSAGE: {F.TYPE_MESSAGE}}
    kinds[PAYLOAD] = {F.TYPE_FLOAT, F.TYPE_DOUBLE, F.TYPE_INT32, F.TYPE_INT64, F.TYPE_UINT64, F.TYPE_BYTES}
    wire = {F.TYPE_FLOAT: 5, F.TYPE_DOUBLE: 1, F.TYPE_STRING: 2, F.TYPE_BYTES: 2, F.TYPE_MESSAGE: 2}
    for name, ours in MESSAGES.items():
        theirs = onnx_ml_pb2.DESCRIPTOR.message_types_by_name[name.split(".")[0]]
        for inner in name.split(".")[1:]:
            theirs = theirs.nested_types_by_name[inner]
        assert {n: f.name for n, f in ours.fields.items()} == {f.number: f.name for f in theirs.fields}, name
        for field in theirs.fields:
            mine = ours.fields[field.number]
            assert field.type in kinds[mine.kind], (name, field.name)
            assert mine.many == field.is_repeated, (name, field.name)
            assert mine.wire == wire.get(field.type, 0), (name, field.name)
            siblings = field.containing_oneof.fields if field.containing_oneof else []
            values = field.enum_type.values_by_number if field.enum_type else ()
            assert tuple(sorted(values)) == (() if mine.last is None else tuple(range(mine.last + 1))), (
                name,
                field.name,
            )
            assert set(mine.rivals) == {f.number for f in siblings} - {field.number}, (name, field.name)


def test_types_of_elements() -> None:
    from auditor.model.dtypes import BITS, DType

    theirs = dict(onnx.TensorProto.DataType.items())
    assert {d.name: d.value for d in DType} == theirs
    assert set(BITS) == set(theirs.values()) - {0, 8}


@pytest.mark.parametrize("pack", [True, False])
def test_other_orders_of_fields(pack: bool) -> None:
    """The general decoders say what the quick ones say."""
    for path in oracle.files():
        proto = onnx.load_model_from_string(path.read_bytes())
        data = backwards(proto, pack)
        assert onnx.load_model_from_string(data) == proto
        model = loads(data)
        assert oracle.seen(model) == oracle.model_of(proto)
        assert model.troubles == ()
        compare_values(model, proto)


def test_typed_fields_one_by_one() -> None:
    """Every type in its typed field, each value behind its own tag, and packed."""
    helper, kinds = onnx.helper, set(onnx.TensorProto.DataType.values()) - {0}
    texts: list[Any] = [b"a", b"", b"\xc3\xa4", b"x" * 300, b"e"]  # the annotation of make_tensor knows no text
    tensors = [helper.make_tensor(f"t{k}", k, [5], texts if k == 8 else [1, 0, 1, 1, 0]) for k in sorted(kinds)]
    proto = helper.make_model(helper.make_graph([], "g", [], [], tensors))
    for data in (proto.SerializeToString(), backwards(proto, True), backwards(proto, False)):
        assert compare_values(loads(data), proto) == len(kinds)
