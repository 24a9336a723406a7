"""Attributes: small ones by the quick way, and every kind as protobuf reads it."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from auditor.model.load import loads

from . import oracle
from .rewriting import field
from .samples import model_with_graph
from .test_decode import forbid_general


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (b"\x18\x00\xa0\x01\x02", 0),
        (b"\x18\x7f\xa0\x01\x02", 127),
        (b"\x18\x80\x01\xa0\x01\x02", 128),
        (b"\x18\xff\x7f\xa0\x01\x02", 16_383),
        (b"\x15\0\0\xc0\x3f\xa0\x01\x01", 1.5),
        (b"\x22\x00\xa0\x01\x03", ""),
        (b"\x22\x02ab\xa0\x01\x03", "ab"),
        (b"\x40\x05\xa0\x01\x07", (5,)),
        (b"\x40\x05\x40\x80\x01\x40\x00\xa0\x01\x07", (5, 128, 0)),
    ],
)
@pytest.mark.parametrize("name", [b"", b"a", b"n" * 100, b"n" * 121])  # of which some are 128 bytes long with it
def test_small_attributes_are_read_by_the_quick_way_alone(
    monkeypatch: pytest.MonkeyPatch, name: bytes, attribute: bytes, value: object
) -> None:
    forbid_general(monkeypatch)
    content = model_with_graph(field(1, field(4, b"Foo") + field(5, field(1, name) + attribute)))
    (node,) = loads(content).graph.nodes
    found = node.attributes[name.decode()]
    assert found == value and type(found) is type(value)
    assert oracle.seen(loads(content)) == oracle.model_of(onnx.load_model_from_string(content))


@pytest.mark.parametrize(
    "attribute",
    [
        b"\x18\x80\x80\x01\xa0\x01\x02",  # three bytes
        b"\x18" + b"\xff" * 9 + b"\x01\xa0\x01\x02",  # -1
        b"\x22\x02\xc3\xa4\xa0\x01\x03",  # a letter of two bytes
        b"\x22\x02a\xff\xa0\x01\x03",  # bytes that are no text
        b"\x40" + b"\xff" * 9 + b"\x01\xa0\x01\x07",
        b"\x40\x80\x80\x01\xa0\x01\x07",
        b"\x42\x02\x05\x06\xa0\x01\x07",  # packed
        b"\x18\x05\xa0\x01\x07",  # of another type than the value
        b"\x40\x05\xa0\x01\x02",
        b"\x18\x05\x18\x06\xa0\x01\x02",
        b"\x6a\x01d\x18\x05\xa0\x01\x02",  # with a word on it
        b"\xa0\x01\x02",
        b"\xa0\x01\x02\x18\x05",
    ],
)
def test_other_attributes_are_read_as_protobuf_reads_them(attribute: bytes) -> None:
    content = model_with_graph(field(1, field(4, b"Foo") + field(5, field(1, b"a") + attribute)))
    model = loads(content)
    if model.troubles:  # type and value do not go together: then the type counts
        assert len(model.troubles) == 1
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(content))


def test_every_kind_of_attribute_is_read() -> None:
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [1], [1.0])
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0]),
        helper.make_tensor("i", TensorProto.INT64, [1], [0]),
        [2],
    )
    inner = [helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], name, [], []) for name in ("one", "two")]
    kind = helper.make_tensor_type_proto(TensorProto.FLOAT, [2])
    values: dict[str, Any] = {
        "float": 1.5, "int": 70_000, "string": "x", "tensor": tensor, "graph": inner[0], "floats": [1.5, 2.5],
        "ints": [-1, 70_000], "strings": ["a", "b"], "tensors": [tensor, tensor], "graphs": inner,
        "sparse_tensor": sparse, "sparse_tensors": [sparse, sparse], "type_proto": kind, "type_protos": [kind, kind],
    }  # fmt: skip
    node = helper.make_node("Thing", ["x"], ["y"], domain="own", **values)
    assert {a.type for a in node.attribute} == set(range(1, 15))
    proto = helper.make_model(helper.make_graph([node], "g", [], []))
    model = loads(proto.SerializeToString())
    assert model.troubles == () and oracle.seen(model) == oracle.model_of(proto)
