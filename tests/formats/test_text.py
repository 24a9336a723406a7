"""The report for people: complete, within its columns, and harmless whatever the names are."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.formats.parts.layout import Page, cells
from auditor.formats.text import render
from auditor.names import prose, visible
from auditor.numbers import amount, brief_shape, shape_text
from auditor.report import (
    Basis,
    Finding,
    Fit,
    JudgedFinding,
    Location,
    ModelIdentity,
    Port,
    Report,
    RunSummary,
    Severity,
    Step,
    Totals,
    Verdict,
)
from auditor.wording import fitting

from .reports import ALEXNET, HOSTILE, WAIVED, with_name


def text(report: Report, verdict: Verdict = Verdict.FAIL) -> str:
    out = io.StringIO()
    render(report, verdict, out)
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(name: str) -> None:
    said = text(with_name(name))
    hidden = [c for c in said if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
    assert hidden == []
    said.encode("utf-8")
    assert len(said) < 60_000
    # Only the report itself speaks in the first column.
    starts = re.compile(r"$| |FAIL(  |$)|error  (?:some|waived)-rule|note  other-rule|Not looked at$|The model$")
    assert [line for line in said.splitlines() if not starts.match(line)] == []


@pytest.mark.parametrize("name", [*HOSTILE, "plain"], ids=lambda name: ascii(name[:8]))
def test_eighty_columns_and_nothing_trailing(name: str) -> None:
    for line in text(with_name(name)).splitlines():
        assert cells(line) <= 80
        assert line == line.rstrip()


def test_visible() -> None:
    assert visible("\x1b[31m") == "\\x1b[31m"
    assert visible("a\nb\udc80") == "a\\nb\\x80"
    assert visible("\u202e") == "\\u202e"
    assert visible("\U000e0041") == "\\U000e0041"
    assert visible("größe 漢字") == "größe 漢字"
    assert len(visible("x" * 300)) == 256
    assert prose("so " + "x" * 5000 + " ends") == "so " + "x" * 255 + "… ends"


WHOLE = Report(
    ModelIdentity("m.onnx", 1, "d", None, (), 8, {"": 17}, "pytorch"),
    inputs=(Port("data", "float32", (1, 3, 224, 224)),),
    outputs=(Port("y", "float32", (1, 10)),),
    totals=Totals(nodes=3, parameters=7, learnable_parameters=61706, macs=2, flops=4, weight_bytes=28),
    run=RunSummary("cpu", "not run", "left out by --no-run"),
)


def test_a_clean_report() -> None:
    assert (
        text(WHOLE, Verdict.PASS)
        == """\
PASS  m.onnx  nothing found

The model
  made by     pytorch, IR 8, opset ai.onnx 17
  inputs      data float32 [1, 3, 224, 224]
  outputs     y float32 [1, 10]
  nodes       3
  parameters  61,706 learnable; 7 stored
  MACs        2
  FLOPs       4 (2 a MAC)
  memory      28 bytes of weights
  run         not run: left out by --no-run
"""
    )


def finding(n: int, **more: object) -> Finding:
    found = Finding("dead-branches", Severity.WARNING, Basis.SUSPICIOUS, f"message {n}", Location(node=f"n{n}"))
    return JudgedFinding.from_finding(found, **more)


def test_many_of_one_rule_fold() -> None:
    many = Report(WHOLE.model, tuple(finding(n) for n in range(100)), WHOLE.coverage, inputs=WHOLE.inputs)
    said = text(many)
    assert said.startswith("FAIL  m.onnx  100 warnings\n")
    assert said.count("message") == 3
    assert "warning  dead-branches  97 more: n3, n4, n5," in said
    assert len(said.splitlines()) < 35
    few = Report(WHOLE.model, tuple(finding(n) for n in range(5)), inputs=WHOLE.inputs)
    assert text(few).count("message") == 5


def test_what_is_waived_is_told_and_counted_apart() -> None:
    said = text(WAIVED, Verdict.PASS).splitlines()
    assert said[0] == "PASS  models/alexnet.onnx  1 note, 1 waived, 1 known"
    at = said.index("error  misfit-initializers  fc6 (Gemm)")
    assert said[at + 2] == "  waived by vision team until 2027-01-31: the client sends 227"
    assert said[at + 3] == ""
    at = said.index("warning  unused-initializers  if_1/then/spare")
    assert said[at + 2] == "  known: in the baseline"
    many = text(WAIVED._replace(findings=(*WAIVED.findings[:1] * 100, *ALEXNET.findings[:1])))
    assert "97 more: fc6 (Gemm)" in " ".join(many.split())
    assert many.startswith("FAIL  models/alexnet.onnx  1 error, 100 waived\n")
    assert many.count("fix: ") == 1


def test_open_sizes_are_their_own_arithmetic() -> None:
    steps = (
        Step("c1", "Conv", (), (1, 8, 54, 54), "floor((224 - 11) / 4) + 1 = 54"),
        Step("c2", "Conv", (), (1, 8, "floor((H - 11)/4) + 1", 3), "floor((H - 11) / 4) + 1 = floor((H - 11)/4) + 1"),
        Step("relu", "Relu", (), (1, 8, 54, 54), ""),
    )
    said = text(Report(WHOLE.model, (finding(1, derivation=steps),)))
    assert "    c1  [1, 8, 54, 54]  floor((224 - 11) / 4) + 1 = 54" in re.sub(" +(?=floor)", "  ", said)
    assert "    c2  [1, 8, floor((H - 11)/4) + 1, 3]\n" in said
    assert "relu" not in said


@pytest.mark.parametrize(
    ("axes", "ranges", "shape", "says"),
    [
        (("data[2]", "data[3]"), ((227, 258),), (1, 3, 224, 224), "227 <= H = W <= 258 (data[2], data[3])"),
        (("data[2]", "data[3]"), ((227, 258),), ("N", 3, "height", "width"), "227 <= height = width <= 258\n"),
        (("data[2]", "data[3]"), ((227, 258),), ("N", 3, "side", "side"), "227 <= side <= 258\n"),
        (("data[2]", "data[3]"), ((7, 9),), ("N", 3, "?", "-1"), "7 <= H = W <= 9 (data[2], data[3])"),
        (("data[3]",), ((5, 5), (9, None)), (1, 3, 8, 8), "W = 5 or W >= 9 (data[3])"),
        (("data[1]", "data[2]"), ((32, None, 32),), (1, 8, 8, 3), "data[1] = data[2] a multiple of 32\n"),
        (("data[1]",), ((16, 16),), (1, 8), "data[1] = 16\n"),
        (("data[2]", "data[3]"), (), (1, 3, 8, 8), "no H = W up to 4096 (data[2], data[3])"),
    ],
)  # fmt: skip
def test_what_fits(
    axes: tuple[str, ...], ranges: tuple[tuple[int, int], ...], shape: tuple[int | str, ...], says: str
) -> None:
    inputs = (Port("data", "float32", shape),)
    said = text(Report(WHOLE.model, (finding(1, fits=(Fit(axes, ranges),)),), inputs=inputs))
    assert f"fits for {says}" in said


def test_that_none_fits_is_said_only_where_that_is_all() -> None:
    fits = (Fit(("data[2]", "data[3]"), ((1, 2),)), Fit(("data[2]",), ()), Fit(("data[3]",), ()))
    assert text(Report(WHOLE.model, (finding(1, fits=fits),), inputs=WHOLE.inputs)).count("fits for") == 1
    assert text(Report(WHOLE.model, (finding(1, fits=fits[1:]),), inputs=WHOLE.inputs)).count("fits for no") == 1
    assert fitting(fits[0], {}) == "1 <= data[2] = data[3] <= 2"


def test_amounts() -> None:
    assert amount(61706) == "61,706"
    assert amount(None) == "unknown"
    assert amount(2**20000 + 1) == "more than 2^20000"  # Python writes no integer of more than 4,300 digits
    assert amount("416520*N") == "416520*N"
    assert amount("3*N*floor((H - 1)/2)*floor((W - 1)/2) + max(H, 7)*boxes[0]") == "f(H, N, W, ...)"
    assert shape_text((1, "N", None)) == "[1, N, ?]"
    assert shape_text(None) == "?"
    assert brief_shape(("N", "floor((H - 1)/2)*floor((W - 1)/2)*3 + 1", 4096)) == "[N, f(H, W), 4096]"


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=120).filter(
    # Nobody sees a cell of marks alone, with no letter to stand on; what logs of CI services obey is broken up.
    lambda word: not word or (cells(word) > 0 and not any(mark in word for mark in ("::", "##[", "##vso[")))
)


@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=4), st.booleans(), st.integers(0, 20))
def test_a_grid_keeps_its_words_and_its_columns(rows: list[tuple[str, str, str]], under: bool, indent: int) -> None:
    out = io.StringIO()
    Page(out).grid(rows, indent=indent, under=under)
    said = out.getvalue()
    assert all(cells(line) <= 80 for line in said.split("\n"))
    kept = sorted("".join(said.split()))
    assert kept == sorted("".join("".join(row) for row in rows).replace(" ", "").replace("\u3000", ""))


@given(words, st.integers(0, 8))
def test_a_line_keeps_its_words(sentence: str, indent: int) -> None:
    out = io.StringIO()
    Page(out).line(sentence, indent=indent)
    assert "".join(out.getvalue().split()) == "".join(sentence.split())
    assert all(cells(line) <= 80 for line in out.getvalue().split("\n"))


def test_a_reader_who_leaves_is_no_exit() -> None:
    """rich once left the process with a code of its own, and the verdict was lost."""

    class Left(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Page(Left()).grid([("one", "two")])
