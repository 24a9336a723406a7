"""Skip connections: the sizes that the report names are those that onnxruntime runs, over the whole model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from auditor.report import Severity

from .editing import fed, findings, parsed, run

HALF = "MaxPool<kernel_shape = [2, 2], strides = [2, 2]>"
TWICE = 'Resize<mode = "nearest">'
S = np.array([1, 1, 2, 2], "f4")
K = np.arange(16, dtype="f4").reshape(2, 2, 2, 2)
K3 = np.arange(36, dtype="f4").reshape(2, 2, 3, 3)

BODIES = {
    "one level, added": (
        f"{{ a = {HALF}(x) b = {TWICE}(a, \"\", s) y = Add(x, b) }}",
        "H, W multiples of 2", {"s": S},
    ),
    "three levels": (
        f"{{ a = {HALF}(x) b = {HALF}(a) c = {HALF}(b) d = ConvTranspose<strides = [2, 2]>(c, k) e = Add(b, d) "
        "f = ConvTranspose<strides = [2, 2]>(e, k) g = Add(a, f) h = ConvTranspose<strides = [2, 2]>(g, k) "
        "y = Concat<axis = 1>(x, h) }",
        "H, W multiples of 8", {"k": K},
    ),
    "rounded up": (
        "{ a = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]>(x, k3) "
        f"b = {TWICE}(a, \"\", s) y = Concat<axis = 1>(x, b) }}",
        "H, W multiples of 2", {"k3": K3, "s": S},
    ),
    "an odd window": (
        "{ a = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]>(x, k3) "
        "b = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]>(a, k3) "
        f"c = {TWICE}(b, \"\", s) y = Add(a, c) }}",
        "H, W multiples of 4, or 1 less", {"k3": K3, "s": S},
    ),
}  # fmt: skip


def sized(body: str, stored: dict[str, Any], height: str, width: str) -> onnx.ModelProto:
    return parsed(f"g (float[1, 2, {height}, {width}] x) => (float[A, B, C, D] y) {body}", **stored)


def runs(model: onnx.ModelProto) -> bool:
    try:
        run(model)
    except Exception as error:
        assert "ONNXRuntimeError" in str(error)
        return False
    return True


@pytest.mark.parametrize("name", BODIES)
def test_open_sizes_are_a_warning_that_names_those_that_run(name: str, tmp_path: Path) -> None:
    body, words, stored = BODIES[name]
    (found,) = findings(sized(body, stored, "H", "W"), tmp_path)
    assert found.severity is Severity.WARNING
    assert f"only for {words};" in found.message
    step = int(re.findall(r"\d+", words)[0])
    rests = {0, step - 1} if "less" in words else {0}
    for size in range(8, 33):
        fixed = sized(body, stored, "H", "W")
        fed("x", 1, 2, size, size)(fixed)
        assert runs(fixed) == (size % step in rests), size


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("height", "width"), [(33, 33), (31, 49), (32, 41)])
def test_a_size_that_misses_is_an_error_with_those_that_run(name: str, height: int, width: int, tmp_path: Path) -> None:
    body, words, stored = BODIES[name]
    (found,) = findings(sized(body, stored, str(height), str(width)), tmp_path)
    assert found.severity is Severity.ERROR
    assert words in found.fix


@pytest.mark.parametrize("name", BODIES)
def test_a_size_that_fits_is_silent(name: str, tmp_path: Path) -> None:
    body, _, stored = BODIES[name]
    assert findings(sized(body, stored, "64", "48"), tmp_path) == []


def test_a_way_that_takes_the_other_s_size_is_silent(tmp_path: Path) -> None:
    body = f'{{ a = {HALF}(x) n = Shape(x) b = {TWICE}(a, "", "", n) y = Add(x, b) }}'
    assert findings(sized(body, {}, "H", "W"), tmp_path) == []


def test_sound(tmp_path: Path) -> None:
    """One axis is open, and the other is fixed and fits."""
    body, _, stored = BODIES["three levels"]
    (found,) = findings(sized(body, stored, "H", "64"), tmp_path)
    assert "only for H a multiple of 8;" in found.message
