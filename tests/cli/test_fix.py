"""``auditor fix``: what it writes, what it says, and by which exit code."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from .conftest import SAMPLES, Said

Auditor = Callable[..., Said]
MENDABLE = ("wrong_declared_shape", "training_mode", "nan_weights")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MENDABLE:
        shutil.copy(SAMPLES / f"broken/{name}.onnx", tmp_path)
    monkeypatch.chdir(tmp_path)


def test_a_copy_its_edits_and_their_proof(auditor: Auditor) -> None:
    said = auditor("fix", "wrong_declared_shape.onnx")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("FIXED  wrong_declared_shape.fixed.onnx  21.4 KiB\n\n1  the graph: pool declared as ")
    assert "proved: worked out from the inputs through every layer" in said.out
    assert "Outputs equal, every byte, on data [2, 3, 16, 16]: head" in said.out
    assert said.out.endswith("Audited: no error and no warning is left.\n")
    assert auditor("check", "wrong_declared_shape.fixed.onnx").code == 0
    assert auditor("fix", "wrong_declared_shape.fixed.onnx").out.startswith("NOTHING TO MAKE")


def test_a_dry_run_says_the_same_and_writes_nothing(auditor: Auditor) -> None:
    before = sorted(p.name for p in Path().iterdir())
    said = auditor("fix", "wrong_declared_shape.onnx", "--dry-run")
    assert said.code == 0 and said.out.startswith("WOULD FIX  wrong_declared_shape.onnx")
    assert sorted(p.name for p in Path().iterdir()) == before


def test_what_changes_numbers_waits_for_a_choice(auditor: Auditor) -> None:
    said = auditor("fix", "training_mode.onnx")
    assert said.code == 1 and "By choice only (--choose NUMBER):\n\n1  drop: training_mode 1 -> 0" in said.out
    chosen = auditor("fix", "training_mode.onnx", "--choose", "1", "-o", "out.onnx")
    assert chosen.code == 0 and "changes what the model computes" in chosen.out
    assert list(onnx.load("out.onnx").graph.node[4].input) != list(onnx.load("training_mode.onnx").graph.node[4].input)


def test_what_needs_its_maker_is_told(auditor: Auditor) -> None:
    said = auditor("fix", "nan_weights.onnx", "--no-run")
    assert said.code == 1
    assert "needs its maker: export again from a checkpoint whose weights are finite" in said.out


def test_json(auditor: Auditor) -> None:
    told = auditor("fix", "wrong_declared_shape.onnx", "--format", "json").json
    (edit,) = told["edits"]
    assert edit == {
        "number": 1, "made": True, "rule": "stale-shape-annotations", "place": "the graph",
        "change": "pool declared as float32 [N, 8, 7, 7] -> float32 [N, 8, 8, 8]",
        "proof": "worked out from the inputs through every layer", "keeps_outputs": True,
    }  # fmt: skip
    assert told["written"] == "wrong_declared_shape.fixed.onnx" and told["left"] == []
    assert told["bytes"] == Path(told["written"]).stat().st_size
    assert told["outputs"]["equal"] == ["head"] and told["outputs"]["not_compared"] == ""
    left = auditor("fix", "nan_weights.onnx", "--no-run", "--format", "json").json
    assert left["written"] is None and [f["rule"] for f in left["left"]] == ["nan-weights"]


def test_in_place(auditor: Auditor) -> None:
    said = auditor("fix", "wrong_declared_shape.onnx", "--in-place")
    assert said.code == 0 and auditor("check", "wrong_declared_shape.onnx").code == 0
    assert not Path("wrong_declared_shape.fixed.onnx").exists()


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["nowhere.onnx"], 3, "there is no file nowhere.onnx"),
        (["."], 2, ". is a folder: use `auditor batch .`"),
        (["training_mode.onnx", "-o", "training_mode.onnx"], 2, "training_mode.onnx is the model itself: --in-place"),
        (["training_mode.onnx", "-o", "there/out.onnx"], 2, "cannot write there/out.onnx: there is no folder there"),
        (["training_mode.onnx", "--choose", "9"], 2, "--choose 9: there is no such edit, but 1 to "),
        (["training_mode.onnx", "--choose", "one"], 2, "--choose takes a whole number of at least 1, not 'one'"),
        (["training_mode.onnx", "--dim", "M=1"], 2, "no input has a size named 'M'"),
        (["training_mode.onnx", "--only", "trainin-mode"], 2, "there is no rule 'trainin-mode' (did you mean"),
        (["training_mode.onnx", "--external-data", "a/b"], 2, "--external-data takes a file's name without a folder"),
        (["training_mode.onnx", "--embed"], 2, "--embed: the model has no external data"),
        (["training_mode.onnx", "--embed", "--external-data", "w"], 2, "--embed and --external-data"),
        (["training_mode.onnx", "--in-place", "-o", "x"], 2, "--in-place and -o name two files"),
    ],
)  # fmt: skip
def test_errors_are_one_line(words: list[str], code: int, line: str, auditor: Auditor) -> None:
    said = auditor("fix", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(f"auditor: {line}") and said.err.count("\n") == 1


def test_names_are_data(auditor: Auditor) -> None:
    """What a model is called by its maker reaches no terminal as it is."""
    model = onnx.load("wrong_declared_shape.onnx")
    evil = "\x1b[2J\n::error::"
    for node in model.graph.node:
        node.input[:] = [evil if name == "pool" else name for name in node.input]
        node.output[:] = [evil if name == "pool" else name for name in node.output]
    for value in model.graph.value_info:
        value.name = evil if value.name == "pool" else value.name
    Path("evil.onnx").write_bytes(model.SerializeToString())
    said = auditor("fix", "evil.onnx")
    assert said.code == 0 and "\x1b" not in said.out and "\n::error" not in said.out
    assert "\\x1b[2J" in said.out
