"""What works is what the condition leaves, and onnxruntime agrees: batches and lengths that are declared open."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from .editing import findings, parsed, run


def weights(*shape: int) -> np.ndarray:
    return (np.arange(int(np.prod(shape))).reshape(shape) % 7 - 3).astype("f4") / 8


W, R = weights(1, 12, 2), weights(1, 12, 3)

BATCHES = {
    "the state of an LSTM": (
        parsed(
            "g (float[T, batch, 2] x) => (float[T, 1, batch, 3] y) "
            '{ y = LSTM<hidden_size = 3>(x, w, r, "", "", h) }',
            w=W, r=R, h=weights(1, 1, 3),
        ),
        "x", 1, [1], "LSTM[0] takes h [1, 1, 3]",
    ),
    "the cell of an LSTM, under names that say nothing": (
        parsed(
            "g (float[dim_0, dim_1, 2] x) => (float[A, 1, B, 3] y) "
            '{ y = LSTM<hidden_size = 3>(x, w, r, "", "", h, c) }',
            w=W, r=R, h=weights(1, 2, 3), c=weights(1, 2, 3),
        ),
        "x", 1, [2], "LSTM[0] takes h [1, 2, 3]",
    ),
    "the state of a GRU, batch first": (
        parsed(
            "g (float[N, T, 2] x) => (float[T, 1, N, 3] y) "
            '{ t = Transpose<perm = [1, 0, 2]>(x) y = GRU<hidden_size = 3>(t, w, r, "", "", h) }',
            w=weights(1, 9, 2), r=weights(1, 9, 3), h=weights(1, 1, 3),
        ),
        "x", 0, [1], "GRU[1] takes h [1, 1, 3]",
    ),
    "a class token": (
        parsed("g (float[N, 4, 3] x) => (float[A, B, 3] y) { y = Concat<axis = 1>(c, x) }", c=weights(1, 1, 3)),
        "x", 0, [1], "Concat[0] takes c [1, 1, 3]",
    ),
    "the lengths of sequences": (
        parsed(
            "g (float[T, batch, 2] x) => (float[A, 1, B, 3] y) { y = LSTM<hidden_size = 3>(x, w, r, \"\", l) }",
            w=W, r=R, l=np.array([2], "i4"),
        ),
        "x", 1, [1], "LSTM[0] takes l [1]",
    ),
    "past keys": (
        parsed(
            "g (float[batch, 2, 1, 4] k) => (float[A, 2, B, 4] y) { y = Concat<axis = 2>(p, k) }",
            p=weights(1, 2, 3, 4),
        ),
        "k", 0, [1], "Concat[0] takes p [1, 2, 3, 4]",
    ),
    "a row for each of 24": (
        parsed("g (float[n, 4] x) => (float[A, 4] y) { y = Add(x, p) }", p=weights(24, 4)),
        "x", 0, [1, 24], "Add[0] takes p [24, 4]",
    ),
    "a batch of 64": (
        parsed("g (float[N, 2, 3] x) => (float[64, 6] y) { y = Reshape(x, s) }", s=np.array([64, 6], "i8")),
        "x", 0, [64], "Reshape[0] fixes the leading size",
    ),
    "an Expand to one": (
        parsed(
            "g (float[N, 2, 3] x) => (float[A, B, 3] y) { e = Expand(c, s) y = Concat<axis = 1>(e, x) }",
            c=weights(1, 1, 3), s=np.array([4, 1, 3], "i8"),
        ),
        "x", 0, [4], "Concat[1]",
    ),
}  # fmt: skip


def runs(model: onnx.ModelProto, name: str, axis: int, size: int) -> bool:
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    value = next(v for v in fixed.graph.input if v.name == name)
    value.type.tensor_type.shape.dim[axis].dim_value = size
    del fixed.graph.output[:]
    fixed.graph.output.extend(onnx.ValueInfoProto(name=o) for n in fixed.graph.node[-1:] for o in n.output[:1])
    try:
        run(fixed)
    except Exception as error:
        assert "ONNXRuntimeError" in str(error)
        return False
    return True


@pytest.mark.parametrize("name", BATCHES)
def test_only_what_the_condition_leaves_works(name: str, tmp_path: Path) -> None:
    model, input, axis, works, words = BATCHES[name]
    (found,) = findings(model, tmp_path)
    assert found.rule == "baked-in-batch"
    said = re.search(r"only ([\d and]+) works?", found.message)
    assert said and [int(n) for n in said[1].split(" and ")] == works
    assert words in found.message
    assert [size for size in (*range(1, 30), 64) if runs(model, input, axis, size)] == works


@pytest.mark.parametrize(
    ("shape", "target", "numbers", "kept"),
    [
        ("batch, time, 12", (1, 20, 3, 4), "time as 20 and batch as 1", "[0, 0, 3, 4]"),
        ("batch, time, 12", (0, 20, 3, 4), "time as 20", "[0, 0, 3, 4]"),
        ("T, N, 12", (20, 2, 3, 4), "T as 20 and N as 2", "[0, 0, 3, 4]"),
        ("N, seq_len, 12", (1, 20, 12, 1), "seq_len as 20 and N as 1", "[0, 0, 12, 1]"),
    ],
)
def test_a_length_is_named_and_kept(
    shape: str, target: tuple[int, ...], numbers: str, kept: str, tmp_path: Path
) -> None:
    text = f"g (float[{shape}] x) => (float[A, B, C, D] y) {{ y = Reshape(x, s) }}"
    (found,) = findings(parsed(text, s=np.array(target, "i8")), tmp_path)
    assert found.rule == "baked-in-length"
    assert f"writes {numbers}:" in found.message and kept in found.fix
    assert "batch as 1" not in found.fix
    zeros = np.array([int(n) for n in kept.strip("[]").split(",")], "i8")
    assert findings(parsed(text, s=zeros), tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "g (float[T, 4] x) => (float[A, 4] y) { y = Relu(x) }",
        # 1,500 positions, of which as many are taken as there are steps.
        "g (float[N, time, 4] x, float[1500, 4] p) => (float[N, time, 4] y) <int64[1] one = {1}, int64[1] zero = {0}, "
        "int64[1] two = {2}> { s = Shape(x) l = Slice(s, one, two) q = Slice(p, zero, l, zero) y = Add(x, q) }",
    ],
)
def test_an_open_size_stays_open(text: str, tmp_path: Path) -> None:
    assert findings(parsed(text), tmp_path) == []


def test_a_time_is_no_batch(tmp_path: Path) -> None:
    model = parsed("g (float[time, 4] x) => (float[A, 5] y) { y = Concat<axis = 1>(x, p) }", p=weights(20, 1))
    (found,) = findings(model, tmp_path)
    assert "the size time of 'x' is declared open (time), but only 20 works" in found.message
    assert "batch" not in found.message + found.fix


def test_edits_are_searched_for_few_of_many_batches(tmp_path: Path) -> None:
    """Each search walks the model some hundred times."""
    names = range(8)
    inputs = ", ".join(f"float[n{i}, 4] x{i}" for i in names)
    outputs = ", ".join(f"float[m{i}, 4] y{i}" for i in names)
    nodes = " ".join(f"y{i} = Reshape(x{i}, s)" for i in names)
    made = parsed(f"g ({inputs}) => ({outputs}) <int64[2] s = {{24, 4}}> {{ {nodes} }}")
    found = [one for one in findings(made, tmp_path) if one.rule == "baked-in-batch"]
    assert len(found) == 8
    assert 0 < sum(bool(one.repairs) for one in found) <= 4
