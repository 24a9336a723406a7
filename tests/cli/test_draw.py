"""``auditor draw``: a file that any program for SVG shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .conftest import LENET, SAMPLES, Said

Auditor = Callable[..., Said]
SVG = "{http://www.w3.org/2000/svg}"


def words(text: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(text).iter(f"{SVG}text")]


def test_a_graph_goes_to_standard_output(auditor: Auditor) -> None:
    said = auditor("draw", LENET, "--dim", "N=2")
    assert said.code == 0
    shown = words(said.out)
    assert [shown.count(op) for op in ("Conv", "AveragePool", "Gemm", "Tanh", "Flatten")] == [2, 2, 3, 4, 1]
    assert "2×6×28×28" in shown


def test_a_graph_goes_to_a_file(auditor: Auditor, tmp_path: Path) -> None:
    to = tmp_path / "graph.svg"
    said = auditor("draw", LENET, "-o", str(to))
    assert (said.code, said.out) == (0, "")
    assert "lenet5.onnx" in words(to.read_text(encoding="utf-8"))[0]


def test_what_is_around_a_node(auditor: Auditor) -> None:
    shown = words(auditor("draw", LENET, "--around", "flat", "--hops", "1").out)
    assert [one for one in shown if one in ("Conv", "AveragePool", "Gemm", "Tanh", "Flatten")] == [
        "AveragePool", "Flatten", "Gemm",
    ]  # fmt: skip
    assert "1 hop around flat" in shown[0]


def test_a_fault_is_marked(auditor: Auditor) -> None:
    assert "✕ Gemm" in words(auditor("draw", str(SAMPLES / "broken" / "alexnet_224.onnx")).out)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((LENET, "--around", "flta"), 2, "did you mean 'flat'"),
        ((LENET, "--around", "flat", "--hops", "-1"), 2, "--hops takes a whole number of at least 0"),
        ((LENET, "-o", "/no/such/folder/a.svg"), 2, "cannot write"),
        (("/no/such.onnx",), 3, "no file"),
        ((__file__,), 1, ""),
    ],
)
def test_what_cannot_be_drawn_is_said(auditor: Auditor, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = auditor("draw", *arguments)
    assert result.code == code
    assert said in result.err and "Traceback" not in result.err
