"""What no edit names is the same bytes, and in the same place of its message."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import helper

from auditor.fix.draft import Draft, with_attribute
from auditor.fix.protobuf import varint
from auditor.fix.rope import Copy, Twine, length
from auditor.fix.splice import Splicer
from auditor.model.load import load, loads
from tests.corpus import SAMPLES

from .copies import parsed

MODELS = sorted(SAMPLES.rglob("*.onnx"))


def file_of(draft: Draft, data: bytes) -> bytes:
    """The file that a draft becomes."""
    rope = Splicer(draft).rope()
    written = b"".join(
        piece if isinstance(piece, bytes) else data[piece.start : piece.end]
        for piece in rope
        if isinstance(piece, bytes | Copy)
    )
    assert length(rope) == len(written)
    return written


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_draft_without_edits_is_the_file_in_one_piece(path: Path) -> None:
    model = load(path)
    assert Splicer(Draft(model, model)).rope() == (Copy("", 0, path.stat().st_size),)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_new_names_for_all_nodes_are_all_that_changes(path: Path) -> None:
    data, model = path.read_bytes(), load(path)
    draft = Draft(model, model).changed(lambda graph: graph, lambda node: node._replace(name="x" * 200 + node.name))
    expected = onnx.load_from_string(data)
    for node in expected.graph.node:
        node.name = "x" * 200 + node.name
    assert onnx.load_from_string(file_of(draft, data)) == expected


def dressed() -> onnx.ModelProto:
    """A model with all that our views leave out: doc strings, metadata, annotations."""
    model = parsed(
        "agraph (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> { a = Add(x, w) y = If(c) "
        "<then_branch = g () => (float[2] t) { t = Elu<alpha = 2.0>(a) },"
        " else_branch = h () => (float[2] e) { b = Relu(a) e = Neg(b) }> }"
    )
    model.doc_string, model.domain, model.model_version = "of the model", "there", 3
    model.metadata_props.add(key="k", value="v")
    graph = model.graph
    graph.doc_string = "of the graph"
    graph.quantization_annotation.add(tensor_name="x")
    graph.node[0].doc_string, graph.node[0].name = "of the node", "add"
    graph.node[0].metadata_props.add(key="k", value="v")
    graph.initializer[0].doc_string = "of the tensor"
    graph.input[0].doc_string = "of the input"
    graph.input[1].type.denotation = "IMAGE"
    for attribute in graph.node[1].attribute:
        attribute.doc_string = attribute.g.doc_string = f"of {attribute.name}"
    return model


def test_what_our_views_lack_stays_with_its_message() -> None:
    before = dressed()
    data = before.SerializeToString() + b"\xf2\x7f\x03abc"  # and a field that nobody knows
    model = loads(data)
    graph = model.graph
    draft = Draft(model, model).with_node(0, graph.nodes[0]._replace(op_type="Sub"))
    draft = draft.changed(
        lambda g: g._replace(nodes=g.nodes[::-1]) if len(g.nodes) > 1 and g.offset != graph.offset else g,
        lambda node: with_attribute(node, "alpha", 0.5) if node.op_type == "Elu" else node,
    )
    draft = draft.with_graph(draft.model.graph._replace(
        inputs=tuple(v._replace(name=f"{v.name}_in") for v in draft.model.graph.inputs),
        initializers=tuple(t._replace(dims=(2, 1)) for t in draft.model.graph.initializers),
    ))  # fmt: skip
    written = file_of(draft, data)
    expected = before
    expected.graph.node[0].op_type = "Sub"
    expected.graph.initializer[0].dims[:] = [2, 1]
    for value in expected.graph.input:
        value.name += "_in"
    for attribute in expected.graph.node[1].attribute:
        nodes = list(attribute.g.node)
        del attribute.g.node[:]
        attribute.g.node.extend(nodes[::-1])
        for node in attribute.g.node:
            if node.op_type == "Elu":
                node.attribute[0].f = 0.5
    assert written.endswith(b"\xf2\x7f\x03abc")
    assert onnx.load_from_string(written[:-6]) == expected


def test_a_graph_that_stands_in_two_pieces_is_written_as_one() -> None:
    before = parsed("agraph (float[2] x) => (float[2] y) { a = Relu(x) y = Neg(a) }")
    more = onnx.ModelProto(graph=onnx.GraphProto(node=[helper.make_node("Abs", ["y"], ["z"])]))
    data = before.SerializeToString() + more.SerializeToString()
    model = loads(data)
    assert len(model.graph.nodes) == 3
    written = file_of(Draft(model, model).with_node(0, model.graph.nodes[0]._replace(name="first")), data)
    expected = onnx.load_from_string(data)
    expected.graph.node[0].name = "first"
    assert onnx.load_from_string(written) == expected


def test_nodes_of_a_function() -> None:
    before = parsed("agraph (float[2] x) => (float[2] y) { y = Relu(x) }")
    before.functions.append(helper.make_function(
        "f", "g", ["a"], ["c"], [helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["c"])],
        [helper.make_opsetid("", 17)],
    ))  # fmt: skip
    before.functions[0].doc_string = "kept"
    data = before.SerializeToString()
    model = loads(data)
    draft = Draft(model, model).changed(lambda g: g, lambda n: n._replace(name=n.op_type))
    for node in (*before.graph.node, *before.functions[0].node):
        node.name = node.op_type
    assert onnx.load_from_string(file_of(draft, data)) == before


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16383, 16384, 1 << 31, (1 << 63) - 1, -1, -(1 << 63)])
def test_numbers_as_protobuf_writes_them(number: int) -> None:
    by_protobuf = onnx.TensorShapeProto.Dimension(dim_value=number).SerializeToString()
    assert b"\x08" + varint(number) == by_protobuf


def test_what_lies_side_by_side_is_one_piece() -> None:
    twine = Twine()
    twine.copy(0, 4)
    twine.copy(4, 4)
    twine.copy(4, 8)
    twine.add((b"a", b"b"))
    twine.copy(9, 10)
    assert twine.rope == (Copy("", 0, 8), b"ab", Copy("", 9, 10)) and length(twine.rope) == 11
