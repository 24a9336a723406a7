"""Registries below a plain folder, and sources that cannot be read: nothing of the others is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.batch import sources
from auditor.cli.app import run

from .by_hand import MODEL, put, put_external, refs, said
from .test_mlflow import MLMODEL

CONFIG = 'platform: "onnxruntime_onnx" input [{ name: "x" data_type: TYPE_FP16 dims: [-1, 4] }]'


@pytest.fixture
def auditor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[dict[str, Any]], str]]:
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))

    def call(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        code = run(["batch", *map(str, arguments), "--no-run", "--format", "json"])
        captured = capsys.readouterr()
        return int(code), [json.loads(line) for line in captured.out.splitlines()], captured.err

    return call


Auditor = Callable[..., tuple[int, list[dict[str, Any]], str]]


def test_registries_below_a_folder_are_read_as_what_they_are(tmp_path: Path) -> None:
    top = tmp_path / "all"
    put(top / "plain.onnx")
    put(top / "served/scorer/config.pbtxt", CONFIG)
    put(top / "served/scorer/3/model.onnx")
    put(top / "served/scorer/backup/old.onnx")
    put(top / "logged/MLmodel", MLMODEL.replace("float32", "float64").replace('\\"x\\"', '\\"z\\"'))
    put(top / "logged/model.onnx")
    put(
        top / "zoo/ONNX_HUB_MANIFEST.json",
        json.dumps([{"model_path": "m/net.onnx", "metadata": {"model_sha": "0" * 64}}]),
    )
    put(top / "zoo/m/net.onnx")
    put(top / "hub/models--org--net/snapshots/abc/onnx/model.onnx")
    put(top / "hub/models--org--net/refs/main", "abc")
    source = sources.source_at(str(top))
    found = {ref.name: ref for ref in source.models()}
    assert set(found) == {"plain", "scorer", "served/scorer/backup/old", "logged", "m/net", "org/net/onnx/model"}
    assert len({ref.path for ref in found.values()}) == 6 and not source.troubles
    assert (found["scorer"].version, found["scorer"].subject) == ("3", "scorer")
    assert (found["org/net/onnx/model"].version, found["org/net/onnx/model"].metadata["refs"]) == ("abc", "main")
    assert "contract-mismatch" in [f.rule for f in said(found["scorer"])]
    assert [f.rule for f in said(found["m/net"])] == ["contract-hash-mismatch"]
    assert found["plain"].contract is None and found["served/scorer/backup/old"].contract is None


def test_data_of_a_model_in_a_registry_within_is_left_over_by_nobody(tmp_path: Path) -> None:
    """The first of a model's files is the model: all behind it are its data."""
    put_external(tmp_path / "served/scorer/1/model.onnx", "model.onnx.data")
    put(tmp_path / "served/scorer/config.pbtxt", 'platform: "onnxruntime_onnx"')
    put(tmp_path / "served/scorer/1/old.onnx")
    source = sources.source_at(str(tmp_path))
    found = {Path(ref.path).name: ref.troubles for ref in source.models()}
    assert found == {"model.onnx": (), "old.onnx": ()} and not source.troubles


def test_a_table_s_columns_are_said_not_to_be_compared(tmp_path: Path) -> None:
    columns = MLMODEL.replace(
        '{"type": "tensor", "name": "x", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}',
        '{"type": "double", "name": "a"}',
    )
    put(tmp_path / "MLmodel", columns)
    put(tmp_path / "model.onnx")
    (ref,) = refs(tmp_path)
    assert ref.troubles == ("MLmodel's signature gives inputs as columns of a table: not compared with the graph",)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("models.csv", "file,name\na.onnx,a\n", "names no column `path`"),
        ("ONNX_HUB_MANIFEST.json", "{", "is not JSON"),
        ("ONNX_HUB_MANIFEST.json", '{"a": 1}', "is not a list"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_not_the_end_of_the_others(
    tmp_path: Path, auditor: Auditor, name: str, content: str, why: str
) -> None:
    bad = put(tmp_path / "bad" / name, content)
    put(tmp_path / "good/m.onnx")
    code, told, err = auditor(bad, tmp_path / "good")
    assert code == 4 and [one["name"] for one in told] == ["m"]
    assert why in err and len(err.splitlines()) == 1
    assert auditor(bad)[0] == 4


def test_a_source_that_is_not_there_is_not_the_end_of_the_others(tmp_path: Path, auditor: Auditor) -> None:
    put(tmp_path / "good/m.onnx")
    code, told, err = auditor(tmp_path / "nowhere", tmp_path / "good")
    assert (code, len(told)) == (3, 1) and "there is no file or folder" in err


def test_the_configuration_and_the_options_reach_every_model(tmp_path: Path, auditor: Auditor) -> None:
    put(tmp_path / "good/m.onnx", MODEL)
    settings = put(tmp_path / "auditor.toml", "[limits]\nnodes = { max = 0 }\n")
    code, (told,), _ = auditor(tmp_path / "good", "--config", settings, "--dim", "N=2", "--dim", "Z=1")
    assert code == 1 and [f["rule"] for f in told["findings"]] == ["over-limit"]
    assert told["inputs"][0]["shape"] == [2, 4]
    assert "--dim Z" in [m["what"] for m in told["coverage"]["skipped"]]
    code, (told,), _ = auditor(tmp_path / "good", "--no-config", "--dim", "N=2", "--dim", "Z=1")
    assert (code, told["reused"], told["findings"]) == (0, True, [])  # another policy, and the same audit


@pytest.mark.parametrize(
    "wrong",
    [
        ["--audit-timeout", "0"],
        ["--audit-memory", "much"],
        ["--dim", "N"],
        ["--seed", "-1"],
        ["--target-dtype", "int3"],
    ],
)
def test_wrong_options_are_wrong_usage(tmp_path: Path, auditor: Auditor, wrong: list[str]) -> None:
    put(tmp_path / "good/m.onnx")
    code, told, err = auditor(tmp_path / "good", *wrong)
    assert (code, told) == (2, []) and err.startswith("auditor: ") and wrong[0] in err
