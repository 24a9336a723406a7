"""The GitHub action: its own commands, run as the runner runs them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ..formats.test_github import Command, commands
from ..formats.test_sarif import VALIDATOR
from .conftest import ALEXNET_224, LENET, ROOT, Shell

FOLDER = ROOT / ".github" / "actions" / "audit"
ACTION: dict[str, Any] = yaml.safe_load((FOLDER / "action.yml").read_text(encoding="utf-8"))
INSTALL, AUDIT = ACTION["runs"]["steps"]

EXPRESSION = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")


class Step(NamedTuple):
    """What the runner has after a step."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def annotations(self) -> list[Command]:
        """What the runner obeys; nothing else stands in the log."""
        found = commands(self.log)
        assert len(found) == len(self.log.splitlines())
        return found

    @property
    def sarif(self) -> Any:
        document = json.loads(Path(self.outputs["sarif"]).read_text(encoding="utf-8"))
        VALIDATOR.validate(document)
        return document


Run = Callable[..., Step]


def _environment(step: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    inputs = {name: given.get(name, spec.get("default", "")) for name, spec in ACTION["inputs"].items()}
    assert set(given) <= set(inputs)
    return {name: EXPRESSION.sub(lambda match: inputs[match[1]], value) for name, value in step["env"].items()}


def _outputs(text: str) -> dict[str, str]:
    """The file of outputs, in the form that takes any value: ``name<<mark``, lines, ``mark``."""
    return {m[1]: m[3] for m in re.finditer(r"^([a-z-]+)<<(\S+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Path:
    """The runner's temporary folder, after the step that installs."""
    temp = tmp_path_factory.mktemp("runner temp")
    done = shell(
        INSTALL["run"], cwd=temp, RUNNER_TEMP=str(temp), GITHUB_ACTION_PATH=str(FOLDER), **_environment(INSTALL, {})
    )
    assert done.returncode == 0, done.stderr
    return temp


@pytest.fixture
def audit(tmp_path: Path, installed: Path, shell: Shell) -> Run:
    """Runs the step that audits, in a workspace of its own."""

    def run(temp: Path = installed, **given: str) -> Step:
        output, summary = tmp_path / "output", tmp_path / "summary.md"
        output.touch()
        summary.write_text("Of an earlier step.\n", encoding="utf-8")
        inputs = {name.replace("_", "-"): value for name, value in given.items()}
        workspace = tmp_path / "workspace"
        workspace.mkdir(exist_ok=True)
        done = shell(
            AUDIT["run"],
            cwd=workspace,
            RUNNER_TEMP=str(temp),
            GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(summary),
            CI="true",
            **_environment(AUDIT, inputs),
        )
        log = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("auditor: "))
        return Step(done.returncode, log, _outputs(output.read_text()), summary.read_text(encoding="utf-8"))

    return run


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace" / "models"
    folder.mkdir(parents=True)
    return folder


def test_a_good_model_passes(audit: Run, models: Path) -> None:
    shutil.copytree(LENET.parent, models / "lenet5")
    step = audit(paths="models/lenet5/lenet5.onnx")
    assert (step.code, step.outputs["verdict"], step.annotations) == (0, "pass", [])
    assert step.summary.startswith("Of an earlier step.\n### PASS: `models/lenet5/lenet5.onnx`")
    assert "| golden | test&#95;data&#95;set&#95;0: equal |" in step.summary  # it was run
    (run,) = step.sarif["runs"]
    assert run["results"] == []
    assert [a["location"]["uri"] for a in run["artifacts"]] == ["models/lenet5/lenet5.onnx"]


def test_a_broken_model_fails(audit: Run, models: Path) -> None:
    shutil.copy(ALEXNET_224, models)
    step = audit(paths="models/alexnet_224.onnx", args="--no-run")
    assert (step.code, step.outputs["verdict"]) == (1, "fail")
    (annotation,) = step.annotations
    assert annotation.name == "error"
    assert annotation.properties["file"] == "models/alexnet_224.onnx"
    assert annotation.properties["title"] == "misfit-initializers: fc6 (Gemm)"
    assert "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400" in annotation.message
    assert "### FAIL: `models/alexnet_224.onnx`: 1 error" in step.summary
    (result,) = step.sarif["runs"][0]["results"]
    assert result["ruleId"] == "auditor/misfit-initializers"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "models/alexnet_224.onnx"


def test_names_with_spaces_and_line_breaks(audit: Run, models: Path) -> None:
    names = ["two words.onnx", "two\nlines.onnx", "::error::100%,title=x.onnx", "-o.onnx"]
    for name in names:
        shutil.copy(ALEXNET_224, models / name)
    step = audit(paths="models", args="--no-run", sarif="a report\nof two lines.sarif")
    assert step.code == 1
    assert len(step.annotations) == len(names)
    files = {annotation.properties["file"] for annotation in step.annotations}
    assert {"models/two words.onnx", "models/::error::100%,title=x.onnx", "models/-o.onnx"} < files
    assert step.outputs["sarif"] == "a report\nof two lines.sarif"


def test_several_paths_and_patterns(audit: Run, models: Path) -> None:
    for name in ("a b.onnx", "c.onnx", "d.onnx"):
        shutil.copy(ALEXNET_224, models / name)
    step = audit(paths="models/a b.onnx\n\nmodels/[c].onnx\n", args="--no-run\n")
    assert sorted(annotation.properties["file"] for annotation in step.annotations) == [
        "models/a b.onnx",
        "models/c.onnx",
    ]


def test_its_options(audit: Run, models: Path) -> None:
    shutil.copy(ALEXNET_224, models)
    step = audit(paths="models", fail_on="never", args="--no-run\n-o\njson:all of it.jsonl")
    assert (step.code, step.outputs["verdict"]) == (0, "pass")
    assert json.loads((models.parent / "all of it.jsonl").read_text())["verdict"] == "pass"


def test_its_configuration(audit: Run, models: Path) -> None:
    """The nearest one, or the one that is named."""
    shutil.copy(ALEXNET_224, models)
    (models.parent / "auditor.toml").write_text('run = false\nseverity = { misfit-initializers = "warning" }\n')
    (models.parent / "two words.toml").write_text("run = false\n")
    usual = audit(paths="models")
    assert (usual.code, usual.outputs["verdict"]) == (0, "pass")
    assert [annotation.name for annotation in usual.annotations] == ["warning"]
    other = audit(paths="models", config="two words.toml")
    assert (other.code, other.outputs["verdict"]) == (1, "fail")
    assert [annotation.name for annotation in other.annotations] == ["error"]


@pytest.mark.parametrize(
    ("given", "code", "verdict"),
    [
        ({"paths": "models"}, 3, "nothing"),
        ({"paths": "models", "fail_on": "loud"}, 2, "error"),
        ({"paths": "models", "config": "not there.toml"}, 2, "error"),
        ({"paths": "models", "args": "--no-such-option"}, 2, "error"),
    ],
)
def test_without_an_audit_there_is_no_sarif(
    audit: Run, models: Path, given: dict[str, str], code: int, verdict: str
) -> None:
    step = audit(**given)
    assert (step.code, step.outputs) == (code, {"verdict": verdict, "sarif": ""})
    assert step.summary == "Of an earlier step.\n"


@pytest.mark.parametrize("name", ["paths", "args", "fail_on", "config", "sarif"])
@pytest.mark.parametrize("word", ["$(touch obeyed)", '"; touch obeyed; "', "`touch obeyed`", "x\nEOF\ntouch obeyed"])
def test_no_input_is_a_command(audit: Run, models: Path, name: str, word: str) -> None:
    audit(**{"paths": "models", name: word})
    assert not (models.parent / "obeyed").exists()


def test_what_is_too_large_for_a_summary_is_cut(audit: Run, tmp_path: Path) -> None:
    """GitHub takes a megabyte (2^20 bytes) a step and shows nothing of more; the cut is at the end of a line."""
    stand_in = tmp_path / "temp" / "auditor" / "bin" / "auditor"
    stand_in.parent.mkdir(parents=True)
    line = "é" * 999
    stand_in.write_text(
        f'#!/bin/bash\nfor word; do case $word in markdown:*) yes {line} | head -n 1000 > "${{word#*:}}";; esac; done\n'
    )
    stand_in.chmod(0o755)
    step = audit(temp=tmp_path / "temp", paths="models")
    assert step.code == 0
    assert 990_000 < len(step.summary.encode()) < 1 << 20
    first, *lines, empty, last = step.summary.splitlines()
    assert (first, set(lines) - {""}, empty) == ("Of an earlier step.", {line}, "")
    assert last == "Cut here: GitHub takes no more."


def _named(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.fullmatch(text)
    assert found is not None, text
    return found[1]


def test_inputs_stay_out_of_the_scripts() -> None:
    """As zizmor's rule template-injection asks; every step that reads inputs does it by `env`."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
        assert all(EXPRESSION.fullmatch(value) for value in step["env"].values())
    used = {_named(EXPRESSION, v) for s in ACTION["runs"]["steps"] for v in s["env"].values()}
    assert used == set(ACTION["inputs"])
    output = re.compile(r"\$\{\{ steps\.audit\.outputs\.(\w+) }}")
    produced = {_named(output, o["value"]) for o in ACTION["outputs"].values()}
    assert produced == set(ACTION["outputs"]) == {"verdict", "sarif"}
