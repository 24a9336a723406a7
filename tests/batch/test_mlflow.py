"""MLflow's artifacts, and where they and the model disagree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.batch import sources
from auditor.batch.sources.mlflow import MLflow
from tests.pace import check_units, cpu_of

from .by_hand import put, refs, said

MLMODEL = """artifact_path: model
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_version: 1.23.2
    providers:
    - CPUExecutionProvider
  python_function:
    loader_module: mlflow.onnx
model_uuid: 0123456789abcdef
run_id: 8f2a
signature:
  inputs: '[{"type": "tensor", "name": "x", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
  outputs: '[{"type": "tensor", "name": "y", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
"""


def test_an_mlflow_artifact_and_a_tree_of_them(tmp_path: Path) -> None:
    artifact = tmp_path / "mlruns/0/8f2a/artifacts/model"
    put(artifact / "MLmodel", MLMODEL)
    put(artifact / "model.onnx")
    put(tmp_path / "mlruns/0/meta.yaml", "")
    put(tmp_path / "mlruns/0/77/artifacts/other/MLmodel", "flavors: {sklearn: {data: model.pkl}}")
    (ref,) = refs(artifact)
    assert (ref.name, ref.version, ref.path) == ("model", "0123456789abcdef", str(artifact / "model.onnx"))
    assert ref.metadata == {"run_id": "8f2a", "onnx_version": "1.23.2", "providers": "CPUExecutionProvider"}
    assert ref.files == (str(artifact / "model.onnx"), str(artifact / "MLmodel")) and not ref.troubles
    assert said(ref) == []
    (same,) = refs(tmp_path / "mlruns")
    assert same.name == "0/8f2a/artifacts/model" and same.contract == ref.contract


@pytest.mark.parametrize(
    ("before", "after", "expected", "actual"),
    [
        ('"name": "x"', '"name": "data"', "data", "x"),
        ('"dtype": "float32", "shape": [-1, 4]}}]\'\n  out', '"dtype": "int64", "shape": [-1, 4]}}]\'\n  out', *"if"),
        ("[-1, 4]", "[-1, 3]", "[?, 3]", "[N, 4]"),
        ("[-1, 4]", "[-1, 3, 4]", "[?, 3, 4]", "[N, 4]"),
    ],
)
def test_where_mlflow_and_the_model_disagree_both_are_named(
    tmp_path: Path, before: str, after: str, expected: str, actual: str
) -> None:
    put(tmp_path / "MLmodel", MLMODEL.replace(before, after))
    put(tmp_path / "model.onnx")
    (ref,) = refs(tmp_path)
    sides = {"i": "int64", "f": "float32"}
    found = [(f.expected, f.actual) for f in said(ref)]
    assert (sides.get(expected, expected), sides.get(actual, actual)) in found


BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\n"


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (BOMB, "an alias"),
        ("a: [", "line 1"),
        ("- 1", "no map"),
        ("a: " + "[" * 5000, "levels"),
        ("? [a]\n: b", "a key that is not text"),
        ("x" * 300_000, "at most 256.0 KiB"),
        ("signature: {inputs: nonsense}", "signature.inputs is not a list"),
        ('signature: {inputs: \'[{"type": "tensor"}]\'}', "signature.inputs is not a list"),
        ("flavors: {onnx: {data: ../../secret.onnx}}", "out of the model's folder"),
        ("a: \x01", "special characters"),
    ],
)
def test_a_broken_mlmodel_is_a_trouble_of_its_model(tmp_path: Path, config: str, why: str) -> None:
    put(tmp_path / "MLmodel", config)
    put(tmp_path / "model.onnx")
    start = time.process_time()
    (ref,) = refs(tmp_path)
    check_units(50, lambda: cpu_of(lambda: refs(tmp_path)), time.process_time() - start)
    assert why in ref.troubles[0]
    if "folder" not in why:
        assert [f.rule for f in said(ref)] == ["unreadable-contract"]


def test_yaml_tags_make_nothing(tmp_path: Path) -> None:
    put(tmp_path / "MLmodel", "run_id: !!python/object/apply:os.system ['touch " + str(tmp_path / "made") + "']")
    put(tmp_path / "model.onnx")
    (ref,) = refs(tmp_path)
    assert not (tmp_path / "made").exists() and ref.metadata == {}


def test_an_artifact_is_called_as_its_newest_version(tmp_path: Path) -> None:
    """The tenth version is newer than the ninth; aliases are the version's, and the others are named beside it."""
    top = tmp_path / "mlruns"
    put(top / "0/8f2a/artifacts/model/MLmodel", MLMODEL)
    put(top / "0/8f2a/artifacts/model/model.onnx")
    place = f"file://{top}/0/8f2a/artifacts/model"
    for name, version in [("net", 9), ("net", 10), ("other", 2)]:
        folder = top / "models" / name / f"version-{version}"
        put(folder / "meta.yaml", f"name: {name}\nversion: {version}\nstorage_location: {place}\n")
    put(top / "models/net/aliases/champion", "10\n")
    put(top / "models/net/aliases/old", "9")
    put(top / "models/net/a file, not a folder", "")
    (ref,) = refs(top)
    assert (ref.name, ref.version, ref.subject) == ("net", "10", "net")
    assert ref.metadata["artifact"] == "0/8f2a/artifacts/model"
    assert ref.metadata["aliases"] == "champion"
    assert ref.metadata["also"] == "net 9, other 2"


def test_a_tree_that_was_moved_is_known_by_its_last_mlruns(tmp_path: Path) -> None:
    """Places in it are those of before, whatever the tree is called now."""
    top = tmp_path / "backup"
    put(top / "0/meta.yaml", "")  # an experiment: https://mlflow.org/docs/latest/ml/tracking/backend-stores/
    for run, version in (("8f2a", 1), ("77", 2)):
        put(top / f"0/{run}/artifacts/model/MLmodel", MLMODEL)
        put(top / f"0/{run}/artifacts/model/model.onnx")
        place = f"file:///home/old/mlruns/before/mlruns/0/{run}/artifacts/model"
        put(top / f"models/net/version-{version}/meta.yaml", f"version: {version}\nstorage_location: {place}\n")
    assert sorted((ref.name, ref.version) for ref in refs(top)) == [("net", "1"), ("net", "2")]


def test_a_folder_that_cannot_be_listed_is_no_tree_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lists it says why."""

    def closed(folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(folder))

    put(tmp_path / "0/meta.yaml", "")
    assert MLflow.is_at(str(tmp_path))
    monkeypatch.setattr(Path, "iterdir", closed)
    assert not MLflow.is_at(str(tmp_path))


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_signature_of_one_side_is_a_contract(tmp_path: Path, side: str) -> None:
    """What a model takes may be told alone, and so may what it gives."""
    lines = [line for line in MLMODEL.splitlines() if not line.startswith("  inputs") and not line.startswith("  outp")]
    tensor = '[{"type": "tensor", "name": "x", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
    put(tmp_path / "MLmodel", "\n".join([*lines, f"  {side}: '{tensor}'"]) + "\n")
    put(tmp_path / "model.onnx")
    (ref,) = refs(tmp_path)
    assert ref.contract is not None
    assert [len(ref.contract.inputs), len(ref.contract.outputs)] == [side == "inputs", side == "outputs"]


def test_a_tree_of_runs_below_a_folder_is_read_as_one_tree(tmp_path: Path) -> None:
    """By its name, mlruns: so its artifacts have the names and versions that they are registered under."""
    top = tmp_path / "all/mlruns"
    put(top / "0/8f2a/artifacts/model/MLmodel", MLMODEL)
    put(top / "0/8f2a/artifacts/model/model.onnx")
    put(top / "0/77/artifacts/model/MLmodel", MLMODEL)
    put(top / "0/77/artifacts/model/model.onnx")
    for version in (1, 2):
        place = f"file://{top}/0/8f2a/artifacts/model"
        put(top / f"models/net/version-{version}/meta.yaml", f"version: {version}\nstorage_location: {place}\n")
    put(top / "0/stray.onnx")
    source = sources.source_at(str(tmp_path / "all"))
    found = [(ref.name, ref.version) for ref in source.models()]
    assert found == [("0/77/artifacts/model", "0123456789abcdef"), ("net", "2"), ("mlruns/0/stray", "")]
    alone = sources.source_at(str(top))
    assert len(list(alone.models())) == 2
    assert alone.troubles == [f"{top}: no model of the registry names '0/stray.onnx': not audited"]
