"""Of seeded faults of one cause the repairs name it; and each one, put into effect with plain onnx, mends the model."""

from __future__ import annotations

from typing import Any

import onnx
import onnx.parser
import pytest

from auditor.formats.json import document
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.repair import AttributeChange, InputSizes, Replacement, words
from auditor.report import Verdict
from auditor.settings import Settings
from auditor.shapes.facts import Facts, infer
from auditor.shapes.mending import BrokenPlace, search
from auditor.shapes.mending.search import mends
from auditor.shapes.troubles import At

from .__main__ import results
from .applying import applied
from .faults import KINDS
from .measuring import Result, shapes_of

SEEDS = 9


@pytest.fixture(scope="module")
def measured() -> list[Result]:
    return list(results(SEEDS, list(KINDS)))


def test_the_cause_is_among_the_repairs(measured: list[Result]) -> None:
    """Four in five first, nineteen in twenty among three; and the faults are of many kinds."""
    missed = [f"{r.kind}, {r.source} {r.seed}: {r.rule}" for r in measured if r.place is None]
    assert len({r.kind for r in measured}) >= 18
    assert sum(r.place == 0 for r in measured) * 100 >= 80 * len(measured)
    assert sum(r.place is not None for r in measured) * 100 >= 95 * len(measured), missed


def test_no_repair_is_false(measured: list[Result]) -> None:
    """Each gives the declared outputs, by onnxruntime."""
    assert [(r.kind, r.source, r.seed, r.false) for r in measured if r.false] == []


HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def facts_of(text: str) -> Facts:
    return infer(loads(onnx.parser.parse_model(HEAD + text).SerializeToString()))


def test_a_gemm_of_three_axes_becomes_a_matmul() -> None:
    facts = facts_of(
        "g (float[2, 5, 8] x, float[3, 8] w, float[3] b) => (float[2, 5, 3] y) { y = Gemm<transB = 1>(x, w, b) }"
    )
    first, *_ = mends(facts, BrokenPlace(At("", 0)))
    assert isinstance(first.repair, Replacement) and first.repair.replace_by == "MatMul"


BODY = """
g (bool c, float[1, 2, 8, 8] x, float[2, 2, 3, 3] w) => (float[A, B, C, D] y) {
  y = If (c) <
    then_branch = t () => (float[1, 2, 8, 8] a) { k = Conv<kernel_shape = [3, 3]>(x, w) a = Add(k, x) },
    else_branch = e () => (float[1, 2, 8, 8] b) { b = Identity(x) }
  >
}"""


def test_a_layer_inside_a_branch_is_mended() -> None:
    """The skip connection wants the padding that the layer lacks."""
    facts = facts_of(BODY)
    at = At("If[0]/then_branch", 1)
    assert at in {t.at for t in facts.troubles if hasattr(t, "at")}
    repairs = [mend.repair for mend in mends(facts, BrokenPlace(at))]
    change = next(r for r in repairs if isinstance(r, AttributeChange) and r.attribute == "pads")
    assert (change.graph, change.node, change.to) == ("If[0]/then_branch", "Conv[0]", (1, 1, 1, 1))
    assert words(change) == "set pads of If[0]/then_branch/Conv[0] to [1, 1, 1, 1]"


def test_a_search_is_bounded_by_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No trial, no repair; and what the clock says changes nothing until a search is given up whole."""
    facts = facts_of("g (float[1, 2, 5, 5] x, float[18, 3] w) => (float[1, 3] y) { f = Flatten(x) y = Gemm(f, w) }")
    whole = mends(facts, BrokenPlace(At("", 1)))
    assert any(isinstance(mend.repair, InputSizes) and mend.repair.to == (3, 3) for mend in whole)
    assert mends(facts, BrokenPlace(At("", 1))) == whole
    monkeypatch.setattr(search, "MOST_TRIALS", 0)
    assert mends(facts, BrokenPlace(At("", 1))) == ()
    monkeypatch.setattr(search, "MOST_TRIALS", 1_500)
    monkeypatch.setattr(search, "SECONDS", -1.0)
    assert mends(facts, BrokenPlace(At("", 1))) == ()


def _mended(text: str, rule: str) -> list[list[tuple[int, ...]] | str]:
    """Of each repair that a rule's one finding tells, what onnxruntime makes of the mended model, with all names 2."""
    model = onnx.parser.parse_model(HEAD + text)
    rows: Any = document(audit(model, Settings(run=False, select=frozenset({rule}))), Verdict.FAIL)["findings"]
    assert len(rows) == 1
    return [shapes_of(applied(model, row)) for row in rows[0]["repairs"]]


def test_a_slope_along_an_open_width_is_laid_along_the_channels() -> None:
    """A width that is as long by chance runs as it is: there nobody knows what was meant."""
    slope = "<float[4] s = {0.1, 0.2, 0.3, 0.4}> { y = PRelu(x, s) }"
    open_ = f"g (float[2, 4, H, W] x) => (float[2, 4, H, W] y) {slope}"
    assert _mended(open_, "misaligned-channels") == [[(2, 4, 32, 32)]]
    assert isinstance(shapes_of(onnx.parser.parse_model(HEAD + open_)), str)
    by_chance = f"g (float[2, 4, 8, 4] x) => (float[2, 4, 8, 4] y) {slope}"
    assert _mended(by_chance, "misaligned-channels") == []
    both = "(float[2, 4, H, W] x, float[2, 4] v) => (float[2, 4, H, W] y, float[2, 4] z)"
    shared = f"g {both} {slope[:-2]}\n z = Add(v, s) }}"
    assert _mended(shared, "misaligned-channels") == []


@pytest.mark.parametrize(("size", "told"), [("5, 5", 1), ("12, 5", 1), ("7, 7, 5", 0)])
def test_images_of_another_size_are_a_row_each(size: str, told: int) -> None:
    """9,216 = 256 x 6 x 6 = 256 x 12 x 3; no cube has as many."""

    text = f"g (float[N, 256, {size}] x) => (float[M, 9216] y) <int64[2] s = {{-1, 9216}}> {{ y = Reshape(x, s) }}"
    assert _mended(text, "mixed-batch") == [[(2, 9216)]] * told
