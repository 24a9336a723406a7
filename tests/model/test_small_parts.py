"""Small parts of the reader, each against the onnx package or by hand."""

from __future__ import annotations

import math
import pickle
import pickletools
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnx.parser
import pytest

from auditor.model import encoding
from auditor.model.graph import Graph, MapType, Node, TensorType, captured
from auditor.model.load import load, loads
from auditor.model.magic import format_of
from auditor.model.moved import Moved, attribute_instead
from auditor.model.order import cycles, ordered, out_of_order
from auditor.model.schemas import schema
from auditor.model.texts import odd_texts
from auditor.model.wire import ReadLimits, Wire

_EIGHT: dict[int, Any] = {
    17: ml_dtypes.float8_e4m3fn,
    18: ml_dtypes.float8_e4m3fnuz,
    19: ml_dtypes.float8_e5m2,
    20: ml_dtypes.float8_e5m2fnuz,
    23: ml_dtypes.float4_e2m1fn,
}


@pytest.mark.parametrize("dtype", sorted(_EIGHT))
def test_every_code_of_a_narrow_float_is_its_value(dtype: int) -> None:
    codes = np.arange(16 if dtype == 23 else 256, dtype=np.uint8)
    truth = codes.view(_EIGHT[dtype]).astype(np.float64).tolist()
    mine = encoding.small_values(dtype)
    assert len(mine) == len(truth)
    for code, (one, other) in enumerate(zip(mine, truth, strict=True)):
        assert one == other or (math.isnan(one) and math.isnan(other)), hex(code)
        assert math.copysign(1, one) == math.copysign(1, other) or math.isnan(other), hex(code)


def test_the_fields_of_a_tensor_are_called_as_onnx_calls_them() -> None:
    theirs = onnx.TensorProto.DESCRIPTOR.fields_by_number
    assert {number: theirs[number].name for number in encoding.FIELD_NAMES} == encoding.FIELD_NAMES


def graph_of(text: str) -> Graph:
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17, "own" : 1]> {text}')
    return loads(model.SerializeToString()).graph


CAPTURING = """
g (bool c, float[2] x, float[2] w) => (float[2] z) {
  early = Relu (late)
  y = If (c) <
    then_branch = t () => (float[2] a) <float[2] k = {1.0, 2.0}> {
      s = Add (x, k)
      a = If (c) <
        then_branch = tt () => (float[2] b) { b = Add (s, w) },
        else_branch = te () => (float[2] late) { q = Relu (s) }
      >
    },
    else_branch = e () => (float[2] x) { unused = Relu (early) }
  >
  late = Relu (y)
  z = Sum (late, early)
}"""


def test_what_subgraphs_take_from_outside() -> None:
    """At any depth, also what is only handed on as an output; what a body holds or makes itself is not taken."""
    graph = graph_of(CAPTURING)
    branch = next(node for node in graph.nodes if node.op_type == "If")
    assert set(captured(branch)) == {"x", "w", "c", "late", "early"}
    assert captured(graph.nodes[0]) == ()


def test_nodes_that_stand_before_what_they_take() -> None:
    assert out_of_order(graph_of(CAPTURING)) == ((0, 2), (1, 2))


def test_a_node_that_takes_what_it_makes_is_out_of_order() -> None:
    assert out_of_order(graph_of("g (float[2] x) => (float[2] y) { y = Add (x, y) }")) == ((0, 0),)


def test_a_node_on_a_cycle_still_waits_where_all_else_that_it_takes_is_made() -> None:
    graph = graph_of("g (float[2] x) => (float[2] d) { a = Relu (x) b = Add (a, c) c = Relu (b) d = Relu (c) }")
    assert cycles(graph) == ((1, 2),)
    assert ordered(graph) == (0, 1, 2, 3)


def test_a_node_that_takes_from_several_is_on_no_cycle_for_that() -> None:
    graph = graph_of("g (float[2] x) => (float[2] d) { d = Sum (a, b, c) a = Relu (x) b = Abs (x) c = Neg (x) }")
    assert cycles(graph) == () and ordered(graph) == (1, 2, 3, 0)


def test_a_pickle_of_protocol_four_is_known_with_a_frame_and_without_one() -> None:
    """Python frames what it writes; the protocol does not ask for it, and `pickle.loads` takes it without."""
    framed = pickle.dumps(math.sqrt, 4)
    frame = next(at for op, _, at in pickletools.genops(framed) if op.name == "FRAME" and at is not None)
    bare = framed[:frame] + framed[frame + 9 :]  # the opcode, and eight bytes that say how long it is
    assert pickle.loads(framed) is pickle.loads(bare) is math.sqrt
    assert bare[2:9] == b"\x8c\x04math\x94"  # SHORT_BINUNICODE, and the length of the name
    assert format_of(framed) == format_of(bare) == "a pickle"
    assert format_of(bare.replace(b"math", b"m\xc3\xa4h")) == ""  # weights are seldom a name


def test_overloads_and_maps_are_read() -> None:
    """The fields that few models have: a node's and a function's overload, a map's key and value."""
    helper = onnx.helper
    node = helper.make_node("Twice", ["x"], ["y"], domain="own", overload="float")
    body = helper.make_node("Add", ["a", "a"], ["b"])
    function = helper.make_function(
        "own", "Twice", ["a"], ["b"], [body], [helper.make_opsetid("", 17)], overload="float"
    )
    x = helper.make_tensor_value_info("x", 1, [2])
    kind = helper.make_map_type_proto(7, helper.make_tensor_type_proto(1, [3]))
    graph = helper.make_graph([node], "g", [x], [onnx.ValueInfoProto(name="y"), helper.make_value_info("m", kind)])
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made = helper.make_model(graph, functions=[function], opset_imports=imports, ir_version=10)
    model = loads(made.SerializeToString())
    assert [n.overload for n in model.graph.nodes] == ["float"]
    assert list(model.functions) == [("own", "Twice", "float")]
    found = model.graph.outputs[1].type
    assert isinstance(found, MapType) and isinstance(found.value, TensorType)
    assert (found.key, found.value.dtype, found.value.shape) == (7, 1, (3,))


def test_a_model_in_memory_is_read_as_its_bytes_are() -> None:
    made = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = Relu (x) }'
    )
    nodes: tuple[Node, ...] = loads(made.SerializeToString()).graph.nodes
    assert load(made).graph.nodes[0].op_type == nodes[0].op_type == "Relu"


def test_the_window_grows_while_reading_goes_on_and_is_small_behind_a_jump() -> None:
    """4 KB after a jump, doubling to 256 KB while reading goes on in order."""
    lengths = []

    def read(length: int, offset: int) -> bytes:
        lengths.append(length)
        return bytes(length)

    wire = Wire(1 << 22, read, ReadLimits())
    for _ in range(8):
        wire.move(wire.stop)
    wire.move(1 << 21)
    wire.move(wire.stop)
    wire.move(0)
    assert lengths == [*(1 << power for power in range(12, 19)), 1 << 18, 4_096, 8_192, 4_096]


@pytest.mark.parametrize(
    ("name", "version", "place", "expected"),
    [
        ("Clip", 6, 1, Moved("min", "min", 1, 11)),
        ("Clip", 6, 2, Moved("max", "max", 2, 11)),
        ("Clip", 6, 3, None),
        ("Relu", 1, 1, None),  # no version has a second input
    ],
)
def test_what_stands_at_an_inputs_place_in_a_later_opset(
    name: str, version: int, place: int, expected: Moved | None
) -> None:
    """https://onnx.ai/onnx/operators/onnx__Clip.html: min and max are attributes up to 6, and inputs from 11 on."""
    known = schema("", name, version)
    assert known is not None and attribute_instead(known, place) == expected


def test_every_name_that_is_not_plain_is_worth_a_look_and_an_exporters_is_plain() -> None:
    """TensorFlow calls the outputs of its nodes ``name:0``. U+202E turns the direction of what follows it."""
    x, y = (onnx.helper.make_tensor_value_info(name, 1, [2]) for name in ("x:0", "y:0"))
    node = onnx.helper.make_node("Relu", ["x:0"], ["y:0"], name="layer/relu:0")
    plain = onnx.helper.make_graph([node], "g", [x], [y])
    assert odd_texts(loads(onnx.helper.make_model(plain).SerializeToString())) == ()
    for values in ("input", "output", "value_info"):
        graph = onnx.helper.make_graph([node], "g", [x], [y])
        getattr(graph, values).append(onnx.helper.make_tensor_value_info("a\u202eb", 1, [2]))
        (found,) = odd_texts(loads(onnx.helper.make_model(graph).SerializeToString()))
        assert found.value == "a\u202eb"
