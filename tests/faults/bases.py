"""The sound models that faults are put into."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import onnx

from tests.corpus import SAMPLES, converted_models, light_models

_SAMPLES = ("lenet5/lenet5.onnx", "resnet_block.onnx", "open_sizes.onnx", "alexnet.onnx")
_LIGHT = ("light_squeezenet", "light_shufflenet", "light_resnet50")
_CONVERTED = ("test_AvgPool2d", "test_Conv2d_groups", "test_BatchNorm2d_momentum_eval", "test_Linear", "test_PReLU_2d")


@cache
def paths() -> tuple[Path, ...]:
    """Samples with stored weights first, then light models, then converted ones."""
    light = [p for p in light_models() if p.stem in _LIGHT]
    converted = [p for p in converted_models() if p.parent.name in _CONVERTED]
    return (*(SAMPLES / name for name in _SAMPLES), *light, *converted)


@cache
def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def model(path: Path) -> onnx.ModelProto:
    """A model of its own each time: faults change it."""
    return onnx.ModelProto.FromString(_bytes(path))


def parsed(text: str, ir: int = 8, opset: int = 17, microsoft: bool = False) -> onnx.ModelProto:
    """A sound model from ONNX's text form, without its first line."""
    more = ', "com.microsoft" : 1' if microsoft else ""
    head = f'<ir_version: {ir}, opset_import: ["" : {opset}{more}]>\n'
    return onnx.parser.parse_model(head + text)
