"""The commands beside ``check``: what they print, and how they end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from auditor.formats.parts.layout import Page

from .conftest import LENET, SAMPLES, Said

Auditor = Callable[..., Said]


def test_inspect_tells_the_books_numbers(auditor: Auditor) -> None:
    """LeNet-5's learnable parameters by layer: (n*m*l + 1) * k, and (n + 1) * m."""
    said = auditor("inspect", LENET, "--dim", "N=1")
    assert said.code == 0
    rows = {
        line.split()[0]: line.split() for line in said.out.splitlines() if line[:2] in ("c1", "c3", "f5", "f6", "ou")
    }
    assert {name: row[-2] for name, row in rows.items() if row[1] in ("Conv", "Gemm")} == {
        "c1": "156", "c3": "2,416", "f5": "48,120", "f6": "10,164", "output": "850",
    }  # fmt: skip
    assert "61,706 learnable; 61,706 stored" in said.out
    # 28*28*6*25 + 10*10*16*6*25 + 400*120 + 120*84 + 84*10
    assert "MACs        416,520\n" in said.out


def test_inspect_for_machines(auditor: Auditor) -> None:
    said = auditor("inspect", LENET, "--format", "json").json
    assert said["layers"][0]["output_shapes"] == [["N", 6, 28, 28]]
    assert said["layers"][0]["expected_parameter_shapes"] == {"w": [6, 1, 5, 5], "b": [6]}
    assert {"graph": "", "name": "flat", "dtype": "float32", "shape": ["N", 400]} in said["tensors"]


@pytest.mark.parametrize("sample", sorted(SAMPLES.rglob("*.onnx")), ids=lambda path: path.stem)
def test_inspect_fits_80_columns(auditor: Auditor, sample: Path) -> None:
    lines = auditor("inspect", str(sample)).out.splitlines()[1:]
    assert lines
    assert max(map(len, lines)) <= 80


def test_explain_a_node(auditor: Auditor) -> None:
    said = auditor("explain", str(SAMPLES / "alexnet.onnx"), "fc6")
    assert said.code == 0
    assert "conv1  [1, 96, 55, 55]   floor((227 - 11) / 4) + 1 = 55\n" in said.out
    assert "flat   [1, 9216]         256 x 6 x 6 = 9216\n" in said.out
    assert said.out.endswith(
        "fc6_w      [4096, 9216]             [4096, 9216]\nfc6_b      broadcasts to [1, 4096]  [4096]\n"
    )
    at = auditor("explain", str(SAMPLES / "alexnet.onnx"), "conv1", "--input-shape", "data:1,3,224,224")
    assert "floor((224 - 11) / 4) + 1 = 54" in at.out


def test_explain_a_rule(auditor: Auditor) -> None:
    said = auditor("explain", "nan-weights")
    assert said.code == 0
    for section in ("What it does", "Why it matters", "Fires on", "Quiet on", "How to fix"):
        assert f"## {section}\n" in said.out
    assert auditor("explain", "auditor/nan-weights").out == said.out


def test_every_page_is_wrapped(auditor: Auditor) -> None:
    for rule in auditor("rules", "--format", "json").json:
        fenced = False
        for line in auditor("explain", rule["rule"]).out.splitlines():
            fenced ^= line.startswith("```")
            assert fenced or len(line) <= 80 or " " not in line.strip(), line


def test_rules(auditor: Auditor) -> None:
    listed = auditor("rules")
    assert listed.code == 0
    assert max(map(len, listed.out.splitlines())) <= 80
    rows = auditor("rules", "--format", "json").json
    assert [row["rule"] for row in rows] == sorted(row["rule"] for row in rows)
    assert all(row["rule"] in listed.out for row in rows)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("explain", "no-such-rule"), 2, "`auditor rules` lists them"),
        (("explain", LENET, "nobody"), 2, "no node or tensor 'nobody'"),
        (("explain", "/no/such.onnx", "c1"), 3, "no file"),
        (("explain", __file__, "c1"), 1, ""),
        (("inspect", __file__), 1, ""),
        (("inspect", "/no/such.onnx"), 3, "no file"),
        (("inspect", LENET, "--dim", "Q=1"), 2, "open sizes are N"),
        (
            ("inspect", LENET, "--input-shape", "dtaa:1,1,32,32"),
            2,
            "no input 'dtaa' (did you mean 'data'?); it has 'data'",
        ),
        (("inspect", LENET, "--format", "xml"), 2, "text or json"),
        (("rules", "--format", "xml"), 2, "text or json"),
        (("history", LENET), 2, "no report database"),
        (("show", "1"), 2, "no report database"),
        (("show", "one"), 2, "ID takes a whole number of at least 1, not 'one'"),
        (("explain", LENET, "Conv[9]"), 2, "(did you mean 'Conv["),
        (("explain", LENET), 2, f"no node of {LENET} is named"),
        (("explain", "none.onnx"), 2, "no node of none.onnx is named"),
        (("nonsense",), 2, "there is no command 'nonsense'; `auditor -h` lists them"),
    ],
)
def test_what_goes_wrong_is_said(auditor: Auditor, arguments: tuple[str, ...], code: int, says: str) -> None:
    said = auditor(*arguments)
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert "Traceback" not in said.err


def test_the_nearest_open_size(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    text = '<ir_version: 8, opset_import: ["" : 17]> g (float[batch, 3] x) => (float[batch, 3] y) { y = Relu(x) }'
    onnx.save(onnx.parser.parse_model(text), path)
    said = auditor("inspect", str(path), "--dim", "bacth=1")
    assert said.err == "auditor: no input has a size named 'bacth' (did you mean 'batch'?); open sizes are batch\n"


def test_no_word_of_a_table_is_broken() -> None:
    """Where the words have room; numbers on the right never are."""
    words, number = "several words that are wrapped " * 5, "12,345,678"
    for longest in (1, 10, 20, 25):
        name = "n" * longest
        out = io.StringIO()
        Page(out).grid([(name, f"{name}-b c", words, number), ("a", "b", "c", "1")], right=(3,))
        lines = out.getvalue().splitlines()
        assert max(map(len, lines)) <= 80
        told = {word for line in lines for word in line.split()}
        assert told == {name, f"{name}-b", "c", *words.split(), number, "a", "b", "1"}


def test_the_database(auditor: Auditor, tmp_path: Path) -> None:
    assert auditor("db", "path").out == f"{tmp_path / 'reports.db'}\n"
    assert auditor("db", "path", "--db", "other.db").out == "other.db\n"
    assert auditor("db", "upgrade").code == 0
    assert auditor("history", LENET).code == 3
    assert auditor("show", "1").code == 3
    auditor("check", LENET, "--no-run", "-q")
    listed = auditor("history", LENET)
    assert listed.out.splitlines()[0] == f"{LENET}  1 audit"
    assert "parameters  ▄  61,706\n" in listed.out
    assert json.loads(auditor("show", "1", "--format", "json").out)["verdict"] == "pass"


def test_no_command_shows_the_help(auditor: Auditor) -> None:
    said = auditor()
    assert said.code == 2
    assert "check" in said.out + said.err
