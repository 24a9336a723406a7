"""What the pages say that onnxruntime does with what is not in the specification, it does."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import parser

HEAD = '<ir_version: 8, opset_import: ["" : {opset}]>\n'
CONV = 'g (float[1, 1, 2, 2] x, float[1, 1, 1, 1] w) => (float[1, 1, 2, 2] y) {{ y = Conv<auto_pad = "{word}">(x, w) }}'
SCATTER = 'g (float[2] x, int64[1, 1] i, float[1] u) => (float[2] y) {{ y = ScatterND<reduction = "{word}">(x, i, u) }}'
ROI = """g (float[1, 1, 2, 2] x, float[1, 4] r, int64[1] b) => (float[1, 1, 1, 1] y) {{
  y = RoiAlign<mode = "{word}">(x, r, b)
}}"""
LOSS = 'g (float[1, 2] x, int64[1] t) => (float y) {{ y = NegativeLogLikelihoodLoss<reduction = "{word}">(x, t) }}'
PAD = 'g (float[3] x, int64[2] p) => (float[5] y) {{ y = Pad<mode = "{word}">(x, p) }}'
RNN = """g (float[1, 1, 1] x, float[1, 1, 1] w, float[1, 1, 1] r) => (float[1, 1, 1, 1] y) {{
  y = RNN<hidden_size = 1, activations = ["{word}"]>(x, w, r)
}}"""


def session(text: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    model = parser.parse_model(text).SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("text", "opset", "word"),
    [(CONV, 17, "SAME"), (CONV, 17, "valid"), (PAD, 17, "symmetric"), (RNN, 17, "relu"), (ROI, 17, "mean")],
)
def test_an_unknown_word_is_refused(text: str, opset: int, word: str) -> None:
    with pytest.raises(Exception, match=r"(?i)auto_?pad|mode|activation"):
        session(HEAD.format(opset=opset) + text.format(word=word))


@pytest.mark.parametrize(
    ("text", "opset", "word"), [(CONV, 17, ""), (ROI, 17, "AVG"), (PAD, 18, "wrap"), (SCATTER, 16, "max")]
)
def test_some_are_taken_as_they_are_meant(text: str, opset: int, word: str) -> None:
    session(HEAD.format(opset=opset) + text.format(word=word))


def test_an_unknown_reduction_overwrites_in_silence() -> None:
    feeds = {"x": np.ones(2, np.float32), "i": np.zeros((1, 1), np.int64), "u": np.full(1, 5, np.float32)}
    text = HEAD.format(opset=18) + SCATTER
    assert session(text.format(word="sum")).run(None, feeds)[0].tolist() == [5, 1]
    assert session(text.format(word="add")).run(None, feeds)[0].tolist() == [6, 1]


def test_an_unknown_reduction_of_a_loss_is_the_mean() -> None:
    feeds = {"x": np.array([[1, 3]], np.float32), "t": np.ones(1, np.int64)}
    assert session(HEAD.format(opset=13) + LOSS.format(word="any")).run(None, feeds)[0] == -3


def test_an_inner_tensor_that_is_larger_than_its_name_ends_the_run() -> None:
    text = """g (float[N, 1, L] x) => (float[N, 1, M] y) <float[N, 1, L] a, float[N, 1, L] b, float[N, 1, L] c> {
      a = Relu(x)
      b = Concat<axis = 2>(a, a)
      c = Neg(b)
      d = Abs(c)
      y = Relu(d)
    }"""
    loaded = session(HEAD.format(opset=17) + text)
    with pytest.raises(Exception, match="re-use buffer"):
        loaded.run(None, {"x": np.ones((2, 1, 64), np.float32)})


@pytest.mark.parametrize(
    ("opset", "op"),
    [
        (9, "ThresholdedRelu<alpha = 1.0>(x)"), (14, "SimplifiedLayerNormalization(x, s)"),
        (16, "LayerNormalization(x, s)"), (9, "ImageScaler<scale = 1.0, bias = [0.0]>(x)"),
        (8, "MeanVarianceNormalization(x)"), (9, "Scale<scale = 2.0>(x)"), (9, "Affine<alpha = 1.0, beta = 0.0>(x)"),
        (18, "GroupNormalization<num_groups = 1>(x, one, one)"),
    ],
)  # fmt: skip
def test_operators_that_it_keeps(opset: int, op: str) -> None:
    text = "g (float[1, 1, 2, 2] x, float[2] s, float[1] one) => (float[A, B, C, D] y) { y = " + op + " }"
    session(HEAD.format(opset=opset) + text)
    if op.startswith(("ImageScaler", "Scale", "Affine")):
        with pytest.raises(Exception, match="not a registered function/op"):
            session(HEAD.format(opset=10) + text)


@pytest.mark.parametrize("trips", ["int64 M = {2}", "int64[1] M = {2}"])
def test_a_body_may_take_its_number_as_a_vector_of_one(trips: str) -> None:
    text = (
        "g () => (y) <" + trips + "> { "
        'y = Loop (M, "") < body = b (int64[1] i, bool c) => (bool c, float[1] w) { w = Cast<to = 1>(i) } > }'
    )
    assert session(HEAD.format(opset=17) + text).run(None, {})[0].tolist() == [[0], [1]]


def test_a_body_gets_its_condition_as_it_is_given() -> None:
    text = """g () => (y) <int64 M = {{2}}, bool{given} go = {{1}}> {{ y = Loop (M, go) <
      body = b (int64 i, bool{taken} c) => (bool{taken} d, float w) {{ w = Cast<to = 1>(i) d = Identity(c) }}
    > }}"""
    for given, taken in (("", ""), ("[1]", "[1]")):
        assert session(HEAD.format(opset=17) + text.format(given=given, taken=taken)).run(None, {})[0].tolist() == [
            0,
            1,
        ]
    for given, taken in (("", "[1]"), ("[1]", "")):
        with pytest.raises(Exception, match="Mismatch between number of inferred and declared dimensions"):
            session(HEAD.format(opset=17) + text.format(given=given, taken=taken))
