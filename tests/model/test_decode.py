"""What protobuf's own writers make is read by the quick ways alone, and what is equal is decoded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import onnx
import pytest
from onnx import TensorProto, helper

from auditor.errors import Unreadable
from auditor.model import decode, remembered
from auditor.model.decode import Decoder
from auditor.model.decode_tensors import TensorDecoder
from auditor.model.decode_types import TypeDecoder
from auditor.model.graph import Value
from auditor.model.load import load, loads
from auditor.model.wire import ReadLimits

from . import oracle
from .rewriting import backwards, field
from .samples import model_with_graph, nested

GENERAL = ((Decoder, "node"), (Decoder, "attribute"), (TensorDecoder, "general"), (TypeDecoder, "value"))


def forbid_general(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known from before, and no general decoder may be asked."""
    forget(monkeypatch)
    for owner, name in GENERAL:

        def general(*_: object, name: str = name) -> NoReturn:
            pytest.fail(f"the general decoder {name} was asked")

        monkeypatch.setattr(owner, name, general)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("types", "heads", "_tails"):
        monkeypatch.setattr(remembered, name, {})


@pytest.fixture
def quick_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known from before, and no general decoder may be asked."""
    forbid_general(monkeypatch)


def usual(nodes: int = 3) -> onnx.ModelProto:
    """Nodes, tensors and values as exporters write them, with lengths of one and of two bytes."""
    attributes: dict[str, Any] = {"f": 0.5, "s": "text", "ints": [0, 127, 128, 16_383], "many": list(range(60))}
    made = [
        helper.make_node(
            "Thing",
            [f"x{n}", "", "w" * (n % 120)],
            [f"y{n}", f"z{n}"],
            f"node{n}" if n % 2 else None,
            domain="own",
            i=n % 128,
            two=128 + n,
            **attributes,
        )
        for n in range(nodes)
    ]
    made.append(helper.make_node("Plain", ["a"], ["b"]))
    stored = [
        helper.make_tensor("w", TensorProto.FLOAT, [2, 300], b"\1" * 2_400, raw=True),
        helper.make_tensor("small", TensorProto.INT8, [3], b"\1\2\3", raw=True),
        helper.make_tensor("large", TensorProto.UINT8, [20_000], b"\2" * 20_000, raw=True),
        helper.make_tensor("scalar", TensorProto.DOUBLE, [], b"\0" * 8, raw=True),
    ]
    values = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, None]),
        helper.make_tensor_value_info("any", TensorProto.INT64, None),
    ]
    graph = helper.make_graph(made, "g", values, values[:1], stored, value_info=values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("own", 1)])


@pytest.mark.parametrize("nodes", [1, 3, 900])
@pytest.mark.parametrize("from_file", [False, True], ids=["bytes", "file"])
def test_what_writers_usually_make_is_read_by_the_quick_ways_alone(
    tmp_path: Path, quick_alone: None, nodes: int, from_file: bool
) -> None:
    """Also where it is read in many pieces: 900 such nodes are longer than a window."""
    proto = usual(nodes)
    data = proto.SerializeToString()
    (tmp_path / "m.onnx").write_bytes(data)
    model = load(tmp_path / "m.onnx") if from_file else loads(data)
    assert oracle.seen(model) == oracle.model_of(proto)
    assert model.troubles == ()
    places = [(data.index(t.raw_data), len(t.raw_data)) for t in proto.graph.initializer if len(t.raw_data) >= 1_024]
    assert model.payloads == tuple(sorted(places))


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (1, field(1, b"x") + field(2, b"y") + field(4, b"Relu")),
        (1, field(4, b"Relu")),
        (1, field(1, b"x") + field(4, b"Relu") + field(7, b"own")),
        (1, field(4, b"Relu") + field(5, field(1, b"a") + b"\x18\x01\xa0\x01\x02")),
        (5, b"\x08\x02\x10\x03" + field(8, b"t") + field(9, b"ab")),
        (5, b"\x08\x00\x10\x03" + field(8, b"t")),
        (13, field(1, b"x") + field(2, field(1, b"\x08\x01"))),
        (13, field(2, field(1, b"\x08\x01"))),
    ],
)
def test_the_last_bytes_of_a_file_may_be_the_last_of_a_node_a_tensor_or_a_value(
    quick_alone: None, number: int, body: bytes
) -> None:
    content = b"\x08\x08" + field(8, b"\x10\x11") + field(7, field(2, b"g") + field(number, body))
    assert oracle.seen(loads(content)) == oracle.model_of(onnx.load_model_from_string(content))


def counting(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, counts: Counter[str]) -> None:
    real: Callable[..., object] = getattr(owner, name)

    def counted(*arguments: object) -> object:
        counts[name] += 1
        return real(*arguments)

    monkeypatch.setattr(owner, name, counted)


def test_what_is_equal_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand equal nodes the operator and its attributes, of as many values the type; and in the next model
    nothing but what has a place in its own file."""
    forget(monkeypatch)
    counts: Counter[str] = Counter()
    for owner, name in (
        (Decoder, "_usual_tail"),
        (decode, "usual_attribute"),
        (TypeDecoder, "type"),
        (TensorDecoder, "general"),
        (TypeDecoder, "value"),
    ):
        counting(monkeypatch, owner, name, counts)
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [1], b"\0" * 4, raw=True)
    nodes = [helper.make_node("Thing", [f"x{n}"], [f"y{n}"], a=1) for n in range(100)]
    nodes += [helper.make_node("Other", [f"x{n}"], [f"z{n}"], a=1, b=2) for n in range(100)]
    nodes += [helper.make_node("Holder", [f"x{n}"], [f"w{n}"], t=tensor) for n in range(100)]
    values = [helper.make_tensor_value_info(f"x{n}", TensorProto.FLOAT, ["N", 3]) for n in range(100)]
    data = helper.make_model(helper.make_graph(nodes, "g", values, [])).SerializeToString()
    loads(data)
    # Three operators; two attributes and the one that holds a tensor, which has a place of its own each time.
    assert (counts["_usual_tail"], counts["type"], counts["value"]) == (3, 1, 0)
    assert counts["usual_attribute"] == 3
    assert counts["general"] == 1
    counts.clear()
    loads(data)
    assert (counts["_usual_tail"], counts["type"], counts["general"]) == (1, 0, 1)


def test_memories_hold_so_many_entries_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)
    monkeypatch.setattr(remembered, "MOST", 2)
    proto = usual()
    proto.graph.node.extend(helper.make_node(f"Op{n}", ["x"], ["y"], a=n) for n in range(9))
    for n in range(9):
        proto.graph.input.append(helper.make_tensor_value_info(f"i{n}", TensorProto.FLOAT, [n]))
    for _ in range(2):
        assert oracle.seen(loads(proto.SerializeToString())) == oracle.model_of(proto)
    tails = remembered.tails(proto.ir_version)
    assert (len(remembered.types), len(remembered.heads), len(tails)) == (2, 2, 2)


def test_what_is_wrong_with_a_type_is_told_of_each_value_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A type with a field that ONNX does not have is not kept for equal bytes."""
    forget(monkeypatch)
    value = field(13, field(1, b"x") + field(2, field(1, b"\x08\x01") + field(77, b"abc")))
    (trouble,) = loads(model_with_graph(value * 3)).troubles
    assert (trouble.message, trouble.hidden) == ("TypeProto", 3 * 6)  # type: ignore[union-attr]  # UnknownFields
    assert remembered.types == {}


def test_ir_versions_have_memories_of_their_own_up_to_the_newest() -> None:
    """What is right hangs on the version; numbers that no version will have share one memory."""
    assert remembered.tails(7) is remembered.tails(7)
    assert remembered.tails(7) is not remembered.tails(8)
    assert remembered.tails(-5) is remembered.tails(0)
    assert remembered.tails(63) is not remembered.tails(64)
    assert remembered.tails(1 << 40) is remembered.tails(64)


def test_values_that_are_written_otherwise_are_read_by_the_general_way() -> None:
    """A name of more than 127 bytes, one that is not ASCII, a documented value, and one without a type."""
    plain = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    long = helper.make_tensor_value_info("n" * 200, TensorProto.FLOAT, [2])
    odd = helper.make_tensor_value_info("größe", TensorProto.FLOAT, [2])
    said = helper.make_tensor_value_info("said", TensorProto.FLOAT, [2], doc_string="what it is")
    proto = helper.make_model(
        helper.make_graph([], "g", [plain, long, odd, said, onnx.ValueInfoProto(name="none")], [])
    )
    model = loads(proto.SerializeToString())
    assert oracle.seen(model) == oracle.model_of(proto)
    inputs: tuple[Value, ...] = model.graph.inputs
    assert len({value.type for value in inputs[:4]}) == 1


@pytest.mark.parametrize("around", [0, 1])
@pytest.mark.parametrize("name", [b"x", "größe".encode()], ids=["quick", "general"])
def test_types_nest_as_deep_as_protobuf_takes_them_whichever_way_they_are_read(name: bytes, around: int) -> None:
    """In the main graph and in one within a node of it, which is three messages deeper."""
    outcomes = set()
    for levels in range(43, 52):
        kind = b""
        for _ in range(levels):  # a sequence of a sequence of ... nothing
            kind = field(4, field(1, kind))
        content = nested(around, field(11, field(1, name) + field(2, kind)))
        try:
            onnx.load_model_from_string(content)
        except Exception:
            outcomes.add("refused")
            with pytest.raises(Unreadable, match="nesting"):
                loads(content)
        else:
            outcomes.add("read")
            assert loads(content).graphs[around][1].inputs[0].name == name.decode()
    assert outcomes == {"refused", "read"}


# Too many of something are seen before any is built

MOST = 100_000
HEAD = len(model_with_graph(b"")) - len(field(8, b"\x10\x11"))


def many(what: bytes, count: int, between: bytes = b"") -> tuple[bytes, int]:
    """A model with so many equal fields in its graph; and where the first of them begins."""
    content = model_with_graph(between + what * count)
    return content, content.index(between + what * count) + len(between)


@pytest.mark.parametrize("body", [b"", field(1, b"name"), field(1, b"n" * 200)], ids=["empty", "short", "long"])
def test_more_annotations_than_the_limit_are_refused_at_the_first_too_many(body: bytes) -> None:
    """Two-byte heads and longer ones are stepped over; the window moves on behind the first quarter of a megabyte."""
    what = field(13, body)
    content, start = many(what, MOST + 1)
    with pytest.raises(Unreadable, match=r"more than 100,000 initializers, .* \(limit: entries\)") as caught:
        loads(content, limits=ReadLimits(entries=MOST))
    assert caught.value.offset == start + MOST * len(what)
    content, _ = many(what, MOST)
    assert len(loads(content, limits=ReadLimits(entries=MOST)).graph.value_info) == MOST


@pytest.mark.parametrize("body", [b"", field(4, b"Relu"), field(4, b"n" * 200)], ids=["empty", "short", "long"])
def test_more_nodes_than_the_limit_are_refused_at_the_first_too_many(body: bytes) -> None:
    what = field(1, body)
    content, start = many(what, MOST + 1)
    with pytest.raises(Unreadable, match=r"more than 100,000 nodes \(limit: nodes\)") as caught:
        loads(content, limits=ReadLimits(nodes=MOST))
    assert caught.value.offset == start + MOST * len(what)
    content, _ = many(what, MOST)
    assert len(loads(content, limits=ReadLimits(nodes=MOST)).graph.nodes) == MOST


def test_too_many_are_counted_ahead_and_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the first 65,536 it is looked ahead, where the bytes that are left may hold too many."""
    counts: Counter[str] = Counter()
    counting(monkeypatch, Decoder, "node", counts)
    counting(monkeypatch, TypeDecoder, "value", counts)
    for what, limits in ((b"\x0a\x00", ReadLimits(nodes=MOST)), (b"\x6a\x00", ReadLimits(entries=MOST))):
        with pytest.raises(Unreadable):
            loads(many(what, 3 * MOST)[0], limits=limits)
    assert 65_000 < counts["node"] < 66_000 and 65_000 < counts["value"] < 66_000


def test_a_look_ahead_that_finds_no_more_than_the_limit_changes_nothing() -> None:
    """Values in front and many nodes behind them, both below their limits, between fields of other kinds."""
    other = field(10, b"documented") + b"\xf8\x07\x05" + b"\xf9\x07" + b"\0" * 8 + b"\xfd\x07" + b"\0" * 4
    content = model_with_graph(field(13, b"") * 70_000 + other + field(1, field(4, b"Relu")) * 70_000 + other)
    graph = loads(content, limits=ReadLimits(entries=80_000, nodes=80_000)).graph
    assert (len(graph.value_info), len(graph.nodes), graph.nodes[-1].op_type) == (70_000, 70_000, "Relu")


@pytest.mark.parametrize("number", [1_000, 0])
def test_fields_that_are_decoded_one_by_one_are_bounded(number: int) -> None:
    """Ten more than the limit, in one message or in many."""
    body = field(4, b"Relu") + b"\x1a\x81\x00n"  # a length written with more bytes than it needs: the general way
    content = model_with_graph(field(1, body) * 600)
    limit = 1_300 - number
    if number:
        with pytest.raises(Unreadable, match="limit: fields"):
            loads(content, limits=ReadLimits(fields=limit))
    else:
        assert len(loads(content, limits=ReadLimits(fields=limit)).graph.nodes) == 600


@pytest.mark.parametrize("pack", [False, True])
def test_data_in_any_order_of_fields_has_its_place(pack: bool) -> None:
    """What is large is not a part of the structure, whichever way its tensor is read."""
    proto = usual(1)
    data = backwards(proto, pack)
    model = loads(data)
    places = [(data.index(t.raw_data), len(t.raw_data)) for t in proto.graph.initializer if len(t.raw_data) >= 1_024]
    assert model.payloads == tuple(sorted(places))
