"""Models with another one beside them: an earlier version (``against.onnx``, which `fixtures` hands in), or a sibling
in other types, found by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, parser

AGAINST = "against.onnx"
"""The file beside a model that it is held against."""

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

Arrays = dict[str, NDArray[Any] | np.generic]


def beside(folder: Path, models: dict[str, onnx.ModelProto]) -> Path:
    """The first of the models, with the others in its folder."""
    for name, model in models.items():
        (folder / name).write_bytes(model.SerializeToString())
    return folder / next(iter(models))


def parsed(text: str, stored: Arrays | None = None) -> onnx.ModelProto:
    """A model from onnx's text, with more that is stored."""
    model = parser.parse_model(HEAD + text)
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(a), name) for name, a in (stored or {}).items())
    return model


def normalised(epsilon: float) -> onnx.ModelProto:
    """A LayerNormalization as exporters write it, between two products."""
    random = np.random.default_rng(0)
    stored: Arrays = {
        "w": random.normal(0, 1, (16, 16)).astype(np.float32),
        "v": random.normal(0, 1, (16, 4)).astype(np.float32),
        "two": np.float32(2),
        "eps": np.float32(epsilon),
    }
    return parsed(
        """agraph (float[N, 16] x) => (float[N, 4] y) {
          [project] h = MatMul(x, w)
          [mean] mu = ReduceMean <axes = [-1]> (h)
          [center] d = Sub(h, mu)
          [pow] p = Pow(d, two)
          [var] s = ReduceMean <axes = [-1]> (p)
          [stable] t = Add(s, eps)
          [root] r = Sqrt(t)
          [norm] n = Div(d, r)
          [head] y = MatMul(n, v)
        }""",
        stored,
    )


def other_epsilon(folder: Path) -> Path:
    return beside(folder, {"model.onnx": normalised(0.5), AGAINST: normalised(1e-5)})


def folded_scale(folder: Path) -> Path:
    w = np.random.default_rng(0).normal(0, 1, (16, 4)).astype(np.float32)
    new = parsed("agraph (float[N, 16] x) => (float[N, 4] y) { y = MatMul(x, w) }", {"w": np.float32(3) * w})
    old = parsed(
        "agraph (float[N, 16] x) => (float[N, 4] y) { h = MatMul(x, w) y = Mul(h, three) }",
        {"w": w, "three": np.float32(3)},
    )
    return beside(folder, {"model.onnx": new, AGAINST: old})


def product(by_column: bool) -> dict[str, onnx.ModelProto]:
    """A product whose first column is large, quantised with one scale, or with one for each column."""
    w = np.random.default_rng(0).normal(0, 1, (64, 10)).astype(np.float32)
    w[:, 0] *= 200
    scale = (np.abs(w).max(axis=0) if by_column else np.abs(w).max()) / np.float32(127)
    quantised = np.clip(np.round(w / scale), -128, 127).astype(np.int8)
    zero = np.zeros(scale.shape, np.int8)
    axis = "<axis = 1>" if by_column else ""
    return {
        "model.int8.onnx": parsed(
            f"agraph (float[N, 64] x) => (float[N, 10] y) {{ [dq] d = DequantizeLinear {axis} (q, s, z) "
            "[fc] y = MatMul(x, d) }",
            {"q": quantised, "s": np.asarray(scale, np.float32), "z": zero},
        ),
        "model.onnx": parsed("agraph (float[N, 64] x) => (float[N, 10] y) { [fc] y = MatMul(x, w) }", {"w": w}),
    }


def one_scale_for_all_columns(folder: Path) -> Path:
    return beside(folder, product(by_column=False))


def scale_for_each_column(folder: Path) -> Path:
    return beside(folder, product(by_column=True))


def squared(times: float, narrow: bool) -> onnx.ModelProto:
    """A variance that is written out; the numbers in it are float16, and those outside stay float32."""
    text = """agraph (float[N, 16] x) => (float[N, 16] y) {
      [enter] a = Cast <to = TYPE> (x)
      [scale] h = Mul(a, times)
      [mean] mu = ReduceMean <axes = [-1]> (h)
      [center] d = Sub(h, mu)
      [pow] p = Pow(d, two)
      [var] v = ReduceMean <axes = [-1]> (p)
      [stable] t = Add(v, eps)
      [root] s = Sqrt(t)
      [norm] n = Div(d, s)
      [leave] y = Cast <to = 1> (n)
    }"""
    kind = np.float16 if narrow else np.float32
    stored: Arrays = {"times": kind(times), "two": kind(2), "eps": kind(1e-3)}
    return parsed(text.replace("TYPE", "10" if narrow else "1"), stored)


def overflowing_square(folder: Path) -> Path:
    return beside(folder, {"model.onnx": squared(2000, False), "model_fp16.onnx": squared(2000, True)})


def sound_half(folder: Path) -> Path:
    return beside(folder, {"model.onnx": squared(20, False), "model_fp16.onnx": squared(20, True)})
