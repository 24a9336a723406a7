"""Markdown, read back by markdown-it: the tables, folds and texts that were meant, and nothing out of a name."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor.formats import renderer, writer
from auditor.formats.markdown import code, text
from auditor.report import Basis, Finding, Report, Severity, Verdict

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, WAIVED, with_name

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TAGS = re.compile(r"<details><summary>[^<>]*</summary>\n?|</details>\n?|</?code>")


def written(report: Report, verdict: Verdict = Verdict.FAIL) -> str:
    out = io.StringIO()
    renderer("markdown")(report, verdict, out)
    return out.getvalue()


def together(*judged: tuple[Report, Verdict]) -> str:
    out = io.StringIO()
    several = writer("markdown", out)
    for report, verdict in judged:
        several.write(report, verdict)
    several.close()
    assert len(out.getvalue().encode()) < 1 << 20  # more is refused by GitHub
    return out.getvalue()


def headings(source: str) -> list[str]:
    tokens = MARKDOWN.parse(source)
    return [f"{t.tag} {tokens[i + 1].content}" for i, t in enumerate(tokens) if t.type == "heading_open"]


def flat(source: str) -> list[Token]:
    """Blocks, and what is in their lines."""
    return [token for block in MARKDOWN.parse(source) for token in (block, *(block.children or ()))]


def tables(source: str) -> list[list[list[str]]]:
    """Every table, as rows of cells, each as the text that is seen."""
    found: list[list[list[str]]] = []
    for token in MARKDOWN.parse(source):
        match token.type:
            case "table_open":
                found.append([])
            case "tr_open":
                found[-1].append([])
            case "inline" if found and token.level > 3:
                seen = "".join(child.content for child in token.children or () if child.type != "html_inline")
                found[-1][-1].append(seen)
    return found


def test_a_report() -> None:
    source = written(ALEXNET)
    assert source.startswith("### FAIL: `models/alexnet.onnx`: 1 error, 1 warning\n")
    findings, missed, model = tables(source)
    assert findings == [
        ["severity", "rule", "where", "what"],
        [
            "error",
            "misfit-initializers",
            "fc6 (Gemm)",
            "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400",
        ],
        ["warning", "unused-initializers", "if_1/then/spare", "nothing uses it"],
    ]
    assert missed == [["what", "why"], ["run", "left out by --no-run"]]
    assert ["learnable parameters", "61,706"] in model
    assert ["input", "data float32 [1, 3, 224, 224]"] in model
    arithmetic, *_ = [token.content for token in MARKDOWN.parse(source) if token.type == "fence"]
    assert arithmetic.splitlines() == [
        "conv1  [1, 96, 54, 54]  floor((224 - 11) / 4) + 1 = 54",
        "fits for 227 <= H = W <= 258",
        "fix: feed an input that fits",
        "basis: illegal",
    ]


def test_what_is_waived_has_a_section_of_its_own() -> None:
    source = written(WAIVED, Verdict.PASS)
    assert source.startswith("### PASS: `models/alexnet.onnx`: 1 note, 1 waived, 1 known\n")
    assert "<details><summary>Waived or known: 2</summary>" in source
    findings, waived, *_ = tables(source)
    assert [row[1] for row in findings] == ["rule", "unused-inputs"]
    assert [(row[1], row[4]) for row in waived] == [
        ("rule", "why it does not count"),
        ("misfit-initializers", "waived by vision team until 2027-01-31: the client sends 227"),
        ("unused-initializers", "known: in the baseline"),
    ]


def test_nothing_found() -> None:
    assert written(CLEAN, Verdict.PASS).startswith("### PASS: `/models/a clean:one.onnx`: nothing found\n")
    assert tables(written(NOTHING, Verdict.INCONCLUSIVE)) == [
        [["what", "why"], ["model", "there is no file none.onnx"]]
    ]


def test_many_findings_are_cut() -> None:
    source = written(ALEXNET._replace(findings=ALEXNET.findings[:1] * 1000))
    assert "\nand 975 more findings\n" in source
    assert len(source) < 20_000


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(name: str) -> None:
    plain, source = written(with_name("plain")), written(with_name(name))
    assert len(source) < 120_000
    tokens = flat(source)
    kinds = Counter(token.type for token in tokens)
    inline = ("text", "text_special", "html_inline", "code_inline")
    expected = Counter(token.type for token in flat(plain))
    assert {k: n for k, n in kinds.items() if k not in inline} == {k: n for k, n in expected.items() if k not in inline}
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            assert TAGS.fullmatch(token.content)
    seen = "".join(token.content for token in tokens if token.type in ("text", "text_special", "html_block"))
    assert not re.search(r"[@#]\w|://|www\.|GH-\d", seen, re.IGNORECASE)
    assert [[len(row) for row in table] for table in tables(source)] == [
        [len(row) for row in table] for table in tables(plain)
    ]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_what_is_seen_is_the_name(name: str) -> None:
    if name.isprintable() and "##" not in name and not name.strip().startswith("::") and len(name) < 256:
        source = f"| a |\n| --- |\n| {text(name)} |\n| {code(name)} |\n"
        for seen in tables(source)[0][1:]:
            assert seen[0].replace("\u2060", "").strip() == name.strip()


def test_a_long_message_is_whole_in_the_details() -> None:
    message = "word " * 100
    source = written(CLEAN._replace(findings=(Finding("r", Severity.NOTE, Basis.SUSPICIOUS, message),)))
    assert tables(source)[0][1][3].endswith("…")
    assert message in source


def test_of_several_models_what_does_not_pass_is_at_the_top() -> None:
    noted = CLEAN._replace(findings=(Finding("r", Severity.NOTE, Basis.SUSPICIOUS, "odd"),))
    source = together(
        (CLEAN, Verdict.PASS), (NOTHING, Verdict.INCONCLUSIVE), (ALEXNET, Verdict.FAIL), (noted, Verdict.PASS)
    )
    assert headings(source) == [
        "h3 4 models: 1 failed, 1 inconclusive, 2 passed",
        "h4 FAIL: `models/alexnet.onnx`: 1 error, 1 warning",
        "h4 INCONCLUSIVE: `none.onnx`: nothing found",
        "h4 PASS: `/models/a clean:one.onnx`: 1 note",
    ]
    wrong, *_ = tables(source)
    head = ["verdict", "model", "found", "the first finding"]
    assert [row[:3] for row in wrong] == [
        head[:3],
        ["fail", "models/alexnet.onnx", "1 error, 1 warning"],
        ["inconclusive", "none.onnx", "nothing found"],
    ]
    assert wrong[1][3].startswith("misfit-initializers fc6 takes 9216")
    [passed] = [table for table in tables(source)[1:] if table[0] == head]
    assert [row[0] for row in passed] == ["verdict", "pass", "pass"]
    folded = source.index("<details><summary>Passed: 2</summary>")
    assert source.index("#### FAIL") < source.index("#### INCONCLUSIVE") < folded < source.index("#### PASS")


def test_no_model_and_only_sound_ones() -> None:
    assert together() == "### 0 models\n"
    assert together((ALEXNET, Verdict.FAIL)) == written(ALEXNET)
    assert headings(together((CLEAN, Verdict.PASS), (CLEAN, Verdict.PASS))) == ["h3 2 models: 2 passed"]


def test_very_many_models_are_one_summary() -> None:
    """Bounded, the counts whole, and what there is no room for said."""
    worst = with_name("<@=|" * 300)
    source = together(*(pair for _ in range(2000) for pair in ((worst, Verdict.FAIL), (CLEAN, Verdict.PASS))))
    assert headings(source)[0] == "h3 4,000 models: 2,000 failed, 2,000 passed"
    rows = len([row for row in tables(source)[0] if row[0] == "fail"])
    assert 10 < rows < 2000 and f"\nand {2000 - rows:,} more failed\n" in source
    reports = source.count("#### FAIL")
    assert reports > 10 and f"no room for what was found in {2000 - reports:,} more failed" in source
    assert source.count("<details>") == source.count("</details>")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data_in_several(name: str) -> None:
    plain = together((with_name("plain"), Verdict.FAIL), (with_name("plain"), Verdict.PASS))
    source = together((with_name(name), Verdict.FAIL), (with_name(name), Verdict.PASS))
    assert [[len(row) for row in table] for table in tables(source)] == [
        [len(row) for row in table] for table in tables(plain)
    ]
    for token in flat(source):
        if token.type in ("html_block", "html_inline"):
            assert TAGS.fullmatch(token.content)
