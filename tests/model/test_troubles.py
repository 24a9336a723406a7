"""What can be read and is wrong: each trouble with its place, and no trouble where nothing is wrong."""

from __future__ import annotations

import numpy
import onnx
import pytest

from auditor.model import payload
from auditor.model.file_troubles import (
    AttributeTwice,
    BadAttribute,
    Concatenated,
    NotUtf8,
    OddEncoding,
    RepeatedField,
    SegmentedTensor,
    UnknownFields,
)
from auditor.model.graph import Graph, TensorType
from auditor.model.load import loads
from auditor.model.tensor import Blob, Tensor

from . import oracle
from .rewriting import field, tag
from .samples import data, model_with_graph, varint, with_node, with_tensor


def attribute(*parts: bytes) -> bytes:
    return with_node(field(4, b"Foo") + field(5, field(1, b"a") + b"".join(parts)))


def test_sound_model_has_none() -> None:
    assert loads(data()).troubles == ()


def test_unknown_fields() -> None:
    whole = data() + field(99, b"hidden") + field(100, b"x" * 300)
    (trouble,) = loads(whole).troubles
    assert trouble == UnknownFields("ModelProto", (99, 100), len(whole) - len(data()), len(data()))


def test_unknown_fields_below() -> None:
    content = with_node(field(4, b"Relu") + field(77, b"abc"))
    (trouble,) = loads(content).troubles
    assert trouble == UnknownFields("NodeProto", (77,), 6, content.index(b"\xea\x04"))


def test_unknown_fields_in_equal_nodes_are_counted_each() -> None:
    node = field(1, field(4, b"Relu") + field(77, b"abc"))
    (trouble,) = loads(model_with_graph(node * 3)).troubles
    assert isinstance(trouble, UnknownFields)
    assert trouble.hidden == 18


def test_singular_field_twice() -> None:
    content = with_node(field(4, b"Relu") + field(4, b"Tanh"))
    (trouble,) = loads(content).troubles
    assert trouble == RepeatedField("NodeProto", "op_type", 2, content.index(b"\x22\x04Tanh"))
    assert loads(content).graph.nodes[0].op_type == "Tanh"


def test_name_twice_in_the_usual_place() -> None:
    content = with_node(field(1, b"x") + field(3, b"n") + field(3, b"m") + field(4, b"Relu"))
    assert loads(content).graph.nodes[0].name == "m"
    assert isinstance(loads(content).troubles[0], RepeatedField)


def test_concatenated() -> None:
    """Protobuf merges the two in silence; so do we, but say so."""
    content = data() + data()
    model = loads(content)
    assert model.troubles[0] == Concatenated(len(data()))
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(content))


def test_messages_that_stand_twice_are_merged() -> None:
    tensor = field(5, b"\x08\x02\x10\x01") + field(5, b"\x08\x03" + field(8, b"t"))
    content = attribute(tensor, b"\xa0\x01\x04")
    model = loads(content)
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(content))
    value = model.graph.nodes[0].attributes["a"]
    assert isinstance(value, Tensor) and value.dims == (2, 3)
    assert any(t.field == "t" for t in model.troubles if isinstance(t, RepeatedField))


def test_last_of_a_oneof() -> None:
    dim = b"\x08\x05" + field(2, b"N")
    value = field(11, field(1, b"x") + field(2, field(1, field(2, field(1, dim)))))
    content = model_with_graph(value)
    model = loads(content)
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(content))
    declared = model.graph.inputs[0].type
    assert isinstance(declared, TensorType) and declared.shape == ("N",)
    assert isinstance(model.troubles[0], RepeatedField)


@pytest.mark.parametrize("said", [(1, 7), (7, 1), (1, 0), (0, 1), (1, 2**64 - 1), (1, 2**32 + 7), (2**32 + 1, 9)])
def test_where_a_tensor_lies_is_the_last_place_that_is_known(said: tuple[int, ...]) -> None:
    """As protobuf reads an enumeration: else a weight would be looked for inside, and read from a file."""
    tensor = field(8, b"w") + b"\x08\x01\x10\x01" + field(9, bytes(4))
    tensor += field(13, field(1, b"location") + field(2, b"a.bin"))
    content = model_with_graph(field(5, tensor + b"".join(tag(14, 0) + varint(value) for value in said)))
    model = loads(content)
    theirs = onnx.load_model_from_string(content)
    is_outside = theirs.graph.initializer[0].data_location == onnx.TensorProto.EXTERNAL
    assert (model.graph.initializers[0].external is not None) == is_outside
    assert any(t.field == "data_location" for t in model.troubles if isinstance(t, RepeatedField))


@pytest.mark.parametrize("said", [(4, 99), (99, 4), (1, 4), (4, 2**64 - 3)])
def test_the_type_of_an_attribute_is_the_last_that_is_known(said: tuple[int, ...]) -> None:
    value = field(5, b"\x08\x01\x10\x01" + field(9, bytes(4)))
    content = attribute(value, *(tag(20, 0) + varint(number) for number in said))
    model = loads(content)
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(content))
    assert isinstance(model.graph.nodes[0].attributes["a"], Tensor)


@pytest.mark.parametrize("name", [b"\xff\xfe", b"ok\xc3"])
def test_not_utf8(name: bytes) -> None:
    content = with_node(field(3, name) + field(4, b"Relu"))
    model = loads(content)
    bad = next(i for i, byte in enumerate(name) if byte > 127)
    assert model.troubles == (NotUtf8("NodeProto", "name", content.index(name) + bad),)
    assert model.graph.nodes[0].name.encode("utf-8", "surrogateescape") == name


def test_troubles_of_equal_attributes_are_each_told() -> None:
    node = field(1, field(4, b"Foo") + field(5, field(1, b"\xff") + b"\x18\x01\xa0\x01\x02"))
    assert len(loads(model_with_graph(node * 3)).troubles) == 3


def test_troubles_are_capped() -> None:
    node = field(1, field(3, b"\xff") + field(4, b"Relu"))
    assert len(loads(model_with_graph(node * 5000)).troubles) == 100


def test_attribute_twice() -> None:
    same = field(5, field(1, b"axis") + b"\x18\x01\xa0\x01\x02")
    other = field(5, field(1, b"axis") + b"\x18\x05\xa0\x01\x02")
    content = with_node(field(4, b"Softmax") + same + other)
    model = loads(content)
    (trouble,) = model.troubles
    assert trouble == AttributeTwice(model.graph.nodes[0].offset, "axis", content.index(other) + 2)
    assert model.graph.nodes[0].attributes["axis"] == 5


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([b"\x18\x01\xa0\x01\x07"], "is of type ints and holds int"),
        ([b"\x18\x01", b"\x40\x01\xa0\x01\x02"], "holds several values: int, ints"),
        ([b"\x18\x01"], "has no type, and holds int"),
        ([b"\x18\x01\xa0\x01\x63"], "is of type 99, which ONNX does not know"),
        ([b"\xa0\x01\x04"], "is of type tensor and holds none"),
        ([b"\x18\x01\xa0\x01\x02", field(21, b"r")], "refers to 'r' and also holds int"),
    ],
)
def test_bad_attribute(parts: list[bytes], why: str) -> None:
    content = attribute(*parts)
    model = loads(content)
    (trouble,) = model.troubles
    assert isinstance(trouble, BadAttribute)
    assert (trouble.name, trouble.why) == ("a", why)
    assert trouble.node_offset == model.graph.nodes[0].offset


def test_attribute_of_the_first_version_has_no_type() -> None:
    content = b"\x08\x01" + attribute(b"\x40\x03\x40\x04")[2:]
    model = loads(content)
    assert model.graph.nodes[0].attributes["a"] == (3, 4)
    assert model.troubles == ()


def test_attributes_left_out_because_they_are_zero() -> None:
    for kind, value in ((1, 0.0), (2, 0), (3, ""), (6, ()), (7, ())):
        model = loads(attribute(b"\xa0\x01" + bytes([kind])))
        assert model.graph.nodes[0].attributes["a"] == value
        assert model.troubles == ()


def test_overlong_varint() -> None:
    content = with_node(field(4, b"Relu") + b"\x1a\x81\x00n")
    model = loads(content)
    assert model.graph.nodes[0].name == "n"
    assert isinstance(model.troubles[0], OddEncoding)


def test_wrong_wire_type() -> None:
    content = with_node(field(4, b"Relu") + tag(3, 0) + b"\x05")
    (trouble,) = loads(content).troubles
    assert trouble == OddEncoding("NodeProto.name with wire type 0", content.index(b"\x18\x05"))


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (field(5, b"\x07"), "model_version with wire type 2"),  # one number is not packed
        (tag(8, 0) + b"\x05", "opset_import with wire type 0"),
    ],
)
def test_a_field_in_the_form_of_another_is_told_and_not_read(odd: bytes, what: str) -> None:
    """https://protobuf.dev/programming-guides/encoding/#packed: repeated numbers alone have two forms."""
    model = loads(data() + odd)
    assert model.troubles == (OddEncoding(f"ModelProto.{what}", len(data())),)
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(data() + odd))


def test_segment() -> None:
    content = with_tensor(field(8, b"t") + field(3, b"\x08\x00\x10\x04"))
    (trouble,) = loads(content).troubles
    assert trouble == SegmentedTensor("t", loads(content).graph.initializers[0].offset)


def test_long_string_attribute_stays_in_the_file() -> None:
    engine = b"\x80" * (2 << 20)
    content = attribute(field(4, engine), b"\xa0\x01\x03")
    value = loads(content).graph.nodes[0].attributes["a"]
    assert isinstance(value, Blob)
    assert content[value.offset : value.offset + value.length] == engine


def test_equal_attributes_are_one_object() -> None:
    node = field(1, field(4, b"Relu") + field(5, field(1, b"a") + b"\x18\x01\xa0\x01\x02"))
    documented = field(1, field(4, b"Relu") + field(5, field(1, b"a") + b"\x18\x01\xa0\x01\x02") + field(6, b"why"))
    first, second, third = loads(model_with_graph(node + node + documented)).graph.nodes
    assert first.attributes is second.attributes is third.attributes


def test_subgraphs_are_not_shared() -> None:
    """Each has its own place in the file."""
    node = field(1, field(4, b"If") + field(5, field(1, b"b") + field(6, field(2, b"g")) + b"\xa0\x01\x05"))
    first, second = loads(model_with_graph(node * 2)).graph.nodes
    one, other = first.attributes["b"], second.attributes["b"]
    assert isinstance(one, Graph) and isinstance(other, Graph)
    assert one.offset < other.offset


def test_of_data_that_stands_twice_the_last_is_read() -> None:
    """ "the last one wins", as protobuf reads a singular field; the first is told as a trouble."""
    head = b"\x08\x02\x10\x01" + field(8, b"t")
    first, last = numpy.array([1, 2], "<f4").tobytes(), numpy.array([3, 4], "<f4").tobytes()
    content = with_tensor(head + field(9, first) + field(9, last))
    model = loads(content)
    assert payload.array(model, model.graph.initializers[0]).tolist() == [3, 4]
    theirs = onnx.load_model_from_string(content).graph.initializer[0]
    assert onnx.numpy_helper.to_array(theirs).tolist() == [3, 4]
    assert model.troubles == (RepeatedField("TensorProto", "raw_data", 2, content.rindex(field(9, last))),)
