"""Recipes make the same numbers again; a witness is what the report says, in JSON and back."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from onnx import parser

import auditor
from auditor.formats import json as json_format
from auditor.report import Report, Verdict, Witness, WitnessInput
from auditor.runtime.recipes import ends, made
from auditor.runtime.request import InputRange
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
RECIPES = (
    ["fill", 0.25], ["ends", "01"], ["corners", 3], ["anywhere", 3], ["flip", ["fill", 1.0], 5, 0.5],
    ["stir", ["fill", 1.0], 5, 0.5], ["lean", 0, [1.0, -0.5]], ["mix", ["fill", 0.0], ["corners", 1], 0.5],
)  # fmt: skip


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r[0])
@pytest.mark.parametrize("dtype", [1, 10, 11, 7, 2, 9])
def test_a_recipe_stays_within_the_range_and_comes_again(recipe: list[object], dtype: int) -> None:
    low, high = (0.0, 1.0) if dtype == 9 else (0.1, 9.3)
    ranged = InputRange("x", dtype, (4, 5), low, high)
    one = made(recipe, 1, ranged)
    assert one.shape == (4, 5)
    assert one.astype(np.float64).min() >= low and one.astype(np.float64).max() <= high
    assert (one == made(json.loads(json.dumps(recipe)), 1, ranged)).all()


def test_the_numbers_are_the_documented_ones() -> None:
    """SplitMix64 of the seed and the name's CRC-32, by Python's integers."""
    mask, state = (1 << 64) - 1, (3 << 32 ^ zlib.crc32(b"x")) * 0x9E3779B97F4A7C15
    found = []
    for i in range(1, 4):
        z = (i * 0x9E3779B97F4A7C15 + state) & mask
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
            z = (z ^ z >> shift) * factor & mask
        found.append((z >> 11) * 2.0**-53)
    assert made(["anywhere", 3], 0, InputRange("x", 11, (3,), 0.0, 1.0)).tolist() == found


def test_the_ends_are_numbers_of_the_type_within_the_range() -> None:
    low, high = ends(InputRange("x", 10, (1,), 0.1, 0.3))
    assert 0.1 <= low < 0.1002 and 0.2998 < high <= 0.3
    assert np.float16(low) == low and np.float16(high) == high
    assert ends(InputRange("x", 7, (1,), -1.5, 2.5)) == (-1.0, 2.0)


def test_no_recipe() -> None:
    with pytest.raises(ValueError, match="no recipe"):
        made(["boil", 1], 0, InputRange("x", 1, (1,), 0.0, 1.0))
    with pytest.raises(ValueError, match="no recipe"):
        auditor.witness_inputs(Witness((WitnessInput("x", "float32", (1,), 0.0, 1.0),), '["boil"]', "x", (), "nan"))


def audited(text: str, **settings: object) -> Report:
    return auditor.audit(parser.parse_model(HEAD + text), Settings(**settings))  # type: ignore[arg-type]  # fields


LOG = "g (float[2, 3] x) => (float[2, 3] y) { r = Relu(x)\n y = Log(r) }"


def test_a_finding_with_its_witness_comes_back_from_json() -> None:
    report = audited(LOG, ranges={"x": (-1.0, 1.0)})
    (finding,) = (f for f in report.findings if f.rule == "domain-faults")
    assert finding.witness is not None
    assert finding.witness.recipe == '["fill", 0.0]' and finding.witness.infinite_outputs == ("y",)
    assert finding.witness.inputs[0].values == (0.0,) * 6
    document = json.loads(json_format.line(report, Verdict.FAIL))
    assert json_format.parse(document)[0] == report
    assert {row["tensor"]: (row["low"], row["high"]) for row in document["ranges"]}["r"] == (0.0, 1.0)
    assert {row.tensor: (row.low, row.nan) for row in report.ranges}["y"] == (-np.inf, False)
    assert auditor.witness_inputs(finding.witness)["x"].tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize(
    ("nodes", "ends", "value", "severity"),
    [
        ("y = Log(x)", (-1.0, 1.0), "nan", "error"),  # zeros give -inf, which comes first
        ("y = Log(x)", (0.0, 1.0), "-inf", "warning"),
        ("s = Sub(x, x) y = Div(x, s)", (-1.0, 1.0), "nan", "error"),  # 0 / 0
        ("a = Abs(x) b = Add(a, one) s = Sub(x, x) y = Div(b, s)", (-1.0, 1.0), "inf", "warning"),  # never 0 / 0
        ("o = Sub(x, half) y = Log(o)", (0.0, 1.0), "nan", "error"),  # of the fills 1 and 0.5 end it; 0 gives NaN
    ],
)
def test_an_infinity_is_not_told_where_a_simple_input_gives_nan(
    nodes: str, ends: tuple[float, float], value: str, severity: str
) -> None:
    text = f"g (float[2, 3] x) => (float[2, 3] y) <float one = {{1}}, float half = {{0.5}}> {{ {nodes} }}"
    (finding,) = (f for f in audited(text, ranges={"x": ends}).findings if f.rule == "domain-faults")
    assert finding.witness is not None
    assert (finding.witness.value, finding.severity) == (value, severity)


def test_of_a_tensor_with_both_the_nan_is_shown() -> None:
    """Its first element is minus infinity, its second NaN."""
    text = (
        "g (float[1] x) => (float[2] y) <float[1] one = {1}> { b = Sub(x, one) c = Concat<axis = 0>(x, b) y = Log(c) }"
    )
    (finding,) = (f for f in audited(text, ranges={"x": (0.0, 0.5)}).findings if f.rule == "domain-faults")
    assert finding.witness is not None
    assert (finding.witness.value, finding.witness.place, finding.severity) == ("nan", (1,), "error")


def test_without_a_run_nothing_is_more_than_a_note() -> None:
    report = audited("g (float[2, 3] x) => (float[2, 3] y) { y = Sqrt(x) }", ranges={"x": (-1.0, 1.0)}, run=False)
    (finding,) = report.findings
    assert (finding.severity, finding.witness) == ("note", None)
    assert "not excluded" in finding.message and "[-1, 1]" in finding.message and "--no-run" in finding.message


def test_without_ranges_there_are_neither_rows_nor_findings_of_what_may_be() -> None:
    report = audited("g (float[2, 3] x) => (float[2, 3] y) { y = Exp(x) }")
    assert report.ranges == () and report.findings == ()


def test_a_zero_between_two_signs_is_found_by_halves() -> None:
    """x = 0.3 alone is no simple input: the search walks there."""
    report = audited(
        "g (float[1] x) => (float[1] y) <float c = {0.3}> { d = Sub(x, c)\n y = Reciprocal(d) }",
        ranges={"x": (-5.0, 9.0)},
    )
    (finding,) = report.findings
    assert finding.witness is not None and "mix" in finding.witness.recipe
    assert auditor.witness_inputs(finding.witness)["x"].tolist() == [np.float32(0.3)]


def test_an_input_without_a_range_is_searched_on_both_sides_of_zero() -> None:
    """``b`` has none, and its square root is none below zero."""
    report = audited("g (float[2] a, float[2] b) => (float[2] y) { s = Sqrt(b)\n y = Add(a, s) }", ranges={"a": (0, 1)})
    (finding,) = report.findings
    assert finding.witness is not None and finding.witness.nan_outputs == ("y",)
    assert auditor.witness_inputs(finding.witness)["b"].min() < 0


def test_float16_as_a_target_is_shown_by_a_run() -> None:
    text = "g (float[2, 3] x) => (float[2, 3] y) { y = Mul(x, x) }"
    found = audited(text, ranges={"x": (-300.0, 300.0)}, target_dtype="float16").findings
    assert [(f.rule, f.severity, f.witness is not None) for f in found] == [("activation-overflow", "warning", True)]
    assert audited(text, ranges={"x": (-200.0, 200.0)}, target_dtype="float16").findings == ()


def test_a_range_of_an_input_that_is_not_there() -> None:
    with pytest.raises(auditor.UsageError, match=r"no input 'z'.*it has 'x'"):
        audited(LOG, ranges={"z": (0.0, 1.0)})
    with pytest.raises(auditor.UsageError, match="golden"):
        audited(LOG, ranges={"x": "golden"})
