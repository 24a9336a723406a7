"""Kinds of divergence after public reports: each at its place, and a good one of its kind that stays silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from auditor.runtime.deep.divergence import SideSeen
from auditor.runtime.request import Feed
from tests.rules.sibling_mutators import AGAINST, Arrays, beside, parsed
from tests.runtime.deep.in_process import held_against

Inputs = dict[str, NDArray[Any]]


def seen(folder: Path, models: dict[str, onnx.ModelProto], inputs: Inputs | None = None) -> SideSeen:
    """The first of two models held against the second."""
    ours = beside(folder, models)
    feeds: tuple[Feed, ...] = ()
    if inputs:
        np.savez(folder / "inputs.npz", **inputs)  # type: ignore[arg-type]  # numpy's stub takes the names for flags
        feeds = tuple(Feed(name, file=str(folder / "inputs.npz"), key=name) for name in inputs)
    return held_against(ours, folder / list(models)[1], inputs=feeds)


def place(found: SideSeen) -> str | None:
    return found.first and found.first.node


def depthwise(by_channel: bool) -> dict[str, onnx.ModelProto]:
    """Filters of a depthwise convolution reach from 1 to 1000: with one scale the small ones have no steps."""
    random = np.random.default_rng(0)
    w = random.normal(0, 1, (8, 1, 3, 3)).astype(np.float32) * np.logspace(0, 3, 8, dtype=np.float32).reshape(
        8, 1, 1, 1
    )
    reach = np.abs(w).max(axis=(1, 2, 3)) if by_channel else np.abs(w).max()
    scale = np.asarray(reach / 127, np.float32)
    spread = scale.reshape(8, 1, 1, 1) if by_channel else scale
    q = np.clip(np.round(w / spread), -128, 127).astype(np.int8)
    stored: Arrays = {"q": q, "s": scale, "z": np.zeros(scale.shape, np.int8)}
    head = "agraph (float[N, 8, 10, 10] x) => (float[N, 8, 8, 8] y)"
    dq = f"d = DequantizeLinear <axis = {0 if by_channel else 1}> (q, s, z)"
    return {
        "model_int8.onnx": parsed(f"{head} {{ {dq} [depthwise] y = Conv <group = 8> (x, d) }}", stored),
        "model.onnx": parsed(f"{head} {{ [depthwise] y = Conv <group = 8> (x, w) }}", {"w": w}),
    }


def calibrated(scale: float) -> dict[str, onnx.ModelProto]:
    """Activations behind a product, quantised with the scale of a calibration."""
    w = np.random.default_rng(1).uniform(0, 1, (32, 16)).astype(np.float32)
    head = "agraph (float[N, 32] x) => (float[N, 16] y)"
    narrow = """[fc] h = MatMul(x, w) [round] q = QuantizeLinear(h, s, z) [back] d = DequantizeLinear(q, s, z)
      [last] y = Mul(d, k)"""
    stored: Arrays = {"w": w, "s": np.float32(scale), "z": np.uint8(0), "k": np.float32(2)}
    return {
        "model.qdq.onnx": parsed(f"{head} {{ {narrow} }}", stored),
        "model.onnx": parsed(f"{head} {{ [fc] h = MatMul(x, w) [last] y = Mul(h, k) }}", {"w": w, "k": np.float32(2)}),
    }


def stabilised(epsilon: float) -> dict[str, onnx.ModelProto]:
    """A norm of a row that is all alike: the epsilon keeps it from 0 / 0, and 1e-12 is 0 in float16."""
    text = """agraph (float[N, 8] x) => (float[N, 8] y) {
      a = Cast <to = TYPE> (x) m = ReduceMean <axes = [-1]> (a) d = Sub(a, m) p = Mul(d, d)
      v = ReduceMean <axes = [-1]> (p) [stable] t = Add(v, eps) s = Sqrt(t) [norm] n = Div(d, s) y = Cast <to = 1> (n)
    }"""
    return {
        "model.fp16.onnx": parsed(text.replace("TYPE", "10"), {"eps": np.float16(epsilon)}),
        "model.onnx": parsed(text.replace("TYPE", "1"), {"eps": np.float32(epsilon)}),
    }


def masked(by_product: bool) -> dict[str, onnx.ModelProto]:
    """Scores that are masked by (1 - m) * -1e9: in float16 that is 0 * -inf where nothing is masked."""
    product = "n = Sub(one, m) [low] b = Mul(n, low)"
    chosen = "z = Sub(one, one) c = Cast <to = 9> (m) [low] b = Where(c, z, low)"
    text = f"""agraph (float[N, 8] x, float[N, 8] k) => (float[N, 8] y) {{
      a = Cast <to = TYPE> (x) m = Cast <to = TYPE> (k) {product if by_product else chosen}
      s = Add(a, b) f = Softmax(s) y = Cast <to = 1> (f)
    }}"""
    with np.errstate(over="ignore"):
        half: Arrays = {"one": np.float16(1), "low": np.float32(-1e9).astype(np.float16)}
    return {
        "model_fp16.onnx": parsed(text.replace("TYPE", "10"), half),
        "model.onnx": parsed(text.replace("TYPE", "1"), {"one": np.float32(1), "low": np.float32(-1e9)}),
    }


def pooled(size: int) -> dict[str, onnx.ModelProto]:
    """A mean over a picture that is written as a sum and a quotient."""
    text = """agraph (float[N, 2, SIZE] x) => (float[N, 2] y) {
      a = Cast <to = TYPE> (x) [sum] s = ReduceSum <keepdims = 0> (a, axes) [mean] m = Div(s, count)
      y = Cast <to = 1> (m)
    }""".replace("SIZE", str(size))
    axes = np.array([2])
    return {
        "model_half.onnx": parsed(text.replace("TYPE", "10"), {"count": np.float16(min(size, 65000)), "axes": axes}),
        "model.onnx": parsed(text.replace("TYPE", "1"), {"count": np.float32(size), "axes": axes}),
    }


def softmax(axis: int) -> onnx.ModelProto:
    """From opset 13 on the default is the last axis, and was the second one, with all behind it."""
    return parsed(f"agraph (float[N, 3, 4] x) => (float[N, 3, 4] y) {{ [soft] s = Softmax <axis = {axis}> (x) "
                  "[out] y = Identity(s) }")  # fmt: skip


def gelu(exact: bool) -> onnx.ModelProto:
    """By the error function, or quick, by a sigmoid: one tensor has the same name in both, and another maker."""
    w = np.random.default_rng(2).normal(0, 1, (16, 16)).astype(np.float32)
    erf = "b = Mul(a, scale) [act] e = Erf(b) f = Add(e, one) g = Mul(a, f) y = Mul(g, half)"
    quick = "c = Mul(a, steep) [act] e = Sigmoid(c) y = Mul(a, e)"
    head = "agraph (float[N, 16] x) => (float[N, 16] y) { [fc] a = MatMul(x, w) "
    steps: Arrays = {"one": np.float32(1), "half": np.float32(0.5), "scale": np.float32(0.5**0.5)}
    return parsed(
        head + (erf if exact else quick) + " }", {"w": w, **(steps if exact else {"steep": np.float32(1.702)})}
    )


ROWS = np.repeat(np.arange(1, 5, dtype=np.float32)[:, None], 8, axis=1)
PICTURES = np.ones((1, 2, 70000), np.float32)
HALF_MASKED: Inputs = {
    "x": np.random.default_rng(3).normal(0, 1, (4, 8)).astype(np.float32),
    "k": np.array([[1, 1, 1, 1, 1, 0, 0, 0]] * 4, np.float32),
}


@pytest.mark.parametrize(
    ("bad", "good", "node", "inputs"),
    [
        # Dynamic quantisation of depthwise convolutions by tensor: half of all predictions were one class.
        pytest.param(depthwise(False), depthwise(True), "depthwise", None, id="one scale for all filters"),
        # microsoft/onnxruntime-inference-examples#319: 70 % became 0.1 % behind a calibration on other inputs.
        pytest.param(calibrated(0.002), calibrated(0.1), "last", None, id="calibrated on something else"),
        # microsoft/onnxruntime#15722: an epsilon that float16 has not.
        pytest.param(stabilised(1e-12), stabilised(1e-3), "norm", {"x": ROWS}, id="an epsilon that vanishes"),
        # microsoft/onnxruntime#11384: NaN in float16 alone.
        pytest.param(masked(True), masked(False), "low", HALF_MASKED, id="a mask by a product"),
        # microsoft/onnxconverter-common#323: means of large pictures.
        pytest.param(pooled(70000), pooled(7000), "sum", {"x": PICTURES}, id="a sum beyond float16"),
        # What a converter of opset 12 to 13 must rewrite.
        pytest.param({"new.onnx": softmax(2), AGAINST: softmax(1)}, {"new.onnx": softmax(-1), AGAINST: softmax(2)},
                     "soft", None, id="another default of the axis"),
    ],
)  # fmt: skip
def test_it_is_named_and_a_good_one_is_silent(
    bad: dict[str, onnx.ModelProto], good: dict[str, onnx.ModelProto], node: str, inputs: Inputs | None, tmp_path: Path
) -> None:
    found = seen(tmp_path, bad, inputs)
    assert found.first is not None
    assert node in (found.first.node, *(one.node for one in found.before)), found.first
    fits = inputs if inputs is None or good is bad or "x" not in inputs or inputs["x"].shape[-1] < 70000 else None
    quiet = seen(tmp_path, good, fits)
    assert not any(one.bad for one in quiet.outputs) and quiet.first is None and not quiet.why, quiet


def test_another_activation_is_found(tmp_path: Path) -> None:
    found = seen(tmp_path, {"new.onnx": gelu(False), AGAINST: gelu(True)})
    assert place(found) == "act"
    assert seen(tmp_path, {"new.onnx": gelu(True), AGAINST: gelu(True)}).first is None
