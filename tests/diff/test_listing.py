"""One model as lines, and git with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser
import pytest

from auditor.diff.listing import listing
from auditor.shapes.facts import infer_shapes

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
TEXT = """
g (float[N, 3, 8, 8] x) => (float[N, 4, M, M] y) {
  [conv] a = Conv <strides = [2, 2]> (x, w)
  [relu] y = Relu (a)
}"""


def _model(text: str = TEXT) -> onnx.ModelProto:
    model = onnx.parser.parse_model(HEAD + text)
    values = np.arange(108, dtype=np.float32).reshape(4, 3, 3, 3)
    model.graph.initializer.append(onnx.numpy_helper.from_array(values, "w"))
    return model


def _lines(model: onnx.ModelProto) -> list[str]:
    return list(listing(infer_shapes(model.SerializeToString())))


def test_what_the_lines_say() -> None:
    lines = _lines(_model())
    assert lines[:7] == [
        "onnx model, IR 8, made by (not said)",
        "opset ai.onnx 17",
        "input x float32[N, 3, 8, 8]",
        "output y float32[N, 4, M, M]",
        "node Conv conv (x, w) -> a float32[N, 4, 3, 3]",
        "    strides = [2, 2]",
        "node Relu relu (a) -> y float32[N, 4, 3, 3]",
    ]
    assert lines[-1].startswith("tensor w float32[4, 3, 3, 3] ")
    assert len(lines[-1].split()[-1]) == 12


def test_orders_in_the_file_change_no_line() -> None:
    model, other = _model(), _model()
    del other.graph.node[:]
    other.graph.node.extend(reversed(model.graph.node))
    tensor = other.graph.initializer[0]
    values = onnx.numpy_helper.to_array(tensor).reshape(-1).tolist()
    tensor.ClearField("raw_data")
    tensor.float_data.extend(values)
    assert _lines(model) == _lines(other)


def test_another_number_is_another_line() -> None:
    other = _model()
    tensor = other.graph.initializer[0]
    tensor.raw_data = b"\1\1\1\1" + tensor.raw_data[4:]
    differ = [i for i, (a, b) in enumerate(zip(_lines(_model()), _lines(other), strict=True)) if a != b]
    assert differ == [len(_lines(other)) - 1]


def test_another_number_within_a_node_is_another_line() -> None:
    """In a tensor, a list of tensors, a long string, and where the values of a sparse tensor lie."""

    def lines(number: int) -> list[str]:
        tensor = onnx.numpy_helper.from_array(np.array([number], np.int64))
        sparse = onnx.helper.make_sparse_tensor(
            onnx.helper.make_tensor("s", 1, [1], [3.0]), onnx.helper.make_tensor("s_at", 7, [1], [number]), [4]
        )
        model = _model()
        model.graph.node.append(onnx.helper.make_node("ConstantOfShape", ["shape"], ["filled"], value=tensor))
        model.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
        said: dict[str, Any] = {"many": [tensor] * 40, "long": "v" * (2 << 20) + str(number), "sparse": sparse}
        model.graph.node.append(onnx.helper.make_node("Made", [], ["made"], domain="com.example", **said))
        model.graph.sparse_initializer.append(sparse)
        return _lines(model)

    assert lines(1) == lines(1)
    gone = [line.split(maxsplit=2)[:2] for line in lines(1) if line not in lines(2)]
    assert gone == [["value", "="], ["long", "="], ["many", "="], ["sparse", "="], ["tensor", "s"]]


def test_names_are_data() -> None:
    other = _model()
    other.graph.node[0].name = "a\x1b[31m\nnode Evil"
    assert all(line.isprintable() for line in _lines(other))


def test_bodies_and_functions_have_lines_of_their_own() -> None:
    text = """
    g (bool c, float[2] x) => (float[2] y) {
      [branch] y = If (c) <then_branch = t () => (float[2] p) { p = Neg (x) },
                           else_branch = e () => (float[2] q) { q = Exp (x) }>
    }"""
    lines = _lines(_model(text))
    assert "graph branch/then_branch" in lines
    assert "    else_branch = graph of 1 nodes" in lines


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a model, whose conv has another stride by now."""
    top = tmp_path / "repository"
    top.mkdir()
    monkeypatch.chdir(top)
    for key in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    _git("init", "--quiet")
    _git("config", "user.email", "a@example.org")
    _git("config", "user.name", "A")
    (top / ".gitattributes").write_text("*.onnx diff=onnx\n")
    (top / "m.onnx").write_bytes(_model().SerializeToString())
    _git("add", "-A")
    _git("commit", "--quiet", "-m", "a model")
    (top / "m.onnx").write_bytes(_model(TEXT.replace("[2, 2]", "[1, 1]")).SerializeToString())
    return top


def _git(*words: str) -> str:
    try:
        return subprocess.run(("git", *words), check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        pytest.skip("git is not installed: install git to see what it makes of the listing")


AUDITOR = f"'{sys.executable}' -m auditor diff --git"


def test_git_shows_the_lines_that_differ(repository: Path) -> None:
    _git("config", "diff.onnx.textconv", AUDITOR)
    lines = [line for line in _git("diff").splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == [
        "-node Conv conv (x, w) -> a float32[N, 4, 3, 3]",
        "-    strides = [2, 2]",
        "-node Relu relu (a) -> y float32[N, 4, 3, 3]",
        "+node Conv conv (x, w) -> a float32[N, 4, 6, 6]",
        "+    strides = [1, 1]",
        "+node Relu relu (a) -> y float32[N, 4, 6, 6]",
    ]
    (repository / "m.onnx").write_bytes(b"no model at all")
    assert "+not a model that can be read: " in _git("diff")


def test_git_calls_it_with_seven_words(repository: Path) -> None:
    _git("config", "diff.onnx.command", AUDITOR)
    said = _git("diff")
    assert said.startswith("auditor diff m.onnx\n")
    assert "BREAKING" in said
    assert "strides" in said
    (repository / "m.onnx").unlink()
    assert _git("diff").startswith("auditor diff m.onnx\nremoved\nonnx model, IR 8")
