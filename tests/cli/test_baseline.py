"""``auditor baseline``: what is known passes, what is new fails, and what is gone is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from tests.disguise import Disguise

from ..readme import DOCS, blocks
from .conftest import ALEXNET_224, LENET, NAN, SAMPLES, Said

Auditor = Callable[..., Said]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a model in it, from which everything is called."""
    shutil.copy(ALEXNET_224, tmp_path / "net.onnx")
    monkeypatch.chdir(tmp_path)


def known() -> dict[str, list[str]]:
    """The rules that are known of each model."""
    models = json.loads(Path("auditor-baseline.json").read_text())["models"]
    return {subject: [entry["rule"] for entry in entries] for subject, entries in models.items()}


def test_then_only_new_findings_fail(auditor: Auditor) -> None:
    assert auditor("check", "net.onnx", "--no-run").code == 1
    said = auditor("baseline", "net.onnx", "--no-run")
    assert (said.code, said.out) == (0, "auditor-baseline.json: 1 model, 1 new finding recorded\n")
    assert known() == {"net.onnx": ["misfit-initializers"]}
    passed = auditor("check", "net.onnx", "--no-run")
    assert passed.code == 0
    assert passed.out.startswith("PASS  net.onnx  1 known; judged by baseline auditor-baseline.json\n")
    assert "  known: in the baseline\n" in passed.out
    broken = onnx.load("net.onnx")
    broken.graph.node[0].input[0] = "nowhere"
    onnx.save(broken, "net.onnx")
    failed = auditor("check", "net.onnx", "--no-run")
    assert failed.code == 1
    assert "dangling-inputs" in failed.out


@pytest.mark.parametrize("sample", sorted((SAMPLES / "broken").glob("*.onnx")), ids=lambda path: path.stem)
def test_it_holds_for_the_model_in_disguise(sample: Path, auditor: Auditor) -> None:
    """Every node and tensor renamed, and nodes that do not hang together in another order."""
    shutil.copy(sample, "net.onnx")
    shown = auditor("check", "net.onnx", "--no-run", "--fail-on", "note")
    assert auditor("baseline", "net.onnx", "--no-run").code == 0
    disguised = Disguise(onnx.load("net.onnx", load_external_data=False), seed=1).model
    Path("net.onnx").write_bytes(disguised.SerializeToString())
    after = auditor("check", "net.onnx", "--no-run", "--fail-on", "note")
    assert (shown.code, after.code) == (1, 0)
    assert " known; " in after.out


def test_a_baseline_that_is_there_is_changed_only_when_asked(auditor: Auditor) -> None:
    assert auditor("baseline", "net.onnx", "--no-run").code == 0
    before = Path("auditor-baseline.json").read_bytes()
    refused = auditor("baseline", NAN, "--no-run")
    assert refused.code == 2
    assert "--update adds to it" in refused.err
    assert Path("auditor-baseline.json").read_bytes() == before
    assert auditor("baseline", "net.onnx", "--no-run", "--update").out.endswith("1 model, 0 new findings recorded\n")
    assert Path("auditor-baseline.json").read_bytes() == before
    shutil.copy(NAN, "nan.onnx")
    assert auditor("baseline", "nan.onnx", "--no-run", "--update").code == 0
    assert known() == {"nan.onnx": ["nan-weights"], "net.onnx": ["misfit-initializers"]}


def test_what_no_longer_occurs_is_told_and_taken_out_when_asked(auditor: Auditor) -> None:
    shutil.copy(NAN, "net.onnx")
    assert auditor("baseline", "net.onnx", "--no-run").code == 0
    unread = auditor("baseline", "net.onnx", "--no-run", "--no-weights", "--prune")
    assert "no longer there" not in unread.out  # of what was not looked at nobody knows
    assert known() == {"net.onnx": ["nan-weights"]}
    shutil.copy(LENET, "net.onnx")
    told = auditor("baseline", "net.onnx", "--no-run", "--update")
    assert "no longer there: net.onnx: nan-weights head (Gemm): 'head_w'" in told.out
    assert told.out.endswith("--prune takes out what no longer occurs\n")
    assert known() == {"net.onnx": ["nan-weights"]}
    pruned = auditor("baseline", "net.onnx", "--no-run", "--prune")
    assert pruned.out.endswith("  taken out\n")
    assert known() == {}


def test_pruning_alone_adds_nothing(auditor: Auditor) -> None:
    Path("auditor-baseline.json").write_text('{"schema_version": 1, "models": {}}')
    assert auditor("baseline", "net.onnx", "--no-run", "--prune").code == 0
    assert known() == {}


def test_a_folder_and_a_report(auditor: Auditor) -> None:
    Path("models").mkdir()
    shutil.copy(NAN, "models/nan.onnx")
    shutil.move("net.onnx", "models/net.onnx")
    assert auditor("baseline", "models", "--no-run", "-o", "models/b.json").code == 0
    assert set(json.loads(Path("models/b.json").read_text())["models"]) == {"nan.onnx", "net.onnx"}
    assert auditor("check", "models/net.onnx", "--no-run", "--baseline", "models/b.json").code == 0
    assert auditor("check", "models/net.onnx", "--no-run").code == 1
    auditor("check", "models/net.onnx", "--no-run", "-q", "-o", "json:report.json")
    assert auditor("baseline", "report.json").code == 0
    assert known() == {"models/net.onnx": ["misfit-initializers"]}


def test_what_a_waiver_covers_is_left_to_the_waiver(auditor: Auditor) -> None:
    Path("auditor.toml").write_text(
        '[[waivers]]\nrule = "misfit-initializers"\nreason = "being retrained"\nowner = "vision"\n'
        "expires = 9999-12-31\n[limits]\nnodes = { max = 1 }\n"
    )
    checked = auditor("check", "net.onnx", "--no-run")
    assert checked.code == 1
    assert "  waived by vision until 9999-12-31: being retrained\n" in checked.out
    assert "over-limit" in checked.out
    assert auditor("baseline", "net.onnx", "--no-run").out.endswith("0 new findings recorded\n")
    assert known() == {}


def test_a_broken_baseline_is_one_line(auditor: Auditor) -> None:
    Path("auditor-baseline.json").write_text('{"schema_version": 1,\n"models": oops}')
    for command in (("check", "net.onnx", "--no-run"), ("baseline", "net.onnx", "--no-run", "--update")):
        said = auditor(*command)
        assert (said.code, said.out) == (2, "")
        assert "auditor-baseline.json:2:11: this is not a baseline: Expecting value" in said.err
        assert len(said.err.splitlines()) == 1
    assert auditor("check", "net.onnx", "--no-run", "--baseline", "none.json").code == 2


def test_nothing_to_record(auditor: Auditor) -> None:
    assert auditor("baseline", "none.onnx").code == 3
    assert not Path("auditor-baseline.json").exists()
    Path("empty").mkdir()
    assert auditor("baseline", "empty").code == 3


def test_the_example_of_the_documentation(auditor: Auditor) -> None:
    (console,) = blocks((DOCS / "baseline.md").read_text(encoding="utf-8"), "console")
    Path("models").mkdir()
    shutil.move("net.onnx", "models/net.onnx")
    shutil.copy(NAN, "models/nan.onnx")
    commands = [part.partition("\n") for part in console.split("$ ")[1:]]
    assert len(commands) == 2
    for command, _, output in commands:
        said = auditor(*command.split()[1:])
        assert (said.code, said.out) == (0, output)


def _unused(*names: str) -> None:
    """A model with initializers that nobody takes: one finding of many places."""
    text = "".join(f", float[{len(name)}] {name} = {{{', '.join('1' * len(name))}}}" for name in names)
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) <float[2] b = {{1, 2}}{text}>'
        " { y = Add(x, b) }"
    )
    Path("net.onnx").write_bytes(model.SerializeToString())


def test_what_is_left_of_many_places_stays_known(auditor: Auditor) -> None:
    """Mending one of three once made a new finding of the other two."""
    check = ("check", "net.onnx", "--no-run", "--fail-on", "note")
    _unused("a", "bb", "ccc")
    assert auditor(*check).code == 1
    auditor("baseline", "net.onnx", "--no-run")
    assert auditor(*check).code == 0
    _unused("a", "ccc")
    assert auditor(*check).code == 0
    _unused("a", "ccc", "dddd")
    assert auditor(*check).code == 1
    _unused("a", "ccc")
    said = auditor("baseline", "net.onnx", "--no-run", "--prune")
    assert said.code == 0 and known() == {"net.onnx": ["unused-initializers"]}
    assert auditor(*check).code == 0
    _unused("a", "bb", "ccc")
    assert auditor(*check).code == 1


def _with_nan(number: int) -> None:
    """A layer of 64 weights, so many of which are NaN."""
    values = ", ".join(["nan"] * number + ["0.5"] * (64 - number))
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 17]> g (float[N, 8] x) => (float[N, 8] y) <float[8, 8] w = {{{values}}}>'
        " { y = MatMul(x, w) }"
    )
    Path("net.onnx").write_bytes(model.SerializeToString())


def test_what_got_worse_is_not_covered(auditor: Auditor) -> None:
    """The place and the rule are the same, and 64 NaN are not the one that somebody has accepted."""
    check = ("check", "net.onnx", "--no-run")
    _with_nan(1)
    auditor("baseline", "net.onnx", "--no-run")
    assert auditor(*check).code == 0
    _with_nan(64)
    assert auditor(*check).code == 1
    assert "in the baseline, where it was not as bad" in auditor("gate", "net.onnx", "--no-run").out
    auditor("baseline", "net.onnx", "--no-run", "--prune")
    assert auditor(*check).code == 1  # taking out what is gone does not take in what is worse
    auditor("baseline", "net.onnx", "--no-run", "--update")
    assert auditor(*check).code == 0
    assert known() == {"net.onnx": ["nan-weights"]}
    _with_nan(2)
    assert auditor(*check).code == 0
    auditor("baseline", "net.onnx", "--no-run", "--prune")
    _with_nan(3)
    assert auditor(*check).code == 1


def test_a_baseline_of_before_knows_no_magnitude(auditor: Auditor) -> None:
    _with_nan(1)
    auditor("baseline", "net.onnx", "--no-run")
    old = json.loads(Path("auditor-baseline.json").read_text())
    for entry in old["models"]["net.onnx"]:
        del entry["severity"], entry["magnitude"]
    Path("auditor-baseline.json").write_text(json.dumps(old))
    _with_nan(64)
    assert auditor("check", "net.onnx", "--no-run").code == 0
