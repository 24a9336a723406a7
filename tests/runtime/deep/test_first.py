"""The search for the first bad tensor, where a test says which are bad."""

from __future__ import annotations

import onnx.parser

from auditor.runtime.cutting import Cuttable
from auditor.runtime.deep.channels import channel_axis
from auditor.runtime.deep.first import first, nearest
from auditor.runtime.deep.masks import only_masks

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

LADDER = """ladder (float[4] x) => (float[4] y) {
  a = Relu(x) b = Neg(x) c = Abs(a) d = Exp(b) e = Add(c, d) f = Neg(e) g = Abs(f) y = Add(g, d)
}"""


def cuttable(text: str) -> Cuttable:
    return Cuttable(onnx.parser.parse_model(HEAD + text).SerializeToString())


def behind(start: str) -> frozenset[str]:
    """What goes wrong where one tensor does."""
    after = {"a": "cefgy", "b": "defgy", "c": "efgy", "d": "efgy", "e": "fgy", "f": "gy", "g": "y", "y": ""}
    return frozenset((start, *after[start]))


def test_wherever_it_begins_it_is_found() -> None:
    model = cuttable(LADDER)
    for start in "abcdefgy":
        assert first(model, "y", "abcdefgy", behind(start).__contains__) == start


def test_what_is_hidden_in_between_leads_back() -> None:
    """f is the same again, as behind a Relu: the search goes on to what y takes from elsewhere."""
    model = cuttable(LADDER)
    assert first(model, "y", "abcdefgy", frozenset("bdey").__contains__) == "b"


def test_of_what_cannot_be_looked_at_the_next_is_named() -> None:
    model = cuttable(LADDER)
    assert first(model, "y", "adgy", behind("b").__contains__) == "d"
    assert nearest(model, "g", "ab") == ["a", "b"]
    assert nearest(model, "y", "dg") == ["g", "d"]


def test_few_are_looked_at() -> None:
    count = 256
    body = " ".join(f"t{i + 1} = Neg(t{i})" for i in range(count))
    model = cuttable(f"chain (float[4] t0) => (float[4] t{count}) {{ {body} }}")
    asked = []

    def bad(name: str) -> bool:
        asked.append(name)
        return int(name[1:]) >= 77

    assert first(model, f"t{count}", [f"t{i}" for i in range(count + 1)], bad) == "t77"
    assert len(asked) <= 10


def test_what_only_leads_into_a_softmax_is_a_mask() -> None:
    masked = cuttable("""masked (float[2, 4] x, bool[2, 4] m) => (float[2, 4] y) <float low = {-1e9}, float no = {0}> {
      w = Where(m, no, low) c = Identity(w) s = Add(x, c) y = Softmax(s)
    }""")
    assert only_masks(masked, "w") and only_masks(masked, "s")
    assert not only_masks(masked, "y")
    assert not only_masks(cuttable(LADDER), "a")


def test_channels_lie_along_the_last_axis_behind_a_product_and_along_the_second_elsewhere() -> None:
    model = cuttable("""mixed (float[2, 8, 4, 4] x, float[2, 5, 8] t) => (float[2, 8, 4, 4] y, float[2, 5, 6] u)
      <float[8, 8, 1, 1] w, float[8, 6] v, float[6] b> {
      c = Conv(x, w) y = Relu(c) m = MatMul(t, v) a = Add(m, b) u = Relu(a)
    }""")
    assert [channel_axis(model, name, 4) for name in ("c", "y")] == [1, 1]
    assert [channel_axis(model, name, 3) for name in ("m", "a", "u")] == [2, 2, 2]
    assert channel_axis(model, "u", 2) == 1 and channel_axis(model, "u", 1) is None
    assert channel_axis(None, "y", 4) == 1
