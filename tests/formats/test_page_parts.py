"""The parts of a page, each by itself: what it says of numbers that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from auditor.formats.parts.page.costs import costs
from auditor.formats.parts.page.depth import depth
from auditor.formats.parts.page.findings import cards, findings
from auditor.formats.parts.page.history import history
from auditor.formats.parts.page.layers import layers
from auditor.formats.parts.page.rules import prose_of
from auditor.formats.parts.page.run import run
from auditor.formats.parts.page.summary import facts, missed
from auditor.formats.parts.page.weights import weights
from auditor.picture import QUANTILES, Anchor, Band, Earlier, LayerRow, Numbers, Picture
from auditor.picture.graph import GraphPicture
from auditor.repair import AttributeChange
from auditor.report import (
    Coverage,
    Fit,
    Missed,
    ProviderFallback,
    ProviderShare,
    Report,
    RunLevel,
    RunSummary,
    Step,
    WeightRow,
    Witness,
    WitnessInput,
)

from .pages import Page, page
from .reports import ALEXNET, DEPTH


def said(part: Iterable[str]) -> str:
    """A part as lines of text: a row of a table is a line."""
    text = "".join(part)
    Page(text)
    text = re.sub(r"<t[hd][^>]*>", " | ", text)
    return re.sub(r"<[^>]*>", "", text)


def told(report: Report) -> str:
    """The section of findings, without a picture."""
    return said(findings(report, cards(report, (), rows=frozenset(), graph=False)))


def row(index: int, label: str, op_type: str = "Conv", learnable: int = 0, macs: int = 0) -> LayerRow:
    numbers = Numbers(learnable, macs, 4)
    return LayerRow(Anchor(0, index), label, op_type, (1, 8), "float32", learnable, learnable, macs, 4, numbers)


def test_the_thirty_largest_and_the_rest() -> None:
    """Forty layers of 1 to 40 parameters: 820 in all, of which the ten smallest have 55."""
    text = said(costs(Picture(layers=tuple(row(i, f"n{i}", learnable=i + 1) for i in range(40)))))
    bars = text[text.index("Parameters by layer") : text.index("MACs by layer")]
    assert [int(n) for n in re.findall(r"\| n\d+ \| (\d+) \|", bars)] == list(range(40, 10, -1))
    assert "| n39 | 40 | 4.9 %" in bars
    assert "The next 20" in bars and "The other 10: 55, 6.7 %." in bars
    assert "There are none" in text[text.index("MACs by layer") : text.index("Bytes of outputs by layer")]


@pytest.mark.parametrize(("count", "folded", "rest"), [(10, False, False), (11, True, False), (30, True, False)])
def test_few_layers_have_no_rest(count: int, folded: bool, rest: bool) -> None:
    text = said(costs(Picture(layers=tuple(row(i, f"n{i}", macs=5) for i in range(count)))))
    bars = text[text.index("MACs by layer") : text.index("Bytes of outputs by layer")]
    assert (f"The next {count - 10}" in bars) == folded and ("The other" in bars) == rest


def test_what_is_not_known_is_counted() -> None:
    unknown = row(1, "open")._replace(numbers=Numbers(0, None, 4))
    assert "Of 1 layer the number is not known" in said(costs(Picture(layers=(row(0, "known", macs=3), unknown))))
    assert "They are not known" in said(costs(Picture(layers=(unknown,))))


def test_blocks_are_what_the_names_say() -> None:
    """model.stem has 10 of 100 parameters, model.layer1 30 in three layers, and model.layer2 60."""
    names = {"model.stem.conv": 10, "model.layer1.a": 20, "model.layer1.b": 5, "model.layer1.c": 5}
    names |= {"model.layer2.d": 40, "model.layer2.e": 20}
    text = said(costs(Picture(layers=tuple(row(i, n, learnable=v) for i, (n, v) in enumerate(names.items())))))
    assert "Parameters by operator" not in text
    part = text[text.index("Parameters by block") :]
    assert re.findall(r"\| (\w+) \| (\d+) \| ([\d.]+ %)", part) == [
        ("layer2", "60", "60.0 %"), ("layer1", "30", "30.0 %"), ("stem", "10", "10.0 %"),
    ]  # fmt: skip
    assert "layer1: 30 (30.0 %)" in part and "d: 40 (40.0 %)" in part


def test_names_without_blocks_are_parted_by_operator() -> None:
    layers_ = (row(0, "a", "Conv", 30), row(1, "b", "Gemm", 60), row(2, "c", "Conv", 10))
    part = said(costs(Picture(layers=layers_)))
    part = part[part.index("Parameters by operator") :]
    assert re.findall(r"\| (\w+) \| (\d+) \|", part) == [("Gemm", "60"), ("Conv", "40")]


def test_of_many_parts_the_small_ones_are_one() -> None:
    """A block of 40 layers shows 24, and one tile for the other 16; 20 operators show 14, and one for 6."""
    text = said(costs(Picture(layers=tuple(row(i, f"n{i}", learnable=100 - i) for i in range(40)))))
    assert "16 more: 1.1 k" in text  # 76 + ... + 61 = 1,096
    text = said(costs(Picture(layers=tuple(row(i, f"n{i}", f"Op{i}", learnable=100 - i) for i in range(20)))))
    assert "6 more | 501" in text  # 86 + ... + 81 = 501


def test_layers_are_rows_with_their_numbers() -> None:
    picture = Picture(
        layers=(row(0, "first", macs=1234567), row(7, "second")._replace(dtype="int64")),
        places=(None, Anchor(0, 7)),
        constants=3,
    )
    text = "".join(layers(picture))
    assert "2 layers in the order of the walk; 3 nodes" in text
    assert "<tr id=l-0-0><th scope=row>first<td>Conv<td>[1, 8]<td><td><td>1,234,567<td>4\n" in text
    assert "<tr id=l-0-7 class=bad><th scope=row>second<td>Conv<td>int64 [1, 8]" in text
    assert "<a href=#n-0-7>second</a>" in "".join(layers(picture._replace(graph=GraphPicture(()))))


def test_what_was_not_looked_at_says_why() -> None:
    report = ALEXNET._replace(
        coverage=Coverage(
            ("a", "b"), (Missed("run", "left out"), Missed("cuda", "no", True)), (Missed("rule x", "ours"),)
        )
    )
    text = said(missed(report))
    assert "2 rules ran." in text
    assert "| ✕ rule x | ours\n" in text and "| run | left out\n" in text
    assert "| cuda | no asked for: the verdict is open" in text


def test_facts_of_the_model() -> None:
    report = ALEXNET._replace(
        model=ALEXNET.model._replace(files=("w.bin",)), operators={"Relu": 2, "Conv": 3}, dtypes=("float32", "?")
    )
    text = said(facts(report))
    for line in (
        "61.7 k61,706",
        "3.2 KiB, and external data in w.bin",
        "Conv 3, Relu 2",
        "opset ai.onnx 17",
        "float32, ?",
    ):
        assert line in text
    assert "| data | float32 | [1, 3, 224, 224]" in text and "external" not in said(facts(ALEXNET))


def test_weights_in_numbers() -> None:
    zeros = enumerate((5, 50, 0))
    rows = tuple(WeightRow(f"w{i}", "float32", (10, 10), -1.5, 2.25, 0.125, 1.0, n, 1, 0) for i, n in zeros)
    scalar = WeightRow("scalar", "int64", (), 0, 0, 0, 0, 1, 0, 0)
    band = Band("w1", 100, tuple(float(i) for i in range(len(QUANTILES))))
    text = said(weights(ALEXNET._replace(weights=(*rows, scalar)), Picture(weights=(band, Band("none", 9, ())))))
    assert "56 of 301 stored numbers are zero: 18.6 %." in text
    assert "| w1 | 0 | 1 | 2 | 3 | 4 | 5 | 6\n" in text and "1 kernel are" in text
    part = text[text.index("Zeros") : text.index("Every stored tensor")]
    assert re.findall(r"\| (\w+) \| (\d+) \| ([\d.]+ %)", part) == [("w1", "50", "50.0 %"), ("w0", "5", "5.0 %")]
    assert "| w0 | float32 | [10, 10] | -1.5 | 2.25 | 0.125 | 1 | 5 | 1 | \n" in text
    assert "Every stored tensor, but for 1 small one of integers" in text
    many = weights(ALEXNET._replace(weights=rows * 200), Picture(weights=(band,) * 61))
    assert "The 60 largest of 600 stored tensors" in said(many)
    assert said(weights(ALEXNET, Picture())) == ""


def test_the_run_and_where_it_ran() -> None:
    one = RunSummary(
        "cuda", "failed", "run: no", placement={"CPU": 3, "CUDA": 9}, golden=("set_0: equal",),
        levels=(RunLevel("all", "ok"), RunLevel("off", "run failed", "why", "different: y")),
    )  # fmt: skip
    text = said(run(ALEXNET._replace(run=one)))
    assert "failed: run: no on cuda" in text and "set_0: equal" in text
    assert text.index("CUDA: 9") < text.index("CPU: 3")
    assert "| off | run failed: why | different: y" in text
    shared = one._replace(
        shares=(ProviderShare("CUDA", 9, 75.0, 900, 90.0), ProviderShare("CPU", 3, 25.0, 0, 0.0)),
        unplaced_macs=100, shares_by="by names",
        fallbacks=(ProviderFallback("TopK", "CPU", 2, "no kernel"), ProviderFallback("If", "CPU", 1)),
    )  # fmt: skip
    text = said(run(ALEXNET._replace(run=shared)))
    for line in (
        "CUDA: 9 of 12 nodes (75 %), 900 of 1,000 MACs (90 %)",
        "CPU: 3 of 12 nodes (25 %), 0 of 1,000 MACs (0 %)",
        "100 MACs lie in nodes of which it is not known who did them",
        "shares: by names",
        "on CPU: 2 TopK (no kernel)",
        "on CPU: 1 If (nobody says why)",
    ):
        assert line in text
    assert said(run(ALEXNET._replace(model=ALEXNET.model._replace(ir_version=0)))) == ""
    assert "Nodes by provider" not in said(run(ALEXNET))


def test_history_from_audit_to_audit() -> None:
    newest = Earlier(9, "2026-02-03T04:05:06", "v2", "fail", 1, 2, 3, 4000, None, 10, "0123456789abcdef")
    before = Earlier(8, "2026-01-03T04:05:06", "", "pass", 0, 0, 0, 3000, 7, 10, "0")
    text = said(history(Picture(history=(newest, before))))
    assert "2 audits of this model" in text
    assert "| 9 v2 | 2026-02-03 04:05 | ✕ fail | 1 | 2 | 3 | 4,000 |  | 0123456789ab\n" in text
    assert "| 8 | 2026-01-03 04:05 | ✓ pass |  |  |  | 3,000 | 7 | 0\n" in text
    assert (
        "errors: from 0 to 1" in text and "findings: from 0 to 6" in text and "parameters: from 3.0 k to 4.0 k" in text
    )
    assert "MACs: from" not in text  # one audit knows them
    assert said(history(Picture(history=(newest,)))) == ""
    assert "and 3 before" in said(history(Picture(history=(newest,) * 23)))


def test_a_rules_page_is_headings_paragraphs_lists_and_code() -> None:
    page = """Short.

## What it does
Looks at `a < b`
and says so: "x" (https://onnx.ai/onnx/operators/onnx__Conv.html).

- one
  more
- two

## Fires on
```onnx
never shown
```
## How to fix
```python
## no heading
x < y
```
End.
"""
    assert "".join(prose_of(page)) == (
        "<h3>What it does</h3>\n"
        "<p>Looks at <code>a &lt; b</code> and says so: &quot;x&quot; ("
        '<a href="https://onnx.ai/onnx/operators/onnx__Conv.html" rel="noreferrer">'
        "https://onnx.ai/onnx/operators/onnx__Conv.html</a>).</p>\n"
        "<ul><li>one more</li></ul>\n<ul><li>two</li></ul>\n"
        "<h3>How to fix</h3>\n<pre>## no heading\nx &lt; y\n</pre>\n<p>End.</p>\n"
    )


def test_a_card_has_all_that_a_finding_says() -> None:
    steps = tuple(Step(f"n{i}", "Relu", (f"[{i}]",), (i + 1,), f"{i} + 1 = {i + 1}") for i in range(30))
    fed = (WitnessInput("x", "float32", (1, 2), -1.0, 0.5),)
    witness = Witness(fed, '["fill", 0.0]', "y", (0, 1), "nan", runtime="ort 1")
    finding = ALEXNET.findings[0]._replace(
        derivation=steps,
        fits=(Fit(("data[2]",), ()), Fit(("data[3]",), ((7, 9),))),
        repairs=tuple(AttributeChange("conv1", "pads", 0, i, f"why {i}") for i in range(10)),
        consequences=2,
        witness=witness,
    )
    text = told(ALEXNET._replace(findings=(finding,)))
    assert "6 steps before\nn6 Relu[7]6 + 1 = 7\n" in text and "n5 Relu" not in text
    assert "6400must be 9216\n" in text
    assert "Fits for 7 &lt;= W &lt;= 9" in text and "No size of the inputs fits" not in text
    assert "10 edits, proved" in text and "set pads of conv1 to 7 why 7" in text and "and 2 more" in text
    assert "run by ort 1" in text and "y at [0, 1] is nan" in text and "x float32 [1, 2] in [-1, 0.5]" in text
    assert "2 further faults followed from this one." in text


def test_a_card_says_that_nothing_fits_where_that_is_all() -> None:
    report = ALEXNET._replace(findings=(ALEXNET.findings[0]._replace(fits=(Fit(("data[2]",), ()),)),))
    text = told(report)
    assert "No size of the inputs fits." in text
    assert "in[1, 3, 224, 224]\nconv1 Conv[1, 96, 54, 54]" in text  # the chain begins with what comes in


def test_many_findings_are_counted_by_rule() -> None:
    report = ALEXNET._replace(findings=ALEXNET.findings * 2)
    text = told(report)
    assert "| ✕ error | misfit-initializers | 2 | fc6 (Gemm)\n" in text
    assert "| ▲ warning | unused-initializers | 2 | if_1/then/spare\n" in text
    assert "severity" not in told(ALEXNET)


def test_the_sections_are_listed() -> None:
    made = page(ALEXNET)
    assert made.links[2:7] == ["#findings", "#missed", "#model", "#graph", "#run"]


def test_the_look_in_depth() -> None:
    assert "depth" not in page(ALEXNET).ids
    text = said(depth(ALEXNET._replace(depth=DEPTH)))
    assert text.count("Measured with onnxruntime 1.32.0 on CPUExecutionProvider (a processor), 2 threads") == 1
    assert "| divergence | ✕ found | 1.2 s\n" in text
    assert "| speed | ? open: the spread is too large | 2.5 s\n" in text
    assert "| growth | – not looked at: the model did not run | \n" in text
    assert "logits parts at block1/conv1" in text and "3.21 ms" in text and "1.0 MiB" in text
    assert "from 0 bytes to 4.0 KiB, between 0 bytes and 4.0 KiB (0 to 152)" in text


def test_numbers_of_two_machines_have_a_stamp_each() -> None:
    other = DEPTH[1]._replace(stamp=DEPTH[1].stamp._replace(device="a card"))
    text = said(depth(ALEXNET._replace(depth=(DEPTH[0], other))))
    assert text.count("Measured with ") == 2 and "(a card)" in text
