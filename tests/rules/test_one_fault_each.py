"""One fault makes the findings of one rule, whatever all the others see of it; without the fault nobody speaks."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from onnx import parser

from auditor.evidence.evidence import Evidence
from auditor.findings.folding import folded
from auditor.findings.kind import Candidate
from auditor.model.load import loads
from auditor.report import Severity
from auditor.rules import all_rules
from auditor.settings import Settings
from tests.rules.fixtures import RUNNING

STATIC = [rule for rule in all_rules() if not {"Contract", "Weights", *RUNNING} & set(rule.wants)]


class Case(NamedTuple):
    name: str
    text: str
    rules: tuple[str, ...] = ()  # that speak; none: the model is sound
    says: str = ""  # in the first one's message or fix
    severity: Severity = Severity.ERROR


def said(text: str) -> list[Candidate]:
    """What the static rules say, errors and warnings, folded as in a report."""
    model = loads(parser.parse_model(text).SerializeToString())
    evidence = Evidence(model, Settings(run=False, weights=False))
    found = [
        Candidate.from_found(rule.kind, f)
        for rule in STATIC
        for f in rule.check(*(evidence.about(kind) for kind in rule.wants))
    ]
    return [c for c in folded(found, evidence.facts) if c.severity is not Severity.NOTE]


def head(opset: int, ir: int = 9, more: str = "") -> str:
    return f'<ir_version: {ir}, opset_import: ["" : {opset}{more}]>\n'


MOVED = [
    Case(
        f"{op}-{opset}",
        head(opset) + f"g (float[1, 2, 4, 4] x) => ({dtype}{shape} y) {{ {made} = {op}<{attribute}>(x) }}",
        ("undeclared-attributes",),
        f"since opset {since}",
    )
    for op, opset, attribute, shape, since, made, dtype in (
        ("Squeeze", 13, "axes = [0]", "[2, 4, 4]", 13, "y", "float"),
        ("Squeeze", 21, "axes = [0]", "[2, 4, 4]", 13, "y", "float"),
        ("Unsqueeze", 13, "axes = [0]", "[1, 1, 2, 4, 4]", 13, "y", "float"),
        ("ReduceSum", 13, "axes = [2, 3], keepdims = 0", "[1, 2]", 13, "y", "float"),
        ("ReduceMean", 18, "axes = [2, 3], keepdims = 0", "[1, 2]", 18, "y", "float"),
        ("Split", 13, "axis = 3, split = [1, 3]", "[1, 2, 4, 1]", 13, "y, z", "float"),
        ("Clip", 11, "min = 0.0, max = 6.0", "[1, 2, 4, 4]", 11, "y", "float"),
        ("Dropout", 12, "ratio = 0.5", "[1, 2, 4, 4]", 12, "y", "float"),
        ("Reshape", 5, "shape = [1, 32]", "[1, 32]", 5, "y", "float"),
        ("Slice", 10, "starts = [0], ends = [1], axes = [1]", "[1, 1, 4, 4]", 10, "y", "float"),
        ("TopK", 11, "k = 2", "[1, 2, 4, 2]", 10, "y, i", "float"),
        ("Pad", 11, "pads = [0, 0, 1, 1, 0, 0, 1, 1], value = 1.0", "[1, 2, 6, 6]", 11, "y", "float"),
    )
]

CASES = [
    *MOVED,
    Case(
        "what follows from an attribute that moved is not told",
        head(13)
        + """g (float[N, 4, 1, 8] x, float[8, 3] w) => (float[N, 3] y) {
          r = ReduceSum<axes = [1], keepdims = 0>(x)
          s = Squeeze<axes = [1]>(r)
          y = MatMul(s, w)
        }""",
        ("undeclared-attributes", "undeclared-attributes"),
        "(number 2) since opset 13",
    ),
    Case(
        "an attribute at its own opset",
        head(11) + "g (float[1, 2] x) => (float[2] y) { y = Squeeze<axes = [0]>(x) }",
    ),
    Case(
        "an input where an attribute is due",
        head(9)
        + """g (float[2, 4] x) => (float[2, 2] y) <int64[1] s = {0}, int64[1] e = {2}, int64[1] a = {1}> {
          y = Slice(x, s, e, a)
        }""",
        ("wrong-arity",),
        "starts is an attribute below opset 10; ends is an attribute",
    ),
    Case(
        "an input where a required attribute is due",
        head(9) + "g (float[2, 4] x) => (float[2, 2] y, int64[2, 2] i) <int64[1] k = {2}> { y, i = TopK(x, k) }",
        ("wrong-arity",),
        "write k as an attribute instead of an input, or import opset 10 or later",
    ),
    Case(
        "two types for one variable are told once",
        head(17) + "g (float16[4] x) => (float16[4] y) <float e = {0.5}> { a = Add(x, e) y = Relu(a) }",
        ("wrong-types",),
        "store 'e' as float16",
    ),
    Case(
        "a type that flows in is cast",
        head(17) + "g (float16[4] x, float[4] z, float[4] w) => (float[4] y) { y = Sum(z, x, w) }",
        ("wrong-types",),
        "put a Cast to float32 between 'x' and this node",
    ),
    Case(
        "a word that is none, and what its operator does with it",
        head(17)
        + 'g (float[1, 1, 4, 4] x, float[1, 1, 2, 2] w) => (float[1, 1, 2, 2] y) '
        '{ y = Conv<auto_pad = "SAME", strides = [2, 2]>(x, w) }',
        ("undefined-words",),
        "write 'SAME_UPPER'",
    ),
    Case(
        "auto_pad empty",
        head(17)
        + 'g (float[1, 1, 4, 4] x) => (float[1, 1, 3, 3] y) { y = MaxPool<auto_pad = "", kernel_shape = [2, 2]>(x) }',
        ("undefined-words",),
        "onnxruntime takes it as 'NOTSET'",
        Severity.WARNING,
    ),
    Case(
        "four rows for one image",
        head(17)
        + """g (float[N, 8, 16, 16] x, float[512, 10] w) => (float[M, 10] y) <int64[2] s = {-1, 512}> {
          r = Reshape(x, s)
          y = MatMul(r, w)
        }""",
        ("split-images",),
        "makes 4 rows of 512 elements of each image (2,048) in front of MatMul[1]",
        Severity.WARNING,
    ),
    Case(
        "an inner tensor that is larger than its name",
        head(17)
        + """g (float[N, L] x) => (float[N, M] y) <float[N, L] a> {
          a = Concat<axis = 1>(x, x)
          y = Relu(a)
        }""",
        ("stale-shape-annotations",),
        "gives [N, 2*L]",
    ),
    Case(
        "a length that shrinks to nothing less than itself",
        head(17) + "g (float[N, 1, L] x, float[1, 1, 3] w) => (float[N, 1, L] y) { y = Conv(x, w) }",
        ("stale-shape-annotations",),
        "a name of its own",
        Severity.WARNING,
    ),
    Case(
        "a body that takes its number and its condition as vectors of one, as they are given",
        head(17)
        + """g (float[4, 1] x) => (float[4, 1] z) <int64[1] M = {4}, bool[1] go = {1}> {
          y = Loop (M, go) <
            body = b (int64[1] i, bool[1] c) => (bool[1] d, float[1] s) { s = Cast<to = 1>(i) d = Identity(c) }
          >
          z = Add(x, y)
        }""",
    ),
    Case(
        "a body that takes its number as a vector of one, given as a scalar",
        head(17)
        + """g () => (float[4, 1] y) <int64 M = {4}> {
          y = Loop (M, "") < body = b (int64[1] i, bool c) => (bool c, float[1] w) { w = Cast<to = 1>(i) } >
        }""",
    ),
    Case(
        "a body that takes its condition as a vector, given as a scalar",
        head(17)
        + """g () => (float[4] y) <int64 M = {4}, bool go = {1}> {
          y = Loop (M, go) <
            body = b (int64 i, bool[1] c) => (bool[1] d, float w) { w = Cast<to = 1>(i) d = Identity(c) }
          >
        }""",
        ("stale-shape-annotations",),
        "declared as [1]; Identity[1] gives []",
        Severity.WARNING,
    ),
    Case(
        "scales and sizes",
        head(13)
        + """g (float[1, 3, 8, 8] x) => (float[1, 3, 16, 16] y)
        <float[4] scales = {1.0, 1.0, 2.0, 2.0}, int64[4] sizes = {1, 3, 16, 16}> {
          y = Resize<mode = "linear">(x, , scales, sizes)
        }""",
        ("impossible-shapes",),
        "only one of them can be specified",
    ),
    Case(
        "empty scales and sizes",
        head(11)
        + """g (float[1, 3, 8, 8] x) => (float[1, 3, 16, 16] y)
        <float[0] roi = {}, float[0] scales = {}, int64[4] sizes = {1, 3, 16, 16}> {
          y = Resize<mode = "linear">(x, roi, scales, sizes)
        }""",
    ),
    Case(
        "an operator that onnxruntime keeps",
        head(14)
        + """g (float[1, 4] x) => (float[1, 4] y) <float[4] s = {1.0, 1.0, 1.0, 1.0}> {
          y = SimplifiedLayerNormalization<axis = -1>(x, s)
        }""",
        ("unknown-operators",),
        "write RMSNormalization of opset 23",
        Severity.WARNING,
    ),
    Case(
        "an operator that came later, and is kept",
        head(9) + "g (float[4] x) => (float[4] y) { y = ThresholdedRelu<alpha = 1.0>(x) }",
        ("unknown-operators",),
        "import opset 10 or later",
        Severity.WARNING,
    ),
    Case(
        "an operator of the first years at its opset",
        head(9) + "g (float[1, 1, 4, 4] x) => (float[1, 1, 4, 4] y) { y = ImageScaler<scale = 1.0, bias = [0.0]>(x) }",
        ("unknown-operators",),
        "onnxruntime keeps it in ai.onnx",
        Severity.WARNING,
    ),
    Case(
        "an operator of the first years later",
        head(17) + "g (float[1, 1, 4, 4] x) => (float[1, 1, 4, 4] y) { y = ImageScaler<scale = 1.0, bias = [0.0]>(x) }",
        ("unknown-operators",),
        "onnxruntime runs it below opset 10 only",
    ),
    Case(
        "deprecated from birth",
        head(18)
        + """g (float[1, 4, 3, 3] x) => (float[1, 4, 3, 3] y) <float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}> {
          y = GroupNormalization<num_groups = 2>(x, s, b)
        }""",
        ("unknown-operators",),
        "import opset 21 and write GroupNormalization of opset 21, whose scale and bias have a number for each channel",
        Severity.WARNING,
    ),
    Case(
        "an internal domain that no release takes",
        head(17, more=', "com.ms.internal.nhwc" : 40') + "g (float[2] x) => (float[2] y) { y = Relu(x) }",
        ("internal-imports",),
        "drop the import",
    ),
    Case(
        "branches of two types",
        head(17)
        + """g (bool c, float[2] x) => (float[2] y) {
          y = If (c) <
            then_branch = one () => (float[2] t) { t = Neg(x) },
            else_branch = two () => (double[2] e) { e = Cast<to = 11>(x) }
          >
        }""",
        ("unequal-branches",),
        "float32 in then_branch and float64 in else_branch",
    ),
    Case(
        "a branch that returns what is stored outside",
        head(17)
        + """g (bool c, float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {
          y = If (c) <
            then_branch = one () => (float[2] w) { },
            else_branch = two () => (float[2] e) { e = Neg(x) }
          >
        }""",
        ("returned-outer-values",),
        "put an Identity between 'w' and the subgraph's output",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_one_fault_is_told_once(case: Case) -> None:
    found = said(case.text)
    assert tuple(c.kind.rule for c in found) == case.rules, [c.found.message for c in found]
    if found:
        first = found[0].found
        assert case.says in f"{first.message}; {first.fix}", (first.message, first.fix)
        assert {c.severity for c in found} == {case.severity}
