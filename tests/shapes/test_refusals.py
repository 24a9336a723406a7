"""What no input makes right: indices, lengths, counts that the node stores. onnxruntime's refusal is the oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx.parser
import onnxruntime
import pytest

import auditor
from auditor.settings import Settings

TEXT = """
gathernd_oob 17
  (float[4, 5] x) => (float[1, 5] y) <int64[1, 1] i={9}>
  { y=GatherND(x, i) }

gathernd_neg_ok 17
  (float[4, 5] x) => (float[1, 5] y) <int64[1, 1] i={-4}>
  { y=GatherND(x, i) }

gathernd_neg 17
  (float[4, 5] x) => (float[1, 5] y) <int64[1, 1] i={-5}>
  { y=GatherND(x, i) }

gathernd_2nd 17
  (float[N, 5] x) => (float[1] y) <int64[1, 2] i={0, 5}>
  { y=GatherND(x, i) }

gathernd_batch 17
  (float[3, 5] x) => (float[2] y) <int64[2, 1] i={0, 1}>
  { y=GatherND<batch_dims=1>(x, i) }

gathernd_batchval 17
  (float[2, 5] x) => (float[2] y) <int64[2, 1] i={0, 5}>
  { y=GatherND<batch_dims=1>(x, i) }

scatternd_oob 17
  (float[4] x) => (float[4] y) <int64[1, 1] i={4}, float[1] u={1.0}>
  { y=ScatterND(x, i, u) }

scatternd_ushape 17
  (float[4, 3] x) => (float[4, 3] y) <int64[1, 1] i={1}, float[1] u={1.0}>
  { y=ScatterND(x, i, u) }

scatternd_deep 17
  (float[4] x) => (float[4] y) <int64[1, 2] i={1, 1}, float[1] u={1.0}>
  { y=ScatterND(x, i, u) }

scatterel_oob 17
  (float[4] x) => (float[4] y) <int64[1] i={4}, float[1] u={1.0}>
  { y=ScatterElements(x, i, u) }

scatterel_neg_ok 17
  (float[4] x) => (float[4] y) <int64[1] i={-4}, float[1] u={1.0}>
  { y=ScatterElements(x, i, u) }

scatterel_big 17
  (float[4, 2] x) => (float[4, 2] y) <int64[1, 3] i={0, 1, 2}, float[1, 3] u={1.0, 2.0, 3.0}>
  { y=ScatterElements<axis=0>(x, i, u) }

scatterel_axisbig_ok 17
  (float[4, 2] x) => (float[4, 2] y)
  <int64[6, 1] i={0, 1, 2, 3, 0, 1}, float[6, 1] u={1.0, 2.0, 3.0, 4.0, 5.0, 6.0}>
  { y=ScatterElements<axis=0>(x, i, u) }

gatherel_big 17
  (float[4, 2] x) => (float[1, 3] y) <int64[1, 3] i={0, 1, 2}>
  { y=GatherElements<axis=0>(x, i) }

onehot_vals3 17
  (int64[4] x) => (float[4, 3] y) <int64 d={3}, float[3] v={0.0, 1.0, 2.0}>
  { y=OneHot(x, d, v) }

onehot_depthneg 17
  (int64[4] x) => (float[4, K] y) <int64 d={-3}, float[2] v={0.0, 1.0}>
  { y=OneHot(x, d, v) }

onehot_depth0 17
  (int64[4] x) => (float[4, K] y) <int64 d={0}, float[2] v={0.0, 1.0}>
  { y=OneHot(x, d, v) }

onehot_depth2 17
  (int64[4] x) => (float[4, K] y) <int64[2] d={2, 3}, float[2] v={0.0, 1.0}>
  { y=OneHot(x, d, v) }

revseq_long 17
  (float[3, 2] x) => (float[3, 2] y) <int64[2] l={4, 1}>
  { y=ReverseSequence<time_axis=0, batch_axis=1>(x, l) }

revseq_neg 17
  (float[3, 2] x) => (float[3, 2] y) <int64[2] l={-1, 1}>
  { y=ReverseSequence<time_axis=0, batch_axis=1>(x, l) }

revseq_0 17
  (float[3, 2] x) => (float[3, 2] y) <int64[2] l={0, 1}>
  { y=ReverseSequence<time_axis=0, batch_axis=1>(x, l) }

revseq_len 17
  (float[3, 2] x) => (float[3, 2] y) <int64[3] l={1, 1, 1}>
  { y=ReverseSequence<time_axis=0, batch_axis=1>(x, l) }

revseq_axes 17
  (float[3, 2] x) => (float[3, 2] y) <int64[2] l={1, 1}>
  { y=ReverseSequence<time_axis=1, batch_axis=1>(x, l) }

revseq_axes2 17
  (float[3, 2, 4] x) => (float[3, 2, 4] y) <int64[2] l={1, 1}>
  { y=ReverseSequence<time_axis=2, batch_axis=1>(x, l) }

unpool_shape 11
  (float[1, 1, 2, 2] x) => (float[1, 1, 4, 4] y) <int64[1, 1, 2, 1] i={0, 1}>
  { y=MaxUnpool<kernel_shape=[2, 2], strides=[2, 2]>(x, i) }

unpool_oob 11
  (float[1, 1, 2, 2] x) => (float[1, 1, 4, 4] y) <int64[1, 1, 2, 2] i={0, 1, 2, 16}>
  { y=MaxUnpool<kernel_shape=[2, 2], strides=[2, 2]>(x, i) }

nms_layout 17
  (float[1, 100, 4] b, float[1, 100, 3] s) => (int64[K, 3] y) <int64 m={10}>
  { y=NonMaxSuppression(b, s, m) }

nms_batch 17
  (float[2, 100, 4] b, float[1, 3, 100] s) => (int64[K, 3] y) <int64 m={10}>
  { y=NonMaxSuppression(b, s, m) }

nms_five 17
  (float[1, 100, 5] b, float[1, 3, 100] s) => (int64[K, 3] y) <int64 m={10}>
  { y=NonMaxSuppression(b, s, m) }

nms_iou2 17
  (float[1, 100, 4] b, float[1, 3, 100] s) => (int64[K, 3] y) <int64 m={10}, float t={2.0}>
  { y=NonMaxSuppression(b, s, m, t) }

nms_ok 17
  (float[1, 100, 4] b, float[1, 3, 100] s) => (int64[K, 3] y) <int64[1] m={10}>
  { y=NonMaxSuppression(b, s, m) }

nms_box0 17
  (float[1, 100, 4] b, float[1, 3, 100] s) => (int64[K, 3] y) <int64[1] m={0}>
  { y=NonMaxSuppression(b, s, m) }

ct_op2 17
  (float[1, 2, 8, 8] x, float[2, 3, 3, 3] w) => (float[1, 3, A, B] y)
  { y=ConvTranspose<strides=[2, 2], output_padding=[2, 2]>(x, w) }

ct_op1_ok 17
  (float[1, 2, 8, 8] x, float[2, 3, 3, 3] w) => (float[1, 3, A, B] y)
  { y=ConvTranspose<strides=[2, 2], output_padding=[1, 1]>(x, w) }

ct_op_dil_ok 17
  (float[1, 2, 8, 8] x, float[2, 3, 3, 3] w) => (float[1, 3, A, B] y)
  { y=ConvTranspose<strides=[2, 2], dilations=[3, 3], output_padding=[2, 2]>(x, w) }

ct_op_outshape 17
  (float[1, 2, 8, 8] x, float[2, 3, 3, 3] w) => (float[1, 3, A, B] y)
  { y=ConvTranspose<strides=[2, 2], output_padding=[3, 3], output_shape=[19, 19]>(x, w) }

ct_op1_stride1 17
  (float[1, 2, 8, 8] x, float[2, 3, 3, 3] w) => (float[1, 3, A, B] y)
  { y=ConvTranspose<output_padding=[1, 1]>(x, w) }

ct_opneg 17
  (float[1, 2, 8, 8] x, float[2, 3, 3, 3] w) => (float[1, 3, A, B] y)
  { y=ConvTranspose<strides=[2, 2], output_padding=[-1, -1]>(x, w) }

split_5_4 18
  (float[5, 2] x) => (float[A, 2] p, float[B, 2] q, float[C, 2] r, float[D, 2] s)
  { p, q, r, s=Split<num_outputs=4>(x) }

split_6_4_ok 18
  (float[6, 2] x) => (float[A, 2] p, float[B, 2] q, float[C, 2] r, float[D, 2] s)
  { p, q, r, s=Split<num_outputs=4>(x) }

split_7_4_ok 18
  (float[7, 2] x) => (float[A, 2] p, float[B, 2] q, float[C, 2] r, float[D, 2] s)
  { p, q, r, s=Split<num_outputs=4>(x) }

split_2_4 18
  (float[2, 2] x) => (float[A, 2] p, float[B, 2] q, float[C, 2] r, float[D, 2] s)
  { p, q, r, s=Split<num_outputs=4>(x) }

split_3_4_ok 18
  (float[3, 2] x) => (float[A, 2] p, float[B, 2] q, float[C, 2] r, float[D, 2] s)
  { p, q, r, s=Split<num_outputs=4>(x) }

split_both 18
  (float[6, 2] x) => (float[3, 2] p, float[3, 2] q) <int64[2] s={3, 3}>
  { p, q=Split<num_outputs=2>(x, s) }

split_5_2_17 17
  (float[5, 2] x) => (float[A, 2] p, float[B, 2] q)
  { p, q=Split(x) }

lstm_len 17
  (float[3, 2, 4] x) => (float[3, 1, 2, 5] y)
  <float[1, 20, 4] w={0.1 x 80}, float[1, 20, 5] r={0.1 x 100}, int32[2] l={4, 1}>
  { y=LSTM<hidden_size=5>(x, w, r, , l) }

lstm_len0 17
  (float[3, 2, 4] x) => (float[3, 1, 2, 5] y)
  <float[1, 20, 4] w={0.1 x 80}, float[1, 20, 5] r={0.1 x 100}, int32[2] l={0, 1}>
  { y=LSTM<hidden_size=5>(x, w, r, , l) }

lstm_lenneg 17
  (float[3, 2, 4] x) => (float[3, 1, 2, 5] y)
  <float[1, 20, 4] w={0.1 x 80}, float[1, 20, 5] r={0.1 x 100}, int32[2] l={-1, 1}>
  { y=LSTM<hidden_size=5>(x, w, r, , l) }

gru_len 17
  (float[3, 2, 4] x) => (float[3, 1, 2, 5] y)
  <float[1, 15, 4] w={0.1 x 60}, float[1, 15, 5] r={0.1 x 75}, int32[2] l={4, 1}>
  { y=GRU<hidden_size=5>(x, w, r, , l) }

rnn_len 17
  (float[3, 2, 4] x) => (float[3, 1, 2, 5] y)
  <float[1, 5, 4] w={0.1 x 20}, float[1, 5, 5] r={0.1 x 25}, int32[2] l={4, 1}>
  { y=RNN<hidden_size=5>(x, w, r, , l) }

reflect 17
  (float[2] x) => (float[A] y) <int64[2] r={3, 0}>
  { y=Pad<mode="reflect">(x, r) }

roi_bi 16
  (float[1, 1, 8, 8] x) => (float[1, 1, 2, 2] y) <float[1, 4] r={0.0, 0.0, 4.0, 4.0}, int64[1] b={3}>
  { y=RoiAlign<output_height=2, output_width=2>(x, r, b) }

trilu 17
  (float[4] x) => (float[4] y)
  { y=Trilu(x) }

gridlast 17
  (float[1, 1, 4, 4] x, float[1, 3, 3, 3] g) => (float[1, 1, 3, 3] y)
  { y=GridSample(x, g) }

multinom 17
  (float[1, 6] x) => (int32[1, K] y)
  { y=Multinomial<sample_size=0>(x) }

nll 17
  (float[3, 4] x) => (float y) <int64[3] t={0, 4, 1}>
  { y=NegativeLogLikelihoodLoss(x, t) }

scatter_oob9 9
  (float[4] x) => (float[4] y) <int64[1] i={4}, float[1] u={1.0}>
  { y=Scatter(x, i, u) }

tensorscatter 24
  (float[2, 3, 4, 5] x, float[2, 3, 1, 5] u) => (float[2, 3, 4, 5] y) <int64[2] i={4, 0}>
  { y=TensorScatter(x, u, i) }

upsample0 9
  (float[1, 1, 4, 4] x) => (float[1, 1, A, B] y) <float[4] s={1.0, 1.0, 0.5, 0.5}>
  { y=Upsample(x, s) }

nll_ignored 17
  (float[3, 4] x) => (float y) <int64[3] t={0, 4, 1}>
  { y=NegativeLogLikelihoodLoss<ignore_index=4>(x, t) }

upsample_larger 9
  (float[1, 1, 4, 4] x) => (float[1, 1, A, B] y) <float[4] s={1.0, 1.0, 1.5, 2.0}>
  { y=Upsample(x, s) }

reflect_less 17
  (float[4] x) => (float[A] y) <int64[2] r={3, 0}>
  { y=Pad<mode="reflect">(x, r) }

roi_within 16
  (float[2, 1, 8, 8] x) => (float[1, 1, 2, 2] y) <float[1, 4] r={0.0, 0.0, 4.0, 4.0}, int64[1] b={1}>
  { y=RoiAlign<output_height=2, output_width=2>(x, r, b) }

tensorscatter_fits 24
  (float[2, 3, 4, 5] x, float[2, 3, 1, 5] u) => (float[2, 3, 4, 5] y) <int64[2] i={3, 0}>
  { y=TensorScatter(x, u, i) }

revseq_fits 17
  (float[3, 2] x) => (float[3, 2] y) <int64[2] l={3, 1}>
  { y=ReverseSequence<time_axis=0, batch_axis=1>(x, l) }

unpool_fits 11
  (float[1, 1, 2, 2] x) => (float[1, 1, 4, 4] y) <int64[1, 1, 2, 2] i={0, 1, 2, 15}>
  { y=MaxUnpool<kernel_shape=[2, 2], strides=[2, 2]>(x, i) }

gatherel_fits 17
  (float[4, 2] x) => (float[1, 2] y) <int64[1, 2] i={0, 3}>
  { y=GatherElements<axis=0>(x, i) }

scatternd_fits 17
  (float[4, 3] x) => (float[4, 3] y) <int64[1, 1] i={-4}, float[1, 3] u={1.0, 2.0, 3.0}>
  { y=ScatterND(x, i, u) }

onehot_fits 17
  (int64[4] x) => (float[4, 3] y) <int64 d={3}, float[2] v={0.0, 1.0}>
  { y=OneHot(x, d, v) }

split_open 18
  (float[N, 2] x) => (float[A, 2] p, float[B, 2] q, float[C, 2] r)
  { p, q, r=Split<num_outputs=3>(x) }
"""
"""Blocks of a name, an opset and a graph; ``{0.1 x 80}`` stands for eighty times the number."""

CASES = {
    name: (int(opset), graph)
    for name, opset, graph in (block.strip().split(maxsplit=2) for block in TEXT.strip().split("\n\n"))
}


def model(opset: int, graph: str) -> onnx.ModelProto:
    for count in (20, 25, 60, 75, 80, 100):
        graph = graph.replace(f"{{0.1 x {count}}}", "{" + ", ".join(["0.1"] * count) + "}")
    return onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]> agraph {graph}')


def runs(proto: onnx.ModelProto) -> bool:
    """Whether onnxruntime runs it, on small numbers and open sizes of 6."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        fed = {}
        for port in session.get_inputs():
            shape = [size if isinstance(size, int) else 6 for size in port.shape]
            fed[port.name] = np.zeros(shape, np.int64 if "int64" in port.type else np.float32)
        session.run(None, fed)
    except Exception:  # whatever onnxruntime raises: it has no type of its own for a refusal
        return False
    return True


@pytest.mark.parametrize("name", CASES)
def test_an_error_where_the_runtime_refuses_and_nowhere_else(name: str, tmp_path: Path) -> None:
    proto = model(*CASES[name])
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    report = auditor.audit(path, Settings(run=False))
    found = [f.message for f in report.findings if f.severity == "error"]
    assert bool(found) is not runs(proto), found


def test_both_answers_are_among_the_cases() -> None:
    said = [runs(model(*case)) for case in CASES.values()]
    assert said.count(True) >= 15
    assert said.count(False) >= 35
