"""Messages in messages, as deep as protobuf takes them: what it still reads is read, what it refuses is refused."""

from __future__ import annotations

import onnx
import pytest

from auditor.errors import Unreadable
from auditor.model.graph import Model
from auditor.model.load import loads

from .rewriting import field
from .samples import model_with_graph, nested, with_if


def inmost(kind: str) -> bytes:
    """A graph that holds a message so many levels below it."""
    return {
        "": b"",
        "tensor": field(5, field(8, b"t")),
        "sparse": field(15, field(1, field(8, b"t"))),
        "tensor of a node": field(1, field(4, b"Foo") + field(5, field(1, b"a") + field(5, b"") + b"\xa0\x01\x04")),
        "sparse of a node": field(
            1, field(4, b"Foo") + field(5, field(1, b"a") + field(22, field(1, field(8, b"t"))) + b"\xa0\x01\x0b")
        ),
    }[kind]


def as_protobuf(content: bytes) -> Model | None:
    """The model where protobuf reads it; None where it refuses it, and we say that it is nested too deep."""
    try:
        onnx.load_model_from_string(content)
    except Exception:
        with pytest.raises(Unreadable, match="nesting"):
            loads(content)
        return None
    return loads(content)


@pytest.mark.parametrize("usual", [True, False], ids=["usual", "another order"])
@pytest.mark.parametrize("kind", ["", "tensor", "sparse", "tensor of a node", "sparse of a node"])
def test_nesting_is_protobufs(kind: str, usual: bool) -> None:
    found = {levels: as_protobuf(nested(levels, inmost(kind), usual=usual)) for levels in range(30, 36)}
    assert found[30] is not None and found[35] is None
    assert all(len(model.graphs) == levels + 1 for levels, model in found.items() if model is not None)


@pytest.mark.parametrize("kind", ["", "tensor", "sparse"])
@pytest.mark.parametrize("way", [(20, 1), (20, 2), (25,)], ids=["initialization", "algorithm", "function"])
def test_nesting_in_training_and_in_functions_is_protobufs(way: tuple[int, ...], kind: str) -> None:
    """A TrainingInfoProto stands between the model and its graphs, a FunctionProto in the place of one."""
    found = []
    for levels in range(30, 36):
        inner = inmost(kind)
        for _ in range(levels - 1):
            inner = field(1, with_if(inner))
        inner = field(7 if way == (25,) else 1, with_if(inner))
        for number in reversed(way):
            inner = field(number, inner)
        found.append(as_protobuf(model_with_graph(b"") + inner))
    assert found[0] is not None and found[-1] is None
    assert all(model.graph.nodes == () for model in found if model is not None)


def test_types_nest_as_deep_as_protobuf_takes_them() -> None:
    for levels in range(45, 52):
        kind = field(1, b"\x08\x01")
        for _ in range(levels):  # a sequence of a sequence of ...
            kind = field(4, field(1, kind))
        model = as_protobuf(model_with_graph(field(11, field(1, b"x") + field(2, kind))))
        assert model is None or model.graph.inputs[0].name == "x"
