"""Numbers that others published, counted again: the source chapter, LeNet-5, AlexNet, VGG, the light models."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.costs.count import Costs, count
from auditor.model.load import load, loads
from auditor.shapes.facts import Facts, infer
from tests.corpus import SAMPLES, light_models


def propagated(text: str) -> Facts:
    return infer(loads(onnx.parser.parse_model(text).SerializeToString()))


def convolution(maps: int, filters: int, size: int, padding: int = 0) -> Facts:
    """A 3 x 3 convolution with a bias on a square image."""
    return propagated(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[1, {maps}, {size}, {size}] x) => (float[a, b, c, d] y) {{
          ws = Constant<value_ints = [{filters}, {maps}, 3, 3]>()
          w = ConstantOfShape(ws)
          bs = Constant<value_ints = [{filters}]>()
          b = ConstantOfShape(bs)
          y = Conv<pads = [{padding}, {padding}, {padding}, {padding}]>(x, w, b)
        }}
    """)


def test_32_maps_into_64_with_3_x_3_are_18496_parameters() -> None:
    assert count(convolution(32, 64, 50)).learnable == 18_496


@pytest.mark.parametrize(("padding", "size"), [(0, 48), (1, 50)])
def test_an_image_of_50_under_3_x_3(padding: int, size: int) -> None:
    assert convolution(32, 64, 50, padding)["y"].shape == (1, 64, size, size)


def by_layer(costs: Costs) -> list[object]:
    return [layer.learnable for layer in costs.layers if layer.learnable]


def test_lenet5_layer_by_layer() -> None:
    """LeCun et al., 1998, as usually built: 61,706 in all."""
    costs = count(infer(load(SAMPLES / "lenet5" / "lenet5.onnx")))
    assert by_layer(costs) == [156, 2_416, 48_120, 10_164, 850]
    assert costs.learnable == costs.parameters == 61_706


def test_vgg16() -> None:
    """Simonyan and Zisserman, 2014."""
    assert count(infer(load(SAMPLES / "vgg16.onnx"))).learnable == 138_357_544


LIGHT = {
    "light_bvlc_alexnet": (60_965_224, 0, 654_560_384),
    "light_densenet121": (7_978_856, 83_648, 2_834_161_664),
    "light_inception_v1": (6_998_552, 0, 1_431_556_352),
    "light_inception_v2": (11_194_984, 19_904, 2_018_851_840),
    "light_resnet50": (25_557_032, 53_120, 4_089_184_256),
    "light_shufflenet": (1_393_320, 26_832, 124_664_528),
    "light_squeezenet": (1_235_496, 0, 349_151_936),
    "light_vgg19": (143_667_240, 0, 19_632_062_464),
    "light_zfnet512": (87_250_536, 0, 1_481_727_008),
}
"""Learnable parameters, running statistics and MACs at batch 1, as counted over Conv, Gemm and BatchNormalization."""


@pytest.mark.parametrize("path", light_models(), ids=lambda p: p.stem)
def test_light_models(path) -> None:  # type: ignore[no-untyped-def]  # a Path
    costs = count(infer(load(path)))
    assert (costs.learnable, costs.statistics, costs.macs) == LIGHT[path.stem]


def test_costs_with_open_sizes_are_the_numbers_once_bound() -> None:
    model = load(SAMPLES / "open_sizes.onnx")
    open_costs = count(infer(model))
    bound = count(infer(model, dims={"N": 2, "H": 224, "W": 192}))
    from auditor.shapes.sizes.dim import evaluate

    for name in ("learnable", "macs", "peak_activation_bytes"):
        size = getattr(open_costs, name)
        assert evaluate(size, {"N": 2, "H": 224, "W": 192}) == getattr(bound, name), name
