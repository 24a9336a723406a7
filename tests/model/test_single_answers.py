"""Small questions about a model, each answered by hand or by what the onnx package says."""

from __future__ import annotations

import os
import struct
from operator import eq
from pathlib import Path
from typing import NoReturn

import onnx
import onnx.parser
import pytest
from onnx import TensorProto, helper

from auditor.errors import Unreadable
from auditor.model import external, fields, payload
from auditor.model.conformance import flawed, schema_of
from auditor.model.fields import BYTES, FLOAT, INT32, INT64, MESSAGE, PAYLOAD, TEXT, Field
from auditor.model.graph import Attributes, MapType, Model
from auditor.model.load import load, loads
from auditor.model.payload_troubles import plainly_sound
from auditor.model.scopes import dead_nodes, opsets_of, scopes
from auditor.model.sniff import kind_of
from auditor.model.wire import ReadLimits
from auditor.model.words import listed, words

from . import oracle, samples
from .rewriting import field, tag
from .samples import model_with_graph


def model_of(text: str) -> Model:
    return loads(onnx.parser.parse_model(text).SerializeToString())


# Fields and messages


def test_a_table_of_fields_says_how_each_is_written() -> None:
    """https://protobuf.dev/programming-guides/encoding/: varints are wire type 0, doubles 1, floats 5, all else 2."""
    table = """
Thing
 1 name string
 2 note text
 3 count int64*
 4 small int32
 5 raw bytes payload
 6 numbers double* payload
 7 big uint64* payload
 8 inner Other
 9 share float unused
 10 left string oneof
 11 right int64 oneof
 12 middle Other* oneof
 13 device text* aside
Other
 1 data bytes*
"""
    made = fields._messages(table)
    assert made["Thing"].fields == {
        1: Field("name", TEXT, False, 2, False, (), False, False),
        2: Field("note", TEXT, False, 2, False, (), True, False),
        3: Field("count", INT64, True, 0, False, (), False, False),
        4: Field("small", INT32, False, 0, False, (), False, False),
        5: Field("raw", PAYLOAD, False, 2, False, (), False, False),
        6: Field("numbers", PAYLOAD, True, 1, False, (), False, False),
        7: Field("big", PAYLOAD, True, 0, False, (), False, False),
        8: Field("inner", MESSAGE, False, 2, False, (), False, False),
        9: Field("share", FLOAT, False, 5, True, (), False, False),
        10: Field("left", TEXT, False, 2, False, (11, 12), False, False),
        11: Field("right", INT64, False, 0, False, (10, 12), False, False),
        12: Field("middle", MESSAGE, True, 2, False, (10, 11), False, False),
        13: Field("device", TEXT, True, 2, True, (), True, True),
    }
    assert made["Other"].fields == {1: Field("data", BYTES, True, 2, False, (), False, False)}


def test_what_a_type_leaves_out_is_its_default() -> None:
    """A map without a key's type, a sequence and an optional of nothing, a tensor without a type."""
    kinds = [field(5, b""), field(4, b""), field(9, b""), field(1, b""), b""]
    content = model_with_graph(b"".join(field(11, field(1, b"x") + field(2, kind)) for kind in kinds))
    model = loads(content)
    assert oracle.seen(model) == oracle.model_of(onnx.load_model_from_string(content))
    assert model.graph.inputs[0].type == MapType(0, None)


def test_configurations_of_devices_are_read_by_their_names() -> None:
    proto = samples.proto()
    proto.configuration.add(name="two", num_devices=2)
    proto.configuration.add(name="eight", num_devices=8)
    spread = proto.graph.node[0].device_configurations.add(configuration_id="two")
    cut = spread.sharding_spec.add(tensor_name="x")
    cut.sharded_dim.add(axis=1)
    cut.sharded_dim.add(axis=-1)
    spread.sharding_spec.add(tensor_name="r")
    model = loads(proto.SerializeToString())
    assert model.configurations == ("two", "eight")
    (found,) = model.shardings
    assert (found.configuration, found.tensors) == ("two", (("x", (1, -1)), ("r", ())))
    assert found.node_offset == model.graph.nodes[0].offset


def test_attributes_are_equal_to_themselves_alone() -> None:
    one = Attributes(a=1)
    assert eq(one, one) and not eq(one, Attributes(a=1)) and len({one, Attributes(a=1)}) == 2


# Nine bytes and more


@pytest.mark.parametrize(
    ("head", "size", "is_one"),
    [
        (struct.pack("<Q", 1) + b"{", 9, False),  # a header has two bytes at least
        (struct.pack("<Q", 2) + b"{}", 10, True),
        (struct.pack("<Q", 2) + b"{}", 9, False),  # longer than the file
        (struct.pack("<Q", 2) + b"[]", 10, False),
    ],
)
def test_a_safetensors_file_begins_with_the_length_of_its_header(head: bytes, size: int, is_one: bool) -> None:
    """https://github.com/huggingface/safetensors#format"""
    found = kind_of(head, size)
    assert (found is not None and "safetensors" in found.what) is is_one


# Tensors


@pytest.mark.parametrize(
    ("dtype", "dims", "length", "sound"),
    [
        (TensorProto.FLOAT, (), 4, True),
        (TensorProto.FLOAT, (1,), 4, True),
        (TensorProto.FLOAT, (2, 3), 24, True),
        (TensorProto.FLOAT, (2, 3), 20, False),
        (TensorProto.FLOAT, (0, 3), 0, True),
        (TensorProto.FLOAT, (0, 3), 4, False),
        (TensorProto.FLOAT, (-1, 3), 0, False),
        (TensorProto.FLOAT, (-1, -3), 12, False),
        (TensorProto.INT4, (3,), 2, True),
        (TensorProto.INT4, (3,), 1, False),
        (TensorProto.STRING, (1,), 1, False),
    ],
)
def test_one_piece_of_raw_data_of_the_right_length_is_plainly_sound(
    dtype: int, dims: tuple[int, ...], length: int, sound: bool
) -> None:
    proto = TensorProto(name="t", data_type=dtype, dims=dims, raw_data=b"\0" * length)
    model = loads(helper.make_model(helper.make_graph([], "g", [], [], [proto])).SerializeToString())
    (tensor,) = model.graph.initializers
    assert plainly_sound(tensor) is sound
    if sound:
        assert payload.trouble(model, tensor) == ()


def test_what_lies_outside_or_in_another_field_is_looked_at_more_closely() -> None:
    typed = helper.make_tensor("t", TensorProto.FLOAT, [1], [1.0])
    twice = TensorProto(name="t", data_type=1, dims=[1], raw_data=b"\0" * 4, float_data=[1.0])
    outside = samples.external("w.bin").graph.initializer[0]
    model = loads(helper.make_model(helper.make_graph([], "g", [], [], [typed, twice, outside])).SerializeToString())
    assert [plainly_sound(tensor) for tensor in model.graph.initializers] == [False, False, False]


def test_small_raw_tensors_are_read_without_ado(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> NoReturn:
        pytest.fail("it was asked where the data lies")

    model = loads(samples.data())
    monkeypatch.setattr(payload, "extent", asked)
    assert payload.small(model, model.graph.initializers[0]) == tuple(range(12))


@pytest.mark.parametrize("dims", [(1 << 40, 1 << 40, -1), (-1,), (5_000,), (70, 70)])
def test_of_more_numbers_than_are_wanted_none_is_read(dims: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    proto = TensorProto(name="t", data_type=1, raw_data=b"\0" * 4 * 4_900)
    proto.dims.extend(dims)
    model = loads(helper.make_model(helper.make_graph([], "g", [], [], [proto])).SerializeToString())
    monkeypatch.setattr(payload, "read", pytest.fail)
    assert payload.small(model, model.graph.initializers[0]) is None


def test_ranges_that_share_bytes_overlap_also_where_one_of_the_tensors_is_empty(tmp_path: Path) -> None:
    """An entry of 8 bytes at 8, of a tensor without elements, within 48 bytes from 0 on."""
    proto = samples.external("w.bin")
    for name, dims, offset, length in (("empty", [0], "8", "8"), ("wrong", [-1], "8", "8"), ("odd", [2], "8", "x")):
        other = proto.graph.initializer.add()
        other.CopyFrom(samples.external("w.bin", offset=offset, length=length).graph.initializer[0])
        other.name = name
        other.dims[:] = dims
    (found,) = payload.overlaps(loads(proto.SerializeToString()))
    assert (found.first, found.second, found.offset, found.length) == ("w", "empty", 8, 8)


def test_tensors_in_functions_are_found_at_any_depth() -> None:
    def held(name: str) -> TensorProto:
        return helper.make_tensor(name, TensorProto.FLOAT, [1], [1.0])

    deepest = helper.make_graph([helper.make_node("Constant", [], ["c"], value=held("deepest"))], "d", [], [])
    inner = helper.make_graph([helper.make_node("If", ["b"], ["o"], then_branch=deepest)], "i", [], [], [held("inner")])
    nodes = [
        helper.make_node("If", ["b"], ["o"], then_branch=inner),
        helper.make_node("Thing", [], ["t"], a=held("own")),
    ]
    function = helper.make_function(
        "own", "Once", ["b"], ["o"], nodes, [], attribute_protos=[helper.make_attribute("default", held("default"))]
    )
    proto = helper.make_model(helper.make_graph([], "g", [], [], [held("main")]), functions=[function])
    found = [(path, tensor.name) for path, tensor in payload.tensors(loads(proto.SerializeToString()))]
    assert found[0] == ("", "main")
    assert sorted(found[1:]) == [("Once", name) for name in ("deepest", "default", "inner", "own")]


# Descriptors, pieces


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("location", ["w.bin", "a/b/w.bin", "a/b", "a/none", "none/w.bin", "link", "pipe"])
def test_no_descriptor_of_external_data_stays_open(tmp_path: Path, location: str) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    for place in ("w.bin", "a/b/w.bin"):
        (tmp_path / place).write_bytes(b"\0" * 48)
    (tmp_path / "link").symlink_to("w.bin")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "m.onnx").write_bytes(samples.external(location).SerializeToString())
    model = load(tmp_path / "m.onnx")
    before = descriptors()
    for _ in range(3):
        external.look(model, location)
        payload.small(model, model.graph.initializers[0])
    assert descriptors() == before


@pytest.mark.parametrize("location", ["", "a\0b", "\0", "."])
def test_a_location_that_no_file_can_have_is_a_bad_entry(tmp_path: Path, location: str) -> None:
    (tmp_path / "m.onnx").write_bytes(samples.data())
    assert external.open_data(load(tmp_path / "m.onnx"), location) == external.BadEntry("location", location)


# Operators


def test_what_the_model_defines_itself_has_no_schema_of_onnx() -> None:
    """A function may have the name of one of ONNX's operators: then its body says what it is."""
    model = model_of("""
        <ir_version: 10, opset_import: ["" : 17]>
        g (float[2] x) => (float[2] y) { a = Relu (x) y = Neg (a) }
        <domain: "", opset_import: ["" : 17]> Relu (i) => (o) { o = Abs (i) }
    """)
    assert [schema_of(model, node, model.opsets) is None for node in model.graph.nodes] == [True, False]


def test_without_any_import_nobody_knows_which_schema_holds() -> None:
    proto = samples.proto()
    proto.ClearField("opset_import")
    model = loads(proto.SerializeToString())
    assert model.opsets == {"": 1} and schema_of(model, model.graph.nodes[0], model.opsets) is None


@pytest.mark.parametrize(
    ("node", "wrong"),
    [
        ("y = Relu (x)", False),
        ("y = Relu (x, x)", True),
        ("y = Relu ()", True),
        ("y = Clip (x, , )", False),
        ("y = Add (x, )", True),
        ("y = Nothing (x)", True),
        ("y = own.Nothing (x)", False),
        ("y = Softmax <axis = 1> (x)", False),
        ("y = Softmax <axis = 1.5> (x)", True),
        ("y = Softmax <axes = 1> (x)", True),
        ("y = Softmax <__mark = 1> (x)", False),
        ("y = Cast (x)", True),  # without `to`
        ('y = DepthToSpace <blocksize = 2, mode = "crd"> (x)', True),
        ('y = DepthToSpace <blocksize = 2, mode = "CRD"> (x)', False),
    ],
)
def test_a_node_that_is_wrong_by_itself(node: str, wrong: bool) -> None:
    model = model_of(f'<ir_version: 8, opset_import: ["" : 17, "own" : 1]> g (float[2] x) => (float[2] y) {{ {node} }}')
    assert flawed(model, model.graph.nodes[0], model.opsets) is wrong


def test_every_choice_of_an_attribute_is_known_from_the_opset_on_that_offers_it() -> None:
    """A string attribute of which words are listed has some at each version of its operator, as onnx.defs has them."""
    seen = 0
    for schema in onnx.defs.get_all_schemas_with_history():
        for attribute in schema.attributes:
            if (schema.domain, schema.name, attribute) in set(listed()):
                assert words(schema.domain, schema.name, attribute, schema.since_version), (schema.name, attribute)
                seen += 1
    assert seen > 100


# Scopes


def test_nodes_of_domains_that_only_compute_are_dead_where_nothing_takes_what_they_make() -> None:
    model = model_of("""
        <ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3, "com.microsoft" : 1, "own" : 1]>
        g (float[2] x) => (float[2] y) {
          a = Neg (x)
          b = ai.onnx.ml.Scaler (x)
          c = com.microsoft.Gelu (x)
          d = own.Print (x)
          y = Relu (x)
        }
    """)
    assert dead_nodes(model.graph) == [0, 1, 2]


def test_the_opsets_of_a_body_are_those_of_its_function() -> None:
    model = model_of("""
        <ir_version: 8, opset_import: ["" : 17, "own" : 1]>
        g (float[2] x, bool c) => (float[2] y) {
          a = own.Twice (x)
          y = If (c) <
            then_branch = t () => (float[2] u) { u = Neg (a) },
            else_branch = e () => (float[2] v) { v = Abs (a) }
          >
        }
        <domain: "own", opset_import: ["" : 13]> Twice (i) => (o) { o = Add (i, i) }
    """)
    (function,) = model.functions.values()
    assert opsets_of(model, function.nodes) == {"": 13}
    assert opsets_of(model, model.graph.nodes) == {"": 17, "own": 1}
    bodies = [scope.graph.nodes for scope in scopes(model) if scope.outside is not None]
    assert len(bodies) == 2 and all(opsets_of(model, nodes) == {"": 17, "own": 1} for nodes in bodies)


# Bytes that are cut


@pytest.mark.parametrize(("wire", "length"), [(1, 8), (5, 4)])
def test_numbers_of_fixed_length_that_are_cut_are_told_as_cut(wire: int, length: int) -> None:
    """In a graph, whose unknown fields are stepped over: eight bytes of wire type 1, four of wire type 5."""
    for missing in (1, 2, length):
        cut = tag(31, wire) + b"\1" * (length - missing)
        with pytest.raises(Unreadable, match="runs past the end of its message"):
            loads(model_with_graph(cut))
        whole = model_with_graph(cut + b"\1" * missing + field(1, field(4, b"Relu")))
        assert loads(whole).graph.nodes[0].op_type == "Relu"


def test_limits_of_fields_hold_over_all_messages() -> None:
    """A hundred nodes with a documented name: the general way, four fields each."""
    node = field(1, field(4, b"Relu") + field(9, b"") + field(3, b"n"))
    with pytest.raises(Unreadable, match="limit: fields"):
        loads(model_with_graph(node * 100), limits=ReadLimits(fields=250))
    assert len(loads(model_with_graph(node * 100), limits=ReadLimits(fields=310)).graph.nodes) == 100


@pytest.mark.parametrize("overload", ["", "x"])
def test_the_other_name_of_onnx_s_own_domain_is_none(overload: str) -> None:
    """onnxruntime 1.15 to 1.32 load a node of the domain "ai.onnx" as one of "". One with an overload is read apart."""
    node = helper.make_node("Relu", ["x"], ["y"], domain="ai.onnx", overload=overload)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    made = helper.make_model(
        helper.make_graph([node], "g", [x], [y]), opset_imports=[helper.make_opsetid("ai.onnx", 17)]
    )
    found = loads(made.SerializeToString())
    assert found.graph.nodes[0].domain == "" and found.opsets == {"": 17}
