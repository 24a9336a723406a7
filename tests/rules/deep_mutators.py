"""Models with golden vectors beside them, for rules that look on what real inputs show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

QDQ = """<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 64] x) => (float[N, 64] y) <float scale = {SCALE}, ZERO> {
  n = Neg(x)
  q = QuantizeLinear(n, scale, zero)
  y = DequantizeLinear(q, scale, zero)
}"""

PICTURES = """<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  s = Sigmoid(x)
  y = Mul(s, s)
}"""


def beside(
    folder: Path, text: str, inputs: list[np.ndarray], run: Callable[[np.ndarray], np.ndarray], name: str = "y"
) -> Path:
    """The model, and a golden vector for each of the inputs."""
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(text).SerializeToString())
    for index, array in enumerate(inputs):
        at = folder / f"test_data_set_{index}"
        at.mkdir()
        for kind, what, called in (("input", array, "x"), ("output", run(array), name)):
            tensor: onnx.TensorProto = numpy_helper.from_array(what, called)
            (at / f"{kind}_0.pb").write_bytes(tensor.SerializeToString())
    return path


def _quantised(folder: Path, scale: float, zero: int, x: np.ndarray) -> Path:
    """A uint8 tensor that stands for -x."""
    text = QDQ.replace("SCALE", f"{scale}").replace("ZERO", f"uint8 zero = {{{zero}}}")

    def run(x: np.ndarray) -> np.ndarray:
        q = np.clip(np.rint(-x / np.float32(scale)) + zero, 0, 255)
        y: np.ndarray = ((q - zero) * np.float32(scale)).astype(np.float32)
        return y

    return beside(folder, text, [x], run)


def _ramp() -> np.ndarray:
    """From -3 to 3."""
    return np.linspace(-3, 3, 128, dtype=np.float32).reshape(2, 64)


def clipping_calibration(folder: Path) -> Path:
    """It holds -1 to 1, where two thirds of the elements lie outside."""
    return _quantised(folder, 2 / 255, 128, _ramp())


def wide_calibration(folder: Path) -> Path:
    return _quantised(folder, 6.1 / 255, 128, _ramp())


def relu_in_zero_point(folder: Path) -> Path:
    """Half of the elements are below zero, and become zero."""
    return _quantised(folder, 3.1 / 255, 0, _ramp())


def _sigmoid(x: np.ndarray) -> np.ndarray:
    s = 1 / (1 + np.exp(-x.astype(np.float64)))
    y: np.ndarray = (s * s).astype(np.float32)
    return y


def unscaled_pictures(folder: Path) -> Path:
    """From 100 to 255 where 0 to 1 was meant."""
    x = np.linspace(100, 255, 8, dtype=np.float32).reshape(2, 4)
    return beside(folder, PICTURES, [x, x[::-1].copy()], _sigmoid)


def scaled_pictures(folder: Path) -> Path:
    x = np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 4)
    return beside(folder, PICTURES, [x, 40 * x], _sigmoid)
