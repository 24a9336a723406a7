"""What the commands make of a model that onnxruntime refuses, that ran on nothing, or was fed what does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

from .conftest import Said

Auditor = Callable[..., Said]
HEAD = '<ir_version: 8, opset_import: ["" : 17, "mine" : 1]>\n'
TEXTS = {
    "no kernel": "k (double[N, 4] x) => (double[N, 4] y) { [erf] y = Erf (x) }",
    "custom": "c (float[N, 4] x) => (float[N, 4] y) { [own] y = mine.Inverse (x) }",
    "refused": "r (int8[N, 4] x) => (int8[N, 4] y) <int8 low = {-3}> { r = Relu (x) y = Clip (r, low) }",
    "good": "g (float[N, 4] x) => (float[N, 4] y) { y = Relu (x) }",
    # Whether it runs hangs on the values: no sizes help, and nothing is proved.
    "values": """v (float[N, 4] x, int64[1] i) => (float[1, 4] y) <int64[1] far = {1000000}> {
        j = Add (i, far) y = Gather (x, j) }""",
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    def _write(name: str) -> str:
        path = tmp_path / f"{name.replace(' ', '_')}.onnx"
        path.write_bytes(onnx.parser.parse_model(HEAD + TEXTS[name]).SerializeToString())
        return str(path)

    return _write


@pytest.mark.parametrize("command", ["check", "gate"])
@pytest.mark.parametrize(
    ("name", "code"), [("no kernel", 4), ("custom", 4), ("refused", 1), ("good", 0)], ids=lambda value: str(value)
)
def test_a_model_that_does_not_load_is_no_pass(
    auditor: Auditor, write: Callable[[str], str], command: str, name: str, code: int
) -> None:
    said = auditor(command, "--no-config", write(name))
    assert said.code == code, said.out
    assert ("does not load" in said.out) == (name != "good")
    assert ("all that was asked for was looked at" in said.out) == (command == "gate" and name == "good")


def test_a_run_that_failed_on_everything(auditor: Auditor, write: Callable[[str], str], tmp_path: Path) -> None:
    """``check`` passes and says so in the verdict's own line; the gate does not, unless nobody wants a run."""
    path = write("values")
    said = auditor("check", "--no-config", path)
    assert said.code == 0
    headline = " ".join(said.out.partition("\n\n")[0].split())
    assert headline.startswith("PASS")
    assert "; the run failed on every input that was tried" in headline
    said = auditor("gate", "--no-config", path)
    assert said.code == 4, said.out
    assert "looked at" not in said.out
    (tmp_path / "auditor.toml").write_text("run = false\n")
    assert auditor("gate", "--config", str(tmp_path / "auditor.toml"), path).code == 0


def test_a_batch_counts_what_was_not_run(auditor: Auditor, write: Callable[[str], str], tmp_path: Path) -> None:
    write("values"), write("good")
    said = auditor("batch", "--no-config", str(tmp_path), "--jobs", "1")
    assert said.code == 0, said.out
    assert "2 models: 2 passed, of which 1 not run" in said.out
    (named,) = (
        line for line in said.out.splitlines() if line.startswith("  not run: ") and line.endswith("values.onnx")
    )
    assert named


FED = {
    "another type": ({"x": np.zeros((2, 4))}, "x is double[2, 4] there, and the model takes float[N, 4]"),
    "another rank": ({"x": np.zeros(4, np.float32)}, "x is float[4] there, and the model takes float[N, 4]"),
    "another size": ({"x": np.zeros((2, 5), np.float32)}, "x is float[2, 5] there, and the model takes float[N, 4]"),
    "another name": ({"z": np.zeros((2, 4), np.float32)}, "the inputs hold no array 'x', only z"),
}


@pytest.mark.parametrize(("arrays", "words"), FED.values(), ids=FED)
def test_inputs_that_do_not_fit_are_ours(
    auditor: Auditor, write: Callable[[str], str], tmp_path: Path, arrays: dict[str, np.ndarray], words: str
) -> None:
    np.savez(tmp_path / "inputs.npz", **arrays)  # type: ignore[arg-type]  # its stubs know no keywords
    said = auditor("check", "--no-config", write("good"), "--inputs", str(tmp_path / "inputs.npz"), "--format", "json")
    assert said.code == 4
    report = json.loads(said.out)
    assert [f for f in report["findings"] if f["severity"] != "note"] == []
    assert words in report["run"]["why"]


def test_inputs_that_fit_are_run(auditor: Auditor, write: Callable[[str], str], tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", x=np.ones((3, 4), np.float32))
    said = auditor("check", "--no-config", write("good"), "--inputs", str(tmp_path / "inputs.npz"), "--format", "json")
    assert (said.code, json.loads(said.out)["run"]["status"]) == (0, "ok")


def test_golden_vectors_that_were_not_compared(auditor: Auditor, write: Callable[[str], str], tmp_path: Path) -> None:
    folder = tmp_path / "test_data_set_0"
    folder.mkdir()
    for name in ("input_0.pb", "output_0.pb"):
        (folder / name).write_bytes(numpy_helper.from_array(np.ones((1, 4))).SerializeToString())
    said = auditor("check", "--no-config", write("no kernel"), "--format", "json")
    assert said.code == 4
    missed = {one["what"]: one for one in json.loads(said.out)["coverage"]["skipped"]}
    assert missed["golden vector test_data_set_0"]["asked"]


def test_the_report_tells_levels_and_attempts(auditor: Auditor, write: Callable[[str], str]) -> None:
    run = auditor("check", "--no-config", write("good"), "--format", "json").json["run"]
    assert (run["optimisation"], run["status"]) == ("all", "ok")
    assert [(one["optimisation"], one["status"], one["outputs"]) for one in run["levels"]] == [
        ("all", "ok", ""),
        ("off", "ok", "equal"),
    ]
    assert run["attempts"] == [
        {"inputs": {"x": [2, 4]}, "values": "floats in [0, 1) (seed 0)", "status": "ok", "why": ""}
    ]
    assert isinstance(run["cpu"], list)
    for level in ("off", "basic", "extended"):
        run = auditor("check", "--no-config", write("good"), "--optimisation", level, "--format", "json").json["run"]
        assert run["optimisation"] == level
        assert [one["optimisation"] for one in run["levels"]] == [level, "off"][: 1 if level == "off" else 2]


@pytest.mark.parametrize(
    "arguments",
    [("--optimisation", "fast"), ("--optimisation", "ALL"), ("--custom-ops", "nowhere.so")],
)
def test_wrong_usage(auditor: Auditor, write: Callable[[str], str], arguments: tuple[str, ...]) -> None:
    for command in ("check", "batch", "gate"):
        said = auditor(command, "--no-config", write("good"), *arguments)
        assert said.code == 2
        assert arguments[0] in said.err


def test_code_is_run_only_for_who_names_it(auditor: Auditor, write: Callable[[str], str], tmp_path: Path) -> None:
    """A configuration that lies on the way may come with the models; a file that is no library registers nothing."""
    (tmp_path / "ops.so").write_bytes(b"no library")
    said = auditor("check", "--no-config", write("custom"), "--custom-ops", str(tmp_path / "ops.so"))
    assert said.code == 4
    assert "ops.so registers no operators" in " ".join(said.out.split())
    (tmp_path / "auditor.toml").write_text('custom-ops = "ops.so"\n')
    said = auditor("check", "--config", str(tmp_path / "auditor.toml"), write("custom"))
    assert "ops.so registers no operators" in " ".join(said.out.split())


def test_a_configuration_on_the_way_names_no_code(
    auditor: Auditor, write: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auditor.toml").write_text('custom-ops = "ops.so"\n')
    monkeypatch.chdir(tmp_path)
    said = auditor("check", write("good"))
    assert said.code == 2
    assert "custom-ops names code to run" in said.err
