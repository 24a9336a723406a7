"""The promotion story: versions of a model at the gate, by the commands that people type; docs/gates.md's scripts."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tests import forked
from tests.pace import HANG

from .conftest import LENET
from .snippets import blocks

Weights = Callable[[str, "np.ndarray[Any, Any]"], "np.ndarray[Any, Any]"]

CONFIG = """
name: "lenet"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "data", data_type: TYPE_FP32, dims: [ 1, 32, 32 ] } ]
output [ { name: "output", data_type: TYPE_FP32, dims: [ 10 ] } ]
"""
POLICY = """
[limits]
learnable-parameters = { max-increase-percent = 10 }
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The output on one line, however it was wrapped."""
        return " ".join(self.out.split())

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Team:
    """A folder with a Triton repository, a policy and a database, and the commands that are typed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "reports.db"
        self.staging = folder / "staging" / "lenet"
        self.staging.mkdir(parents=True)
        (self.staging / "config.pbtxt").write_text(CONFIG)
        self.policy(POLICY)

    def policy(self, text: str) -> None:
        (self.folder / "auditor.toml").write_text(text)

    def model(self, version: int) -> Path:
        return self.staging / str(version) / "model.onnx"

    def exports(self, version: int, model: onnx.ModelProto) -> str:
        """What the training job does; the path as it would be typed."""
        path = self.model(version)
        path.parent.mkdir()
        onnx.save(model, path)
        return str(path.relative_to(self.folder))

    def _environment(self, env: Mapping[str, str]) -> Mapping[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {"AUDITOR_DB": str(self.database), "PATH": path, "CI": "true", "LC_ALL": "C.UTF-8", **env}

    def run(self, *command: str | Path, **env: str) -> Said:
        done = subprocess.run(
            list(map(str, command)),
            cwd=self.folder,
            env={**os.environ, **self._environment(env)},
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def gate(self, *words: str | Path, **env: str) -> Said:
        ended = forked.call("gate", *map(str, words), cwd=self.folder, env=self._environment(env))
        return Said(ended.status, ended.out, ended.err)

    def rows(self, table: str) -> int:
        with closing(sqlite3.connect(self.database)) as database:
            (number,) = database.execute(f"select count(*) from {table}").fetchone()
        return int(number)

    @contextmanager
    def without_audits(self) -> Iterator[None]:
        """No report is added meanwhile; and none could be, without the models."""
        before = self.rows("audits")
        hidden = self.staging.rename(self.folder / "hidden")
        yield
        hidden.rename(self.staging)
        assert self.rows("audits") == before


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def lenet(change: Weights = lambda name, values: values) -> onnx.ModelProto:
    """The sample, its weights changed."""
    model = onnx.load(LENET)
    for tensor in model.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(change(tensor.name, numpy_helper.to_array(tensor)), tensor.name))
    return model


def with_broken_head(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """As if for images of 28 x 28, of which 16 x 4 x 4 features come out; those of 32 x 32 give 16 x 5 x 5."""
    return np.ascontiguousarray(values[:, :256]) if name == "f5_w" else values


def other_weights(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return values * np.float32(0.5)


def wider(name: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """f6 with 168 features instead of 84: 120 * 84 + 84 + 10 * 84 = 11,004 parameters more."""
    axis = {"f6_w": 0, "f6_b": 0, "output_w": 1}.get(name)
    return values if axis is None else np.concatenate([values, values], axis)


def test_the_story(team: Team) -> None:
    v1 = team.gate(team.exports(1, lenet()), "--accept", "--reason", "the first", "--by", "ann")
    assert v1.code == 0, v1.err
    assert v1.out.startswith("PASS")
    assert "accepted now, the first" in v1.words

    v2 = team.gate(team.exports(2, lenet(with_broken_head)), "--accept", "--format", "json")
    assert v2.code == 1
    (finding,) = v2.json["findings"]
    assert (finding["rule"], finding["location"]["node"]) == ("misfit-initializers", "f5")
    assert "f5 takes 256 = 16 x 4 x 4 features; s4 gives 16 x 5 x 5 = 400" in finding["message"]
    assert "give f5_w the shape [120, 400]" in finding["fix"]
    assert not v2.json["gate"]["accepted"]
    told = team.gate(team.model(2))
    assert told.code == 1 and told.out.startswith("FAIL")
    assert "misfit-initializers at f5: f5 takes 256 = 16 x 4 x 4 features; s4 gives 16 x 5 x 5 = 400" in told.words
    assert "by ann: the first" in told.words  # v1 is still the accepted one
    whole = team.run(sys.executable, "-m", "auditor", "show", "2")  # as the gate's lines say
    assert "report 2 (auditor show 2)" in told.words
    assert "fix: " in whole.words and "give f5_w the shape [120, 400]" in whole.words

    v3 = team.gate(team.exports(3, lenet(other_weights)), "--accept", "--reason", "trained longer")
    assert v3.code == 0, v3.out
    assert "accepted now, in the place of report 1" in v3.words

    v4 = team.gate(team.exports(4, lenet(wider)), "--accept")
    assert v4.code == 1
    assert "over-limit: 72,710 learnable parameters, 11,004 more than the 61,706 of the accepted version" in v4.words
    assert "(17.83 %); at most 10 % more may be" in v4.words
    assert team.rows("acceptances") == 2


def test_a_changed_policy_judges_stored_reports_without_a_run(team: Team) -> None:
    """The models are gone, so nothing could be audited; and an onnxruntime that cannot be imported would not run."""
    (team.folder / "broken").mkdir()
    (team.folder / "broken" / "onnxruntime.py").write_text("raise SystemExit('it was imported')")
    team.gate(team.exports(1, lenet()), "--accept")
    number = team.gate(team.exports(2, lenet(wider)), "--format", "json").json["gate"]["audit_id"]
    broken = team.gate(team.exports(3, lenet(with_broken_head)), "--format", "json").json["gate"]["audit_id"]
    with team.without_audits():

        def again(report: int) -> Said:
            return team.gate(str(report), PYTHONPATH=str(team.folder / "broken"))

        assert again(number).code == 1
        team.policy(POLICY.replace("10", "20"))
        assert again(number).code == 0
        team.policy('[allowed]\noperators = ["Conv", "Gemm", "AveragePool", "Flatten"]\n')
        refused = again(number)
        assert refused.code == 1 and "not-allowed" in refused.out and "Tanh" in refused.out
        team.policy("required = ['golden']\n")
        assert again(number).code == 4

        assert again(broken).code == 1
        team.policy('severity = { misfit-initializers = "warning" }\n')
        assert again(broken).code == 4  # onnxruntime does not load it, whatever a policy makes of the finding
        team.policy(
            '[[waivers]]\nrule = "misfit-initializers"\nnode = "f5"\nreason = "the old head"\nowner = "ann"\n'
            'expires = "2999-12-31"\n'
        )
        waived = again(broken)
        assert waived.code == 4
        assert (
            "waived misfit-initializers at f5" in waived.words and "ann, the old head, until 2999-12-31" in waived.words
        )


def test_what_is_unchanged_is_not_audited_again(team: Team) -> None:
    path = team.exports(1, lenet())
    first, again = (team.gate(path, "--format", "json").json["gate"]["audit_id"] for _ in range(2))
    assert first == again
    assert team.rows("audits") == 1


# ---- the scripts of docs/gates.md


@pytest.fixture
def live(team: Team) -> Path:
    """The repository that Triton serves, with version 1 in it."""
    (team.folder / "promote.sh").write_text(blocks("bash")[0])
    team.exports(1, lenet())
    team.policy(POLICY + '[registries]\nstaging = "live"\n')
    live = team.folder / "live"
    shutil.copytree(team.staging, live / "lenet")
    assert team.gate(live / "lenet" / "1" / "model.onnx", "--accept").code == 0
    return live


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_script_moves_a_version_that_passes(team: Team, live: Path) -> None:
    team.exports(3, lenet(other_weights))
    (team.staging / "3" / "notes.txt").write_text("beside the model")
    done = team.run("bash", "promote.sh", "staging/lenet/3", "live")
    assert done.code == 0, done.out + done.err
    assert tree(live / "lenet") == {"config.pbtxt", "1", "1/model.onnx", "3", "3/model.onnx", "3/notes.txt"}
    assert (live / "lenet" / "3").stat().st_mode & 0o777 == 0o755
    served = live / "lenet" / "3" / "model.onnx"
    assert served.read_bytes() == team.model(3).read_bytes()
    assert team.rows("acceptances") == 2
    assert "moved to live" in team.gate(served).words


@pytest.mark.parametrize("change", [with_broken_head, wider])
def test_the_script_leaves_what_fails_where_it_is(team: Team, live: Path, change: Weights) -> None:
    team.exports(2, lenet(change))
    before = tree(live)
    done = team.run("bash", "promote.sh", "staging/lenet/2", "live")
    assert done.code == 1 and done.out.startswith("FAIL")
    assert tree(live) == before
    assert team.rows("acceptances") == 1


def test_the_script_replaces_no_version(team: Team, live: Path) -> None:
    """Not even with one that passes; and what it had copied is gone."""
    (team.staging / "1").rename(team.staging / "old")
    team.exports(1, lenet(other_weights))
    before, served = tree(live), (live / "lenet" / "1" / "model.onnx").read_bytes()
    done = team.run("bash", "promote.sh", "staging/lenet/1", "live")
    assert done.code != 0 and "not empty" in done.err
    assert tree(live) == before
    assert (live / "lenet" / "1" / "model.onnx").read_bytes() == served
    assert team.rows("acceptances") == 1


def test_the_script_keeps_to_what_triton_was_told(team: Team, live: Path) -> None:
    """A sound model, and not the one that config.pbtxt describes: its input has another name."""
    model = lenet()
    model.graph.input[0].name = model.graph.node[0].input[0] = "image"
    team.exports(2, model)
    done = team.run("bash", "promote.sh", "staging/lenet/2", "live")
    assert done.code == 1
    assert "contract-mismatch" in done.out and "image" in done.out
    assert not (live / "lenet" / "2").exists()


def test_the_script_moves_nothing_to_where_triton_was_told_something_else(team: Team, live: Path) -> None:
    (live / "lenet" / "config.pbtxt").write_text(CONFIG.replace("32, 32", "28, 28"))
    team.exports(2, lenet(other_weights))
    before = tree(live)
    done = team.run("bash", "promote.sh", "staging/lenet/2", "live")
    assert done.code != 0 and "differ" in done.out
    assert tree(live) == before


def test_the_alias_goes_to_a_version_that_passes(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="needs the extra registries")
    mlflow_onnx = pytest.importorskip("mlflow.onnx", reason="needs the extra registries")
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (team.folder / "mlruns").as_uri())
    monkeypatch.chdir(team.folder)
    mlflow.set_tracking_uri((team.folder / "mlruns").as_uri())
    signature = ModelSignature(
        Schema([TensorSpec(np.dtype("float32"), (-1, 1, 32, 32), "data")]),
        Schema([TensorSpec(np.dtype("float32"), (-1, 10), "output")]),
    )
    with mlflow.start_run():
        for change in (lambda name, values: values, with_broken_head, other_weights, wider):
            mlflow_onnx.log_model(lenet(change), name="net", signature=signature, registered_model_name="lenet")
    (team.folder / "promote.py").write_text(blocks("py")[0])
    champions = []
    for version in "1234":
        done = team.run(sys.executable, "promote.py", "lenet", version)
        alias = mlflow.MlflowClient().get_model_version_by_alias("lenet", "champion").version
        champions.append((done.code, str(alias)))
    assert champions == [(0, "1"), (1, "1"), (0, "3"), (1, "3")], done.out + done.err
    assert team.rows("acceptances") == 2
