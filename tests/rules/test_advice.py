"""What rules advise, put into effect: of faults that no shape shows, onnxruntime's numbers are the witness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from auditor.pipeline import audit
from auditor.settings import Settings

from .editing import Edit, attribute, dims, findings, parsed, run, values


def mended(model: onnx.ModelProto, *edits: Edit) -> onnx.ModelProto:
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for edit in edits:
        edit(other)
    return other


@pytest.mark.parametrize("most", ["", "most"])
def test_nothing_is_selected_without_a_number_of_boxes(most: str, tmp_path: Path) -> None:
    text = f'g (float[1, 8, 4] b, float[1, 2, 8] s) => (int64[M, 3] y) {{ y = NonMaxSuppression(b, s, "{most}") }}'
    stored: dict[str, Any] = {"most": np.array([0], "i8")} if most else {}
    model = parsed(text.replace('"most"', "most"), **stored)
    (found,) = findings(model, tmp_path)
    assert found.rule == "selects-no-boxes"
    assert run(model)[0].shape == (0, 3)
    given = parsed(text.replace(f'"{most}"', "most"), most=np.array([300], "i8"))
    assert findings(given, tmp_path) == []
    assert len(run(given)[0])


def test_a_bias_is_cut_off_and_a_larger_scale_holds_it(tmp_path: Path) -> None:
    """A bias of 2.0 in steps of 3.9e-10 is 5.1e9, and int32 ends at 2.1e9."""
    text = "g (float[N, 2, 4, 4] x) => (float[N, 2, 4, 4] y) { b = DequantizeLinear(q, s) y = Conv(x, w, b) }"
    w = np.array([1, -2, 3, 4], "f4").reshape(2, 2, 1, 1)
    bias = np.array([2.0, 0.1])

    def quantised(scale: float) -> onnx.ModelProto:
        q = np.clip(np.round(bias / scale), -(2**31), 2**31 - 1).astype("i4")
        return parsed(text, w=w, q=q, s=np.array(scale, "f4"))

    def float_bias(model: onnx.ModelProto) -> np.ndarray:
        zero = mended(model, values("w", 0, 0, 0, 0))
        return run(zero)[0][0, :, 0, 0]

    (found,) = findings(quantised(3.9e-10), tmp_path)
    assert found.rule == "saturated-biases" and "at most 0.84" in found.message
    assert float_bias(quantised(3.9e-10)) == pytest.approx([0.8375, 0.1], rel=1e-3)
    assert findings(quantised(1e-9), tmp_path) == []
    assert float_bias(quantised(1e-9)) == pytest.approx(bias, rel=1e-3)


@pytest.mark.parametrize(("least", "said"), [(-(2**31), "at -2^31, the"), (1 - 2**31, "at -2^31 + 1, the")])
def test_a_bias_is_cut_off_at_the_end_that_it_has(least: int, said: str, tmp_path: Path) -> None:
    text = "g (float[N, 2] x) => (float[N, 2] y) { b = DequantizeLinear(q, s) y = Gemm(x, w, b) }"
    w, q, s = np.array([[1, 2], [3, 4]], "f4"), np.array([least, 7], "i4"), np.array(1e-9, "f4")
    (found,) = findings(parsed(text, w=w, q=q, s=s), tmp_path)
    assert found.rule == "saturated-biases" and said in found.message


def test_lengths_of_sequences_do_not_begin_with_zeros(tmp_path: Path) -> None:
    text = 'g (float[T, N, 2] x) => (float[A, 1, B, 1] y) { y = LSTM<hidden_size = 1>(x, w, r, "", l) }'
    stored: dict[str, Any] = {"w": np.ones((1, 4, 2), "f4"), "r": np.ones((1, 4, 1), "f4"), "l": np.array([2], "i4")}
    (found,) = findings(parsed(text, **stored), tmp_path)
    assert found.rule == "baked-in-batch" and "make the lengths of the batch, or leave them out" in found.fix
    assert "zeros" not in found.fix


@pytest.mark.parametrize(
    "body",
    [
        "{ m = Where(mask, zero, most) h = Cast<to = 10>(m) y = Add(x, h) }",
        "{ h = Cast<to = 10>(most) z = Cast<to = 10>(zero) m = Where(mask, z, h) y = Add(x, m) }",
        "{ e = Expand(most, n) i = Where(mask, zero, e) u = Unsqueeze(i, z) h = Cast<to = 10>(u) k = Squeeze(h, z) "
        "y = Add(x, k) }",
        "{ f = Cast<to = 1>(mask) r = Sub(one, f) m = Mul(r, most) h = Cast<to = 10>(m) y = Add(x, h) }",
    ],
)
def test_what_a_cast_makes_infinite(body: str, tmp_path: Path) -> None:
    constants = {"zero": 0.0, "most": -3.4028235e38, "one": 1.0}
    stored: dict[str, Any] = {name: np.array(value, "f4") for name, value in constants.items() if name in body}
    if "Unsqueeze" in body:
        stored |= {"n": np.array([4], "i8"), "z": np.array([0], "i8")}
    model = parsed(f"g (float16[2, 4] x, bool[2, 4] mask) => (float16[2, 4] y) {body}", **stored)
    (found,) = findings(model, tmp_path)
    assert found.rule == "float16-overflow" and "becomes -inf" in found.message
    assert np.isinf(run(model)[0]).any()
    name = "'most'" if "'most'" in found.fix else ""
    assert name, found.fix
    held = mended(model, values("most", -1e4))
    assert findings(held, tmp_path) == []
    assert np.isfinite(run(held)[0]).all()


def test_a_cast_to_float64_is_the_cast_s(tmp_path: Path) -> None:
    model = parsed("g (float[N, 2048] x) => (double[N, 2048] y) { d = Cast<to = 11>(x) y = Softmax(d) }")
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    (found,) = audit(path, Settings(run=False)).findings
    assert "constant" not in found.fix.replace("no constant", "")
    assert "cast to float32 in Cast[0] (to = 1)" in found.fix and "declare 'y' as float32" in found.fix

    def declared(model: onnx.ModelProto) -> None:
        model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT

    path.write_bytes(mended(model, attribute(0, "to", 1), declared).SerializeToString())
    assert audit(path, Settings(run=False)).findings == ()


def test_a_constant_that_is_beside_the_cast_is_named_too(tmp_path: Path) -> None:
    text = "g (float[N, 2048] x) => (float[N, 4] y) { d = Cast<to = 11>(x) m = MatMul(d, w) y = Cast<to = 1>(m) }"
    (found,) = findings(parsed(text, w=np.arange(8192.0).reshape(2048, 4)), tmp_path)
    assert "cast to float32 in Cast[0]" in found.fix and "store 'w' as float32" in found.fix


def test_a_slope_that_runs_along_the_width_is_another_model(tmp_path: Path) -> None:
    model = parsed("g (float[1, 4, 3, 4] x) => (float[1, 4, 3, 4] y) { n = Neg(x) y = PRelu(n, s) }", s=SLOPE)
    found = findings(parsed("g (float[1, 4, 3, 4] x) => (float[1, 4, 3, 4] y) { y = PRelu(x, s) }", s=SLOPE), tmp_path)
    assert [f.rule for f in found] == ["misaligned-channels"]
    assert "give s the shape [4, 1, 1]" in found[0].fix
    right = mended(model, dims("s", 4, 1, 1))
    assert findings(right, tmp_path) == []
    assert not np.array_equal(run(model)[0], run(right)[0])


SLOPE = np.array([0.1, 0.2, 0.3, 0.4], "f4")


LOOP = """
g () => (float[A, B, 4] y) <int64 trip = {{3}}, float[{start}] init = {{}}> {{
  y = Loop (trip, "", init) <body = b (int64 i, bool c, float[A, B, 4] past) => (bool d, float[A, B, 4] next)
    <float[1, 1, 4] step = {{1, 2, 3, 4}}> {{ next = Concat<axis = 1>(past, step) d = Identity(c) }}>
}}"""


def test_an_empty_start_of_a_loop_is_a_note(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = parsed(LOOP.format(start="0, 0, 4"))
    path.write_bytes(model.SerializeToString())
    assert run(model)[0].shape == (1, 3, 4)
    onnx.checker.check_model(model, full_check=True)
    (found,) = audit(path, Settings(run=False)).findings
    assert found.severity == "note" and "[0, 0, 4] and [1, 1, 4]" in found.message
    model = parsed(LOOP.format(start="1, 0, 4"))
    path.write_bytes(model.SerializeToString())
    assert run(model)[0].shape == (1, 3, 4)
    assert audit(path, Settings(run=False)).findings == ()
