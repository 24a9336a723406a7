"""Further members of kinds of faults, each with a sound sibling: one finding of the rule, and silence.

What onnxruntime 1.32 makes of both was looked at when they were written: it refuses the faulty ones, or computes what
was not meant, and runs the others.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from auditor.report import Finding

from .editing import findings, parsed


class Kind(NamedTuple):
    """A faulty graph, a sound one, and what is said of the first."""

    bad: str
    good: str
    rule: str
    severity: str
    words: tuple[str, ...]  # of the message and the fix
    opset: int = 17


HALF = "g (bool[2, 3] c, float16[2, 3] x) => (float16[2, 3] y) "
TWO = "g (float[2] x) => (float[2] y) <int64 m = {3}, bool t = {1}> "
FOUR = "g (float[1, 3, 8, 8] x) => (float[A, B, C, D] y) "
BOXES = "g (float[N, B, 4] b, float[N, B, 80] s) => (int64[M, 3] y) <int64[1] m = {10}> "


def looped(result: str, step: str) -> str:
    return (
        f"{TWO}{{ y = Loop(m, t, x) <body = b (int64 i, bool go, float[2] a) => (bool on, {result}[2] r) "
        f"{{ on = Identity(go) {step} }}> }}"
    )


KINDS = {
    "an operator of onnxruntime's own": Kind(
        "g (float[2, 3] x) => (float[2, 2] y) <double[3, 2] w = {1, 2, 3, 4, 5, 6}> "
        "{ y = com.microsoft.FusedMatMul(x, w) }",
        "g (float[2, 3] x) => (float[2, 2] y) <float[3, 2] w = {1, 2, 3, 4, 5, 6}> "
        "{ y = com.microsoft.FusedMatMul(x, w) }",
        "wrong-types", "error", ("'x' float32, 'w' float64", "store 'w' as float32"),
    ),
    "zero points that are not alike": Kind(
        "g (uint8[2] x, int8[2] z) => (uint8[2] y) <float s = {0.1}, uint8 o = {0}> "
        "{ y = com.microsoft.QLinearAdd(x, s, o, z, s, o, s, o) }",
        "g (uint8[2] x, uint8[2] z) => (uint8[2] y) <float s = {0.1}, uint8 o = {0}> "
        "{ y = com.microsoft.QLinearAdd(x, s, o, z, s, o, s, o) }",
        "wrong-types", "error", ("'z' int8", "Cast to uint8"),
    ),
    "an iteration's number as it is": Kind(
        looped("float", "r = Add(a, i)"), looped("float", "f = Cast<to = 1>(i) r = Add(a, f)"),
        "wrong-types", "error", ("'a' float32, 'i' int64",),
    ),
    "what is carried changes its type": Kind(
        looped("float16", "r = Cast<to = 10>(a)").replace("(float[2] y)", "(float16[2] y)"),
        looped("float", "h = Cast<to = 10>(a) n = Neg(h) r = Cast<to = 1>(n)"),
        "impossible-shapes", "error", ("carried value 0 goes into the body as float32 and comes out as float16",),
    ),
    "a loop that fails at once": Kind(
        "g (float[1, 4] x) => (float[M, 4] y) <int64 m = {4}, bool t = {1}> { y = Loop(m, t, x) "
        "<body = b (int64 i, bool go, float[A, 4] a) => (bool on, float[B, 4] r) "
        "{ on = Identity(go) z = Concat<axis = 0>(a, a) r = Add(z, ROWS) }> }",
        "g (float[1, 4] x) => (float[M, 4] y) <int64 m = {4}, bool t = {1}> { y = Loop(m, t, x) "
        "<body = b (int64 i, bool go, float[A, 4] a) => (bool on, float[B, 4] r) "
        "{ on = Identity(go) r = Concat<axis = 0>(a, a) }> }",
        "impossible-shapes", "error", ("Add[2]", "[2, 4]"),
    ),
    "a mean is no minimum": Kind(
        "g (float[2] x, int64[2] i) => (float[2] y) { y = ScatterElements<reduction = \"mean\">(x, i, x) }",
        "g (float[2] x, int64[2] i) => (float[2] y) { y = ScatterElements<reduction = \"add\">(x, i, x) }",
        "undefined-words", "error", ("write one of them",), 18,
    ),
    "another library's mean": Kind(
        FOUR + "<float[1, 4] r = {0, 0, 4, 4}, int64[1] n = {0}> { y = RoiAlign<mode = \"mean\">(x, r, n) }",
        FOUR + "<float[1, 4] r = {0, 0, 4, 4}, int64[1] n = {0}> { y = RoiAlign<mode = \"avg\">(x, r, n) }",
        "undefined-words", "error", ("write 'avg'",),
    ),
    "an input that never was an attribute": Kind(
        FOUR + "{ y = Tile<repeats = [1, 1, 2, 2]>(x) }",
        FOUR + "<int64[4] r = {1, 1, 2, 2}> { y = Tile(x, r) }",
        "undeclared-attributes", "error", ("it is the input repeats (number 2)", "store [1, 1, 2, 2]"),
    ),
    "neither sizes nor their number": Kind(
        FOUR + "{ a, y = Split<axis = 2>(x) }", FOUR + "{ a, y = Split<axis = 2, num_outputs = 2>(x) }",
        "impossible-shapes", "error", ("neither split nor num_outputs is given",), 18,
    ),
    "a box in a third way": Kind(
        BOXES + "{ t = Transpose<perm = [0, 2, 1]>(s) y = NonMaxSuppression<center_point_box = 2>(b, t, m) }",
        BOXES + "{ t = Transpose<perm = [0, 2, 1]>(s) y = NonMaxSuppression<center_point_box = 1>(b, t, m) }",
        "impossible-shapes", "error", ("center_point_box must be 0 or 1",),
    ),
    "scores as detectors give them, open sizes": Kind(
        BOXES + "{ y = NonMaxSuppression(b, s, m) }",
        BOXES + "{ t = Transpose<perm = [0, 2, 1]>(s) y = NonMaxSuppression(b, t, m) }",
        "selects-no-boxes", "warning", ("[batch, boxes, classes]", "Transpose with perm [0, 2, 1]"),
    ),
    "a mask written as a number": Kind(
        HALF + "{ m = Constant<value_float = -1e9>() k = Cast<to = 10>(m) y = Where(c, x, k) }",
        HALF + "{ m = Constant<value_float = -60000.0>() k = Cast<to = 10>(m) y = Where(c, x, k) }",
        "float16-overflow", "warning", ("'m'", "-inf", "write -10000"),
    ),
    "a mask of the data's type": Kind(
        HALF + "<float m = {-1000000000}> { k = CastLike(m, x) y = Where(c, x, k) }",
        HALF + "<float m = {-1000}> { k = CastLike(m, x) y = Where(c, x, k) }",
        "float16-overflow", "warning", ("CastLike[0]", "'m'"),
    ),
    "a table of positions": Kind(
        "g (float[N, T, 8] x) => (float[N, A, 8] y) <float[3] two = {1, 2, 1}> "
        "{ t = Transpose<perm = [0, 2, 1]>(x) h = MaxPool<kernel_shape = [2], strides = [2]>(t) "
        "u = Transpose<perm = [0, 2, 1]>(h) "
        "d = Resize(u, \"\", two) y = Add(x, d) }",
        "g (float[N, T, 8] x) => (float[N, T, 8] y) <int64[1] o = {0}, int64[1] a = {1}, int64[1] e = {2}> "
        "{ s = Shape(x) n = Slice(s, a, e) q = Slice(TABLE, o, n, a) y = Add(x, q) }",
        "impossible-shapes", "warning", ("T a multiple of 2",),
    ),
    "down and up by convolutions": Kind(
        "g (float[1, 4, H, W] x) => (float[1, 4, A, B] y) { "
        "a = Conv<strides = [2, 2], pads = [1, 1, 1, 1]>(x, KERNEL) "
        "b = ConvTranspose<strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]>(a, KERNEL) y = Add(x, b) }",
        "g (float[1, 4, H, W] x) => (float[1, 4, A, B] y) "
        "{ a = Conv<pads = [1, 1, 1, 1]>(x, KERNEL) b = ConvTranspose<pads = [1, 1, 1, 1]>(a, KERNEL) y = Add(x, b) }",
        "impossible-shapes", "warning", ("H, W multiples of 2",),
    ),
    "a slope along the width": Kind(
        "g (float[1, 8, 8, 8] x) => (float[1, 8, 8, 8] y) { y = PRelu(x, SLOPE) }",
        "g (float[1, 8, 8, 8] x) => (float[1, 8, 8, 8] y) "
        "{ t = Transpose<perm = [0, 2, 3, 1]>(x) z = PRelu(t, SLOPE) y = Transpose<perm = [0, 3, 1, 2]>(z) }",
        "misaligned-channels", "warning", ("give SLOPE the shape [8, 1, 1]",),
    ),
}  # fmt: skip

STORED = {
    "TABLE": np.arange(128, dtype="f4").reshape(1, 16, 8),
    "KERNEL": np.sin(np.arange(144, dtype="f4")).reshape(4, 4, 3, 3),
    "SLOPE": np.linspace(0.1, 0.8, 8, dtype="f4"),
    "ROWS": np.ones((5, 4), "f4"),
}
"""What some of them store."""


def found_in(text: str, opset: int, folder: Path) -> list[Finding]:
    return findings(parsed(text, opset, **{n: a for n, a in STORED.items() if n in text}), folder)


@pytest.mark.parametrize("name", KINDS)
def test_is_told(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    found = [f for f in found_in(kind.bad, kind.opset, tmp_path) if f.rule == kind.rule]
    assert len(found) == 1
    assert found[0].severity == kind.severity
    said = f"{found[0].message} | {found[0].fix}"
    assert [word for word in kind.words if word not in said] == [], said


@pytest.mark.parametrize("name", KINDS)
def test_and_nothing_else(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    assert [f.rule for f in found_in(kind.bad, kind.opset, tmp_path)] == [kind.rule]


@pytest.mark.parametrize("name", KINDS)
def test_the_sound_one_is_not_accused(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    assert found_in(kind.good, kind.opset, tmp_path) == []
