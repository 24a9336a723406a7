"""Convolution and pooling against the specification's formulas and onnxruntime's real outputs."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.shapes.fact import Exact, ShapeError
from auditor.shapes.sizes.dim import evaluate, named
from tests.shapes.asking import ask, confront, formula, misfits, shape, tensor, values

H, W, N, C = named("H"), named("W"), named("N"), named("C")


def floats(*sizes: int) -> np.ndarray:
    return np.zeros(sizes, np.float32)


# Known numbers: FACTS of the textbooks, not of this code


@pytest.mark.parametrize(
    ("size", "kernel", "attributes", "expected"),
    [
        (50, 3, {}, 48),
        (50, 3, {"pads": (1, 1, 1, 1)}, 50),
        (224, 11, {"strides": (4, 4)}, 54),  # AlexNet as its paper has it
        (227, 11, {"strides": (4, 4)}, 55),  # and as it works
        (224, 11, {"strides": (4, 4), "pads": (2, 2, 2, 2)}, 55),  # torchvision's
        (224, 7, {"strides": (2, 2), "pads": (3, 3, 3, 3)}, 112),  # ResNet
        (32, 3, {"dilations": (2, 2)}, 28),
        (7, 3, {"strides": (2, 2), "auto_pad": "SAME_UPPER"}, 4),
        (7, 3, {"strides": (2, 2), "auto_pad": "SAME_LOWER"}, 4),
        (7, 3, {"strides": (2, 2), "auto_pad": "VALID"}, 3),
        (8, 3, {"strides": (2, 2), "pads": (0, 0, 1, 1)}, 4),  # only at the end, as TensorFlow pads
    ],
)
def test_a_convolution_of_known_size(size: int, kernel: int, attributes: dict[str, Any], expected: int) -> None:
    x, w = tensor(1, 3, size, size), tensor(64, 3, kernel, kernel)
    assert shape("Conv", 11, [x, w], attributes) == (1, 64, expected, expected)


def test_a_convolution_says_what_its_parameters_must_be() -> None:
    """32 maps into 64 with 3 x 3 are 18,496 parameters, the bias included."""
    answer = ask("Conv", 11, [tensor(1, 32, 50, 50), tensor(64, 32, 3, 3)])
    assert answer.needs == {"w": Exact((64, 32, 3, 3), "learnable"), "b": Exact((64,), "learnable")}
    assert 64 * 32 * 3 * 3 + 64 == 18_496
    assert answer.macs == 48 * 48 * 64 * 32 * 3 * 3


def test_a_grouped_convolution() -> None:
    """The second convolution of AlexNet, in two halves: 256 filters of 48 x 5 x 5."""
    answer = ask("Conv", 11, [tensor(1, 96, 27, 27), tensor(256, 48, 5, 5)], {"group": 2, "pads": (2, 2, 2, 2)})
    assert answer.outputs[0].shape == (1, 256, 27, 27)
    assert answer.needs["w"] == Exact((256, 48, 5, 5), "learnable")
    assert answer.macs == 27 * 27 * 256 * 48 * 25


def test_what_does_not_fit_a_convolution_is_a_misfit_of_its_parameter() -> None:
    x = tensor(1, 3, 8, 8)
    assert misfits("Conv", 11, [x, tensor(4, 3, 3, 3), tensor(4)]) == set()
    assert misfits("Conv", 11, [x, tensor(4, 5, 3, 3)]) == {"w"}
    assert misfits("Conv", 11, [x, tensor(4, 3, 3, 3), tensor(5)]) == {"b"}
    assert misfits("Conv", 11, [x, tensor(4, 3, 3, 3)], {"kernel_shape": (5, 5)}) == {"w"}
    assert misfits("Conv", 11, [x, tensor(4, 3, 3)]) == {"w"}
    assert misfits("Conv", 11, [tensor(1, C, 8, 8), tensor(4, 3, 3, 3)]) == set()


@pytest.mark.parametrize(
    ("attributes", "at_fault"),
    [
        ({"group": 2}, "group"),  # of 3 channels
        ({"group": 3}, "group"),  # "W.shape[0] mod G == 0": of 4 filters
        ({"group": 0}, "group"),
        ({"strides": (1,)}, "strides"),
        ({"strides": (0, 1)}, "strides"),
        ({"dilations": (1, -1)}, "dilations"),
        ({"pads": (1, 1)}, "pads"),
        ({"kernel_shape": (3,)}, "kernel_shape"),
        ({"auto_pad": "SAME"}, "auto_pad"),
        ({"kernel_shape": (9, 9)}, ""),  # larger than the image
    ],
)
def test_impossible_convolutions(attributes: dict[str, Any], at_fault: str) -> None:
    with pytest.raises(ShapeError) as error:
        ask("Conv", 11, [tensor(1, 3, 8, 8), tensor(4, 3, 3, 3)], attributes)
    assert error.value.attribute == at_fault


def test_unknown_sizes_stay_unknown() -> None:
    assert shape("Conv", 11, [tensor(N, None, H, 8), tensor(4, 3, 3, 3)]) == (N, 4, H - 2, 6)
    unranked = tensor()._replace(shape=None)
    assert shape("Conv", 11, [unranked, tensor(4, 3, 3, 3)]) == (None, 4, None, None)
    assert shape("Conv", 11, [unranked, unranked]) is None
    assert shape("Conv", 11, [tensor(1, 3, 8, 8), unranked], {"kernel_shape": (3, 3)}) == (1, None, 6, 6)
    assert shape("MaxPool", 11, [unranked], {"kernel_shape": (3, 3)}) == (None,) * 4


def test_pools_keep_the_channels() -> None:
    answer = ask("MaxPool", 12, [tensor(N, 64, 55, 55)], {"kernel_shape": (3, 3), "strides": (2, 2)}, outputs=2)
    assert [(f.dtype, f.shape) for f in answer.outputs] == [(1, (N, 64, 27, 27)), (7, (N, 64, 27, 27))]
    assert answer.macs == 0 and not answer.needs
    assert shape("GlobalAveragePool", 1, [tensor(N, 64, H, W)]) == (N, 64, 1, 1)


def test_a_last_window_in_the_end_padding_is_dropped() -> None:
    """onnx.shape_inference says 2 x 2; onnxruntime and ONNX's reference make 1 x 1."""
    attributes = {"kernel_shape": (3, 3), "strides": (3, 3), "pads": (1, 1, 1, 1), "ceil_mode": 1}
    for opset in (11, 19):
        assert shape("AveragePool", opset, [tensor(1, 1, 2, 2)], attributes) == (1, 1, 1, 1)
        assert shape("MaxPool", opset, [tensor(1, 1, 2, 2)], attributes) == (1, 1, 1, 1)


def test_where_onnxruntime_and_the_specification_differ_nothing_is_said() -> None:
    too_large = {"kernel_shape": (3,), "strides": (2,)}
    assert shape("MaxPool", 11, [tensor(1, 1, 2)], too_large) == (1, 1, None)  # the formula says 0, onnxruntime 1
    valid = {"kernel_shape": (3,), "strides": (2,), "ceil_mode": 1, "auto_pad": "VALID"}
    assert shape("MaxPool", 11, [tensor(1, 1, 6)], valid) == (1, 1, None)  # 2, and 3
    assert shape("MaxPool", 11, [tensor(1, 1, 7)], valid) == (1, 1, 3)
    with pytest.raises(ShapeError, match="does not fit into 1"):
        ask("MaxPool", 11, [tensor(1, 1, 1)], {"kernel_shape": (4,), "strides": (1,)})


def test_formulas_read_well() -> None:
    w = tensor(96, 3, 11, 11)
    told = formula("Conv", 11, [tensor(1, 3, 224, 224), w], {"strides": (4, 4), "pads": (2, 2, 2, 2)})
    assert told == "floor((224 + 2*2 - 11) / 4) + 1 = 55"
    assert formula("Conv", 11, [tensor(1, 3, 224, 100), w], {"strides": (4, 4)}) == (
        "floor((224 - 11) / 4) + 1 = 54; floor((100 - 11) / 4) + 1 = 23"
    )
    assert formula("Conv", 11, [tensor(1, 3, 50, 50), tensor(64, 3, 3, 3)]) == "50 - 3 + 1 = 48"
    assert formula("Conv", 11, [tensor(1, 3, 9), tensor(1, 3, 3)], {"dilations": (2,), "pads": (1, 2)}) == (
        "9 + 1 + 2 - (2*(3 - 1) + 1) + 1 = 8"
    )
    pooled = {"kernel_shape": (3,), "strides": (2,)}
    assert formula("MaxPool", 11, [tensor(1, 1, H)], pooled).startswith("floor((H - 3) / 2) + 1 = ")
    assert formula("MaxPool", 11, [tensor(1, 1, 6)], {**pooled, "ceil_mode": 1}) == "ceil((6 - 3) / 2) + 1 = 3"
    assert formula("MaxPool", 11, [tensor(1, 1, 7)], {**pooled, "auto_pad": "SAME_UPPER"}) == "ceil(7 / 2) = 4"
    transposed = {"strides": (2,), "pads": (1, 1), "output_padding": (1,)}
    assert formula("ConvTranspose", 11, [tensor(1, 1, 112), tensor(1, 1, 3)], transposed) == (
        "2*(112 - 1) + 3 - 2*1 + 1 = 224"
    )


# Transposed


def test_a_transposed_convolution_undoes_the_sizes_of_a_convolution() -> None:
    x, w = tensor(1, 8, 112, 112), tensor(8, 16, 4, 4)
    attributes = {"strides": (2, 2), "pads": (1, 1, 1, 1)}
    answer = ask("ConvTranspose", 11, [x, w], attributes)
    assert answer.outputs[0].shape == (1, 16, 224, 224)
    assert answer.needs == {"w": Exact((8, 16, 4, 4), "learnable"), "b": Exact((16,), "learnable")}
    assert answer.macs == 8 * 16 * 4 * 4 * 112 * 112
    assert ask("ConvTranspose", 11, [x, w], {**attributes, "group": 2}).needs["b"] == Exact((32,), "learnable")
    for asked in ((300, 300), (1, 16, 300, 300)):
        assert shape("ConvTranspose", 11, [x, w], {**attributes, "output_shape": asked}) == (1, 16, 300, 300)
    assert misfits("ConvTranspose", 11, [x, tensor(9, 16, 4, 4), tensor(3)]) == {"w", "b"}


# Regions


def test_regions() -> None:
    x = tensor(1, 256, H, W)
    align = {"output_height": 7, "output_width": 5}
    assert shape("RoiAlign", 16, [x, tensor(N, 4), tensor(N, dtype=7)], align) == (N, 256, 7, 5)
    assert shape("MaxRoiPool", 1, [x, tensor(6, 5)], {"pooled_shape": (2, 3)}) == (6, 256, 2, 3)
    image, block = values(5, 6), values(2, 3)
    assert shape("Col2Im", 18, [tensor(N, 12, None), image, block]) == (N, 2, 5, 6)
    unpooled = {"kernel_shape": (2, 2), "strides": (2, 2)}
    small = tensor(1, 1, 3, 4)
    assert shape("MaxUnpool", 11, [small, small], unpooled) == (1, 1, 6, 8)
    assert shape("MaxUnpool", 11, [small, small, values(1, 1, 7, 9)], unpooled) == (1, 1, 7, 9)


def test_a_deformable_convolution_has_two_offsets_a_tap() -> None:
    x, w, offset = tensor(1, 4, 8, 8), tensor(6, 4, 3, 3), tensor(1, 18, 6, 6)
    answer = ask("DeformConv", 19, [x, w, offset])
    assert answer.outputs[0].shape == (1, 6, 6, 6)
    assert answer.needs["offset"] == Exact((1, 2 * 3 * 3, 6, 6))
    assert answer.needs["mask"] == Exact((1, 3 * 3, 6, 6))


# Against onnxruntime


def _attributes(chance: random.Random, kernel: list[int], dilated: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    padding = chance.choice(["NOTSET"] * 4 + ["VALID", "SAME_UPPER", "SAME_LOWER"])
    if padding != "NOTSET":
        attributes["auto_pad"] = padding
    elif chance.random() < 0.7:
        attributes["pads"] = [chance.randrange(k) for k in kernel * 2]
    if chance.random() < 0.7:
        attributes["strides"] = [chance.randrange(1, 5) for _ in kernel]
    if dilated and chance.random() < 0.4:
        attributes["dilations"] = [chance.randrange(1, 4) for _ in kernel]
    return attributes


def _space(chance: random.Random) -> tuple[list[int], list[int]]:
    rank = chance.choice([1, 2, 2, 3])
    return [chance.randrange(1, 13) for _ in range(rank)], [chance.randrange(1, 5) for _ in range(rank)]


def test_random_convolutions_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(1)
    ran = 0
    for _ in range(300):
        size, kernel = _space(chance)
        groups, each, maps = chance.choice([1, 1, 2, 3]), chance.randrange(1, 3), chance.randrange(1, 3)
        attributes = _attributes(chance, kernel, dilated=True) | {"group": groups}
        if chance.random() < 0.5:
            attributes["kernel_shape"] = kernel
        arrays = [floats(2, groups * each, *size), floats(groups * maps, each, *kernel), floats(groups * maps)]
        ran += confront("Conv", chance.choice([1, 11, 22]), arrays, attributes)
    assert ran > 150


def test_random_transposed_convolutions_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(2)
    ran = 0
    for _ in range(300):
        size, kernel = _space(chance)
        groups, each, maps = chance.choice([1, 1, 2, 3]), chance.randrange(1, 3), chance.randrange(1, 3)
        attributes = _attributes(chance, kernel, dilated=True) | {"group": groups}
        if chance.random() < 0.3:
            attributes["output_padding"] = [chance.randrange(s) for s in attributes.get("strides", [1] * len(size))]
        if chance.random() < 0.2:
            attributes["output_shape"] = [chance.randrange(s, 4 * s + 4) for s in size]
        arrays = [floats(2, groups * each, *size), floats(groups * each, maps, *kernel), floats(groups * maps)]
        ran += confront("ConvTranspose", chance.choice([1, 11, 22]), arrays, attributes)
    assert ran > 150


@pytest.mark.parametrize(
    ("op_type", "opsets", "dilated_since", "ceiled_since"),
    [
        ("MaxPool", (1, 8, 10, 11, 12, 22), 10, 10),
        ("AveragePool", (7, 10, 11, 19, 22), 19, 10),
        ("LpPool", (2, 11, 18, 22), 18, 18),
    ],
)
def test_random_pools_come_out_as_onnxruntime_makes_them(
    op_type: str, opsets: tuple[int, ...], dilated_since: int, ceiled_since: int
) -> None:
    chance = random.Random(3)
    ran = 0
    for _ in range(300):
        size, kernel = _space(chance)
        opset = chance.choice(opsets)
        attributes = _attributes(chance, kernel, opset >= dilated_since) | {"kernel_shape": kernel}
        if opset >= ceiled_since and chance.random() < 0.6:
            attributes["ceil_mode"] = 1
        outputs = 2 if op_type == "MaxPool" and opset >= 8 else 1
        ran += confront(op_type, opset, [floats(1, 2, *size)], attributes, outputs)
    assert ran > 200


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_named_size_that_is_bound_later_gives_the_same(data: st.DataObject) -> None:
    kernel, stride = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    attributes: dict[str, Any] = {"kernel_shape": (kernel,), "strides": (stride,)}
    attributes["auto_pad"] = data.draw(st.sampled_from(["NOTSET", "SAME_UPPER", "VALID"]))
    if attributes["auto_pad"] == "NOTSET":
        attributes["pads"] = tuple(data.draw(st.lists(st.integers(0, kernel), min_size=2, max_size=2)))
    attributes["ceil_mode"] = data.draw(st.integers(0, 1))
    attributes["dilations"] = (data.draw(st.integers(1, 3)),)
    size = data.draw(st.integers(1, 40))
    try:
        bound = shape("MaxPool", 12, [tensor(1, 1, size)], attributes)
    except ShapeError:
        return  # at this size it cannot run
    named_size = shape("MaxPool", 12, [tensor(1, 1, H)], attributes)
    assert bound is not None and named_size is not None
    if bound[2] is not None and named_size[2] is not None:
        assert evaluate(named_size[2], {"H": size}) == bound[2]
