"""Several faults in one model: each is found in one pass, and what follows from one is folded under it."""

from __future__ import annotations

from pathlib import Path

import onnx.parser

from auditor.pipeline import audit
from auditor.report import Finding
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

FOUR = """
four (float[N, 1, 8, 8] x, float[2, 1, 3, 3] w, float[2] s, float[2] b, float[2] m, float[5] v,
      float[30, 6] fc1, float[7, 4] fc2) => (float[N, 4] y) <float[3] wrong = {1.0, 2.0, 3.0}> {
  c = Conv<pads = [1, 1, 1, 1]>(x, w, wrong)
  n = BatchNormalization(c, s, b, m, v)
  p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(n)
  f = Flatten(p)
  h = Gemm(f, fc1)
  y = Gemm(h, fc2)
}"""
"""A bias of 3 for 2 filters, a variance of 5 for 2 channels, 30 features for 2 x 4 x 4 = 32, and 7 for 6."""

PRUNED = """
pruned (float[N, 1, 8, 8] x, float[3, 1, 3, 3] w, float[4] s, float[4] b, float[4] m, float[4] v,
        float[2, 4, 3, 3] w2) => (float[N, 2, 4, 4] y) {
  c = Conv(x, w)
  n = BatchNormalization(c, s, b, m, v)
  y = Conv(n, w2)
}"""
"""The first convolution has lost a filter: all that follows is made for 4."""

BEHIND_ANOTHER = """
behind (float[N, 3, 8, 8] x, float[4, 2, 3, 3] w, float[4] s, float[4] b, float[4] m, float[5] v)
=> (float[N, 4, 6, 6] y) {
  c = Conv(x, w)
  y = BatchNormalization(c, s, b, m, v)
}"""
"""Nobody knows what the convolution gives; its neighbours say that the variance is wrong whatever that is."""

IN_A_BRANCH = """
branch (float[N, 2, 8, 8] x, bool c, float[4, 2, 3, 3] w, float[4, 3, 3, 3] w3, float[3] b)
=> (float[A, B, C, D] y) {
  y = If (c) <
    then_branch = t () => (float[A, B, C, D] u) { u = Conv(x, w, b) },
    else_branch = e () => (float[A, B, C, D] v) { v = Conv(x, w3) }
  >
}"""
"""Whether a branch is taken, nobody knows: a bias that its weight contradicts is wrong whenever it is."""

TURNED = """
turned (float[N, 6] x, float[6, 4] w, float[4] b) => (float[N, 4] y) { y = Gemm<transB = 1>(x, w, b) }"""

LOST = """
lost (float[N, 2] x, float[2, 2] w) => (float[N, 2] y) {
  h = MatMul(x, w)
  y = Relu(nowhere)
}"""


def found(text: str, folder: Path) -> list[Finding]:
    path = folder / "model.onnx"
    path.write_bytes(onnx.parser.parse_model(HEAD + text).SerializeToString())
    return [f for f in audit(path, Settings(run=False)).findings if f.severity != "note"]


def places(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(f.location.node, f.location.tensor) for f in findings]


def test_independent_faults_are_all_found(tmp_path: Path) -> None:
    findings = found(FOUR, tmp_path)
    assert {f.rule for f in findings} == {"misfit-initializers"}
    assert places(findings) == [
        ("Conv[0]", "wrong"), ("BatchNormalization[1]", "v"), ("Gemm[4]", "fc1"), ("Gemm[5]", "fc2"),
    ]  # fmt: skip
    assert "30 = 2 x 15 features; MaxPool[2] gives 2 x 4 x 4 = 32" in findings[2].message
    assert "7 features; Gemm[4] gives 6" in findings[3].message


def test_what_follows_from_a_lost_filter_is_one_finding(tmp_path: Path) -> None:
    (finding,) = found(PRUNED, tmp_path)
    assert finding.location.node == "BatchNormalization[1]"
    assert "s, b, m, v are [4], must be [3]" in finding.message
    assert "Conv[0]" in finding.fix
    assert finding.consequences == 1


def test_a_vector_that_its_neighbours_contradict_is_wrong_whatever_arrives(tmp_path: Path) -> None:
    assert places(found(BEHIND_ANOTHER, tmp_path)) == [("Conv[0]", "w"), ("BatchNormalization[1]", "v")]


def test_so_it_is_in_a_branch_that_nobody_knows_to_be_taken(tmp_path: Path) -> None:
    (finding,) = found(IN_A_BRANCH, tmp_path)
    assert (finding.location.graph, finding.location.tensor) == ("If[0]/then_branch", "b")


def test_a_weight_that_stands_turned_around_is_told_so(tmp_path: Path) -> None:
    (finding,) = found(TURNED, tmp_path)
    assert finding.location.tensor == "w"
    assert "set transB of Gemm[0] to 0" in finding.fix


def test_what_a_dangling_input_cuts_off_is_folded_under_it(tmp_path: Path) -> None:
    (finding,) = found(LOST, tmp_path)
    assert finding.rule == "dangling-inputs"
    assert finding.consequences == 1


def test_what_many_bodies_have_wrong_alike_is_one_finding() -> None:
    """In each of eight nested branches a parameter that nobody feeds, and one body that gives a number too few."""
    body = "r = Abs(x)"
    for level in range(8):
        branch = f"t{level} (float[2] v{level}) => (float[2] r) {{ {body} }}"
        body = f"r = If(c) <then_branch = {branch}, else_branch = e{level} () => (float[2] n) {{ n = Neg(x) }}>"
    wide = "e () => (float[2] q, float[2] s) { q = Abs(x)\n s = Neg(x) }"
    once = f"a, b = If(c) <then_branch = t () => (float[2] p) {{ p = Abs(x) }}, else_branch = {wide}>"
    text = f"g (bool c, float[2] x) => (float[2] r, float[2] a) {{ {body}\n {once} }}"
    model = onnx.parser.parse_model(HEAD + text)
    found = [f for f in audit(model, Settings(run=False)).findings if f.rule == "malformed-bodies"]
    given, fed = sorted(found, key=lambda f: f.message.startswith("then_branch of If[0]"))
    assert "has 1 input, and If feeds 0: nothing feeds 'v7'" in fed.message
    assert fed.message.endswith("; so it is of 7 others")
    assert given.message == "then_branch of If[1] gives 1 output, and If needs 2"


def test_each_of_bodies_that_are_wrong_alike_has_its_place() -> None:
    """Two loops whose body declares its number as float, and one that declares another type."""
    from auditor.evidence.evidence import Evidence
    from auditor.model.load import loads
    from auditor.rules import all_rules

    loops = "".join(
        f"y{i} = Loop(m, t, x) <body = b (float i{i}, bool c, {kind}[2] a) => (bool d, float[2] r) "
        "{ d = Identity(c)\n r = Neg(x) }>\n"
        for i, kind in enumerate(("float", "float", "double"))
    )
    model = onnx.parser.parse_model(
        f"{HEAD}g (int64 m, bool t, float[2] x) => (float[2] y0, float[2] y1, float[2] y2) {{ {loops} }}"
    )
    evidence = Evidence(loads(model.SerializeToString()), Settings(run=False))
    rule = next(rule for rule in all_rules() if rule.name == "malformed-bodies")
    alike, alone = rule.check(*(evidence.about(kind) for kind in rule.wants))
    assert [(p.graph, p.tensors) for p in alike.places] == [(f"Loop[{i}]/body", (f"i{i}",)) for i in range(3)]
    assert alone.actual == "float32" and not alone.places
