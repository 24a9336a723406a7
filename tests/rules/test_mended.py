"""A fix names the cause, and mends: each is put into effect here, and neither the fault nor a new one is left."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest

from .editing import Edit, around, assert_mended, attribute, dims, fed, findings, in_front, parsed, run, values


class Case(NamedTuple):
    """A model with one fault, the edit that its fix names, and words of the fix."""

    model: onnx.ModelProto
    edit: Edit
    where: str  # the node that the finding is at
    words: str  # of the fix


def weights(*shape: int) -> np.ndarray:
    return (np.arange(int(np.prod(shape))).reshape(shape) % 7 - 3).astype("f4")


CONV = "(float[1, 3, 8, 8] x) => (float[1, 4, A, B] y)"
AXES = np.array([1, 2], "i8")

CASES = {
    "an axis left at its default": Case(
        parsed(
            "g (float[N, 4, 8, 8] x) => (float[N, 6, 6, 6] y) "
            "{ d = DequantizeLinear(w, s) y = Conv(x, d) }",
            w=weights(6, 4, 3, 3).astype("i1"), s=np.full(6, 0.1, "f4"),
        ),
        attribute(0, "axis", 0), "DequantizeLinear[0]", "set axis of DequantizeLinear[0] to 0",
    ),
    "an axis that is wrong": Case(
        parsed(
            "g (float[2, 4, 8] x) => (float[2, 4, 8] y) "
            "{ q = QuantizeLinear<axis = 1>(x, s, z) y = DequantizeLinear<axis = 2>(q, s, z) }",
            s=np.full(8, 0.1, "f4"), z=np.zeros(8, "u1"),
        ),
        attribute(0, "axis", 2), "QuantizeLinear[0]", "set axis of QuantizeLinear[0] to 2",
    ),
    "a Gather's axis": Case(
        parsed("g (float[2, 8] x) => (float[2, 1] y) { y = Gather(x, i) }", i=np.array([5], "i8")),
        attribute(0, "axis", 1), "Gather[0]", "set axis of Gather[0] to 1",
    ),
    "a Concat's axis": Case(
        parsed("g (float[2, 3, 4] x, float[2, 5, 4] z) => (float[2, 8, 4] y) { y = Concat<axis = 2>(x, z) }"),
        attribute(0, "axis", 1), "Concat[0]", "set axis of Concat[0] to 1",
    ),
    "a Concat's axis, which a layer behind it suffers": Case(
        parsed(
            "g (float[1, 4, 8, 8] x) => (float[1, 2, A, B] y) "
            "{ a = Relu(x) c = Concat<axis = 2>(a, x) y = Conv(c, w) }",
            w=weights(2, 8, 3, 3),
        ),
        attribute(1, "axis", 1), "Concat[1]", "set axis of Concat[1] to 1",
    ),
    "a Split's axis": Case(
        parsed(
            "g (float[2, 6, 4] x) => (float[2, 2, 4] y, float[2, 4, 4] z) { y, z = Split(x, s) }",
            s=np.array([2, 4], "i8")
        ),
        attribute(0, "axis", 1), "Split[0]", "set axis of Split[0] to 1",
    ),
    "a scale for each channel": Case(
        parsed("g (float[1, 6, 8, 9] x) => (float[1, 6, 8, 9] y) { y = Mul(x, s) }", s=weights(6)),
        dims("s", 6, 1, 1), "Mul[0]", "give s the shape [6, 1, 1]",
    ),
    "a bias for each channel, open sizes": Case(
        parsed("g (float[N, 6, H, 9] x) => (float[N, 6, H, 9] y) { y = Add(s, x) }", s=weights(1, 6)),
        dims("s", 6, 1, 1), "Add[0]", "give s the shape [6, 1, 1]",
    ),
    "a scale that is worked out": Case(
        parsed(
            "g (float[1, 6, 8, 9] x) => (float[1, 6, 8, 9] y) { s = Exp(e) y = Mul(x, s) }", e=weights(6)
        ),
        in_front(1, 1, "Unsqueeze", AXES), "Mul[1]", "put an Unsqueeze with axes [1, 2] behind s",
    ),
    "a slope for each channel": Case(
        parsed("g (float[2, 6, 8, 9] x) => (float[2, 6, 8, 9] y) { y = PRelu(x, s) }", s=weights(6)),
        dims("s", 6, 1, 1), "PRelu[0]", "give s the shape [6, 1, 1]",
    ),
    "images into a Gemm": Case(
        parsed(
            "g (float[N, 2, 6, 6] x) => (float[N, 5] y) "
            "{ p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x) y = Gemm(p, w) }",
            w=weights(18, 5),
        ),
        in_front(1, 0, "Flatten", axis=1), "Gemm[1]", "put a Flatten (axis 1) in front of Gemm[1]",
    ),
    "pooled images into a MatMul": Case(
        parsed(
            "g (float[N, 8, 6, 6] x) => (float[N, 5] y) { p = GlobalAveragePool(x) y = MatMul(p, w) }", w=weights(8, 5)
        ),
        in_front(1, 0, "Flatten", axis=1), "MatMul[1]", "put a Flatten (axis 1) in front of MatMul[1]",
    ),
    "a Transpose that does not turn to channels first": Case(
        parsed(
            "g (float[1, 8, 9, 12] x) => (float[1, 12, A, B] y) "
            "{ t = Transpose<perm = [0, 2, 1, 3]>(x) y = Conv<group = 12>(t, w) }",
            w=weights(12, 1, 3, 3),
        ),
        attribute(0, "perm", [0, 3, 1, 2]), "Transpose[0]", "set perm of Transpose[0] to [0, 3, 1, 2]",
    ),
    "a Transpose in front of a pool": Case(
        parsed(
            "g (float[1, 8, 10, 12] x) => (float[1, 4, A, B] y) { t = Transpose<perm = [0, 2, 1, 3]>(x) "
            "p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(t) y = Conv(p, w) }",
            w=weights(4, 12, 1, 1),
        ),
        attribute(0, "perm", [0, 3, 1, 2]), "Transpose[0]", "set perm of Transpose[0] to [0, 3, 1, 2]",
    ),
    "a Transpose in front of a normalization": Case(
        parsed(
            "g (float[1, 8, 10, 12] x) => (float[1, 12, 8, 10] y) "
            "{ t = Transpose(x) y = BatchNormalization(t, s, s, s, v) }",
            s=weights(12), v=np.ones(12, "f4"),
        ),
        attribute(0, "perm", [0, 3, 1, 2]), "Transpose[0]", "set perm of Transpose[0] to [0, 3, 1, 2]",
    ),
    "channels last at the input": Case(
        parsed("g (float[1, 8, 9, 3] x) => (float[1, 4, A, B] y) { y = Conv(x, w) }", w=weights(4, 3, 3, 3)),
        in_front(0, 0, "Transpose", perm=[0, 3, 1, 2]), "Conv[0]", "put a Transpose with perm [0, 3, 1, 2]",
    ),
    "channels last at the input, which a dense layer suffers": Case(
        parsed(
            "g (float[1, 8, 9, 3] x) => (float[1, 5] y) { p = GlobalAveragePool(x) f = Flatten(p) y = Gemm(f, w) }",
            w=weights(3, 5),
        ),
        in_front(0, 0, "Transpose", perm=[0, 3, 1, 2]), "GlobalAveragePool[0]", "a Transpose with perm [0, 3, 1, 2]",
    ),
    "channels last throughout": Case(
        parsed(
            "g (float[1, 8, 9, 6] x) => (float[1, 8, 9, 6] y) { y = InstanceNormalization(x, s, s) }", s=weights(6)
        ),
        around(0, [0, 3, 1, 2], [0, 2, 3, 1]), "InstanceNormalization[0]", "and one with perm [0, 2, 3, 1] behind it",
    ),
    "an axis that fits whatever the sizes are": Case(
        parsed(
            "g (int64[N] i) => (float[N, 8] y) { g = Gather(q, i) y = DequantizeLinear<axis = 0>(g, s) }",
            q=weights(10, 8).astype("i1"), s=np.full(8, 0.1, "f4"),
        ),
        attribute(1, "axis", 1), "DequantizeLinear[1]", "set axis of DequantizeLinear[1] to 1",
    ),
    "what was flattened comes back as factors": Case(
        parsed(
            "g (float[2, 6, 8, 9] x) => (float[2, 6, 8, 9] y) "
            "{ g = GlobalAveragePool(x) f = Flatten(g) s = Sigmoid(f) y = Mul(x, s) }"
        ),
        in_front(3, 1, "Unsqueeze", np.array([2, 3], "i8")), "Mul[3]", "put an Unsqueeze with axes [2, 3] behind s",
    ),
    "a convolution over groups": Case(
        parsed("g (float[1, 6, 8, 8] x) => (float[1, 6, A, B] y) { y = Conv(x, w) }", w=weights(6, 1, 3, 3)),
        attribute(0, "group", 6), "Conv[0]", "set group of Conv[0] to 6",
    ),
    "a reduction that drops its axes": Case(
        parsed(
            "g (float[2, 6, 8, 9] x) => (float[2, 6, 8, 9] y) "
            "{ m = ReduceMean<axes = [2, 3], keepdims = 0>(x) s = Sigmoid(m) y = Mul(x, s) }"
        ),
        attribute(0, "keepdims", 1), "ReduceMean[0]", "set keepdims of ReduceMean[0] to 1",
    ),
    "a product with what stands turned around": Case(
        parsed("g (float[2, 4, 6, 5] q, float[2, 4, 7, 5] k) => (float[2, 4, 6, 7] y) { y = MatMul(q, k) }"),
        in_front(0, 1, "Transpose", perm=[0, 1, 3, 2]), "MatMul[0]", "put a Transpose with perm [0, 1, 3, 2]",
    ),
    "a Resize of the channels": Case(
        parsed(
            f'g {CONV} {{ r = Resize<mode = "nearest">(x, "", "", sizes) y = Conv(r, w) }}',
            sizes=np.array([1, 1, 16, 16], "i8"), w=weights(4, 3, 1, 1),
        ),
        values("sizes", 1, 3, 16, 16), "Resize[0]", "set sizes[1] of Resize[0] to 3",
    ),
    "a Resize whose scales are channels last": Case(
        parsed(
            f'g {CONV} {{ r = Resize<mode = "nearest">(x, "", scales) a = Relu(r) y = Conv(a, w) }}',
            scales=np.array([1, 2, 2, 1], "f4"), w=weights(4, 3, 1, 1),
        ),
        values("scales", 1, 1, 2, 1), "Resize[0]", "set scales[1] of Resize[0] to 1",
    ),
    "an Upsample of the channels": Case(
        parsed(
            f'g {CONV} {{ r = Upsample<mode = "nearest">(x, scales) y = Conv(r, w) }}', 9,
            scales=np.array([1, 2, 2, 2], "f4"), w=weights(4, 3, 1, 1),
        ),
        values("scales", 1, 1, 2, 2), "Upsample[0]", "set scales[1] of Upsample[0] to 1",
    ),
    "ways that meet": Case(
        parsed(
            "g (float[1, 2, 62, 62] x) => (float[1, 4, A, B] y) { "
            "a = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x) "
            'b = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(a) c = Resize<mode = "nearest">(b, "", s) '
            "y = Concat<axis = 1>(a, c) }",
            s=np.array([1, 1, 2, 2], "f4"),
        ),
        fed("x", 1, 2, 64, 60), "Concat[3]", "feed an input that fits (H, W multiples of 4, or 1 more)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_fix_mends(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    finding = assert_mended(case.model, case.edit, tmp_path)
    assert case.words in finding.fix
    assert finding.location.node == case.where


@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_one(name: str) -> None:
    with pytest.raises(Exception, match=r"ONNXRuntimeError|onnxruntime"):
        run(CASES[name].model)


@pytest.mark.parametrize(
    "text",
    [
        # Whether 4 + 4 is N, nobody knows.
        "g (float[N, 7, 4] x) => (float[A, B, C] y, float[D, E, F] z) <int64[2] s = {4, 4}> "
        "{ y, z = Split<axis = 1>(x, s) }",
        # Either axis would do, and a softmax over one is not that over the other.
        "g (float[N, 8] x) => (float[N, 8] y) { y = Softmax<axis = 2>(x) }",
        "g (float[2, 8] x) => (float[2, 8] y) { y = Softmax<axis = 2>(x) }",
        "g (float[2, 3, 3] x, float[2, 4, 4] z) => (float[A, B, C] y) { y = Concat<axis = 0>(x, z) }",
    ],
)
def test_an_axis_that_may_not_be_meant_is_not_told(text: str, tmp_path: Path) -> None:
    (found,) = findings(parsed(text), tmp_path)
    assert "set axis" not in found.fix and "fits" not in found.message
