"""Faults that people reported, rebuilt small, each beside the model that they wanted."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from onnx import parser

from auditor.pipeline import audit
from auditor.report import Report, Severity
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
PARTS = Settings(deep_parts=frozenset({"independence", "repeatability"}))
RULES = {"dependent-images", "unrepeatable-outputs"}


class Reported(NamedTuple):
    """``fault`` and ``good`` are bodies of one graph; ``node`` is to be named, a note apart from the rest."""

    head: str
    fault: str
    good: str
    node: str
    severity: Severity = Severity.ERROR


REPORTED = {
    # woshidandan/TANet-image-aesthetics-and-quality-assessment#8: softmax over the batch; alone it is 1 throughout.
    "softmax over the batch": Reported(
        "(float[N, 3, 6, 6] x) => (float[N, 3] y)",
        "p = GlobalAveragePool(x) f = Flatten(p) [soft] y = Softmax<axis = 0>(f)",
        "p = GlobalAveragePool(x) f = Flatten(p) [soft] y = Softmax<axis = 1>(f)",
        "soft",
    ),
    # open-mmlab/mmdeploy#2207: of a batch the first image is answered right, the others by its boxes.
    "the first image's boxes for all": Reported(
        "(float[N, 6, 4] boxes) => (float[N, 6, 4] y) <int64 first = {0}, int64[1] zero = {0}>",
        "a = Sigmoid(boxes) [take] one = Gather(a, first) row = Unsqueeze(one, zero) y = Mul(boxes, row)",
        "a = Sigmoid(boxes) [take] one = Identity(a) y = Mul(boxes, one)",
        "take",
    ),
    # Amblyopius/Stable-Diffusion-ONNX-FP16#20: heads and images change places in a view.
    "heads and images exchanged": Reported(
        "(float[batch, 5, 8] x) => (float[batch, 5, 8] y) <int64[4] s = {2, -1, 5, 4}, int64[4] t = {0, 0, 2, 4},"
        " int64[3] u = {-1, 5, 8}>",
        "[heads] h = Reshape(x, s) e = Softmax(h) m = Transpose<perm = [1, 2, 0, 3]>(e) y = Reshape(m, u)",
        "[heads] h = Reshape(x, t) e = Softmax(h) y = Reshape(e, u)",
        "heads",
    ),
    # microsoft/onnxruntime#10111, Anush008/fastembed-rs#107: dynamic quantisation, an answer changes with the batch.
    "one scale for the batch": Reported(
        "(float[N, 16] x) => (float[N, 16] y) <float one = {0.00392}, uint8 none = {0}>",
        "[scale] q, s, z = DynamicQuantizeLinear(x) y = DequantizeLinear(q, s, z)",
        "[scale] q = QuantizeLinear(x, one, none) y = DequantizeLinear(q, one, none)",
        "scale",
        Severity.NOTE,
    ),
    # microsoft/onnxruntime#20054: a seed is set, and each run of the session draws other numbers.
    "a seed that repeats nothing": Reported(
        "(float[N, 4] x, float[N, 4] drawn) => (float[N, 4] y)",
        "[draw] d = RandomUniformLike<seed = 1.0>(drawn) y = Add(x, d)",
        "[draw] d = Identity(drawn) y = Add(x, d)",
        "draw",
        Severity.WARNING,
    ),
    # microsoft/onnxruntime#29790: in training mode the answer hangs on momentum, and on the runs before.
    "statistics that move from run to run": Reported(
        "(float[N, 2] x) => (float[N, 2] y) <float[2] s = {1, 1}, float[2] b = {0, 0}, float[2] m = {0, 0},"
        " float[2] v = {1, 1}>",
        "[normal] y, mean, var = BatchNormalization<training_mode = 1>(x, s, b, m, v)",
        "[normal] y = BatchNormalization(x, s, b, m, v)",
        "normal",
        Severity.WARNING,
    ),
}


def looked(text: str, folder: Path) -> Report:
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(text).SerializeToString())
    return audit(str(path), PARTS)


@pytest.mark.parametrize("one", REPORTED.values(), ids=REPORTED)
def test_what_was_reported_is_named_and_what_was_wanted_is_silent(one: Reported, tmp_path: Path) -> None:
    report = looked(f"{HEAD}agraph {one.head} {{ {one.fault} }}", tmp_path)
    told = [(f.location.node, f.severity) for f in report.findings if f.rule in RULES]
    assert (one.node, one.severity) in told
    report = looked(f"{HEAD}agraph {one.head} {{ {one.good} }}", tmp_path)
    assert not [f.message for f in report.findings if f.rule in RULES]
    assert {part.status for part in report.depth} == {"ok"}
