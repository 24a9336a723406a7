"""Shapes from the values of a run's inputs: what hangs on data comes out, and every value is the runtime's."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest

from auditor.errors import UsageError
from auditor.model.load import loads
from auditor.shapes import evaluation
from auditor.shapes.evaluation import whole
from auditor.shapes.fact import Fact
from auditor.shapes.facts import Facts, infer
from auditor.shapes.image_heads import size_of
from auditor.shapes.troubles import At, Unsupported
from tests.benchmarks.shapes import EXCEPTIONS
from tests.benchmarks.witnesses import Case, node_cases
from tests.corpus import observed


def inferred(case: Case) -> Facts:
    model = loads(case.model)
    taken = {v.name for v in model.graph.feeds}
    return infer(model, values={name: value for name, value in case.feeds.items() if name in taken})


def unfollowed(facts: Facts) -> list[At]:
    """The nodes whose inputs are known by their values, and whose outputs are not."""
    known = {
        (path, name)
        for path, visited in facts.graphs.items()
        for node in visited.nodes
        for name in (*node.inputs, *node.outputs)
        if not name or ((fact := facts.at(name, path)) is not None and whole(fact))
    }
    return [
        At(path, index)
        for path, visited in facts.graphs.items()
        for index in visited.entries
        if all((path, name) in known for name in visited.nodes[index].inputs)
        and not all((path, name) in known for name in visited.nodes[index].outputs)
    ]


def test_every_node_test_comes_out_exactly() -> None:
    """All outputs of all operators that we know have the stored shape, type and, where followed, values."""
    faults, tensors = [], 0
    for case in node_cases():
        facts = inferred(case)
        if any(isinstance(t, Unsupported) for t in facts.troubles):
            continue
        for name, value in case.outputs.items():
            if isinstance(value, np.ndarray) and (case.name, name) not in EXCEPTIONS:
                tensors += 1
                if facts[name].shape != value.shape:
                    faults.append(f"{case.name}: {name}: {facts[name].shape}, came out {value.shape}")
    assert not faults, "\n".join(faults)
    assert tensors > 1900


def test_followed_values_are_those_of_the_runtime() -> None:
    """A fifth of the node tests, every tensor on the way; all of them were compared once: 1,150,998 values."""
    faults, compared = [], 0
    for case in node_cases()[::5]:
        if not all(isinstance(value, np.ndarray) for value in case.feeds.values()):
            continue
        try:
            truth = observed(onnx.load_from_string(case.model), case.feeds)
        except Exception:  # the runtime has no kernel, or NumPy no such type
            continue
        facts = inferred(case)
        for name, array in truth.items():
            fact = facts.get(name)
            if fact is None or fact.elements is None or not isinstance(array, np.ndarray):
                continue
            compared += 1
            if not _equal(fact, array):
                faults.append(f"{case.name}: {name}: {fact.elements[:9]}, came out {array.ravel()[:9]}")
    assert not faults, "\n".join(faults)
    assert compared > 1000


def _equal(fact: Fact, array: np.ndarray) -> bool:
    assert fact.elements is not None
    real = array.ravel().tolist()
    same = (a is None or a == b or (a != a and b != b) for a, b in zip(fact.elements, real, strict=False))
    return len(real) == len(fact.elements) and all(same)


def facts_of(text: str, values: Mapping[str, Any] | None) -> tuple[Facts, onnx.ModelProto]:
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 18]> {text}')
    return infer(loads(model.SerializeToString()), values=values), model


DETECTION = """
g (float[1, B, 4] raw, float[1, 3, B] scores, float[4] scale) => (int64[] kept) {
  moved = Add (raw, scale)
  boxes = Mul (moved, scale)
  most = Constant <value_ints = [20]> ()
  iou = Constant <value_floats = [0.4]> ()
  least = Constant <value_floats = [0.3]> ()
  kept = NonMaxSuppression (boxes, scores, most, iou, least)
}"""


def test_boxes_that_are_computed_are_suppressed_as_the_runtime_does() -> None:
    rng = np.random.default_rng(5)
    for count in (1, 40, 3000):
        feeds = {
            "raw": rng.random((1, count, 4), np.float32),
            "scores": rng.random((1, 3, count), np.float32),
            "scale": rng.random(4, np.float32),
        }
        facts, model = facts_of(DETECTION, feeds)
        real = observed(model, feeds)["kept"]
        assert facts["kept"].shape == real.shape
        assert facts["kept"].elements == tuple(real.ravel().tolist())
        assert not unfollowed(facts)
    assert facts_of(DETECTION, None)[0]["kept"].shape != real.shape


def test_values_end_where_every_runtime_rounds_as_it_likes() -> None:
    text = """g (float[8] x, float[8] y) => (int64[] hot, int64[] all) {
      e = Exp (x)
      hot = NonZero (e)
      d = Div (x, y)
      all = NonZero (d)
    }"""
    values = {"x": np.arange(8, dtype=np.float32), "y": np.full(8, 3, np.float32)}
    facts, model = facts_of(text, values)
    assert [facts.node(at).op_type for at in unfollowed(facts)] == ["Exp"]
    assert facts["hot"].shape is not None
    assert not isinstance(facts["hot"].shape[1], int)
    assert facts["all"].shape == observed(model, values)["all"].shape == (1, 7)


def test_sixteen_bits_are_followed_only_where_nothing_is_rounded() -> None:
    """onnxruntime keeps 32 bits between a Sqrt and a Mul of float16, and comes to another result."""
    text = "g (float16[2] x) => (float16[] y) { s = Sqrt (x) y = Mul (s, s) }"
    assert facts_of(text, {"x": np.array([4, 9], np.float16)})[0]["y"].elements == (4.0, 9.0)
    assert facts_of(text, {"x": np.array([4, 7], np.float16)})[0]["y"].elements in (None, (4.0, None))


def test_what_is_left_open_has_no_value() -> None:
    """A place written twice and a product beyond its type: onnxruntime's own answers here are not NumPy's."""
    text = """g (int32[3] x, int64[2] places, int32[2] new) => (int32[] y, int32[] p) {
      y = ScatterElements <axis = 0> (x, places, new)
      p = ReduceProd (x)
    }"""
    large, small = np.array([1 << 20, 1 << 20, 3], np.int32), np.array([5, 6, 3], np.int32)
    new = np.array([7, 8], np.int32)
    for x, places in ((large, [1, 1]), (small, [-1, 0])):
        values: dict[str, np.ndarray] = {"x": x, "places": np.array(places, np.int64), "new": new}
        facts, model = facts_of(text, values)
        real = observed(model, values)
        for name in ("y", "p"):
            known = facts[name].elements or ()
            assert all(a in (None, b) for a, b in zip(known, real[name].ravel().tolist(), strict=False))
    assert facts["y"].elements == (8, 6, 7)
    assert facts["p"].elements == (90,)


def test_reductions_of_longer_tensors_are_followed() -> None:
    """Beyond what rules follow, so by the kernels."""
    x = np.arange(4000, dtype=np.int64).reshape(4, 1000)
    text = """g (int64[4, 1000] x) => (int64[] s, int64[] t) {
      one = Constant <value_ints = [1]> ()
      s = ReduceSum <keepdims = 0> (x, one)
      t = ReduceMax (x)
    }"""
    facts, model = facts_of(text, {"x": x})
    for name, array in observed(model, {"x": x}).items():
        assert facts[name].elements == tuple(array.ravel().tolist())


def test_a_bound_that_is_no_number_leaves_it_open() -> None:
    """onnxruntime takes no notice of a NaN there, and calls the sign of one 0; NumPy passes it on."""
    text = "g (float[2] x, float low) => (float[] y, float[] s) { y = Clip (x, low) s = Sign (x) }"
    facts, _ = facts_of(text, {"x": np.array([1, np.nan], np.float32), "low": np.array(np.nan, np.float32)})
    for name in ("y", "s"):
        assert all(e is None or e == 1 for e in facts[name].elements or ())


def test_what_values_have_taught_does_not_outlive_them() -> None:
    text = "g (float[3] x) => (int64[] y) { y = NonZero (x) }"
    exact, model = facts_of(text, {"x": [1, 0, 1]})
    assert exact["y"].shape == (1, 2)
    assert exact.rebind()["y"] == infer(loads(model.SerializeToString()))["y"]


def test_long_tensors_end_at_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "g (float[N] x) => (int64[] y) { n = Neg (x) y = NonZero (n) }"
    x = {"x": np.ones(5000, np.float32)}
    assert facts_of(text, x)[0]["y"].shape == (1, 5000)
    monkeypatch.setattr(evaluation, "MOST_VALUES_IN_ALL", 3000)
    short, _ = facts_of(text, x)
    assert short["y"].shape is not None
    assert not isinstance(short["y"].shape[1], int)
    assert [short.node(at).op_type for at in unfollowed(short)] == ["Neg"]


def test_a_loop_runs_as_often_as_its_data_says() -> None:
    text = """g (int64 trips, float[3] x) => (float[] y) {
      yes = Constant <value = bool {1}> ()
      y = Loop (trips, yes, x) <body = b (int64 i, bool go, float[] h) => (bool again, float[] k) {
        again = Identity (go)
        k = Concat <axis = 0> (h, x)
      }>
    }"""
    values = {"trips": np.array(200, np.int64), "x": np.ones(3, np.float32)}
    assert facts_of(text, values)[0]["y"].shape == (603,)


@pytest.mark.parametrize(
    ("values", "why"),
    [({"z": 1}, "no input 'z'"), ({"x": np.ones(3, np.int64)}, "is float32, its value int64")],
)
def test_values_must_be_of_the_model(values: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        facts_of("g (float[3] x) => (float[] y) { y = Identity (x) }", values)


def test_values_may_be_plain_numbers_and_text() -> None:
    facts, _ = facts_of("g (float[2] x, string[1] t) => (float[] y) { y = Identity (x) }", {"x": [1, 2], "t": ["a"]})
    assert facts["y"] == Fact(1, (2,), (1.0, 2.0))
    assert facts["t"].elements == ("a",)


def _tiff(order: str, kind: int) -> bytes:
    """A head of three entries, sizes as 16 (kind 3) or 32 bits (4), each in the first bytes of its place."""
    entries = [(256, 7), (257, 5), (258, 8)]
    packed = [struct.pack(f"{order}HHI{'H2x' if kind == 3 else 'I'}", tag, kind, 1, value) for tag, value in entries]
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 3) + b"".join(packed)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 7, 5), (5, 7)),
        (b"P6 # a note\n7 5\n255\n", (5, 7)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (6).to_bytes(3, "little") + (4).to_bytes(3, "little"), (5, 7)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HH", 5, 7), (5, 7)),
        (b"\xff\xd8\xff\xc4\0\x04ab\xff\xc2\0\x11\x08" + struct.pack(">HH", 5, 7), (5, 7)),  # tables, then the frame
        (b"\xff\xd8\xff\xcf\0\x11\x08" + struct.pack(">HH", 5, 7), (5, 7)),
        (b"\xff\xd8\xff\xc8\0\x04ab\xff\xcc\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HH", 5, 7), (5, 7)),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 700 - 1 | 500 - 1 << 14), (500, 700)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 700 | 1 << 14, 500 | 1 << 15), (500, 700)),
        (b"RIFF\0\0\0\0WEBPVP9 " + bytes(99), None),
        (_tiff("<", 3), (5, 7)),
        (_tiff(">", 4), (5, 7)),
        (b"\xff\xd8\xff\xe0", None),
        (b"II*\0", None),
        (b"", None),
        (b"no image", None),
    ],
)
def test_the_heads_of_images(data: bytes, size: tuple[int, int] | None) -> None:
    """As PNG, Netpbm, WebP and JPEG write them; ONNX's node tests have whole files of every kind."""
    assert size_of(data) == size
