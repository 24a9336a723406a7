"""Further members of kinds of faults, each with a sound sibling: one finding of the rule, and silence.

What onnxruntime 1.32 makes of both was looked at when they were written: it refuses the faulty ones, or computes what
was not meant, and runs the others.
"""

from __future__ import annotations

import re
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
    "a split that cannot be even": Kind(
        "g (float[3, 7] x) => (float[A, B] y, float[C, D] z) { y, z = Split<axis = -1>(x) }",
        "g (float[3, 7] x) => (float[A, B] y, float[C, D] z) <int64[2] s = {4, 3}> { y, z = Split<axis = -1>(x, s) }",
        "impossible-shapes", "error", ("7 does not divide into 2", "as split, such as [4, 3]"), 13,
    ),
    "parts that are missing": Kind(
        "g (float[5, 3] x) => (float[A, B] y, float[C, D] z) { a, b, y, z = Split<num_outputs = 4>(x) }",
        "g (float[5, 3] x) => (float[A, B] y, float[C, D] z) <int64[4] s = {2, 1, 1, 1}> { a, b, y, z = Split(x, s) }",
        "impossible-shapes", "error", ("split, such as [2, 1, 1, 1], in place of num_outputs",), 18,
    ),
    "scores as a Split gives them": Kind(
        "g (float[1, 100, 7] p) => (int64[M, 3] y) <int64[1] m = {7}, int64[2] k = {4, 3}> "
        "{ b, s = Split<axis = 2>(p, k) y = NonMaxSuppression(b, s, m) }",
        "g (float[1, 100, 7] p) => (int64[M, 3] y) <int64[1] m = {7}, int64[2] k = {4, 3}> "
        "{ b, c = Split<axis = 2>(p, k) s = Transpose<perm = [0, 2, 1]>(c) y = NonMaxSuppression(b, s, m) }",
        "impossible-shapes", "error", ("[batch, boxes, classes]", "perm [0, 2, 1] in front of the scores"),
    ),
    "boxes with their corners first": Kind(
        "g (float[1, 4, 99] b, float[1, 3, 99] s) => (int64[M, 3] y) <int64[1] m = {7}> "
        "{ y = NonMaxSuppression(b, s, m) }",
        "g (float[1, 4, 99] b, float[1, 3, 99] s) => (int64[M, 3] y) <int64[1] m = {7}> "
        "{ t = Transpose<perm = [0, 2, 1]>(b) y = NonMaxSuppression(t, s, m) }",
        "impossible-shapes", "error", ("put a Transpose with perm [0, 2, 1] in front of the boxes",),
    ),
    "scales with sizes that are empty": Kind(
        FOUR + "<float[4] c = {1, 1, 2, 2}, int64[0] s = {}> { y = Resize(x, \"\", c, s) }",
        FOUR + "<float[0] c = {}, int64[4] s = {1, 3, 9, 9}> { y = Resize(x, \"\", c, s) }",
        "impossible-shapes", "error", ("leave out the sizes of Resize[0]",), 13,
    ),
    "scales and sizes in a branch": Kind(
        "g (bool c, float[1, 3, 8, 8] x) => (float[A, B, C, D] y) <float[4] k = {1, 1, 2, 2}> { y = If(c) <"
        "then_branch = t () => (float[A, B, C, D] a) <int64[4] s = {1, 3, 9, 9}> { a = Resize(x, \"\", k, s) }, "
        "else_branch = e () => (float[A, B, C, D] b) { b = Resize(x, \"\", k) }> }",
        "g (bool c, float[1, 3, 8, 8] x) => (float[A, B, C, D] y) <float[4] k = {1, 1, 2, 2}> { y = If(c) <"
        "then_branch = t () => (float[A, B, C, D] a) <int64[4] s = {1, 3, 9, 9}> { a = Resize(x, \"\", \"\", s) }, "
        "else_branch = e () => (float[A, B, C, D] b) { b = Resize(x, \"\", k) }> }",
        "impossible-shapes", "error", ("Resize[0]: scales and sizes are both given", "leave out the scales or the"),
    ),
    "an index along axes of which no larger ones are meant": Kind(
        "g (float[2, 4, 5] x) => (float[A, B] y) <int64[2, 1] i = {0, 4}> { y = GatherND<batch_dims = 1>(x, i) }",
        "g (float[2, 4, 5] x) => (float[A, B] y) <int64[2, 1] i = {0, 3}> { y = GatherND<batch_dims = 1>(x, i) }",
        "impossible-shapes", "error", ("keep the indices of GatherND[0] within -4 and 3",),
    ),
    "a gate that lost its axes": Kind(
        "g (float[1, 6, 8, 9] x) => (float[A, B, C, D] y) <int64[3] a = {0, 2, 3}> "
        "{ p = GlobalAveragePool(x) q = Squeeze(p, a) s = Sigmoid(q) y = Mul(x, s) }",
        "g (float[1, 6, 8, 9] x) => (float[A, B, C, D] y) <int64[3] a = {0, 2, 3}, int64[2] u = {1, 2}> "
        "{ p = GlobalAveragePool(x) q = Squeeze(p, a) s = Sigmoid(q) t = Unsqueeze(s, u) y = Mul(x, t) }",
        "impossible-shapes", "error", ("put an Unsqueeze with axes [1, 2] behind s",),
    ),
    "a dense layer on open images": Kind(
        "g (float[N, 2, H, W] x) => (float[N, 4] y) { y = Gemm(x, ROWS8) }",
        "g (float[N, 2, 2, 2] x) => (float[N, 4] y) { f = Flatten(x) y = Gemm(f, ROWS8) }",
        "impossible-shapes", "error", ("put a Flatten (axis 1) in front of Gemm[0], whose weight takes 8 features",),
    ),
    "a dense layer on rows of rows": Kind(
        "g (float[N, T, 8] x) => (float[M, 4] y) { y = Gemm(x, ROWS8) }",
        "g (float[N, T, 8] x) => (float[M, 4] y) { f = Flatten<axis = 2>(x) y = Gemm(f, ROWS8) }",
        "impossible-shapes", "error", ("put a Flatten (axis 2) in front of Gemm[0]",),
    ),
    "a weight from channels last": Kind(
        "g (float[1, 6, 8, 8] x) => (float[A, B, C, D] y) "
        "{ w = Transpose<perm = [3, 0, 1, 2]>(LAST) y = Conv(x, w) }",
        "g (float[1, 6, 8, 8] x) => (float[A, B, C, D] y) "
        "{ w = Transpose<perm = [3, 2, 0, 1]>(LAST) y = Conv(x, w) }",
        "misfit-initializers", "error", ("set perm of Transpose[0] to [3, 2, 0, 1]",),
    ),
    "means of channels, laid along an open width": Kind(
        "g (float[N, 8, H, W] x) => (float[N, 8, H, W] y) { y = Sub(x, SLOPE) }",
        "g (float[N, H, W, 8] x) => (float[N, H, W, 8] y) { y = Sub(x, SLOPE) }",
        "misaligned-channels", "warning", ("it runs only where W is 8", "give SLOPE the shape [8, 1, 1]"),
    ),
    "a slope along an open width": Kind(
        "g (float[N, 8, H, W] x) => (float[N, 8, H, W] y) { y = PRelu(x, SLOPE) }",
        "g (float[N, 8, H, W] x) => (float[N, 8, H, W] y) <float[1] s = {0.1}> { y = PRelu(x, s) }",
        "misaligned-channels", "warning", ("give SLOPE the shape [8, 1, 1]",),
    ),
    "sizes that a Concat joins": Kind(
        "g (float[N, 3, H, W] x) => (float[A, 4, B, C] y) <int64[1] z = {0}, int64[1] o = {1}, int64[2] s = {9, 9}> "
        "{ h = Shape(x) n = Gather(h, z) t = Concat<axis = 0>(n, o, s) r = Resize(x, \"\", \"\", t) "
        "y = Conv(r, POINTS) }",
        "g (float[N, 3, H, W] x) => (float[A, 4, B, C] y) <int64[1] z = {0}, int64[1] o = {3}, int64[2] s = {9, 9}> "
        "{ h = Shape(x) n = Gather(h, z) t = Concat<axis = 0>(n, o, s) r = Resize(x, \"\", \"\", t) "
        "y = Conv(r, POINTS) }",
        "misfit-initializers", "error", ("sizes[1] = 1, from o", "set sizes[1] of Resize[3] to 3, which comes from o"),
    ),
    "a Resize along the channels": Kind(
        "g (float[1, 3, 8, 8] x) => (float[A, 4, B, C] y) <int64[2] s = {9, 9}> "
        "{ r = Resize<axes = [1, 2]>(x, \"\", \"\", s) y = Conv(r, POINTS) }",
        "g (float[1, 3, 8, 8] x) => (float[A, 4, B, C] y) <int64[2] s = {9, 9}> "
        "{ r = Resize<axes = [-2, -1]>(x, \"\", \"\", s) y = Conv(r, POINTS) }",
        "misfit-initializers", "error", ("axes = [1, 2]", "set axes of Resize[0] to [2, 3]"), 18,
    ),
    "sizes in the order of channels last": Kind(
        "g (float[1, 3, 8, 8] x) => (float[A, 4, B, C] y) <int64[4] s = {1, 9, 9, 3}> "
        "{ r = Resize(x, \"\", \"\", s) y = Conv(r, POINTS) }",
        "g (float[1, 3, 8, 8] x) => (float[A, 4, B, C] y) <int64[4] s = {1, 3, 9, 9}> "
        "{ r = Resize(x, \"\", \"\", s) y = Conv(r, POINTS) }",
        "misfit-initializers", "error", ("set sizes[1] of Resize[0] to 3 (sizes [1, 3, 9, 9])",),
    ),
    "open heights for channels": Kind(
        "g (float[N, H, W, 3] x) => (float[A, 4, B, C] y) "
        "{ t = Transpose<perm = [0, 1, 3, 2]>(x) y = Conv(t, POINTS) }",
        "g (float[N, H, W, 3] x) => (float[A, 4, B, C] y) "
        "{ t = Transpose<perm = [0, 3, 1, 2]>(x) y = Conv(t, POINTS) }",
        "misfit-initializers", "warning", ("set perm of Transpose[0] to [0, 3, 1, 2]",),
    ),
    "rows of all images, counted": Kind(
        "g (float[N, L, 12] x) => (float[A, 12] y) <int64[2] t = {20, 12}> { y = Reshape(x, t) }",
        "g (float[N, L, 12] x) => (float[A, 12] y) <int64[2] t = {-1, 12}> { y = Reshape(x, t) }",
        "baked-in-length", "error", ("its target is [20, 12] for [N, L, 12]; only sizes whose product is 20 run",),
    ),
    "rows of all images, laid out again": Kind(
        "g (float[N, L, 12] x) => (float[A, B, 12] y) <int64[2] r = {-1, 12}, int64[3] t = {1, 20, 12}> "
        "{ a = Reshape(x, r) b = Relu(a) y = Reshape(b, t) }",
        "g (float[N, L, 12] x) => (float[A, B, 12] y) <int64[2] r = {-1, 12}> "
        "{ a = Reshape(x, r) b = Relu(a) t = Shape(x) y = Reshape(b, t) }",
        "baked-in-length", "error", ("Reshape[2] writes numbers for them", "product is 20"),
    ),
    "boxes that are no batch": Kind(
        "g (float[N, B, 7] p) => (int64[M, 3] y) <int64[1] m = {7}, int64[2] k = {4, 3}> "
        "{ b, s = Split<axis = 2>(p, k) y = NonMaxSuppression(b, s, m) }",
        "g (float[N, B, 7] p) => (int64[M, 3] y) <int64[1] m = {7}, int64[2] k = {4, 3}> "
        "{ b, c = Split<axis = 2>(p, k) s = Transpose<perm = [0, 2, 1]>(c) y = NonMaxSuppression(b, s, m) }",
        "selects-no-boxes", "warning", ("it runs only for B = 3",),
    ),
    "a type that is asked for, and another one": Kind(
        "g (float[2, 4] x) => (uint8[2, 4] y) <float s = {0.1}, int8 z = {1}> "
        "{ y = QuantizeLinear<output_dtype = 2>(x, s, z) }",
        "g (float[2, 4] x) => (int8[2, 4] y) <float s = {0.1}, int8 z = {1}> "
        "{ y = QuantizeLinear<output_dtype = 3>(x, s, z) }",
        "wrong-types", "error", ("write output_dtype = 3 (int8)",), 21,
    ),
    "branches of another number of outputs": Kind(
        "g (float[4] x, bool k) => (float[4] y) { y = If(k) <then_branch = t () => (float[4] a, float[4] b) "
        "{ a = Neg(x) b = Abs(x) }, else_branch = e () => (float[4] c) { c = Relu(x) }> }",
        "g (float[4] x, bool k) => (float[4] y) { y = If(k) <then_branch = t () => (float[4] a) "
        "{ a = Neg(x) }, else_branch = e () => (float[4] c) { c = Relu(x) }> }",
        "malformed-bodies", "error", ("then_branch of If[0] gives 2 outputs, and If needs 1",),
    ),
    "more padding than the stride along one axis": Kind(
        "g (float[1, 4, 8, 8] x) => (float[A, B, C, D] y) "
        "{ y = ConvTranspose<strides = [2, 2], output_padding = [0, 2]>(x, KERNEL) }",
        "g (float[1, 4, 8, 8] x) => (float[A, B, C, D] y) "
        "{ y = ConvTranspose<strides = [2, 2], output_padding = [0, 1]>(x, KERNEL) }",
        "impossible-shapes", "error", ("set output_padding of ConvTranspose[0] to [0, 1]",),
    ),
    "more padding than the stride, for the size that is declared": Kind(
        "g (float[1, 4, 8, 8] x) => (float[1, 4, 20, 20] y) "
        "{ y = ConvTranspose<strides = [2, 2], output_padding = [3, 3]>(x, KERNEL) }",
        "g (float[1, 4, 8, 8] x) => (float[1, 4, 18, 18] y) "
        "{ y = ConvTranspose<strides = [2, 2], output_padding = [1, 1]>(x, KERNEL) }",
        "impossible-shapes", "error", ("write 1 at most in the output_padding of ConvTranspose[0]",),
    ),
    "a list that a Constant may not have yet": Kind(
        "g (float[2] x) => (float[A] y) { c = Constant<value_floats = [1.0]>() y = Mul(x, c) }",
        "g (float[2] x) => (float[A] y) { c = Constant<value = float[1] {1.0}>() y = Mul(x, c) }",
        "undeclared-attributes", "warning", ("onnxruntime takes it all the same", "'value', or import opset 12"), 11,
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
    "ROWS8": np.linspace(-1, 1, 32, dtype="f4").reshape(8, 4),
    "POINTS": np.sin(np.arange(12, dtype="f4")).reshape(4, 3, 1, 1),
    "LAST": np.sin(np.arange(216, dtype="f4")).reshape(3, 3, 6, 4),
}
"""What some of them store."""


def found_in(text: str, opset: int, folder: Path) -> list[Finding]:
    return findings(parsed(text, opset, **{n: a for n, a in STORED.items() if re.search(rf"\b{n}\b", text)}), folder)


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
