"""Resizing against ONNX's node tests, with the values that their models take as inputs, and onnxruntime's outputs."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from onnx.helper import get_attribute_value

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import evaluate, named
from tests.corpus import NodeTest, node_tests
from tests.shapes.asking import ask, confront, contradiction, fact_of, formula, shape, tensor, values

FLOAT = 1
H, W, N = named("H"), named("W"), named("N")
_OPERATORS = ("Resize", "Upsample", "AffineGrid", "GridSample", "Col2Im", "MaxUnpool")


def floats(*sizes: int) -> np.ndarray:
    return np.zeros(sizes, np.float32)


def scales(*numbers: float) -> Any:
    return values(*(float(np.float32(n)) for n in numbers), dtype=FLOAT)


def _fact(array: np.ndarray | None, known: bool) -> Fact | None:
    return None if array is None else fact_of(array, known)


def _cases() -> list[NodeTest]:
    return [c for c in node_tests() if len(c.model.graph.node) == 1 and c.model.graph.node[0].op_type in _OPERATORS]


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.name)
def test_node_tests_with_their_values(case: NodeTest) -> None:
    node = case.model.graph.node[0]
    arrays = dict(zip((v.name for v in case.model.graph.input), case.inputs, strict=True))
    inputs = [_fact(arrays[name], i > 0) if name else None for i, name in enumerate(node.input)]
    attributes = {a.name: get_attribute_value(a) for a in node.attribute}
    attributes = {
        k: v.decode() if isinstance(v, bytes) else tuple(v) if isinstance(v, list) else v for k, v in attributes.items()
    }
    answer = ask(node.op_type, case.model.opset_import[0].version, inputs, attributes)
    assert not contradiction(answer.outputs, [fact_of(a) for a in case.outputs if a is not None])
    if "crop" not in case.name:
        expected = case.outputs[0]
        assert expected is not None and answer.outputs[0].shape == expected.shape


def test_a_named_size_is_scaled_where_the_product_is_exact() -> None:
    x = tensor(N, 3, H, W)
    assert shape("Resize", 13, [x, None, scales(1, 1, 2, 2)]) == (N, 3, 2 * H, 2 * W)
    half = shape("Resize", 13, [x, None, scales(1, 1, 0.5, 1.5)])
    assert half is not None
    for size in (1, 2, 7, 224, 1023):
        for found, scale in ((half[2], 0.5), (half[3], 1.5)):
            assert found is not None and evaluate(found, {"H": size, "W": size}) == int(size * scale)
    assert shape("Resize", 13, [x, None, scales(1, 1, 0.1, 0.3)]) == (N, 3, None, None)


def test_a_product_is_rounded_as_float32_before_it_is_rounded_down() -> None:
    """In float32, 0.1 * 10 is 1 and 0.7 * 10 is 7, though neither scale is what it is written as."""
    for size, scale in ((10, 0.1), (10, 0.7), (30, 1 / 3), (3, 1 / 3)):
        assert confront("Resize", 13, [floats(1, 1, size), None, np.array([1, 1, scale], np.float32)], values=True)
    assert shape("Resize", 13, [tensor(1, 1, 10), None, scales(1, 1, 0.1)]) == (1, 1, 1)
    assert shape("Resize", 13, [tensor(1, 1, 10), None, scales(1, 1, 0.7)]) == (1, 1, 7)


def test_sizes_count_before_empty_scales() -> None:
    """Opset 11 could not leave scales out, so exporters write an empty tensor."""
    x, nothing = tensor(N, 3, H, W), values(dtype=FLOAT)
    assert shape("Resize", 11, [x, nothing, nothing, values(1, 3, 480, 640)]) == (1, 3, 480, 640)
    assert shape("Resize", 19, [x, None, None, values(480, 640)], {"axes": (2, 3)}) == (N, 3, 480, 640)
    assert shape("Resize", 19, [x, None, None, values(None, None, 2 * H, W)]) == (None, None, 2 * H, W)


def test_resizing_by_what_is_not_known() -> None:
    unknown = tensor(4)
    assert shape("Resize", 13, [tensor(N, 3, H, W), None, unknown]) == (None,) * 4
    assert shape("Resize", 13, [tensor()._replace(shape=None), None, unknown]) == (None,) * 4
    assert shape("Resize", 13, [tensor()._replace(shape=None), None, tensor(1 << 40)]) is None
    with pytest.raises(ShapeError, match="neither scales nor sizes"):
        shape("Resize", 13, [tensor(1, 3, 4, 4)])


@pytest.mark.parametrize(
    ("asked", "attributes"),
    [
        (scales(1, 1, 2), {}),
        (scales(1, 1, 2, 0), {}),
        (scales(2, 2), {"axes": (2, 4)}),
        (scales(2, 2), {"axes": (2, -2)}),
    ],
)
def test_impossible_resizes(asked: Any, attributes: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        ask("Resize", 19, [tensor(1, 3, 4, 4), None, asked], attributes)


def test_upsampling_of_old() -> None:
    x = tensor(1, 64, 13, 13)
    assert shape("Upsample", 1, [x], {"height_scale": 2.0, "width_scale": 3.0}) == (1, 64, 26, 39)
    assert shape("Upsample", 7, [x], {"scales": (1.0, 1.0, 2.0, 2.5)}) == (1, 64, 26, 32)
    assert shape("Upsample", 9, [x, scales(1, 1, 2, 2)]) == (1, 64, 26, 26)
    assert formula("Upsample", 9, [x, scales(1, 1, 2, 2)]) == "floor(13 * 2) = 26"
    assert formula("Resize", 13, [x, None, None, values(1, 64, 26, 20)]) == "13 to 26; 13 to 20"


def test_hostile_scales_are_not_followed() -> None:
    for size in (H, 5, 1 << 62):
        assert shape("Resize", 13, [tensor(1, 1, size), None, values(1.0, 1.0, 1e30, dtype=FLOAT)]) == (1, 1, None)
        for scale in (float("inf"), float("nan")):  # onnxruntime refuses both
            with pytest.raises(ShapeError, match="finite"):
                shape("Resize", 13, [tensor(1, 1, size), None, values(1.0, 1.0, scale, dtype=FLOAT)])
    assert shape("Resize", 13, [tensor(1, 1, 1 << 62), None, scales(1, 1, 2)]) == (1, 1, None)


def test_cropping_as_onnxruntime_still_does() -> None:
    assert confront("Crop", 1, [floats(1, 2, 9, 8)], {"border": [1, 2, 3, 3]})
    assert confront("Crop", 1, [floats(1, 2, 9, 8)], {"border": [1, 2, 3, 3], "scale": [3, 2]})
    assert shape("Crop", 1, [tensor(N, 2, H, W)], {"border": (1, 2, 3, 3)}) == (N, 2, H - 5, W - 4)


def test_grids() -> None:
    assert shape("GridSample", 16, [tensor(N, 3, H, W), tensor(N, 5, 6, 2)]) == (N, 3, 5, 6)
    assert shape("AffineGrid", 20, [tensor(N, 2, 3), values(2, 3, 5, 6)]) == (2, 5, 6, 2)
    assert shape("AffineGrid", 20, [tensor(N, 3, 4), tensor(5, dtype=7)]) == (None, None, None, None, 3)


def _scale(chance: random.Random) -> float:
    return chance.choice([1, 2, 0.5, 1.5, 0.75, 0.1, 0.3, 0.7, 1 / 3, 2 / 3, chance.uniform(0.1, 4)])


def test_random_resizes_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(8)
    ran = 0
    for _ in range(300):
        opset, rank = chance.choice([10, 11, 13, 18, 19]), chance.choice([3, 4])
        x = floats(1, 2, *(chance.randrange(1, 40) for _ in range(rank - 2)))
        by = np.array([1, 1, *(_scale(chance) for _ in range(rank - 2))], np.float32)
        to = np.array([1, 2, *(chance.randrange(1, 30) for _ in range(rank - 2))], np.int64)
        roi = floats(0) if opset == 11 else None
        attributes: dict[str, Any] = {}
        if opset >= 18 and chance.random() < 0.5:
            axes = sorted(chance.sample(range(2, rank), chance.randrange(1, rank - 1)))
            by, to, attributes["axes"] = by[axes], to[axes], axes
        if opset >= 18 and chance.random() < 0.5:
            attributes["keep_aspect_ratio_policy"] = chance.choice(["not_larger", "not_smaller", "stretch"])
        if opset == 10:
            ran += confront("Resize", opset, [x, by], values=True)
        elif chance.random() < 0.5:
            attributes.pop("keep_aspect_ratio_policy", None)
            ran += confront("Resize", opset, [x, roi, by], attributes, values=True)
        else:
            ran += confront("Resize", opset, [x, roi, roi, to], attributes, values=True)
    assert ran > 250
