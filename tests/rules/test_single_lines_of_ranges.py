"""Lines of the rules on ranges that no page's model decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import parser

from auditor.report import Severity
from auditor.rules import all_rules

from .fixtures import findings

RULES = {rule.name: rule for rule in all_rules()}
HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def severities(rule: str, text: str, folder: Path) -> list[Severity]:
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(HEAD + text).SerializeToString())
    (folder / "options.txt").write_text(text)
    return [one.severity or RULES[rule].severity for one in findings(RULES[rule], path)]


SATURATED = (
    "agraph (float[2, 2] x) => (y) <float[{1}] much = {{{2}}}> {{ s = Sigmoid(x) t = Add(s, much) y = Tanh(t) }}"
)


@pytest.mark.parametrize(
    ("given", "much", "expected"),
    [
        ("# --range x=-1:1\n", "30, 30", [Severity.WARNING]),
        ("# --range x=-1:1\n", "30, 0", [Severity.NOTE]),  # a part of it
        ("", "30, 30", [Severity.NOTE]),  # what comes in is not known
        ("", "0, 0", []),
    ],
)
def test_what_is_stuck_wholly_within_given_ranges_is_bad(
    given: str, much: str, expected: list[Severity], tmp_path: Path
) -> None:
    assert severities("saturated-units", given + SATURATED.format("", 2, much), tmp_path) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("s = Sigmoid(x) m = ReduceMax<keepdims = 0>(s) c = Less(m, two)", [Severity.NOTE]),
        ("n = Size(x) z = Cast<to = 1>(n) c = Greater(z, two)", []),  # the shapes say it
        ("c = Less(one, two)", []),  # stored
    ],
)
def test_what_shapes_decide_is_not_the_ranges(condition: str, expected: list[Severity], tmp_path: Path) -> None:
    text = (
        f"agraph (float[2, 2] x) => (y) <float one = {{1}}, float two = {{2}}> {{ {condition} y = If (c) "
        "<then_branch = a () => (float[2, 2] p) { p = Abs(x) }, else_branch = b () => (float[2, 2] q) { q = Neg(x) }> }"
    )
    assert severities("unreachable-branches", text, tmp_path) == expected


@pytest.mark.parametrize("given", ["", "# --range x=-9:9\n", "# --no-weights\n"])
@pytest.mark.parametrize(
    ("nodes", "negative"),
    [
        ("a = Abs(x) r = Tanh(a) y = Sqrt(r)", False),
        ("a = Mul(x, x) r = Erf(a) y = Sqrt(r)", False),
        ("a = Softmax(x) r = Softsign(a) y = Sqrt(r)", False),
        ("a = ReduceSumSquare<axes = [1]>(x) r = Tanh(a) y = Sqrt(r)", False),
        ("a = Mul(x, half) r = Tanh(a) y = Sqrt(r)", True),
        ("a = Abs(x) r = Sin(a) y = Sqrt(r)", True),
        ("r = Tanh(x) y = Sqrt(r)", True),
    ],
)
def test_what_keeps_the_sign_is_not_negative_behind_what_is_not(
    given: str, nodes: str, negative: bool, tmp_path: Path
) -> None:
    text = f"{given}agraph (float[2, 2] x) => (y) <float half = {{0.5}}> {{ {nodes} }}"
    assert bool(severities("domain-faults", text, tmp_path)) is negative


@pytest.mark.parametrize("given", ["", "# --no-weights\n"])
def test_the_sine_of_numbers_up_to_one_is_not_negative(given: str, tmp_path: Path) -> None:
    text = f"{given}agraph (float[2, 2] x) => (y) {{ a = Sigmoid(x) b = Identity(a) r = Sin(b) y = Sqrt(r) }}"
    assert severities("domain-faults", text, tmp_path) == []
