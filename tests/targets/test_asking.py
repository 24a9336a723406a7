"""What a release is asked of attributes' values. A release in its place says what onnxruntime 1.17 and 1.27 say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import onnx
import pytest
from onnx import TensorProto, helper

from .asking import bodies, settled, values_refused
from .releases import Release
from .sweep import Answer, fuller, settings, with_values
from .test_table import FLOATS, schema, swept

REFUSES = "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Exception during initialization: bits == 4 was false"
BITS = ("", "Op", 7, "bits=8")

Says = Callable[[dict[str, Any], list[int], int], bool]
"""Whether a node is refused, by its attributes, its inputs' element types, and the number of its inputs."""


class Pretended:
    """Where a release stands: it refuses what a function says."""

    version = "1.1"

    def __init__(self, refuses: Says) -> None:
        self._refuses = refuses

    def load(self, models: Iterable[bytes]) -> Iterator[str]:
        for model in models:
            graph = onnx.load_from_string(model).graph
            (node,) = graph.node
            held = {one.name: helper.get_attribute_value(one) for one in node.attribute}
            types = [one.type.tensor_type.elem_type for one in graph.input]
            yield REFUSES if self._refuses(held, types, len(node.input)) else ""

    def close(self) -> None:
        pass


def pretended(refuses: Says) -> Release:
    return cast(Release, Pretended(refuses))


def op(must: bool) -> dict[str, Any]:
    return schema("Op", attributes={"bits": ["INT", must], "mode": ["STRING", False], "axes": ["INTS", False]})


def test_an_attribute_that_must_be_there_has_another_value_where_the_usual_one_is_refused() -> None:
    said = [Answer.HAS_KERNEL.value] * 3
    found = values_refused(pretended(lambda held, *_: held["bits"] != 4), op(True), said)
    assert found["bits=4"] == found["mode=wrap"] == Answer.LOADS.value
    assert found["bits=8"] == found["bits=1"] == Answer.HAS_KERNEL.value
    assert values_refused(pretended(lambda *_: True), op(True), said) == {}
    hidden = values_refused(pretended(lambda held, *_: held.get("bits", 0) < 1), op(False), said)
    assert hidden["bits=0"] == Answer.HAS_KERNEL.value and hidden["bits=8"] == hidden["mode=wrap"] == Answer.LOADS.value
    assert values_refused(pretended(lambda *_: False), op(False), [Answer.NO_KERNEL.value] * 3) == {}


@pytest.mark.parametrize(
    ("refuses", "nodes"),
    [
        (lambda held, types, inputs: held.get("bits") == 8, "*"),
        (lambda held, types, inputs: held.get("bits") == 8 and types[0] != TensorProto.FLOAT16, "0:802"),
        (lambda held, types, inputs: held.get("bits") == 8 and "mode" not in held, None),
        (lambda held, types, inputs: held.get("bits") == 8 and inputs == 1, None),
        (lambda held, types, inputs: False, None),
    ],
)
def test_a_value_is_refused_always_where_nothing_else_mends_it(
    refuses: Says, nodes: str | None, tmp_path: Path
) -> None:
    """Neither another type, nor another attribute, nor another input."""
    answers: dict[str, Any] = {"schemas": [op(False)]}
    values = {"bits=8": Answer.HAS_KERNEL.value, "bits=2": Answer.HAS_KERNEL.value, "mode=wrap": Answer.LOADS.value}
    answers["swept"] = [swept("Op", *(Answer.LOADS,) * 3, values=values)]
    settled(pretended(refuses), answers, [BITS], tmp_path)
    assert answers["settled"] == {"asked": [list(BITS)], "always": [[*BITS, nodes]] if nodes else []}
    assert json.loads((tmp_path / "1.1.json").read_text()) == answers
    settled(pretended(lambda *_: pytest.fail("it was asked")), answers, [BITS], tmp_path)


def test_the_input_whose_type_decides_is_found(tmp_path: Path) -> None:
    inputs = [["A", "T", "Single", FLOATS], ["B", "T2", "Single", FLOATS[1:]]]
    two = op(False) | {"inputs": inputs, "counts": [2, 2, 1, 1]}
    held = [swept("Op", *(Answer.LOADS,) * 6, values={"bits=8": Answer.HAS_KERNEL.value})]
    answers: dict[str, Any] = {"schemas": [two], "swept": held}
    settled(
        pretended(lambda held, types, _: held.get("bits") == 8 and types[1] == TensorProto.FLOAT),
        answers,
        [BITS],
        tmp_path,
    )
    assert answers["settled"] == {"asked": [list(BITS)], "always": [[*BITS, "1:2"]]}


def test_values_of_attributes_and_more_inputs() -> None:
    assert [one["bits"] for one in settings(op(True))] == [1, 2, 4, 8, 16, 32]
    assert list(settings(op(False))) == [{}, *({"bits": one} for one in (1, 2, 4, 8, 16, 32))]
    node = helper.make_node("Op", ["x"], ["y"], bits=1, axes=[1])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    graph = helper.make_graph([node], "g", [x], [onnx.ValueInfoProto(name="y")])
    model = helper.make_model(graph).SerializeToString()
    (changed,) = onnx.load_from_string(with_values(model, {"bits": 8})).graph.node
    assert {one.name: helper.get_attribute_value(one) for one in changed.attribute} == {"axes": [1], "bits": 8}
    more = [onnx.load_from_string(one).graph for one in fuller(schema("Op"), model)]
    assert [list(one.node[0].input) for one in more] == [["x", "more"]] * len(FLOATS)
    assert {one.input[1].type.tensor_type.elem_type for one in more} == {1, 10, 11}


def test_each_body_is_tried_at_each_opset() -> None:
    """As onnxruntime 1.17 does with Mish-18: a body of float64 loads at 18 alone, one of float32 at 18 to 21."""
    mish = [schema("Mish", since=since, counts=[1, 1, 1, 1], attributes={}) for since in (18, 22)]
    bounds = {"ir_version": 10, "opsets": {"": 23}, "dtypes": 0xC02}
    kernels = [["", "Mish", 18, 18, {"T": ["tensor(float16)"]}]]
    answers: dict[str, Any] = {"schemas": mish, "kernels": kernels, "told": True, "bounds": bounds}
    tried: list[tuple[int, int]] = []

    class Bodies(Pretended):
        def load(self, models: Iterable[bytes]) -> Iterator[str]:
            for text in models:
                model = onnx.load_from_string(text)
                (node,), opset = model.graph.node, model.opset_import[0].version
                is_map = node.op_type == "SequenceMap"
                dtype = model.graph.input[is_map].type.tensor_type.elem_type
                tried.append((opset, dtype))
                if is_map:
                    yield "Failed to be topologically sorted"
                else:
                    yield "" if dtype == TensorProto.FLOAT or opset == 18 else "Could not find an implementation"

    said = [Answer.LOADS.value] * 3
    found = bodies(cast(Release, Bodies(lambda *_: False)), answers, mish[0], said)
    assert found == {"opsets": [[18], [18, 19, 20, 21], []], "refused in maps": 18}
    assert (18, TensorProto.FLOAT16) not in tried, "a kernel takes it"
    assert bodies(pretended(lambda *_: False), answers, mish[0] | {"domain": "com.x"}, said) == {}
    none = bodies(pretended(lambda *_: True), answers, mish[1], [Answer.NO_KERNEL.value] * 3)
    assert none == {"opsets": [[22, 23]] * 3, "refused in maps": 0}, "what a kernel refuses is taken"
