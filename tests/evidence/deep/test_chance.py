"""What chance goes into, by the operators that the specification calls random."""

from __future__ import annotations

from onnx import parser

from auditor.evidence.deep.chance import Chance, chance_in
from auditor.model.load import loads
from auditor.shapes.facts import infer

HEAD = '<ir_version: 8, opset_import: ["" : 17, "own" : 1]>\n'


def chance(text: str) -> Chance:
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    return chance_in(model, infer(model))


def test_what_lies_behind_a_random_operator() -> None:
    found = chance("""agraph (float[N, 4] x) => (float[N, 4] y, float[N, 4] z, int64[2] s) {
      a = Abs(x)
      n = RandomNormalLike(a)
      y = Add(a, n)
      z = Neg(a)
      s = Shape(n)
    }""")  # fmt: skip
    assert found == Chance(dict.fromkeys(("n", "y"), ("RandomNormalLike",)), frozenset({"n", "y"}), (1,))
    assert found.made_by(["y", "z"]) == ("RandomNormalLike",)


def test_chance_with_a_seed_and_without_one() -> None:
    found = chance("""agraph (float[N, 4] x) => (float[N, 4] y, float[N, 4] z) {
      a = RandomNormalLike<seed = 1.0>(x)
      b = Bernoulli(x)
      y = Abs(a)
      z = Add(a, b)
    }""")  # fmt: skip
    assert found.unseeded == {"b", "z"}
    assert found.op_types["z"] == ("RandomNormalLike", "Bernoulli")


def test_chance_in_a_branch() -> None:
    found = chance("""agraph (float[N, 4] x, bool c) => (float[N, 4] y) {
      y = If (c) <then_branch = g () => (float[N, 4] t) { t = RandomUniformLike(x) },
                  else_branch = h () => (float[N, 4] e) { e = Neg(x) }>
    }""")  # fmt: skip
    assert found.op_types == {"y": ("RandomUniformLike",)}


def test_chance_in_a_function() -> None:
    found = chance("""agraph (float[N, 4] x) => (float[N, 4] y) { y = own.noisy(x) }
    <domain: "own", opset_import: ["" : 17]> noisy (a) => (b) { n = RandomNormalLike(a) b = Add(a, n) }""")
    assert found.op_types == {"y": ("RandomNormalLike",)}


def test_a_dropout_whose_switch_is_on_or_not_known() -> None:
    """training_mode is the third input, and false where it is left out (onnx.ai, Dropout)."""
    found = chance("""agraph (float[N, 4] x, bool s) => (float[N, 4] a, float[N, 4] b, float[N, 4] c, float[N, 4] d)
    <float r = {0.5}, bool on = {1}, bool off = {0}> {
      a = Dropout(x, r, on)
      b = Dropout(x, r, off)
      c = Dropout(x, r)
      d = Dropout(x, r, s)
    }""")  # fmt: skip
    assert found.op_types.keys() == {"a", "d"}
