"""What a comparison knows of a tensor by the nodes around it: its channels, and whether it is a mask."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.runtime.cutting import Cuttable
from auditor.runtime.deep.channels import channel_axis
from auditor.runtime.deep.masks import only_masks

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

LADDER = """ladder (float[4] x) => (float[4] y) {
  a = Relu(x) b = Neg(x) c = Abs(a) d = Exp(b) e = Add(c, d) f = Neg(e) g = Abs(f) y = Add(g, d)
}"""


def cuttable(text: str) -> Cuttable:
    return Cuttable(onnx.parser.parse_model(HEAD + text).SerializeToString())


def test_what_only_leads_into_a_softmax_is_a_mask() -> None:
    masked = cuttable("""masked (float[2, 4] x, bool[2, 4] m) => (float[2, 4] y) <float low = {-1e9}, float no = {0}> {
      w = Where(m, no, low) c = Identity(w) s = Add(x, c) y = Softmax(s)
    }""")
    assert only_masks(masked, "w") and only_masks(masked, "s")
    assert not only_masks(masked, "y")
    assert not only_masks(cuttable(LADDER), "a")


@pytest.mark.parametrize(
    ("node", "is_mask"),
    [
        ("Add(w, x)", True), ("Cast<to = 1>(w)", True), ("Concat<axis = 0>(w, x)", True), ("Expand(w, s)", True),
        ("Identity(w)", True), ("Reshape(w, s)", True), ("Slice(w, s, s)", True), ("Squeeze(w, s)", True),
        ("Tile(w, s)", True), ("Transpose(w)", True), ("Unsqueeze(w, s)", True), ("Where(m, w, x)", True),
        ("Mul(w, x)", False), ("Neg(w)", False), ("Clip(w)", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("last", ["Softmax", "LogSoftmax", "Attention", "MultiHeadAttention", "GroupQueryAttention"])
def test_a_mask_is_one_through_whatever_leaves_its_numbers_as_low_as_they_are(
    node: str, is_mask: bool, last: str
) -> None:
    given = "float[2, 4] x, float[2, 4] v, bool[2, 4] m, int64[2] s"
    nodes = f"w = Sub(x, v) p = {node} y = {last}(p)"
    assert only_masks(cuttable(f"masked ({given}) => (float[2, 4] y) {{ {nodes} }}"), "w") == is_mask
    beside = cuttable(f"beside ({given}) => (float[2, 4] y, float[2, 4] z) {{ {nodes} z = Neg(w) }}")
    assert not only_masks(beside, "w"), "somebody else takes it too"


def test_channels_lie_along_the_last_axis_behind_a_product_and_along_the_second_elsewhere() -> None:
    model = cuttable("""mixed (float[2, 8, 4, 4] x, float[2, 5, 8] t) => (float[2, 8, 4, 4] y, float[2, 5, 6] u)
      <float[8, 8, 1, 1] w, float[8, 6] v, float[6] b> {
      c = Conv(x, w) y = Relu(c) m = MatMul(t, v) a = Add(m, b) u = Relu(a)
    }""")
    assert [channel_axis(model, name, 4) for name in ("c", "y")] == [1, 1]
    assert [channel_axis(model, name, 3) for name in ("m", "a", "u")] == [2, 2, 2]
    assert channel_axis(model, "u", 2) == 1 and channel_axis(model, "u", 1) is None
    assert channel_axis(None, "y", 4) == 1
